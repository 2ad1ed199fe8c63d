"""What goes wrong on a real network: names, ports, certificates, silence, half answers."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from autoarr.upstream.arr import SonarrClient
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy
from tests.app.certificates import self_signed

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"


async def _no_sleep(seconds: float) -> None:
    pass


@asynccontextmanager
async def server(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that talks as it likes to each connection; gives its port."""
    tasks: set[asyncio.Task[Any]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await talk(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    async with listener:
        yield listener.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()


async def ask(url: str, method: str = "GET", connection: dict[str, Any] | None = None, **policy: Any) -> Any:
    client = SonarrClient(
        Connection(kind="sonarr", name="Series", url=url, api_key="k" * 32, **(connection or {})),
        policy=HttpPolicy(sleep=_no_sleep, **policy),
    )
    try:
        return await client.upstream.request(method, "/api/v3/health")
    finally:
        await client.upstream.close()


async def fail(url: str, method: str = "GET", connection: dict[str, Any] | None = None, **policy: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await ask(url, method, connection, **policy)
    return caught.value


@pytest.fixture
def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def test_it_asks_over_a_real_connection() -> None:
    async with server(answer) as port:
        assert await ask(f"http://127.0.0.1:{port}") == []


async def test_no_proxy_gets_the_key(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")

    async with server(answer) as port:
        assert await ask(f"http://127.0.0.1:{port}") == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_nothing_listens(scheme: str, closed_port: int) -> None:
    error = await fail(f"{scheme}://127.0.0.1:{closed_port}", "PUT")

    assert (error.cause, error.sent) == (Cause.CONNECT, False)
    assert error.detail == f"no connection to 127.0.0.1:{closed_port}: connection refused"


async def test_a_name_that_nobody_knows() -> None:
    error = await fail("http://x.invalid:8989", "PUT", connect=10)

    assert (error.cause, error.sent) == (Cause.DNS, False)
    assert error.detail.startswith("the name in x.invalid:8989 can't be resolved: ")


async def test_no_answer() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(20)

    async with server(silence) as port:
        error = await fail(f"http://127.0.0.1:{port}", read=0.1)

    assert (error.cause, error.sent) == (Cause.TIMEOUT, True)
    assert error.detail == "no answer within 0.1 s"


async def test_no_connection_in_time() -> None:
    # A server that never accepts, its waiting room full.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        guests = [socket.socket() for _ in range(4)]
        for guest in guests:
            guest.setblocking(False)
            guest.connect_ex(address)
        error = await fail(f"http://127.0.0.1:{address[1]}", "PUT", connect=0.1)
        for guest in guests:
            guest.close()

    assert (error.cause, error.sent) == (Cause.TIMEOUT, False)
    assert error.detail == f"no connection to 127.0.0.1:{address[1]} within 0.1 s"


@pytest.mark.parametrize("start", [b"", ANSWER[:40], ANSWER[:-2]], ids=["at once", "in the head", "in the body"])
async def test_an_answer_that_drips(start: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start.replace(b"Length: 2", b"Length: 2000"))
        while True:
            writer.write(b"H" if not start else b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    started = asyncio.get_running_loop().time()
    async with server(drip) as port:
        error = await fail(f"http://127.0.0.1:{port}", read=0.1)

    assert (error.cause, error.sent) == (Cause.TIMEOUT, True)
    assert error.detail == "its answer was not complete within 0.2 s"
    assert asyncio.get_running_loop().time() - started < 20


async def test_an_answer_that_is_cut_off() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER[:-1])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with server(cut) as port:
        error = await fail(f"http://127.0.0.1:{port}")

    assert (error.cause, error.sent) == (Cause.INVALID_ANSWER, True)
    assert error.detail == "its answer was cut off or damaged on the way"


async def test_a_connection_that_ends_without_an_answer() -> None:
    connections = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")

    async with server(hang_up) as port:
        error = await fail(f"http://127.0.0.1:{port}")
        assert connections == 3
        assert (error.cause, error.sent) == (Cause.CONNECT, True)
        assert error.detail == "it ended the connection before it had answered"

        await fail(f"http://127.0.0.1:{port}", "POST")
        assert connections == 4


async def test_something_else_than_http() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n\r\n")
        await writer.drain()
        await reader.read()

    async with server(greet) as port:
        error = await fail(f"http://127.0.0.1:{port}")

    assert error.cause is Cause.INVALID_ANSWER
    assert error.detail == "its answer is not HTTP"


async def test_damaged_compression() -> None:
    async def damage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER.replace(b"Connection", b"Content-Encoding: gzip\r\nConnection"))
        await writer.drain()

    async with server(damage) as port:
        error = await fail(f"http://127.0.0.1:{port}")

    assert error.cause is Cause.INVALID_ANSWER


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def tls_server(certificate: Path) -> Callable[[], Any]:
    """Start a server with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return lambda: server(answer, context)


def trusted(certificate: Path) -> str:
    return "# für daheim\n" + certificate.read_text().partition("-----BEGIN PRIVATE")[0]


async def test_a_certificate_that_nobody_trusts(tls_server: Callable[[], Any]) -> None:
    async with tls_server() as port:
        error = await fail(f"https://127.0.0.1:{port}", "PUT")

    assert (error.cause, error.sent) == (Cause.TLS, False)
    assert error.detail == "its certificate is not trusted: self-signed certificate"


async def test_a_certificate_that_the_user_trusts(tls_server: Callable[[], Any], certificate: Path) -> None:
    async with tls_server() as port:
        assert await ask(f"https://127.0.0.1:{port}", connection={"tls_ca": trusted(certificate)}) == []


async def test_a_certificate_for_another_name(tls_server: Callable[[], Any], certificate: Path) -> None:
    async with tls_server() as port:
        error = await fail(f"https://localhost:{port}", connection={"tls_ca": trusted(certificate)})

    assert error.cause is Cause.TLS
    assert "localhost" in error.detail


async def test_an_unverified_certificate(tls_server: Callable[[], Any]) -> None:
    async with tls_server() as port:
        assert await ask(f"https://127.0.0.1:{port}", connection={"tls_insecure": True}) == []


@pytest.mark.parametrize("pem", ["hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ü"])
async def test_certificates_that_are_none(pem: str) -> None:
    error = await fail("https://127.0.0.1:1", connection={"tls_ca": pem})

    assert error.cause is Cause.TLS
    assert error.detail == "the certificates to trust can't be read: they are not in PEM form"


async def test_tls_where_there_is_none() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with server(plain) as port:
        error = await fail(f"https://127.0.0.1:{port}")

    assert error.cause is Cause.TLS
    assert error.detail.startswith(f"no TLS connection to 127.0.0.1:{port}: ")


async def test_a_connection_that_ends_during_the_handshake() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)

    async with server(hang_up) as port:
        error = await fail(f"https://127.0.0.1:{port}", "PUT")

    assert error.cause in (Cause.TLS, Cause.CONNECT)
    assert not error.sent
