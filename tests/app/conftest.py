"""Fixtures of the application's tests: they need the `autoarr` package and a temporary folder, no more."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

import autoarr
from autoarr.app import create_app
from autoarr.database import Database
from autoarr.migrate import migrate
from autoarr.settings import Settings, parse_database_url

if TYPE_CHECKING:
    from fastapi import FastAPI

PATIENCE = 20.0
"""Seconds any process may take to start or to end, on a slow machine."""


class Process:
    """An `autoarr` command that runs as its own process."""

    def __init__(self, command: list[str], environment: dict[str, str], cwd: Path) -> None:
        self._popen = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.logs: list[dict[str, Any]] = []
        self.stderr = ""
        self._readers = [threading.Thread(target=read) for read in (self._read_stdout, self._read_stderr)]
        for reader in self._readers:
            reader.start()

    def _read_stdout(self) -> None:
        assert self._popen.stdout
        for line in self._popen.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_stderr(self) -> None:
        assert self._popen.stderr
        self.stderr = self._popen.stderr.read()

    def wait_for(self, logger: str, beginning: str) -> dict[str, Any]:
        """Read logs until there is a line of `logger` whose message has this beginning."""
        while (line := self._lines.get(timeout=PATIENCE)) is not None:
            self.logs.append(json.loads(line))
            if self.logs[-1]["logger"] == logger and self.logs[-1]["message"].startswith(beginning):
                return self.logs[-1]
        raise AssertionError(f"it ended: {self.wait()}: {self.logs} {self.stderr}")

    def wait_until_listening(self) -> int:
        """Give the port, as soon as there is one."""
        port = self.wait_for("autoarr.server", "listening")["port"]
        assert isinstance(port, int)
        return port

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._popen.send_signal(number)

    def wait(self) -> int:
        """Wait for the end, give the exit code, and read what was still to be read."""
        code = self._popen.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        while not self._lines.empty():
            if line := self._lines.get():
                self.logs.append(json.loads(line))
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to stop; give the exit code and the seconds it took."""
        start = time.perf_counter()
        self.send_signal(number)
        code = self._popen.wait(PATIENCE)
        seconds = time.perf_counter() - start
        self.wait()
        return code, seconds

    def end(self) -> None:
        """Make sure that nothing stays behind."""
        if self._popen.poll() is None:
            self._popen.kill()
        self.wait()
        for stream in (self._popen.stdout, self._popen.stderr):
            assert stream
            stream.close()


Start = Callable[..., Process]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and a relative path leads into the test's own folder."""
    for name in list(os.environ):
        if name.startswith("AUTOARR_") and not name.startswith("AUTOARR_TEST_"):
            monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def own_root_logger() -> Iterator[None]:
    """Keep pytest's own handlers from being replaced for good, where a test configures logging."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start commands: `start("serve", AUTOARR_PORT="0")`; whatever still runs at the end is killed."""
    started = []

    def start(*arguments: str, script: str | None = None, cwd: Path = tmp_path, **environment: str) -> Process:
        # The package may come from a checkout, and the process starts elsewhere.
        paths = [str(Path(autoarr.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        own = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        own |= {"AUTOARR_DATA_DIR": str(tmp_path / "data"), "AUTOARR_HOST": "127.0.0.1", "AUTOARR_PORT": "0"}
        program = ["-c", script] if script else ["-m", "autoarr"]
        process = Process([sys.executable, *program, *arguments], {**os.environ, **own, **environment}, cwd)
        started.append(process)
        return process

    yield start
    for process in started:
        process.end()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The data folder, which doesn't exist yet."""
    return tmp_path / "data"


@pytest.fixture
def made_data_dir(data_dir: Path) -> Path:
    """The data folder, empty."""
    data_dir.mkdir()
    return data_dir


@pytest.fixture
def ui_dir(tmp_path: Path) -> Path:
    """The folder of a built user interface, which doesn't exist yet."""
    return tmp_path / "dist"


@pytest.fixture
def settings(data_dir: Path, ui_dir: Path) -> Settings:
    """Settings on SQLite."""
    return Settings(data_dir=data_dir, ui_dir=ui_dir)


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema: made once, because most tests of the application begin with it."""
    file = tmp_path_factory.mktemp("migrated") / "autoarr.db"

    async def make() -> None:
        database = Database(parse_database_url(f"sqlite:///{file}"))
        await migrate(database)
        await database.close()

    asyncio.run(make())
    return file


@pytest.fixture
async def app(settings: Settings, migrated_database: Path, made_data_dir: Path) -> AsyncIterator[FastAPI]:
    """A started application."""
    shutil.copy(migrated_database, made_data_dir)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the started application, without a network between."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://autoarr") as client:
        yield client


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, data_dir: Path) -> AsyncIterator[URL]:
    """An empty database of each kind; PostgreSQL where AUTOARR_TEST_POSTGRES_URL names a server."""
    if request.param == "sqlite":
        yield parse_database_url(f"sqlite+aiosqlite:///{data_dir / 'autoarr.db'}")
        return
    server = os.environ.get("AUTOARR_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("AUTOARR_TEST_POSTGRES_URL names no PostgreSQL server")
    name = f"autoarr_test_{uuid.uuid4().hex[:12]}"
    admin = create_async_engine(parse_database_url(server), isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    yield parse_database_url(make_url(server).set(database=name))
    async with admin.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await admin.dispose()
