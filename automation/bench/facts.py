"""What is measured, as data, and the answer of the script that measures it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from automation.errors import CheckFailed

VERSION = 1
"""Of the script's answer, and of the record."""
SLOWEST_MS = 500
"""Milliseconds in which 95 of 100 dashboards have to be there."""
GROWTH = 0.05
"""The part by which memory may grow from the first reading to the last."""


class Unit(StrEnum):
    """What a figure counts."""

    BYTES = "bytes"
    MILLISECONDS = "milliseconds"
    COUNT = "count"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One row of the tables. Less is better in all of them.

    Attributes:
        name: where the figure stands in the script's answer, with points between.
        asks: for people.
    """

    name: str
    asks: str
    unit: Unit = Unit.MILLISECONDS


QUESTIONS = (
    Question(name="dashboard.median_ms", asks="dashboard, median"),
    Question(name="dashboard.p95_ms", asks="dashboard, 95th percentile"),
    Question(name="hanging.median_ms", asks="dashboard while a service hangs, median"),
    Question(name="hanging.p95_ms", asks="dashboard while a service hangs, 95th percentile"),
    Question(name="dashboard.bytes", asks="dashboard, size of the answer", unit=Unit.BYTES),
    Question(name="lists.findings_first.median_ms", asks="findings, first page, median"),
    Question(name="lists.findings_last.median_ms", asks="findings, last page, median"),
    Question(name="lists.activity_first.median_ms", asks="activity, first page, median"),
    Question(name="lists.activity_last.median_ms", asks="activity, last page, median"),
    Question(name="poll.ms", asks="one poll of all services"),
    Question(name="poll.requests", asks="requests in one poll", unit=Unit.COUNT),
    Question(name="poll.bytes", asks="bytes received in one poll", unit=Unit.BYTES),
    Question(name="memory.idle.resident", asks="memory at rest, no services", unit=Unit.BYTES),
    Question(name="memory.before_lists.resident", asks="memory before the lists were read", unit=Unit.BYTES),
    Question(name="memory.after_lists.resident", asks="memory after that", unit=Unit.BYTES),
)
SCALE = ("services", "movies", "episodes", "findings", "activity")


@dataclass(frozen=True, kw_only=True)
class Point:
    """The application's memory after some polls, in bytes: resident then, and the most it ever was."""

    polls: int
    resident: int
    peak: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """One image.

    Attributes:
        name: the variant's.
        libc: its C library.
        python: its version.
        scale: how many services, movies, … there were.
        figures: by question.
        points: memory over polls, in their order.
    """

    name: str
    libc: str
    python: str
    scale: Mapping[str, int]
    figures: Mapping[str, float]
    points: tuple[Point, ...]

    @property
    def growth(self) -> float:
        """By which part memory grew from the first reading to the last; below zero where it shrank."""
        return self.points[-1].resident / self.points[0].resident - 1

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """All images, and what the figures hold for: commit, engine, machine."""

    facts: Mapping[str, str]
    results: tuple[Result, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {"facts": dict(self.facts), "results": [result.as_dict() for result in self.results]}


def parse(text: str, *, name: str, libc: str, said: str = "") -> Result:
    """Read the script's answer.

    Args:
        said: what else it said, for the error.

    Raises:
        CheckFailed: there is none, it is of another version, or a figure is missing.
    """
    last = (text.strip().splitlines() or [""])[-1]
    try:
        data = json.loads(last)
    except ValueError:
        raise CheckFailed("the benchmark gave no figures", where=name, details=said or text[-2000:]) from None
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise CheckFailed(f"figures of version {version!r}, not {VERSION}", where=name)
    return Result(
        name=name,
        libc=libc,
        python=str(data.get("python", "unknown")),
        scale={key: int(_number(data, key, name)) for key in SCALE},
        figures={question.name: _number(data, question.name, name) for question in QUESTIONS},
        points=_points(data, name),
    )


def _number(data: Any, path: str, where: str) -> float:
    value = data
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise CheckFailed(f"the figures have no {path}: {value!r}", where=where)
    return value


def _points(data: Any, where: str) -> tuple[Point, ...]:
    memory = data.get("memory")
    found = memory.get("polls") if isinstance(memory, dict) else None
    names = ("polls", "resident", "peak")
    points = tuple(
        Point(**{key: int(_number(one, key, where)) for key in names})
        for one in (found if isinstance(found, list) else [])
    )
    counts = [point.polls for point in points]
    if len(points) < 2 or counts != sorted(set(counts)) or not all(point.resident for point in points):
        raise CheckFailed(f"the figures have no memory over polls: {found!r}", where=where)
    return points


def require(bench: Bench) -> None:
    """The dashboard is quick, and memory flat.

    Raises:
        CheckFailed: in an image it is not so.
    """
    wrong = []
    for result in bench.results:
        wrong += [
            f"{result.name}: {name}: {result.figures[name]:.0f}, at most {SLOWEST_MS} is fine"
            for name in ("dashboard.p95_ms", "hanging.p95_ms")
            if result.figures[name] > SLOWEST_MS
        ]
        if result.growth > GROWTH:
            polls = f"from {result.points[0].polls} to {result.points[-1].polls} polls"
            wrong.append(f"{result.name}: memory grows by {result.growth:.0%} {polls}, at most {GROWTH:.0%} is fine")
    if wrong:
        raise CheckFailed("it costs more than it may", details="\n".join(wrong))
