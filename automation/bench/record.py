"""What is kept of a benchmark in the repository, and the table of the document that is made from it.

Times change with the machine and with the hour: two digits of them are kept, and of memory whole megabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation import conditions, paths, records
from automation.bench import picture, tables
from automation.bench.command import SIDE_BY_SIDE
from automation.bench.facts import QUESTIONS, VERSION, Bench, Point, Result, Unit
from automation.errors import CheckFailed, Stale
from automation.reports import markdown_row

RECORD = paths.ROOT / "docs" / "performance.json"
PICTURE = RECORD.with_suffix(".svg")
AGAIN = "run `invoke bench --record`"
MEGABYTE = 1_000_000


def record(bench: Bench) -> dict[str, Any]:
    """What the next run of the same sources would say again, nearly."""
    return {
        "version": VERSION,
        "facts": conditions.kept(bench.facts),
        "results": [_kept(result).as_dict() for result in bench.results],
    }


def _kept(result: Result) -> Result:
    units = {question.name: question.unit for question in QUESTIONS}
    return Result(
        name=result.name,
        libc=result.libc,
        python=result.python,
        scale=result.scale,
        figures={name: rounded(units[name], figure) for name, figure in result.figures.items()},
        points=tuple(
            Point(polls=one.polls, resident=_whole(one.resident), peak=_whole(one.peak)) for one in result.points
        ),
    )


def rounded(unit: Unit, figure: float) -> float:
    """A figure, to what is worth keeping of it."""
    if unit is Unit.BYTES and figure >= MEGABYTE:
        return _whole(figure)
    return float(f"{figure:.2g}") if unit is not Unit.COUNT else round(figure)


def _whole(size: float) -> int:
    return round(size / MEGABYTE) * MEGABYTE


def write(bench: Bench) -> None:
    """Replace the record and the picture.

    Raises:
        CheckFailed: it is not of the images that stand side by side.
    """
    names = tuple(result.name for result in bench.results)
    if names != SIDE_BY_SIDE:
        raise CheckFailed(f"not recorded: {', '.join(names)}", hint="leave --variant out")
    kept = record(bench)
    records.save(RECORD, records.text(kept))
    records.save(PICTURE, picture.draw(results(kept)))


def load() -> dict[str, Any]:
    """The record.

    Raises:
        Stale: there is none, or it is of another version.
    """
    return records.load(RECORD, VERSION, AGAIN)


def results(kept: Mapping[str, Any]) -> tuple[Result, ...]:
    """The images of a record.

    Raises:
        Stale: it is not a record of what is asked now.
    """
    try:
        found = tuple(
            Result(**{**one, "points": tuple(Point(**point) for point in one["points"])}) for one in kept["results"]
        )
        if not found or any(set(one.figures) != {question.name for question in QUESTIONS} for one in found):
            raise ValueError("other figures")
    except (KeyError, TypeError, ValueError) as error:
        raise Stale(f"not a record of these figures: {error}", where=str(RECORD), hint=AGAIN) from None
    return found


def page(kept: Mapping[str, Any] | None = None) -> str:
    """The table, as Markdown: a column for each image."""
    data = kept or load()
    found = results(data)
    lines = [markdown_row("", *(f"`autoarr:{one.name}` ({one.libc})" for one in found))]
    lines.append(f"| --- |{' ---: |' * len(found)}")
    lines += [markdown_row(*row) for row in tables.rows(found)]
    where = ", ".join(f"{name} {value}" for name, value in data["facts"].items())
    return "\n".join([*lines, "", f"With {tables.scale(found[0])}; measured on {where}."]) + "\n"
