"""What was measured, for people."""

from __future__ import annotations

from collections.abc import Sequence

from automation import console
from automation.bench.facts import QUESTIONS, SCALE, Bench, Result, Unit


def value(unit: Unit, amount: float) -> str:
    """A figure with its unit."""
    if unit is Unit.BYTES:
        return megabytes(amount) if amount >= 1_000_000 else f"{amount / 1000:.0f} kB"
    if unit is Unit.MILLISECONDS:
        return f"{amount:.0f} ms" if amount >= 10 else f"{amount:.1f} ms"
    return thousands(amount)


def megabytes(size: float) -> str:
    """Megabytes; without a digit behind the point where they are whole, as in the record."""
    return console.megabytes(size) if size % 1_000_000 else f"{size / 1_000_000:.0f} MB"


def thousands(amount: float) -> str:
    """A whole number, as `50,000`."""
    return f"{round(amount):,}"


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """A row for each question, and for memory after each number of polls; a cell for each image."""
    found = [
        (question.asks, *(value(question.unit, result.figures[question.name]) for result in results))
        for question in QUESTIONS
    ]
    for number, point in enumerate(results[0].points):
        at = [result.points[number] for result in results]
        head = f"memory after {thousands(point.polls)} polls (peak)"
        cells = (f"{megabytes(one.resident)} ({megabytes(one.peak)})" for one in at)
        found.append((head, *cells))
    found.append(("growth of memory over the polls", *(f"{result.growth:+.1%}" for result in results)))
    return found


def scale(result: Result) -> str:
    """How much there was: `20 services, 50,000 movies, …`."""
    return ", ".join(f"{thousands(result.scale[name])} {_WORDS[name]}" for name in SCALE)


_WORDS = {
    "services": "services",
    "movies": "movies",
    "episodes": "missing episodes",
    "findings": "findings",
    "activity": "entries of activity",
}


def show(bench: Bench) -> None:
    """The tables."""
    console.table("measured", ("", ""), [("with", scale(bench.results[0])), *bench.facts.items()])
    console.table("figures", ("", *(f"{one.name} ({one.libc})" for one in bench.results)), rows(bench.results))
