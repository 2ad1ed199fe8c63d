"""Why there is no answer: what the network's errors mean."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autoarr.upstream.connection import Connection


def explain(connection: Connection, error: BaseException, *, connect: float, read: float) -> UpstreamError:
    """Tell DNS, TLS, refused and broken connections and time-outs apart.

    Args:
        error: as httpx2 raised it, or an `OSError`.
        connect: seconds there were to connect.
        read: seconds there were between two pieces of the answer.
    """
    import ssl

    import httpx2

    place = connection.place
    unsent = isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout))
    for link in _chain(error):
        if isinstance(link, ssl.SSLCertVerificationError):
            detail = f"its certificate is not trusted: {link.verify_message}"
            return connection.failure(Cause.TLS, detail, sent=not unsent)
        if isinstance(link, ssl.SSLError):
            reason = (link.reason or "the connection ended").replace("_", " ").lower()
            return connection.failure(Cause.TLS, f"no TLS connection to {place}: {reason}", sent=not unsent)
        if isinstance(link, socket.gaierror):
            return connection.failure(Cause.DNS, f"the name in {place} can't be resolved: {link.strerror}")
    if isinstance(error, httpx2.ConnectTimeout):
        return connection.failure(Cause.TIMEOUT, f"no connection to {place} within {connect:g} s")
    if isinstance(error, httpx2.TimeoutException):
        return connection.failure(Cause.TIMEOUT, f"no answer within {read:g} s", sent=not unsent)
    if isinstance(error, httpx2.ConnectError):
        return connection.failure(Cause.CONNECT, f"no connection to {place}: {_reason(error)}")
    if isinstance(error, (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.LocalProtocolError, UnicodeError)):
        # Never the error's own text: it may quote the address or the key.
        return connection.failure(Cause.WRONG_URL_BASE, "the address or the key has characters that HTTP forbids")
    if isinstance(error, httpx2.DecodingError) or "message body" in str(error):
        return connection.failure(Cause.INVALID_ANSWER, "its answer was cut off or damaged on the way", sent=True)
    if isinstance(error, httpx2.RemoteProtocolError) and "disconnected" not in str(error):
        return connection.failure(Cause.INVALID_ANSWER, "its answer is not HTTP", sent=True)
    return connection.failure(Cause.CONNECT, "it ended the connection before it had answered", sent=True)


def _chain(error: BaseException | None, depth: int = 8) -> Iterator[BaseException]:
    """The error, what caused it, and what caused that."""
    if error is None or not depth:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _chain(part, depth - 1)
    yield from _chain(error.__cause__ or error.__context__, depth - 1)


def _reason(error: BaseException) -> str:
    number = next((link.errno for link in _chain(error) if isinstance(link, OSError) and link.errno), None)
    return os.strerror(number).lower() if number else "it failed"
