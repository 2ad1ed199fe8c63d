"""What went into other files and has none of its own: npm packages in the UI, libraries linked into wheels.

The image itself says so: the UI's build lists what it bundled with the licences, and wheels carry documents of their
own (PEP 770).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automation.layers import Contents
from automation.ownership import Component, Kind, licences
from automation.ownership.model import purl

BUNDLED = ("/licenses.txt", "/licenses.txt.gz")
LONGEST = 8 * 2**20
"""Bytes of such a list that are read, unpacked."""
# Vite's heading of each bundled package: `## react - 19.3.1 (MIT)`; the licence may be missing.
PACKAGE = re.compile(r"^## (?P<name>\S+) - (?P<version>\S+)(?: \((?P<licence>.+)\))?$", re.MULTILINE)
OWN_DOCUMENT = re.compile(r"/.*\.dist-info/sboms/[^/]+\.json")
DEPTH = 8


@dataclass(frozen=True, order=True, kw_only=True)
class Embedded:
    """A package inside another one.

    Attributes:
        licence: an SPDX expression; empty where nothing says it.
        source: a package URL; empty where nothing says it.
    """

    name: str
    version: str
    licence: str
    source: str


def wanted(path: str) -> bool:
    """Whether the content of this file is needed here."""
    return path.endswith(BUNDLED) or OWN_DOCUMENT.fullmatch(path) is not None


def found(contents: Contents, owners: Mapping[str, Component]) -> dict[Component, tuple[Embedded, ...]]:
    """What is embedded in each component. What can't be read says nothing."""
    inside: dict[Component, set[Embedded]] = {}
    for path, text in contents.texts.items():
        owner = owners.get(path)
        if owner is None:
            continue
        if owner.kind is Kind.UI and path.endswith(BUNDLED):
            inside.setdefault(owner, set()).update(bundled(_unpacked(path, text).decode("utf-8", "replace")))
        elif OWN_DOCUMENT.fullmatch(path):
            inside.setdefault(owner, set()).update(_documented(text, owner))
    return {owner: tuple(sorted(packages)) for owner, packages in inside.items() if packages}


def _unpacked(path: str, content: bytes) -> bytes:
    if not path.endswith(".gz"):
        return content
    try:
        return zlib.decompressobj(wbits=31).decompress(content, LONGEST)
    except zlib.error:
        return b""


def bundled(text: str) -> Iterator[Embedded]:
    """The npm packages in a UI, by the list that its build wrote."""
    for match in PACKAGE.finditer(text):
        namespace, _, name = match["name"].rpartition("/")
        yield Embedded(
            name=match["name"],
            version=match["version"],
            licence=licences.expression(match["licence"] or ""),
            source=purl("npm", name, match["version"], namespace=namespace),
        )


def _documented(text: bytes, owner: Component) -> Iterator[Embedded]:
    """The components of a CycloneDX document in a wheel, but for the wheel itself."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(data, dict) or data.get("bomFormat") != "CycloneDX":
        return
    metadata = data.get("metadata")
    roots = [data, metadata.get("component") if isinstance(metadata, dict) else None]
    for item in (one for root in roots for one in _components(root, DEPTH)):
        name, version, source = (_plain(item.get(key)) for key in ("name", "version", "purl"))
        if name and item.get("type") != "file" and not source.startswith(owner.source):
            yield Embedded(name=name, version=version, licence=_licence(item.get("licenses")), source=source)


def _components(data: object, depth: int) -> Iterator[Mapping[str, Any]]:
    inner = data.get("components") if isinstance(data, dict) and depth else None
    for item in inner if isinstance(inner, list) else ():
        if isinstance(item, dict):
            yield item
            yield from _components(item, depth - 1)


def _licence(choices: object) -> str:
    """CycloneDX's list of licences as one expression; empty where one of them is no SPDX licence."""
    words = []
    for choice in choices if isinstance(choices, list) else ():
        one = choice if isinstance(choice, dict) else {}
        inner = one.get("license")
        named = inner if isinstance(inner, dict) else {}
        words.append(licences.expression(_plain(one.get("expression") or named.get("id") or named.get("name"))))
    if not words or not all(words):
        return ""
    return words[0] if len(words) == 1 else " AND ".join(f"({word})" if " OR " in word else word for word in words)


def _plain(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
