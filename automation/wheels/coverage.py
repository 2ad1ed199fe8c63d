"""The matrix: for each package, platform and Python, whether there is a wheel; and where there is none, why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from automation.wheels import constraints as wheel_constraints
from automation.wheels import graph as wheel_graph
from automation.wheels import targets as wheel_targets
from automation.wheels.graph import GIT, OWN, File, Lock, Package
from automation.wheels.targets import GLIBC, MACOS, MUSL, WINDOWS, X86_64, Platform, Python

_SOURCE_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tar.Z", ".tgz", ".tbz", ".tar")

# How the platform tags of a system begin, and how those of an architecture on it end.
_BEGINNINGS = {MUSL: ("musllinux_",), GLIBC: ("manylinux", "linux_"), MACOS: ("macosx_",), WINDOWS: ("win",)}
_MAC_X86_64 = ("x86_64", "universal2", "intel", "fat64", "fat3", "universal")


class State(StrEnum):
    """What a package comes to on a platform and a Python."""

    WHEEL = "wheel"
    PURE = "pure"
    SOURCE = "source"
    NONE = "none"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"

    @property
    def gap(self) -> bool:
        """Whether it would have to be compiled there, or can't be had at all."""
        return self in (State.SOURCE, State.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A package on one platform and one Python.

    Attributes:
        file: the wheel that fits best.
        tag: the tag it fits by.
        reason: why there is no wheel, or why that is not known.
    """

    state: State
    file: str = ""
    tag: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A package and its cells: for each platform's name, one for each Python."""

    package: Package
    cells: Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A package's files, told apart.

    Attributes:
        wheels: each with the tags in its name.
        sources: source archives.
        nameless: how many files are known by digest alone, or not even so.
    """

    wheels: tuple[tuple[File, frozenset[Tag]], ...]
    sources: tuple[File, ...]
    nameless: int

    @staticmethod
    def of(files: Iterable[File]) -> Files:
        """Files by what their names say. What is neither a wheel nor a source archive, pip can't install either."""
        wheels, sources, nameless = [], [], 0
        for file in files:
            if file.name.endswith(".whl"):
                try:
                    wheels.append((file, parse_wheel_filename(file.name)[3]))
                except InvalidWheelFilename:
                    # pip passes over it too.
                    continue
            elif file.name.endswith(_SOURCE_SUFFIXES):
                sources.append(file)
            elif not file.name:
                nameless += 1
        return Files(wheels=tuple(wheels), sources=tuple(sources), nameless=nameless)


_EXCLUDED = Cell(state=State.EXCLUDED, reason="its markers leave it out")


def rows(lock: Lock, platforms: Sequence[Platform], pythons: Sequence[Python]) -> tuple[Row, ...]:
    """The matrix of a lock's closure, by name. The project's own folders are walked through, and not listed.

    Raises:
        UsageError: a marker in the lock can't be understood.
    """
    closures: dict[tuple[str, ...], frozenset[int] | None] = {}

    def installed(platform: Platform, python: Python) -> frozenset[int] | None:
        """The closure there; none where the lock is not resolved for it."""
        environment = wheel_targets.environment(platform, python)
        key = tuple(environment.values())
        if key not in closures:
            resolved = not lock.environments or any(wheel_graph.holds(one, environment) for one in lock.environments)
            closures[key] = wheel_graph.closure(lock, environment) if resolved else None
        return closures[key]

    by_platform = {platform: [installed(platform, python) for python in pythons] for platform in platforms}
    wanted = {number for closed in by_platform.values() for numbers in closed for number in numbers or ()}
    found = []
    for number in wanted:
        package = lock.packages[number]
        if package.origin == OWN:
            continue
        files = Files.of(package.files)
        cells = {
            platform.name: tuple(
                _cell(package, files, platform, python, number in (numbers or ()), numbers is not None)
                for python, numbers in zip(pythons, closed, strict=True)
            )
            for platform, closed in by_platform.items()
        }
        found.append(Row(package=package, cells=cells))
    return tuple(sorted(found, key=lambda row: (row.package.name, _sortable(row.package.version))))


def _sortable(version: str) -> tuple[Version, str]:
    try:
        return Version(version), version
    except InvalidVersion:
        return Version("0"), version


def _cell(package: Package, files: Files, platform: Platform, python: Python, installed: bool, resolved: bool) -> Cell:
    if not resolved:
        return Cell(state=State.UNKNOWN, reason=f"the lock is not resolved for {platform.name}")
    return judge(package, files, platform, python) if installed else _EXCLUDED


def judge(package: Package, files: Files, platform: Platform, python: Python) -> Cell:
    """What a package comes to on a platform and a Python, given that it is installed there."""
    if not _allows(package.requires_python, python):
        return Cell(state=State.NONE, reason=f"it is for Python {package.requires_python}")
    ranks = wheel_targets.ranks(platform.tags, python.minor)
    fitting = [
        (ranks[tag], file.name, tag)
        for file, tags in files.wheels
        # Asked in this order because it is asked a hundred thousand times, and most locks do not say.
        if not file.requires_python or _allows(file.requires_python, python)
        for tag in tags
        if tag in ranks
    ]
    if fitting:
        _, name, tag = min(fitting, key=lambda one: one[0])
        return Cell(state=State.PURE if tag.platform == "any" else State.WHEEL, file=name, tag=str(tag))
    if files.nameless:
        return Cell(state=State.UNKNOWN, reason="the lock does not give the names of its files")
    if package.origin == GIT:
        return Cell(state=State.SOURCE, reason="from git, so built where it is installed")
    reason = _why_no_wheel(files, platform, python)
    if any(_allows(file.requires_python, python) for file in files.sources):
        return Cell(state=State.SOURCE, reason=reason)
    return Cell(state=State.NONE, reason=f"{reason}, and no source archive")


@cache
def _allows(requires_python: str, python: Python) -> bool:
    try:
        return wheel_constraints.fits(python.full_version, wheel_constraints.specifiers(requires_python or "*"))
    except ValueError:
        # Older packages carry what no specification knows; pip does not refuse them for it.
        return True


def _why_no_wheel(files: Files, platform: Platform, python: Python) -> str:
    """The first thing that is missing, from the widest to the narrowest."""
    if not files.wheels:
        return "no wheel at all"
    allowed = [tags for file, tags in files.wheels if _allows(file.requires_python, python)]
    here = [tag for tags in allowed for tag in tags if tag.platform.startswith(_BEGINNINGS[platform.system])]
    there = [tag for tag in here if tag.platform.endswith(_endings(platform))]
    # Tags of this Python, whatever the platform.
    own = wheel_targets.ranks(("any",), python.minor)
    fitting = [tag for tag in there if Tag(tag.interpreter, tag.abi, "any") in own]
    if not here:
        return "no wheel for this system" if allowed else "no wheel for this Python"
    if not there:
        return "no wheel for this architecture"
    if not fitting:
        return "no wheel for this Python"
    return f"its wheel asks for a newer system ({min(tag.platform for tag in fitting)})"


def _endings(platform: Platform) -> tuple[str, ...]:
    """How the platform tags of an architecture end."""
    if platform.system == MACOS:
        return _MAC_X86_64 if platform.arch == X86_64 else ("arm64", "universal2")
    return (platform.machine.lower(),)
