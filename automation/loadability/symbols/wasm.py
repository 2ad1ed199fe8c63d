"""The export names of a WebAssembly module, for the one CPython that no Debian suite has as a library."""

from __future__ import annotations

MAGIC = b"\0asm"
EXPORTS = 7
HEADER = 8


def exports(module: bytes) -> frozenset[str]:
    """The names a module exports.

    Raises:
        ValueError: it is not a WebAssembly module, or has no exports.
    """
    if not module.startswith(MAGIC):
        raise ValueError("not a WebAssembly module")
    position = HEADER
    while position < len(module):
        section = module[position]
        size, position = _number(module, position + 1)
        if section == EXPORTS:
            return _names(module, position)
        position += size
    raise ValueError("the module has no exports")


def _names(module: bytes, position: int) -> frozenset[str]:
    count, position = _number(module, position)
    names = set()
    for _ in range(count):
        length, position = _number(module, position)
        names.add(module[position : position + length].decode())
        _, position = _number(module, position + length + 1)
    return frozenset(names)


def _number(module: bytes, position: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where the next thing begins."""
    value = shift = 0
    while True:
        byte = module[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position
