"""The container's health check."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from autoarr import cli, healthcheck

if TYPE_CHECKING:
    from pathlib import Path

Serve = Callable[[int], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start an HTTP server that answers every request with one status; give its port."""
    servers = []

    def serve(status: int) -> int:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health" else 404)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return server.server_port

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (404, 1), (500, 1)])
@pytest.mark.parametrize("host", ["", "0.0.0.0", "127.0.0.1"])
def test_status(serve: Serve, host: str, status: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_HOST", host)
    monkeypatch.setenv("AUTOARR_PORT", str(serve(status)))

    assert cli.main(["healthcheck"]) == code


def test_port_from_file(serve: Serve, made_data_dir: Path) -> None:
    (made_data_dir / "autoarr.env").write_text(f"AUTOARR_PORT={serve(200)}\n")

    assert cli.main(["healthcheck"]) == 0


def test_nothing_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AUTOARR_PORT", str(taken.getsockname()[1]))

        assert cli.main(["healthcheck"]) == 1
    assert capsys.readouterr().err.startswith("autoarr: unhealthy: port ")


@pytest.mark.parametrize("port", ["x", "99999"])
def test_no_port(port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AUTOARR_PORT", port)

    assert cli.main(["healthcheck"]) == 1
    assert f"port {port}: " in capsys.readouterr().err


def test_no_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(healthcheck, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AUTOARR_PORT", str(silent.getsockname()[1]))

        assert cli.main(["healthcheck"]) == 1
    assert "timed out" in capsys.readouterr().err
