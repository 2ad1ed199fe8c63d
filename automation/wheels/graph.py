"""What every kind of lock file comes to: packages, the edges between them, and the closure of one environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from automation.errors import UsageError

# Where a package comes from when it is not an index.
GIT = "git"
OWN = "own"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a package: a wheel or a source archive.

    Attributes:
        name: its file name; empty where the lock gives only a digest, or nothing at all.
        digest: `sha256:…`; empty where the lock gives none.
        requires_python: what the index says of this one file; empty where it was not asked.
    """

    name: str
    digest: str = ""
    requires_python: str = ""

    @property
    def version(self) -> Version | None:
        """The version in its name; None where it has none that the specifications allow."""
        try:
            return (parse_wheel_filename if self.name.endswith(".whl") else parse_sdist_filename)(self.name)[1]
        except (InvalidWheelFilename, InvalidSdistFilename):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Somebody needs a package, perhaps only in some environments.

    Attributes:
        targets: indexes into :attr:`Lock.packages`; several when markers choose between versions later.
        marker: the condition; empty for always.
        extras: what is wanted of the target besides itself.
        owner_extra: the extra of the owner this edge belongs to; empty for the owner itself.
    """

    targets: tuple[int, ...]
    marker: str = ""
    extras: tuple[str, ...] = ()
    owner_extra: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One version of one package.

    Attributes:
        name: normalised.
        origin: empty for an index, :data:`GIT`, or :data:`OWN` for a folder of the project itself.
        index: the address of its own index; empty for the default one.
        requires_python: the Python versions it says it is for; empty where the lock does not tell.
        edges: what it needs.
    """

    name: str
    version: str
    files: tuple[File, ...]
    origin: str = ""
    index: str = ""
    requires_python: str = ""
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock file as read.

    Attributes:
        format: what it is, for people: `poetry.lock 2.1`.
        roots: what the project itself needs at run time.
        requires_python: alternatives of specifiers, one of which a Python version has to fit; empty for any.
        environments: the markers it was resolved for, one of which has to hold; empty for all.
        extras: the project's extras that may be chosen.
        activated: values of `extra` that hold everywhere, as uv writes chosen extras that conflict with others.
        notes: what a reader should know about how it was read.
    """

    path: Path
    format: str
    packages: tuple[Package, ...]
    roots: tuple[Edge, ...]
    requires_python: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def noting(self, *notes: str) -> Lock:
        """The same, with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def closure(lock: Lock, environment: Mapping[str, str]) -> frozenset[int]:
    """The packages that get installed in an environment, as indexes into the lock's packages.

    Raises:
        UsageError: a marker in the lock can't be understood.
    """
    verdicts: dict[tuple[str, str], bool] = {}

    def wanted(edge: Edge, extra: str) -> bool:
        # In a requirement, `extra` is that of the package that makes it.
        key = edge.marker, extra
        if key not in verdicts:
            verdicts[key] = any(holds(edge.marker, environment, one) for one in lock.activated or (extra,))
        return verdicts[key]

    seen: set[tuple[int, str]] = set()
    waiting: list[tuple[Sequence[Edge], str]] = [(lock.roots, "")]
    while waiting:
        edges, extra = waiting.pop()
        for edge in edges:
            if edge.owner_extra not in ("", extra) or not wanted(edge, extra):
                continue
            for found in _reached(edge):
                if found not in seen:
                    seen.add(found)
                    waiting.append((lock.packages[found[0]].edges, found[1]))
    return frozenset(number for number, _ in seen)


def _reached(edge: Edge) -> Iterator[tuple[int, str]]:
    for target in edge.targets:
        for extra in ("", *edge.extras):
            yield target, extra


@cache
def _parse(marker: str) -> Marker:
    return Marker(marker)


def holds(marker: str, environment: Mapping[str, str], extra: str = "") -> bool:
    """Whether a marker is true; the empty one always is.

    Raises:
        UsageError: it can't be understood.
    """
    if not marker:
        return True
    try:
        return _parse(marker).evaluate({**environment, "extra": extra})
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName) as error:
        raise UsageError(
            f"a marker in the lock can't be understood: {marker}",
            hint="make the lock again with its own tool",
            details=str(error),
        ) from None


def both(*markers: str) -> str:
    """A marker that holds where all of them hold."""
    parts = [marker for marker in markers if marker]
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)
