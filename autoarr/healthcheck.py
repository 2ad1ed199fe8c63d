"""The container's health check: no curl, no framework, a start-up of a few milliseconds."""

from __future__ import annotations

import http.client
import sys

from autoarr.environment import DEFAULT_HOST, DEFAULT_PORT, read_value
from autoarr.errors import describe

TIMEOUT = 3.0
"""Seconds the application has for its answer."""

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared with, not listened on


def check() -> int:
    """Ask this container's AutoArr for its health.

    Returns:
        The exit code: 0 when it answered 200, 1 otherwise, with the reason on stderr.
    """
    host = read_value("HOST", DEFAULT_HOST)
    port = read_value("PORT", str(DEFAULT_PORT))
    try:
        connection = http.client.HTTPConnection(_WILDCARDS.get(host, host), int(port), timeout=TIMEOUT)
        try:
            connection.request("GET", "/health")
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        sys.stderr.write(f"autoarr: unhealthy: port {port}: {describe(error)}\n")
        return 1
    if status != http.client.OK:
        sys.stderr.write(f"autoarr: unhealthy: port {port}: status {status}\n")
        return 1
    return 0
