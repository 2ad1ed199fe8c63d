"""Which wheels a lock file's runtime closure has on each libc, architecture and Python; what would need a compiler.

Offline: a lock names its files, and a wheel's name says where it fits. Only `index=True` asks a package index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automation import console, paths
from automation.errors import CheckFailed
from automation.wheels import coverage as wheel_coverage
from automation.wheels import gaps as wheel_gaps
from automation.wheels import lockfiles
from automation.wheels import table as wheel_table
from automation.wheels import targets as wheel_targets
from automation.wheels.coverage import Row, State
from automation.wheels.gaps import Gap
from automation.wheels.graph import GIT, OWN, Lock, Package
from automation.wheels.targets import Limits, Platform, Python

# How many packages an error names; the table and the JSON have all.
_NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The wheels of one lock file.

    Attributes:
        rows: the runtime closure, by name; packages that no environment needs are not in it.
        gaps: what is missing or not known, on every platform, in the order of the rows.
    """

    lock: Lock
    pythons: tuple[Python, ...]
    platforms: tuple[Platform, ...]
    limits: Limits
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]

    @property
    def missing(self) -> tuple[Gap, ...]:
        """What would need a compiler or can't be had, on the platforms that images are built for."""
        return tuple(gap for gap in self.gaps if gap.platform.supported and gap.state.gap)

    @property
    def unknown(self) -> tuple[Gap, ...]:
        """What can't be told of the platforms that images are built for."""
        return tuple(gap for gap in self.gaps if gap.platform.supported and not gap.state.gap)

    def as_dict(self) -> dict[str, Any]:
        """For JSON. Every cell is there, under the package, the platform and the Python."""
        return {
            "lock": {"path": str(self.lock.path), "format": self.lock.format},
            "pythons": [str(python) for python in self.pythons],
            "limits": self.limits.as_dict(),
            "platforms": [
                {
                    "name": platform.name,
                    "system": platform.system,
                    "arch": platform.arch,
                    "supported": platform.supported,
                    "packages": {str(state): n for state, n in wheel_table.counts(self.rows, platform).items()},
                }
                for platform in self.platforms
            ],
            "packages": [
                {
                    "name": row.package.name,
                    "version": row.package.version,
                    "platforms": {
                        name: {
                            str(python): {key: str(value) for key, value in asdict(cell).items() if value}
                            for python, cell in zip(self.pythons, cells, strict=True)
                        }
                        for name, cells in row.cells.items()
                    },
                }
                for row in self.rows
            ],
            "gaps": [gap.as_dict() for gap in self.gaps],
            "covered": not self.missing and not self.unknown,
            "notes": list(self.notes),
        }


def examine(
    lock: Path | None = None,
    *,
    pythons: Sequence[str] = (),
    index: bool = False,
    extras: Sequence[str] = (),
    limits: Limits | None = None,
) -> Coverage:
    """The wheel coverage of a lock file's runtime closure.

    Args:
        lock: a poetry.lock, uv.lock or requirements file; the project's own poetry.lock by default.
        pythons: such as `3.12`; by default 3.11 to 3.14, as far as the lock is for them.
        index: ask the package index for what the lock does not tell, and for newer versions that have a wheel.
        extras: the locked project's extras to include.
        limits: the newest systems a wheel may ask for.

    Raises:
        UsageError: the lock can't be read, or a Python or an extra is not known.
    """
    limits = limits or Limits()
    read = lockfiles.read(lock or paths.ROOT / "poetry.lock", extras=extras)
    asked = wheel_targets.pythons(pythons, read.requires_python, str(read.path))
    platforms = wheel_targets.platforms(limits)
    notes = [*read.notes, *_own_code(read)]
    left_out = [text for text in wheel_targets.DEFAULT_PYTHONS if text not in map(str, asked)] if not pythons else []
    if left_out:
        notes.append(f"the lock is not for Python {', '.join(left_out)}")
    rows = wheel_coverage.rows(read, platforms, asked)
    if not rows:
        notes.append("the runtime closure is empty: the project needs no package")
    gaps = wheel_gaps.find(rows, platforms, asked)
    if index:
        # Here, because what it imports is needed by nobody who stays offline.
        from automation.wheels import index as wheel_index

        listings = wheel_index.listings(_worth_asking(rows, gaps))
        notes += [f"the index, asked for {name}: {one.problem}" for name, one in listings.items() if one.problem]
        read = wheel_index.completed(read, listings)
        rows = wheel_coverage.rows(read, platforms, asked)
        gaps = wheel_index.with_newest(wheel_gaps.find(rows, platforms, asked), listings)
    return Coverage(
        lock=read, pythons=asked, platforms=platforms, limits=limits, rows=rows, gaps=gaps, notes=tuple(notes)
    )


