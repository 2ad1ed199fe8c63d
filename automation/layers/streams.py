"""Streams of layers: unpacked whatever their compression, watched so that a small file can't become a huge one."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import IO, Protocol, cast

from automation.errors import CheckFailed
from automation.layers.zstd import ZstdFile

CHUNK = 1 << 20
# How far something may unpack: ordinary layers stay below 10 times their packed size, and below 50 where they are
# nothing but text. Zeros alone reach 1000 times with gzip.
RATIO, FREE = 100, 64 << 20
# And all layers of an image together.
TOTAL = 200 * 10**9
BOMB_HINT = "an image does not unpack like that; don't use it"
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x04\x22\x4d\x18": "lz4", b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z"}


class Packing(StrEnum):
    """How a stream is compressed. What layers may be."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class Readable(Protocol):
    """What is needed of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, none at the end."""


def packing(file: IO[bytes]) -> Packing:
    """The compression of a tar archive, from its first bytes; the place in it is kept.

    Raises:
        CheckFailed: it is neither plain nor compressed in a way that is known here.
    """
    start = file.read(tarfile.BLOCKSIZE)
    file.seek(0)
    if start.startswith(GZIP_MAGIC):
        return Packing.GZIP
    if start.startswith(ZSTD_MAGIC):
        return Packing.ZSTD
    for magic, name in OTHERS.items():
        if start.startswith(magic):
            raise CheckFailed(f"compressed with {name}, which layers and archives of images are not")
    if start and not _is_tar(start):
        raise CheckFailed("neither a tar archive nor compressed in a known way")
    return Packing.NONE


def _is_tar(start: bytes) -> bool:
    if len(start) < tarfile.BLOCKSIZE:
        return False
    if not start.strip(b"\0"):
        return True
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def allowance(packed: int) -> int:
    """How many bytes something of this packed size may unpack to."""
    return FREE + RATIO * packed


@contextmanager
def unpacked(file: IO[bytes], kind: Packing) -> Iterator[Readable]:
    """The stream without its compression."""
    if kind is Packing.GZIP:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            yield stream
    elif kind is Packing.ZSTD:
        with ZstdFile(file) as stream:
            yield stream
    else:
        yield file


class Watched(io.RawIOBase):
    """A stream that reports each piece read from it, such as to a hash."""

    def __init__(self, source: Readable, *watchers: Callable[[bytes], object]) -> None:
        super().__init__()
        self._source = source
        self._watchers = watchers

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """For io's classes, which call it."""
        view = memoryview(cast("bytearray", buffer))
        piece = self._source.read(len(view))
        view[: len(piece)] = piece
        for watcher in self._watchers:
            watcher(piece)
        return len(piece)

    def drain(self) -> None:
        """Read what is left."""
        while self.read(CHUNK):
            pass


def bound(limit: int, what: str, where: str) -> Callable[[bytes], None]:
    """A watcher that allows only so many bytes.

    Raises:
        CheckFailed: from the watcher, with the first byte beyond.
    """
    left = limit

    def watch(piece: bytes) -> None:
        nonlocal left
        left -= len(piece)
        if left < 0:
            raise CheckFailed(f"{what} unpacks to more than {limit} bytes", where=where, hint=BOMB_HINT)

    return watch


def copy(source: Readable, into: IO[bytes], limit: int, where: str) -> None:
    """Copy a stream to a file.

    Raises:
        CheckFailed: it is longer than the limit.
    """
    watch = bound(limit, "the archive", where)
    while piece := source.read(CHUNK):
        watch(piece)
        into.write(piece)
    into.flush()
    into.seek(0)
