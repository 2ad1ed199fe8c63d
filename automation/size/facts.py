"""The ledger of an image: its bytes on disk and to pull, by whom and of what kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from automation.errors import CheckFailed

VERSION = 1


class Content(StrEnum):
    """What sort of bytes a file holds."""

    CODE = "code"
    NATIVE = "native"
    BYTECODE = "bytecode"
    METADATA = "metadata"
    DATA = "data"


@dataclass(frozen=True, kw_only=True)
class Size:
    """Bytes on disk and to pull."""

    disk: int
    pull: int

    def __add__(self, other: Size) -> Size:
        return Size(disk=self.disk + other.disk, pull=self.pull + other.pull)

    def __sub__(self, other: Size) -> Size:
        return Size(disk=self.disk - other.disk, pull=self.pull - other.pull)


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that would make the image smaller, found from the files that are there."""

    name: str
    what: str
    disk_bytes: int
    files: int


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One component's share. `kinds` are its disk bytes by content, `largest` its largest files; `why` says what it
    is there for, and is empty where the image does not tell."""

    kind: str
    name: str
    version: str
    disk_bytes: int
    pull_bytes: int
    files: int
    kinds: Mapping[str, int]
    largest: Mapping[str, int]
    actions: tuple[Action, ...] = ()
    why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same component in another image, whatever the version."""
        return self.kind, self.name


@dataclass(frozen=True, kw_only=True)
class ContentShare:
    """All files of one sort."""

    kind: str
    disk_bytes: int
    pull_bytes: int
    files: int


@dataclass(frozen=True, kw_only=True)
class LayerShare:
    """One layer, lowest first; `hidden_bytes` of it no container sees. `owners` are pull bytes by kind of owner."""

    digest: str
    disk_bytes: int
    pull_bytes: int
    hidden_bytes: int
    estimated: bool
    created_by: str
    owners: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """Files of equal content; `bytes` is what all but one of them cost on disk."""

    bytes: int
    size: int
    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HiddenFile:
    """A file that a later layer replaced or removed."""

    path: str
    disk_bytes: int
    layer: int


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """An image's bytes. All sums are exact:

    - `disk_bytes` is what a plain count of the files in every layer's tar gives; it is `visible_bytes` (what a
      container sees, each file once whatever its number of names) plus `hidden_bytes`.
    - `visible_bytes` is the sum of the owners' `disk_bytes`, and of the kinds'.
    - `pull_bytes` is the layers' blobs, each once, as registries state it. It is the sum of the owners' `pull_bytes`
      (and of the kinds'), `hidden_pull_bytes` and `structure_pull_bytes` (folders, links' further names, removals).
      The image's own two documents, `config_bytes` and `manifest_bytes`, come on top when it is pulled.

    Attributes:
        base, variant: the image it was built on and the variant of ours that it is, where its labels tell.
        estimated: whether a layer was found unpacked, so that its pull bytes are what a push would make of it.
        hidden: the largest files that no container sees.
    """

    reference: str
    digest: str
    platform: str
    base: str
    variant: str
    disk_bytes: int
    pull_bytes: int
    visible_bytes: int
    hidden_bytes: int
    hidden_pull_bytes: int
    structure_pull_bytes: int
    config_bytes: int
    manifest_bytes: int
    estimated: bool
    owners: tuple[Owner, ...]
    kinds: tuple[ContentShare, ...]
    layers: tuple[LayerShare, ...]
    duplicates: tuple[Duplicate, ...]
    hidden: tuple[HiddenFile, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with its version."""
        return {"version": VERSION, **asdict(self)}


def from_dict(data: Mapping[str, Any], *, where: str = "") -> Ledger:
    """A ledger from what :meth:`Ledger.as_dict` gave.

    Raises:
        CheckFailed: it is of another version, or no ledger.
    """
    if data.get("version") != VERSION:
        raise CheckFailed(
            f"a size report of version {data.get('version')!r}, not {VERSION}", where=where, hint="make it again"
        )
    try:
        fields = {name: data[name] for name in Ledger.__dataclass_fields__}
        fields["owners"] = tuple(
            Owner(**{**item, "actions": tuple(Action(**action) for action in item["actions"])})
            for item in fields["owners"]
        )
        fields["kinds"] = tuple(ContentShare(**item) for item in fields["kinds"])
        fields["layers"] = tuple(LayerShare(**item) for item in fields["layers"])
        fields["duplicates"] = tuple(
            Duplicate(**{**item, "paths": tuple(item["paths"])}) for item in fields["duplicates"]
        )
        fields["hidden"] = tuple(HiddenFile(**item) for item in fields["hidden"])
        ledger = Ledger(**fields)
        # Numbers are reckoned with below; a report edited by hand fails here and not there.
        numbers = [*(item.disk_bytes for item in ledger.owners), *(item.pull_bytes for item in ledger.layers)]
        if not all(isinstance(number, int) for number in [ledger.disk_bytes, ledger.pull_bytes, *numbers]):
            raise ValueError("sizes that are no numbers")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckFailed(
            f"not a size report: {error!r}", where=where, hint="`invoke size --json` writes one"
        ) from None
    return ledger
