"""FastAPI on Uvicorn: HTTP, WebSocket and SSE from a small application, and how AutoArr's own server stops."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import uvicorn
from fastapi import Body, FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from automation.components.probes import stubs
from automation.components.probes.harness import Facts, Probe, Wrong, equal, refused, require
from automation.components.probes.served import Reply, Served, ask, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PROBE = Probe()

PART, PARTS = b"x" * 65536, 16
# Seconds: a grace period that is long enough, and how long a request stays open after the stop has begun.
GRACE, HOLD = 10, 0.7


class Item(BaseModel):
    """A body that is validated."""

    name: str
    count: int


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[int]:
    """Serve on loopback with the protocols that AutoArr chooses; the port."""
    config = uvicorn.Config(
        app, http="httptools", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        running = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            while not server.started:  # noqa: ASYNC110 - Uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            await running


@PROBE.step("HTTP")
async def http_requests(facts: Facts) -> str:
    """A validated body, a refused one, two requests on one connection, and a streamed answer."""
    app = FastAPI()

    @app.post("/items")
    async def add(item: Annotated[Item, Body()]) -> Item:
        return Item(name=item.name.upper(), count=item.count + 1)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(PARTS):
                yield PART
                await asyncio.sleep(0)

        return StreamingResponse(parts())

    def asked(port: int) -> list[tuple[int, bytes]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        answers = []
        for method, path, body in (
            ("POST", "/items", '{"name": "\u00e4", "count": 1}'),
            ("POST", "/items", '{"name": "a", "count": "many"}'),
            ("GET", "/stream", ""),
        ):
            connection.request(method, path, body.encode(), {"Content-Type": "application/json"})
            response = connection.getresponse()
            answers.append((response.status, response.read()))
            # http.client would open another connection silently.
            require(connection.sock is not None, "the server closed the connection between two requests")
        connection.close()
        return answers

    async with serving(app) as port:
        good, bad, streamed = await asyncio.to_thread(asked, port)
    equal(
        (good[0], json.loads(good[1])),
        (200, {"name": "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}", "count": 2}),
        "the item",
    )
    equal((bad[0], json.loads(bad[1])["detail"][0]["loc"]), (422, ["body", "count"]), "the refusal")
    equal((streamed[0], len(streamed[1])), (200, len(PART) * PARTS), "the streamed answer")
    return f"three requests on one connection, {len(streamed[1]) // 1024} KiB streamed"


@PROBE.step("WebSocket")
async def web_socket(facts: Facts) -> str:
    """Text, bytes, a large message, and the code of a close."""
    app = FastAPI()

    @app.websocket("/ws")
    async def echo(connection: WebSocket) -> None:
        await connection.accept(subprotocol="probe")
        while (message := await connection.receive())["type"] == "websocket.receive":
            if message.get("text") == "close":
                await connection.close(4000, "as asked")
                return
            if message.get("text") is not None:
                await connection.send_text(message["text"])
            else:
                await connection.send_bytes(message["bytes"])

    messages: list[str | bytes] = ["text \N{SNOWMAN}", b"\x00\xff", "x" * (1 << 20), b""]
    async with (
        serving(app) as port,
        connect(f"ws://127.0.0.1:{port}/ws", subprotocols=["probe"], proxy=None, max_size=1 << 22) as client,  # type: ignore[list-item]  # a NewType of str
    ):
        equal(client.subprotocol, "probe", "the subprotocol")
        for message in messages:
            await client.send(message)
            equal(await client.recv(), message, "the echo")
        await client.send("close")
        with refused("a message after the close", ConnectionClosed):
            await client.recv()
        equal((client.close_code, client.close_reason), (4000, "as asked"), "the close")
    return f"{len(messages)} messages up to 1 MiB, close 4000"


async def next_event(reader: asyncio.StreamReader) -> Any:
    """The data of the next event."""
    while line := await reader.readline():
        if line.startswith(b"data:"):
            return json.loads(line[5:])
    raise Wrong("the stream ended")


@PROBE.step("SSE")
async def server_sent_events(facts: Facts) -> str:
    """Each event arrives when it is sent: the second one waits until the first was seen."""
    app = FastAPI()
    seen = asyncio.Event()

    @app.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[dict[str, int]]:
        yield {"number": 1}
        await seen.wait()
        yield {"number": 2}

    async with serving(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /events HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        require("content-type: text/event-stream" in head, "the answer is no event stream")
        equal(await next_event(reader), {"number": 1}, "the first event")
        seen.set()
        equal(await next_event(reader), {"number": 2}, "the second event")
        writer.close()
    return "two events, unbuffered"


@PROBE.step("the application answers", limit=60)
def application(facts: Facts) -> str:
    """`autoarr serve`: liveness, readiness, the API's description, and no WebSocket where there is none."""
    with served({}) as running:
        equal(running.ask("/health").json(), {"status": "ok"}, "/health")
        equal(running.ready().json()["status"], "ready", "/health/ready")
        require(
            "/api/v1/about" in running.ask("/api/openapi.json").json()["paths"], "openapi.json misses /api/v1/about"
        )
        about = running.ask("/api/v1/about").json()
        with refused("a WebSocket to nowhere", InvalidStatus):
            asyncio.run(_connect(running.port))
    return f"version {about['version']}, Python {about['python']}, {about['libc']['name']} {about['libc']['version']}"


