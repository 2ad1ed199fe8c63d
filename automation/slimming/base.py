"""The part of the base image that an application needs: interpreter, C library, the libraries that are really loaded,
certificates, time zones, users. No shell, no package manager, nothing that could be run but Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from automation.slimming import bytecode, catalogue, compression, elf, inventory, standard
from automation.slimming.catalogue import Step
from automation.slimming.errors import Refused
from automation.slimming.packages import Environment, is_never_code, link_equal, slimmed

# Where loaders look when nothing tells them otherwise, musl's first.
FOLDERS = (
    *("lib", "usr/local/lib", "usr/lib", "lib64", "usr/lib64"),
    *(f"{top}/{machine}-linux-gnu" for top in ("lib", "usr/lib") for machine in ("x86_64", "aarch64")),
)
# What glibc opens by name at run time: threads that end, and names that are looked up.
GLIBC_RUNTIME = ("libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
FILES = (
    *(
        "etc/nsswitch.conf",
        "etc/os-release",
        "etc/protocols",
        "etc/services",
        "etc/ssl/cert.pem",
        "etc/ssl/openssl.cnf",
    ),
    *("etc/ssl/certs/ca-certificates.crt", "etc/ssl1.1/cert.pem", "usr/lib/ssl/openssl.cnf", "usr/lib/ssl/cert.pem"),
    "usr/lib/os-release",
)
# musl with packed relocations: older ones skip them without a word.
PACKED_SINCE = (1, 2, 4)
USERS = ("root", "nobody", "autoarr")
# Folders that have to be there, with their modes.
MOUNTED = (("proc", 0o555), ("sys", 0o555), ("dev", 0o755), ("run", 0o755), ("tmp", 0o1777), ("root", 0o700))
# Names that musl takes for itself, whatever lies under them.
MUSL_ITSELF = tuple(f"lib{name}." for name in ("c", "crypt", "dl", "m", "pthread", "resolv", "rt", "util", "xnet"))
VERSION = re.compile(rb"^Version (\d+)\.(\d+)\.(\d+)$", re.MULTILINE)


def loader(root: Path = Path("/")) -> Path | None:
    """musl's loader, which is its C library; None on another C library."""
    return next(iter(sorted((root / "lib").glob("ld-musl-*.so.1"))), None)


def is_packed() -> bool:
    """Whether this system's loader knows packed relocations: musl from 1.2.4 on. glibc wants the linker's own mark."""
    found = loader()
    if found is None:
        return False
    said = subprocess.run([str(found)], capture_output=True, check=False, timeout=10).stderr
    match = VERSION.search(said)
    return match is not None and tuple(int(number) for number in match.groups()) >= PACKED_SINCE


