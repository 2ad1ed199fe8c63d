"""The compiled files of an image, and what its loader and its Python find in it; read from its layers, not started."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from automation import image_store, layers, scratch
from automation.bases import Libc
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.loadability import elf, linking, symbols
from automation.loadability.closure import LIBRARY, File, is_script
from automation.loadability.elf import Elf, Kind
from automation.loadability.linking import Linker, Target, Tree

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
MUSL_PATH = re.compile(r"/etc/ld-musl-\w+\.path")
# Where each loader looks when nothing tells it otherwise; glibc's Debian has a folder for each architecture as well.
MUSL_FOLDERS = ("/lib", "/usr/local/lib", "/usr/lib")
GLIBC_FOLDERS = ("/lib/{0}-linux-gnu", "/usr/lib/{0}-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib")
MUSL_VERSION = re.compile(rb"\0(1\.\d+\.\d+)\0")
GLIBC_VERSION = re.compile(rb"release version (\d+\.\d+)")
PYTHON = re.compile(r"/python(3\.\d+)(/|$)")
SITE = re.compile(r"/(site|dist)-packages/")
CACHE_MAGIC = b"glibc-ld.so.cache1.1"
CACHE_HEADER, CACHE_ENTRY = 48, struct.Struct("<iIIIQ")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was read of a file of a layer."""

    elf: Elf | None = None
    problem: str = ""
    text: bytes = b""
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image's compiled files.

    Attributes:
        linkers: for each Python in the image the linker of its process, by version; "" is for files of no Python.
    """

    reference: str
    files: tuple[File, ...]
    folders: frozenset[str]
    linkers: Mapping[str, Linker]

    def linker_of(self, file: File) -> Linker:
        """The linker of the process that loads a file."""
        match = PYTHON.search(file.path)
        return self.linkers.get(match[1] if match and LIBRARY.search(file.path) else "", self.linkers[""])

    @property
    def python(self) -> str | None:
        """The version of the image's Python; the newest where it has several."""
        versions = [version for version in self.linkers if version]
        return max(versions, key=symbols.number, default=None)


def read(engine: Engine, reference: str) -> Image:
    """Read an image that the engine has.

    Raises:
        UsageError: it has none of that name.
        CheckFailed: the image has no C library that is known, or is for a machine that is not.
    """
    facts = image_store.inspect(engine, reference)
    if facts is None:
        raise UsageError(
            f"the engine has no image {reference}",
            hint="build it with `invoke build`, or pull it; `docker images` lists",
        )
    machine = facts.platform.partition("/")[2]
    if machine not in MACHINES:
        raise CheckFailed(f"the image is for {facts.platform}, which is not known here", where=reference)
    with scratch.folder() as folder:
        archive = folder / "image.tar"
        image_store.save(engine, reference, archive)
        return read_archive(archive, reference, MACHINES[machine], facts.environment)


def read_archive(archive: Path, reference: str, arch: str, environment: Mapping[str, str]) -> Image:
    """Read an image in an archive of `docker save`.

    Args:
        arch: `x86_64` or `aarch64`.
        environment: that of the image; its PATH and LD_LIBRARY_PATH count.

    Raises:
        CheckFailed: the image has no C library that is known.
    """
    content = layers.read_files(archive, _keep)
    found = {
        path: kept.elf for path, kept in content.found.items() if kept.elf is not None and kept.elf.machine == arch
    }
    libc, version = _libc(found, content.found, arch, reference)
    tree = Tree(
        files=found,
        links=content.links,
        cache=_cache(content.found.get("/etc/ld.so.cache")) if libc is Libc.GLIBC else {},
        folders=tuple(_folders(libc, arch, content.found)),
        preferred=tuple(filter(None, environment.get("LD_LIBRARY_PATH", "").split(":"))),
    )
    bare = Target(libc=libc, arch=arch, libc_version=version)
    linkers = {"": Linker(tree, bare)}
    for python, path in _pythons(found, environment.get("PATH", "")).items():
        group = linkers[""].group(path)
        target = Target(
            libc=libc,
            arch=arch,
            libc_version=version,
            python=python,
            started=tuple(member.elf for member in group.members),
        )
        linkers[python] = Linker(tree, target)
    files = tuple(
        File(path=path, label=path, elf=kept.elf, problem=kept.problem)
        for path, kept in sorted(content.found.items())
        if kept.elf is not None or kept.problem
    )
    folders = frozenset(tree.real(path.rpartition("/")[0]) for path in (*found, *content.links))
    return Image(reference=reference, files=files, folders=folders, linkers=linkers)


