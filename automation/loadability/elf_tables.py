"""The tables behind an ELF file's dynamic section, for 64-bit little-endian machines.

pyelftools gives an object for each entry; numerical libraries have hundreds of thousands. These are the same tables,
unpacked in bulk, and every address is checked against the file before it is followed.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from elftools.elf.enums import ENUM_D_TAG

DYNAMIC = struct.Struct("<qQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
VERNEED, VERNAUX = struct.Struct("<HHIII"), struct.Struct("<IHHII")
VERDEF, VERDAUX = struct.Struct("<HHHHIII"), struct.Struct("<II")
RELA_SIZE = 24

SHT_NULL, SHT_NOBITS = 0, 8
STB_LOCAL, STB_WEAK = 0, 2
STV_INTERNAL, STV_HIDDEN = 1, 2
VERSION_HIDDEN, VERSION_INDEX = 0x8000, 0x7FFF
VER_FLG_BASE, VER_FLG_WEAK = 1, 2
DF_TEXTREL, DF_BIND_NOW, DF_STATIC_TLS = 4, 8, 16
DF_1_NOW, DF_1_PIE = 1, 0x08000000
# R_X86_64_TPOFF64, R_AARCH64_TLS_TPREL64: thread-local storage at an offset fixed when the process starts.
INITIAL_EXEC = {"x86_64": 18, "aarch64": 1030}


class Malformed(ValueError):
    """A file that claims to be ELF and can't be loaded as one; the message says what is wrong with it."""


class Symbol(NamedTuple):
    """A defined symbol. The version is None where the file has no versions for it."""

    name: str
    version: str | None


class Reference(NamedTuple):
    """An undefined symbol. The version is None where any will do."""

    name: str
    version: str | None


class VersionNeed(NamedTuple):
    """A version that a needed library must define; `weak` ones may be missing."""

    library: str
    version: str
    weak: bool


