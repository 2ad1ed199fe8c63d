"""Read an image, from the engine or as an archive, into its layers and their bytes."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from automation import image_store, paths, scratch
from automation.engine import Engine
from automation.errors import CheckFailed

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
CHUNK = 1 << 20
# What a layer calls the removal of a file, and of everything a folder had before.
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer. `disk_bytes` is the size of its regular files unpacked, `pull_bytes` of its blob as transferred."""

    digest: str
    disk_bytes: int
    pull_bytes: int


@dataclass(frozen=True, kw_only=True)
class ImageSize:
    """The sizes of an image, counted from its layers, as a registry would hold it."""

    layers: tuple[Layer, ...]

    @property
    def disk_bytes(self) -> int:
        """Bytes of files on disk, all layers together."""
        return sum(layer.disk_bytes for layer in self.layers)

    @property
    def pull_bytes(self) -> int:
        """Bytes to transfer for somebody who has none of the layers."""
        return sum(layer.pull_bytes for layer in self.layers)


def measure(engine: Engine, reference: str) -> ImageSize:
    """Count an image of the engine.

    Raises:
        CheckFailed: its layers are packed in a way that is not known here.
    """
    with scratch.folder() as folder:
        archive = folder / "image.tar"
        image_store.save(engine, reference, archive)
        return measure_archive(archive)


def measure_archive(path: Path) -> ImageSize:
    """Count an image in an archive of `docker save` or an OCI archive.

    A layer that the archive holds unpacked (engines without a containerd image store keep them so) is compressed
    here, as a push would, to know what a pull costs.
    """
    with tarfile.open(path) as archive:
        members = {member.name.removeprefix("./"): member for member in archive.getmembers()}
        return ImageSize(layers=tuple(_layer(archive, members[name]) for name in layer_names(archive, members)))


def layer_names(archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo]) -> list[str]:
    """The archive's layer files, lowest first: from Docker's manifest.json, else from the OCI index."""
    if "manifest.json" in members:
        manifest: list[dict[str, Any]] = _json(archive, members["manifest.json"])
        return [str(name) for name in manifest[0]["Layers"]]
    index: dict[str, Any] = _json(archive, members["index.json"])
    while "manifests" in index:
        index = _json(archive, members[_blob(_image_manifest(index)["digest"])])
    return [_blob(layer["digest"]) for layer in index["layers"]]


