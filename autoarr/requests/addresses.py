"""Numbers and addresses that say which title is meant."""

from __future__ import annotations

import re
from typing import Any

_STOP = r"[^\s\"'<>]*"
_PATTERNS = (
    (r"themoviedb\.org/(?P<kind>movie|tv)/(?P<tmdb>\d{1,9})(?:-[\w%-]*)?(?:/season/(?P<season>\d{1,4}))?" + _STOP),
    (r"imdb\.com/(?:\w{2}(?:-\w{2})?/)?title/(?P<imdb>tt\d{5,10})" + _STOP),
    (r"thetvdb\.com/(?:dereferrer/)?(?P<kind>series|movies?)/(?P<tvdb>\d{1,9})(?![\w-])" + _STOP),
    (r"thetvdb\.com/\S*?[?&](?:series)?id=(?P<tvdb>\d{1,9})" + _STOP),
    (r"thetvdb\.com/(?P<kind>series|movies)/(?P<slug>[\w-]+)(?:/seasons/\w+/(?P<season>\d{1,4}))?" + _STOP),
)
_ADDRESSES = [re.compile(r"(?:https?://)?(?:www\.|m\.)?" + pattern, re.IGNORECASE) for pattern in _PATTERNS]
_NUMBERS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\btmdb\s*(?:id)?\s*[:#=-]?\s*(?P<tmdb>\d{1,9})\b",
        r"\btvdb\s*(?:id)?\s*[:#=-]?\s*(?P<tvdb>\d{1,9})\b",
        r"\b(?:imdb\s*(?:id)?\s*[:#=-]?\s*)?(?P<imdb>tt\d{5,10})\b",
    )
]


def take_addresses(text: str, gap: str) -> tuple[dict[str, Any], str]:
    """Take the first address, or else number, out of a text; give the wish's fields that follow, and the rest."""
    for pattern in (*_ADDRESSES, *_NUMBERS):
        if match := pattern.search(text):
            return _read(match.groupdict()), f"{text[: match.start()]}{gap}{text[match.end() :]}"
    return {}, text


def _read(parts: dict[str, str | None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    kind = parts.get("kind")
    if kind:
        found["media"] = "movie" if kind.lower().startswith("movie") else "series"
    for name in ("tmdb", "tvdb"):
        if number := parts.get(name):
            found[f"{name}_id"] = int(number)
    if imdb := parts.get("imdb"):
        found["imdb_id"] = imdb.lower()
    if slug := parts.get("slug"):
        words = slug.replace("-", " ")
        year = re.fullmatch(r"(.+) ((?:19|20)\d\d)", words)
        found["title"] = (year[1] if year else words).title()
        if year:
            found["year"] = int(year[2])
    if season := parts.get("season"):
        found["seasons"] = [int(season)]
    # TheTVDB's numbers of films are none that Radarr knows: the rest of the words has to do.
    if found.get("media") == "movie":
        found.pop("tvdb_id", None)
    return found
