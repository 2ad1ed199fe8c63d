"""Which component each file of an image belongs to, from what the image itself says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from automation.layers import Contents, EntryKind
from automation.ownership import bases, distributions, inventory, packages
from automation.ownership.model import UNOWNED, Component, Kind, purl

__all__ = ["UNOWNED", "Component", "Kind", "owners", "wanted"]

METADATA = re.compile(r"/.*\.dist-info/(METADATA|RECORD)")
TEXTS = frozenset({inventory.PATH, *bases.SOURCES, bases.ZONES, "/etc/os-release", "/usr/lib/os-release"})
# What builds of images write by hand, and what venv leaves besides packages.
MADE = re.compile(
    r"/etc/(passwd|group|shadow|gshadow|shells|nsswitch\.conf|os-release|hosts|hostname|resolv\.conf|ld-musl-.*\.path)-?"
    r"|/usr/lib/os-release|/usr(/local)?/share/autoarr(-base)?/.*|/\.dockerenv"
    r"|/opt/\w+/(pyvenv\.cfg|lib64|bin/([Aa]ctivate(\.\w+)?|python[\d.]*))"
)
LABELS = "org.opencontainers.image."


def wanted(path: str) -> bool:
    """Whether :func:`owners` needs the content of this file: the `keep` for reading an image."""
    return path in TEXTS or METADATA.fullmatch(path) is not None or packages.wanted(path)


def owners(contents: Contents) -> Mapping[str, Component]:
    """The component of every file and link that a container sees; folders have none.

    What the image says goes before what can be told from a path: its inventory, then RECORDs, then the package
    manager's database, then places. Bytecode belongs to its source's owner, a link that nobody claims to what it
    leads to. The rest is UNOWNED.

    Args:
        contents: read with `keep=ownership.wanted`.

    Raises:
        CheckFailed: the image's inventory is broken.
    """
    claims = {
        **bases.claims(contents),
        **bases.interpreter(contents),
        **packages.claims(contents),
        **distributions.claims(contents),
        **inventory.claims(contents),
    }
    ours = {kind: _labelled(contents, kind) for kind in (Kind.APPLICATION, Kind.UI, Kind.IMAGE)}
    ours.update({owner.kind: owner for owner in claims.values() if owner.kind is Kind.APPLICATION})
    files = [path for path, entry in contents.entries.items() if entry.kind is not EntryKind.FOLDER]
    found = {path: _owner(path, claims, ours) for path in files}
    for path in files:
        if found[path] is UNOWNED and contents.entries[path].kind is EntryKind.LINK:
            found[path] = _led_to(contents, path, found)
    return found


def _labelled(contents: Contents, kind: Kind) -> Component:
    """A part of the image that has no other description than the image's own labels."""
    inner = contents.config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    said = labels if isinstance(labels, dict) else {}
    name = "autoarr" if kind is Kind.APPLICATION else str(kind)
    version, licence, source = (str(said.get(LABELS + key) or "") for key in ("version", "licenses", "source"))
    if not source and version and said.get(f"{LABELS}title") == "AutoArr":
        source = purl("generic", name if kind is Kind.APPLICATION else f"autoarr-{kind}", version)
    return Component(kind=kind, name=name, version=version, licence=licence, source=source)


def _owner(path: str, claims: Mapping[str, Component], ours: Mapping[Kind, Component]) -> Component:
    if path in claims:
        return claims[path]
    source = distributions.source_of(path)
    if source is not None and source in claims:
        return claims[source]
    if path.startswith("/opt/app/"):
        return ours[Kind.APPLICATION]
    if path.startswith("/opt/ui/"):
        return ours[Kind.UI]
    return ours[Kind.IMAGE] if MADE.fullmatch(path) else UNOWNED


def _led_to(contents: Contents, path: str, found: Mapping[str, Component]) -> Component:
    """The owner of what a link leads to in the end."""
    for _ in range(8):
        entry = contents.entries.get(path)
        if entry is None or entry.kind is not EntryKind.LINK:
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.target))
        path = packages.real(contents, "/" + path.lstrip("/"))
    return found.get(path, UNOWNED)
