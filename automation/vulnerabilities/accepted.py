"""Vulnerabilities that a maintainer accepts for a time, in pyproject.toml.

[tool.autoarr.accepted-vulnerabilities]
"GHSA-xxxx-xxxx-xxxx" = { reason = "the function is never called", until = 2027-01-31 }
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from automation import paths
from automation.errors import UsageError

TABLE = "accepted-vulnerabilities"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """An accepted vulnerability: any name of it, why, and the last day it is accepted on."""

    id: str
    reason: str
    until: date

    def has_expired(self, today: date) -> bool:
        """Whether its day has passed."""
        return today > self.until


def load(path: Path = paths.PYPROJECT) -> tuple[Risk, ...]:
    """The table.

    Raises:
        UsageError: an entry has no reason or no date.
    """
    with path.open("rb") as file:
        table: dict[str, Any] = tomllib.load(file).get("tool", {}).get("autoarr", {}).get(TABLE, {})
    return tuple(_risk(name, entry, path) for name, entry in table.items())


def _risk(name: str, entry: object, path: Path) -> Risk:
    known = entry if isinstance(entry, dict) else {}
    reason, until = known.get("reason"), known.get("until")
    if (
        not isinstance(reason, str)
        or not reason.strip()
        or not isinstance(until, date)
        or isinstance(until, datetime)
        or known.keys() - {"reason", "until"}
    ):
        raise UsageError(
            f"the accepted vulnerability {name} is not complete",
            where=f"{path}, [tool.autoarr.{TABLE}]",
            hint=f'write it as "{name}" = {{ reason = "…", until = 2027-01-31 }}',
        )
    return Risk(id=name, reason=reason, until=until)