class Libraries:
    """Finds the libraries that files load, as the loader would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = [root / folder for folder in FOLDERS if (root / folder).is_dir()]
        self.itself = loader(root)

    def find(self, name: str) -> Path | None:
        """The file of a library's name, by the loader's folders."""
        return next((folder / name for folder in self.folders if (folder / name).exists()), None)

    def needed(self, files: Iterable[Path]) -> set[Path]:
        """Every library that the files load, and what those load.

        Raises:
            Refused: one is missing.
        """
        found: set[Path] = set()
        todo = [(path, name) for path in files for name in self._names(path)]
        while todo:
            path, name = todo.pop()
            if self.itself is not None and name.startswith(MUSL_ITSELF):
                library: Path | None = self.itself
            elif "/" in name:
                library = self.root / name.lstrip("/")
            else:
                library = self._beside(path, name) or self.find(name)
            if library is None or not library.exists():
                raise Refused(f"{path} needs {name}, which is nowhere in the base image")
            if library not in found:
                found.add(library)
                todo += [(library, each) for each in self._names(library)]
        return found

    @staticmethod
    def _names(path: Path) -> list[str]:
        try:
            image = elf.parse(path.read_bytes())
        except elf.NotShrinkable:
            return []
        return [*image.strings(elf.DT_NEEDED), *([image.interpreter] if image.interpreter else [])]

    @staticmethod
    def _beside(path: Path, name: str) -> Path | None:
        try:
            image = elf.parse(path.read_bytes())
        except elf.NotShrinkable:
            return None
        for places in (*image.strings(elf.DT_RUNPATH), *image.strings(elf.DT_RPATH)):
            for place in places.split(":"):
                candidate = Path(os.path.normpath(place.replace("$ORIGIN", str(path.parent)))) / name
                if candidate.exists():
                    return candidate
        return None


def build(root: Path, out: Path, environment: Environment, steps: frozenset[Step]) -> dict[str, str]:
    """Make the base below `out`; the modules of the standard library that were left out, and by which step.

    Raises:
        Refused: a library is missing, or something that stays imports a module that is to be left out.
    """
    packed = is_packed()
    removed = _standard_library(root, out, environment, steps, packed)
    prefix = environment.library.parent.parent
    interpreter = [prefix / "bin" / name for name in ("python", "python3", environment.library.name)]
    libraries = Libraries(root)
    ours = list((out / environment.library.relative_to(root)).rglob("*.so"))
    theirs = [path for path in environment.packages.rglob("*.so*") if path.is_file()]
    needed = libraries.needed([*(path.resolve() for path in interpreter), *ours, *theirs])
    needed = {path for path in needed if not path.is_relative_to(environment.home)}
    if loader(root) is None:
        needed |= {found for name in GLIBC_RUNTIME if (found := libraries.find(name)) is not None}
    for path in sorted({*interpreter, *needed, *(path for path in (root / "lib").glob("libc.musl-*"))}):
        _copy(path, root, out, steps, packed)
    for name in FILES:
        if (root / name).exists():
            _copy(root / name, root, out, frozenset(), packed)
    _zoneinfo(root, out, steps)
    _users(root, out)
    if loader(root) is None and shutil.which("ldconfig"):
        (out / "etc/ld.so.conf").write_text("/usr/local/lib\n", encoding="ascii")
        subprocess.run(["ldconfig", "-r", str(out)], check=True)
        shutil.rmtree(out / "var", ignore_errors=True)
    if Step.COMPRESSED in steps:
        compression.compress_standard(out / environment.library.relative_to(root))
    inventory.write(root, out)
    if Step.EQUAL_FILES in steps:
        link_equal(out)
    return removed


def _standard_library(
    root: Path, out: Path, environment: Environment, steps: frozenset[Step], packed: bool
) -> dict[str, str]:
    library = environment.library
    found = environment.standard_library()
    removed = standard.left_out(found, steps)
    by_path = {module.path: module for module in found.values()}
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library)
        if path.is_dir() or "__pycache__" in inside.parts or inside.parts[0] == "site-packages":
            continue
        module = by_path.get(path)
        names = ".".join(inside.with_suffix("").parts)
        if module is not None and module.name in removed:
            continue
        if module is None and Step.STANDARD_LIBRARY in steps and standard.is_unwanted(names):
            continue
        if Step.NEVER_CODE in steps and (
            any(fnmatchcase(inside.parts[0], pattern) for pattern in catalogue.INTERPRETER_JUNK)
            or is_never_code(inside)
        ):
            continue
        target = out / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py" and Step.BYTECODE in steps:
            code = bytecode.compile_module(path.read_bytes(), f"/{path.relative_to(root)}", steps=steps)
            target.with_suffix(".pyc").write_bytes(code)
        else:
            _copy(path, root, out, steps, packed)
    return removed


def _copy(path: Path, root: Path, out: Path, steps: frozenset[Step], packed: bool) -> None:
    """A file at its place below `out`; of a link the link, and what it leads to at its own place."""
    for link in _links(path, root):
        target = out / link.relative_to(root)
        if target.is_symlink() or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            target.symlink_to(link.readlink())
            continue
        content = link.read_bytes()
        target.write_bytes(slimmed(content, steps, packed=packed) if elf.is_elf(content) else content)
        target.chmod(link.stat().st_mode & 0o777)


def _links(path: Path, root: Path) -> Iterator[Path]:
    """The links that a path consists of, one after the other, and the file at their end. Folders that are links (as
    Debian's /lib is) are taken as what they lead to as well."""
    for parent in reversed(path.parents):
        if parent.is_symlink() and parent.is_relative_to(root):
            yield parent
    path = path.parent.resolve() / path.name
    while path.is_symlink():
        yield path
        aim = path.readlink()
        path = root / str(aim).lstrip("/") if aim.is_absolute() else path.parent / aim
        path = path.parent.resolve() / path.name
    if path.is_file():
        yield path


def _zoneinfo(root: Path, out: Path, steps: frozenset[Step]) -> None:
    source = root / "usr/share/zoneinfo"
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        unwanted = any(fnmatchcase(part, pattern) for part in inside.parts for pattern in catalogue.ZONEINFO_JUNK)
        # A link to the machine's own zone may lead nowhere.
        if not path.is_file() or (Step.NEVER_CODE in steps and unwanted):
            continue
        target = out / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Aliases are hard links here, symbolic links there: as files they are the same time zone.
        shutil.copyfile(path, target)


def _users(root: Path, out: Path) -> None:
    """Users, groups, and the folders that have to be there."""
    for name in ("passwd", "group"):
        lines = (root / "etc" / name).read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.partition(":")[0] in (*USERS, "nogroup")]
        text = "\n".join(re.sub(r":/bin/\w+$", ":/sbin/nologin", line) for line in kept)
        (out / "etc" / name).write_text(text + "\n", encoding="utf-8")
    for folder, mode in MOUNTED:
        (out / folder).mkdir(exist_ok=True)
        (out / folder).chmod(mode)
    data = out / "data"
    data.mkdir()
    data.chmod(0o750)
    os.chown(data, 1001, 1001)
