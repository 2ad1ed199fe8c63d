"""The official MCP client, connected over either transport: to AutoArr on a port, or to a process of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import httpx2
import uvicorn
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy.engine import URL

import autoarr

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.context import Context

PATIENCE = 60.0
MODES = {"stdio": ("legacy", "auto"), "http": ("legacy", "auto")}
"""How the client begins: by the handshake of before 2026, or as it finds the server to be."""


class _Server(uvicorn.Server):
    """Without signal handlers, which are the test runner's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def on_a_port(app: FastAPI) -> AsyncIterator[str]:
    """Serve a started application from this event loop; give its address."""
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
    server = _Server(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            async with asyncio.timeout(PATIENCE):
                while not server.started:  # noqa: ASYNC110 -- Uvicorn has no event for it
                    await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await serving


def stdio_process(token: str | None, data_dir: Path, url: URL, **environment: str) -> StdioServerParameters:
    """`autoarr mcp`, on the same database and keys."""
    own = {
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(Path(autoarr.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
        ),
        "AUTOARR_DATA_DIR": str(data_dir),
        "DATABASE_URL": url.render_as_string(hide_password=False),
    }
    if token is not None:
        own["AUTOARR_MCP_TOKEN"] = token
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return StdioServerParameters(
        command=sys.executable, args=["-m", "autoarr", "mcp"], env={**own, **coverage, **environment}, cwd=data_dir
    )


@dataclass
class Installation:
    """Where clients connect to.

    Attributes:
        address: of AutoArr on a port.
        errors: the file that processes write their logs to.
    """

    context: Context
    address: str
    errors: Path

    @asynccontextmanager
    async def connect(self, transport: str, token: str, mode: str = "auto", **options: Any) -> AsyncIterator[Client]:
        """A connected client; it ends with the context."""
        if transport == "stdio":
            settings = self.context.settings
            process = stdio_process(token, settings.data_dir, settings.database_url)
            with self.errors.open("a") as log:
                async with Client(_over_stdio(process, log), mode=mode, **options) as client:
                    yield client
            return
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE) as http,
            Client(streamable_http_client(f"{self.address}/mcp", http_client=http), mode=mode, **options) as client,
        ):
            yield client


def _over_stdio(process: StdioServerParameters, log: TextIO) -> Any:
    return stdio_client(process, errlog=log)
