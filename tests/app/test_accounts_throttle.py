"""Failed logins are slowed down, wherever they arrive, and not forgotten by a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from autoarr.accounts import cleanup, throttle
from autoarr.app import create_app
from autoarr.context import Context
from autoarr.database import Database
from autoarr.models import ApiToken, LoginSession, LoginThrottle, User
from autoarr.settings import Settings
from tests.app.accounts import PASSWORD, client_of, log_in, set_up

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tests.app.conftest import Start

pytestmark = pytest.mark.usefixtures("cheap_passwords")

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
async def database(database_url: URL, made_data_dir: object) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def fail(client: httpx2.AsyncClient, name: str = "ada") -> httpx2.Response:
    return await client.post("/auth/login", json={"name": name, "password": "wrong password"})


async def let_time_pass(app: FastAPI) -> None:
    """End all blocks, as if one had waited."""
    context: Context = app.state.context
    async with context.database.writing.begin() as session:
        await session.execute(update(LoginThrottle).values(blocked_until=NOW))


async def test_by_name(client: httpx2.AsyncClient, app: FastAPI) -> None:
    """From addresses that are all different."""
    await set_up(client)
    codes, waits = [], []
    for number in range(9):
        async with client_of(app, f"192.0.2.{number}") as each:
            answer = await fail(each, "ada" if number % 2 else "ADA ")
        codes.append(answer.status_code)
        waits.append(answer.headers.get("retry-after"))
        if number == 7:
            await let_time_pass(app)

    assert codes == [401] * 6 + [429, 429, 401]
    assert waits == [None] * 6 + ["1", "1", None]
    async with client_of(app, "192.0.2.99") as right:
        refused = await right.post("/auth/login", json={"name": "ada", "password": PASSWORD})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        await log_in_after(app, right)
        codes = [(await fail(right)).status_code for _ in range(5)]
    assert codes == [401] * 5


async def log_in_after(app: FastAPI, client: httpx2.AsyncClient) -> None:
    await let_time_pass(app)
    await log_in(client)


async def test_by_address(client: httpx2.AsyncClient, app: FastAPI) -> None:
    """With names that are all different; a login of one's own in between does not help."""
    await set_up(client)
    async with client_of(app, "198.51.100.1") as one, client_of(app, "198.51.100.2") as another:
        codes = [(await fail(one, f"user{number}")).status_code for number in range(4)]
        await log_in(one)
        codes += [(await fail(one, f"user{number}")).status_code for number in range(4, 8)]

        assert codes == [401] * 6 + [429] * 2
        assert (await fail(another)).status_code == 401


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:0:1::5", "address:2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::1", "address:2001:db8:0:1::/64"),
        ("x" * 500, "address:unknown"),
    ],
)
def test_an_address(address: str, key: str) -> None:
    assert throttle.address_throttle(address) == key


async def test_at_the_same_time(replicas: list[FastAPI]) -> None:
    """Of many attempts at once, no more are tried than of as many one after the other."""
    async with client_of(replicas[0]) as first, client_of(replicas[1]) as second:
        answers = await asyncio.gather(*(fail(client) for client in [first, second] * 10))

    assert sorted(answer.status_code for answer in answers) == [401] * 6 + [429] * 14


async def test_a_restart(settings: Settings, client: httpx2.AsyncClient) -> None:
    for _ in range(6):
        await fail(client)

    again = create_app(settings)
    async with again.router.lifespan_context(again), client_of(again, "127.0.0.1") as after:
        assert (await fail(after)).status_code == 429


async def test_growing_blocks(database: Database) -> None:
    waits: list[int] = []
    now = NOW
    while len(waits) < 13:
        try:
            await throttle.count_attempt(database, ["name:ada"], now)
        except throttle.Blocked as blocked:
            waits.append(blocked.retry_after)
            now += timedelta(seconds=blocked.retry_after)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_forgotten_after_a_day(database: Database) -> None:
    for hours in (0, 1, 2, 3, 4, 5, 5 + 24):
        await throttle.count_attempt(database, ["name:ada"], NOW + timedelta(hours=hours))

    async with database.sessions() as session:
        assert await session.scalar(select(LoginThrottle.failures)) == 1


