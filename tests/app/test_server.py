"""The application as a process: starting, stopping, and what stands in the way of either."""

from __future__ import annotations

import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Start

# Longer than a test waits for a process: what would wait for this grace time fails.
LONG = "60"

SLOW_ROUTES = """
import asyncio, gc, sys
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocket
from autoarr import cli, server

make = server.create_app

def create_app(settings):
    app = make(settings)

    @app.get("/api/v1/stream")
    async def stream():
        async def chunks():
            while True:
                yield b"x"
                await asyncio.sleep(0.05)
        return StreamingResponse(chunks())

    @app.get("/api/v1/flood")
    async def flood():
        async def chunks():
            while True:
                yield b"x" * 65536
        return StreamingResponse(chunks())

    @app.get("/api/v1/soon")
    async def soon():
        await asyncio.sleep(0.7)
        return "done"

    @app.get("/api/v1/garbage")
    async def garbage():
        return {"collected": gc.isenabled(), "frozen": gc.get_freeze_count(), "looked_through": len(gc.get_objects())}

    @app.websocket("/ws")
    async def echo(socket: WebSocket):
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    return app

server.create_app = create_app
sys.exit(cli.main(["serve"]))
"""


def get(port: int, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


@pytest.mark.parametrize(("arguments", "number"), [([], signal.SIGTERM), (["serve"], signal.SIGINT)])
def test_start_and_stop(arguments: list[str], number: signal.Signals, start: Start, data_dir: Path) -> None:
    process = start(*arguments, AUTOARR_SHUTDOWN_GRACE=LONG)
    port = process.wait_until_listening()

    assert get(port, "/health") == (200, {"status": "ok"})
    assert get(port, "/health/ready")[0] == 200
    code, _ = process.stop(number)

    assert (code, process.stderr) == (0, "")
    assert [line["level"] for line in process.logs] == ["info"] * len(process.logs)
    messages = [line["message"] for line in process.logs]
    assert messages.count("stopping") == 1
    assert messages.index("stopping") < messages.index("Shutting down") < messages.index("stopped")
    accessed = [line["path"] for line in process.logs if line["logger"] == "autoarr.access"]
    assert accessed == ["/health", "/health/ready"]
    # SQLite removes its write-ahead log when the last connection closes in order.
    assert sorted(path.name for path in data_dir.iterdir()) == [".migrate.lock", "autoarr.db", "secret.key"]


def test_garbage_is_looked_for_once_it_listens_and_not_in_what_the_start_made(start: Start) -> None:
    process = start(script=SLOW_ROUTES)
    _, found = get(process.wait_until_listening(), "/api/v1/garbage")
    process.stop()

    assert found["collected"]
    assert found["frozen"] > 50_000
    assert found["looked_through"] < found["frozen"] / 10


def test_installation_survives(start: Start) -> None:
    ids = []
    for _ in range(2):
        process = start()
        ids.append(get(process.wait_until_listening(), "/api/v1/about")[1]["instance_id"])
        assert process.stop()[0] == 0

    assert ids[0] == ids[1]


def test_writes_only_its_data(start: Start, tmp_path: Path) -> None:
    """No home, no temporary folder, and a working folder that is not the data folder."""
    (tmp_path / "cwd").mkdir()
    nowhere = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), "/nowhere")
    process = start(cwd=tmp_path / "cwd", PYTHONDONTWRITEBYTECODE="1", **nowhere)

    assert get(process.wait_until_listening(), "/health/ready")[0] == 200
    assert process.stop()[0] == 0
    assert list((tmp_path / "cwd").iterdir()) == []


def test_port_in_use(start: Start, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(AUTOARR_PORT=str(port))

        assert process.wait() == 1
    (line,) = process.stderr.splitlines()
    in_use = os.strerror(errno.EADDRINUSE)  # each C library has words of its own
    assert line.startswith(f"autoarr: port {port} on 127.0.0.1 can't be used: {in_use}; stop what")
    assert not data_dir.exists()


def test_address_of_another_machine(start: Start) -> None:
    hosts = ["192.0.2.1", "x" * 64]
    processes = [start(AUTOARR_HOST=host) for host in hosts]

    for host, process in zip(hosts, processes, strict=True):
        assert process.wait() == 1
        (line,) = process.stderr.splitlines()
        assert f" on {host} can't be used: " in line
        assert "set AUTOARR_HOST" in line


def test_stop_with_everything_open(start: Start) -> None:
    """An idle connection kept alive, a WebSocket, and two answers without an end: one read, one not."""
    process = start(script=SLOW_ROUTES)
    port = process.wait_until_listening()
    address = ("127.0.0.1", port)
    with (
        socket.create_connection(address) as idle,
        socket.create_connection(address) as unread,
        closing(http.client.HTTPConnection(*address, timeout=30)) as stream,
        connect(f"ws://127.0.0.1:{port}/ws") as client,
    ):
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: autoarr\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        unread.sendall(b"GET /api/v1/flood HTTP/1.1\r\nHost: autoarr\r\n\r\n")
        stream.request("GET", "/api/v1/stream")
        assert stream.getresponse().read(2) == b"xx"
        client.send("hello")
        assert client.recv(timeout=30) == "hello"

        code, seconds = process.stop()

        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=30)
    assert (code, process.stderr) == (0, "")
    assert seconds > 1.5
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def test_idle_connection_does_not_delay_the_stop(start: Start) -> None:
    process = start(AUTOARR_SHUTDOWN_GRACE=LONG)
    with socket.create_connection(("127.0.0.1", process.wait_until_listening())) as idle:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: autoarr\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")

        code, _ = process.stop()

    assert code == 0


def test_request_under_way_is_finished(start: Start) -> None:
    process = start(script=SLOW_ROUTES)
    connection = http.client.HTTPConnection("127.0.0.1", process.wait_until_listening(), timeout=30)
    connection.request("GET", "/api/v1/soon")
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)

    answer = connection.getresponse()

    assert (answer.status, json.loads(answer.read())) == (200, "done")
    connection.close()
    assert process.wait() == 0


def test_grace_is_a_setting(start: Start) -> None:
    process = start(script=SLOW_ROUTES, AUTOARR_SHUTDOWN_GRACE="4")
    connection = http.client.HTTPConnection("127.0.0.1", process.wait_until_listening(), timeout=30)
    connection.request("GET", "/api/v1/stream")
    assert connection.getresponse().read(2) == b"xx"

    code, seconds = process.stop()

    connection.close()
    assert code == 0
    assert seconds > 3.5


def test_stop_while_it_waits_for_a_migration(start: Start, made_data_dir: Path) -> None:
    with (made_data_dir / ".migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        process = start()
        process.wait_for("autoarr.server", "starting")
        time.sleep(0.2)

        code, _ = process.stop()

    assert (code, process.stderr) == (0, "")
    assert not (made_data_dir / "autoarr.db").exists()


ANNOUNCED_START = """
import json, signal, sys
from autoarr import cli

install = signal.signal

def signal_and_say(number, handler):
    install(number, handler)
    print(json.dumps({"logger": "test", "message": f"handles {number}"}), flush=True)

signal.signal = signal_and_say
sys.exit(cli.main(["serve"]))
"""


def test_stop_at_any_moment_of_the_start(start: Start) -> None:
    """From the first moment that Python lets a program handle a signal, to after the server listens."""
    for delay in (0.0, 0.15, 0.3, 0.45, 0.6):
        process = start(script=ANNOUNCED_START)
        process.wait_for("test", f"handles {signal.SIGINT:d}")
        time.sleep(delay)

        code, _ = process.stop()

        assert (code, process.stderr) == (0, ""), delay
