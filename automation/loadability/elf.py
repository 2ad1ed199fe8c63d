"""What the dynamic loader would read of an ELF file, and whether that can be read at all.

The header and the segments are pyelftools' to parse; the long tables behind them (symbols, relocations, versions) are
read by `elf_tables`. Whatever points outside the file is :class:`Malformed` and never a traceback.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.construct.core import ConstructError
from elftools.elf.constants import P_FLAGS, SH_FLAGS
from elftools.elf.elffile import ELFFile

from automation.loadability import elf_tables
from automation.loadability.elf_tables import Malformed, Reference, Symbol, VersionNeed

__all__ = ["MAGIC", "Elf", "Kind", "Malformed", "Reference", "Relro", "Symbol", "VersionNeed", "read"]

MAGIC = b"\x7fELF"
# The machines whose tables are read; a file for any other is told by its name only.
MACHINES = {"EM_X86_64": "x86_64", "EM_AARCH64": "aarch64"}
PAGE = 4096
SECTION_HEADER, PROGRAM_HEADER = 64, 56


class Kind(StrEnum):
    """What a file is for."""

    LIBRARY = "library"
    EXECUTABLE = "executable"
    OBJECT = "object"  # for a linker or a debugger; never loaded


class Relro(StrEnum):
    """How much of what the loader writes is made read-only afterwards."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Elf:
    """What an ELF file asks of the loader, and what it offers to others.

    Attributes:
        machine: `x86_64`, `aarch64`, or what another one is called, such as `arm` or `386`.
        interpreter: the loader an executable names, such as `/lib/ld-musl-x86_64.so.1`.
        needed: DT_NEEDED, in order.
        exports: every defined symbol with its version, None where it has none.
        hidden: those of them that only a reference with exactly their version finds.
        undefined: the symbols that a relocation asks for and that have to come from somewhere; weak ones don't.
        versions_needed: DT_VERNEED.
        versions_defined: DT_VERDEF.
        relocation_types: the processor's numbers.
        initial_exec: names of symbols whose thread-local storage has to be there when the process starts; an empty
            name stands for the file's own.
        has_relr: whether it has DT_RELR, relocations that musl ignores in silence before 1.2.4.
        static_tls: DF_STATIC_TLS.
        names: of all exports that are not hidden; the others are `hidden_names`.
    """

    machine: str
    kind: Kind
    interpreter: str | None = None
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    exports: frozenset[Symbol] = frozenset()
    hidden: frozenset[Symbol] = frozenset()
    undefined: frozenset[Reference] = frozenset()
    versions_needed: frozenset[VersionNeed] = frozenset()
    versions_defined: frozenset[str] = frozenset()
    relocation_types: frozenset[int] = frozenset()
    initial_exec: frozenset[str] = frozenset()
    has_relr: bool = False
    static_tls: bool = False
    executable_stack: bool = False
    text_relocations: bool = False
    relro: Relro = Relro.NONE
    names: frozenset[str] = field(init=False, repr=False)
    hidden_names: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(symbol.name for symbol in self.exports - self.hidden))
        object.__setattr__(self, "hidden_names", frozenset(symbol.name for symbol in self.hidden))


def with_exports(elf: Elf, more: frozenset[Symbol]) -> Elf:
    """The same file with symbols that its table does not have, such as names that only its loader knows."""
    return replace(elf, exports=elf.exports | more)


