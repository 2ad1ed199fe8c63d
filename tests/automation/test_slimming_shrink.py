"""Smaller ELF files: real libraries are shrunk, loaded and used; packed relocations are unpacked again; damage of
every kind is refused."""

from __future__ import annotations

import importlib.util
import io
import os
import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from automation.slimming import elf, shrink
from automation.slimming.elf import Image, NotShrinkable, Segment

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SYSTEM = [Path("/usr/lib") / f"{os.uname().machine}-linux-gnu", Path("/usr/lib64"), Path("/usr/lib")]


def extension(name: str) -> Path:
    """The file of a compiled module that is installed here."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None or not found.origin.endswith(".so"):
        pytest.skip(f"{name} is no shared library here")
    return Path(found.origin)


def library(name: str) -> Path:
    """A shared library of the system."""
    for folder in SYSTEM:
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"this system has no {name}")


def run(script: str) -> str:
    """What a script prints in a Python of its own: a library that is broken takes the process with it."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def load(name: str, path: Path, then: str) -> str:
    """What an expression on a compiled module comes to, the module loaded from a file as `m`."""
    return run(
        "import importlib.machinery as a, importlib.util as u\n"
        f"l = a.ExtensionFileLoader({name!r}, {str(path)!r})\n"
        f"s = u.spec_from_file_location({name!r}, {str(path)!r}, loader=l)\n"
        f"m = u.module_from_spec(s); s.loader.exec_module(m)\nprint({then})"
    )


USES = {
    "_json": ("m.encode_basestring('ä\"')", '"ä\\""'),
    "_decimal": ("m.Decimal('0.1') + m.Decimal('0.2')", "0.3"),
    "_socket": ("m.inet_ntoa(bytes([127, 0, 0, 1]))", "127.0.0.1"),
    "_cffi_backend": ("m.sizeof(m.new_primitive_type('int'))", "4"),
    "markupsafe._speedups": ("m._escape_inner('<a>')", "&lt;a&gt;"),
    "greenlet._greenlet": ("m.greenlet(lambda: 7).switch()", "7"),
    "pydantic_core._pydantic_core": ("m.SchemaValidator({'type': 'int'}).validate_python('12')", "12"),
    "bcrypt._bcrypt": ("len(m.gensalt(4))", "29"),
}
C_ONLY = ("_json", "_decimal", "_socket", "_cffi_backend", "markupsafe._speedups")


@pytest.mark.parametrize("unwind", [False, True])
@pytest.mark.parametrize("name", USES)
def test_a_shrunk_module_is_smaller_and_works(name: str, unwind: bool, tmp_path: Path) -> None:
    content = extension(name).read_bytes()
    made = shrink.shrink(content, unwind=unwind)
    assert len(made) < len(content)
    (path := tmp_path / "module.so").write_bytes(made)
    expression, expected = USES[name]
    assert load(name, path, expression) == expected
    # What it imports and offers is what it was.
    assert ELFFile(io.BytesIO(made)).num_sections() == 0
    assert elf.parse(made).tags() == elf.parse(content).tags()
    assert elf.parse(made).strings(elf.DT_NEEDED) == elf.parse(content).strings(elf.DT_NEEDED)


def test_exceptions_still_pass_through_rust(tmp_path: Path) -> None:
    name = "pydantic_core._pydantic_core"
    (path := tmp_path / "module.so").write_bytes(shrink.shrink(extension(name).read_bytes(), unwind=True))
    refused = "[e for e in [0] if not m.SchemaValidator({'type': 'int'}).isinstance_python('x')]"
    assert load(name, path, refused) == "[0]"


