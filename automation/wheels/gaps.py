"""What is missing from the matrix, or not known: one entry for each package, platform and reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from automation.wheels.coverage import Cell, Row, State
from automation.wheels.targets import Platform, Python


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A package that a platform has no wheel of, or of which that is not known.

    Attributes:
        pythons: the Python versions it holds for, oldest first.
        newest: the newest version with a wheel for all of them; empty when there is none; None when it was not asked.
    """

    package: str
    version: str
    platform: Platform
    pythons: tuple[Python, ...]
    state: State
    reason: str
    newest: str | None = None

    @property
    def label(self) -> str:
        """The package with its version, which one from an address may not have."""
        return f"{self.package} {self.version}".strip()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **asdict(self),
            "platform": self.platform.name,
            "supported": self.platform.supported,
            "pythons": [str(python) for python in self.pythons],
        }


def find(rows: Sequence[Row], platforms: Sequence[Platform], pythons: Sequence[Python]) -> tuple[Gap, ...]:
    """What is missing or not known, in the order of the rows; Pythons that follow one another share a gap."""
    return tuple(_find(rows, platforms, pythons))


def _find(rows: Sequence[Row], platforms: Sequence[Platform], pythons: Sequence[Python]) -> Iterator[Gap]:
    def kind(pair: tuple[Cell, Python]) -> tuple[State, str]:
        return pair[0].state, pair[0].reason

    for row in rows:
        for platform in platforms:
            pairs = list(zip(row.cells[platform.name], pythons, strict=True))
            for (state, reason), run in groupby(pairs, key=kind):
                if state.gap or state is State.UNKNOWN:
                    yield Gap(
                        package=row.package.name,
                        version=row.package.version,
                        platform=platform,
                        pythons=tuple(python for _, python in run),
                        state=state,
                        reason=reason,
                    )