def read(content: bytes) -> Elf:
    """Read an ELF file.

    Args:
        content: the whole file.

    Raises:
        Malformed: it is cut off, or something in it points where nothing is.
    """
    if not content.startswith(MAGIC):
        raise Malformed("not an ELF file: its first bytes are others")
    try:
        parsed = ELFFile(io.BytesIO(content))
        header: Any = parsed.header
        machine = _machine(parsed)
        kind = _kind(header["e_type"])
        _check_tables(header, len(content))
        if machine not in MACHINES.values():
            return Elf(machine=machine, kind=kind)
        if _check_sections(content, header):
            return Elf(machine=machine, kind=Kind.OBJECT)
        segments: list[Any] = [segment.header for segment in parsed.iter_segments()]
        _check_segments(segments, len(content))
    except (ELFError, ConstructError, ValueError, KeyError, IndexError, OverflowError, AssertionError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(f"its header can't be read: {error}") from None
    return _read_dynamic(content, machine, kind, header["e_type"] == "ET_DYN", segments)


def _machine(parsed: ELFFile) -> str:
    name = str(parsed.header["e_machine"])
    known = MACHINES.get(name)
    if known is None:
        return name.removeprefix("EM_").lower()
    if parsed.elfclass != 64:
        return f"{known}, 32 bits"
    return known if parsed.little_endian else f"{known}, big-endian"


def _kind(name: object) -> Kind:
    known = {"ET_DYN": Kind.LIBRARY, "ET_EXEC": Kind.EXECUTABLE, "ET_REL": Kind.OBJECT}
    if name not in known:
        raise Malformed(f"its type {name} is none that is loaded")
    return known[str(name)]


def _check_tables(header: Any, size: int) -> None:
    for what, offset, entry, count in (
        ("program headers", header["e_phoff"], header["e_phentsize"], header["e_phnum"]),
        ("section headers", header["e_shoff"], header["e_shentsize"], header["e_shnum"]),
    ):
        if count and offset + entry * count > size:
            raise Malformed(f"cut off: its {what} end at byte {offset + entry * count} of {size}")


def _check_sections(content: bytes, header: Any) -> bool:
    """No section reaches beyond the file. The loader reads no sections; a file cut short shows in them first.

    Returns:
        Whether the code was left out: a file of debug information, which is never loaded.
    """
    if not header["e_shnum"]:
        return False
    without_code = False
    if header["e_shentsize"] != SECTION_HEADER:
        raise Malformed(f"its section headers have {header['e_shentsize']} bytes, not {SECTION_HEADER}")
    end = header["e_shoff"] + SECTION_HEADER * header["e_shnum"]
    for index, entry in enumerate(elf_tables.SECTION.iter_unpack(content[header["e_shoff"] : end])):
        _, kind, flags, _, offset, size, *_ = entry
        if kind == elf_tables.SHT_NOBITS:
            without_code |= bool(flags & SH_FLAGS.SHF_EXECINSTR)
        if kind in (elf_tables.SHT_NULL, elf_tables.SHT_NOBITS):
            continue
        if offset + size > len(content):
            loaded = ", which is loaded," if flags & SH_FLAGS.SHF_ALLOC else ""
            raise Malformed(f"cut off: section {index}{loaded} ends at byte {offset + size} of {len(content)}")
    return without_code


def _check_segments(segments: list[Any], size: int) -> None:
    """Every segment is in the file, and can be mapped where it wants to be."""
    end = 0
    for segment in segments:
        kind = segment["p_type"]
        if kind != "PT_NULL" and segment["p_filesz"] and segment["p_offset"] + segment["p_filesz"] > size:
            raise Malformed(f"cut off: {kind} ends at byte {segment['p_offset'] + segment['p_filesz']} of {size}")
        if kind != "PT_LOAD":
            continue
        if segment["p_filesz"] > segment["p_memsz"]:
            raise Malformed("a segment has more bytes in the file than in memory")
        if (segment["p_vaddr"] - segment["p_offset"]) % PAGE:
            raise Malformed("a segment's address and offset differ within their page, so it can't be mapped")
        if segment["p_vaddr"] < end:
            raise Malformed("its segments overlap, or are not in order")
        end = segment["p_vaddr"] + segment["p_memsz"]


def _read_dynamic(content: bytes, machine: str, kind: Kind, position_independent: bool, segments: list[Any]) -> Elf:
    of_kind: dict[str, Any] = {}
    for segment in segments:
        of_kind.setdefault(str(segment["p_type"]), segment)
    interpreter = None
    if (named := of_kind.get("PT_INTERP")) is not None:
        raw = content[named["p_offset"] : named["p_offset"] + named["p_filesz"]]
        if not raw.endswith(b"\0") or not raw.rstrip(b"\0").isascii():
            raise Malformed("the name of its loader is damaged")
        interpreter = raw.rstrip(b"\0").decode("ascii")
        kind = Kind.EXECUTABLE
    if kind is Kind.OBJECT:
        return Elf(machine=machine, kind=kind)
    memory = elf_tables.Memory(
        content=content,
        loads=tuple(
            elf_tables.Load(
                address=segment["p_vaddr"],
                offset=segment["p_offset"],
                file_size=segment["p_filesz"],
                memory_size=segment["p_memsz"],
            )
            for segment in segments
            if segment["p_type"] == "PT_LOAD"
        ),
    )
    if not memory.loads:
        raise Malformed("it has no segment to load")
    stack = of_kind.get("PT_GNU_STACK")
    executable_stack = stack is None or bool(stack["p_flags"] & P_FLAGS.PF_X)
    dynamic = of_kind.get("PT_DYNAMIC")
    if dynamic is None:
        if position_independent and interpreter is None:
            raise Malformed("it has no dynamic section, so nothing can load it")
        return Elf(machine=machine, kind=kind, interpreter=interpreter, executable_stack=executable_stack)
    raw = content[dynamic["p_offset"] : dynamic["p_offset"] + dynamic["p_filesz"]]
    tags = elf_tables.dynamic_tags(raw)
    tables = elf_tables.Tables(memory, tags, machine)
    symbols = tables.symbols()
    relro = Relro.NONE
    if "PT_GNU_RELRO" in of_kind:
        relro = Relro.FULL if tables.binds_now else Relro.PARTIAL
    return Elf(
        machine=machine,
        kind=Kind.EXECUTABLE if tables.is_program else kind,
        interpreter=interpreter,
        soname=next(iter(tables.strings_of("DT_SONAME")), None),
        needed=tables.strings_of("DT_NEEDED"),
        rpath=tuple(_folders(tables.strings_of("DT_RPATH"))),
        runpath=tuple(_folders(tables.strings_of("DT_RUNPATH"))),
        exports=symbols.exports,
        hidden=symbols.hidden,
        undefined=symbols.undefined,
        versions_needed=tables.versions_needed(),
        versions_defined=tables.versions_defined(),
        relocation_types=symbols.relocation_types,
        initial_exec=symbols.initial_exec,
        has_relr=tables.has_relr,
        static_tls=tables.static_tls,
        executable_stack=executable_stack,
        text_relocations=tables.text_relocations,
        relro=relro,
    )


def _folders(values: tuple[str, ...]) -> Iterator[str]:
    for value in values:
        yield from filter(None, value.split(":"))
