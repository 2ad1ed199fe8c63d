"""Posters as their services give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autoarr import posters
from autoarr.posters import NoPoster, Source
from autoarr.requests.titles import look_up
from autoarr.requests.wish import Wish
from autoarr.requests.work import connect
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from datetime import datetime

    from autoarr.context import Context
    from autoarr.upstream.arr import ArrClient

LARGEST = 2 * 2**20
"""Bytes of a picture."""
_ACCEPTED = "image/jpeg, image/png, image/webp"
_BEGINNINGS = (
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)


async def fetch(context: Context, sealed: str, now: datetime | None = None) -> tuple[bytes, str]:
    """Have a poster from its service; give its bytes, and their media type by what they are.

    Args:
        sealed: the end of its address.

    Raises:
        NoPoster: the address is none of ours or too old, or the service has no such picture.
        UpstreamError: the service can't be asked, or what it has is no picture.
    """
    source = posters.read(context.keys, sealed, now)
    try:
        client = await connect(context, source.service_id)
        picture = await _download(client, source)
    except UpstreamError as error:
        if error.cause is Cause.NOT_FOUND:
            raise NoPoster from None
        raise
    for media_type, beginning in _BEGINNINGS:
        if beginning.match(picture):
            return picture, media_type
    raise client.connection.failure(Cause.INVALID_ANSWER, "what it gave as a poster is no picture")


async def _download(client: ArrClient, source: Source) -> bytes:
    try:
        return await client.upstream.download(source.path, accept=_ACCEPTED, largest=LARGEST)
    except UpstreamError as error:
        if not source.number or error.cause not in (Cause.NOT_FOUND, Cause.SERVER_ERROR):
            raise
    # What they only pass on, they forget after a day and when they start; a look-up reminds them.
    is_film = source.media == "movie"
    wish = Wish(tmdb_id=source.number) if is_film else Wish(tvdb_id=source.number)
    titles = await look_up(client, source.media, wish)
    again = posters.find(source.service_id, source.media, 0, titles[0].poster_path) if titles else None
    if again is None:
        raise NoPoster
    return await _download(client, posters.parse(again))