async def _connect(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/ws/nowhere", proxy=None):
        pass


class OpenRequest:
    """A readiness request whose Redis holds its answer back, so that it is open while the application stops."""

    def __init__(self, port: int, redis: stubs.HeldRedis) -> None:
        redis.answering.clear()
        redis.asked.clear()
        self.reply: Reply | None = None
        self._port = port
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        require(redis.asked.wait(10), "the application does not ask its Redis")

    def _ask(self) -> None:
        # Cut off: there is no reply.
        with suppress(OSError, http.client.HTTPException):
            self.reply = ask("127.0.0.1", self._port, "/health/ready")

    def end(self) -> Reply | None:
        """What it came to, or None when it was cut off."""
        self._thread.join(10)
        return self.reply


@contextmanager
def open_request(grace: int) -> Iterator[tuple[Served, OpenRequest, stubs.HeldRedis]]:
    """The application with a grace period, and a request that is open."""
    with stubs.redis() as redis:
        settings = {
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0?protocol=2",
            "AUTOARR_SHUTDOWN_GRACE": str(grace),
        }
        with served(settings) as running:
            running.ready()
            yield running, OpenRequest(running.port, redis), redis


def refuses(port: int, limit: float = 5.0) -> bool:
    """Whether new connections are refused, within some seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False


@PROBE.step("SIGTERM lets an open request end", limit=60)
def graceful(facts: Facts) -> str:
    """The open request is answered in full, new ones are refused meanwhile, and the process ends with code 0."""
    with open_request(GRACE) as (running, request, redis):
        started = time.monotonic()
        running.process.terminate()
        require(refuses(running.port), "new connections are accepted after SIGTERM")
        # Long enough for a server that waits for nobody to cut the request off.
        time.sleep(HOLD)
        redis.answering.set()
        code = running.ended(GRACE + 5)
        taken = time.monotonic() - started
        reply = request.end()
    if reply is None or reply.status == 500:
        raise Wrong("the open request was cut off within the grace period")
    # On a machine so busy that Redis's two seconds were over first, the answer is 503, and whole as well.
    require("redis" in reply.json().get("checks", {}), f"the open request was answered with {reply}")
    equal(code, 0, "the exit code")
    require(taken < GRACE, f"it took {taken:.1f} s to stop, the whole grace period and more")
    return f"stopped {taken:.1f} s after SIGTERM, the open request answered"


@PROBE.step("SIGTERM and the end of the grace period", limit=60)
def grace_ends(facts: Facts) -> str:
    """Without a grace period an open request is cut off, and the process ends with code 0."""
    with open_request(0) as (running, request, _):
        started = time.monotonic()
        code = running.stop(GRACE)
        taken = time.monotonic() - started
        reply = request.end()
    equal(code, 0, "the exit code")
    # 503 would be the application's own answer, after the two seconds that it gives Redis.
    require(reply is None or reply.status == 500, f"the open request was answered: {reply}")
    return f"stopped {taken:.1f} s after SIGTERM, the open request cut off"
