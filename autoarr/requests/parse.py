"""A wish in plain English, understood without any model.

What says something about the title (its quality, seasons, year, kind) is taken out piece by piece; what is left is the
title. Nothing here asks a service: whether there is such a title is for the look-up to find.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from autoarr.requests.addresses import take_addresses
from autoarr.requests.seasons import take_seasons
from autoarr.requests.wish import LONGEST_TITLE, Wish

if TYPE_CHECKING:
    from autoarr.requests.wish import Media, Quality

GAP = "\ue000"
"""Stands where something was taken out, so that what held it (of, in, a comma) is known to hold nothing any more."""

_QUALITIES: tuple[tuple[Quality, str], ...] = (
    ("4K", r"4k(?: (?:uhd|hdr))?|uhd|ultra[ -]?hd|2160p?"),
    ("1080p", r"1080[pi]?|full[ -]?hd|fhd"),
    ("720p", r"720p?"),
    ("HD", r"hd|high definition"),
    ("SD", r"sd|standard definition|480p|576p|dvd quality"),
)
_SERIES = r"tv[ -]?show|tv[ -]?series|television (?:show|series)|show|series|mini-?series|sitcom|anime|cartoon"
_MOVIE = r"movie|film|feature film"
_THING = f"{_SERIES}|{_MOVIE}|one|version|remake|adaptation|original"
_YEAR = r"(?:18[789]|19\d|20[0-4])\d"

_COURTESY = re.compile(
    r"^(?:please|pls|hi|hello|hey|so|okay|ok|could (?:you|i|we)|can (?:you|i|we)|would you|may (?:i|we)|"
    r"(?:i|we)(?:'d| would) (?:really )?(?:like|love)(?: to)?|(?:i|we) (?:really )?(?:want|need)(?: to)?|"
    r"(?:i'm|i am|we're|we are) looking for|let's|do you have|is there|"
    r"add|download|grab|fetch|request|(?:get|find|show|give|put|bring) (?:me|us)|have|me|us)\b[ ,:!]*",
    re.IGNORECASE,
)
_VERB = re.compile(r"^(?:get|find|watch|see|put|order)\b(?! ?$) *", re.IGNORECASE)
# Without a courtesy before it, "get" may as well begin a title.
_GET = re.compile(
    r"^get (?!(?:out|shorty|smart|carter|rich|hard|low|over|on|him|back|real|away|the gringo|a|your|santa|crazy)\b)",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"[ ,.!?\ue000]*(?:\b(?:please|pls|thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|asap|tonight|"
    r"for (?:me|us|the kids)|(?:to|on|in|into) (?:plex|(?:the|my) library)|if (?:possible|you can))|[,.!?;:\ue000])$",
    re.IGNORECASE,
)


def parse(text: str) -> Wish:
    """Understand a request; what isn't understood is taken as part of the title."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    text = text.replace("\u2019", "'").replace("\u2013", "-").replace("\u2014", "-")
    found, text = take_addresses(text, GAP)
    text, quoted = _take_quoted(text)
    quality, text = _take_quality(text)
    seasons, is_series, text = take_seasons(text, GAP, alone=bool(found or quoted))
    year, text = _take_year(text)
    media, text = _take_media(text)
    if is_series:
        media = "series"
    title = quoted or _clean(text)
    if year is None and not quoted:
        year, title = _take_last_year(title)
    found = {"media": media, "quality": quality, "seasons": seasons, "year": year, **found}
    if _has_number(found):
        # The number says it; words beside it are for people.
        found.pop("year")
        title = ""
    wanted = {name: value for name, value in found.items() if value is not None}
    return Wish(**{"title": title[:LONGEST_TITLE].strip(), **wanted})


def _has_number(found: dict[str, Any]) -> bool:
    return any(found.get(name) for name in ("tmdb_id", "tvdb_id", "imdb_id"))


def _take_quoted(text: str) -> tuple[str, str]:
    """What stands in quotation marks is the title, whatever it looks like."""
    match = re.search(r'["\u201c\u201d\u201e]([^"\u201c\u201d\u201e]{1,300})["\u201c\u201d]', text)
    return (text[: match.start()] + GAP + text[match.end() :], match[1].strip()) if match else (text, "")


def _take_quality(text: str) -> tuple[Quality | None, str]:
    for quality, words in _QUALITIES:
        pattern = rf"(?:\b(?:in|at|with|as) )?(?<![\w.-])\(?(?:{words})\)?(?: (?:quality|resolution|version))?(?![\w-])"
        # At the very beginning it may be the title; a title of nothing else is one.
        if (match := re.search(pattern, text, re.IGNORECASE)) and (text[: match.start()] + text[match.end() :]).strip():
            return quality, text[: match.start()] + GAP + text[match.end() :]
    return None, text


