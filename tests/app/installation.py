"""An installation on which AutoArr runs in this process, or in another one that is killed in the middle."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from anyio import to_thread
from sqlalchemy.engine import URL

from autoarr.app import create_app
from autoarr.settings import Settings
from tests.app.changes_stage import CASES, Stage
from tests.app.conftest import Start, logged_in
from tests.app.fakes import FakeSonarr

if TYPE_CHECKING:
    from autoarr.context import Context


class Installation:
    """A database and its data folder."""

    def __init__(self, start: Start, data_dir: Path, url: URL) -> None:
        self._start = start
        self._url = url
        self._settings = Settings(data_dir=data_dir, database_url=url)
        self._number = 0

    @asynccontextmanager
    async def running(self, fake: FakeSonarr) -> AsyncIterator[Stage]:
        """AutoArr in this process."""
        app = create_app(self._settings)
        self._number += 1
        async with (
            app.router.lifespan_context(app),
            logged_in(app, "admin", f"Ada{self._number}") as client,
        ):
            context: Context = app.state.context
            yield Stage(context, client, CASES[0], fake)

    async def crash(self, step: str, path: str, client: httpx2.AsyncClient, body: Any) -> None:
        """AutoArr in a process of its own, which gets a request and is killed in the middle of it."""
        environment = {"DATABASE_URL": self._url.render_as_string(hide_password=False)}
        process = self._start("serve", AUTOARR_TEST_CRASH_AT=step, **environment)
        port = await to_thread.run_sync(process.wait_until_listening)
        with pytest.raises(httpx2.HTTPError):
            await to_thread.run_sync(
                lambda: httpx2.post(
                    f"http://127.0.0.1:{port}/api/v1/{path}",
                    json=body,
                    headers={"Authorization": client.headers["Authorization"]},
                    timeout=20,
                )
            )
        assert await to_thread.run_sync(process.wait) == -signal.SIGKILL
