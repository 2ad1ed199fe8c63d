"""What is wrong, or worth knowing, about one compiled file on one target; each finding says how much it matters."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from automation.bases import Libc
from automation.loadability import linking, symbols
from automation.loadability.elf import Elf, Kind, Relro
from automation.loadability.linking import Linker, Target

# The relocations that musl's loader can apply (arch/*/reloc.h of its source), by their numbers in the psABI of each
# architecture; any other ends the start of a program, or the import. IRELATIVE (37, 1032) is the one that is missed.
MUSL_RELOCATIONS = {
    # NONE, 64, PC32, COPY, GLOB_DAT, JUMP_SLOT, RELATIVE, DTPMOD64, DTPOFF64, TPOFF64, TLSDESC
    "x86_64": frozenset((0, 1, 2, 5, 6, 7, 8, 16, 17, 18, 36)),
    # NONE, ABS64, COPY, GLOB_DAT, JUMP_SLOT, RELATIVE, TLS_DTPMOD64, TLS_DTPREL64, TLS_TPREL64, TLSDESC
    "aarch64": frozenset((0, 257, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031)),
}
GLIBC_LIBRARY = re.compile(r"ld-linux.*\.so\.\d+|lib(c|m|mvec|pthread|dl|rt|util|resolv|anl|nsl|BrokenLocale)\.so\.\d+")
# The system's own folders; a library may name them.
STANDARD_FOLDERS = tuple(f"{root}/lib{bits}" for root in ("", "/usr", "/usr/local") for bits in ("", "64"))
# Libraries whose loader has to bring symbols, and who that is.
BROUGHT = {"libthread_db.so.1": "the debugger that loads it brings them (proc_service.h)"}
# Python's own extension modules; some need a library that images leave out, as the official ones do Tk's.
OWN_MODULES = re.compile(r"/lib-dynload/[^/]+$")
EXTENSION = re.compile(r"\.cpython-3(?P<minor>\d+)(?P<free>t?)(-(?P<triplet>[\w-]+))?\.so$")
# How a path names the machine a file is for, besides this target's.
MACHINE_NAMES = {
    "386": ("x86", "i386", "i686", "32"),
    "arm": ("arm", "armv6", "armv7", "armhf", "armeabi"),
    "aarch64": ("aarch64", "arm64"),
    "x86_64": ("x86_64", "amd64", "x64", "x86-64"),
    "ppc64": ("ppc64", "ppc64le", "powerpc64", "powerpc64le"),
    "s390": ("s390", "s390x"),
    "riscv": ("riscv", "riscv64"),
}


class Weight(StrEnum):
    """How much a finding matters."""

    FAILURE = "failure"
    UNKNOWN = "unknown"
    WARNING = "warning"


class Code(StrEnum):
    """Kinds of findings; those of :data:`LOADING` keep a file from being loaded."""

    MALFORMED = "malformed"
    MACHINE = "machine"
    LIBRARY = "library"
    SYMBOL = "symbol"
    VERSION = "version"
    LOADER = "loader"
    RELOCATION = "relocation"
    TLS = "tls"
    LIBC = "libc"
    NAME = "name"
    RPATH = "rpath"
    RECORD = "record"
    HARDENING = "hardening"
    STABLE_ABI = "stable ABI"


LOADING = frozenset(
    (Code.MALFORMED, Code.MACHINE, Code.LIBRARY, Code.SYMBOL, Code.VERSION, Code.LOADER, Code.RELOCATION, Code.TLS)
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing about one file; `detail` is a sentence without its subject."""

    code: Code
    weight: Weight
    detail: str


def failure(code: Code, detail: str) -> Finding:
    """A finding that fails the file."""
    return Finding(code=code, weight=Weight.FAILURE, detail=detail)


def unknown(code: Code, detail: str) -> Finding:
    """A finding about what could not be checked."""
    return Finding(code=code, weight=Weight.UNKNOWN, detail=detail)


def warning(code: Code, detail: str) -> Finding:
    """A finding that fails nothing."""
    return Finding(code=code, weight=Weight.WARNING, detail=detail)


def of_machine(path: str, elf: Elf, target: Target) -> Finding | None:
    """What is to be said of a file for another machine; None for one of the target's.

    A file that names its own machine in its path, such as `attach_linux_x86.so`, is one of a set for several machines
    and is not loaded here. Nothing else is believed to be there on purpose.
    """
    if elf.machine == target.arch:
        return None
    words = set(re.split(r"[^a-z0-9]+|(?<=[a-z])_", posixpath.basename(path).lower().replace("x86_64", "x64")))
    meant = words & set(MACHINE_NAMES.get(elf.machine.partition(",")[0], ()))
    extension = any(name.startswith("PyInit_") for name in elf.names) or EXTENSION.search(path)
    if meant and not extension:
        return unknown(Code.MACHINE, f"is for {elf.machine}, as its name says; not loaded on {target.arch}")
    return failure(Code.MACHINE, f"is for {elf.machine}, not {target.arch}")


