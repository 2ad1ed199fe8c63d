"""Wheels with a defect planted in a real ELF file, and their sound twins; compiled by the locked C compiler."""

from __future__ import annotations

import hashlib
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from automation import locks, owner, paths, process

REQUIREMENTS = paths.ROOT / "requirements" / "compilers.txt"
MODULE = "int %(call)s(void);\nvoid *PyInit_planted(void) { %(call)s(); return 0; }\n"
# What a wheel of ours is called, and its extension module, by libc and architecture.
TAGS = {"musl": "cp311-cp311-musllinux_1_2_{0}", "glibc": "cp311-cp311-manylinux_2_17_{0}"}
SUFFIXES = {"musl": "cpython-311-{0}-linux-musl.so", "glibc": "cpython-311-{0}-linux-gnu.so"}
SYSTEMS = {"musl": "{0}-linux-musl", "glibc": "{0}-linux-gnu"}


def compiler() -> Path:
    """The `zig` program, installed apart from the development environment when it is first needed.

    Raises:
        CommandFailed: it is not here and can't be downloaded.
    """
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    home = paths.cache() / "compilers" / digest
    zig = home / "ziglang" / "zig"
    with locks.exclusive(home.with_suffix(".lock"), "a C compiler is being installed"):
        if not zig.exists():
            # Made beside its place and renamed: a killed run leaves nothing that looks whole.
            making = home.with_name(f"{digest}.{owner.name()}")
            words = ["--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--target", str(making)]
            try:
                process.run([sys.executable, "-m", "pip", "install", *words, "-r", str(REQUIREMENTS)], echo=False)
                making.replace(home)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return zig