def _own_code(lock: Lock) -> list[str]:
    names = sorted(package.name for package in lock.packages if package.origin == OWN)
    return [f"folders of the project, installed from where they are: {', '.join(names)}"] if names else []


def _worth_asking(rows: Sequence[Row], gaps: Sequence[Gap]) -> list[Package]:
    """The packages of which an index may know more than the lock: newer versions, file names, Pythons they are for."""
    lacking = {(gap.package, gap.version) for gap in gaps}
    packages = (row.package for row in rows if row.package.origin != GIT and row.package.version)
    return [
        package
        for package in packages
        if (package.name, package.version) in lacking
        or not package.requires_python
        or not all(file.name for file in package.files)
    ]


def show(coverage: Coverage) -> None:
    """The coverage for people: packages with native wheels or gaps, the sums, the gaps and their reasons."""
    limits = ", ".join(f"{name} {version}" for name, version in coverage.limits.as_dict().items())
    facts = [
        ("lock", f"{coverage.lock.path} ({coverage.lock.format})"),
        ("Python", f"{', '.join(map(str, coverage.pythons))} (CPython, newest patch release unless named)"),
        ("wheels for at most", limits),
        *(("note", note) for note in coverage.notes),
    ]
    console.table("wheels", ("", ""), facts)
    systems = list(dict.fromkeys(platform.system for platform in coverage.platforms))
    rows = [row for row in coverage.rows if wheel_table.interesting(row)]
    if rows:
        lines = wheel_table.table(rows, coverage.platforms, coverage.pythons)
        console.table("native wheels and gaps", ("package", *systems), lines)
    sums = [(platform, wheel_table.counts(coverage.rows, platform)) for platform in coverage.platforms]
    used = [state for state in State if any(count[state] for _, count in sums)]
    console.table(
        f"{len(coverage.rows)} packages",
        ("platform", *used),
        [(platform.name, *(str(count[state]) for state in used)) for platform, count in sums],
    )
    if coverage.missing:
        gaps = wheel_table.gap_lines(coverage.missing)
        console.table("would need a compiler, or can't be had", ("package", "where", "why"), gaps)
    if coverage.unknown:
        console.note(f"not known: {_named(coverage.unknown)}")


def _named(gaps: Sequence[Gap]) -> str:
    """The packages and the reasons, each once."""
    return f"{_packages(gaps)} ({'; '.join(dict.fromkeys(gap.reason for gap in gaps))})"


def _packages(gaps: Sequence[Gap]) -> str:
    labels = list(dict.fromkeys(gap.label for gap in gaps))
    more = [f"and {len(labels) - _NAMED} more"] if len(labels) > _NAMED else []
    return ", ".join(labels[:_NAMED] + more)


def require(coverage: Coverage) -> None:
    """Every package has a wheel on every platform and Python that images are built for.

    Raises:
        CheckFailed: one has not, or it is not known whether it has.
    """
    if coverage.missing:
        raise CheckFailed(
            f"no wheel on a supported platform: {_packages(coverage.missing)}",
            where=str(coverage.lock.path),
            hint="take a version that has one (`--index` names it), or leave the package out",
        )
    if coverage.unknown:
        raise CheckFailed(
            f"not known whether every package has a wheel: {_named(coverage.unknown)}",
            where=str(coverage.lock.path),
            hint="use `--index`, or keep the poetry.lock or uv.lock it was exported from beside it",
        )
