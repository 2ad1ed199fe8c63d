"""Addresses of receivers: often they are the secret themselves."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from autoarr.services.address import MAXIMUM_URL, normalise_url, origin_of

LONGEST = 1000
_QUERY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
_SHORTEST_SECRET = 6
"""Characters of a part of an address that may be a secret; shorter ones are words such as ``api``."""


def normalise_target_url(text: str) -> str:
    """Write an address in the one way it is kept: as that of a service, but with its path and query as they were given.

    Raises:
        ValueError: it is none that a notification can be sent to.
    """
    base, mark, query = text.strip().partition("?")
    if not _QUERY.fullmatch(query):
        raise ValueError("the query has characters that it can't have")
    origin = origin_of(normalise_url(base))
    path = urlsplit(base).path
    if len(origin + path) > MAXIMUM_URL or len(query) > LONGEST - MAXIMUM_URL:
        raise ValueError("the address is too long")
    return f"{origin}{path}{mark}{query}"


def secret_parts(url: str) -> list[str]:
    """What of an address nobody else may read, the longest first: its path and query, whole and in pieces."""
    parts = urlsplit(url)
    pieces = [f"{parts.path}?{parts.query}", parts.path, parts.query, *parts.path.split("/")]
    pieces += [value for _, value in parse_qsl(parts.query)]
    found = {piece for piece in pieces if len(piece.strip("/?")) >= _SHORTEST_SECRET}
    return sorted(found, key=len, reverse=True)
