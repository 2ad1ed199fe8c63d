"""Posters: pictures that Sonarr and Radarr have, under addresses of AutoArr's own that an image's tag can use.

A browser sends no token for a picture. Each address is signed by the installation's key instead, names one picture of
one service, and is good for a day or two; it is the same all day, so that browsers keep what they have loaded.
"""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from autoarr.keys import UnreadableSecret

if TYPE_CHECKING:
    from autoarr.keys import KeyRing

PATH = "/api/v1/media/posters"
_DAY_S = 86_400

# What is before them is the service's own URL base, which its address here has already.
_OF_TITLE = re.compile(r"(?:/[\w.~-]+)*/MediaCover/(\d{1,10})/poster[\w.-]{1,40}(?:\?[\w=&.-]*)?", re.ASCII)
_PROXIED = re.compile(r"(?:/[\w.~-]+)*(/MediaCoverProxy/\w{1,128}/[\w~-][\w.~-]{0,199})(?:\?[\w=&.-]*)?", re.ASCII)
_SOURCE = re.compile(r"([0-9a-f-]{36}) (movie|series) (\d{1,10}) (/\S+)", re.ASCII)

Media = Literal["movie", "series"]


class NoPoster(Exception):
    """There is none at this address, or no longer."""


class Source(NamedTuple):
    """Where a poster is.

    Attributes:
        number: TMDB's of a film or TheTVDB's of a series, to ask for another path with; 0 where none is needed.
        path: below the service's address.
    """

    service_id: uuid.UUID
    media: Media
    number: int
    path: str

    def __str__(self) -> str:
        return f"{self.service_id} {self.media} {self.number} {self.path}"


def of_title(service_id: uuid.UUID, media: Media, title_id: int) -> str:
    """Where the poster is of a title in the library of a Sonarr or Radarr."""
    # They keep a smaller one beside the original, and give the original where they don't.
    return str(Source(service_id, media, 0, f"/api/v3/mediacover/{title_id}/poster-500.jpg"))


def find(service_id: uuid.UUID, media: Media, number: int, url: str | None) -> str | None:
    """Where the poster is of a title that was looked up; None where the service itself has none.

    Args:
        number: TMDB's of a film, TheTVDB's of a series.
        url: as the service says it.
    """
    if found := _OF_TITLE.fullmatch(url or ""):
        return of_title(service_id, media, int(found[1]))
    if found := _PROXIED.fullmatch(url or ""):
        return str(Source(service_id, media, number, found[1]))
    return None


def address(keys: KeyRing, source: str | None, now: datetime | None = None) -> str | None:
    """The address of a poster by where it is, as `of_title` and `find` say it."""
    return None if source is None else f"{PATH}/{keys.seal(f'{_day(now)} {source}')}"


def read(keys: KeyRing, sealed: str, now: datetime | None = None) -> Source:
    """Where the poster of an address is.

    Args:
        sealed: the end of the address.

    Raises:
        NoPoster: it is none of ours, or too old.
    """
    with suppress(UnreadableSecret):
        day, _, source = keys.unseal(sealed).partition(" ")
        if day.isdigit() and _day(now) - 1 <= int(day) <= _day(now):
            return parse(source)
    raise NoPoster


def parse(source: str) -> Source:
    """The parts of what `of_title` and `find` say.

    Raises:
        NoPoster: it is something else.
    """
    if not (found := _SOURCE.fullmatch(source)):
        raise NoPoster
    return Source(uuid.UUID(found[1]), "movie" if found[2] == "movie" else "series", int(found[3]), found[4])


def _day(now: datetime | None) -> int:
    return int((now or datetime.now(UTC)).timestamp()) // _DAY_S
