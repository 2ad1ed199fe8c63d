"""What is asked of each image, as data, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

VERSION = 1


class Unit(StrEnum):
    """What a figure counts."""

    BYTES = "bytes"
    SECONDS = "seconds"
    COUNT = "count"


class Topic(StrEnum):
    """What a question is about."""

    SIZE = "size"
    BUILD = "build"
    RUN = "run"
    INSIDE = "inside"
    ADVISORIES = "advisories"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One row of the comparison. Less is better in all of them.

    Attributes:
        name: its key in JSON.
        asks: for people.
        risk: whether anything but zero is worth pointing out: what an attacker would use, or an image can do without.
    """

    name: str
    asks: str
    topic: Topic
    unit: Unit
    risk: bool = False


QUESTIONS = (
    Question(name="disk", asks="on disk", topic=Topic.SIZE, unit=Unit.BYTES),
    Question(name="pull", asks="to pull", topic=Topic.SIZE, unit=Unit.BYTES),
    Question(name="layers", asks="layers", topic=Topic.SIZE, unit=Unit.COUNT),
    Question(name="files", asks="files", topic=Topic.SIZE, unit=Unit.COUNT),
    Question(name="cold", asks="build, nothing cached", topic=Topic.BUILD, unit=Unit.SECONDS),
    Question(name="dependencies", asks="build, requirements changed", topic=Topic.BUILD, unit=Unit.SECONDS),
    Question(name="code", asks="build, a line of code changed", topic=Topic.BUILD, unit=Unit.SECONDS),
    Question(name="start", asks="start to healthy", topic=Topic.RUN, unit=Unit.SECONDS),
    Question(name="memory", asks="memory at rest", topic=Topic.RUN, unit=Unit.BYTES),
    Question(name="resident", asks="of it the processes' own", topic=Topic.RUN, unit=Unit.BYTES),
    Question(name="setuid", asks="setuid and setgid files", topic=Topic.INSIDE, unit=Unit.COUNT, risk=True),
    Question(name="shells", asks="shells", topic=Topic.INSIDE, unit=Unit.COUNT, risk=True),
    Question(name="package_managers", asks="package managers", topic=Topic.INSIDE, unit=Unit.COUNT, risk=True),
    Question(name="compilers", asks="compilers", topic=Topic.INSIDE, unit=Unit.COUNT, risk=True),
    Question(name="python_packages", asks="Python packages", topic=Topic.INSIDE, unit=Unit.COUNT),
    Question(name="system_packages", asks="system packages", topic=Topic.INSIDE, unit=Unit.COUNT),
    Question(
        name="python_vulnerabilities",
        asks="known vulnerabilities of Python packages",
        topic=Topic.ADVISORIES,
        unit=Unit.COUNT,
        risk=True,
    ),
    Question(
        name="system_vulnerabilities",
        asks="known vulnerabilities of system packages",
        topic=Topic.ADVISORIES,
        unit=Unit.COUNT,
        risk=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An answer: a value, or the reason why there is none.

    Attributes:
        value: in the question's unit; None where it is not known.
        reason: why it is not known; empty where it is.
        samples: the single measurements, where `value` is their median.
        names: what was counted, such as paths, where that is worth knowing.
    """

    value: float | None
    reason: str = ""
    samples: tuple[float, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.value is None) == (not self.reason):
            raise ValueError("a figure has either a value or a reason for having none")


def skipped(reason: str) -> Figure:
    """No answer, and why."""
    return Figure(value=None, reason=reason)


def counted(names: tuple[str, ...]) -> Figure:
    """How many of something there are."""
    return Figure(value=len(names), names=names)


@dataclass(frozen=True, kw_only=True)
class Result:
    """One image.

    Attributes:
        name: `plain`, or the variant's.
        dockerfile: what it was built from.
        base: the kind of base: the official image's name, or that it is a bootstrapped stand-in.
        origin: how the base was come by in this run.
        figures: by question.
    """

    name: str
    dockerfile: str
    base: str
    origin: str
    figures: Mapping[str, Figure] = field(default_factory=dict)

    def figure(self, question: Question) -> Figure:
        """The answer to a question."""
        return self.figures.get(question.name) or skipped("not asked")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All images, the plain one first, and what the figures hold for: commit, engine, machine."""

    facts: Mapping[str, str]
    results: tuple[Result, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)
