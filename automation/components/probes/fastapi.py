"""FastAPI on Uvicorn: the application's own HTTP, WebSocket and SSE, and how it stops."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from automation.components.probes import stubs
from automation.components.probes.harness import Facts, Probe, Wrong, equal, refused, require
from automation.components.probes.served import ADMINISTRATOR, ANSWERING, Reply, Served, ask, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.asyncio.client import ClientConnection

PROBE = Probe()

# Seconds: a grace period that is long enough, and how long a request stays open after the stop has begun.
GRACE, HOLD = 10, 0.7


@PROBE.step("HTTP", limit=60)
def http_requests(facts: Facts) -> str:
    """A refused body and a validated one, a large answer and a streamed one, all on one connection."""
    with served({}) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=ANSWERING)
        token = ""

        def asked(method: str, path: str, body: object = None) -> tuple[http.client.HTTPResponse, bytes]:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            connection.request(method, path, json.dumps(body).encode() if body else None, headers)
            response = connection.getresponse()
            content = response.read()
            # http.client would open another connection silently.
            require(connection.sock is not None, "the server closed the connection between two requests")
            return response, content

        bad, problem = asked("POST", "/auth/setup", ADMINISTRATOR | {"password": "short"})
        equal((bad.status, bad.headers["content-type"]), (422, "application/problem+json"), "the refusal")
        equal(json.loads(problem)["errors"][0]["location"], ["body", "password"], "what was refused")
        good, made = asked("POST", "/auth/setup", ADMINISTRATOR)
        equal((good.status, json.loads(made).get("name")), (201, ADMINISTRATOR["name"]), "the first user")
        login, tokens = asked("POST", "/auth/login", ADMINISTRATOR)
        equal(login.status, 200, "the status of the login")
        token = json.loads(tokens)["access_token"]
        _, description = asked("GET", "/api/openapi.json")
        require("/api/v1/about" in json.loads(description)["paths"], "openapi.json misses /api/v1/about")
        streamed, lines = asked("GET", "/api/v1/activity/export?format=jsonl")
        equal((streamed.status, streamed.headers["transfer-encoding"]), (200, "chunked"), "the streamed answer")
        actions = {json.loads(line)["action"] for line in lines.splitlines()}
        require({"setup.done", "login.succeeded"} <= actions, f"the streamed activity has {sorted(actions)}")
        connection.close()
    return f"five requests on one connection, {len(description) // 1024} KiB at once, {len(lines)} bytes streamed"


def change(running: Served, token: str, days: int) -> None:
    """Change something, which is an event.

    Raises:
        Wrong: it was refused.
    """
    reply = running.ask("/api/v1/policy", method="PUT", token=token, body={"activity_days": days})
    equal(reply.status, 200, "the status of a change")


def connecting(port: int, **options: Any) -> connect:
    """Connect to the application's WebSocket."""
    return connect(f"ws://127.0.0.1:{port}/api/v1/ws", proxy=None, open_timeout=ANSWERING, **options)


@PROBE.step("WebSocket", limit=60)
def web_socket(facts: Facts) -> str:
    """Events for who has a token; who has none, or comes from another site's page, is refused; a stop closes it."""
    with served({}) as running:
        token = running.log_in()
        asyncio.run(_web_socket(running, token))
        running.ended(GRACE)
    return "hello, ping, an event; closed with 4400, 4401, 1012; 403"


async def _web_socket(running: Served, token: str) -> None:
    async with connecting(running.port) as client:
        await client.send(json.dumps({"token": token}))
        await hear_message(client, "hello")
        await client.send("ping")
        await hear_message(client, "pong")
        await asyncio.to_thread(change, running, token, 30)
        await hear_message(client, "policy.changed")
        for message, code in ((json.dumps({"token": "none"}), 4401), ("x" * (1 << 20), 4400), (b"\x00\xff", 4400)):
            async with connecting(running.port) as stranger:
                await stranger.send(message)
                equal(await closed(stranger), code, f"the close after {message[:20]!r}")
        with refused("a page of another site", InvalidStatus) as caught:
            async with connecting(running.port, origin="http://elsewhere.invalid"):
                pass
        equal(caught[0].response.status_code, 403, "the status for another site")  # type: ignore[attr-defined]  # an InvalidStatus
        running.process.terminate()
        equal(await closed(client), 1012, "the close when the application stops")


async def hear_message(client: ClientConnection, kind: str) -> None:
    """Wait for a message of a kind; the application has its own in between."""
    while json.loads(await client.recv())["kind"] != kind:
        pass


async def closed(client: ClientConnection) -> int | None:
    """The code with which the server closes a connection."""
    with suppress(ConnectionClosed):
        while True:
            await client.recv()
    return client.close_code


async def hear(reader: asyncio.StreamReader, kind: str) -> None:
    """Wait for an event of a kind; the application has its own in between.

    Raises:
        Wrong: the stream ended.
    """
    while line := await reader.readline():
        if line.startswith(b"data:") and json.loads(line[5:])["kind"] == kind:
            return
    raise Wrong(f"the stream ended before {kind}")


@PROBE.step("SSE", limit=60)
def server_sent_events(facts: Facts) -> str:
    """Each event arrives when it happens, while the answer goes on; only who has a token hears any."""
    with served({}) as running:
        token = running.log_in()
        equal(running.ask("/api/v1/events").status, 401, "the status without a token")
        asyncio.run(_server_sent_events(running, token))
    return "hello and two events, unbuffered; 401"


async def _server_sent_events(running: Served, token: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: probe\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    require("content-type: text/event-stream" in head, f"the answer is no event stream: {head.splitlines()[0]}")
    await hear(reader, "hello")
    for days in (30, 31):
        await asyncio.to_thread(change, running, token, days)
        await hear(reader, "policy.changed")
    writer.close()


@PROBE.step("the application answers", limit=60)
def application(facts: Facts) -> str:
    """`autoarr serve`: liveness, readiness, what it is, and no WebSocket where there is none."""
    with served({}) as running:
        equal(running.ask("/health").json(), {"status": "ok"}, "/health")
        equal(running.ready().json()["status"], "ready", "/health/ready")
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
