"""What one look at a file tells: which sort of bytes it holds, and what of it only debuggers read."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import IO

from elftools.common.exceptions import ELFError
from elftools.construct.core import ConstructError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from automation.size.facts import Content

ELF, ARCHIVE, SCRIPT = b"\x7fELF", b"!<arch>\n", b"#!"
# Larger ones are not looked into; what could be stripped of them is unknown and counts as nothing.
LOOK_LIMIT = 512 << 20
# What `strip --strip-unneeded` takes away of a library or program.
STRIPPABLE = re.compile(r"\.(symtab|strtab|debug_.*|zdebug_.*|gdb_index|stab.*|gnu_debugdata)")
CODE = re.compile(
    r".*\.(py|pyi|pyx|pxd|pyw|js|mjs|cjs|ts|tsx|css|html|sh|bash|pl|pm|rb|c|h|cc|cpp|hpp|inc|awk|ps1|csh|fish|mako)"
)
BYTECODE = re.compile(r".*\.(pyc|pyo|elc)")
# What pyelftools raises at files that are not as they should be.
BROKEN = (
    *(ELFError, ConstructError, ValueError, KeyError, IndexError, OverflowError, AssertionError, AttributeError),
    TypeError,
)
METADATA = re.compile(
    r".*\.(dist|egg)-info(/.*)?|(/usr)?/lib/apk/.*|/var/lib/(dpkg|apt)/.*|/usr(/local)?/share/autoarr(-base)?/.*"
    r"|/usr/share/doc/[^/]+/copyright|.*/(LICEN[CS]E|COPYING|NOTICE)[^/]*"
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a file's bytes say. `strippable` is what stripping would save of them, `needed` the libraries it names."""

    native: bool = False
    script: bool = False
    strippable: int = 0
    needed: tuple[str, ...] = ()


def look(path: str, stream: IO[bytes]) -> Look | None:
    """Look at a regular file of an image."""
    head = stream.read(64)
    if head.startswith(ELF):
        return _native(head + stream.read(LOOK_LIMIT))
    if head.startswith(ARCHIVE):
        return Look(native=True)
    return Look(script=True) if head.startswith(SCRIPT) else None


def _native(content: bytes) -> Look:
    strippable = 0
    needed: tuple[str, ...] = ()
    try:
        file = ELFFile(io.BytesIO(content))
        needed = tuple(
            str(tag.needed)  # type: ignore[attr-defined]  # set by the tag's kind
            for segment in file.iter_segments()
            if isinstance(segment, DynamicSegment)
            for tag in segment.iter_tags("DT_NEEDED")
        )
        if file["e_type"] in ("ET_EXEC", "ET_DYN"):
            sections = [(section.name, int(section["sh_size"])) for section in file.iter_sections() if section.name]
            strippable = sum(size for name, size in sections if STRIPPABLE.fullmatch(name))
    except BROKEN:
        pass  # for no machine that is known, or cut off: what was found until then holds
    return Look(native=True, strippable=min(strippable, len(content)), needed=needed)


def content(path: str, seen: Look | None) -> Content:
    """The sort of bytes that a file holds."""
    if seen is not None and seen.native:
        return Content.NATIVE
    if BYTECODE.fullmatch(path):
        return Content.BYTECODE
    if METADATA.fullmatch(path):
        return Content.METADATA
    if CODE.fullmatch(path) or (seen is not None and seen.script):
        return Content.CODE
    return Content.DATA
