"""Headers of tar archives, read with suspicion: the standard library ends quietly at what it can't read."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Sequence
from typing import cast

from automation.layers.zstd import ZstdError

# What the standard library raises on broken input, besides its own errors; the last three stand for sizes beyond
# reason and for headers upon headers.
FAULTS = (
    tarfile.TarError,
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
    ZstdError,
    ValueError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    MemoryError,
)
EXTENSIONS = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
EXTENSION_LIMIT = 1 << 20
# How tarfile says that an archive ends here. The classes are not public, their common root is.
ENDS = ("EOFHeaderError", "EmptyHeaderError")


class Malformed(ValueError):
    """A header that can't be right. Not a `tarfile.HeaderError`, which would count as the archive's end."""


class Header(tarfile.TarInfo):
    """A member's header. What is malformed raises, and is never taken for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Header:
        """Parse one block.

        Raises:
            Malformed: it is cut off, no header, or of an impossible size.
        """
        if 0 < len(buf) < tarfile.BLOCKSIZE:
            raise Malformed("it ends within a header")
        try:
            made = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if type(error).__name__ in ENDS:
                raise
            raise Malformed(str(error)) from None
        if made.size < 0:
            raise Malformed("a size below zero")
        if made.type in EXTENSIONS and made.size > EXTENSION_LIMIT:
            raise Malformed(f"a name or attribute of {made.size} bytes")
        return made

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Header:
        """The next member.

        Raises:
            Malformed: an extended header before it makes no sense.
        """
        try:
            made = super().fromtarfile(tarfile)
        except _HEADER_ERROR as error:
            if type(error).__name__ in ENDS:
                raise
            raise Malformed(str(error)) from None
        if made.size < 0:
            raise Malformed("a size below zero")
        place = 0
        # typeshed has `sparse` as bytes; it is a list of (offset, size).
        for offset, size in cast("Sequence[tuple[int, int]]", made.sparse or ()):
            if offset < place or size < 0 or offset + size > made.size:
                raise Malformed("a sparse file whose parts overlap")
            place = offset + size
        return made


_HEADER_ERROR = tarfile.HeaderError
