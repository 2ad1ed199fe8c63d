"""What is kept of a comparison in the repository, and the tables of the documents that are made from it.

Sizes and counts are kept as they are. Times change with the machine and with the hour, so their ratios are kept; and
nothing that only tells when or where it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation import conditions, paths, records
from automation.compare import words
from automation.compare.facts import QUESTIONS, VERSION, Comparison, Question, Result, Topic, Unit
from automation.errors import CheckFailed
from automation.reports import markdown_row

RECORD = paths.ROOT / "docs" / "comparison.json"
AGAIN = "run `invoke compare --record`"
MEGABYTE = 1_000_000
HEADS = {
    Topic.SIZE: "Size",
    Topic.BUILD: "Builds, as multiples of the plain image's",
    Topic.RUN: "Running",
    Topic.INSIDE: "What is in it",
    Topic.ADVISORIES: "What is known against it",
}


def record(comparison: Comparison) -> dict[str, Any]:
    """What the next run of the same sources on the same bases would say again, nearly."""
    before = comparison.results[0]
    return {
        "version": VERSION,
        "facts": conditions.kept(comparison.facts),
        "images": [
            {
                "name": result.name,
                "dockerfile": result.dockerfile,
                "base": result.base,
                "figures": {question.name: _kept(question, result, before) for question in QUESTIONS},
            }
            for result in comparison.results
        ],
    }


def _kept(question: Question, result: Result, before: Result) -> dict[str, Any]:
    figure = result.figure(question)
    if figure.value is None:
        return {"skipped": figure.reason}
    if question.unit is Unit.SECONDS:
        multiple = words.ratio(figure, before.figure(question))
        return {"skipped": "nothing to compare it with"} if multiple is None else {"times": multiple}
    if question.topic is Topic.RUN:
        return {"value": round(figure.value / MEGABYTE) * MEGABYTE}
    return {"value": figure.value}


def write(comparison: Comparison) -> None:
    """Replace the record.

    Raises:
        CheckFailed: the comparison is not whole, so that the documents would lose figures.
    """
    missing = [
        f"{result.name}: {question.asks}: {result.figure(question).reason}"
        for result in comparison.results
        for question in QUESTIONS
        if question.topic is not Topic.ADVISORIES and result.figure(question).value is None
    ]
    if missing:
        raise CheckFailed(
            "not recorded: figures are missing", hint="run it without --quick", details="\n".join(missing)
        )
    records.save(RECORD, records.text(record(comparison)))


def load() -> dict[str, Any]:
    """The record.

    Raises:
        Stale: there is none, or it is of another version.
    """
    return records.load(RECORD, VERSION, AGAIN)


def page(kept: Mapping[str, Any] | None = None) -> str:
    """The tables, as Markdown: a column for each image, the plain one first."""
    data = kept or load()
    images = data["images"]
    lines: list[str] = []
    for topic, head in HEADS.items():
        lines += [
            markdown_row(f"**{head}**", *(f"`{image['name']}`" for image in images)),
            f"|{' --- |' * (len(images) + 1)}",
        ]
        for question in QUESTIONS:
            if question.topic is topic:
                lines.append(markdown_row(question.asks, *(_said(question, image) for image in images)))
        lines.append("")
    lines += [f"- `{image['name']}`: `{image['dockerfile']}` on {_base(image['base'])}" for image in images]
    for reason in dict.fromkeys(_reasons(images)):
        lines.append(f"- {words.SKIPPED}: {reason}")
    facts = ", ".join(f"{name} {value}" for name, value in data["facts"].items())
    lines.append(f"- Measured on {facts}; times are multiples of the plain image's, which vary less than seconds.")
    return "\n".join(lines) + "\n"


def _base(name: str) -> str:
    return f"`{name}`" if ":" in name else f"a {name}"


def _reasons(images: list[dict[str, Any]]) -> list[str]:
    return [
        f"{question.asks}: {found['skipped']}"
        for question in QUESTIONS
        for image in images
        if "skipped" in (found := image["figures"].get(question.name, {}))
    ]


def _said(question: Question, image: Mapping[str, Any]) -> str:
    found = image["figures"].get(question.name, {})
    if "times" in found:
        return words.times(found["times"])
    if "value" in found:
        return words.value(question, found["value"])
    return words.SKIPPED
