"""The files of an image archive (a tar, or a folder in OCI layout), by name. Nothing is ever written by their names."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from automation import scratch
from automation.errors import CheckFailed, DiskFull, UsageError
from automation.layers import streams
from automation.layers.headers import FAULTS, Header

# An index, manifest or configuration; registries refuse larger ones than 4 MB.
DOCUMENT_LIMIT = 8 << 20
MEMBER_LIMIT = 100_000
LINK_LIMIT = 8
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
AGAIN = "make the archive again: `docker save`, or `invoke build --output oci:PATH`"


class Source(Protocol):
    """Files of an archive by name."""

    where: str

    def size(self, name: str) -> int | None:
        """A file's size in bytes; None when there is none of that name."""

    def open(self, name: str) -> IO[bytes]:
        """Its content.

        Raises:
            CheckFailed: there is none of that name.
        """


class TarSource:
    """The files of a tar archive. Links inside it are followed (older engines save equal layers so)."""

    def __init__(self, archive: tarfile.TarFile, where: str) -> None:
        self.where = where
        self._archive = archive
        self._members: dict[str, tarfile.TarInfo] = {}
        count = 0
        while (member := archive.next()) is not None:
            count += 1
            if count > MEMBER_LIMIT:
                raise CheckFailed(f"more than {MEMBER_LIMIT} files, too many for an image", where=where)
            name = _plain(member.name)
            if member.isdir():
                continue
            if name in self._members:
                raise CheckFailed(f"{name} is in the archive twice", where=where, hint=AGAIN)
            self._members[name] = member

    def size(self, name: str) -> int | None:
        """See :class:`Source`."""
        member = self._find(name)
        return None if member is None else member.size

    def open(self, name: str) -> IO[bytes]:
        """See :class:`Source`."""
        member = self._find(name)
        file = None if member is None else self._archive.extractfile(member)
        if file is None:
            raise missing(name, self.where)
        return file

    def _find(self, name: str) -> tarfile.TarInfo | None:
        name = _plain(name)
        for _ in range(LINK_LIMIT):
            member = self._members.get(name)
            if member is None or (member.isreg() and not member.issparse()):
                return member
            if not (member.issym() or member.islnk()):
                break
            folder = name.rpartition("/")[0] if member.issym() else ""
            name = os.path.normpath(f"{folder}/{member.linkname}").lstrip("/")
        raise CheckFailed(f"{name} is not a plain file", where=self.where, hint=AGAIN)


class FolderSource:
    """The files of a folder in OCI layout. No link may lead out of it."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder.resolve()

    def size(self, name: str) -> int | None:
        """See :class:`Source`."""
        path = self._find(name)
        return None if path is None else path.stat().st_size

    def open(self, name: str) -> IO[bytes]:
        """See :class:`Source`."""
        path = self._find(name)
        if path is None:
            raise missing(name, self.where)
        try:
            return path.open("rb")
        except OSError as error:
            raise CheckFailed(f"{name} can't be read: {error.strerror}", where=self.where) from None

    def _find(self, name: str) -> Path | None:
        try:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder):
                raise CheckFailed(f"{name} leads out of the folder", where=self.where)
            if not path.exists():
                return None
            if not stat.S_ISREG(path.stat().st_mode):
                raise CheckFailed(f"{name} is not a plain file", where=self.where)
        except (ValueError, OSError, RuntimeError) as error:  # a NUL in the name, no permission, a loop of links
            raise CheckFailed(f"{name!r} can't be read: {error}", where=self.where) from None
        return path


def missing(name: str, where: str) -> CheckFailed:
    """The failure of a file that should be in the archive."""
    return CheckFailed(f"{name} is missing", where=where, hint=AGAIN)


def _plain(name: str) -> str:
    while name.startswith("./"):
        name = name[2:]
    return name.rstrip("/")


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The files of an archive: a folder, a tar, or a tar compressed as a whole (unpacked to a scratch file first).

    Raises:
        UsageError: there is nothing at that path.
        CheckFailed: it is no archive, or a broken one.
    """
    if path.is_dir():
        yield FolderSource(path)
        return
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is neither a file nor a folder", hint="name an archive or a folder")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}", hint="name an archive or a folder") from None
    with file, scratch.folder() as folder:
        plain = _plainly(file, folder, path)
        with plain, guarded(str(path)), tarfile.open(fileobj=plain, mode="r:", tarinfo=Header) as archive:
            yield TarSource(archive, str(path))


def _plainly(file: IO[bytes], folder: Path, path: Path) -> IO[bytes]:
    """The archive itself, or what it unpacks to, as a file of the scratch folder."""
    try:
        packing = streams.packing(file)
    except CheckFailed as error:
        raise CheckFailed(f"not an image: {error.what}", where=str(path), hint=AGAIN) from None
    if packing is streams.Packing.NONE:
        return file
    plain = (folder / "image.tar").open("w+b")
    try:
        with guarded(str(path)), streams.unpacked(file, packing) as stream:
            streams.copy(stream, plain, streams.allowance(path.stat().st_size), str(path))
    except BaseException as error:
        plain.close()
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise DiskFull("no space left to unpack the archive", where=str(path)) from None
        raise
    return plain


@contextmanager
def guarded(where: str) -> Iterator[None]:
    """Whatever a broken archive makes the standard library raise becomes one message.

    Raises:
        CheckFailed: in its place.
    """
    try:
        yield
    except FAULTS as error:
        said = str(error).strip() or type(error).__name__
        raise CheckFailed(f"the archive is broken or not an image: {said}", where=where, hint=AGAIN) from None


def blob_name(digest: str, where: str) -> str:
    """Where an OCI layout keeps a blob.

    Raises:
        CheckFailed: it is not a sha256 digest.
    """
    if not DIGEST.fullmatch(digest):
        raise CheckFailed(f"not a sha256 digest: {digest[:100]!r}", where=where, hint=AGAIN)
    return f"blobs/{digest.replace(':', '/')}"


def document(source: Source, name: str, digest: str = "") -> tuple[Mapping[str, Any] | list[Any], bytes]:
    """A JSON document of the archive, and its bytes.

    Raises:
        CheckFailed: it is missing, too large, not what its digest says, or not JSON.
    """
    size = source.size(name)
    if size is None:
        raise missing(name, source.where)
    if size > DOCUMENT_LIMIT:
        raise CheckFailed(f"{name} is {size} bytes long, too long for a document of an image", where=source.where)
    with source.open(name) as file:
        content = file.read()
    if digest and f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise CheckFailed(f"{name} does not have the content that its name says", where=source.where, hint=AGAIN)
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CheckFailed(f"{name} is not JSON: {error}", where=source.where, hint=AGAIN) from None
    if not isinstance(data, (dict, list)):
        raise CheckFailed(f"{name} is not a document of an image", where=source.where, hint=AGAIN)
    return data, content
