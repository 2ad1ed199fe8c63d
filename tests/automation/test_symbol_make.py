"""How the symbol data is made, from packages whose libraries are only described."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from automation import apt, process
from automation.errors import CheckFailed
from automation.loadability import elf, symbols
from automation.loadability.elf import Elf, Kind, Symbol
from automation.loadability.symbols import make, tables
from automation.loadability.symbols.make import Package
from automation.loadability.symbols.tables import Table

ARCHITECTURES = ("x86_64", "aarch64")
WASM_NAMES = ("PyList_New", "PyInit_math", "Py2Js", "malloc", "_PyOnly_InTwelve")


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, Elf]:
    """ELF files by what follows their first bytes."""
    known: dict[bytes, Elf] = {}
    monkeypatch.setattr(elf, "read", lambda content: known[content.removeprefix(elf.MAGIC).split(b"\0")[0]])
    return known


class Packages:
    """Makes unpacked packages, each with one library, for both architectures."""

    def __init__(self, folder: Path, described: dict[bytes, Elf]) -> None:
        self.folder, self.described = folder, described
        self.made: list[Package] = []

    def add(
        self,
        name: str,
        version: str,
        library: str,
        exports: Sequence[tuple[str, str | None]],
        *,
        only: Sequence[str] = ARCHITECTURES,
        more: bytes = b"",
        **facts: Any,
    ) -> None:
        for arch in only:
            key = f"{name} {version} {library} {arch}".encode()
            self.described[key] = Elf(
                machine=arch,
                kind=Kind.LIBRARY,
                soname=library,
                exports=frozenset(Symbol(*export) for export in exports),
                **facts,
            )
            home = self.folder / f"{name}-{version}-{arch}"
            home.mkdir(exist_ok=True)
            (home / library).write_bytes(elf.MAGIC + key + b"\0" + more)
            (home / f"{library}.txt.so").write_text("no library")
            (home / f"link-{library}.so").symlink_to(library)
            package = Package(name=name, version=version, arch=arch, folder=home)
            if package not in self.made:
                self.made.append(package)


@pytest.fixture
def packages(tmp_path: Path, described: dict[bytes, Elf]) -> Packages:
    return Packages(tmp_path, described)


def rows(table: Table) -> dict[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for section in table.sections:
        for name in section.names:
            found.setdefault(name, []).append(dict(section.attributes))
    return found


def zig_wheel(folder: Path, version: str, listing: str) -> Path:
    path = folder / f"ziglang-{version}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("ziglang/lib/libc/musl/libc.S", listing)
        wheel.writestr("ziglang/lib/libc/musl/src/internal/version.h", f'#define VERSION "{version}"\n')
    return path


def test_musl(packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listings = {
        "0.9.1": zig_wheel(tmp_path, "1.2.2", ".globl old\n.weak open64\n"),
        "0.11.0": zig_wheel(tmp_path, "1.2.4", ".globl old\n.globl newer\n"),
    }
    monkeypatch.setattr(make, "_pip_download", lambda folder, wanted: listings[wanted.partition("==")[2]])
    packages.add(
        "musl", "1.2.5-1", "libc.so", [("old", None), ("newest", None)], more=b"aio_cancel\0aio_error\0open\0\0"
    )
    table = make.musl(packages.made, tmp_path)
    found = rows(table)
    assert found["old"] == found["open64"] == [{"since": "1.2.2"}]
    assert found["newer"] == [{"since": "1.2.4"}]
    assert found["newest"] == found["aio_error64"] == [{"since": "1.2.5"}]
    assert "musl 1.2.4 (ziglang 0.11.0)" in table.origins
    assert "musl 1.2.5-1 (Debian, aarch64)" in table.origins


def test_glibc(packages: Packages) -> None:
    versions = frozenset({"GLIBC_2.17", "GLIBC_PRIVATE", "GLIBC_ABI_NEW"})
    packages.add("libc6", "2.36-1", "libc.so.6", [("f", "GLIBC_2.17")], versions_defined=versions - {"GLIBC_ABI_NEW"})
    packages.add("libc6", "2.41-1", "libc.so.6", [("f", "GLIBC_2.17")], versions_defined=versions)
    newest = [("f", "GLIBC_2.17"), ("secret", "GLIBC_PRIVATE"), ("GLIBC_2.17", "GLIBC_2.17"), ("none", None)]
    packages.add("libc6", "2.43-1", "libc.so.6", newest, versions_defined=versions)
    packages.add("libc6", "2.43-1", "ld-linux-x86-64.so.2", [("l", "GLIBC_2.17")], only=["x86_64"])
    packages.add("libc6", "2.43-1", "libmemusage.so", [("not_counted", None)])
    found = rows(make.glibc(packages.made))
    assert found["f"] == [{"library": "libc.so.6", "version": "GLIBC_2.17"}]
    assert found["l"] == [{"arch": "x86_64", "library": "loader", "version": "GLIBC_2.17"}]
    assert {"library": "libc.so.6", "version": "GLIBC_ABI_NEW", "since": "2.41"} in found[""]
    assert set(found) == {"f", "l", ""}


def test_runtime(packages: Packages) -> None:
    packages.add("zlib1g", "1:1.2-1", "libz.so.1", [("deflate", None), ("gzopen", "ZLIB_1")], needed=("libc.so.6",))
    found = rows(make.runtime(packages.made))
    assert found["deflate"] == [{"library": "libz.so.1"}]
    assert found["gzopen"] == [{"library": "libz.so.1", "version": "ZLIB_1"}]
    assert found[""] == [{"library": "libz.so.1", "needs": "libc.so.6"}]


def webassembly(names: Sequence[str]) -> bytes:
    entries = b"".join(bytes([len(name)]) + name.encode() + b"\0\0" for name in names)
    body = bytes([len(names)]) + entries
    return b"\0asm\x01\0\0\0\x07" + bytes([len(body)]) + body


def test_libpython(packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, names in {"3.11": ("PyList_New", "PyThread_id"), "3.13": ("PyThread_id", "PyNew")}.items():
        exports = [(name, None) for name in (*names, "PyInit_math")]
        packages.add(f"libpython{version}", f"{version}.1", f"libpython{version}.so.1.0", exports)

    def pack(words: Sequence[str], *, cwd: Path) -> None:
        assert words[:2] == ["npm", "pack"]
        with tarfile.open(cwd / f"pyodide-{make.PYODIDE[0]}.tgz", "w:gz") as archive:
            content = webassembly(WASM_NAMES)
            member = tarfile.TarInfo("package/pyodide.asm.wasm")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

    monkeypatch.setattr(process, "run", pack)
    found = {name: entry[0]["python"] for name, entry in rows(make.libpython(packages.made, tmp_path)).items()}
    assert found == {
        "PyList_New": "3.11,3.12",
        "PyThread_id": "3.11,3.12,3.13",
        "PyNew": "3.13",
        "_PyOnly_InTwelve": "3.12",
    }


ABI3INFO = """
class Macro:
    def __init__(self, name): self.name = name
