"""Live events over a real port: server-sent events and the WebSocket."""

from __future__ import annotations

import json
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from autoarr.events.bus import MAXIMUM_PER_OWNER
from tests.app.accounts import PASSWORD

if TYPE_CHECKING:
    from tests.app.conftest import Process, Start

QUICK = """
import sys
from autoarr import cli
from autoarr.api import events
from autoarr.jobs import catalogue

catalogue.SCHEDULES.clear()  # nobody is to hear of what runs by the clock
events.KEEP_ALIVE_S, events.CHECK_S, events.TOKEN_S = 0.1, 0.2, 2.0
sys.exit(cli.main(["serve"]))
"""


class Site:
    """A running application, its first administrator logged in."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.port = process.wait_until_listening()
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)
        answer = self.client.post("/auth/setup", json={"name": "ada", "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.token: str = self.log_in("ada")
        self.client.headers["Authorization"] = f"Bearer {self.token}"

    def log_in(self, name: str) -> str:
        answer = self.client.post("/auth/login", json={"name": name, "password": PASSWORD})
        token: str = answer.json()["access_token"]
        return token

    def add_requester(self) -> str:
        made = {"name": "robin", "password": PASSWORD, "role": "requester"}
        assert self.client.post("/api/v1/users", json=made).status_code == 201
        return self.log_in("robin")

    def change_something(self) -> str:
        """Make an event."""
        policy = self.client.get("/api/v1/policy").json()
        policy["activity_days"] += 1
        assert self.client.put("/api/v1/policy", json=policy).status_code == 200
        return "policy.changed"

    @contextmanager
    def connect(self, token: str | None = None, **options: Any) -> Iterator[ClientConnection]:
        """Open the WebSocket; say the token, where there is one."""
        with connect(f"ws://127.0.0.1:{self.port}/api/v1/ws", **options) as socket:
            if token:
                socket.send(json.dumps({"token": token}))
            yield socket


def kind_of(socket: ClientConnection) -> str:
    kind: str = json.loads(socket.recv(timeout=20))["kind"]
    return kind


@pytest.fixture
def site(start: Start) -> Iterator[Site]:
    site = Site(start(script=QUICK, AUTOARR_SHUTDOWN_GRACE="20"))
    yield site
    site.client.close()


def read_stream(lines: Iterator[str]) -> dict[str, str]:
    """Read the next event; comments are passed over."""
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields and not line:
            break
    return fields


def test_stream(site: Site) -> None:
    with site.client.stream("GET", "/api/v1/events") as answer:
        lines = answer.iter_lines()
        hello = read_stream(lines)
        while not (comment := next(lines)).startswith(":"):
            assert comment == ""
        kind = site.change_something()
        told = read_stream(lines)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert (hello["event"], told["event"]) == ("hello", kind)
    data = json.loads(told["data"])
    assert data.keys() == {"id", "kind", "at", "data"}
    assert (data["id"], data["kind"]) == (told["id"], kind)


def test_stream_needs_a_login(site: Site) -> None:
    assert httpx2.get(f"{site.client.base_url}/api/v1/events").status_code == 401


def test_stream_ends_with_its_session(site: Site) -> None:
    token = site.log_in("ada")
    with site.client.stream("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"}) as answer:
        lines = answer.iter_lines()
        assert read_stream(lines)["event"] == "hello"
        left = httpx2.post(f"{site.client.base_url}/auth/logout", headers={"Authorization": f"Bearer {token}"})
        assert left.status_code == 204, left.text
        list(lines)  # to its end


def test_requesters_hear_nothing_of_others(site: Site) -> None:
    with site.connect(site.add_requester()) as socket, site.connect(site.token) as admins:
        assert kind_of(socket) == "hello"
        assert kind_of(admins) == "hello"
        kind = site.change_something()
        assert kind_of(admins) == kind
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.3)


def test_requesters_hear_of_their_own_requests(site: Site) -> None:
    token = site.add_requester()

    def ask(headers: dict[str, str]) -> str:
        answer = site.client.post("/api/v1/requests", json={"text": "The Matrix"}, headers=headers)
        asked: str = answer.json()["id"]
        return asked

    with site.connect(token) as socket:
        assert kind_of(socket) == "hello"
        theirs = ask({})
        own = ask({"Authorization": f"Bearer {token}"})
        heard = json.loads(socket.recv(timeout=5))

    assert theirs != own
    assert (heard["kind"], heard["data"]["id"], heard["data"]["state"]) == ("request.changed", own, "asked")


def test_websocket(site: Site) -> None:
    with site.connect(site.token) as socket:
        assert kind_of(socket) == "hello"
        kind = site.change_something()
        told = json.loads(socket.recv(timeout=30))
        assert (told.keys(), told["kind"]) == ({"id", "kind", "at", "data"}, kind)
        socket.send("ping")
        assert json.loads(socket.recv(timeout=30)) == {"kind": "pong"}
        # Another token of the same login keeps it open; nobody else's does.
        socket.send(json.dumps({"token": site.token}))
        socket.send("ping")
        assert json.loads(socket.recv(timeout=30)) == {"kind": "pong"}


def _read_all(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=30)


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        _read_all(socket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_websocket_wants_a_token_first(site: Site) -> None:
    strange: list[str | bytes] = [
        "",
        "{}",
        "[]",
        '{"token": 7}',
        "[" * 5000,
        '{"token": "' + "x" * 9000 + '"}',
        b"\x00",
        "ping",
    ]
    for message in strange:
        with site.connect() as socket:
            socket.send(message)
            assert close_code(socket) == 4400, message


def test_websocket_refusals(site: Site) -> None:
    with site.connect("nobody's") as socket:
        assert close_code(socket) == 4401
    with site.connect() as socket:
        assert close_code(socket) == 4408
    with site.connect(site.token) as socket:
        assert kind_of(socket) == "hello"
        socket.send("nonsense")
        assert close_code(socket) == 4400
    other = site.add_requester()
    with site.connect(site.token) as socket:
        assert kind_of(socket) == "hello"
        socket.send(json.dumps({"token": other}))
        assert close_code(socket) == 4401


def test_websocket_of_another_site(site: Site) -> None:
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{site.port + 1}"):
        with pytest.raises(InvalidStatus) as refused, site.connect(origin=origin):
            pass
        assert refused.value.response.status_code == 403
    with site.connect(site.token, origin=f"http://127.0.0.1:{site.port}") as socket:
        assert kind_of(socket) == "hello"


def test_websocket_ends_when_the_token_does(site: Site) -> None:
    requester = site.add_requester()
    with site.connect(requester) as socket:
        assert kind_of(socket) == "hello"
        (robin,) = [user for user in site.client.get("/api/v1/users").json()["items"] if user["name"] == "robin"]
        assert site.client.delete(f"/api/v1/users/{uuid.UUID(robin['id'])}").status_code == 204
        assert close_code(socket) == 4401


def test_so_many_of_each_user(site: Site) -> None:
    with ExitStack() as stack:
        for _ in range(MAXIMUM_PER_OWNER - 1):
            assert kind_of(stack.enter_context(site.connect(site.token))) == "hello"
        with site.connect(site.token) as last:
            assert kind_of(last) == "hello"
            with site.connect(site.token) as socket:
                assert close_code(socket) == 4429
            refused = site.client.get("/api/v1/events")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        # Nothing tells when the server has noticed that the last one left.
        deadline = time.monotonic() + 60
        while True:
            with site.connect(site.token) as socket:
                try:
                    assert kind_of(socket) == "hello"
                    break
                except ConnectionClosed:
                    assert time.monotonic() < deadline


def test_stopping_waits_for_no_listener(site: Site) -> None:
    with site.client.stream("GET", "/api/v1/events") as answer, site.connect(site.token) as socket:
        lines = answer.iter_lines()
        assert read_stream(lines)["event"] == "hello"
        assert kind_of(socket) == "hello"

        code, seconds = site.process.stop(signal.SIGTERM)

        assert (code, site.process.stderr) == (0, "")
        assert seconds < 10  # of the twenty that they would have
        list(lines)  # it ended as it should, and was not cut
        assert close_code(socket) == 1012
    assert not [line for line in site.process.logs if line["level"] not in ("info", "debug")]
