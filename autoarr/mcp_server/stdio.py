"""MCP over standard input and output: ``autoarr mcp``, beside a running AutoArr, on the same database."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST

from autoarr.accounts.principal import API_TOKEN_PREFIX, authenticate
from autoarr.context import Context
from autoarr.database import Database
from autoarr.errors import AutoArrError
from autoarr.instance import register_start
from autoarr.keys import load_key_ring
from autoarr.logs import configure_logging
from autoarr.mcp_server.server import make_server
from autoarr.migrate import migrate
from autoarr.settings import load_settings

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext

    from autoarr.accounts.principal import Principal
    from autoarr.settings import Settings

VARIABLE = "AUTOARR_MCP_TOKEN"


class NoToken(AutoArrError):
    """There is no token, or it is nobody's."""

    exit_code = 2


def serve_stdio(token: str | None) -> int:
    """Serve until standard input ends.

    Args:
        token: an API token; None for the one in the environment.

    Raises:
        NoToken: there is none, or it is not valid.
    """
    settings = load_settings()
    # Standard output is the protocol's.
    configure_logging(settings, sys.stderr)
    given = (token or os.environ.get(VARIABLE, "")).strip()
    if not given.startswith(API_TOKEN_PREFIX):
        raise NoToken(f"it needs an API token: make one in AutoArr, and give it in {VARIABLE} or by --token")
    asyncio.run(_serve(settings, given))
    return 0


async def _serve(settings: Settings, token: str) -> None:
    context = Context(settings, Database(settings.database_url))
    try:
        await migrate(context.database)
        context.keys = load_key_ring(settings)
        context.instance_id = await register_start(context.database, context.keys)
        # What is told here reaches others over Redis. Jobs are left to those who serve: a database file has one server.
        await context.bus.start()
        if await authenticate(context, token) is None:
            raise NoToken("the token is not valid, or no longer: make another one in AutoArr")

        async def who(ctx: ServerRequestContext[Any, Any]) -> Principal:
            # Asked each time: it may have been deleted, or its user disabled, since.
            if (principal := await authenticate(context, token)) is None:
                raise MCPError(INVALID_REQUEST, "The token is not valid any more.")
            return principal

        server = make_server(context, who, lambda ctx: token)
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    finally:
        await context.upstreams.close()
        await context.bus.close()
        await context.database.close()
