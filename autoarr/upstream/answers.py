"""What a service's answer means: its data, or a failure by its cause."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoarr.upstream.connection import Connection

_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)", re.IGNORECASE)
_TITLE = re.compile(r"<title>\s*([^<]{1,80})", re.IGNORECASE)


def read_answer(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Give an answer's JSON, or None where it is empty.

    Raises:
        UpstreamError: it is a failure, or no JSON.
    """
    # SABnzbd calls plain text HTML: the word of the header alone is not enough.
    called_html = headers.get("content-type", "").startswith("text/html")
    html = bool(_HTML.match(body)) or (called_html and body.lstrip().startswith(b"<"))
    if not 200 <= status < 300:
        raise _explain(connection, status, headers, body, html)
    if not html:
        if not body.strip():
            return None
        from pydantic_core import from_json

        with contextlib.suppress(ValueError):
            return from_json(body, allow_inf_nan=False)
    if html or called_html:
        raise connection.failure(Cause.WRONG_URL_BASE, _describe_page(body), status=status, sent=True)
    detail = "its answer is not valid JSON, or was cut off"
    raise connection.failure(Cause.INVALID_ANSWER, detail, status=status, sent=True)


def read_file(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """Give a file as it is.

    Raises:
        UpstreamError: it is a failure, or a web page in its place.
    """
    html = bool(_HTML.match(body))
    if not 200 <= status < 300:
        raise _explain(connection, status, headers, body, html)
    if html:
        raise connection.failure(Cause.WRONG_URL_BASE, _describe_page(body), status=status, sent=True)
    return body


def _explain(connection: Connection, status: int, headers: Mapping[str, str], body: bytes, html: bool) -> UpstreamError:
    said = "" if html else _message(body)
    because = f": {said}" if said else ""
    # Plex says such things with pages of its own; from the others, a page is somebody else's.
    foreign = html and connection.kind != "plex"
    if 300 <= status < 400:
        return connection.failure(Cause.WRONG_URL_BASE, _describe_redirect(headers), status=status)
    if status in (401, 403):
        return connection.failure(Cause.AUTHENTICATION, f"it refused access ({status}){because}", status=status)
    if status < 500 and foreign:
        return connection.failure(Cause.WRONG_URL_BASE, _describe_page(body), status=status)
    if status == 404:
        return connection.failure(Cause.NOT_FOUND, f"it doesn't have what was asked for{because}", status=status)
    if status == 429:
        wait = _seconds(headers.get("retry-after", ""))
        detail = "it was asked too often" + (f"; it wants {wait:g} s of rest" if wait else "") + because
        return connection.failure(Cause.RATE_LIMITED, detail, status=status, retry_after=wait)
    if status >= 500:
        detail = f"it failed with status {status}{because}"
        wait = _seconds(headers.get("retry-after", ""))
        return connection.failure(Cause.SERVER_ERROR, detail, status=status, sent=True, retry_after=wait)
    return connection.failure(Cause.REJECTED, f"it refused ({status}){because}", status=status)


def _describe_redirect(headers: Mapping[str, str]) -> str:
    # Only where it leads: the rest of the address may repeat the key.
    try:
        target = urlsplit(headers.get("location", ""))
        where = f"{target.scheme}://{target.hostname}" if target.hostname else ""
    except ValueError:
        return "it redirects elsewhere"
    return f"it redirects to {where}{target.path or '/'}"


def _describe_page(body: bytes) -> str:
    found = _TITLE.search(body[:20_000].decode(errors="replace"))
    title = f' titled "{found[1].strip()}"' if found and found[1].strip() else ""
    return f"it answered with a web page{title} instead of data"


def _message(body: bytes) -> str:
    """What an error's body says: Sonarr's and Radarr's validation errors, a `message`, SABnzbd's plain text."""
    from pydantic_core import from_json

    try:
        said = from_json(body[:100_000])
    except ValueError:
        text = body[:2000].decode(errors="replace").strip()
        return "" if text.startswith(("<", "{", "[")) else text
    if isinstance(said, list):
        return "; ".join(filter(None, map(_validation_error, said[:10])))
    if not isinstance(said, dict):
        return ""
    if isinstance(errors := said.get("errors"), dict):
        return "; ".join(f"{name}: {_first(texts)}" for name, texts in list(errors.items())[:10])
    # `description` next to it is a stack trace.
    return next((said[name] for name in ("message", "error", "title") if isinstance(said.get(name), str)), "")


def _validation_error(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    # `attemptedValue` may be a password.
    name, text = item.get("propertyName"), item.get("errorMessage")
    return f"{name}: {text}" if name and text else str(text or "")


def _first(texts: Any) -> Any:
    return texts[0] if isinstance(texts, list) and texts else texts


def _seconds(retry_after: str) -> float | None:
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