def _take_year(text: str) -> tuple[int | None, str]:
    """A year that is called one: `(1984)`, the 1984 one, the one from 1984."""
    patterns = (
        rf"[(\[]({_YEAR})[)\]]",
        rf"[, ]*\b(?:the )?(?:one|version|{_SERIES}|{_MOVIE}) (?:from|of|released in) ({_YEAR})\b",
        rf"[, ]*\b(?:from|released in) ({_YEAR})\b",
        rf"[, ]*\bthe ({_YEAR}) (?=(?:{_THING})\b)",
        rf"[, ]*\b({_YEAR}) (?=(?:{_THING})\b)",
        rf"^(?:[^A-Za-z]*)the ({_YEAR}) (?=\w)",
    )
    for pattern in patterns:
        if match := re.search(pattern, _uncourteous(text), re.IGNORECASE):
            text = _uncourteous(text)
            rest = text[match.end() :]
            rest = re.sub(r"^(?:one|version|remake|adaptation|original)\b", "", rest, flags=re.IGNORECASE)
            kind = re.search(rf"\b({_SERIES}|{_MOVIE}) (?:from|of|released)", match[0], re.IGNORECASE)
            return int(match[1]), f"{text[: match.start()]}{GAP}{', the ' + kind[1] if kind else ''}{rest}"
    return None, text


def _take_last_year(title: str) -> tuple[int | None, str]:
    """A year at the end: most likely meant as one. The look-up tries it as a part of the title, too."""
    match = re.fullmatch(rf"(.*\S)[ ,]+({_YEAR})", title)
    return (int(match[2]), match[1].rstrip(" ,:-")) if match and int(match[2]) <= 2040 else (None, title)


def _take_media(text: str) -> tuple[Media | None, str]:
    """Film or series, where it is said beside the title and not in it."""
    text = _uncourteous(text)
    for media, words in (("series", _SERIES), ("movie", _MOVIE)):
        patterns = (
            rf"[(\[](?:the )?(?:{words})[)\]]",
            rf"(?<=[,\ue000])\s*(?:the |a )?(?:{words})\b(?=\s*(?:$|[,.!?\ue000]|please))",
            rf"^[\s,\ue000]*(?:the|a|an)?\s*(?:{words})\s+(?:called |named |titled )?(?=\S)(?!of\b|must\b)",
            rf"^[\s,\ue000]*(?:of|from|for) the (?:{words})\s+(?:called |named |titled )?(?=\S)",
            rf" the (?:{words})(?=\s*(?:$|[,.!?\ue000]))",
            r" (?:tv show|tv series|series|mini-?series|anime)(?=\s*(?:$|[,.!?\ue000]))"
            if media == "series"
            else r" film$",
        )
        for pattern in patterns:
            match = re.search(pattern, text, re.IGNORECASE)
            rest = text[: match.start()] + GAP + text[match.end() :] if match else ""
            if _clean(rest):
                return media, rest  # type: ignore[return-value]  # one of the two above
    return None, text


def _uncourteous(text: str) -> str:
    """Without what only asks."""
    text = text.strip()
    asked = False
    while True:
        cut = _COURTESY.sub("", text, count=1)
        if cut == text and asked:
            cut = _VERB.sub("", text, count=1)
        if cut == text and (_GET.match(text)):
            cut = text[4:]
        if cut == text or not cut.strip(" ,.!?" + GAP):
            return text
        text, asked = cut.strip(), True


def _clean(text: str) -> str:
    """What is left, without what held the parts that were taken out, and without courtesy."""
    text = _uncourteous(text)
    before = None
    while text != before:
        before = text
        text = _FAREWELL.sub("", text).strip(" ,;")
        text = re.sub(
            rf"[ ,]*\b(?:in|at|with|from|of|and|the|for|-)?\s*[{GAP}][{GAP}\s]*$", "", text, flags=re.IGNORECASE
        )
        text = re.sub(rf"^(?:the )?[{GAP}][{GAP}\s,:-]*(?:(?:of|from|for)\s+)?", "", text, flags=re.IGNORECASE)
        text = re.sub(r"^[\s,:-]+", "", text)
    text = _uncourteous(text)
    return " ".join(text.replace(GAP, " ").split()).strip(" ,;-")
