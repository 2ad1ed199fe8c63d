"""Figures as words: for the table, the picture and the page alike."""

from __future__ import annotations

from automation import console
from automation.compare.facts import Figure, Question, Unit

SKIPPED = "skipped"
TIMES = "\N{MULTIPLICATION SIGN}"


def value(question: Question, amount: float) -> str:
    """A value with its unit."""
    if question.unit is Unit.BYTES:
        return console.megabytes(round(amount))
    if question.unit is Unit.SECONDS:
        return f"{amount:.2f} s" if amount < 10 else console.duration(amount)
    return f"{round(amount):,}".replace(",", " ")


def ratio(figure: Figure, before: Figure) -> float | None:
    """A figure as a multiple of the plain image's, to two significant digits; None where one of them is not known."""
    if figure.value is None or not before.value:
        return None
    return float(f"{figure.value / before.value:.2g}")


def times(multiple: float) -> str:
    """A multiple with its sign: two significant digits, from ten on without a point."""
    return f"{multiple:.0f}{TIMES}" if multiple >= 10 else f"{multiple:g}{TIMES}"


def cell(question: Question, figure: Figure, before: Figure | None) -> str:
    """A figure for people, with the multiple where there is something to compare it with."""
    if figure.value is None:
        return SKIPPED
    multiple = None if before is None or question.unit is Unit.COUNT else ratio(figure, before)
    return value(question, figure.value) + ("" if multiple is None else f" ({times(multiple)})")
