"""AutoArr as a process of this machine: quick to start, for whoever works on the user interface."""

from __future__ import annotations

import http.client
import os
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from automation import ports, process
from automation.frontend import DIST
from tests.app import databases
from tests.e2e.worlds import POSTGRESQL, sqlite_command

PATIENCE = 60.0
LOG_LINES = 30
# Nothing of these reaches it: no setting of the machine, and no proxy between it and its stand-ins.
NOT_PASSED = ("AUTOARR_", "DATABASE_URL", "REDIS_URL", "ANTHROPIC_")


class HostedApp:
    """One process at a time, on one data folder."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "output.log"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(NOT_PASSED) and not name.lower().endswith("_proxy")
        }
        self.port = ports.free()
        own = {"AUTOARR_DATA_DIR": str(self._data), "AUTOARR_HOST": "127.0.0.1", "AUTOARR_PORT": str(self.port)}
        self._environment = {**kept, **own, **environment}
        self._running = ExitStack()

    def start(self) -> None:
        command = [sys.executable, "-m", "autoarr", "serve"]
        child = self._running.enter_context(
            process.background(command, env=self._environment, cwd=self._folder, log=self._log)
        )
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            assert child.poll() is None, f"AutoArr ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"AutoArr was not ready in time:\n{self.log()}"
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self._running.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def execute(self, statement: str) -> None:
        process.run(sqlite_command(sys.executable, str(self._data), statement))

    def log(self) -> str:
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])


class Host:
    """This machine. PostgreSQL and Redis are those that the application's tests use, where there are some."""

    listen = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        if not DIST.is_dir():
            pytest.skip("the user interface is not built: `invoke ui`, or let `nox -s e2e -- --host` do it")
        self._folder = folder
        self._count = 0

    @contextmanager
    def start(self, database: str, environment: Mapping[str, str]) -> Iterator[HostedApp]:
        """See `Place`."""
        self._count += 1
        folder = self._folder / f"autoarr-{self._count}"
        folder.mkdir()
        with ExitStack() as stack:
            given = {**environment}
            if database == POSTGRESQL:
                given |= stack.enter_context(_servers())
            app = HostedApp(given, folder)
            stack.callback(app.stop)
            app.start()
            yield app


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """A database of its own."""
    redis = os.environ.get("AUTOARR_TEST_REDIS_URL")
    if not redis or not os.environ.get("AUTOARR_TEST_POSTGRES_URL"):
        pytest.skip("AUTOARR_TEST_POSTGRES_URL and AUTOARR_TEST_REDIS_URL name no servers")
    # This thread has Playwright's event loop.
    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        made = elsewhere.submit(databases.create).result()
        try:
            yield {"DATABASE_URL": made.render_as_string(hide_password=False), "REDIS_URL": redis}
        finally:
            elsewhere.submit(databases.drop, made).result()
