"""uv.lock, version 1: a graph with markers on its edges, walked from the project.

Source: uv's documentation, "Lockfile", and its `lock` module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from automation.errors import UsageError
from automation.wheels.graph import GIT, OWN, Edge, File, Lock, Package

VERSION = 1

# A package of one of these sources is a folder of the project.
_FOLDERS = ("virtual", "editable", "directory")


def recognised(data: Mapping[str, Any]) -> bool:
    """Whether this TOML is a uv.lock, of whatever version."""
    return "version" in data and "requires-python" in data


def read(data: Mapping[str, Any], path: Path, extras: Sequence[str] = ()) -> Lock:
    """A lock from its TOML.

    Raises:
        UsageError: its version is not known.
        KeyError, TypeError, ValueError: it is not shaped as a uv.lock.
    """
    if data["version"] != VERSION:
        raise UsageError(
            f"uv.lock version {data['version']!r} is not known: only {VERSION} is",
            where=str(path),
            hint="lock with a uv that writes it",
        )
    tables: list[Mapping[str, Any]] = data.get("package", [])
    graph = _Graph(tables)
    packages = tuple(graph.package(table) for table in tables)
    manifest = data.get("manifest", {})
    projects, notes = _projects(tables, manifest)
    roots = [Edge(targets=(number,), extras=tuple(extras)) for number in projects]
    # A script has no project: the manifest has its requirements.
    roots += [graph.edge(requirement) for requirement in manifest.get("requirements", [])]
    if not roots:
        raise ValueError("it holds no project to start from")
    return Lock(
        path=path,
        format=f"uv.lock {VERSION}" + (f", revision {data['revision']}" if "revision" in data else ""),
        packages=packages,
        roots=tuple(roots),
        requires_python=(data["requires-python"],),
        environments=tuple(data.get("supported-markers", ())),
        extras=tuple(dict.fromkeys(extra for number in projects for extra in _extras(tables[number]))),
        activated=tuple(_conflicting(tables[number]["name"], extra) for number in projects for extra in extras),
        notes=tuple(notes),
    )


def _extras(table: Mapping[str, Any]) -> list[str]:
    return [canonicalize_name(extra) for extra in table.get("optional-dependencies", {})]


def _conflicting(project: str, extra: str) -> str:
    """How uv writes a project's extra in markers, where extras conflict."""
    return f"extra-{len(project)}-{project}-{extra}"


def _projects(tables: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any]) -> tuple[list[int], list[str]]:
    """Where the walk starts, as indexes, and what to say about it."""
    here = {number for number, table in enumerate(tables) if "." in (table["source"].get(kind) for kind in _FOLDERS)}
    names = set(manifest.get("members", ()))
    members = {number for number, table in enumerate(tables) if table["name"] in names}
    if here and (not members - here or any(tables[number].get("dependencies") for number in here)):
        others = ", ".join(sorted(tables[number]["name"] for number in members - here))
        return sorted(here), [f"left out, as members of the workspace beside the project: {others}"] if others else []
    if members:
        return sorted(members), ["the workspace's root needs nothing itself: all its members count"]
    return [number for number, table in enumerate(tables) if {"virtual", "editable"} & table["source"].keys()], []


class _Graph:
    """Finds what an edge means."""

    def __init__(self, tables: Sequence[Mapping[str, Any]]) -> None:
        self._tables = tables
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for number, table in enumerate(tables):
            self._by_name[table["name"]].append(number)

    def edge(self, table: Mapping[str, Any], owner_extra: str = "") -> Edge:
        targets = tuple(
            number
            for number in self._by_name.get(table["name"], ())
            if all(self._tables[number].get(key) == table[key] for key in ("version", "source") if key in table)
        )
        if not targets:
            raise ValueError(f"{table['name']} is needed and not in it: is it truncated?")
        return Edge(
            targets=targets,
            marker=table.get("marker", ""),
            extras=tuple(table.get("extra", ())),
            owner_extra=owner_extra,
        )

    def package(self, table: Mapping[str, Any]) -> Package:
        source: Mapping[str, str] = table["source"]
        edges = [self.edge(dependency) for dependency in table.get("dependencies", ())]
        for extra, dependencies in table.get("optional-dependencies", {}).items():
            edges += [self.edge(dependency, canonicalize_name(extra)) for dependency in dependencies]
        entries = [*table.get("wheels", ()), *([table["sdist"]] if "sdist" in table else ())]
        return Package(
            name=canonicalize_name(table["name"]),
            version=table.get("version", ""),
            files=tuple(_file(entry, source) for entry in entries),
            origin=GIT if "git" in source else OWN if source.keys() & set(_FOLDERS) else "",
            index=source.get("registry", ""),
            edges=tuple(edges),
        )


def _file(entry: Mapping[str, Any], source: Mapping[str, str]) -> File:
    """A file's name, from wherever uv puts it: its address, its path, or, for a file of its own, the source's."""
    named = entry.get("filename") or entry.get("path")
    if named is None:
        # The last part of an address, with `%2B` as `+` again.
        named = unquote(urlsplit(entry.get("url") or source.get("url") or source["path"]).path)
    return File(named.rsplit("/", 1)[-1], entry.get("hash", ""))
