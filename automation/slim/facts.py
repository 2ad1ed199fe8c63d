"""What a proof finds: a row for each state of the image, from the plain one to the one that ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from automation.size.facts import Size
from automation.slimming.catalogue import DESCRIPTIONS, Step

VERSION = 1
# What happens to the image before the first step of automation/slimming. Whatever follows is measured packed.
FROM_SCRATCH, PACKED = "from-scratch", "packed"
DESCRIBED: Mapping[str, str] = {
    FROM_SCRATCH: "only what the application needs of its base: no shell, no package manager, no other program",
    PACKED: "layers packed by zstd at level 19 in place of gzip",
    **{str(step): text for step, text in DESCRIPTIONS.items()},
}
ORDER = (FROM_SCRATCH, PACKED, *map(str, Step))


class Verdict(StrEnum):
    """What became of a step."""

    KEPT = "kept"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One step, applied to the image that the kept ones before it gave.

    Attributes:
        size: the image's with the step; None where it could not be built.
        saved: by the step; negative where the image grew.
        problems: why it is refused: what differs from the plain image, or what went wrong.
    """

    step: str
    size: Size | None
    saved: Size | None
    problems: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """A step stays when nothing speaks against it."""
        return Verdict.REFUSED if self.problems else Verdict.KEPT


def row_from_dict(data: Mapping[str, Any]) -> Row:
    """A row of a record."""
    size, saved = (None if data[name] is None else Size(**data[name]) for name in ("size", "saved"))
    return Row(step=data["step"], size=size, saved=saved, problems=tuple(data["problems"]))


@dataclass(frozen=True, kw_only=True)
class Proof:
    """All rows, and what they hold for.

    Attributes:
        facts: platform, kind of base, C library, Python.
        plain: the image that ships its base as it is, which everything is compared with.
        base: the bare base image of both.
        checked: how much was asked of the last image, by area.
    """

    variant: str
    facts: Mapping[str, str]
    base: Size
    plain: Size
    rows: tuple[Row, ...]
    checked: Mapping[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[Row, ...]:
        """The steps that may not stay."""
        return tuple(row for row in self.rows if row.verdict is Verdict.REFUSED)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with its version."""
        rows = [{**asdict(row), "verdict": str(row.verdict)} for row in self.rows]
        return {"version": VERSION, **asdict(self), "rows": rows}
