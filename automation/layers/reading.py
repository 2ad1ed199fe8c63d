"""Read an image, from the engine or as an archive, into its layers and their bytes."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from automation import image_store, scratch
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.layers import manifest as manifests
from automation.layers import source as sources
from automation.layers import streams
from automation.layers.facts import Contents, Entry, EntryKind, Files, ImageSize, Layer
from automation.layers.headers import Header
from automation.layers.manifest import Blob, Manifest
from automation.layers.source import AGAIN, Source
from automation.layers.tree import Tree
from automation.layers.weights import Weigher

# Files and folders of all layers together; large images have some hundred thousand.
ENTRY_LIMIT = 3_000_000
TEXT_LIMIT = 64 << 20

T = TypeVar("T")
Look = Callable[[str, IO[bytes]], T | None]


def nothing(path: str) -> bool:
    """No file's content is kept."""
    return False


@dataclass(frozen=True, kw_only=True)
class View(Generic[T]):
    """An image's contents, and what a look at each of its files gave, by absolute path."""

    contents: Contents
    seen: Mapping[str, T]


@contextmanager
def saved(engine: Engine, reference: str) -> Iterator[Path]:
    """An image of the engine as an archive, for as long as it is needed.

    Raises:
        UsageError: the engine has none of that name.
    """
    if image_store.inspect(engine, reference) is None:
        raise UsageError(
            f"the engine has no image {reference}",
            hint="build it with `invoke build`, or pull it; `docker images` lists",
        )
    with scratch.folder() as folder:
        archive = folder / "image.tar"
        image_store.save(engine, reference, archive)
        yield archive


def measure(engine: Engine, reference: str) -> ImageSize:
    """Count an image of the engine."""
    with saved(engine, reference) as archive:
        return measure_archive(archive)


def measure_archive(path: Path, *, platform: str | None = None) -> ImageSize:
    """Count an image in an archive."""
    return contents_of_archive(path, platform=platform).size


def contents(
    engine: Engine, reference: str, *, platform: str | None = None, keep: Callable[[str], bool] = nothing
) -> Contents:
    """Read an image of the engine; see :func:`contents_of_archive`."""
    with saved(engine, reference) as archive:
        return replace(contents_of_archive(archive, platform=platform, keep=keep), reference=reference)


def contents_of_archive(
    path: Path, *, platform: str | None = None, name: str | None = None, keep: Callable[[str], bool] = nothing
) -> Contents:
    """Read an image in an archive: of `docker save`, or an OCI layout as a tar or a folder.

    Args:
        platform, name: which image, where the archive holds several; see :func:`automation.layers.manifest.find`.
        keep: by absolute path, the files whose content is wanted in `Contents.texts`.

    Raises:
        UsageError: there is no such archive, or no image of that name or platform in it.
        CheckFailed: it is broken, or no image, or not what its digests say, or unpacks beyond reason.
    """
    return view(path, _unseen, platform=platform, name=name, keep=keep).contents


def read_files(path: Path, read: Look[T], *, platform: str | None = None) -> Files[T]:
    """The files of an image in an archive, as a container would see them: later layers hide what lies below.

    Args:
        read: given a regular file's path and content, what to keep of it; None for nothing. It is called for files
            that a later layer hides as well.

    Raises:
        UsageError, CheckFailed: as :func:`contents_of_archive`.
    """
    found = view(path, read, platform=platform)
    links = {name: entry.target for name, entry in found.contents.entries.items() if entry.kind is EntryKind.LINK}
    return Files(found=found.seen, links=links)


def _unseen(path: str, stream: IO[bytes]) -> None:
    """A look that sees nothing."""


def view(
    path: Path,
    look: Look[T],
    *,
    platform: str | None = None,
    name: str | None = None,
    keep: Callable[[str], bool] = nothing,
    weigh: bool = False,
) -> View[T]:
    """Read an image in an archive, with a look at each of its files; see :func:`contents_of_archive`.

    Args:
        weigh: also find each file's `pull_weight`, which takes about three times as long.
    """
    with sources.opened(path) as source:
        image = manifests.find(source, platform=platform, name=name)
        reader = _Reader(source, image, look, keep, weigh)
        found = [reader.layer(index, blob) for index, blob in enumerate(image.layers)]
        entries, keys, hidden = reader.tree.result()
    made_by = _made_by(image.config, len(found))
    return View(
        contents=Contents(
            reference=str(path),
            digest=image.digest,
            platform=image.platform,
            config=image.config,
            config_bytes=image.config_bytes,
            manifest_bytes=image.manifest_bytes if image.digest else 0,
            layers=tuple(replace(layer, created_by=word) for layer, word in zip(found, made_by, strict=True)),
            entries=entries,
            texts={name: reader.texts[key] for name, key in keys.items() if key in reader.texts},
            hidden=hidden,
        ),
        seen={name: reader.seen[key] for name, key in keys.items() if key in reader.seen},
    )


def _made_by(config: Mapping[str, Any], count: int) -> list[str]:
    """For each layer what the image's history says of it, where that has an entry for each."""
    history = config.get("history")
    steps = [step for step in history if isinstance(step, dict)] if isinstance(history, list) else []
    words = [str(step.get("created_by", "")) for step in steps if not step.get("empty_layer")]
    return words if len(words) == count else [""] * count


