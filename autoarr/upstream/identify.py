"""What answers at an address: the application that is expected there, or which other one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from autoarr.upstream.connection import Identity
    from autoarr.upstream.http import Upstream

_DOUBTFUL = {Cause.AUTHENTICATION, Cause.NOT_FOUND, Cause.WRONG_URL_BASE, Cause.INVALID_ANSWER}
"""What another application's answer looks like."""


async def identify(upstream: Upstream, application: str, ask: Callable[[], Awaitable[Identity]]) -> Identity:
    """Ask what it is; where that fails, find out whether it is another application that we know.

    Raises:
        UpstreamError: it is something else, or can't be asked.
    """
    try:
        return await ask()
    except UpstreamError as error:
        if error.cause not in _DOUBTFUL:
            raise
        other = await _recognise(upstream)
        failure = upstream.connection.failure
        if other and other != application:
            detail = f"it is {other}, not {application}"
            raise failure(Cause.UNEXPECTED_APPLICATION, detail, status=error.status) from None
        if error.cause is Cause.NOT_FOUND and not other:
            detail = f"nothing of {application} is at this address"
            raise failure(Cause.WRONG_URL_BASE, detail, status=error.status) from None
        # Proper JSON, but something else's; of what was cut off, `sent` is true.
        if error.cause is Cause.INVALID_ANSWER and not error.sent and not other:
            detail = f"it doesn't answer as {application} does: {error.detail}"
            raise failure(Cause.UNEXPECTED_APPLICATION, detail) from None
        raise


async def _recognise(upstream: Upstream) -> str | None:
    """Name what tells anybody what it is, or a relative of Sonarr and Radarr, which may have been given its own key."""
    quiet = contextlib.suppress(UpstreamError, LookupError, TypeError, AttributeError)
    found: Any
    with quiet:
        found = await upstream.request("GET", "/identity")
        if found["MediaContainer"]["machineIdentifier"]:
            return "Plex Media Server"
    with quiet:
        found = await upstream.request("GET", "/api", params={"mode": "version", "output": "json"})
        if found.keys() == {"version"}:
            return "SABnzbd"
    with quiet:
        if upstream.connection.kind in ("sonarr", "radarr"):
            # Prowlarr, Lidarr and Readarr have the first version of the interface only.
            found = await upstream.request("GET", "/api/v1/system/status")
            return f"{found['appName']} {found['version']}"
        found = await upstream.request("GET", "/ping")
        if found["status"] == "OK":
            return "Sonarr, Radarr or a relative of theirs"
    return None
