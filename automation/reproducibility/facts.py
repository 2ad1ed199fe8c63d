"""What two images are compared by, and how they may differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of a layer's tar: everything that its bytes come from.

    Attributes:
        kind: `file`, `folder`, `link`, `hard link` or `other`.
        owner: `uid:gid`, with the names where the archive has them.
        time: of the last change, in seconds since 1970.
        target: of a link of either kind.
        digest: sha256 of a file's content.
        attributes: extended attributes and the like, from pax headers.
    """

    kind: str
    mode: int
    owner: str
    time: float
    size: int = 0
    target: str = ""
    digest: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """A layer: its digest as transferred and unpacked, and its members by path, in the order of the tar."""

    digest: str
    unpacked: str
    members: Mapping[str, Member]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An image, down to the bits.

    Attributes:
        name: what it was read from.
        digest: of its manifest.
        archive: sha256 of the archive as a whole; empty where the image is of an engine.
        index, manifest, config: the documents as they are.
        layers: lowest first.
    """

    name: str
    digest: str
    archive: str
    index: Mapping[str, Any]
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]
    layers: tuple[LayerFacts, ...]


def layer_name(number: int) -> str:
    """What a layer is called in a report; the lowest is 1."""
    return f"layer {number}"


class Aspect(StrEnum):
    """In what two things differ."""

    VALUE = "value"
    ONLY_IN_ONE = "only in one"
    CONTENT = "content"
    KIND = "kind"
    MODE = "mode"
    OWNER = "owner"
    TIME = "time"
    TARGET = "link target"
    ATTRIBUTES = "attributes"
    ORDER = "order"
    ENCODING = "encoding"
    COMPRESSION = "compression"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that two images differ in.

    Attributes:
        place: `config`, `manifest`, `index`, or `layer N` (the lowest is 1).
        name: a field as a path, such as `config.Env[2]`, or a file's absolute path; empty for the place as a whole.
        first, second: what each has; empty where it has nothing.
        detail: where in a file the contents part, where that was looked for.
    """

    place: str
    name: str
    aspect: Aspect
    first: str
    second: str
    detail: str = ""
