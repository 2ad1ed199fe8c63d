"""What a database that is away, slow or full does to requests: a clear answer, soon, and nothing for ever."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import exc, text
from sqlalchemy.engine import URL
from starlette.responses import StreamingResponse

from autoarr import database, middleware
from autoarr.app import create_app
from autoarr.database import Database
from autoarr.settings import Settings, parse_database_url
from autoarr.unavailable import is_unavailable
from tests.app.relay import Relay
from tests.app.waiting import until

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession

Work = Callable[["AsyncSession"], Awaitable[object]]


def add_route(app: FastAPI, work: Work) -> None:
    """Add a route that does something in a transaction that writes."""

    @app.get("/api/v1/work")
    async def get_work() -> str:
        async with app.state.context.database.writing.begin() as session:
            await work(session)
        return "done"


async def execute(session: AsyncSession, *statements: str) -> None:
    for statement in statements:
        await session.execute(text(statement))


def statements(*given: str) -> Work:
    return lambda session: execute(session, *given)


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://autoarr") as client:
        yield client


async def ask(app: FastAPI) -> httpx2.Response:
    async with client_of(app) as client:
        return await client.get("/api/v1/work")


def check_unavailable(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["detail"] == "The database doesn't answer; try again soon."


@pytest.fixture
async def unreachable(settings: Settings) -> AsyncIterator[Callable[[int], FastAPI]]:
    """Make applications, not started, whose PostgreSQL is at some port."""
    made: list[FastAPI] = []

    def make(port: int) -> FastAPI:
        url = parse_database_url(f"postgresql://ada:pa55@127.0.0.1:{port}/autoarr")
        made.append(create_app(settings.model_copy(update={"database_url": url})))
        add_route(made[-1], statements("SELECT 1"))
        return made[-1]

    yield make
    for app in made:
        await app.state.context.database.close()


async def test_refused(unreachable: Callable[[int], FastAPI], caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        check_unavailable(await ask(unreachable(taken.getsockname()[1])))

    assert "the database is away: ConnectionRefusedError" in caplog.text
    assert "Traceback" not in caplog.text
    assert "pa55" not in caplog.text


async def test_accepts_and_says_nothing(unreachable: Callable[[int], FastAPI], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        check_unavailable(await ask(unreachable(silent.getsockname()[1])))


async def test_name_that_nobody_knows(settings: Settings) -> None:
    url = parse_database_url("postgresql://ada:pa55@nowhere.invalid/autoarr")
    app = create_app(settings.model_copy(update={"database_url": url}))
    add_route(app, statements("SELECT 1"))

    check_unavailable(await ask(app))


async def test_sqlite_busy(
    settings: Settings, migrated_database: Path, made_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SQLITE_PRAGMAS", ("PRAGMA busy_timeout = 50",))
    shutil.copy(migrated_database, made_data_dir)
    app = create_app(settings)
    add_route(app, statements("SELECT 1"))
    with closing(sqlite3.connect(made_data_dir / "autoarr.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_unavailable(await ask(app))
        other.execute("ROLLBACK")
        assert (await ask(app)).status_code == 200
    await app.state.context.database.close()


@pytest.mark.parametrize(
    "given",
    [
        ("PRAGMA query_only = 1", "DELETE FROM jobs"),
        (
            "PRAGMA max_page_count = 1",
            "INSERT INTO options VALUES ('x', 'x' || hex(zeroblob(99999)), '2026-01-01', NULL)",
        ),
    ],
    ids=["read-only", "full"],
)
async def test_sqlite_cannot_write(app: FastAPI, given: tuple[str, ...]) -> None:
    add_route(app, statements(*given))

    check_unavailable(await ask(app))


async def test_file_is_gone(settings: Settings, tmp_path: Path) -> None:
    url = parse_database_url(f"sqlite:///{tmp_path / 'nowhere' / 'autoarr.db'}")
    app = create_app(settings.model_copy(update={"database_url": url}))
    add_route(app, statements("SELECT 1"))

    check_unavailable(await ask(app))
    # aiosqlite's thread, which failed, has a last word for this event loop: it is waited for.
    await app.state.context.database.close()


async def raise_os_error(session: AsyncSession) -> None:
    raise FileNotFoundError("pa55")


async def raise_time_out(session: AsyncSession) -> None:
    async with asyncio.timeout(0.01):
        await asyncio.sleep(1)


@pytest.mark.parametrize(
    "work",
    [statements("SELECT nothing"), statements("SELEC"), raise_os_error, raise_time_out],
    ids=["no such column", "syntax", "OSError", "TimeoutError"],
)
async def test_a_mistake_of_ours_is_one(app: FastAPI, work: Work) -> None:
    add_route(app, work)

    answer = await ask(app)

    assert (answer.status_code, "logs" in answer.json()["detail"]) == (500, True)
    assert "pa55" not in answer.text


async def test_all_connections_in_use(postgresql: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "POOL_TIMEOUT", 0.05)
    asked = Database(postgresql)
    async with AsyncExitStack() as stack:
        for _ in range(15):  # five, and ten in an emergency
            session = await stack.enter_async_context(asked.sessions())
            await session.execute(text("SELECT 1"))
        with pytest.raises(exc.TimeoutError) as raised:
            await ask_once(asked, "SELECT 1")
    await asked.close()
    assert is_unavailable(raised.value)


async def test_deadline(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "DEADLINE_S", 0.1)
    cancelled = False

    async def hang(session: AsyncSession) -> None:
        nonlocal cancelled
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled = True
            raise

    add_route(app, hang)
    answer = await ask(app)

    assert (answer.status_code, answer.json()["detail"]) == (504, "It took longer than 0.1 s.")
    assert cancelled
    async with app.state.context.database.writing.begin() as session:  # nothing is left locked
        await execute(session, "DELETE FROM jobs")


async def test_deadline_is_for_the_beginning(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export or a stream of events may take longer."""
    monkeypatch.setattr(middleware, "DEADLINE_S", 0.1)

    @app.get("/api/v1/long")
    async def get_long() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"x"
                await asyncio.sleep(0.1)

        return StreamingResponse(chunks())

    async with client_of(app) as client:
        assert (await client.get("/api/v1/long")).text == "xxx"


