"""What an entry of the catalogue is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from automation.bases import Libc


class Effect(StrEnum):
    """What a difference does to a program that reaches it."""

    HARMLESS = "harmless"
    # Only where something outside the image is as the entry says; people are told, and the verification goes on.
    CONDITIONAL = "conditional"
    HARMFUL = "harmful"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an answer has to be like, in words and as a test."""

    text: str
    holds: Callable[[Any], bool]

    def accepts(self, value: Any) -> bool:
        """Whether a value is so; one of a shape that the test does not know is not."""
        try:
            return bool(self.holds(value))
        except (TypeError, KeyError, IndexError, AttributeError, ValueError):
            return False


@dataclass(frozen=True, kw_only=True)
class Known:
    """Why the two libcs answer differently, by which public source, and what that means for who reaches it."""

    cause: str
    source: str
    effect: Effect
    why: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of one probe.

    Attributes:
        asks: the question in one line.
        expected: the answer on each libc.
        known: the difference between the two; None where the answer has to be the same one.
        reached_by: names of patterns (:mod:`automation.libc.patterns`) by which a program gets there; empty when only
            code that no scan of sources or symbols shows could.
    """

    probe: str
    asks: str
    expected: dict[Libc, Expected]
    known: Known | None = None
    reached_by: tuple[str, ...] = ()


def exactly(value: Any) -> Expected:
    """This JSON value, and no other (`True` is not 1)."""
    return Expected(text=repr(value), holds=lambda seen: _same(seen, value))


def such_that(text: str, holds: Callable[[Any], bool]) -> Expected:
    """Any value for which the test holds."""
    return Expected(text=text, holds=holds)


def same(probe: str, asks: str, value: Any) -> Entry:
    """An entry with one answer for both libcs: a value, or an :class:`Expected`."""
    expected = _expected(value)
    return Entry(probe=probe, asks=asks, expected={Libc.GLIBC: expected, Libc.MUSL: expected})


def differs(probe: str, asks: str, *, glibc: Any, musl: Any, known: Known, reached_by: tuple[str, ...] = ()) -> Entry:
    """An entry with an answer for each libc."""
    expected = {Libc.GLIBC: _expected(glibc), Libc.MUSL: _expected(musl)}
    return Entry(probe=probe, asks=asks, expected=expected, known=known, reached_by=reached_by)


def environment(probe: str, asks: str, expected: Expected, *, why: str, reached_by: tuple[str, ...] = ()) -> Entry:
    """An entry whose answer is the base's business, not the libc's: within `expected` it may differ."""
    known = Known(cause="the base image", source="the base image's packages", effect=Effect.HARMLESS, why=why)
    return differs(probe, asks, glibc=expected, musl=expected, known=known, reached_by=reached_by)


def harmless(cause: str, source: str, why: str) -> Known:
    """A difference that does no harm."""
    return Known(cause=cause, source=source, effect=Effect.HARMLESS, why=why)


def conditional(cause: str, source: str, why: str) -> Known:
    """A difference that does harm only where something outside the image is so."""
    return Known(cause=cause, source=source, effect=Effect.CONDITIONAL, why=why)


def harmful(cause: str, source: str, why: str) -> Known:
    """A difference that does harm to who reaches it."""
    return Known(cause=cause, source=source, effect=Effect.HARMFUL, why=why)


def _expected(value: Any) -> Expected:
    return value if isinstance(value, Expected) else exactly(value)


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
