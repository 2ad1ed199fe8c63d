"""Make the symbol data anew: `python -m automation.loadability.symbols.make`.

It downloads packages of Debian, of the Python index and of npm (about 200 MB), installs none of them, and reads what
their libraries export. README.md says which package tells what, and why.
"""

from __future__ import annotations

import importlib
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from automation import apt, console, process, scratch
from automation.errors import CheckFailed
from automation.loadability import elf
from automation.loadability.symbols import FOLDER, musl_aliases, number, wasm
from automation.loadability.symbols.tables import Section, Table, group, render

ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
# Debian's packages by suite. The newest glibc lists every older one's symbols with their versions.
PACKAGES = {
    "bookworm": ("musl", "libc6", "libpython3.11", "libgcc-s1", "libstdc++6", "zlib1g", "libcrypt1"),
    "trixie": ("musl", "libc6"),
    "sid": ("musl", "libc6", "libpython3.13", "libpython3.14"),
}
# Releases of ziglang whose list of musl's symbols is of a version that no suite of Debian has.
ZIGLANG = ("0.9.1", "0.11.0")
GLIBC_LIBRARIES = re.compile(
    r"ld-linux-(x86-64|aarch64)\.so\.\d|lib(c|m|mvec|pthread|dl|rt|util|resolv|anl|nsl|BrokenLocale)\.so\.\d"
)
# Pyodide's CPython for the browser is a whole CPython; its own additions are not counted.
PYODIDE = ("0.27.7", "3.12")
PYODIDE_OWN = re.compile(r"(?!_?Py)|Py2Js|_PyEM_|Py_EMSCRIPTEN|PyUnicode_Data$")
# Which modules are built in is every distributor's own choice.
BUILT_IN = "PyInit_"
# The conditions in the stable ABI that hold on Linux.
POSIX = ("HAVE_FORK", "PY_HAVE_THREAD_NATIVE_ID")
RELEASE = re.compile(r"GLIBC_[\d.]+")
RUNTIME = re.compile(r"libgcc_s\.so\.1|libstdc\+\+\.so\.6|libz\.so\.1|libcrypt\.so\.1")


@dataclass(frozen=True, kw_only=True)
class Package:
    """An unpacked package of Debian; `arch` is `x86_64` or `aarch64`."""

    name: str
    version: str
    arch: str
    folder: Path

    @property
    def origin(self) -> str:
        """For the data's head."""
        return f"{self.name} {self.version} (Debian, {self.arch})"

    def libraries(self) -> Iterator[tuple[str, bytes]]:
        """Its shared libraries by the name they are found under, and their bytes."""
        for path in sorted(self.folder.rglob("*.so*")):
            if path.is_symlink() or not path.is_file() or "gconv" in path.parts:
                continue
            content = path.read_bytes()
            if content.startswith(elf.MAGIC):
                yield elf.read(content).soname or path.name, content


def download(folder: Path) -> list[Package]:
    """Download and unpack Debian's packages for both architectures."""
    mirror = apt.mirror()
    private = apt.PrivateApt(folder / "apt", "".join(f"deb {mirror.archive} {suite} main\n" for suite in PACKAGES))
    with (folder / "apt" / "apt.conf").open("a", encoding="utf-8") as config:
        config.write("APT::Architectures { " + "".join(f'"{name}"; ' for name in ARCHITECTURES) + "};\n")
    private.update()
    wanted = [f"{n}:{arch}/{suite}" for suite, names in PACKAGES.items() for n in names for arch in ARCHITECTURES]
    packages = []
    for deb in private.download(wanted):
        target = folder / deb.stem
        apt.unpack([deb], target)
        name, version, arch = deb.stem.split("_")
        version = version.replace("%3a", ":")
        packages.append(Package(name=name, version=version, arch=ARCHITECTURES[arch], folder=target))
    return packages


def _pip_download(folder: Path, requirement: str) -> Path:
    target = folder / requirement
    process.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                 "--platform=manylinux_2_12_x86_64", "--platform=manylinux2010_x86_64", "--platform=any",
                 "--dest", str(target), requirement])  # fmt: skip
    return next(target.glob("*.whl"))