def _keep(path: str, stream: IO[bytes]) -> Kept | None:
    if path == "/etc/ld.so.cache" or MUSL_PATH.fullmatch(path):
        return Kept(text=stream.read())
    head = stream.read(64)
    if not head.startswith(elf.MAGIC):
        if head and LIBRARY.search(path) and SITE.search(path) and not is_script(head):
            return Kept(problem="named as a library, and not an ELF file")
        return None
    content = head + stream.read()
    try:
        parsed = elf.read(content)
    except elf.Malformed as error:
        return Kept(problem=str(error))
    name = path.rpartition("/")[2]
    if linking.is_musl(path, parsed):
        known = MUSL_VERSION.findall(content)
        aliases = frozenset(elf.Symbol(alias, None) for alias in symbols.musl_aliases(content))
        parsed = elf.with_exports(parsed, aliases)
        return Kept(elf=parsed, version=known[0].decode() if len(set(known)) == 1 else "")
    if name == "libc.so.6":
        match = GLIBC_VERSION.search(content)
        return Kept(elf=parsed, version=match[1].decode() if match else "")
    return Kept(elf=parsed)


def _libc(found: Mapping[str, Elf], kept: Mapping[str, Kept], arch: str, reference: str) -> tuple[Libc, str]:
    """The image's C library and its version, by the loader it has."""
    names = {path.rpartition("/")[2]: path for path in found}
    for path, elf_file in found.items():
        if linking.is_musl(path, elf_file):
            return Libc.MUSL, kept[path].version or _musl_by_symbols(elf_file, arch)
    if "libc.so.6" in names and (version := kept[names["libc.so.6"]].version):
        return Libc.GLIBC, version
    raise CheckFailed(
        "neither musl nor glibc was found in the image",
        where=reference,
        hint="only images with a C library can be proved",
    )


def _musl_by_symbols(libc: Elf, arch: str) -> str:
    """The newest version of musl all of whose symbols are there."""
    versions = symbols.musl_versions()
    complete = [version for version in versions if symbols.musl(arch, version).names <= libc.names]
    return complete[-1] if complete else versions[0]


def _folders(libc: Libc, arch: str, kept: Mapping[str, Kept]) -> Iterator[str]:
    if libc is Libc.GLIBC:
        yield from (folder.format(arch) for folder in GLIBC_FOLDERS)
        return
    stated = kept.get(f"/etc/ld-musl-{arch}.path")
    if stated is None:
        yield from MUSL_FOLDERS
    else:
        yield from filter(None, re.split(r"[:\n]", stated.text.decode("utf-8", "replace")))


def _cache(kept: Kept | None) -> dict[str, str]:
    """What ld.so.cache says: names of libraries and where they are. Builds for special processors are passed over."""
    data = kept.text if kept is not None else b""
    start = data.find(CACHE_MAGIC)
    if start < 0:
        return {}
    data = data[start:]
    count = struct.unpack_from("<I", data, 20)[0]
    found: dict[str, str] = {}
    for index in range(count):
        _, key, value, _, capabilities = CACHE_ENTRY.unpack_from(data, CACHE_HEADER + CACHE_ENTRY.size * index)
        if not capabilities:
            found.setdefault(_text(data, key), _text(data, value))
    return found


def _text(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode("utf-8", "replace")


def _pythons(found: Mapping[str, Elf], path: str) -> dict[str, str]:
    """Each version's interpreter; the first on PATH where there are several."""
    order = {folder: rank for rank, folder in enumerate(path.split(":"))}
    interpreters: dict[str, str] = {}
    for name in sorted(found, key=lambda name: (order.get(name.rpartition("/")[0], len(order)), name)):
        match = re.search(r"/bin/python(3\.\d+)$", name)
        if match and found[name].kind is Kind.EXECUTABLE:
            interpreters.setdefault(match[1], name)
    return interpreters
