"""ELF files as their segments: what a loader reads of them, and writing them anew with nothing else.

64-bit little-endian files only, which is what x86_64 and aarch64 have; anything else is left as it is. Names and
numbers are those of the System V ABI (https://gabi.xinuos.com) and its processor supplements.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

MAGIC = b"\x7fELF"
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
DYNAMIC_ENTRY = struct.Struct("<qQ")
RELA = struct.Struct("<QQq")
WORD = struct.Struct("<Q")

PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_EH_FRAME = 0, 1, 2, 3, 0x6474E550
PT_NOTE, PT_GNU_PROPERTY = 4, 0x6474E553
SHT_NOBITS, SHF_ALLOC = 8, 2
DT_NULL, DT_NEEDED, DT_STRTAB, DT_RELA, DT_RELASZ, DT_SONAME, DT_RPATH, DT_JMPREL, DT_PLTRELSZ = (
    *(0, 1, 5, 7, 8, 14, 15),
    *(23, 2),
)
DT_RUNPATH, DT_RELRSZ, DT_RELR, DT_RELRENT, DT_RELACOUNT = 29, 35, 36, 37, 0x6FFFFFF9
# R_X86_64_RELATIVE and R_AARCH64_RELATIVE: "the load address plus the addend", by machine.
RELATIVE = {62: 8, 183: 1027}
ADDRESSES = 2**64
LARGEST_PAGE = 2**24


class NotShrinkable(Exception):
    """The file is of a shape that is not known here; it stays as it is."""


@dataclass
class Segment:
    """A program header, and for PT_LOAD the bytes it maps."""

    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    alignment: int
    content: bytearray = field(default_factory=bytearray)

    def holds(self, address: int, size: int = 1) -> bool:
        """Whether an address range lies in what the file gives of this segment."""
        return self.address <= address and address + size <= self.address + len(self.content)


@dataclass
class Image:
    """An ELF file.

    Attributes:
        header: its header's fields.
        sections: where named sections lie, as address and size in the file; empty where it has no section headers.
        dead: ranges of addresses, start and end, that nothing reads any more.
    """

    header: list[int | bytes]
    segments: list[Segment]
    sections: dict[str, tuple[int, int]]
    dead: list[tuple[int, int]] = field(default_factory=list)

    @property
    def machine(self) -> int:
        """EM_X86_64 (62) or EM_AARCH64 (183)."""
        return int(self.header[2])

    @property
    def loads(self) -> list[Segment]:
        """The segments that are mapped, by address."""
        return sorted((s for s in self.segments if s.kind == PT_LOAD), key=lambda segment: segment.address)

    def load_at(self, address: int, size: int = 1) -> Segment:
        """The mapped segment that holds an address range.

        Raises:
            NotShrinkable: none does.
        """
        for segment in self.loads:
            if segment.holds(address, size):
                return segment
        raise NotShrinkable(f"nothing in the file is mapped at {address:#x}")

    def read(self, address: int, size: int) -> bytes:
        """Bytes at an address."""
        segment = self.load_at(address, size)
        start = address - segment.address
        return bytes(segment.content[start : start + size])

    def write(self, address: int, data: bytes) -> None:
        """Put bytes at an address."""
        segment = self.load_at(address, len(data))
        start = address - segment.address
        segment.content[start : start + len(data)] = data

    def dynamic(self) -> Iterator[tuple[int, int, int]]:
        """The dynamic section's entries: address of the entry, tag, value; also the empty ones at its end."""
        for segment in self.segments:
            if segment.kind == PT_DYNAMIC:
                for place in range(segment.address, segment.address + segment.file_size, DYNAMIC_ENTRY.size):
                    yield (place, *DYNAMIC_ENTRY.unpack(self.read(place, DYNAMIC_ENTRY.size)))

    def tags(self) -> dict[int, int]:
        """The dynamic section by tag, up to its end mark; of repeated tags the last."""
        found: dict[int, int] = {}
        for _, tag, value in self.dynamic():
            if tag == DT_NULL:
                break
            found[tag] = value
        return found

    def strings(self, tag: int) -> list[str]:
        """The strings that dynamic entries of a tag name."""
        table = self.tags().get(DT_STRTAB)
        if table is None:
            return []
        values = []
        for _, found, value in self.dynamic():
            if found == DT_NULL:
                break
            if found == tag:
                values.append(self._string(table + value))
        return values

    def _string(self, address: int) -> str:
        segment = self.load_at(address)
        start = address - segment.address
        end = segment.content.find(0, start)
        if end < 0:
            raise NotShrinkable(f"the string at {address:#x} has no end")
        return bytes(segment.content[start:end]).decode("utf-8", "surrogateescape")

    @property
    def interpreter(self) -> str | None:
        """The loader that an executable names."""
        for segment in self.segments:
            if segment.kind == PT_INTERP:
                return self._string(segment.address)
        return None