class Symbol:
    def __init__(self, name): self.name = name
class Entry:
    def __init__(self, added, macro=None): self.added, self.ifdef = added, macro and Macro(macro)
FUNCTIONS = {Symbol("PyA"): Entry("3.2"), Symbol("PyFork"): Entry("3.7", "HAVE_FORK"),
             Symbol("PyWindows"): Entry("3.2", "MS_WINDOWS")}
DATAS = {Symbol("PyData"): Entry("3.9")}
"""


def test_stable_abi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "abi3info-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("abi3info/__init__.py", ABI3INFO)
    monkeypatch.setattr(make, "_pip_download", lambda folder, wanted: path)
    monkeypatch.delitem(sys.modules, "abi3info", raising=False)
    table = make.stable_abi(tmp_path)
    monkeypatch.delitem(sys.modules, "abi3info")
    assert rows(table) == {"PyA": [{"since": "3.2"}], "PyFork": [{"since": "3.7"}], "PyData": [{"since": "3.9"}]}
    assert table.origins == ("abi3info 1 (Python index)",)
    assert str(path) not in sys.path


def test_everything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Table(origins=("made up 1",), sections=())
    monkeypatch.setattr(make, "FOLDER", tmp_path)
    monkeypatch.setattr(make, "download", lambda folder: [])
    for name in ("musl", "glibc", "runtime", "libpython", "stable_abi"):
        monkeypatch.setattr(make, name, lambda *given: empty)
    make.main()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in symbols.FOLDER.glob("*.txt")
    )
    assert tables.load(tmp_path / "musl.txt") == empty


def test_a_listing_of_a_new_kind_is_no_guess() -> None:
    with pytest.raises(CheckFailed, match="condition of a new kind"):
        make.zig_symbols("#if SOMETHING > 2\n.globl a\n#endif\n", "x86_64")


def test_debian_packages_are_asked_for_on_both_architectures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeApt:
        def __init__(self, folder: Path, sources: str) -> None:
            folder.mkdir()
            assert "bookworm main" in sources

        def update(self) -> None:
            assert '"arm64";' in (tmp_path / "apt" / "apt.conf").read_text()

        def download(self, wanted: Sequence[str]) -> list[Path]:
            assert "musl:arm64/sid" in wanted
            return [tmp_path / "zlib1g_1%3a1.2-1_arm64.deb"]

    monkeypatch.setattr(apt, "PrivateApt", FakeApt)
    monkeypatch.setattr(apt, "unpack", lambda debs, target: None)
    monkeypatch.setenv("AUTOARR_DEBIAN_MIRROR", "http://mirror.invalid/debian")
    [package] = make.download(tmp_path)
    assert (package.name, package.version, package.arch) == ("zlib1g", "1:1.2-1", "aarch64")
    assert package.origin == "zlib1g 1:1.2-1 (Debian, aarch64)"
