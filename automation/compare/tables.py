"""A comparison for people."""

from __future__ import annotations

from automation import console
from automation.compare import words
from automation.compare.facts import QUESTIONS, Comparison

NAMED = 6


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """A row for each question, a cell for each image; the first image is what the others are multiples of."""
    before = comparison.results[0]
    return [
        (
            question.asks,
            *(
                words.cell(question, result.figure(question), None if result is before else before.figure(question))
                for result in comparison.results
            ),
        )
        for question in QUESTIONS
    ]


def named(comparison: Comparison) -> list[tuple[str, str, str]]:
    """What was found that an image can do without: question, image, and the first of its names."""
    found = []
    for question in QUESTIONS:
        for result in comparison.results:
            names = result.figure(question).names
            if question.risk and names:
                rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                found.append((question.asks, result.name, ", ".join(names[:NAMED]) + rest))
    return found


def unknown(comparison: Comparison) -> list[tuple[str, str, str]]:
    """What was skipped: question, images, and why. Images with the same reason share a row."""
    found: dict[tuple[str, str], list[str]] = {}
    for question in QUESTIONS:
        for result in comparison.results:
            figure = result.figure(question)
            if figure.value is None:
                found.setdefault((question.asks, figure.reason), []).append(result.name)
    return [(asks, ", ".join(names), reason) for (asks, reason), names in found.items()]


def show(comparison: Comparison) -> None:
    """The tables."""
    facts = list(comparison.facts.items())
    facts += [(result.name, f"{result.dockerfile} on {result.base}, {result.origin}") for result in comparison.results]
    console.table("compared", ("", ""), facts)
    console.table("figures", ("", *(result.name for result in comparison.results)), rows(comparison))
    if found := named(comparison):
        console.table("what an image that serves can do without", ("", "in", ""), found)
    if left := unknown(comparison):
        console.table("skipped", ("", "in", "why"), left)
