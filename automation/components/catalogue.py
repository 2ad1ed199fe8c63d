"""The ten components: one name for the check, the module of its probe and the command line. Also read in the image."""

from __future__ import annotations

import os
from typing import NamedTuple

# Of the JSON that the probes print.
VERSION = 1
# How many times longer everything may take than on a machine that emulates nothing; every time limit is multiplied.
PACE_VARIABLE = "AUTOARR_PROBE_PACE"
PACE = float(os.environ.get(PACE_VARIABLE, "1"))


class Component(NamedTuple):
    """A part of the application.

    `asks` says what its probe asks; `limit` is how many seconds the whole probe has, on a busy machine.
    """

    name: str
    asks: str
    limit: float = 300.0


COMPONENTS = (
    Component("fastapi", "the API over HTTP, WebSocket and SSE, and a stop that lets open requests end, on Uvicorn"),
    Component(
        "sqlalchemy", "migrations, tables on SQLite and PostgreSQL, transactions, COPY, NOTIFY, TLS, with asyncpg"
    ),
    Component("pydantic", "the API's validation, time zones, Rust's regular expressions, big JSON, the settings"),
    Component("jwt", "login tokens and stored keys over cryptography, and refusals of what is forged or expired"),
    Component("bcrypt", "the application's passwords, published vectors, the 72-byte limit, what a cost costs"),
    Component("redis", "events between replicas, also over the server's restart; commands, pipelines, streams"),
    Component("httpx", "services over httpx2: TLS, redirects, time-outs, retries, proxies, IPv6 and names"),
    Component("anthropic", "streaming with tool use, retries and errors, on a stub of the Messages API"),
    # AutoArr has no MCP server yet: both ends are the official package's. The probe moves to the application's own
    # server when there is one.
    Component("mcp", "the official client and server over stdio and streamable HTTP"),
    Component("ui", "the running application's pages and its assets, compressed and unpacked"),
)
