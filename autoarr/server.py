"""Run the application: one process, uvloop and httptools, and a stop that is quick and clean."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from autoarr import __version__
from autoarr.app import create_app
from autoarr.errors import StartupError
from autoarr.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from autoarr.settings import Settings

log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Uvicorn's server, without its signal handling: ours covers the start as well, and uvicorn raises each signal
    again after it has stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        # See `autoarr.cli`: what there is by now is left out of all later looks as well.
        gc.freeze()
        gc.enable()
        for bound in sockets or ():
            host, port = bound.getsockname()[:2]
            log.info("listening on %s port %s", host, port, extra={"host": host, "port": port})


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        StartupError: the port or the database can't be used.
    """
    configure_logging(settings)
    app = create_app(settings)
    with _bind(settings.host, settings.port) as bound:
        run(app, settings, bound)


def run(app: FastAPI, settings: Settings, bound: socket.socket) -> None:
    """Serve `app` on a bound socket until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        # Its lifespan is entered here instead: uvicorn would turn a clear error into a traceback.
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.shutdown_grace,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_run(app, _Server(config), bound))
    log.info("stopped")


async def _run(app: FastAPI, server: _Server, bound: socket.socket) -> None:
    starting = asyncio.current_task()
    assert starting is not None  # noqa: S101 -- a coroutine always runs in a task

    def stop(number: signal.Signals) -> None:
        log.info("stopping", extra={"signal": number.name})
        server.should_exit = True
        app.state.context.bus.end()
        if not server.started:
            starting.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    log.info("starting", extra={"version": __version__, "database": repr(app.state.context.database.url)})
    try:
        async with app.router.lifespan_context(app):
            await server.serve(sockets=[bound])
    except asyncio.CancelledError:
        return  # stopped before it had started


def _bind(host: str, port: int) -> socket.socket:
    """Take the port before anything else is touched; uvicorn listens on it once the application is ready."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, UnicodeError) as error:  # a name can't even be encoded
        raise _unusable(host, port, error) from error
    return bound


def _unusable(host: str, port: int, error: OSError | UnicodeError) -> StartupError:
    advice = "set AUTOARR_HOST and AUTOARR_PORT to an address this machine has and may use"
    reason = getattr(error, "strerror", None) or str(error)
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        advice = "stop what uses it, or set AUTOARR_PORT to another one"
    return StartupError(f"port {port} on {host} can't be used: {reason}; {advice}")