def of_libc(elf: Elf, target: Target) -> Iterator[Finding]:
    """What a file wants of another C library than the target's, or of a newer one."""
    if target.libc is Libc.GLIBC:
        if elf.executable_stack and symbols.number(target.libc_version) >= symbols.number(symbols.GLIBC_STACK):
            yield failure(Code.LOADER, f"wants an executable stack, which glibc refuses since {symbols.GLIBC_STACK}")
        return
    # By the library, not by the version alone: GCC's runtime has a version GLIBC_2.0 of its own.
    versions = {need.version for need in elf.versions_needed if GLIBC_LIBRARY.fullmatch(need.library)}
    named = {name for name in elf.needed if GLIBC_LIBRARY.fullmatch(name)}
    if versions:
        yield failure(Code.LIBC, f"is linked against glibc: {some(sorted(named | versions))}")
    elif named:
        yield warning(Code.LIBC, f"names libraries of glibc, for which musl takes itself: {some(named)}")
    if elf.has_relr and symbols.number(target.libc_version) < symbols.number(symbols.MUSL_RELR):
        yield failure(
            Code.RELOCATION,
            f"has packed relocations (DT_RELR), which musl {target.libc_version} ignores in silence: "
            f"it needs {symbols.MUSL_RELR}",
        )
    if unsupported := elf.relocation_types - MUSL_RELOCATIONS[target.arch]:
        yield failure(Code.RELOCATION, f"has relocations of types musl does not know: {some(map(str, unsupported))}")


def of_interpreter(elf: Elf, target: Target) -> Iterator[Finding]:
    """Whether an executable names the target's own loader."""
    wanted = symbols.LOADERS[str(target.libc), target.arch]
    if elf.interpreter is not None and posixpath.basename(elf.interpreter) != wanted:
        yield failure(Code.LOADER, f"is started by {elf.interpreter}, and the target has {wanted}")


def of_name(path: str, elf: Elf, target: Target) -> Iterator[Finding]:
    """Whether Python would take an extension module of this name."""
    match = EXTENSION.search(path)
    if match is None or target.python is None or match["triplet"] is None:
        return
    if f"3.{match['minor']}{match['free']}" != target.python:
        return
    system = "musl" if target.libc is Libc.MUSL else "gnu"
    if match["triplet"] != f"{target.arch}-linux-{system}":
        yield failure(
            Code.NAME,
            f"is named for {match['triplet']}, so Python on {target.arch}-linux-{system} does not import it",
        )


def other_python(path: str, target: Target) -> str | None:
    """The Python an extension module is named for, when it is not the target's: that one never imports it."""
    match = EXTENSION.search(path)
    named = f"3.{match['minor']}{match['free']}" if match else None
    return named if named != target.python and target.python is not None else None


def of_rpath(path: str, elf: Elf, prefix: str, known: frozenset[str], linker: Linker) -> Iterator[Finding]:
    """Folders in RPATH or RUNPATH that are not the subject's own.

    One that is asked for a library of the subject's own before it is found, and that does not move with the file,
    fails: whoever has that folder decides what is loaded. Builds leave others behind, which harm nobody.

    Args:
        prefix: what the subject owns.
        known: the folders there are, where that is known; an absolute one of them is no surprise.
    """
    outside = []
    entries = tuple(dict.fromkeys((*elf.rpath, *elf.runpath)))
    for entry in entries:
        folder = linking.expand(path, entry)
        if folder is None:
            continue
        own = folder == prefix or folder.startswith(f"{prefix.rstrip('/')}/")
        if not (own and entry.startswith("$")) and folder not in known and folder not in STANDARD_FOLDERS:
            outside.append(entry)
    fixed = {entry for entry in outside if not entry.startswith("$")}
    asked = [name for name in elf.needed if not linker.is_given(name) and _asks(linker, path, entries, name) & fixed]
    if asked:
        yield failure(
            Code.RPATH, f"has an RPATH that points outside, {some(outside)}, and asks there for {some(asked)}"
        )
    elif outside:
        yield warning(Code.RPATH, f"has an RPATH that points outside: {some(outside)}")


def _asks(linker: Linker, path: str, entries: Iterable[str], name: str) -> set[str]:
    """The entries of a search path that are looked into until a library is found."""
    asked = set()
    for entry in entries:
        asked.add(entry)
        folder = linking.expand(path, entry)
        if folder is not None and linker.tree.find(f"{folder}/{name}") is not None:
            break
    return asked


def of_hardening(elf: Elf, target: Target) -> Iterator[Finding]:
    """Protections that a file goes without. They fail nothing."""
    if elf.kind is Kind.OBJECT:
        return
    if elf.static_tls or elf.initial_exec:
        yield warning(Code.TLS, "has initial-exec thread-local storage, of which a process has little to spare")
    if elf.executable_stack:
        yield warning(Code.HARDENING, "wants an executable stack (no NX)")
    if elf.text_relocations:
        yield warning(Code.HARDENING, "has text relocations")
    if elf.relro is Relro.NONE and (elf.needed or elf.undefined):
        yield warning(Code.HARDENING, "has no RELRO")


def of_stable_abi(path: str, elf: Elf) -> Iterator[Finding]:
    """What an extension of the stable ABI uses beyond it; it works until a Python takes that away."""
    if not path.endswith(".abi3.so"):
        return
    stable = symbols.stable_abi()
    beyond = {wanted.name for wanted in elf.undefined if is_python(wanted.name) and wanted.name not in stable}
    if beyond:
        yield warning(Code.STABLE_ABI, f"uses what the stable ABI does not promise: {some(sorted(beyond))}")


def is_python(name: str) -> bool:
    """Whether a symbol is one of CPython's, by its name."""
    return name.startswith(("Py", "_Py"))


def some(names: Iterable[str], most: int = 5) -> str:
    """Names for people: all of a few, or the first few and how many more."""
    known = sorted(set(names))
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more
