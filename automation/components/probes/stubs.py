"""Servers of the probes' own, on loopback, from the standard library alone: HTTP, HTTPS, a proxy, and a deaf port."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

CHUNK = 1 << 16


class Request(NamedTuple):
    """What a stub was asked; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What a stub says: a whole body, or parts sent one by one."""

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = {}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    # A thread may wait for a client that will never speak again.
    block_on_close = False
    request_queue_size = 64
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake belongs to the connection's thread: a client that breaks it off must not stop the server.
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are what some steps are about."""


class _ServerV6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def _serving(
    handler: type[socketserver.BaseRequestHandler], host: str, context: ssl.SSLContext | None
) -> Iterator[int]:
    kind = _ServerV6 if ":" in host else _Server
    with kind((host, 0), handler) as server:
        server.context = context
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextmanager
def http(
    respond: Callable[[Request], Answer], *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve `respond`, each connection in a thread; the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = respond(Request(self.command, self.path, headers, self.rfile.read(length)))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if isinstance(answer.body, bytes):
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in answer.body:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = handle_one  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *words: Any) -> None:  # noqa: A002 - http.server's name
            pass

    with _serving(Handler, host, context) as port:
        yield port


@contextmanager
def proxy() -> Iterator[tuple[int, list[str]]]:
    """An HTTP proxy, with CONNECT; its port, and what it was asked for so far."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(f"CONNECT {self.path}")
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as upstream:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _relay(self.connection, upstream)

        def do_GET(self) -> None:
            asked.append(f"GET {self.path}")
            body = b"by the proxy"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *words: Any) -> None:  # noqa: A002 - http.server's name
            pass

    with _serving(Handler, "127.0.0.1", None) as port:
        yield port, asked


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes in both directions until one side ends."""
    to = {one: other, other: one}
    while True:
        ready, _, _ = select.select(list(to), [], [], 10)
        if not ready:
            return
        for source in ready:
            data = source.recv(CHUNK)
            if not data:
                return
            to[source].sendall(data)


@contextmanager
def deaf() -> Iterator[int]:
    """A port where connecting neither succeeds nor fails: its queue is full and nobody takes from it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        fillers = []
        try:
            for _ in range(4):
                filler = socket.socket()
                fillers.append(filler)
                filler.setblocking(False)
                with suppress(BlockingIOError):
                    filler.connect(listening.getsockname())
            yield listening.getsockname()[1]
        finally:
            for filler in fillers:
                filler.close()


class HeldRedis(NamedTuple):
    """A Redis that answers PONG to every command, as far as a PING needs it.

    While `answering` is not set, it holds its answers back; `asked` is set when there is one to hold back.
    """

    port: int
    answering: threading.Event
    asked: threading.Event


@contextmanager
def redis() -> Iterator[HeldRedis]:
    """A Redis of this kind, which answers until it is told not to."""
    answering, asked = threading.Event(), threading.Event()
    answering.set()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(CHUNK):
                if not answering.is_set():
                    asked.set()
                    answering.wait()
                # Each command is an array, which begins with a star.
                self.request.sendall(b"+PONG\r\n" * data.count(b"*"))

    with _serving(Handler, "127.0.0.1", None) as port:
        try:
            yield HeldRedis(port, answering, asked)
        finally:
            answering.set()
