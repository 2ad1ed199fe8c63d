"""What is known of an image once its layers were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer.

    Attributes:
        digest: of the blob as transferred; the archive's name for it where that is no digest.
        disk_bytes: its regular files unpacked, as a plain count of its tar gives them. A second name of a file (hard
            link) adds nothing; a sparse file counts in full, since engines write its holes out.
        pull_bytes: its blob as transferred; where the archive holds it unpacked, as a push would compress it.
        estimated: whether `pull_bytes` is such an estimate.
        created_by: the build's own word on what made it, where the image tells.
        pull_weight: what the weights of its files are parts of; the rest is its folders, removals and links.
    """

    digest: str
    disk_bytes: int
    pull_bytes: int
    estimated: bool = False
    created_by: str = ""
    pull_weight: int = 0


@dataclass(frozen=True, kw_only=True)
class ImageSize:
    """The sizes of an image, counted from its layers, as a registry would hold it."""

    layers: tuple[Layer, ...]

    @property
    def disk_bytes(self) -> int:
        """Bytes of files on disk, all layers together, hidden ones included."""
        return sum(layer.disk_bytes for layer in self.layers)

    @property
    def pull_bytes(self) -> int:
        """Bytes of layers to transfer for somebody who has none; a layer that occurs twice comes once.

        As registries state it: the image's manifest and configuration, a few kilobytes more, do not count.
        """
        return sum({layer.digest: layer.pull_bytes for layer in self.layers}.values())


class EntryKind(StrEnum):
    """What lies at a path."""

    FILE = "file"
    LINK = "link"  # symbolic; a hard link is a file with `same_as`
    FOLDER = "folder"
    OTHER = "other"  # a device or a named pipe


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a container sees at a path.

    Attributes:
        size: bytes of a file's content; 0 for everything else.
        mode: permission bits, with setuid, setgid and sticky.
        digest: sha256 of a file's content, in hexadecimal digits; empty for everything else.
        target: where a symbolic link points, as it is written in the image.
        layer: the index of the layer that it comes from, lowest first.
        same_as: for a further name of one file (a hard link), the path that the bytes are counted at.
        pull_weight: the compressed size of its part of the layer's tar; only comparable within one layer, and 0
            where it was not asked for.
    """

    kind: EntryKind
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    digest: str = ""
    target: str = ""
    layer: int = 0
    same_as: str = ""
    pull_weight: int = 0

    @property
    def stored_bytes(self) -> int:
        """What it adds to the disk."""
        return 0 if self.same_as else self.size


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A file that a layer holds and no container sees, since a later layer replaced or removed it."""

    path: str
    size: int
    layer: int
    pull_weight: int = 0


@dataclass(frozen=True, kw_only=True)
class Contents:
    """An image as a container sees it, and what it keeps besides.

    Attributes:
        reference: the name or archive it was read from.
        digest: of its manifest; empty where the archive has none.
        platform: `os/architecture`, with the variant where there is one.
        config: the image's configuration, as its JSON has it.
        config_bytes, manifest_bytes: sizes of these two documents, for somebody who pulls; 0 where not known.
        entries: by absolute path, everything there is but the root folder.
        texts: the content of the files that were asked for, by absolute path.
        hidden: what no container sees.
    """

    reference: str
    digest: str
    platform: str
    config: Mapping[str, Any]
    config_bytes: int
    manifest_bytes: int
    layers: tuple[Layer, ...]
    entries: Mapping[str, Entry]
    texts: Mapping[str, bytes] = field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()

    @property
    def size(self) -> ImageSize:
        """The image's sizes."""
        return ImageSize(layers=self.layers)

    @property
    def visible_bytes(self) -> int:
        """Bytes of the files that a container sees, each counted once whatever its number of names."""
        return sum(entry.stored_bytes for entry in self.entries.values())

    @property
    def hidden_bytes(self) -> int:
        """Bytes of the files that no container sees. With the visible ones they make up `disk_bytes`."""
        return sum(hidden.size for hidden in self.hidden)


@dataclass(frozen=True, kw_only=True)
class Files(Generic[T]):
    """The files that a container sees, by absolute path: what was read of them, and the symbolic links."""

    found: Mapping[str, T]
    links: Mapping[str, str]