@dataclass(frozen=True, kw_only=True)
class Load:
    """A PT_LOAD segment; addresses and sizes in bytes."""

    address: int
    offset: int
    file_size: int
    memory_size: int


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The file as it would be in memory."""

    content: bytes
    loads: tuple[Load, ...]

    def at(self, address: int, size: int, what: str) -> bytes:
        """The bytes at an address.

        Raises:
            Malformed: no segment of the file holds them all.
        """
        for load in self.loads:
            if load.address <= address and address + size <= load.address + load.file_size:
                start = load.offset + address - load.address
                return self.content[start : start + size]
        raise Malformed(f"{what} should be at {address:#x}, where the file has nothing")

    def covers(self, address: int) -> bool:
        """Whether an address is in memory at all, be it only zeros there."""
        return any(load.address <= address <= load.address + load.memory_size for load in self.loads)


@dataclass(frozen=True, kw_only=True)
class Symbols:
    """See the attributes of the same names in :class:`automation.loadability.elf.Elf`."""

    exports: frozenset[Symbol]
    hidden: frozenset[Symbol]
    undefined: frozenset[Reference]
    relocation_types: frozenset[int]
    initial_exec: frozenset[str]


def dynamic_tags(raw: bytes) -> Mapping[int, tuple[int, ...]]:
    """The dynamic section's values by tag, up to its end mark.

    Raises:
        Malformed: it has no end mark.
    """
    tags: defaultdict[int, list[int]] = defaultdict(list)
    for tag, value in DYNAMIC.iter_unpack(raw[: len(raw) - len(raw) % DYNAMIC.size]):
        if tag == ENUM_D_TAG["DT_NULL"]:
            return {name: tuple(values) for name, values in tags.items()}
        tags[tag].append(value)
    raise Malformed("its dynamic section has no end")


class Tables:
    """The tables that a dynamic section names; each is read when it is asked for, and `Malformed` when it can't be."""

    def __init__(self, memory: Memory, tags: Mapping[int, tuple[int, ...]], machine: str) -> None:
        self._memory = memory
        self._tags = tags
        self._initial_exec = INITIAL_EXEC[machine]

    def _one(self, name: str, default: int = 0) -> int:
        return self._tags.get(ENUM_D_TAG[name], (default,))[-1]

    @property
    def binds_now(self) -> bool:
        """Whether every symbol is resolved before any code runs."""
        flagged = self._one("DT_FLAGS") & DF_BIND_NOW or self._one("DT_FLAGS_1") & DF_1_NOW
        return bool(flagged) or ENUM_D_TAG["DT_BIND_NOW"] in self._tags

    @property
    def is_program(self) -> bool:
        """Whether this is a position-independent program, which is not loaded into another; it may be static."""
        return bool(self._one("DT_FLAGS_1") & DF_1_PIE)

    @property
    def static_tls(self) -> bool:
        """DF_STATIC_TLS."""
        return bool(self._one("DT_FLAGS") & DF_STATIC_TLS)

    @property
    def text_relocations(self) -> bool:
        """Whether the loader has to write into code."""
        return bool(self._one("DT_FLAGS") & DF_TEXTREL) or ENUM_D_TAG["DT_TEXTREL"] in self._tags

    @property
    def has_relr(self) -> bool:
        """Whether there are packed relative relocations."""
        size = self._one("DT_RELRSZ")
        if size:
            self._memory.at(self._one("DT_RELR"), size, "its packed relocations")
        return bool(size)

    @cached_property
    def _strings(self) -> bytes:
        size = self._one("DT_STRSZ")
        raw = self._memory.at(self._one("DT_STRTAB"), size, "its string table")
        if raw and not raw.endswith(b"\0"):
            raise Malformed("its string table has no end")
        return raw

    def _string(self, offset: int) -> str:
        if offset >= len(self._strings):
            raise Malformed(f"a name is at byte {offset} of a string table of {len(self._strings)}")
        raw = self._strings[offset : self._strings.index(b"\0", offset)]
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed(f"a name is no text: {raw[:40]!r}") from None

    def strings_of(self, name: str) -> tuple[str, ...]:
        """The strings of a tag such as DT_NEEDED, in order."""
        return tuple(self._string(offset) for offset in self._tags.get(ENUM_D_TAG[name], ()))

    @cached_property
    def _relocations(self) -> frozenset[int]:
        """The distinct `r_info` of all relocations that may name a symbol."""
        found: set[int] = set()
        for table, size_tag in (("DT_RELA", "DT_RELASZ"), ("DT_JMPREL", "DT_PLTRELSZ")):
            size = self._one(size_tag)
            if not size:
                continue
            if size % RELA_SIZE:
                raise Malformed("its relocations have no whole number")
            numbers = struct.unpack(f"<{size // 8}Q", self._memory.at(self._one(table), size, "its relocations"))
            for address in (min(numbers[0::3]), max(numbers[0::3])):
                if not self._memory.covers(address):
                    raise Malformed(f"a relocation writes to {address:#x}, where nothing is loaded")
            found.update(numbers[1::3])
        return frozenset(found)

    def _symbol_count(self) -> int:
        """How many symbols there are. No table says so: the hash tables know the exported, relocations the others."""
        count = 1 + max((info >> 32 for info in self._relocations), default=0)
        if plain := self._one("DT_HASH"):
            _, hashed = struct.unpack("<II", self._memory.at(plain, 8, "its hash table"))
            return max(count, int(hashed))
        if table := self._one("DT_GNU_HASH"):
            return max(count, self._gnu_hash_count(table))
        return count

    def _gnu_hash_count(self, table: int) -> int:
        what = "its hash table"
        buckets, first, bloom, _ = struct.unpack("<IIII", self._memory.at(table, 16, what))
        start = table + 16 + 8 * bloom
        last = max(struct.unpack(f"<{buckets}I", self._memory.at(start, 4 * buckets, what)), default=0)
        if last < first:
            return int(first)
        chain = start + 4 * buckets
        while not self._memory.at(chain + 4 * (last - first), 4, what)[0] & 1:
            last += 1
        return int(last) + 1

    def symbols(self) -> Symbols:
        """Defined and asked-for symbols."""
        count = self._symbol_count()
        raw = self._memory.at(self._one("DT_SYMTAB"), SYMBOL.size * count, "its symbol table") if count > 1 else b""
        versions: tuple[int, ...] = ()
        if (table := self._one("DT_VERSYM")) and count > 1:
            versions = struct.unpack(f"<{count}H", self._memory.at(table, 2 * count, "its symbol versions"))
        names = self._version_names()
        asked = {info >> 32 for info in self._relocations}
        exports, hidden, undefined = set(), set(), set()
        for index, (name, info, other, section, _, _) in enumerate(SYMBOL.iter_unpack(raw)):
            binding = info >> 4
            if index == 0 or binding == STB_LOCAL:
                continue
            version = names.get(versions[index] & VERSION_INDEX) if versions else None
            if section == 0:
                if binding != STB_WEAK and index in asked:
                    undefined.add(Reference(self._string(name), version))
                continue
            if other & 3 in (STV_INTERNAL, STV_HIDDEN):
                continue
            symbol = Symbol(self._string(name), version)
            exports.add(symbol)
            if versions and versions[index] & VERSION_HIDDEN:
                hidden.add(symbol)
        fixed = {info >> 32 for info in self._relocations if info & 0xFFFFFFFF == self._initial_exec}
        return Symbols(
            exports=frozenset(exports),
            hidden=frozenset(hidden),
            undefined=frozenset(undefined),
            relocation_types=frozenset(info & 0xFFFFFFFF for info in self._relocations),
            initial_exec=frozenset(
                self._string(SYMBOL.unpack_from(raw, SYMBOL.size * index)[0]) if index else "" for index in fixed
            ),
        )

    def _version_names(self) -> dict[int, str]:
        """The versions that symbols carry, by index; index 1 is no version."""
        names = {index: name for index, name, base in self._definitions() if not base}
        names.update({index: need.version for index, need in self._needs()})
        return names

    def _chain(self, start: int, count: int, entry: struct.Struct, what: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Entries that each say, in their last field, how far the next one is: their addresses and fields."""
        address = start
        for left in range(count - 1, -1, -1):
            fields = entry.unpack(self._memory.at(address, entry.size, what))
            yield address, fields
            if left and not fields[-1]:
                raise Malformed(f"{what} end too early")
            address += fields[-1]

    def _definitions(self) -> list[tuple[int, str, bool]]:
        found = []
        what = "its version definitions"
        for address, fields in self._chain(self._one("DT_VERDEF"), self._one("DT_VERDEFNUM"), VERDEF, what):
            _, flags, index, _, _, auxiliary, _ = fields
            name, _ = VERDAUX.unpack(self._memory.at(address + auxiliary, VERDAUX.size, what))
            found.append((index & VERSION_INDEX, self._string(name), bool(flags & VER_FLG_BASE)))
        return found

    def _needs(self) -> list[tuple[int, VersionNeed]]:
        found = []
        what = "its version needs"
        for address, fields in self._chain(self._one("DT_VERNEED"), self._one("DT_VERNEEDNUM"), VERNEED, what):
            _, count, file, auxiliary, _ = fields
            library = self._string(file)
            for _, (_, flags, index, name, _) in self._chain(address + auxiliary, count, VERNAUX, what):
                need = VersionNeed(library, self._string(name), bool(flags & VER_FLG_WEAK))
                found.append((index & VERSION_INDEX, need))
        return found

    def versions_needed(self) -> frozenset[VersionNeed]:
        """The versions wanted of needed libraries."""
        return frozenset(need for _, need in self._needs())

    def versions_defined(self) -> frozenset[str]:
        """The versions this file defines, without the one that is its own name."""
        return frozenset(name for _, name, base in self._definitions() if not base)
