"""The seasons that a sentence names."""

from __future__ import annotations

import re
from typing import Literal

from autoarr.requests.wish import MOST_SEASONS

Seasons = list[int] | Literal["latest"] | None

_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_NUMBERS = {word: number for words in (_CARDINALS, _ORDINALS) for number, word in enumerate(words, 1)}

_NUMBER = rf"(?:\d{{1,4}}(?!\w)|(?:{'|'.join(_CARDINALS)})\b)"
_ORDINAL = rf"(?:(?:{'|'.join(_ORDINALS)})\b|\d{{1,2}}(?:st|nd|rd|th)\b)"
_TO = r"\s*(?:-|\bto\b|\bthrough\b|\bthru\b|\buntil\b|\btill\b|\bup to\b)\s*"
_AND = r"\s*(?:,\s*and\b|,|\band\b|&|\+)\s*(?:seasons?\s+)?"
_SPAN = rf"{_NUMBER}(?:{_TO}(?:season\s+)?{_NUMBER})?"
_SHORT = r"S\d{1,2}(?:E\d{1,3}(?:-?E?\d{1,3})?)?"

_LATEST = re.compile(
    r"\b(?:just |only )?(?:the )?(?:latest|newest|new|last|most recent|current) season\b(?! of the witch)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(?:all|every|each)(?: of)?(?: the)? seasons?\b|\b(?:the )?(?:complete|whole|entire|full) (?:series|show|run)\b|"
    r"\ball (?:of )?(?:the )?episodes\b|\ball of(?= \S)",
    re.IGNORECASE,
)
_FIRST_FEW = re.compile(rf"\b(?:just |only )?(?:the )?first ({_NUMBER}) seasons\b", re.IGNORECASE)
_BY_ORDINAL = re.compile(
    rf"\b(?:just |only )?(?:the )?({_ORDINAL}(?:(?:{_TO}|{_AND})(?:the )?{_ORDINAL})*) seasons?\b", re.IGNORECASE
)
_BY_NUMBER = re.compile(rf"\b(?:just |only )?seasons?\s+({_SPAN}(?:{_AND}{_SPAN})*)", re.IGNORECASE)
_BY_LETTER = re.compile(rf"\b({_SHORT}(?:(?:\s*-\s*|{_TO}|{_AND})S?\d{{1,2}}\b)*)(?!\w)", re.IGNORECASE)
_SPECIALS = re.compile(r"\b(?:the )?specials\b(?=.*\bof\b)", re.IGNORECASE)


def take_seasons(text: str, gap: str, *, alone: bool = False) -> tuple[Seasons, bool, str]:
    """Take what is said of seasons out of a sentence.

    Args:
        gap: what is put in its place.
        alone: whether nothing else need be said; otherwise the rest has to be a title.

    Returns:
        The seasons, None for all; whether it is a series by that; and the rest of the sentence.
    """
    for pattern in (_LATEST, _WHOLE, _FIRST_FEW, _BY_ORDINAL, _BY_NUMBER, _BY_LETTER, _SPECIALS):
        match = pattern.search(text)
        rest = text[: match.start()] + gap + text[match.end() :] if match else ""
        if match is None or not (alone or re.search(r"\w", rest)):
            continue
        if pattern is _LATEST:
            return "latest", True, rest
        if pattern is _WHOLE:
            return None, True, rest
        if pattern is _FIRST_FEW:
            return list(range(1, min(_read(match[1]), MOST_SEASONS) + 1)), True, rest
        if pattern is _SPECIALS:
            return [0], True, rest
        return _expand(match[1]), True, rest
    return None, False, text


def _expand(words: str) -> list[int]:
    """`1-3 and 5` as numbers, in order."""
    words = re.sub(r"E\d{1,3}(?:-?E?\d{1,3})?", "", words, flags=re.IGNORECASE)
    token = rf"({_TO})|(\d{{1,4}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
    seasons: list[int] = []
    spanning = False
    for to, number in re.findall(token, words, re.IGNORECASE):
        if to:
            spanning = bool(seasons)
            continue
        last = _read(number)
        first = seasons[-1] + 1 if spanning and seasons[-1] < last else last
        seasons += range(first, last + 1)[:MOST_SEASONS]
        spanning = False
    return sorted(set(seasons))[:MOST_SEASONS]


def _read(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]
