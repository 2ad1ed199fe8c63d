"""Serve an ASGI application on a port of this machine, in a thread."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

PATIENCE = 60.0


@contextmanager
def serve(
    app: Any, *, certificate: Path | None = None, key: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[str]:
    """Serve `app` and give its address: the kernel chooses the port, and requests still open at the end are dropped.

    Args:
        app: an ASGI application; a `Fake` also gets the address as its `url`, with its URL base.
        certificate: for TLS (PEM), with its `key`.
        host: the name to have in the address; it listens on 127.0.0.1.

    Raises:
        AssertionError: at the end, if a request or an answer of a `Fake` violated its application's description.
    """
    loggers = [logging.getLogger(f"uvicorn.{name}") for name in ("error", "access", "asgi")]
    levels = [logger.level for logger in loggers]
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        # Planted faults make it log errors, which would be taken for the application's.
        log_level="critical",
        access_log=False,
        server_header=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    # The protocol is named because asyncio sends small answers at once only where it is.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        scheme, port = "https" if certificate else "http", bound.getsockname()[1]
        server = _Thread(config, bound)
        server.start()
        server.ready.wait(PATIENCE)
        assert server.is_alive()
        app.url = f"{scheme}://{host}:{port}{getattr(app, 'url_base', '')}"
        try:
            yield app.url
        finally:
            server.stop()
            # Uvicorn sets them for the whole process.
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
    # Not where the test failed anyway.
    if violations := getattr(app, "violations", None):
        raise AssertionError("\n".join([*violations, "Where this is on purpose, say so by `fake.validated = False`."]))


class _Thread(threading.Thread):
    """Uvicorn without its main loop and its slow end, which together would cost each test a fifth of a second."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket) -> None:
        super().__init__(name="fake", daemon=True)
        self.ready = threading.Event()
        self._config = config
        self._bound = bound
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_stop = asyncio.Event()

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._config.load()
        server = uvicorn.Server(self._config)
        server.lifespan = self._config.lifespan_class(self._config)
        await server.startup(sockets=[self._bound])
        self.ready.set()
        await self._asked_to_stop.wait()
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        while server.server_state.connections:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0)

    def stop(self) -> None:
        """End the thread."""
        if self._loop and self.is_alive():
            self._loop.call_soon_threadsafe(self._asked_to_stop.set)
        self.join(PATIENCE)
        assert not self.is_alive()
