"""Reading ELF files: a real one, and what is left of it after every kind of damage."""

from __future__ import annotations

import importlib.util
import random
import struct
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_D_TAG
from elftools.elf.sections import SymbolTableSection

from automation.loadability import elf
from automation.loadability.elf import Kind, Malformed
from tests.automation.planted import with_tag


@pytest.fixture(scope="module")
def module() -> bytes:
    """A small extension module that is installed here."""
    found = importlib.util.find_spec("markupsafe._speedups")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_bytes()


def test_the_same_as_pyelftools_says(module: bytes, tmp_path: Path) -> None:
    path = tmp_path / "module.so"
    path.write_bytes(module)
    with path.open("rb") as stream:
        parsed = ELFFile(stream)
        table, section = parsed.get_section_by_name(".dynsym"), parsed.get_section_by_name(".dynamic")
        assert isinstance(table, SymbolTableSection)
        assert isinstance(section, DynamicSection)
        symbols, tags = list(table.iter_symbols()), list(section.iter_tags())
    read = elf.read(module)
    assert read.kind is Kind.LIBRARY
    # pyelftools sets `needed` when it is asked for it.
    assert read.needed == tuple(getattr(tag, "needed") for tag in tags if tag.entry.d_tag == "DT_NEEDED")  # noqa: B009
    strong = {s.name for s in symbols if s["st_shndx"] == "SHN_UNDEF" and s["st_info"]["bind"] == "STB_GLOBAL"}
    assert {wanted.name for wanted in read.undefined} == strong
    assert "PyInit__speedups" in read.names
    defined = {s.name for s in symbols if s["st_shndx"] != "SHN_UNDEF" and s["st_info"]["bind"] == "STB_GLOBAL"}
    assert read.names >= defined


def test_an_executable_names_its_loader() -> None:
    read = elf.read(Path(sys.executable).resolve().read_bytes())
    assert read.kind is Kind.EXECUTABLE
    assert read.interpreter is not None
    assert read.interpreter.startswith("/lib")


def test_a_file_that_is_none() -> None:
    for content in (b"", b"\x7fEL", b"#!/bin/sh\n"):
        with pytest.raises(Malformed, match="not an ELF file"):
            elf.read(content)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off(module: bytes, share: float) -> None:
    with pytest.raises(Malformed):
        elf.read(module[: int(len(module) * share)])


def test_random_damage_is_never_a_traceback(module: bytes) -> None:
    chance = random.Random(20)  # noqa: S311 - the same damage in every run
    outcomes = set()
    for _ in range(1500):
        damaged = bytearray(module)
        for _ in range(chance.choice((1, 4, 32))):
            damaged[chance.randrange(4, chance.choice((64, 4096, len(module))))] = chance.randrange(256)
        try:
            elf.read(bytes(damaged))
            outcomes.add("read")
        except Malformed:
            outcomes.add("malformed")
    assert outcomes == {"read", "malformed"}


@pytest.mark.parametrize(
    ("offset", "value", "says"),
    [
        (0x10, b"\x04\x00", "none that is loaded"),
        (0x28, struct.pack("<Q", 1 << 40), "section headers end at byte"),
        (0x20, struct.pack("<Q", 1 << 40), "program headers end at byte"),
        (0x3A, b"\x20\x00", "section headers have 32 bytes"),
    ],
)
def test_damage_to_the_header_is_named(module: bytes, offset: int, value: bytes, says: str) -> None:
    damaged = module[:offset] + value + module[offset + len(value) :]
    with pytest.raises(Malformed, match=says):
        elf.read(damaged)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        (32, 1 << 40, "cut off: PT_LOAD"),
        (40, 0, "more bytes in the file than in memory"),
        (16, 0x333, "can't be mapped"),
    ],
)
def test_damage_to_a_segment_is_named(module: bytes, field: int, value: int, says: str) -> None:
    start = struct.unpack_from("<Q", module, 0x20)[0]
    first = next(
        offset
        for offset in range(start, start + 56 * struct.unpack_from("<H", module, 0x38)[0], 56)
        if struct.unpack_from("<I", module, offset)[0] == 1 and struct.unpack_from("<Q", module, offset + 32)[0]
    )
    damaged = bytearray(module)
    struct.pack_into("<Q", damaged, first + field, value)
    with pytest.raises(Malformed, match=says):
        elf.read(bytes(damaged))


def test_a_section_beyond_the_end_is_named(module: bytes) -> None:
    table = struct.unpack_from("<Q", module, 0x28)[0]
    damaged = bytearray(module)
    struct.pack_into("<Q", damaged, table + 64 + 32, 1 << 40)
    with pytest.raises(Malformed, match="cut off: section 1, which is loaded, ends at byte"):
        elf.read(bytes(damaged))


def test_a_chain_of_versions_that_never_ends_is_malformed(module: bytes) -> None:
    with pytest.raises(Malformed, match="its version needs end too early"):
        elf.read(with_tag(module, ENUM_D_TAG["DT_VERNEEDNUM"], 1 << 40))


@pytest.mark.parametrize(
    ("machine", "bits", "order", "named"),
    [
        (b"\x03\x00", 2, 1, "386"),
        (b"\xb7\x00", 2, 1, "aarch64"),
        (b"\x3e\x00", 1, 1, "x86_64, 32 bits"),
        (b"\x00\x3e", 2, 2, "x86_64, big-endian"),
    ],
)
def test_machines(machine: bytes, bits: int, order: int, named: str) -> None:
    """A header alone: a relocatable object without sections, which every linker makes for an empty file."""
    head = b"\x7fELF" + bytes((bits, order, 1)) + bytes(9)
    kind = b"\x01\x00" if order == 1 else b"\x00\x01"
    size = 64 if bits == 2 else 52
    content = (head + kind + machine).ljust(size, b"\0")
    read = elf.read(content)
    assert (read.machine, read.kind) == (named, Kind.OBJECT)
