"""Smaller ELF files that load the same: without what only linkers and debuggers read, relocations packed, and libraries
written in C without the tables that only exceptions read.

Each function takes an image apart in place and says how many bytes it freed; :func:`shrink` puts them together.
"""

from __future__ import annotations

from automation.slimming import elf
from automation.slimming.elf import Image, NotShrinkable

UNWIND = (".eh_frame_hdr", ".eh_frame")
# What a C++ or Rust library has for its exceptions and panics; it needs the tables.
EXCEPTIONS = ".gcc_except_table"
# Names of libraries whose presence among the needed ones tells that exceptions pass through.
UNWINDERS = ("libgcc_s", "libstdc++", "libunwind", "libc++")
PAGE = 4096  # the least that a loader maps
BITS = 63  # of a DT_RELR bitmap word, besides the bit that marks it as one


def shrink(content: bytes, *, strip: bool = True, relocations: bool = False, unwind: bool = False) -> bytes:
    """A file that loads the same, or the very same bytes where nothing can be gained safely.

    Args:
        strip: leave out symbols, debug data and section headers.
        relocations: pack relative relocations (DT_RELR); the loader has to know them: musl 1.2.4 or newer.
        unwind: leave out the unwind tables of libraries that have no exceptions.
    """
    if not strip:
        return content
    try:
        image = elf.parse(content)
        if image.machine not in elf.RELATIVE:
            return content
        if relocations:
            pack_relocations(image)
        if unwind:
            drop_unwind_tables(image)
        find_leftovers(image)
        compact(image)
        made = elf.build(image)
    except NotShrinkable:
        return content
    return made if len(made) < len(content) else content


def pack_relocations(image: Image) -> int:
    """Turn relative relocations (24 bytes each) into DT_RELR's bitmaps (8 bytes for up to 64); the bytes freed.

    The tables stay where they are and end earlier, so that nothing moves that code refers to.
    """
    tags = image.tags()
    start, size = tags.get(elf.DT_RELA), tags.get(elf.DT_RELASZ, 0)
    plt, plt_size = tags.get(elf.DT_JMPREL), tags.get(elf.DT_PLTRELSZ, 0)
    if start is None or not size or elf.DT_RELR in tags or size % elf.RELA.size:
        return 0
    end = start + size
    if plt is not None and plt_size:
        if not 0 <= plt - end < elf.WORD.size:
            return 0
        end = plt + plt_size
    image.load_at(start, end - start)
    relative, others = _split(image, start, size)
    table = bitmaps(sorted(relative))
    free = _free_entries(image)
    if free is None or len(others) * elf.RELA.size + len(table) * elf.WORD.size >= size:
        return 0
    for address, addend in relative.items():
        image.write(address, elf.WORD.pack(addend & 0xFFFFFFFFFFFFFFFF))
    moved = image.read(plt, plt_size) if plt is not None and plt_size else b""
    kept = b"".join(elf.RELA.pack(*row) for row in others)
    packed = b"".join(elf.WORD.pack(word) for word in table)
    made = kept + moved + packed
    image.write(start, made)
    image.dead.append((start + len(made), end))
    changed = {elf.DT_RELASZ: len(kept), elf.DT_RELACOUNT: 0}
    if moved:
        changed[elf.DT_JMPREL] = start + len(kept)
    _change(image, changed)
    added = (
        (elf.DT_RELR, start + len(kept) + len(moved)),
        (elf.DT_RELRSZ, len(packed)),
        (elf.DT_RELRENT, elf.WORD.size),
    )
    for place, entry in zip(free, added, strict=True):
        image.write(place, elf.DYNAMIC_ENTRY.pack(*entry))
    return end - start - len(made)


def _split(image: Image, start: int, size: int) -> tuple[dict[int, int], list[tuple[int, int, int]]]:
    """The relocations that can be packed, address to addend, and all others as they are."""
    relative: dict[int, int] = {}
    others = []
    for place in range(start, start + size, elf.RELA.size):
        address, info, addend = elf.RELA.unpack(image.read(place, elf.RELA.size))
        inside = any(segment.holds(address, elf.WORD.size) for segment in image.loads)
        if info == elf.RELATIVE[image.machine] and address % elf.WORD.size == 0 and inside and address not in relative:
            relative[address] = addend
        else:
            others.append((address, info, addend))
    return relative, others


