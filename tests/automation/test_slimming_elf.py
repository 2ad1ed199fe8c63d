"""ELF files as segments: reading real ones, writing them again, and what is refused."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from automation.slimming import elf
from automation.slimming.elf import NotShrinkable


@pytest.fixture(scope="module")
def content() -> bytes:
    """A small extension module that is installed here."""
    found = importlib.util.find_spec("markupsafe._speedups")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_bytes()


def program_header(content: bytes, kind: int, nth: int = 0) -> int:
    """The place of a program header in a file."""
    count = elf.HEADER.unpack_from(content)[10]
    places = [elf.HEADER.size + index * elf.PROGRAM_HEADER.size for index in range(count)]
    return [place for place in places if elf.PROGRAM_HEADER.unpack_from(content, place)[0] == kind][nth]


def patched(content: bytes, place: int, value: int, size: int = 8) -> bytes:
    """A file with one number replaced."""
    return content[:place] + value.to_bytes(size, "little") + content[place + size :]


def test_the_same_as_pyelftools_says(content: bytes) -> None:
    image = elf.parse(content)
    parsed = ELFFile(io.BytesIO(content))
    assert image.machine == {"EM_X86_64": 62, "EM_AARCH64": 183}[parsed["e_machine"]]
    theirs = [(s["p_offset"], s["p_vaddr"], s["p_filesz"], s["p_memsz"]) for s in parsed.iter_segments("PT_LOAD")]
    assert [(s.offset, s.address, s.file_size, s.memory_size) for s in image.loads] == theirs
    named = {
        section.name: (section["sh_addr"], section["sh_size"])
        for section in parsed.iter_sections()
        if section["sh_flags"] & elf.SHF_ALLOC and section["sh_type"] != "SHT_NOBITS" and section["sh_addr"]
    }
    assert image.sections == named
    (dynamic,) = (each for each in parsed.iter_segments() if isinstance(each, DynamicSegment))
    needed = [getattr(tag, "needed") for tag in dynamic.iter_tags("DT_NEEDED")]  # noqa: B009 - set when it is asked for
    assert image.strings(elf.DT_NEEDED) == needed
    assert image.interpreter is None


def test_built_anew_every_mapped_byte_is_the_same(content: bytes) -> None:
    before, made = elf.parse(content), elf.build(elf.parse(content))
    after = elf.parse(made)
    assert after.sections == {}
    assert len(made) < len(content)
    for old, new in zip(before.loads, after.loads, strict=True):
        assert (old.address, old.memory_size, old.flags) == (new.address, new.memory_size, new.flags)
        assert (new.address - new.offset) % new.alignment == 0
        # The first begins with the headers, which are what changed.
        skipped = elf.HEADER.size + elf.PROGRAM_HEADER.size * len(before.segments) if old.offset == 0 else 0
        assert old.content[skipped:] == new.content[skipped:]
    assert after.tags() == before.tags()


def test_reading_and_writing_by_address(content: bytes) -> None:
    image = elf.parse(content)
    segment = image.loads[-1]
    image.write(segment.address, b"12345678")
    assert image.read(segment.address + 2, 4) == b"3456"
    assert segment.content[:8] == b"12345678"
    end = segment.address + len(segment.content)
    for address, size in ((end, 1), (end - 1, 2), (2**63, 1)):
        with pytest.raises(NotShrinkable, match=f"nothing in the file is mapped at {address:#x}"):
            image.read(address, size)
        with pytest.raises(NotShrinkable):
            image.write(address, bytes(size))


def test_a_string_without_an_end(content: bytes) -> None:
    image = elf.parse(content)
    last = image.loads[-1]
    last.content[-4:] = b"aaaa"
    for place, tag, _ in list(image.dynamic()):
        if tag == elf.DT_STRTAB:
            image.write(place, elf.DYNAMIC_ENTRY.pack(tag, last.address + len(last.content) - 3))
        elif tag == elf.DT_NEEDED:
            image.write(place, elf.DYNAMIC_ENTRY.pack(tag, 0))
    with pytest.raises(NotShrinkable, match="has no end"):
        image.strings(elf.DT_NEEDED)


def test_a_library_without_a_dynamic_section_names_nothing(content: bytes) -> None:
    image = elf.parse(patched(content, program_header(content, elf.PT_DYNAMIC), elf.PT_NULL, 4))
    assert image.tags() == {}
    assert image.strings(elf.DT_NEEDED) == []


def test_strings_of_a_dynamic_section_without_end_mark(content: bytes) -> None:
    place = program_header(content, elf.PT_DYNAMIC)
    count = next(i for i, (_, tag, _) in enumerate(elf.parse(content).dynamic()) if tag == elf.DT_NULL)
    image = elf.parse(patched(content, place + 32, count * elf.DYNAMIC_ENTRY.size))
    assert image.tags() == elf.parse(content).tags()
    assert image.strings(elf.DT_NEEDED) == elf.parse(content).strings(elf.DT_NEEDED)


LOAD = elf.PT_LOAD


def test_refused_shapes(content: bytes) -> None:
    first, second = program_header(content, LOAD), program_header(content, LOAD, 1)
    nothing = content
    for nth in range(len(elf.parse(content).loads)):
        nothing = patched(nothing, program_header(content, LOAD, nth), elf.PT_NULL, 4)
    refused = {
        "not a 64-bit": b"#!/bin/sh\n" * 20,
        "not where linkers put them": patched(content, 32, 65),
        "ends after the file": patched(content, first + 32, len(content) + 1),
        "maps nothing": nothing,
        "overlap": patched(content, second + 16, 1),
        "after the last address": patched(content, second + 24, 2**64 - 1),
        "more than any page": patched(content, second + 48, 2**60),
    }
    for reason, damaged in refused.items():
        with pytest.raises(NotShrinkable, match=reason):
            elf.parse(damaged)


def test_headers_that_are_not_mapped(content: bytes) -> None:
    image = elf.parse(patched(content, program_header(content, LOAD), elf.PT_NULL, 4))
    with pytest.raises(NotShrinkable, match="the headers are not mapped"):
        elf.build(image)


def test_section_headers_that_mean_nothing(content: bytes) -> None:
    start = elf.HEADER.unpack_from(content)[6]
    names = elf.HEADER.unpack_from(content)[13]
    damaged = {
        "none": patched(content, 40, 0),
        "count": patched(content, 60, 0, 2),
        "size": patched(content, 58, 8, 2),
        "outside": patched(content, 40, len(content)),
        "index": patched(content, 62, 999, 2),
        "names": patched(content, start + 64 * names + 24, len(content)),
        "name": patched(content, start + 64, 2**31, 4),
    }
    assert {why: elf.parse(each).sections for why, each in damaged.items()} == {why: {} for why in damaged}
