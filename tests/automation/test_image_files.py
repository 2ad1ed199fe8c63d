"""An image's files are read as a container would see them, and its loader's settings count."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import pytest

from automation import layers
from automation.bases import Libc
from automation.errors import CheckFailed
from automation.loadability import elf, image_files, symbols
from automation.loadability.elf import Elf, Kind, Symbol


def layer(entries: Sequence[tuple[str, str | bytes | None]]) -> bytes:
    """A layer: bytes are a file, text is a link's target (`=` before it: a hard link), None is a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in entries:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                member.type = tarfile.LNKTYPE if content.startswith("=") else tarfile.SYMTYPE
                member.linkname = content.removeprefix("=")
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content if isinstance(content, bytes) else b""))
    return buffer.getvalue()


def archive(path: Path, packed: Sequence[bytes]) -> Path:
    names = [f"layer{number}" for number in range(len(packed))]
    files = {"manifest.json": json.dumps([{"Layers": names}]).encode(), **dict(zip(names, packed, strict=True))}
    with tarfile.open(path, "w") as outer:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            outer.addfile(member, io.BytesIO(content))
    return path


def read_all(path: str, stream: IO[bytes]) -> bytes | None:
    return stream.read() if path.startswith("/kept") or "/" in path[1:] else None


def test_later_layers_hide_what_lies_below(tmp_path: Path) -> None:
    below = layer(
        [
            ("kept", b"old"),
            ("left", b"not wanted"),
            ("folder", None),
            ("folder/a", b"a"),
            ("folder/b", b"b"),
            ("opaque/c", b"c"),
            ("gone/deep/d", b"d"),
            ("was-folder/e", b"e"),
            ("link", "folder/a"),
            ("dead-link", "folder/b"),
        ]
    )
    above = layer(
        [
            ("kept", b"new"),
            ("folder/.wh.b", b""),
            ("opaque/.wh..wh..opq", b""),
            ("opaque/f", b"f"),
            (".wh.gone", b""),
            (".wh.dead-link", b""),
            ("was-folder", "elsewhere"),
            ("hard/g", "=folder/a"),
        ]
    )
    files = layers.read_files(archive(tmp_path / "image.tar", [gzip.compress(below), above]), read_all)
    assert files.found == {"/kept": b"new", "/folder/a": b"a", "/opaque/f": b"f", "/hard/g": b"a"}
    assert files.links == {"/link": "folder/a", "/was-folder": "elsewhere"}


def test_a_layer_that_can_not_be_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "image.tar", [b"BZhanything"])
    with pytest.raises(CheckFailed, match="bzip2"):
        layers.read_files(path, read_all)


# What stands for the content of an ELF file here: its name in the table below.
NAMED: dict[bytes, Elf] = {
    b"musl": Elf(
        machine="x86_64",
        kind=Kind.LIBRARY,
        soname="libc.musl-x86_64.so.1",
        exports=symbols.musl("x86_64", "1.2.4").exports,
    ),
    b"glibc": Elf(machine="x86_64", kind=Kind.LIBRARY, soname="libc.so.6", versions_defined=frozenset({"GLIBC_2.36"})),
    b"python": Elf(machine="x86_64", kind=Kind.EXECUTABLE, needed=("libpython3.11.so.1.0",)),
    b"libpython": Elf(
        machine="x86_64",
        kind=Kind.LIBRARY,
        soname="libpython3.11.so.1.0",
        exports=frozenset({Symbol("PyModule_Create2", None)}),
    ),
    b"other": Elf(machine="aarch64", kind=Kind.LIBRARY),
}


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(content: bytes) -> Elf:
        return NAMED[content.removeprefix(elf.MAGIC).split(b"|")[0]]

    monkeypatch.setattr(elf, "read", read)


def as_elf(name: str, more: bytes = b"") -> bytes:
    return elf.MAGIC + name.encode() + b"|" + more


def image(tmp_path: Path, entries: Mapping[str, str | bytes], **environment: str) -> image_files.Image:
    path = archive(tmp_path / "image.tar", [layer([(name.lstrip("/"), content) for name, content in entries.items()])])
    return image_files.read_archive(path, "test:1", "x86_64", environment)


