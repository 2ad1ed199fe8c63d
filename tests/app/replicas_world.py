"""Real processes of AutoArr on one database, one of which is killed while it acts; time passes by hand."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from anyio import to_thread
from sqlalchemy import select, text, update
from sqlalchemy.engine import URL

from autoarr.accounts.principal import authenticate
from autoarr.app import create_app
from autoarr.context import Context
from autoarr.jobs.catalogue import SCHEDULES
from autoarr.models import (
    Attempt,
    Base,
    Job,
    MediaRequest,
    Notification,
    Recovery,
    RecoveryStep,
    RequestStep,
    Schedule,
    Search,
    UtcDateTime,
)
from autoarr.recovery.intake import take
from autoarr.recovery.watch import look
from autoarr.settings import Settings
from tests.app.conftest import Process, Start, logged_in
from tests.app.fakes import FakeRadarr, FakeSabnzbd
from tests.app.fakes.sabnzbd_data import history_slot
from tests.app.receiver import LocalReceiver, add_target
from tests.app.services_stage import add_service, context_of, set_policy
from tests.app.waiting import until

TICK = timedelta(minutes=4)
"""How much time passes at once: longer than any lease."""
PATIENCE = 3.0
"""Seconds that the processes have to do what is due at a moment."""
_AGEING = (
    Attempt,
    Job,
    MediaRequest,
    Notification,
    Recovery,
    RecoveryStep,
    RequestStep,
    Schedule,
    Search,
)


class Replicas:
    """Processes on one database, and what they talk to.

    Args:
        shared: what they are started with: where the database and Redis are.
    """

    def __init__(self, start: Start, settings: Settings, url: URL, redis: str | None, folder: Path) -> None:
        self.radarr, self.sabnzbd, self.receiver = FakeRadarr(), FakeSabnzbd(), LocalReceiver()
        self.radarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
        self.settings = settings.model_copy(update={"database_url": url})
        self._start = start
        self._crashed = folder / "crashed"
        self._environment = {"DATABASE_URL": url.render_as_string(hide_password=False)}
        if redis:
            self._environment["REDIS_URL"] = redis
        self.number = 3 if redis else 1
        self._processes: list[Process] = []
        self._ports: list[int] = []
        self.context: Context
        self._admin: httpx2.AsyncClient

    @asynccontextmanager
    async def prepared(self) -> AsyncIterator[None]:
        """An application in this process, which does nothing by itself, for the test to begin with and to look with."""
        app = create_app(self.settings)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(app.router.lifespan_context(app))
            self.context = await context_of(app)
            self._admin = await stack.enter_async_context(logged_in(app, "admin", "Ada"))
            await add_service(self.context, self.radarr, "radarr")
            await add_service(self.context, self.sabnzbd, "sabnzbd")
            await add_target(self.context, f"{self.receiver.url}/hook")
            await set_policy(self.context, mode="auto", native_grace_min=1)
            yield

    async def principal(self) -> Any:
        """Who asks."""
        return await authenticate(self.context, self._admin.headers["Authorization"].split()[1])

    # What happens.

    async def fail_download(self, message: str, **row: Any) -> str:
        """A download of a film failed an hour ago; AutoArr has seen it, and it is due."""
        failed = datetime.now(UTC) - timedelta(hours=1)
        added = self.radarr.add_to_queue(
            status="failed", trackedDownloadState="failedPending", errorMessage=message, **row
        )
        moments = {"completed": int(failed.timestamp()), "time_added": int(failed.timestamp()) - 600}
        download: str = added["downloadId"]
        more = {"nzo_id": download, "name": added["title"], "status": "Failed", "fail_message": message}
        self.sabnzbd.state.history.insert(0, history_slot(1, retry=True, **more, **moments))
        for event in self.radarr.state.history:
            event["date"] = (failed - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        now = datetime.now(UTC)
        found = await look(self.context, now)
        async with self.context.database.writing.begin() as session:
            for seen in found.seen:
                await take(session, seen, now)
            await session.execute(update(Recovery).values(next_at=now))
        return download

    # Processes.

    async def kill_one(self, step: str) -> None:
        """Start all; wait until one has died at a step; where there was only one, start another."""
        crash = {"AUTOARR_TEST_CRASH_AT": step, "AUTOARR_TEST_CRASH_ONCE": str(self._crashed)}
        self._processes = [self._start("serve", **self._environment, **crash) for _ in range(self.number)]

        async def died() -> bool:
            return not all(process.is_running for process in self._processes)

        await until(died, 60)
        (dead,) = [process for process in self._processes if not process.is_running]
        assert await to_thread.run_sync(dead.wait) == -signal.SIGKILL, dead.stderr
        self._processes.remove(dead)
        if not self._processes:
            self._processes.append(self._start("serve", **self._environment))
        self._ports = [await to_thread.run_sync(process.wait_until_listening) for process in self._processes]

        async def scheduled() -> bool:
            return len(await self.all(Schedule)) == len(SCHEDULES)

        # What no process has entered yet would not become due by the time that passes.
        await until(scheduled)

    async def pass_time(self) -> None:
        """Let some minutes pass, as all processes see it: what the database has becomes older."""
        for table in _AGEING:
            # Each by itself: the processes lock several of them, in an order of their own.
            async with self.context.database.writing.begin() as session:
                await _age(session, table, self.context.database.kind)
        # That makes every process look at what is due.
        headers = {"Authorization": self._admin.headers["Authorization"]}
        url = f"http://127.0.0.1:{self._ports[0]}/api/v1/policy"
        async with httpx2.AsyncClient(headers=headers, timeout=20, trust_env=False) as client:
            policy = (await client.get(url)).json()
            answer = await client.put(url, json=policy | {"activity_days": policy["activity_days"] + 1})
            assert answer.status_code == 200, answer.text

    async def settle(self, done: Callable[[], Awaitable[bool]], ticks: int = 12) -> None:
        """Let time pass until it is done, and then some more, in which nothing else may happen."""
        for _ in range(ticks):
            if await done():
                break
            await self.pass_time()
            with suppress(TimeoutError):
                await until(done, PATIENCE)
            # On a slow machine no more time passes before what is due by now was done.
            with suppress(TimeoutError):
                await until(self._idle)
        assert await done(), await self.tell()
        await self.pass_time()
        await asyncio.sleep(PATIENCE / 2)
        assert all(process.is_running for process in self._processes)

    async def _idle(self) -> bool:
        now = datetime.now(UTC)
        async with self.context.database.sessions() as session:
            late = select(Schedule).where(Schedule.enabled, Schedule.next_run_at <= now)
            if await session.scalar(late.limit(1)) is not None:
                return False
            busy = select(Job).where((Job.state == "running") | ((Job.state == "queued") & (Job.run_at <= now)))
            return await session.scalar(busy.limit(1)) is None

    async def tell(self) -> str:
        """What there is, for who wonders why."""
        lines = [f"{type(row).__name__} {row.step}: {row.message}" for row in await self.all(RecoveryStep)]
        lines += [f"{type(row).__name__} {row.step}: {row.message}" for row in await self.all(RequestStep)]
        lines += [f"Search {row.state} {row.error}" for row in await self.all(Search)]
        lines += [f"Attempt {row.action} {row.state} {row.error}" for row in await self.all(Attempt)]
        lines += [f"Job {row.kind} {row.state} {row.attempts} {row.error}" for row in await self.all(Job)]
        return "\n".join(lines)

    async def all(self, table: type[Any]) -> list[Any]:
        """Rows of a table."""
        async with self.context.database.sessions() as session:
            return list(await session.scalars(select(table).order_by(*table.__table__.primary_key)))

    def searches(self) -> list[Any]:
        """What Radarr was told to search for."""
        return [one["body"]["movieIds"] for one in self.radarr.state.commands if one["name"] == "MoviesSearch"]

    def writes(self, method: str, path: str) -> int:
        """How often Radarr was told to do something."""
        return sum(one.method == method and path in one.path for one in self.radarr.writes)


async def _age(session: Any, table: type[Base], kind: str) -> None:
    columns = [column for column in table.__table__.columns if isinstance(column.type, UtcDateTime)]
    if kind == "postgresql":
        changes = ", ".join(f"{column.name} = {column.name} - interval '{TICK.seconds} seconds'" for column in columns)
        await session.execute(text(f"UPDATE {table.__tablename__} SET {changes}"))  # noqa: S608 -- our own names
        return
    for row in await session.scalars(select(table)):
        for column in columns:
            if (moment := getattr(row, column.name)) is not None:
                setattr(row, column.name, moment - TICK)
