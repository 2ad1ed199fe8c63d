"""Which of the titles that were looked up a wish means."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from autoarr.requests.wish import Candidate, Media, Wish
    from autoarr.upstream.models import PlexItem

MOST_CANDIDATES = 10

_ARTICLE = re.compile(r"^(?:the|an?) (?=\S)")
_YEAR = re.compile(r" ?\((?:18|19|20)\d\d\)$")


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a wish means.

    Attributes:
        chosen: the one title; None where a person has to choose, or there is nothing.
        candidates: what it may be, the likeliest first.
    """

    chosen: Candidate | None = None
    candidates: Sequence[Candidate] = ()


def plain(title: str) -> str:
    """A title without what people leave out or write otherwise: case, accents, punctuation, a first article."""
    text = unicodedata.normalize("NFKD", _YEAR.sub("", title).casefold())
    text = "".join(char for char in text if not unicodedata.combining(char)).replace("&", " and ").replace("'", "")
    return _ARTICLE.sub("", " ".join(re.sub(r"[\W_]+", " ", text).split())) or title.casefold().strip()


def is_shown_as(item: PlexItem, media: Media, names: Collection[str], year: int | None) -> bool:
    """Whether what Plex shows is a title.

    Args:
        names: what the title is called, each of them `plain`.
        year: the title's, where it is known.
    """
    # Catalogues differ by a year, where a film went to festivals first.
    near = not (item.year and year) or abs(item.year - year) <= 1
    return item.type == ("movie" if media == "movie" else "show") and near and plain(item.title) in names


def match(wish: Wish, found: Sequence[Candidate]) -> Match:
    """Decide as a person would: one title of this very name, and year where that was said; else ask back."""
    found = list({candidate.id: candidate for candidate in found}.values())
    if wish.tmdb_id or wish.tvdb_id or wish.imdb_id:
        return _one_of(found)
    exact = [candidate for candidate in found if plain(candidate.title) == plain(wish.title)]
    if wish.year is None:
        return _one_of(exact) if exact else _ask(found)
    of_year = [candidate for candidate in exact if candidate.year == wish.year]
    if of_year:
        return _one_of(of_year)
    # A year at the end may as well be a part of the title.
    whole = [candidate for candidate in found if plain(candidate.title) == plain(f"{wish.title} {wish.year}")]
    if whole:
        return _one_of(whole)
    # Festivals and countries differ by a year.
    near = [candidate for candidate in exact if candidate.year and abs(candidate.year - wish.year) == 1]
    if len(near) == 1:
        return _one_of(near)
    first = [candidate for candidate in found if candidate.year == wish.year]
    return _ask([*exact, *(candidate for candidate in first if candidate not in exact)] or found)


def _one_of(candidates: Sequence[Candidate]) -> Match:
    return Match(chosen=candidates[0]) if len(candidates) == 1 else _ask(candidates)


def _ask(candidates: Sequence[Candidate]) -> Match:
    return Match(candidates=list(candidates)[:MOST_CANDIDATES])
