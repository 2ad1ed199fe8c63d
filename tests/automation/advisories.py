"""Indexes of advisories on loopback, in the forms of OSV's API and of the npm registry's bulk endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def answering(answers: Mapping[str, Any], *, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A server whose answer to OSV's `query` is that of the package named, and to npm's `bulk` all of them.

    Its address, and what it was asked.
    """
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(question)
            self.answer(answers.get(question["package"]["name"], {}) if "package" in question else answers, status)

        def do_GET(self) -> None:
            self.answer({}, 404)

        def answer(self, data: Any, code: int) -> None:
            content = json.dumps(data).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