class _Reader(Generic[T]):
    """Goes through the layers of one image, lowest first."""

    def __init__(
        self, source: Source, image: Manifest, look: Look[T], keep: Callable[[str], bool], weigh: bool
    ) -> None:
        self.tree = Tree(source.where)
        self.texts: dict[int, bytes] = {}
        self.seen: dict[int, T] = {}
        self._source = source
        self._image = image
        self._look = look
        self._keep = keep
        self._weigh = weigh
        self._entries_left = ENTRY_LIMIT
        self._total = streams.bound(streams.TOTAL, "the image", source.where)

    def layer(self, index: int, blob: Blob) -> Layer:
        """Read one layer to its end and check its digests."""
        where = f"{self._source.where}: layer {index + 1}, {blob.digest or blob.name}"
        packed = self._source.size(blob.name)
        if packed is None:
            raise sources.missing(blob.name, self._source.where)
        if blob.size not in (None, packed):
            raise CheckFailed(f"a layer of {packed} bytes where {blob.size} are stated", where=where, hint=AGAIN)
        with self._source.open(blob.name) as file, sources.guarded(where):
            try:
                packing = streams.packing(file)
            except CheckFailed as error:
                raise CheckFailed(
                    f"a layer is {error.what}", where=where, hint="layers are tar, gzip or zstd"
                ) from None
            outer, inner = hashlib.sha256(), hashlib.sha256()
            weigher = Weigher(parts=self._weigh) if self._weigh or packing is streams.Packing.NONE else None
            watchers: list[Callable[[bytes], object]] = [
                streams.bound(streams.allowance(packed), "a layer", where),
                self._total,
                inner.update,
            ]
            if weigher is not None:
                watchers.append(weigher.feed)
            raw = io.BufferedReader(streams.Watched(file, outer.update), streams.CHUNK)
            with streams.unpacked(raw, packing) as stream:
                unpacked = streams.Watched(stream, *watchers)
                disk = self._members(index, unpacked, streams.allowance(packed), weigher, where)
                unpacked.drain()
            while raw.read(streams.CHUNK):
                pass
        digest = f"sha256:{outer.hexdigest()}"
        expected = self._image.diff_ids[index] if self._image.diff_ids else None
        if blob.digest not in ("", digest) or expected not in (None, f"sha256:{inner.hexdigest()}"):
            raise CheckFailed("a layer does not have the content that its digest says", where=where, hint=AGAIN)
        estimate = weigher.close() if weigher is not None else 0
        return Layer(
            digest=blob.digest or digest,
            disk_bytes=disk,
            pull_bytes=estimate if packing is streams.Packing.NONE else packed,
            estimated=packing is streams.Packing.NONE,
            pull_weight=estimate,
        )

    def _members(self, index: int, stream: streams.Watched, limit: int, weigher: Weigher | None, where: str) -> int:
        """Put a layer's members into the tree; the bytes of its files."""
        disk = 0
        buffered = io.BufferedReader(stream, streams.CHUNK)
        if not buffered.peek(1):
            return 0  # nothing at all is no tar, but some builders make their empty layers so
        with tarfile.open(fileobj=buffered, mode="r|", tarinfo=Header) as layer:
            while (member := layer.next()) is not None:
                layer.members.clear()  # type: ignore[attr-defined]  # not in typeshed; they would all be kept
                if weigher is not None:
                    weigher.member(layer.offset)
                disk += member.size if member.isreg() else 0
                self._entries_left -= 1
                if disk > limit or self._entries_left < 0:
                    raise CheckFailed("a layer unpacks beyond reason", where=where, hint=streams.BOMB_HINT)
                self._member(index, layer, member, weigher)
        return disk

    def _member(self, index: int, layer: tarfile.TarFile, member: tarfile.TarInfo, weigher: Weigher | None) -> None:
        facts = Entry(kind=_kind(member), mode=member.mode & 0o7777, uid=member.uid, gid=member.gid, layer=index)
        if member.isdir():
            self.tree.folder(member.name, facts)
        elif member.islnk():
            self.tree.hard_link(member.name, member.linkname, index)
        else:
            key = self.tree.file(member.name, facts)
            if member.isreg():
                facts = replace(facts, size=member.size, digest=self._content(key, layer, member))
            elif member.issym():
                facts = replace(facts, target=member.linkname)
            weight = 0 if weigher is None else weigher.finish_member()
            self.tree.complete(key, replace(facts, pull_weight=weight))
            return
        if weigher is not None:
            weigher.finish_member()

    def _content(self, key: int, layer: tarfile.TarFile, member: tarfile.TarInfo) -> str:
        """Read a file to its end, and keep of it what is wanted; its digest."""
        stream = layer.extractfile(member)
        if stream is None:
            raise tarfile.ReadError(f"{member.name} has no content")
        path, digest = self.tree.path(key), hashlib.sha256()
        content: IO[bytes] = io.BufferedReader(streams.Watched(stream, digest.update))
        if self._keep(path):
            if member.size > TEXT_LIMIT:
                raise CheckFailed(f"{path} is too long for what it should be", where=self._source.where)
            content = io.BytesIO(content.read())
            self.texts[key] = content.getvalue()
        seen = self._look(path, content)
        if seen is not None:
            self.seen[key] = seen
        while content.read(streams.CHUNK):
            pass
        return digest.hexdigest()


def _kind(member: tarfile.TarInfo) -> EntryKind:
    if member.isreg() or member.islnk():
        return EntryKind.FILE
    if member.issym():
        return EntryKind.LINK
    return EntryKind.FOLDER if member.isdir() else EntryKind.OTHER