def _image_manifest(index: dict[str, Any]) -> dict[str, Any]:
    """The first entry that is an image and not an attestation."""
    for entry in index["manifests"]:
        if entry.get("annotations", {}).get("vnd.docker.reference.type") != "attestation-manifest":
            return dict(entry)
    raise CheckFailed("the archive holds no image")


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _json(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    file = archive.extractfile(member)
    if file is None:
        raise CheckFailed(f"{member.name} is not a file", where=str(archive.name))
    return json.load(file)


def _layer(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Layer:
    file = archive.extractfile(member)
    if file is None:
        raise CheckFailed(f"{member.name} is not a file", where=str(archive.name))
    magic = file.read(4)
    file.seek(0)
    digest = member.name.removeprefix("blobs/").replace("/", ":")
    if magic.startswith(GZIP_MAGIC):
        return Layer(digest=digest, disk_bytes=_counted_once(digest, file), pull_bytes=member.size)
    if magic == ZSTD_MAGIC:
        raise CheckFailed("a layer is compressed with zstd, which is not counted yet", where=member.name)
    packed = _gzip_bytes(file)
    file.seek(0)
    return Layer(digest=digest, disk_bytes=_file_bytes(file), pull_bytes=packed)


@dataclass(frozen=True, kw_only=True)
class Files(Generic[T]):
    """The files of all layers together, by absolute path: what was read of them, and the symbolic links."""

    found: dict[str, T] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)

    def add(self, path: str, *, content: T | None = None, link: str | None = None) -> None:
        """Put something at a path, in the place of what was there."""
        self.remove(path)
        if content is not None:
            self.found[path] = content
        if link is not None:
            self.links[path] = link
        if content is not None or link is not None:
            folder = path
            while (folder := folder.rpartition("/")[0]) and folder not in self._folders:
                self._folders.add(folder)

    def remove(self, path: str) -> None:
        """Forget a path and all below it."""
        self.found.pop(path, None)
        self.links.pop(path, None)
        if path in self._folders or path == "/":
            for known in (self.found, self.links):
                for name in [name for name in known if name.startswith(f"{path.rstrip('/')}/")]:
                    del known[name]


def read_files(path: Path, read: Callable[[str, IO[bytes]], T | None]) -> Files[T]:
    """The files of an image in an archive, as a container would see them: later layers hide what lies below.

    Args:
        read: given a regular file's path and content, what to keep of it; None for nothing. It is called for files
            that a later layer hides as well.

    Raises:
        CheckFailed: its layers are packed in a way that is not known here.
    """
    files = Files[T]()
    with tarfile.open(path) as archive:
        members = {member.name.removeprefix("./"): member for member in archive.getmembers()}
        for name in layer_names(archive, members):
            with _unpacked(archive, members[name]) as stream, tarfile.open(fileobj=stream, mode="r|") as layer:
                for member in layer:
                    _lay(files, layer, member, read)
    return files


@contextmanager
def _unpacked(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[IO[bytes] | gzip.GzipFile]:
    file = archive.extractfile(member)
    if file is None:
        raise CheckFailed(f"{member.name} is not a file", where=str(archive.name))
    magic = file.read(4)
    file.seek(0)
    if magic == ZSTD_MAGIC:
        raise CheckFailed("a layer is compressed with zstd, which is not read yet", where=member.name)
    if magic.startswith(GZIP_MAGIC):
        with gzip.open(file) as unpacked:
            yield unpacked
    else:
        yield file


def _lay(
    files: Files[T], layer: tarfile.TarFile, member: tarfile.TarInfo, read: Callable[[str, IO[bytes]], T | None]
) -> None:
    path = "/" + member.name.removeprefix("./").strip("/")
    folder, _, name = path.rpartition("/")
    if name == OPAQUE:
        files.remove(folder or "/")
        return
    if name.startswith(WHITEOUT):
        files.remove(f"{folder}/{name.removeprefix(WHITEOUT)}")
        return
    if member.isdir():
        files.links.pop(path, None)
        files.found.pop(path, None)
        return
    if member.issym():
        files.add(path, link=member.linkname)
    elif member.islnk():
        files.add(path, content=files.found.get("/" + member.linkname.removeprefix("./").strip("/")))
    else:
        stream = layer.extractfile(member) if member.isreg() else None
        files.add(path, content=None if stream is None else read(path, stream))


def _counted_once(digest: str, file: IO[bytes]) -> int:
    """The bytes of files in a compressed layer. It is named by its content, so the count is kept."""
    known = paths.cache() / "layers" / digest.replace(":", "-")
    if digest.startswith("sha256:") and known.exists():
        return int(known.read_text(encoding="ascii"))
    with gzip.open(file) as unpacked:
        count = _file_bytes(unpacked)
    if digest.startswith("sha256:"):
        known.parent.mkdir(parents=True, exist_ok=True)
        temporary = known.with_suffix(f".{os.getpid()}")
        temporary.write_text(str(count), encoding="ascii")
        temporary.replace(known)
    return count


def _file_bytes(stream: IO[bytes] | gzip.GzipFile) -> int:
    with tarfile.open(fileobj=stream, mode="r|") as layer:
        return sum(member.size for member in layer if member.isreg())


def _gzip_bytes(stream: IO[bytes]) -> int:
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
    total = 0
    while chunk := stream.read(CHUNK):
        total += len(compressor.compress(chunk))
    return total + len(compressor.flush())
