"""Readiness: what depends on others, and says so without giving anything away."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from autoarr.app import create_app
from autoarr.errors import describe
from autoarr.settings import Settings, parse_database_url

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    """A server on a port of its own."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, and never answer; until the other side gives up."""
    await reader.read()
    writer.close()


async def redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak as much of Redis' protocol as a PING takes, with the password "pa55"."""
    while header := await reader.readline():
        words = []
        for _ in range(int(header[1:])):
            await reader.readline()
            words.append((await reader.readline()).strip())
        if words[0].upper() in (b"HELLO", b"AUTH"):
            authenticated = b"pa55" in words
            answer = b"%1\r\n$5\r\nproto\r\n:3\r\n" if authenticated else b"-WRONGPASS no\r\n"
            writer.write(answer if words[0].upper() == b"HELLO" or not authenticated else b"+OK\r\n")
        else:
            writer.write(b"+PONG\r\n" if words[0].upper() == b"PING" else b"+OK\r\n")
        await writer.drain()
    writer.close()


async def ask(settings: Settings) -> tuple[int, dict[str, Any]]:
    """Ask an application that never started, so that nothing depends on a database being there."""
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://autoarr") as client:
        answer = await client.get("/health/ready")
        assert (await client.get("/health")).status_code == 200
    await app.state.context.database.close()
    body: dict[str, Any] = answer.json()
    return answer.status_code, body


async def test_ready(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/health/ready")

    assert answer.status_code == 200
    body = answer.json()
    assert body["checks"]["database"].pop("latency_ms") >= 0
    assert body == {"status": "ready", "checks": {"database": {"status": "ok"}}}


async def test_database_refuses(settings: Settings) -> None:
    url = parse_database_url(f"postgresql://autoarr:pa55@127.0.0.1:{closed_port()}/autoarr")

    status, body = await ask(settings.model_copy(update={"database_url": url}))

    assert status == 503
    assert body["status"] == "unavailable"
    assert body["checks"]["database"]["status"] == "error"
    assert body["checks"]["database"]["detail"].startswith("ConnectionRefusedError")
    assert "pa55" not in str(body)


async def test_database_is_silent(settings: Settings) -> None:
    async with listening(silent) as port:
        url = parse_database_url(f"postgresql://autoarr:pa55@127.0.0.1:{port}/autoarr")
        start = time.perf_counter()

        status, body = await ask(settings.model_copy(update={"database_url": url}))

    assert (status, body["checks"]["database"]["detail"]) == (503, "no answer within 2 s")
    assert time.perf_counter() - start > 1.9


async def test_database_folder_is_gone(settings: Settings) -> None:
    status, body = await ask(settings)

    assert status == 503
    assert body["checks"]["database"]["detail"] == "OperationalError: unable to open database file"


def redis_url(port: int, password: str) -> dict[str, SecretStr]:
    return {"redis_url": SecretStr(f"redis://:{password}@127.0.0.1:{port}/0")}


@pytest.mark.usefixtures("made_data_dir")
async def test_redis_answers(settings: Settings) -> None:
    async with listening(redis) as port:
        status, body = await ask(settings.model_copy(update=redis_url(port, "pa55")))

    assert (status, body["checks"]["redis"]["status"]) == (200, "ok"), body


@pytest.mark.usefixtures("made_data_dir")
async def test_redis_refuses_password(settings: Settings) -> None:
    async with listening(redis) as port:
        status, body = await ask(settings.model_copy(update=redis_url(port, "wr0ng")))

    assert (status, body["checks"]["database"]["status"]) == (503, "ok")
    assert body["checks"]["redis"]["status"] == "error"
    assert "wr0ng" not in str(body)


@pytest.mark.usefixtures("made_data_dir")
async def test_redis_is_not_there(settings: Settings) -> None:
    status, body = await ask(settings.model_copy(update=redis_url(closed_port(), "pa55")))

    assert (status, body["checks"]["redis"]["status"]) == (503, "error")
    assert "pa55" not in str(body)


@pytest.mark.skipif(not os.environ.get("AUTOARR_TEST_POSTGRES_URL"), reason="AUTOARR_TEST_POSTGRES_URL names no server")
async def test_wrong_password_of_a_real_server(settings: Settings) -> None:
    url = parse_database_url(os.environ["AUTOARR_TEST_POSTGRES_URL"]).set(username="nobody", password="pa55")

    status, body = await ask(settings.model_copy(update={"database_url": url}))

    assert status == 503
    assert "pa55" not in str(body)


def test_describe() -> None:
    assert describe(RuntimeError("first pa55\nsecond"), ["pa55"]) == "RuntimeError: first ***"
    assert describe(RuntimeError(), [""]) == "RuntimeError"
    assert describe(ExceptionGroup("both", [OSError("no way")])) == "OSError: no way"
    wrapped = OperationalError("SELECT 1", {}, ConnectionRefusedError("refused"))
    assert describe(wrapped) == "ConnectionRefusedError: refused"
