"""poetry.lock, from 1.0 to 2.1.

A lock of version 2.1 says for each package in which groups it is, and under which markers: nothing is left to walk.
Older ones need the walk from the project's own requirements, which are in the pyproject.toml beside it.

Source: Poetry's `packages/locker.py`.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from automation.errors import UsageError
from automation.wheels import constraints as wheel_constraints
from automation.wheels.graph import GIT, OWN, Edge, File, Lock, Package, both

VERSIONS = ("1.0", "1.1", "2.0", "2.1")
_WITH_GROUPS = "2.1"
_MAIN = "main"

Table = Mapping[str, Any]


def recognised(data: Table) -> bool:
    """Whether this TOML is a poetry.lock, of whatever version."""
    return isinstance(data.get("metadata"), dict) and "content-hash" in data["metadata"]


def read(data: Table, path: Path, extras: Sequence[str] = ()) -> Lock:
    """A lock from its TOML.

    Raises:
        UsageError: its version is not known.
        KeyError, TypeError, ValueError: it is not shaped as a poetry.lock.
    """
    metadata: Table = data["metadata"]
    version = metadata.get("lock-version", "without a number")
    if version not in VERSIONS:
        raise UsageError(
            f"poetry.lock version {version} is not known: only {', '.join(VERSIONS)} are",
            where=str(path),
            hint="lock with a Poetry that writes one of them",
        )
    tables: list[Table] = data.get("package", [])
    own_extras: Mapping[str, Sequence[str]] = data.get("extras", {})
    notes: tuple[str, ...] = ()
    edges: list[tuple[Edge, ...]] = [() for _ in tables]
    if version == _WITH_GROUPS:
        roots = tuple(_grouped(tables))
    else:
        finder = _Finder(tables)
        edges = [tuple(finder.edges(table.get("dependencies", {}), table.get("extras", {}))) for table in tables]
        chosen = frozenset(canonicalize_name(name) for extra in extras for name in own_extras.get(extra, ()))
        roots, notes = _requested(tables, finder, path, chosen)
    files = _files_apart(metadata)
    return Lock(
        path=path,
        format=f"poetry.lock {version}",
        packages=tuple(_package(table, own, files) for table, own in zip(tables, edges, strict=True)),
        roots=roots,
        requires_python=wheel_constraints.specifiers(metadata.get("python-versions", "*")),
        extras=tuple(own_extras),
        # Only the project's own extras occur in markers where nothing is walked.
        activated=tuple(extras) if version == _WITH_GROUPS else (),
        notes=notes,
    )


def _grouped(tables: Sequence[Table]) -> Iterator[Edge]:
    """Every package of the main group, under its marker there."""
    for number, table in enumerate(tables):
        if _MAIN in table["groups"]:
            marker = table.get("markers", "")
            # One marker for all groups, or a table with one for each.
            yield Edge(targets=(number,), marker=marker if isinstance(marker, str) else marker.get(_MAIN, ""))


def _requested(
    tables: Sequence[Table], finder: _Finder, path: Path, chosen: frozenset[str]
) -> tuple[tuple[Edge, ...], tuple[str, ...]]:
    """What the project asks for, with the optional requirements that were chosen; and what to say about it."""
    try:
        pyproject = tomllib.loads(path.with_name("pyproject.toml").read_text(encoding="utf-8"))
        wanted = pyproject["tool"]["poetry"]["dependencies"]
    except (OSError, ValueError, KeyError):
        kinds = "package of the category main" if any("category" in table for table in tables) else "package"
        everything = (
            Edge(targets=(number,), marker=table.get("marker", ""))
            for number, table in enumerate(tables)
            if table.get("category", _MAIN) == _MAIN
            and (not table.get("optional") or canonicalize_name(table["name"]) in chosen)
        )
        note = f"no pyproject.toml of Poetry beside it: every {kinds} counts, in every environment"
        return tuple(everything), (note,)
    needed = {name: value for name, value in wanted.items() if name != "python"}
    return tuple(finder.edges(needed, {"": chosen})), ()


class _Finder:
    """Finds what a requirement means among the locked packages."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for number, table in enumerate(tables):
            self._by_name[canonicalize_name(table["name"])].append(number)

    def edges(self, wanted: Table, extras: Mapping[str, Sequence[str] | frozenset[str]]) -> Iterator[Edge]:
        """The edges of a table of requirements.

        Args:
            wanted: name to constraint, to a table with one, or to several of those for different environments.
            extras: which optional requirements each extra brings in; under the empty name those that are wanted anyway.
        """
        by_extra = {extra: {_name(item) for item in items} for extra, items in extras.items()}
        for name, value in wanted.items():
            for one in value if isinstance(value, list) else [value]:
                table: Table = {"version": one} if isinstance(one, str) else one
                targets = self._targets(name, table)
                if not targets:
                    # Left out of the lock because no environment it is for needs it.
                    continue
                marker = _marker(table)
                owners = [""]
                if table.get("optional") and "extra" not in marker:
                    owners = [extra for extra, names in by_extra.items() if canonicalize_name(name) in names]
                for owner in owners:
                    extras_wanted = tuple(table.get("extras", ()))
                    yield Edge(targets=targets, marker=marker, extras=extras_wanted, owner_extra=owner)

    def _targets(self, name: str, table: Table) -> tuple[int, ...]:
        """The locked versions that a requirement may mean: those its constraint admits, all where none does."""
        numbers = tuple(self._by_name.get(canonicalize_name(name), ()))
        if len(numbers) < 2 or "version" not in table:
            return numbers
        alternatives = wheel_constraints.specifiers(table["version"])
        fitting = (
            number for number in numbers if wheel_constraints.fits(self._tables[number]["version"], alternatives)
        )
        return tuple(fitting) or numbers


def _marker(table: Table) -> str:
    """The three ways to restrict a requirement as one marker."""
    platform = table.get("platform")
    return both(
        table.get("markers", ""),
        wheel_constraints.python_marker(table.get("python", "*")),
        f'sys_platform == "{platform}"' if platform else "",
    )


def _name(requirement: str) -> str:
    """The name in `tomli (>=2.0)`, or in `httpx[socks] (>=0.20)`."""
    return canonicalize_name(requirement.split("(")[0].split("[")[0].split(";")[0].strip())


def _files_apart(metadata: Table) -> dict[str, list[File]]:
    """The files of locks before 2.0, which are at the end of the lock; of the oldest only digests."""
    found: dict[str, list[File]] = {
        canonicalize_name(name): [File(item["file"], item["hash"]) for item in items]
        for name, items in metadata.get("files", {}).items()
    }
    for name, digests in metadata.get("hashes", {}).items():
        found.setdefault(canonicalize_name(name), [File("", f"sha256:{digest}") for digest in digests])
    return found


def _package(table: Table, edges: tuple[Edge, ...], files_apart: Mapping[str, list[File]]) -> Package:
    name = canonicalize_name(table["name"])
    source: Table = table.get("source", {})
    kind = source.get("type", "")
    files = [File(item["file"], item.get("hash", "")) for item in table.get("files", ())]
    if not files and kind == "url":
        files = [File(unquote(urlsplit(source["url"]).path).rsplit("/", 1)[-1])]
    elif not files:
        # There, all locked versions of a package are together.
        files = [file for file in files_apart.get(name, ()) if str(file.version or "") in ("", table["version"])]
    return Package(
        name=name,
        version=table["version"],
        files=tuple(files),
        origin={"git": GIT, "directory": OWN}.get(kind, ""),
        index=source["url"] if kind == "legacy" else "",
        requires_python=table.get("python-versions", "*"),
        edges=edges,
    )
