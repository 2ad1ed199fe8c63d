"""Fixtures of the application's tests: they need the `autoarr` package and a temporary folder, no more."""

from __future__ import annotations

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
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy.engine import URL

import autoarr
from autoarr.accounts import jwt, passwords
from autoarr.actors import Role
from autoarr.app import create_app
from autoarr.context import Context
from autoarr.models import LoginSession, User
from autoarr.settings import Settings, parse_database_url
from tests.app import brief, databases
from tests.app.changes_stage import case, fake, stage  # noqa: F401 -- fixtures, known by their names
from tests.app.chat_stage import messages_api  # noqa: F401 -- a fixture, known by its name
from tests.app.fakes.fixtures import plex, radarr, sabnzbd, sonarr  # noqa: F401 -- fixtures, known by their names
from tests.app.receiver import receiver  # noqa: F401 -- a fixture, known by its name
from tests.app.recovery_world import recovery_world  # noqa: F401 -- a fixture, known by its name
from tests.app.tools_world import tools_world  # noqa: F401 -- a fixture, known by its name

if TYPE_CHECKING:
    from fastapi import FastAPI

PATIENCE = 60.0
"""Seconds any process may take to start or to end, on a slow machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what takes long, where that is wanted."""
    brief.leave_out(items)


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

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

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
    for name in ("DATABASE_URL", "REDIS_URL", "ANTHROPIC_API_KEY"):
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
    """The data folder, with nothing in it but what another fixture put there."""
    data_dir.mkdir(exist_ok=True)
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

    databases.migrate_at_once(parse_database_url(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[URL]:
    """A PostgreSQL database with the schema, to be copied."""
    url = databases.create()
    databases.migrate_at_once(url)
    yield url
    databases.drop(url)


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


@asynccontextmanager
async def logged_in(app: FastAPI, role: Role, name: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with a login of its own, made in the database: most tests are not of logging in."""
    context: Context = app.state.context
    now = datetime.now(UTC)
    user = User(
        name=name, name_key=name.casefold(), password_hash="!", role=role, created_at=now, password_changed_at=now
    )
    login = LoginSession(created_at=now, last_used_at=now, expires_at=now + timedelta(hours=1))
    async with context.database.writing.begin() as session:
        session.add(user)
        await session.flush()
        login.user_id = user.id
        session.add(login)
    claims = jwt.Claims(user_id=user.id, session_id=login.id, generation=0, expires_at=now + timedelta(hours=1))
    token = jwt.issue(context.keys, context.instance_id, "access", claims)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://autoarr",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is logged in as an administrator called Ada."""
    async with logged_in(app, "admin", "Ada") as client:
        yield client


@pytest.fixture
async def requester(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is logged in as a requester called Robin."""
    async with logged_in(app, "requester", "Robin") as client:
        yield client


@pytest.fixture
def sqlite_url(migrated_database: Path, made_data_dir: Path) -> URL:
    """The data folder's own database, with the schema."""
    shutil.copy(migrated_database, made_data_dir)
    return parse_database_url(f"sqlite+aiosqlite:///{made_data_dir / 'autoarr.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[URL]:
    """A database of each kind with the schema; PostgreSQL where AUTOARR_TEST_POSTGRES_URL names a server."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    url = databases.create(request.getfixturevalue("migrated_postgresql"))
    yield url
    databases.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[URL]:
    """A database of each kind, without the schema."""
    if request.param == "sqlite":
        yield parse_database_url(f"sqlite+aiosqlite:///{data_dir / 'autoarr.db'}")
        return
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a password is slow on purpose; here it is as quick as bcrypt allows."""
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
async def replicas(database_url: URL, settings: Settings, made_data_dir: Path) -> AsyncIterator[list[FastAPI]]:
    """Two started applications on one database of each kind, with the same keys."""
    same = settings.model_copy(update={"database_url": database_url})
    apps = [create_app(same), create_app(same)]
    async with apps[0].router.lifespan_context(apps[0]), apps[1].router.lifespan_context(apps[1]):
        yield apps