def zig_symbols(listing: str, arch: str) -> frozenset[str]:
    """The symbols of `arch` in ziglang's stub of musl, which is assembler with conditions of the C preprocessor."""
    true = {"PTR64", f"ARCH_{arch}", *(("FAMILY_x86",) if arch == "x86_64" else ("FAMILY_aarch64",))}
    shown, names = [True], set()
    for line in listing.splitlines():
        if line.startswith("#if"):
            shown.append(shown[-1] and _holds(line, true))
        elif line.startswith("#else"):
            shown[-1] = shown[-2] and not shown[-1]
        elif line.startswith("#endif"):
            shown.pop()
        elif shown[-1] and (found := re.match(r"(?:\.globl|\.weak|WEAK\w+) (\w+)$", line)):
            names.add(found[1])
    return frozenset(names)


def _holds(condition: str, true: Iterable[str]) -> bool:
    if found := re.fullmatch(r"#ifdef (\w+)", condition):
        return found[1] in true
    terms = condition.removeprefix("#if ").split(" && ")
    if not all(re.fullmatch(r"!?defined\(\w+\)", term) for term in terms):
        raise CheckFailed("ziglang's list of musl's symbols has a condition of a new kind", where=condition)
    return all(term.startswith("!") is not (term.rstrip(")").rpartition("(")[2] in true) for term in terms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One symbol of one architecture, and what the data says of it."""

    name: str
    arch: str
    attributes: Mapping[str, str]


def sections(rows: Iterable[Row]) -> tuple[Section, ...]:
    """Rows as sections; what holds on every architecture names none."""
    arches: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
    for row in rows:
        arches.setdefault((row.name, tuple(sorted(row.attributes.items()))), set()).add(row.arch)
    everywhere = set(ARCHITECTURES.values())
    return group(
        (name, dict(attributes) if found == everywhere else {**dict(attributes), "arch": arch})
        for (name, attributes), found in arches.items()
        for arch in (sorted(found)[:1] if found == everywhere else sorted(found))
    )


def musl(packages: Iterable[Package], folder: Path) -> Table:
    """The first version of musl that has each symbol."""
    names: dict[tuple[str, str], frozenset[str]] = {}
    origins = []
    for release in ZIGLANG:
        with zipfile.ZipFile(_pip_download(folder, f"ziglang=={release}")) as wheel:
            stub = wheel.read("ziglang/lib/libc/musl/libc.S").decode()
            version = wheel.read("ziglang/lib/libc/musl/src/internal/version.h").decode().split('"')[1]
        origins.append(f"musl {version} (ziglang {release})")
        names.update({(version, arch): zig_symbols(stub, arch) for arch in ARCHITECTURES.values()})
    for package, _, content in _libraries(packages, re.compile("libc.so")):
        origins.append(package.origin)
        key = (package.version.partition("-")[0], package.arch)
        names[key] = elf.read(content).names | musl_aliases(content)
    first: dict[tuple[str, str], str] = {}
    for (version, arch), found in sorted(names.items(), key=lambda item: number(item[0][0])):
        for name in found:
            first.setdefault((name, arch), version)
    rows = (Row(name=name, arch=arch, attributes={"since": since}) for (name, arch), since in first.items())
    return Table(origins=tuple(sorted(origins)), sections=sections(rows))


def _libraries(packages: Iterable[Package], wanted: re.Pattern[str]) -> Iterator[tuple[Package, str, bytes]]:
    for package in packages:
        for name, content in package.libraries():
            if wanted.fullmatch(name):
                yield package, name, content


def glibc(packages: Sequence[Package]) -> Table:
    """Every public symbol of the newest glibc with its version, and the release of versions that name none."""
    rows: set[tuple[str, str, str, str]] = set()
    first: dict[tuple[str, str, str], str] = {}
    origins = set()
    releases = {package.version.partition("-")[0] for package in packages if package.name == "libc6"}
    newest = max(releases, key=number)
    for package, name, content in _libraries(packages, GLIBC_LIBRARIES):
        library = "loader" if name.startswith("ld-") else name
        release = package.version.partition("-")[0]
        origins.add(package.origin)
        parsed = elf.read(content)
        for version in parsed.versions_defined:
            key = (package.arch, library, version)
            first[key] = min(release, first.get(key, release), key=number)
        if release == newest:
            rows |= {(symbol.name, package.arch, library, symbol.version or "") for symbol in parsed.exports}
            # A version may be defined for what was moved to another library; it has no symbol here.
            rows |= {("", package.arch, library, version) for version in parsed.versions_defined}
    return Table(
        origins=tuple(sorted(origins)),
        sections=sections(
            Row(
                name=name,
                arch=arch,
                attributes={
                    "library": library,
                    "version": version,
                    **({} if RELEASE.fullmatch(version) else {"since": first[arch, library, version]}),
                },
            )
            for name, arch, library, version in rows
            # A version is a symbol too, by its own name.
            if version not in ("", "GLIBC_PRIVATE", name)
        ),
    )


def runtime(packages: Iterable[Package]) -> Table:
    """What the other libraries of a plain Debian 12 export."""
    rows, origins = [], set()
    for package, name, content in _libraries(packages, RUNTIME):
        origins.add(package.origin)
        parsed = elf.read(content)
        rows.append(Row(name="", arch=package.arch, attributes={"library": name, "needs": ",".join(parsed.needed)}))
        for symbol in parsed.exports:
            attributes = {"library": name, **({"version": symbol.version} if symbol.version else {})}
            rows.append(Row(name=symbol.name, arch=package.arch, attributes=attributes))
    return Table(origins=tuple(sorted(origins)), sections=sections(rows))


def libpython(packages: Iterable[Package], folder: Path) -> Table:
    """The versions of CPython that export each symbol.

    Pyodide's lacks what a browser can't do; what the versions before and after it export, this one is taken to as well.
    """
    names: dict[tuple[str, str], frozenset[str]] = {}
    origins = set()
    for package, name, content in _libraries(packages, re.compile(r"libpython3\.\d+\.so\.1\.0")):
        origins.add(package.origin)
        names[name.split(".so")[0].removeprefix("libpython"), package.arch] = elf.read(content).names
    release, version = PYODIDE
    process.run(["npm", "pack", "--silent", f"pyodide@{release}"], cwd=folder)
    with tarfile.open(folder / f"pyodide-{release}.tgz") as archive:
        module = archive.extractfile("package/pyodide.asm.wasm")
        exported = wasm.exports(module.read() if module else b"")
    browser = frozenset(name for name in exported if not PYODIDE_OWN.match(name))
    origins.add(f"pyodide {release} (npm)")
    for arch in ARCHITECTURES.values():
        names[version, arch] = browser | (names["3.11", arch] & names["3.13", arch])
    versions: dict[tuple[str, str], list[str]] = {}
    for (python, arch), found in names.items():
        for name in (name for name in found if not name.startswith(BUILT_IN)):
            versions.setdefault((name, arch), []).append(python)
    rows = (
        Row(name=name, arch=arch, attributes={"python": ",".join(sorted(found, key=number))})
        for (name, arch), found in versions.items()
    )
    return Table(origins=tuple(sorted(origins)), sections=sections(rows))


def stable_abi(folder: Path) -> Table:
    """The version of CPython that took each symbol into the stable ABI."""
    wheel = _pip_download(folder, "abi3info")
    sys.path.insert(0, str(wheel))
    try:
        info = importlib.import_module("abi3info")
    finally:
        sys.path.remove(str(wheel))
    # Without what is only there on Windows, or in a Python that is built to debug references or the stack.
    since = {
        symbol.name: str(entry.added)
        for entries in (info.FUNCTIONS, info.DATAS)
        for symbol, entry in entries.items()
        if entry.ifdef is None or entry.ifdef.name in POSIX
    }
    return Table(
        origins=(f"abi3info {wheel.name.split('-')[1]} (Python index)",),
        sections=group((name, {"since": version}) for name, version in since.items()),
    )


def main() -> None:
    """Download, read, write."""
    with console.exit_on_error(), scratch.folder() as folder:
        packages = download(folder)
        made = {
            "musl": ("musl: the first version that has each symbol", musl(packages, folder)),
            "glibc": ("glibc: every public symbol and its version", glibc(packages)),
            "runtime": ("Debian 12: GCC's runtime, zlib and libcrypt", runtime(packages)),
            "libpython": ("CPython: the versions that export each symbol", libpython(packages, folder)),
            "stable_abi": ("CPython: when each symbol became part of the stable ABI", stable_abi(folder)),
        }
        for name, (title, table) in made.items():
            (FOLDER / f"{name}.txt").write_text(render(title, table), encoding="utf-8")
            console.note(f"{name}.txt: {sum(len(section.names) for section in table.sections)} names")


if __name__ == "__main__":
    main()