@pytest.mark.parametrize("name", ["libz.so.1", "libzstd.so.1", "libuuid.so.1", "libfreetype.so.6"])
def test_a_shrunk_library_of_the_system_works(name: str, tmp_path: Path) -> None:
    # In some of these a small section that is needed follows the unwind tables in the same segment.
    content = library(name).read_bytes()
    made = shrink.shrink(content, unwind=True)
    assert len(made) < len(content)
    (path := tmp_path / name).write_bytes(made)
    uses = {
        "libz.so.1": "l.crc32(0, b'abc', 3)",
        "libzstd.so.1": "l.ZSTD_versionNumber() > 10000",
        "libuuid.so.1": "l.uuid_is_null(bytes(16))",
        "libfreetype.so.6": "l.FT_Init_FreeType(ctypes.byref(ctypes.c_void_p()))",
    }
    expected = {"libz.so.1": "891568578", "libzstd.so.1": "True", "libuuid.so.1": "1", "libfreetype.so.6": "0"}
    assert run(f"import ctypes; l = ctypes.CDLL({str(path)!r}); print({uses[name]})") == expected[name]


def test_an_executable_still_runs(tmp_path: Path) -> None:
    # Its loader is named, and `true` does without its sections.
    content = Path("/bin/true").resolve().read_bytes()
    made = shrink.shrink(content, unwind=True)
    assert len(made) < len(content)
    assert elf.parse(made).interpreter == elf.parse(content).interpreter is not None
    (path := tmp_path / "true").write_bytes(made)
    path.chmod(0o755)
    assert subprocess.run([path], check=False).returncode == 0


def test_each_option_frees_more() -> None:
    content = extension("_decimal").read_bytes()
    stripped = shrink.shrink(content)
    without = shrink.shrink(content, unwind=True)
    packed = shrink.shrink(content, relocations=True)
    both = shrink.shrink(content, relocations=True, unwind=True)
    assert len(both) < min(len(without), len(packed)) <= max(len(without), len(packed)) < len(stripped) < len(content)


def test_not_stripping_is_nothing_at_all() -> None:
    content = extension("_json").read_bytes()
    assert shrink.shrink(content, strip=False, relocations=True, unwind=True) is content


def test_what_was_shrunk_is_not_shrunk_again() -> None:
    made = shrink.shrink(extension("_json").read_bytes(), relocations=True, unwind=True)
    assert shrink.shrink(made, relocations=True, unwind=True) == made


# ---- unwind tables


def frees(content: bytes) -> int:
    return shrink.drop_unwind_tables(elf.parse(content))


@pytest.mark.parametrize("name", C_ONLY)
def test_unwind_tables_of_c_go(name: str) -> None:
    content = extension(name).read_bytes()
    image = elf.parse(content)
    freed = shrink.drop_unwind_tables(image)
    assert freed == image.sections[".eh_frame"][1] + image.sections[".eh_frame_hdr"][1]
    assert not [each for each in image.segments if each.kind == elf.PT_GNU_EH_FRAME]


@pytest.mark.parametrize("name", ["greenlet._greenlet", "pydantic_core._pydantic_core", "bcrypt._bcrypt"])
def test_unwind_tables_of_exceptions_stay(name: str) -> None:
    assert frees(extension(name).read_bytes()) == 0


@pytest.mark.parametrize("name", ["libgcc_s.so.1", "libstdc++.so.6"])
def test_an_unwinder_keeps_its_own_tables(name: str) -> None:
    assert frees(library(name).read_bytes()) == 0


def test_without_sections_nothing_tells_where_the_tables_are() -> None:
    image = elf.parse(shrink.shrink(extension("_json").read_bytes()))
    assert shrink.drop_unwind_tables(image) == 0
    assert shrink.find_leftovers(image) == 0
    assert image.dead == []


# ---- packed relocations


def decoded(words: list[int]) -> list[int]:
    """The addresses that a DT_RELR table means, as the System V ABI says it."""
    addresses = []
    base = 0
    for word in words:
        if word & 1:
            addresses += [base + 8 * bit for bit in range(63) if word >> (bit + 1) & 1]
            base += 63 * 8
        else:
            addresses.append(word)
            base = word + 8
    return addresses


