"""AutoArr beside the real SABnzbd and a stand-in of Sonarr, with a clock that a test moves on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from autoarr.app import create_app
from autoarr.context import Context
from autoarr.models import Attempt, Recovery, RecoveryStep
from autoarr.policy import Policy, save_policy
from autoarr.recovery.engine import Engine
from autoarr.recovery.intake import take
from autoarr.recovery.watch import look
from autoarr.settings import Settings
from automation.sabnzbd import Sabnzbd
from tests.app.fakes import FakeSonarr
from tests.app.services_stage import add_service, context_of

PATIENCE = 60.0


class Stage:
    """The application, whose jobs the test does itself.

    Attributes:
        ahead: by how much its clock, and Sonarr's, is before the real one, which is SABnzbd's.
    """

    def __init__(self, context: Context, sabnzbd: Sabnzbd, sonarr: FakeSonarr) -> None:
        self.context, self.sabnzbd, self.sonarr = context, sabnzbd, sonarr
        self.ahead = timedelta()
        sonarr.clock = self.now

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC) + self.ahead

    def grab(self, download: str, title: str, episodes: int = 1) -> list[dict[str, Any]]:
        """Sonarr has it in its queue, as something that it grabbed; give the rows."""
        added = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.sonarr.add_to_queue(episodes, downloadId=download, title=title, added=added)

    def tell(self, kind: str, rows: list[dict[str, Any]], **fields: Any) -> None:
        """Sonarr notes something of each episode."""
        for row in rows:
            kept = {name: row[name] for name in ("downloadId", "seriesId", "episodeId")}
            date = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            self.sonarr.add_history(kind, **{**kept, "sourceTitle": row["title"], "date": date, **fields})

    async def work(self, times: int = 4) -> None:
        """Look, and bring on what is due, some seconds apart, as the jobs do."""
        for _ in range(times):
            now = self.now()
            found = await look(self.context, now)
            assert found.away == {}
            async with self.context.database.writing.begin() as session:
                for seen in found.seen:
                    await take(session, seen, now)
            await Engine(self.context, self.now).run()
            self.ahead += timedelta(seconds=30)

    async def work_until(self, state: str) -> Recovery:
        """Work until the only recovery is in a state."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while (recovery := await self.recovery()).state != state:
            assert asyncio.get_running_loop().time() < deadline, await self.timeline()
            await asyncio.sleep(0.3)
            await self.work(1)
        return recovery

    async def recovery(self) -> Recovery:
        """The only one."""
        async with self.context.database.sessions() as session:
            (recovery,) = await session.scalars(select(Recovery))
        return recovery

    async def timeline(self) -> list[tuple[str, str]]:
        """The steps of all recoveries, and what they say."""
        async with self.context.database.sessions() as session:
            steps = await session.scalars(select(RecoveryStep).order_by(RecoveryStep.id))
            return [(step.step, step.message) for step in steps]

    async def writes(self) -> list[str]:
        """The actions that were written, in order."""
        async with self.context.database.sessions() as session:
            attempts = await session.scalars(select(Attempt).order_by(Attempt.id))
            return [attempt.action for attempt in attempts]

    def searches(self) -> list[str]:
        """The searches that Sonarr was told to make."""
        found = (one for one in self.sonarr.state.commands if one["trigger"] == "manual")
        return [one["name"] for one in found if one["name"].endswith("Search")]


@asynccontextmanager
async def staged(folder: Path, sabnzbd: Sabnzbd, sonarr: FakeSonarr, policy: Policy) -> AsyncIterator[Stage]:
    """The application with both of them, and a policy."""
    (folder / "data").mkdir()
    app = create_app(Settings(data_dir=folder / "data", ui_dir=folder / "ui"))
    async with app.router.lifespan_context(app):
        context = await context_of(app)
        await add_service(context, sonarr, "sonarr")
        await add_service(context, sabnzbd, "sabnzbd")
        async with context.database.writing.begin() as session:
            await save_policy(session, policy, "Ada")
        yield Stage(context, sabnzbd, sonarr)