@dataclass(frozen=True, kw_only=True)
class Planter:
    """Compiles into one folder, for one target."""

    zig: Path
    folder: Path
    libc: str
    arch: str = "x86_64"

    def library(self, name: str, source: str, *flags: str, arch: str = "", system: str = "") -> Path:
        """A shared library of its own: no start files, no C library unless a flag says so."""
        folder = self.folder / "built"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.c").write_text(source, encoding="utf-8")
        target = (system or SYSTEMS[self.libc]).format(arch or self.arch)
        cache = str(self.zig.parent.parent / "cache")
        process.run(
            [str(self.zig), "cc", "-target", target, "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-s",
             "-o", str(folder / name), str(folder / f"{name}.c"), *flags],
            env={"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
            echo=False,
        )  # fmt: skip
        return folder / name

    def stub(self, name: str, function: str, version: str = "") -> Path:
        """A library of that file name that has one function, with a version when one is given."""
        flags = [f"-Wl,-soname,{name}"]
        if version:
            script = self.folder / f"{name}.map"
            script.write_text(f"{version} {{ global: {function}; local: *; }};\n", encoding="utf-8")
            flags.append(f"-Wl,--version-script={script}")
        return self.library(name, f"int {function}(void) {{ return 0; }}\n", *flags)

    def module(self, call: str, *flags: str, arch: str = "", system: str = "") -> bytes:
        """An extension module that calls one function."""
        return self.library("module", MODULE % {"call": call}, *flags, arch=arch, system=system).read_bytes()

    def wheel(self, module: bytes, more: Mapping[str, bytes] | None = None) -> Path:
        """A folder with one wheel in it, whose package `planted` has the module and other files."""
        home = self.folder / "wheels"
        home.mkdir(exist_ok=True)
        tag = TAGS[self.libc].format(self.arch)
        files = {f"planted/planted.{SUFFIXES[self.libc].format(self.arch)}": module, **(more or {})}
        with zipfile.ZipFile(home / f"planted-1.0-{tag}.whl", "w") as archive:
            archive.writestr("planted/__init__.py", "")
            for name, content in files.items():
                archive.writestr(name, content)
            archive.writestr("planted-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
            archive.writestr("planted-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
            archive.writestr("planted-1.0.dist-info/RECORD", "")
        return home


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A defect: the libc it is planted for, how, the same without it, and what has to be said of it."""

    name: str
    libc: str
    broken: Callable[[Planter], Path]
    sound: Callable[[Planter], Path]
    says: str


def _sound(planter: Planter) -> bytes:
    return planter.module("abort")


def _with_library(planter: Planter, *, shipped: bool) -> Path:
    library = planter.stub("libplanted-1.so.1", "planted_function")
    module = planter.module("planted_function", str(library), "-Wl,-rpath,$ORIGIN/../planted.libs")
    return planter.wheel(module, {"planted.libs/libplanted-1.so.1": library.read_bytes()} if shipped else None)


def _with_glibc(planter: Planter, version: str) -> Path:
    """Linked against a library that is glibc's by its name and the version of its symbol."""
    function = {"GLIBC_2.38": "strlcpy", "GLIBC_2.2.5": "abort"}[version]
    library = planter.stub("libc.so.6", function, version)
    return planter.wheel(planter.module(function, str(library)))


def with_rpath(planter: Planter, folder: str) -> Path:
    """A module that looks for its library in a folder, and then where the wheel ships it."""
    library = planter.stub("libplanted-1.so.1", "planted_function")
    module = planter.module("planted_function", str(library), f"-Wl,-rpath,{folder}:$ORIGIN/../planted.libs")
    return planter.wheel(module, {"planted.libs/libplanted-1.so.1": library.read_bytes()})


def with_stray_rpath(planter: Planter, folder: str) -> Path:
    """A module that needs the libc alone, and still has a search path."""
    return planter.wheel(planter.module("abort", f"-Wl,-rpath,{folder}"))


def _cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def dynamic(content: bytes) -> tuple[int, int]:
    """Where the dynamic section of a 64-bit file is, and its size."""
    offset, count = struct.unpack_from("<Q", content, 32)[0], struct.unpack_from("<H", content, 56)[0]
    for index in range(count):
        kind, _, start, _, _, size, _, _ = struct.unpack_from("<IIQQQQQQ", content, offset + 56 * index)
        if kind == 2:
            return int(start), int(size)
    raise AssertionError("no dynamic section")


def with_tag(content: bytes, tag: int, value: int) -> bytes:
    """The same file with another value of a dynamic tag."""
    start, size = dynamic(content)
    changed = bytearray(content)
    for offset in range(start, start + size, 16):
        if struct.unpack_from("<q", content, offset)[0] == tag:
            struct.pack_into("<Q", changed, offset + 8, value)
            return bytes(changed)
    raise AssertionError(f"no tag {tag}")


def _without_end(content: bytes) -> bytes:
    start, size = dynamic(content)
    return content[:start] + b"\x15" + bytes(7) + b"\xff" * (size - 8) + content[start + size :]


DT_STRTAB, DT_SYMTAB, DT_JMPREL = 5, 6, 23
DEFECTS = (
    Defect(
        name="a symbol that musl lacks",
        libc="musl",
        broken=lambda planter: planter.wheel(planter.module("__cxa_thread_atexit_impl")),
        sound=lambda planter: planter.wheel(planter.module("abort")),
        says="symbols that nobody has: __cxa_thread_atexit_impl",
    ),
    Defect(
        name="a symbol that this glibc lacks",
        libc="glibc",
        broken=lambda planter: planter.wheel(planter.module("getprogname")),
        sound=lambda planter: planter.wheel(planter.module("abort")),
        says="symbols that nobody has: getprogname",
    ),
    *(
        Defect(
            name=f"a library that nobody provides ({libc})",
            libc=libc,
            broken=lambda planter: _with_library(planter, shipped=False),
            sound=lambda planter: _with_library(planter, shipped=True),
            says="a library that nobody provides: libplanted-1.so.1",
        )
        for libc in ("musl", "glibc")
    ),
    Defect(
        name="linked against glibc",
        libc="musl",
        broken=lambda planter: _with_glibc(planter, "GLIBC_2.2.5"),
        sound=lambda planter: planter.wheel(planter.module("abort", str(planter.stub("libc.so", "abort")))),
        says="is linked against glibc: GLIBC_2.2.5, libc.so.6",
    ),
    Defect(
        name="named for glibc",
        libc="musl",
        broken=lambda planter: planter.wheel(
            _sound(planter), {"planted/other.cpython-311-x86_64-linux-gnu.so": _sound(planter)}
        ),
        sound=lambda planter: planter.wheel(_sound(planter), {"planted/other.abi3.so": _sound(planter)}),
        says="so Python on x86_64-linux-musl does not import it",
    ),
    Defect(
        name="a newer glibc",
        libc="glibc",
        broken=lambda planter: _with_glibc(planter, "GLIBC_2.38"),
        sound=lambda planter: _with_glibc(planter, "GLIBC_2.2.5"),
        says="needs GLIBC_2.38 of libc.so.6; the target has glibc 2.36",
    ),
    *(
        Defect(
            name=f"cut off at {share:.0%}",
            libc="musl",
            broken=lambda planter, share=share: planter.wheel(_cut(_sound(planter), share)),  # type: ignore[misc]
            sound=lambda planter: planter.wheel(_cut(_sound(planter), 1)),
            says="cut off" if share > 0.1 else "",
        )
        for share in (0.02, 0.5, 0.99)
    ),
    Defect(
        name="an empty file",
        libc="musl",
        broken=lambda planter: planter.wheel(b""),
        sound=lambda planter: planter.wheel(_sound(planter)),
        says="not an ELF file",
    ),
    *(
        Defect(
            name=f"corrupted: {name}",
            libc=libc,
            broken=lambda planter, harm=harm: planter.wheel(harm(_sound(planter))),  # type: ignore[misc]
            sound=lambda planter: planter.wheel(_sound(planter)),
            says=says,
        )
        for libc in ("musl", "glibc")
        for name, harm, says in (
            ("its first bytes", lambda content: b"\0\0\0\0" + content[4:], "not an ELF file"),
            ("its header", lambda content: content[:5] + b"\x07" * 50 + content[55:], "its header can't be read"),
            ("its dynamic section", _without_end, "its dynamic section has no end"),
            ("its strings", lambda content: with_tag(content, DT_STRTAB, 1 << 40), "its string table should be at"),
            ("its symbols", lambda content: with_tag(content, DT_SYMTAB, 1 << 40), "its symbol table should be at"),
            ("its relocations", lambda content: with_tag(content, DT_JMPREL, 1 << 40), "its relocations should be at"),
        )
    ),
    *(
        Defect(
            name=f"the wrong architecture ({libc})",
            libc=libc,
            broken=lambda planter: planter.wheel(planter.module("abort", arch="aarch64")),
            sound=lambda planter: planter.wheel(planter.module("abort")),
            says="is for aarch64, not x86_64",
        )
        for libc in ("musl", "glibc")
    ),
    *(
        Defect(
            name=f"an RPATH to {folder}",
            libc=libc,
            broken=lambda planter, folder=folder: with_rpath(planter, folder),  # type: ignore[misc]
            sound=lambda planter: with_rpath(planter, "$ORIGIN"),
            says="an RPATH that points outside",
        )
        for libc in ("musl", "glibc")
        for folder in ("/opt/build/lib", "build/lib")
    ),
)
