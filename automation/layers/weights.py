"""How much each part of a layer adds to its compressed size."""

from __future__ import annotations

import zlib

LEVEL = 6


class Weigher:
    """Compresses a layer's tar as it is read and says, part by part, how much came out.

    The parts share one window, as they do in the layer, so that the twentieth file like others costs as little as it
    does there. It is the same gzip whatever the layer itself is compressed with: the parts are only compared.
    """

    def __init__(self, *, parts: bool) -> None:
        self.total = 0
        self._parts = parts
        self._compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
        self._pending = bytearray()
        self._seen = 0
        self._end = 0
        self._part = 0

    def feed(self, piece: bytes) -> None:
        """Bytes as they are read; the reader is ahead of the member it has announced, so some wait."""
        if not self._parts:
            self.total += len(self._compressor.compress(piece))
            return
        self._pending += piece
        self._advance()

    def member(self, end: int) -> None:
        """The member that is read now ends at this offset of the tar."""
        self._end = end
        self._advance()

    def finish_member(self) -> int:
        """The compressed size of the member announced last, all of which was read by now."""
        self._advance()
        if self._parts:
            self._count(self._compressor.flush(zlib.Z_SYNC_FLUSH))
        weight, self._part = self._part, 0
        return weight

    def close(self) -> int:
        """The compressed size of the whole."""
        self._count(self._compressor.compress(bytes(self._pending)))
        self._count(self._compressor.flush())
        return self.total

    def _advance(self) -> None:
        ready = min(len(self._pending), self._end - self._seen)
        if ready > 0:
            self._count(self._compressor.compress(bytes(self._pending[:ready])))
            del self._pending[:ready]
            self._seen += ready

    def _count(self, packed: bytes) -> None:
        self.total += len(packed)
        self._part += len(packed)
