"""``/mcp``: who may enter. The protocol itself is loaded with the first request that does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from autoarr.accounts.principal import authenticate
from autoarr.problems import problem_response

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from autoarr.context import Context
    from autoarr.settings import Settings

PATH = "/mcp"


class McpEndpoint:
    """Streamable HTTP, of which each request stands for itself: any replica can answer it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._protocol: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._refuse(scope)
        if response is None:
            await self._load()(scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        settings = self._context.settings
        if not _is_host_known(settings, headers):
            return problem_response(PATH, 421, "AutoArr does not go by this name; AUTOARR_MCP_HOSTS has those it does.")
        if not _is_origin_known(settings, headers):
            return problem_response(PATH, 403, "Pages of other sites may not ask this.")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            challenge = {"WWW-Authenticate": "Bearer"}
            return problem_response(PATH, 401, "This needs an API token, or a login.", headers=challenge)
        principal = await authenticate(self._context, token.strip())
        if principal is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return problem_response(PATH, 401, "The token is not valid, or no longer.", headers=challenge)
        if scope["method"] != "POST":
            # There is no stream to listen to between requests, and no session to end.
            return problem_response(PATH, 405, "Messages are posted.", headers={"Allow": "POST"})
        scope.setdefault("state", {})["principal"] = principal
        return None

    def _load(self) -> ASGIApp:
        if self._protocol is None:
            from autoarr.mcp_server.http import HttpTransport

            # Its notes on every request say less than the access log.
            for name in ("mcp.server.streamable_http_manager", "mcp.server.streamable_http"):
                logging.getLogger(name).setLevel(logging.WARNING)
            self._protocol = HttpTransport(self._context)
        return self._protocol


def _names(given: str) -> set[str]:
    return {name.strip().lower() for name in given.split(",") if name.strip()}


def _is_host_known(settings: Settings, headers: Headers) -> bool:
    """Whether it is asked by a name of its own, where the settings have those: a page whose name was made to lead here
    (DNS rebinding) asks by another one."""
    known = _names(settings.mcp_hosts)
    host = headers.get("host", "").lower()
    return not known or host in known or urlsplit(f"//{host}").hostname in known


def _is_origin_known(settings: Settings, headers: Headers) -> bool:
    """Whether no browser asks, or a page of ours does, or one that the settings have."""
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() or (
        origin.lower() in _names(settings.mcp_origins)
    )