async def test_one_that_is_blocked_counts_for_nothing(database: Database) -> None:
    for _ in range(6):
        await throttle.count_attempt(database, ["name:ada"], NOW)

    with pytest.raises(throttle.Blocked):
        await throttle.count_attempt(database, ["address:192.0.2.1", "name:ada"], NOW)

    async with database.sessions() as session:
        rows = await session.execute(select(LoginThrottle.key, LoginThrottle.failures))
        assert [tuple(row) for row in rows] == [("name:ada", 6)]


async def test_the_table_does_not_grow_without_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAXIMUM_ROWS", 5)

    for number in range(9):
        await throttle.count_attempt(database, [f"name:{number}"], NOW + timedelta(seconds=number))

    async with database.sessions() as session:
        keys = await session.scalars(select(LoginThrottle.key).order_by(LoginThrottle.key))
        assert list(keys) == [f"name:{number}" for number in range(4, 9)]


async def test_flooded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgetting while others count: nobody waits for each other for ever."""
    monkeypatch.setattr(throttle, "MAXIMUM_ROWS", 3)

    attempts = [
        throttle.count_attempt(database, [f"address:{number % 7}", f"name:{number % 5}"], NOW) for number in range(35)
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)

    assert {type(result) for result in results} <= {type(None), throttle.Blocked}
    async with database.sessions() as session:
        assert (await session.scalar(select(func.count()).select_from(LoginThrottle)) or 0) <= 12


async def test_cleanup(database: Database) -> None:
    user = User(name="a", name_key="a", password_hash="!", role="admin", created_at=NOW, password_changed_at=NOW)
    async with database.writing.begin() as session:
        session.add(user)
        await session.flush()
        for days in (-1, 1):
            until = NOW + timedelta(days=days)
            session.add(LoginSession(user_id=user.id, created_at=NOW, last_used_at=NOW, expires_at=until))
            token = ApiToken(user_id=user.id, name="t", role="admin", hint="aa_", token_hash=str(days), created_at=NOW)
            token.expires_at = until
            session.add(token)
            session.add(LoginThrottle(key=str(days), failures=1, updated_at=until))
        session.add(ApiToken(user_id=user.id, name="t", role="admin", hint="", token_hash="never", created_at=NOW))

    async with database.writing.begin() as session:
        assert await cleanup.prune(session, NOW) == 3
    async with database.writing.begin() as session:
        assert await cleanup.prune(session, NOW) == 0
        assert await session.scalar(select(func.count()).select_from(ApiToken)) == 2


@pytest.mark.parametrize(("trusted", "blocked"), [("", True), ("127.0.0.1", False)])
def test_the_address_behind_a_proxy(start: Start, trusted: str, blocked: bool) -> None:
    """Anybody can write X-Forwarded-For: it counts only from a proxy that is named."""
    process = start("serve", AUTOARR_TRUSTED_PROXIES=trusted)
    address = f"http://127.0.0.1:{process.wait_until_listening()}/auth/login"

    codes: list[int] = []
    with httpx2.Client(trust_env=False) as client:
        # The blocks grow from one second on: however slow the machine, one outlasts the time between two attempts.
        while len(codes) < 12 and 429 not in codes:
            answer = client.post(
                address,
                json={"name": f"user{len(codes)}", "password": "x"},
                headers={"X-Forwarded-For": f"198.51.100.{len(codes)}"},
            )
            codes.append(answer.status_code)

    assert len(codes) > throttle.FREE_FAILURES + 1
    assert codes == [401] * (len(codes) - 1) + [429 if blocked else 401]
