"""What C libraries, GCC's runtime and CPython export, by version and architecture; README.md says where it comes from.

Libraries come as :class:`Elf`, as if they had been read from their files, so that a wheel can be linked against them
where there is no image to take them from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from automation.loadability.elf import Elf, Kind, Symbol
from automation.loadability.symbols import tables
from automation.loadability.symbols.tables import Table

FOLDER = Path(__file__).parent
# The first musl whose loader applies DT_RELR; earlier ones leave those addresses as they are, and the program crashes.
MUSL_RELR = "1.2.4"
# The first glibc that refuses a library which wants an executable stack, unless the process has one already.
GLIBC_STACK = "2.41"
# musl has the list of names that may end in `64` as one string, ended by an empty one; this one is apart.
LFS64 = re.compile(rb"aio_cancel\0aio_error\0(?:[a-z_]+\0)+\0")
LFS64_R = "readdir64_r"
LOADERS = {
    ("musl", "x86_64"): "ld-musl-x86_64.so.1",
    ("musl", "aarch64"): "ld-musl-aarch64.so.1",
    ("glibc", "x86_64"): "ld-linux-x86-64.so.2",
    ("glibc", "aarch64"): "ld-linux-aarch64.so.1",
}


@cache
def table(name: str) -> Table:
    """A data file: `musl`, `glibc`, `runtime`, `libpython` or `stable_abi`."""
    return tables.load(FOLDER / f"{name}.txt")


def number(version: str) -> tuple[int, ...]:
    """A version such as `1.2.5`, to be compared."""
    return tuple(int(part) for part in version.split("."))


def _fits(attributes: Mapping[str, str], arch: str) -> bool:
    return attributes.get("arch", arch) == arch


def musl_aliases(content: bytes) -> frozenset[str]:
    """The names with `64` that musl's loader accepts for others since 1.2.4, read from its own list of them.

    Args:
        content: the whole libc.so.
    """
    found = LFS64.search(content)
    return (
        frozenset(f"{name.decode()}64" for name in found[0].split(b"\0") if name) | {LFS64_R} if found else frozenset()
    )


@cache
def musl_since(arch: str) -> Mapping[str, str]:
    """The first known version of musl that has each symbol. The oldest known stands for it and all before."""
    return {
        name: section.attributes["since"]
        for section in table("musl").sections
        if _fits(section.attributes, arch)
        for name in section.names
    }


def musl_versions() -> tuple[str, ...]:
    """The known versions of musl, the oldest first."""
    versions = {origin.split()[1].partition("-")[0] for origin in table("musl").origins}
    return tuple(sorted(versions, key=number))


@cache
def musl(arch: str, version: str) -> Elf:
    """musl's one library.

    Args:
        version: such as `1.2.5`; one newer than all that are known counts as the newest of them.
    """
    names = (name for name, since in musl_since(arch).items() if number(since) <= number(version))
    return Elf(
        machine=arch,
        kind=Kind.LIBRARY,
        soname=LOADERS["musl", arch],
        exports=frozenset(Symbol(name, None) for name in names),
    )


def glibc_version_since(version: str) -> str | None:
    """The glibc that introduced a symbol version, such as `2.34` for `GLIBC_2.34`; None for what names no release."""
    release = version.removeprefix("GLIBC_")
    if release != version and release.replace(".", "").isdigit():
        return release
    for section in table("glibc").sections:
        if section.attributes["version"] == version and "since" in section.attributes:
            return section.attributes["since"]
    return None


@cache
def glibc(arch: str, version: str) -> Mapping[str, Elf]:
    """glibc's libraries by file name, with what a release such as `2.36` has."""
    exports: dict[str, set[Symbol]] = {}
    versions: dict[str, set[str]] = {}
    for section in table("glibc").sections:
        attributes = section.attributes
        since = attributes.get("since") or glibc_version_since(attributes["version"])
        if not _fits(attributes, arch) or since is None or number(since) > number(version):
            continue
        library = LOADERS["glibc", arch] if attributes["library"] == "loader" else attributes["library"]
        exports.setdefault(library, set()).update(Symbol(name, attributes["version"]) for name in section.names)
        versions.setdefault(library, set()).add(attributes["version"])
    return {name: _library(arch, name, exports[name], versions[name]) for name in exports}


@cache
def runtime(arch: str) -> Mapping[str, Elf]:
    """What Debian 12 has beyond its C library in every image, by file name: GCC's runtime, zlib and libcrypt."""
    exports: dict[str, set[Symbol]] = {}
    versions: dict[str, set[str]] = {}
    needs: dict[str, str] = {}
    for section in table("runtime").sections:
        attributes = section.attributes
        if not _fits(attributes, arch):
            continue
        library, version = attributes["library"], attributes.get("version")
        if "needs" in attributes:
            needs[library] = attributes["needs"]
            continue
        exports.setdefault(library, set()).update(Symbol(name, version) for name in section.names)
        versions.setdefault(library, set()).update({version} if version else ())
    return {name: _library(arch, name, exports[name], versions[name], needs[name]) for name in exports}


def _library(arch: str, name: str, exports: set[Symbol], versions: set[str], needs: str = "") -> Elf:
    return Elf(
        machine=arch,
        kind=Kind.LIBRARY,
        soname=name,
        needed=tuple(filter(None, needs.split(","))),
        exports=frozenset(exports),
        versions_defined=frozenset(versions),
    )


def pythons() -> tuple[str, ...]:
    """The versions of CPython whose exports are known, such as `3.11`."""
    known = {version for section in table("libpython").sections for version in section.attributes["python"].split(",")}
    return tuple(sorted(known, key=number))


@cache
def python(arch: str, version: str) -> Elf | None:
    """libpython of a version such as `3.11`, or None where its exports are not known."""
    if version not in pythons():
        return None
    names = {
        name
        for section in table("libpython").sections
        if _fits(section.attributes, arch) and version in section.attributes["python"].split(",")
        for name in section.names
    }
    return Elf(
        machine=arch,
        kind=Kind.LIBRARY,
        soname=f"libpython{version}.so.1.0",
        exports=frozenset(Symbol(name, None) for name in names),
    )


@cache
def stable_abi() -> Mapping[str, str]:
    """The version of CPython that took each symbol into its stable ABI."""
    return {name: section.attributes["since"] for section in table("stable_abi").sections for name in section.names}