def is_elf(content: bytes) -> bool:
    """Whether this is an ELF file of a kind that can be read here."""
    return content[:6] == MAGIC + b"\x02\x01" and len(content) > HEADER.size


def parse(content: bytes) -> Image:
    """Read an ELF file.

    Raises:
        NotShrinkable: it has no program headers, or they point outside of it or make no sense.
    """
    if not is_elf(content):
        raise NotShrinkable("not a 64-bit little-endian ELF file")
    header = list(HEADER.unpack_from(content))
    start, size, count = int(header[5]), int(header[9]), int(header[10])
    if not count or size != PROGRAM_HEADER.size or start != HEADER.size:
        raise NotShrinkable("its program headers are not where linkers put them")
    segments = []
    for index in range(count):
        kind, flags, *numbers = PROGRAM_HEADER.unpack_from(content, start + index * size)
        segment = Segment(kind, flags, *numbers)
        if segment.file_size and segment.offset + segment.file_size > len(content):
            raise NotShrinkable("a segment ends after the file")
        if kind == PT_LOAD:
            segment.content = bytearray(content[segment.offset : segment.offset + segment.file_size])
        segments.append(segment)
    image = Image(header=header, segments=segments, sections=_sections(content, header))
    _check(image.loads)
    return image


def _check(loads: list[Segment]) -> None:
    """Refuse what no loader would map: the file made of it could be of any size.

    Raises:
        NotShrinkable: nothing is mapped, or segments overlap or lie outside of any address space.
    """
    if not loads:
        raise NotShrinkable("it maps nothing")
    if any(before.address + before.file_size > after.address for before, after in pairwise(loads)):
        raise NotShrinkable("its segments overlap")
    if any(max(each.address, each.physical) + each.memory_size >= ADDRESSES for each in loads):
        raise NotShrinkable("a segment ends after the last address")
    if any(each.alignment > LARGEST_PAGE for each in loads):
        raise NotShrinkable("a segment is aligned to more than any page")


def _sections(content: bytes, header: list[int | bytes]) -> dict[str, tuple[int, int]]:
    start, size, count, names = (int(header[index]) for index in (6, 11, 12, 13))
    if not start or not count or size != SECTION_HEADER.size or start + size * count > len(content) or names >= count:
        return {}
    rows = [SECTION_HEADER.unpack_from(content, start + size * index) for index in range(count)]
    table = content[rows[names][4] : rows[names][4] + rows[names][5]]
    if any(table.find(b"\0", row[0]) < 0 for row in rows):
        return {}
    return {
        table[row[0] : table.index(b"\0", row[0])].decode("ascii", "replace"): (row[3], row[5])
        for row in rows
        if row[3] and row[1] != SHT_NOBITS and row[2] & SHF_ALLOC
    }


def build(image: Image) -> bytes:
    """The file again: header, program headers and what is mapped, and neither sections nor anything between.

    A loader maps whole pages, so each segment keeps its offset within its alignment.
    """
    loads = image.loads
    first = loads[0]
    if first.offset != 0 or first.file_size < HEADER.size + PROGRAM_HEADER.size * len(image.segments):
        raise NotShrinkable("the headers are not mapped")
    out = bytearray()
    for segment in loads:
        alignment = max(segment.alignment, 1)
        out += bytes((segment.address - len(out)) % alignment)
        segment.offset = len(out)
        segment.file_size = len(segment.content)
        out += segment.content
    for segment in image.segments:
        if segment.kind in (PT_LOAD, PT_NULL) or not segment.file_size:
            continue
        within = image.load_at(segment.address, segment.file_size)
        segment.offset = within.offset + segment.address - within.address
    header = list(image.header)
    header[6], header[10], header[12], header[13] = 0, len(image.segments), 0, 0  # loaders read no section headers
    out[: HEADER.size] = HEADER.pack(*header)
    for index, segment in enumerate(image.segments):
        PROGRAM_HEADER.pack_into(
            out,
            HEADER.size + index * PROGRAM_HEADER.size,
            *(segment.kind, segment.flags, segment.offset, segment.address, segment.physical),
            *(segment.file_size, segment.memory_size, segment.alignment),
        )
    return bytes(out)
