"""What an image consists of, as facts: its components, the files of each, and what each needs."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automation.layers import Contents, EntryKind, View
from automation.ownership import Component, dependencies, inventory
from automation.ownership.model import purl
from automation.sbom import embedded
from automation.sbom.embedded import Embedded

LABELS = "org.opencontainers.image."
SHA1, SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")
EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True)
class File:
    """A regular file and the digests of its content, in hexadecimal digits."""

    path: str
    sha1: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A component and what belongs to it.

    Attributes:
        ref: its name within the documents, unique among the parts.
        files: by path; a file of two names (a hard link) is there under each.
        links: symbolic links and where they point, by path; empty targets are devices and named pipes.
        requires: the refs of the parts that it needs.
        embedded: what went into its files and has none of its own, such as a library that was linked in.
    """

    ref: str
    component: Component
    files: tuple[File, ...]
    links: tuple[tuple[str, str], ...]
    requires: tuple[str, ...]
    embedded: tuple[Embedded, ...]


@dataclass(frozen=True, kw_only=True)
class Bill:
    """An image.

    Attributes:
        name, version: as its labels state them; `image` and empty where they don't.
        digest: `sha256:…` of its manifest, or of its files where it has none.
        created: RFC 3339; the build's label, else the image's own date, else the epoch.
        describes_itself: whether it carries an inventory of its own, and so has to be complete.
    """

    name: str
    version: str
    digest: str
    platform: str
    created: str
    describes_itself: bool
    parts: tuple[Part, ...]

    @property
    def source(self) -> str:
        """A package URL of the image."""
        name = re.sub(r"[^a-z0-9._-]+", "-", self.name.lower()) or "image"
        arch = self.platform.split("/")[1] if "/" in self.platform else ""
        return purl("oci", name, self.digest, qualifiers=f"?arch={arch}" if arch else "")

    @property
    def serial(self) -> uuid.UUID:
        """The same for the same image."""
        return uuid.uuid5(uuid.NAMESPACE_URL, self.source)

    @property
    def roots(self) -> tuple[Part, ...]:
        """The parts that no other part needs."""
        needed = {ref for part in self.parts for ref in part.requires}
        return tuple(part for part in self.parts if part.ref not in needed)


def make(view: View[str], owners: Mapping[str, Component]) -> Bill:
    """An image's bill.

    Args:
        view: the image, seen with the SHA-1 of each file and read with `keep` of :func:`automation.sbom.wanted`.
        owners: of all its files and links, by :func:`automation.ownership.owners`.
    """
    contents = view.contents
    paths: dict[Component, list[str]] = {}
    for path in sorted(owners):
        paths.setdefault(owners[path], []).append(path)
    order = sorted(paths, key=lambda one: (one.kind, one.name, one.version, one.licence, one.source))
    refs = _refs(order)
    needs = dependencies.edges(contents, owners)
    inside = embedded.found(contents, owners)
    parts = []
    for component in order:
        own = [(path, contents.entries[path]) for path in paths[component]]
        parts.append(
            Part(
                ref=refs[component],
                component=component,
                files=tuple(
                    File(path=_text(path), sha1=view.seen[path], sha256=entry.digest)
                    for path, entry in own
                    if entry.kind is EntryKind.FILE
                ),
                links=tuple(
                    (_text(path), _text(entry.target)) for path, entry in own if entry.kind is not EntryKind.FILE
                ),
                requires=tuple(sorted(refs[one] for one in needs.get(component, ()))),
                embedded=inside.get(component, ()),
            )
        )
    describes_itself = inventory.PATH in contents.entries
    return Bill(parts=tuple(parts), describes_itself=describes_itself, **_identity(contents))


def _refs(components: Sequence[Component]) -> dict[Component, str]:
    refs: dict[Component, str] = {}
    for component in components:
        version = f"@{component.version}" if component.version else ""
        ref = wanted = f"{component.kind}:{component.name}{version}"
        number = 1
        while ref in refs.values():
            number += 1
            ref = f"{wanted}#{number}"
        refs[component] = ref
    return refs


def _identity(contents: Contents) -> dict[str, str]:
    inner = contents.config.get("config")
    labels: Any = inner.get("Labels") if isinstance(inner, dict) else None
    said = labels if isinstance(labels, dict) else {}
    created = said.get(f"{LABELS}created") or contents.config.get("created") or EPOCH
    return {
        "name": str(said.get(f"{LABELS}title") or "image"),
        "version": str(said.get(f"{LABELS}version") or ""),
        "digest": contents.digest or _digest_of_files(contents),
        "platform": contents.platform,
        "created": _seconds(str(created)),
    }


def _digest_of_files(contents: Contents) -> str:
    lines = (f"{path} {entry.digest} {entry.target}\n" for path, entry in sorted(contents.entries.items()))
    return f"sha256:{hashlib.sha256(''.join(lines).encode('utf-8', 'surrogateescape')).hexdigest()}"


def _seconds(date: str) -> str:
    """A date in UTC without fractions, as SPDX wants it; the epoch for what is no date."""
    match = re.match(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?Z$", date)
    return f"{match[1]}Z" if match else EPOCH


def _text(path: str) -> str:
    """A path as Unicode: bytes that are none are written as escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def sample(bill: Bill, files: int = 3) -> Bill:
    """The bill with some files of each part, for validators that take minutes for thousands that are all alike.

    Raises:
        ValueError: a file of the whole bill is not like the others: its digests are none, or it is there twice.
    """
    every = [file for part in bill.parts for file in part.files]
    for file in every:
        if not (SHA1.fullmatch(file.sha1) and SHA256.fullmatch(file.sha256) and file.path.startswith("/")):
            raise ValueError(f"{file.path} has no digests")
    if len({file.path for file in every}) != len(every):
        raise ValueError("a file belongs to two components")
    return replace(bill, parts=tuple(replace(part, files=part.files[:files]) for part in bill.parts))