def test_an_image_with_musl(named: None, tmp_path: Path) -> None:
    found = image(
        tmp_path,
        {
            "/lib/ld-musl-x86_64.so.1": as_elf("musl", b"\0\x001.2.5\0musl libc"),
            "/lib/libc.musl-x86_64.so.1": "ld-musl-x86_64.so.1",
            "/etc/ld-musl-x86_64.path": b"/lib:/opt/lib\n/usr/lib\n",
            "/usr/local/bin/python3.11": as_elf("python"),
            "/usr/local/lib/libpython3.11.so.1.0": as_elf("libpython"),
            "/opt/lib/libother.so": as_elf("other"),
            "/usr/local/lib/python3.11/site-packages/pkg/broken.so": b"not one",
            "/usr/lib/libscript.so": b"/* GNU ld script */ GROUP ( /lib/libc.so )",
        },
        LD_LIBRARY_PATH="/usr/local/lib",
    )
    target = found.linkers["3.11"].target
    assert (target.libc, target.libc_version, target.python) == (Libc.MUSL, "1.2.5", "3.11")
    assert found.python == "3.11"
    tree = found.linkers[""].tree
    assert tree.folders == ("/lib", "/opt/lib", "/usr/lib")
    assert tree.preferred == ("/usr/local/lib",)
    assert [library.soname for library in target.started][1:] == ["libpython3.11.so.1.0"]
    broken = next(file for file in found.files if file.path.endswith("broken.so"))
    assert broken.problem == "named as a library, and not an ELF file"
    assert found.linker_of(broken).target.python == "3.11"
    assert not any(file.path == "/usr/lib/libscript.so" for file in found.files)
    assert "/opt/lib/libother.so" not in tree.files


def test_musl_without_a_word_of_its_version_is_known_by_its_symbols(named: None, tmp_path: Path) -> None:
    found = image(tmp_path, {"/lib/ld-musl-x86_64.so.1": as_elf("musl")})
    assert found.linkers[""].target.libc_version == "1.2.4"
    assert found.linkers[""].tree.folders == image_files.MUSL_FOLDERS
    assert found.python is None


def cache(entries: Mapping[str, str]) -> bytes:
    """An ld.so.cache, with one entry for a special processor before each."""
    strings, rows = b"", b""
    start = image_files.CACHE_HEADER + image_files.CACHE_ENTRY.size * 2 * len(entries)
    for name, path in entries.items():
        key = start + len(strings)
        strings += name.encode() + b"\0"
        value = start + len(strings)
        strings += path.encode() + b"\0"
        rows += image_files.CACHE_ENTRY.pack(0x303, key, key, 0, 1 << 62)
        rows += image_files.CACHE_ENTRY.pack(0x303, key, value, 0, 0)
    head = image_files.CACHE_MAGIC + struct.pack("<II", 2 * len(entries), len(strings))
    return head.ljust(image_files.CACHE_HEADER, b"\0") + rows + strings


def test_an_image_with_glibc(named: None, tmp_path: Path) -> None:
    found = image(
        tmp_path,
        {
            "/lib/x86_64-linux-gnu/libc.so.6": as_elf("glibc", b"stable release version 2.36.\n"),
            "/etc/ld.so.cache": cache({"libpython3.11.so.1.0": "/usr/local/lib/libpython3.11.so.1.0"}),
            "/usr/bin/python3.11": as_elf("python"),
            "/opt/bin/python3.11": as_elf("python"),
            "/usr/local/lib/libpython3.11.so.1.0": as_elf("libpython"),
        },
        PATH="/opt/bin:/usr/bin",
    )
    target = found.linkers["3.11"].target
    assert (target.libc, target.libc_version) == (Libc.GLIBC, "2.36")
    assert [library.soname for library in target.started][1:] == ["libpython3.11.so.1.0"]


def test_an_image_without_a_c_library(named: None, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="neither musl nor glibc"):
        image(tmp_path, {"/usr/local/lib/libpython3.11.so.1.0": as_elf("libpython")})


def test_no_cache_is_no_failure() -> None:
    assert image_files._cache(None) == {}
    assert image_files._cache(image_files.Kept(text=b"glibc-ld.so.cache9")) == {}
