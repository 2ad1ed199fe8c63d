"""Read an image of an archive down to the bits: documents as they are, layers member by member."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from automation.layers import manifest as manifests
from automation.layers import source as sources
from automation.layers import streams
from automation.layers.headers import Header
from automation.layers.manifest import Blob
from automation.layers.source import Source
from automation.reproducibility.facts import LayerFacts, Member, Snapshot

KINDS = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard link"}
# What tarfile turns into fields of its own; the rest of a pax header is kept as it is.
FIELDS = frozenset({"path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime", "atime", "ctime"})

# Given the number of the layer (the lowest is 1), a member's path, its header and, for a file, its content.
Look = Callable[[int, str, tarfile.TarInfo, IO[bytes] | None], None]


def read(path: Path, *, known: frozenset[str] = frozenset()) -> Snapshot:
    """The image in an archive.

    Args:
        known: digests of layers that need not be read, since the other image has the very same.

    Raises:
        UsageError: there is no such archive.
        CheckFailed: it is broken, or no image.
    """
    with sources.opened(path) as source:
        image = manifests.find(source)
        index, _ = sources.document(source, "index.json") if source.size("index.json") is not None else ({}, b"")
        manifest: Any = {}
        if image.digest:
            manifest, _ = sources.document(source, sources.blob_name(image.digest, source.where), image.digest)
        layers = []
        for number, blob in enumerate(image.layers, start=1):
            unpacked = image.diff_ids[number - 1] if image.diff_ids else blob.digest
            members: dict[str, Member] = {}
            if blob.digest not in known or not blob.digest:
                members = _members(source, number, blob)
            layers.append(LayerFacts(digest=blob.digest or unpacked, unpacked=unpacked, members=members))
    return Snapshot(
        name=str(path),
        # An archive without a manifest of the OCI's kind: the image is what its configuration says.
        digest=image.digest or _document_digest(image.config),
        archive=_digest(path) if path.is_file() else "",
        index=dict(index) if isinstance(index, dict) else {},
        manifest=manifest,
        config=image.config,
        layers=tuple(layers),
    )


def look(path: Path, see: Look, *, known: frozenset[str] = frozenset()) -> None:
    """Show each member of each layer to a function, hidden ones as well, but for the layers of these digests."""
    with sources.opened(path) as source:
        for number, blob in enumerate(manifests.find(source).layers, start=1):
            if blob.digest not in known or not blob.digest:
                _each(source, number, blob, see)


def layer_digests(path: Path) -> frozenset[str]:
    """The digests of an archive's layers; those without a digest are left out."""
    with sources.opened(path) as source:
        return frozenset(blob.digest for blob in manifests.find(source).layers if blob.digest)


def _members(source: Source, number: int, blob: Blob) -> dict[str, Member]:
    members: dict[str, Member] = {}

    def see(number: int, path: str, header: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        members.pop(path, None)  # a second entry of one name counts, at its place
        members[path] = member(header, content)

    _each(source, number, blob, see)
    return members


def member(header: tarfile.TarInfo, content: IO[bytes] | None) -> Member:
    """The facts of a member."""
    return Member(
        kind="file" if header.isreg() else KINDS.get(header.type, "other"),
        mode=header.mode,
        owner=":".join(
            f"{number}({name})" if name else str(number)
            for number, name in ((header.uid, header.uname), (header.gid, header.gname))
        ),
        time=float(header.pax_headers.get("mtime", header.mtime)),
        size=header.size,
        target=header.linkname,
        digest="" if content is None else hashlib.file_digest(content, "sha256").hexdigest(),  # type: ignore[arg-type]  # it wants readinto, which tarfile's files have
        attributes={
            **{name: value for name, value in header.pax_headers.items() if name not in FIELDS},
            **({"device": f"{header.devmajor}:{header.devminor}"} if header.ischr() or header.isblk() else {}),
        },
    )


def _each(source: Source, number: int, blob: Blob, see: Look) -> None:
    packed = source.size(blob.name) or 0
    where = f"{source.where}: layer {number}"
    with _unpacked(source, blob, where) as stream:
        watched = streams.Watched(stream, streams.bound(streams.allowance(packed), "a layer", where))
        with tarfile.open(fileobj=io.BufferedReader(watched, streams.CHUNK), mode="r|", tarinfo=Header) as layer:
            while (header := layer.next()) is not None:
                layer.members.clear()  # type: ignore[attr-defined]  # not in typeshed; they would all be kept
                path = "/" + header.name.removeprefix("./").strip("/")
                see(number, path, header, layer.extractfile(header) if header.isreg() else None)


@contextmanager
def _unpacked(source: Source, blob: Blob, where: str) -> Iterator[streams.Readable]:
    if source.size(blob.name) is None:
        raise sources.missing(blob.name, source.where)
    with (
        source.open(blob.name) as file,
        sources.guarded(where),
        streams.unpacked(file, streams.packing(file)) as stream,
    ):
        yield stream


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _document_digest(config: object) -> str:
    return f"sha256:{hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()}"