@pytest.fixture
def postgresql(database_url: URL) -> URL:
    """An empty PostgreSQL database."""
    if database_url.get_backend_name() != "postgresql":
        pytest.skip("of PostgreSQL only")
    return database_url


async def ask_for(url: URL, question: str, *, patient: bool = False) -> Any:
    asked = Database(url, patient=patient)
    try:
        return await ask_once(asked, question)
    finally:
        await asked.close()


async def ask_once(asked: Database, question: str) -> Any:
    async with asked.sessions() as session:
        return await session.scalar(text(question))


async def test_statements_have_a_limit_but_migrations(postgresql: URL) -> None:
    assert await ask_for(postgresql, "SHOW statement_timeout") == "8s"
    assert await ask_for(postgresql, "SHOW statement_timeout", patient=True) == "0"


async def test_slow_statement(postgresql: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "STATEMENT_TIMEOUT", 0.1)
    with pytest.raises(exc.DBAPIError, match="statement timeout") as raised:
        await ask_for(postgresql, "SELECT pg_sleep(5)")
    assert is_unavailable(raised.value)


async def test_constraints_are_no_outage(postgresql: URL) -> None:
    with pytest.raises(exc.DBAPIError) as raised:
        await ask_for(postgresql, "SELECT 1 / 0")
    assert not is_unavailable(raised.value)


@pytest.fixture
async def through_relay(
    postgresql: URL, settings: Settings, made_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[FastAPI, Relay]]:
    """A started application whose PostgreSQL can be taken away."""
    monkeypatch.setattr(database, "ANSWER_TIMEOUT", 0.4)
    monkeypatch.setattr(database, "CONNECT_TIMEOUT", 0.4)
    assert postgresql.host
    relay = Relay(postgresql.host, postgresql.port or 5432)
    await relay.open()
    url = postgresql.set(host="127.0.0.1", port=relay.port)
    app = create_app(settings.model_copy(update={"database_url": url}))
    add_route(app, statements("SELECT 1"))
    async with app.router.lifespan_context(app):
        yield app, relay
    await relay.shut()


@pytest.mark.parametrize("how", ["shut", "silent"])
async def test_away_and_back(through_relay: tuple[FastAPI, Relay], how: str) -> None:
    app, relay = through_relay
    async with client_of(app) as client:
        assert (await client.get("/api/v1/work")).status_code == 200
        if how == "shut":
            await relay.shut()
        relay.silent = how == "silent"
        for _ in range(2):
            check_unavailable(await client.get("/api/v1/work"))
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503
        if how == "shut":
            await relay.open()
        relay.silent = False

        async def answers() -> bool:
            return (await client.get("/api/v1/work")).status_code == 200

        await until(answers)
        assert (await client.get("/health/ready")).status_code == 200


async def test_closed_connections_are_replaced(through_relay: tuple[FastAPI, Relay], postgresql: URL) -> None:
    """A restarted PostgreSQL, as long as it is back: nobody notices."""
    app, _ = through_relay
    assert (await ask(app)).status_code == 200
    others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    await ask_for(postgresql, f"{others} AND datname = current_database()")

    assert (await ask(app)).status_code == 200