@pytest.mark.parametrize("seed", range(30))
def test_bitmaps_mean_the_same_addresses(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same addresses in every run
    spread = chance.choice((10, 200, 5000, 10**6))
    addresses = sorted({8 * chance.randrange(spread) for _ in range(chance.randrange(400))})
    table = shrink.bitmaps(addresses)
    assert decoded(table) == addresses
    assert len(table) <= len(addresses)


def test_bitmaps_of_a_full_table() -> None:
    addresses = list(range(0x1000, 0x1000 + 8 * 64, 8))
    assert shrink.bitmaps(addresses) == [0x1000, 2**64 - 1]
    assert shrink.bitmaps([*addresses, addresses[-1] + 8]) == [0x1000, 2**64 - 1, 3]
    assert shrink.bitmaps([]) == []


def relocations(content: bytes) -> tuple[dict[int, int], list[tuple[int, int, int, int]], list[tuple[int, ...]]]:
    """Of a file by pyelftools: relative relocations with their addends, others, and those of the PLT."""
    parsed = ELFFile(io.BytesIO(content))
    (dynamic,) = (each for each in parsed.iter_segments() if isinstance(each, DynamicSegment))
    tables = dynamic.get_relocation_tables()
    relative: dict[int, int] = {}
    others = []
    for row in tables["RELA"].iter_relocations() if "RELA" in tables else ():
        kind, symbol = row["r_info_type"], row["r_info_sym"]
        if kind in elf.RELATIVE.values():
            relative[row["r_offset"]] = row["r_addend"]
        else:
            others.append((row["r_offset"], kind, symbol, row["r_addend"]))
    plt: list[tuple[int, ...]] = [
        (row["r_offset"], row["r_info"], row["r_addend"])
        for row in (tables["JMPREL"].iter_relocations() if "JMPREL" in tables else ())
    ]
    if "RELR" in tables:
        image = elf.parse(content)
        for row in tables["RELR"].iter_relocations():
            address = row["r_offset"]
            relative[address] = int.from_bytes(image.read(address, 8), "little", signed=True)
    return relative, others, plt


@pytest.mark.parametrize("name", [*C_ONLY, "greenlet._greenlet"])
def test_packed_relocations_are_the_same_relocations(name: str) -> None:
    content = extension(name).read_bytes()
    image = elf.parse(content)
    freed = shrink.pack_relocations(image)
    made = elf.build(image)
    relative, others, plt = relocations(content)
    assert freed > 0
    assert len(relative) > 1
    assert relocations(made) == (relative, others, plt)
    tags = elf.parse(made).tags()
    assert tags[elf.DT_RELR] + tags[elf.DT_RELRSZ] == tags[elf.DT_RELA] + elf.parse(content).tags()[elf.DT_RELASZ] + (
        tags.get(elf.DT_PLTRELSZ, 0) - freed
    )
    assert tags[elf.DT_RELASZ] == len(others) * elf.RELA.size
    assert tags.get(elf.DT_RELACOUNT, 0) == 0
    assert tags[elf.DT_RELRENT] == 8
    # The whole way, with what nobody reads any more left out of the file.
    assert relocations(shrink.shrink(content, relocations=True, unwind=True)) == (relative, others, plt)
    # They are packed once.
    assert shrink.pack_relocations(elf.parse(made)) == 0


def test_a_table_without_room_for_more_entries_stays() -> None:
    # Linkers that leave no empty entries at the end of the dynamic section.
    image = elf.parse(extension("pydantic_core._pydantic_core").read_bytes())
    before = image.tags()
    assert sum(tag == elf.DT_NULL for _, tag, _ in image.dynamic()) <= 3
    assert shrink.pack_relocations(image) == 0
    assert image.tags() == before
    assert image.dead == []


def changed(tag: int, value: int) -> Image:
    """A module with another value in its dynamic section."""
    image = elf.parse(extension("_json").read_bytes())
    assert tag in image.tags()
    for place, found, _ in list(image.dynamic()):
        if found == tag:
            image.write(place, elf.DYNAMIC_ENTRY.pack(tag, value))
    return image


@pytest.mark.parametrize("value", [0, 23])
def test_a_table_of_an_odd_size_stays(value: int) -> None:
    assert shrink.pack_relocations(changed(elf.DT_RELASZ, value)) == 0


def test_a_table_for_the_plt_elsewhere_stays() -> None:
    image = changed(elf.DT_JMPREL, 0x10)
    assert shrink.pack_relocations(image) == 0
    assert image.tags()[elf.DT_JMPREL] == 0x10


def test_a_table_outside_of_the_file_is_refused() -> None:
    image = changed(elf.DT_PLTRELSZ, 0)
    for place, tag, _ in list(image.dynamic()):
        if tag == elf.DT_RELASZ:
            image.write(place, elf.DYNAMIC_ENTRY.pack(tag, 24 * 10**6))
    with pytest.raises(NotShrinkable, match="nothing in the file is mapped"):
        shrink.pack_relocations(image)


def test_without_a_table_for_the_plt() -> None:
    image = changed(elf.DT_PLTRELSZ, 0)
    plt = image.tags()[elf.DT_JMPREL]
    assert shrink.pack_relocations(image) > 0
    assert image.tags()[elf.DT_JMPREL] == plt


# ---- what is left out of the file


def laid_out(sections: dict[str, tuple[int, int]], size: int, kinds: tuple[int, ...] = ()) -> Image:
    """An image with one segment at 0 that maps `size` bytes, each page of it another letter."""
    content = bytearray(b"".join(bytes([65 + page]) * 4096 for page in range((size + 4095) // 4096))[:size])
    segments = [Segment(elf.PT_LOAD, 4, 0, 0, 0, size, size, 4096, content)]
    segments += [Segment(kind, 4, 0, 0, 0, 0, 0, 4) for kind in kinds]
    header: list[int | bytes] = [elf.MAGIC + b"\x02\x01\x01" + bytes(9), 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0]
    return Image(header=header, segments=segments, sections=sections)


def mapped(image: Image) -> list[tuple[int, bytes]]:
    again = elf.parse(elf.build(image))
    return [(each.address, bytes(each.content)) for each in again.loads]


def test_dead_bytes_at_the_end_go_to_the_byte() -> None:
    image = laid_out({".text": (0x400, 0x1000)}, 0x3000)
    assert shrink.find_leftovers(image) == 0x400 - 64 - 56 + 0x3000 - 0x1400
    shrink.compact(image)
    assert [(start, len(content)) for start, content in mapped(image)] == [(0, 0x1400)]
    assert image.loads[0].memory_size == 0x1400


def test_memory_beyond_the_file_stays() -> None:
    image = laid_out({".data": (0x400, 0x1000)}, 0x3000)
    image.segments[0].memory_size = 0x9000
    shrink.find_leftovers(image)
    shrink.compact(image)
    assert image.segments[0].file_size == 0x1400
    assert image.segments[0].memory_size == 0x9000


@pytest.mark.parametrize("size", [1, 8, 16, 17])
def test_a_small_section_after_dead_bytes_stays(size: int) -> None:
    image = laid_out({".text": (0x78, 0xF88), ".fini_array": (0x3000 - size, size)}, 0x3000, (elf.PT_NOTE,))
    image.dead.append((0x1000, 0x3000 - size))
    shrink.compact(image)
    (first, start), (second, rest) = mapped(image)
    assert (first, len(start)) == (0, 0x1000)
    assert (second, rest) == (0x2000, b"C" * 0x1000)


def test_a_hole_takes_the_header_of_a_note() -> None:
    image = laid_out({}, 0x5000, (elf.PT_NOTE, elf.PT_GNU_PROPERTY))
    image.dead += [(0x1000, 0x2000), (0x3100, 0x4001)]
    shrink.compact(image)
    # The part of a page that is dead before a hole goes as well; the next part begins on a page.
    assert [(start, len(content)) for start, content in mapped(image)] == [(0, 0x1000), (0x2000, 0x3000)]
    assert [each.kind for each in image.segments] == [elf.PT_LOAD, elf.PT_LOAD, elf.PT_NOTE]


def test_of_many_holes_the_largest_are_left_out() -> None:
    image = laid_out({}, 0x8000, (elf.PT_NOTE,))
    image.dead += [(0x1000, 0x2000), (0x3000, 0x4000), (0x3800, 0x6000)]
    shrink.compact(image)
    assert [(start, len(content)) for start, content in mapped(image)] == [(0, 0x3000), (0x6000, 0x2000)]


def test_a_hole_without_a_header_to_spare_stays() -> None:
    image = laid_out({}, 0x5000)
    image.dead.append((0x1000, 0x3000))
    shrink.compact(image)
    assert [(start, len(content)) for start, content in mapped(image)] == [(0, 0x5000)]


def test_room_after_the_headers_takes_more_of_them() -> None:
    image = laid_out({}, 0x5000)
    image.dead += [(100, 100 + 20 + 2 * 56), (0x1000, 0x2000), (0x3000, 0x4000)]
    shrink.compact(image)
    assert [start for start, _ in mapped(image)] == [0, 0x2000, 0x4000]
    assert len(image.segments) == 3


def test_room_for_headers_is_no_hole_itself() -> None:
    image = laid_out({}, 0x5000)
    image.dead += [(64, 0x1800), (0x3000, 0x4000)]
    shrink.compact(image)
    (_, first), (second, _) = mapped(image)
    assert second == 0x4000
    assert len(first) == 0x3000


# ---- files that are none, or none of ours


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x02\x01" + bytes(200), b"\x7fELF" + os.urandom(500), bytes(4096)],
    ids=["empty", "magic", "script", "zeros", "noise", "null"],
)
def test_what_is_no_elf_file_stays(content: bytes) -> None:
    assert shrink.shrink(content, relocations=True, unwind=True) is content


@pytest.mark.parametrize(("place", "value"), [(4, 1), (5, 2), (18, 40), (18, 3)], ids=["32-bit", "big", "arm", "i386"])
def test_other_architectures_stay(place: int, value: int) -> None:
    content = bytearray(extension("_json").read_bytes())
    content[place] = value
    assert shrink.shrink(bytes(content), relocations=True, unwind=True) == bytes(content)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.2])
def test_a_file_that_is_cut_off_stays(share: float) -> None:
    content = extension("markupsafe._speedups").read_bytes()
    content = content[: int(len(content) * share)]
    assert shrink.shrink(content, relocations=True, unwind=True) == content


@pytest.mark.parametrize("seed", range(6))
def test_random_damage_is_never_a_traceback(seed: int) -> None:
    content = extension("markupsafe._speedups").read_bytes()
    chance = random.Random(seed)  # noqa: S311 - the same damage in every run
    sections = elf.HEADER.unpack_from(content)[6]
    dynamic = next(each for each in elf.parse(content).segments if each.kind == elf.PT_DYNAMIC)
    # Where numbers lie that mean something: both kinds of headers, the dynamic section, and anywhere.
    areas = [(16, 640), (sections, len(content)), (dynamic.offset, dynamic.offset + dynamic.file_size)]
    areas.append((16, len(content)))
    outcomes = set()
    for _ in range(250):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 2, 5))):
            start, end = chance.choice(areas)
            size = chance.choice((1, 2, 4, 8))
            place = start + chance.randrange((end - start) // size) * size
            value = chance.choice((0, 1, 2 ** (8 * size) - 1, chance.randrange(2 ** (8 * size)), len(content)))
            damaged[place : place + size] = (value % 2 ** (8 * size)).to_bytes(size, "little")
        made = shrink.shrink(bytes(damaged), relocations=True, unwind=True)
        assert len(made) <= len(damaged)
        outcomes.add(made == bytes(damaged))
    assert outcomes == {True, False}
