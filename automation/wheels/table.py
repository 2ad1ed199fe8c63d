"""The matrix in few words: a package's cells on a system as one, and packages counted by what they come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby

from automation.wheels.coverage import Cell, Row, State
from automation.wheels.gaps import Gap
from automation.wheels.targets import Platform, Python

# A package counts, on a platform, by the first of these that it comes to on any Python.
_WEIGHT = (State.NONE, State.SOURCE, State.UNKNOWN, State.WHEEL, State.PURE, State.EXCLUDED)
_SIGNS = {State.EXCLUDED: "-", State.UNKNOWN: "?"}


def weightiest(cells: Sequence[Cell]) -> State:
    """What a package counts as on a platform: gaps first, then what is not known."""
    states = {cell.state for cell in cells}
    return next(state for state in _WEIGHT if state in states)


def counts(rows: Sequence[Row], platform: Platform) -> dict[State, int]:
    """How many packages come to what on a platform; every state is there."""
    seen = Counter(weightiest(row.cells[platform.name]) for row in rows)
    return {state: seen[state] for state in State}


def interesting(row: Row) -> bool:
    """Whether it has a native wheel or a gap: pure packages, and those nothing is known of, only lengthen the table."""
    states = {cell.state for cells in row.cells.values() for cell in cells}
    return bool(states - {State.PURE, State.EXCLUDED, State.UNKNOWN})


def summary(cells: Sequence[Cell], pythons: Sequence[Python]) -> str:
    """Cells over the Python versions: `abi3`, `3.11-3.14`, `pure`, `3.11, source 3.12-3.14`, `-` for left out.

    A version alone means a wheel for just this version of CPython.
    """

    def label_of(pair: tuple[str, Python]) -> str:
        return pair[0]

    labelled = zip(map(_label, cells), pythons, strict=True)
    runs = [(label, [python for _, python in run]) for label, run in groupby(labelled, key=label_of)]
    left_out = _SIGNS[State.EXCLUDED]
    kept = [run for run in runs if run[0] != left_out]
    if not kept:
        return left_out
    if len(runs) == 1 and kept[0][0]:
        return kept[0][0]
    return ", ".join(f"{label} {span(members)}".strip() for label, members in kept)


def _label(cell: Cell) -> str:
    if cell.state is not State.WHEEL:
        return _SIGNS.get(cell.state, str(cell.state))
    interpreter, abi, _ = cell.tag.split("-")
    if abi == "abi3":
        return abi
    # `cp312-none` is for one version just as `cp312-cp312` is; `py3-none` is for all.
    return "" if interpreter.startswith("cp") else interpreter


def span(pythons: Sequence[Python]) -> str:
    """Python versions, with those that follow one another in short: `3.11-3.13`, `3.11, 3.14`."""
    runs: list[list[Python]] = []
    for python in pythons:
        if runs and python.minor == runs[-1][-1].minor + 1:
            runs[-1].append(python)
        else:
            runs.append([python])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def table(rows: Sequence[Row], platforms: Sequence[Platform], pythons: Sequence[Python]) -> list[list[str]]:
    """A line for each package: its name, then a field for each system; architectures apart only where they differ."""
    systems = list(dict.fromkeys(platform.system for platform in platforms))
    lines = []
    for row in rows:
        line = [f"{row.package.name} {row.package.version}".strip()]
        for system in systems:
            by_arch = {
                platform.arch: summary(row.cells[platform.name], pythons)
                for platform in platforms
                if platform.system == system
            }
            said = set(by_arch.values())
            line.append(said.pop() if len(said) == 1 else "\n".join(f"{arch} {text}" for arch, text in by_arch.items()))
        lines.append(line)
    return lines


def gap_lines(gaps: Sequence[Gap]) -> list[tuple[str, str, str]]:
    """Package, where, why: a line for each package and reason, its platforms together."""
    together: defaultdict[tuple[str, str, str], list[Platform]] = defaultdict(list)
    for gap in gaps:
        newest = {None: "", "": "; no version has one"}.get(gap.newest, f"; {gap.newest} has one")
        together[gap.label, span(gap.pythons), gap.reason + newest].append(gap.platform)
    return [(label, f"{_where(platforms)}: {pythons}", why) for (label, pythons, why), platforms in together.items()]


def _where(platforms: Sequence[Platform]) -> str:
    """Platforms in short: a system on both architectures by its name alone."""
    by_system: defaultdict[str, list[str]] = defaultdict(list)
    for platform in platforms:
        by_system[platform.system].append(platform.name)
    return ", ".join(system if len(names) > 1 else names[0] for system, names in by_system.items())
