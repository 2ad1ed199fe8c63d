"""The pool: one client for each service, made anew when its settings change, by whichever replica."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update
from sqlalchemy.engine import URL

from autoarr.context import Context
from autoarr.database import Database
from autoarr.keys import KeyRing
from autoarr.models import Service
from autoarr.upstream.arr import RadarrClient, SonarrClient
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy
from autoarr.upstream.plex import PlexClient
from autoarr.upstream.pool import UpstreamPool
from autoarr.upstream.sabnzbd import SabnzbdClient

KEYS = KeyRing(["k" * 32])


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """A database with the schema, of each kind."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[UpstreamPool]:
    """A pool whose services all answer with status 200 and their own address."""
    pool = UpstreamPool(database, lambda: KEYS)
    pool.transport = lambda connection: httpx2.MockTransport(
        lambda request: httpx2.Response(200, json={"host": request.url.host, "key": request.headers.get("X-Api-Key")})
    )
    yield pool
    await pool.close()


async def add(database: Database, kind: str = "sonarr", **fields: Any) -> uuid.UUID:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "kind": kind,
        "name": kind,
        "name_key": uuid.uuid4().hex,
        "url": "http://media:8989/base",
        "api_key_encrypted": KEYS.encrypt("the key"),
        "created_at": now,
        "updated_at": now,
    }
    service = Service(**{**values, **fields})
    async with database.writing.begin() as session:
        session.add(service)
    return service.id


async def change(database: Database, service_id: uuid.UUID, **fields: Any) -> None:
    async with database.writing.begin() as session:
        await session.execute(update(Service).where(Service.id == service_id).values(**fields))


@pytest.mark.parametrize(
    ("kind", "maker"),
    [("sonarr", SonarrClient), ("radarr", RadarrClient), ("sabnzbd", SabnzbdClient), ("plex", PlexClient)],
)
async def test_each_kind_has_its_client(pool: UpstreamPool, database: Database, kind: str, maker: type) -> None:
    service_id = await add(database, kind, tls_insecure=True, tls_ca="PEM")

    client = await pool.client(service_id)

    assert type(client) is maker
    expected = Connection(
        kind=kind,
        name=kind,
        url="http://media:8989/base",
        api_key="the key",
        id=service_id,
        tls_ca="PEM",
        tls_insecure=True,
    )
    assert client.connection == expected


async def test_everybody_shares_it(pool: UpstreamPool, database: Database) -> None:
    service_id = await add(database)

    first, *others = await asyncio.gather(*(pool.client(service_id) for _ in range(5)))

    assert all(other is first for other in others)


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://other"},
        {"name": "Another"},
        {"api_key_encrypted": KEYS.encrypt("new")},
        {"tls_insecure": True},
        {"tls_ca": "PEM"},
        {"kind": "radarr"},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_other_settings_make_another(pool: UpstreamPool, database: Database, fields: dict[str, Any]) -> None:
    service_id = await add(database)
    old = await pool.client(service_id)
    await old.upstream.request("GET", "/x")
    connected = old.upstream._client
    assert connected

    await change(database, service_id, **fields)
    new = await pool.client(service_id)

    assert new is not old
    assert connected.is_closed
    assert await pool.client(service_id) is new


async def test_what_was_learnt_of_it_makes_no_other(pool: UpstreamPool, database: Database) -> None:
    service_id = await add(database)
    client = await pool.client(service_id)

    await change(database, service_id, version="5", capabilities={"a": 1}, updated_at=datetime.now(UTC))

    assert await pool.client(service_id) is client


async def test_whoever_is_under_way_finishes(pool: UpstreamPool, database: Database) -> None:
    go_on = asyncio.Event()

    async def slow(request: httpx2.Request) -> httpx2.Response:
        await go_on.wait()
        return httpx2.Response(200, json=[])

    pool.transport = lambda connection: httpx2.MockTransport(slow)
    service_id = await add(database)
    old = await pool.client(service_id)
    task = asyncio.create_task(old.upstream.request("GET", "/x"))
    await asyncio.sleep(0.01)
    await pool.forget(service_id)
    assert await pool.client(service_id) is not old
    go_on.set()

    assert await task == []


async def test_forgetting_closes_its_breaker(pool: UpstreamPool, database: Database) -> None:
    pool.policy = HttpPolicy(failures=1)
    pool.transport = lambda connection: httpx2.MockTransport(lambda request: httpx2.Response(500))
    service_id = await add(database)

    async def cause() -> Cause:
        with pytest.raises(UpstreamError) as caught:
            await (await pool.client(service_id)).upstream.request("GET", "/x")
        return caught.value.cause

    assert [await cause(), await cause()] == [Cause.SERVER_ERROR, Cause.CIRCUIT_OPEN]
    await pool.forget(service_id)
    assert await cause() is Cause.SERVER_ERROR


async def test_a_service_that_is_gone(pool: UpstreamPool, database: Database) -> None:
    service_id = await add(database)
    old = await pool.client(service_id)
    await old.upstream.request("GET", "/x")
    async with database.writing.begin() as session:
        await session.execute(delete(Service))

    with pytest.raises(UpstreamError) as caught:
        await pool.client(service_id)

    assert caught.value.cause is Cause.NOT_FOUND
    assert caught.value.detail == "there is no such service"
    assert old.upstream._client is None


async def test_a_key_of_another_installation(pool: UpstreamPool, database: Database) -> None:
    service_id = await add(database, api_key_encrypted=KeyRing(["o" * 32]).encrypt("the key"))

    with pytest.raises(UpstreamError) as caught:
        await pool.client(service_id)

    assert (caught.value.cause, caught.value.service) == (Cause.UNREADABLE_KEY, "sonarr")
    assert "enter its API key again" in caught.value.advice


async def test_a_connection_that_is_not_saved(pool: UpstreamPool) -> None:
    connection = Connection(kind="radarr", name="New", url="http://new", api_key="tried")

    async with pool.connect(connection) as client:
        assert await client.upstream.request("GET", "/x") == {"host": "new", "key": "tried"}
        connected = client.upstream._client

    assert connected
    assert connected.is_closed


async def test_the_application_has_one(app: FastAPI) -> None:
    context: Context = app.state.context
    service_id = await add(context.database, api_key_encrypted=context.keys.encrypt("its key"))

    assert (await context.upstreams.client(service_id)).connection.api_key == "its key"


def test_making_one_loads_nothing() -> None:
    script = (
        "import sys, autoarr.upstream.pool; print(sorted({'httpx2', 'tenacity', 'purgatory'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_no_key_in_a_repr() -> None:
    assert "tried" not in repr(Connection(kind="plex", name="P", url="http://p", api_key="tried"))
