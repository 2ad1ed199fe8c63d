"""MCP over streamable HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from autoarr.mcp_server.server import make_server

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from starlette.types import Receive, Scope, Send

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context

MAXIMUM_BODY = 256 * 1024
"""Bytes of a request."""


class HttpTransport:
    """Answers requests of those who were let in; nothing is kept from one to the next."""

    def __init__(self, context: Context) -> None:
        self._server = make_server(context, _who, _bind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # One for each request: it can be run once only, and what it holds of a request ends with it.
        manager = StreamableHTTPSessionManager(self._server, stateless=True, max_request_body_size=MAXIMUM_BODY)
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _principal(ctx: ServerRequestContext[Any, Any]) -> Principal:
    assert ctx.request is not None  # noqa: S101 -- over HTTP each message comes with its request
    principal: Principal = ctx.request.state.principal
    return principal


async def _who(ctx: ServerRequestContext[Any, Any]) -> Principal:
    return _principal(ctx)


def _bind(ctx: ServerRequestContext[Any, Any]) -> str:
    principal = _principal(ctx)
    return f"{principal.user_id} {principal.session_id} {principal.token_id}"
