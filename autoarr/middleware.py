"""Around every request: an id, one access line, security headers, and an answer when the code fails."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from autoarr import logs
from autoarr.errors import describe
from autoarr.problems import problem_response
from autoarr.unavailable import is_unavailable

if TYPE_CHECKING:
    from starlette.responses import Response
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

DEADLINE_S = 30.0
"""Seconds until an answer has to have begun."""
RETRY = {"Retry-After": "5"}

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
        failed = False
        deadline = asyncio.timeout(DEADLINE_S)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not failed:
                    deadline.reschedule(None)  # an answer may go on for as long as it likes
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                headers.setdefault("Cache-Control", "no-store")
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            async with deadline:
                await self.app(scope, receive, send_with_headers)
        except Exception as error:
            failed = True
            response = _explain(scope, error, timed_out=deadline.expired())
            if status is not None:
                raise  # too late for another answer; the server cuts the connection
            await response(scope, receive, send_with_headers)
        finally:
            _log_access(scope, status, time.perf_counter() - start)
            logs.request_id.reset(token)


def _explain(scope: Scope, error: Exception, *, timed_out: bool) -> Response:
    path = scope["path"]
    if timed_out:
        log.error("request timed out")
        return problem_response(path, 504, f"It took longer than {DEADLINE_S:g} s.", headers=RETRY)
    if is_unavailable(error):
        log.error("the database is away: %s", describe(error, scope["app"].state.context.database.secrets))
        return problem_response(path, 503, "The database doesn't answer; try again soon.", headers=RETRY)
    log.error("unhandled error", exc_info=error)
    return problem_response(path, 500, "An unexpected error; the logs tell more.")


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
