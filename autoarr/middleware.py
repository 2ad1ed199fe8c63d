"""Around every request: an id, one access line, security headers, and an answer when the code fails."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from autoarr import logs
from autoarr.problems import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-ID"
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

access_log = logging.getLogger("autoarr.access")
log = logging.getLogger(__name__)


class RequestMiddleware:
    """The outermost of the application's middlewares, so that it sees every answer, the failed ones too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; only HTTP requests concern it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = logs.request_id.set(request_id)
        start = time.perf_counter()
        status: int | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                headers.setdefault("Cache-Control", "no-store")
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            log.exception("unhandled error")
            if status is not None:
                raise  # too late for another answer; the server cuts the connection
            response = problem_response(scope["path"], 500, "An unexpected error; the logs tell more.")
            await response(scope, receive, send_with_headers)
        finally:
            _log_access(scope, status, time.perf_counter() - start)
            logs.request_id.reset(token)


def _log_access(scope: Scope, status: int | None, seconds: float) -> None:
    # Without the query: it may hold a token. Without a status: the client left before there was one.
    method, path = scope["method"], scope["path"]
    milliseconds = round(seconds * 1000, 1)
    access_log.info(
        "%s %s %s %s ms",
        method,
        path,
        status or "-",
        milliseconds,
        extra={"method": method, "path": path, "status": status, "duration_ms": milliseconds},
    )