def bitmaps(addresses: list[int]) -> list[int]:
    """Sorted addresses of words as DT_RELR has them: an address, then bitmaps of 63 words each after that."""
    words: list[int] = []
    index = 0
    while index < len(addresses):
        words.append(addresses[index])
        base = addresses[index] + elf.WORD.size
        index += 1
        while index < len(addresses):
            bits = 0
            while index < len(addresses) and addresses[index] < base + BITS * elf.WORD.size:
                bits |= 1 << ((addresses[index] - base) // elf.WORD.size)
                index += 1
            if not bits:
                break
            words.append(bits << 1 | 1)
            base += BITS * elf.WORD.size
    return words


def _free_entries(image: Image) -> list[int] | None:
    """The places of three unused dynamic entries, followed by one more that ends the list; None where there are not."""
    empty = [place for place, tag, _ in image.dynamic() if tag == elf.DT_NULL]
    return empty[:3] if len(empty) > 3 else None


def _change(image: Image, values: dict[int, int]) -> None:
    for place, tag, _ in list(image.dynamic()):
        if tag in values:
            image.write(place, elf.DYNAMIC_ENTRY.pack(tag, values[tag]))


def drop_unwind_tables(image: Image) -> int:
    """Leave out the tables of a library that neither throws nor lets others' exceptions pass; the bytes freed.

    Nothing unwinds C: musl ends threads without it, and Python's own tracebacks are Python's.
    """
    known = [image.sections[name] for name in UNWIND if name in image.sections]
    # An unwinder's own frames are on the stack that it unwinds.
    needed = [*image.strings(elf.DT_NEEDED), *image.strings(elf.DT_SONAME)]
    if not known or EXCEPTIONS in image.sections or any(name.startswith(UNWINDERS) for name in needed):
        return 0
    image.dead += [(address, address + size) for address, size in known]
    for header in image.segments:
        if header.kind == elf.PT_GNU_EH_FRAME:
            header.kind, header.file_size, header.memory_size = elf.PT_NULL, 0, 0
    return sum(size for _, size in known)


def find_leftovers(image: Image) -> int:
    """What lies in segments and in no section: tables that tools such as patchelf moved and left behind; the bytes."""
    if not image.sections:
        return 0
    live = sorted((address, address + size) for address, size in image.sections.values() if size)
    found = 0
    for segment in image.loads:
        place, end = segment.address, segment.address + len(segment.content)
        if segment.offset == 0:
            place += elf.HEADER.size + elf.PROGRAM_HEADER.size * len(image.segments)
        for start, stop in [*live, (end, end)]:
            if stop <= place or start > end:
                continue
            if start > place:
                image.dead.append((place, min(start, end)))
                found += min(start, end) - place
            place = max(place, stop)
    return found


def compact(image: Image) -> None:
    """Leave dead ranges out of the file, in whole pages: a segment around one becomes two, or ends earlier.

    Each further segment takes a program header: that of a note, which no loader reads, or a new one where the table
    has room. The largest holes come first.
    """
    dead = _merged(image.dead)
    first = image.loads[0]
    table_end = first.address + elf.HEADER.size + elf.PROGRAM_HEADER.size * len(image.segments)
    room = next((stop - table_end for start, stop in dead if start <= table_end < stop), 0)
    spare = [s for s in image.segments if s.kind in (elf.PT_NULL, elf.PT_NOTE, elf.PT_GNU_PROPERTY)]
    slots = len(spare) + max(room, 0) // elf.PROGRAM_HEADER.size
    growth = slots - len(spare)
    reserved = (table_end, table_end + growth * elf.PROGRAM_HEADER.size)
    holes = sorted(
        (hole for segment in image.loads for hole in _holes(segment, dead, reserved)),
        key=lambda hole: (hole[2] - hole[1], hole[1]),
        reverse=True,
    )
    for segment, start, stop in holes:
        at_end = stop >= segment.address + len(segment.content)
        current = next(each for each in image.loads if each.holds(start))
        if at_end:
            del current.content[start - current.address :]
            if current.memory_size == current.file_size:
                current.memory_size = len(current.content)
            current.file_size = len(current.content)
        elif slots:
            slots -= 1
            if spare:
                image.segments.remove(spare.pop())
            _cut(image, current, start, stop)


def _cut(image: Image, segment: elf.Segment, start: int, stop: int) -> None:
    """Make two segments of one, without the pages in between."""
    rest = elf.Segment(
        *(segment.kind, segment.flags, segment.offset + 1, stop, segment.physical + stop - segment.address),
        *(0, segment.memory_size - (stop - segment.address), segment.alignment),
        segment.content[stop - segment.address :],
    )
    rest.file_size = len(rest.content)
    del segment.content[start - segment.address :]
    segment.file_size = segment.memory_size = len(segment.content)
    image.segments.insert(image.segments.index(segment) + 1, rest)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _holes(
    segment: elf.Segment, dead: list[tuple[int, int]], reserved: tuple[int, int]
) -> list[tuple[elf.Segment, int, int]]:
    """The whole pages of a segment that are dead; at its end also part of one."""
    page = max(segment.alignment, PAGE)
    end = segment.address + len(segment.content)
    found = []
    for start, stop in dead:
        start, stop = max(start, segment.address), min(stop, end)
        if start < reserved[1] and stop > reserved[0]:
            start = max(start, reserved[1])
        if stop == end:
            if start < end and start > segment.address:
                found.append((segment, start, end))
            continue
        # The next segment begins on a page of its own; this one may end anywhere.
        stop -= stop % page
        if stop - start >= page:
            found.append((segment, start, stop))
    return found
