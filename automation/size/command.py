"""`invoke size`: read, compare, show, hold against the budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation import console, records
from automation.engine import Engine
from automation.size import budget, comparing, picture, reading, record, tables
from automation.size.comparing import Comparison
from automation.size.facts import Ledger

DEFAULT_IMAGE = "autoarr:latest"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for."""

    image: str = ""
    oci: str = ""
    against: str = ""
    platform: str = ""
    svg: str = ""
    budget: bool = False
    ratchet: bool = False
    record: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A ledger, and what it was compared with."""

    ledger: Ledger
    comparison: Comparison | None = None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`: the ledger, with `against` where it was compared."""
        more = {} if self.comparison is None else {"against": self.comparison.as_dict()}
        return {**self.ledger.as_dict(), **more}


def run(engine: Callable[[], Engine], wanted: Wanted) -> Answer:
    """Read the image and show it, and do what else was asked for.

    Args:
        engine: gives the engine, when it is needed.

    Raises:
        CheckFailed: with `budget`, when the image is too large.
    """
    image = wanted.image or ("" if wanted.oci else DEFAULT_IMAGE)
    ledger = reading.find(engine, image=image, archive=wanted.oci, platform=wanted.platform)
    other = reading.find_other(engine, wanted.against, platform=wanted.platform) if wanted.against else None
    answer = Answer(ledger=ledger, comparison=None if other is None else comparing.compare(ledger, other))
    tables.show(ledger)
    if answer.comparison is not None:
        tables.show_comparison(ledger, answer.comparison)
    if wanted.svg:
        records.save(Path(wanted.svg).expanduser(), picture.draw(ledger))
    if wanted.record:
        record.write(ledger)
    if wanted.ratchet:
        done = budget.ratchet(ledger.variant, ledger)
        console.note("\n".join(done) or "the budget stays: nothing got smaller by more than the slack")
    return answer


def require(answer: Answer, wanted: Wanted) -> None:
    """Hold the image against its budget, where that was asked for.

    Raises:
        CheckFailed: it is too large.
    """
    if wanted.budget:
        found = budget.require(answer.ledger.variant, answer.ledger)
        console.note(f"size budget: {found.verdict}, {found.detail}")
