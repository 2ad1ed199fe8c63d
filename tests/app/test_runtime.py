"""What the process finds out about its surroundings."""

from __future__ import annotations

import platform
import sysconfig
from typing import TYPE_CHECKING

import pytest

from autoarr import runtime
from autoarr.runtime import Libc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAP = "7f00-7f01 r-xp 00000000 08:01 42                         {}\n7ffc-7ffd rw-p 00000000 00:00 0 \n"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """The answer is kept for the process's life."""
    runtime.find_libc.cache_clear()
    yield
    runtime.find_libc.cache_clear()


def test_this_one() -> None:
    libc = runtime.find_libc()

    assert libc.name == ("musl" if "musl" in str(sysconfig.get_config_var("SOABI")) else "glibc")
    assert libc.version is not None
    if libc.name == "glibc":
        assert libc.version == platform.libc_ver()[1]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/lib/ld-musl-x86_64.so.1", "musl"),
        ("/lib/libc.musl-aarch64.so.1", "musl"),
        ("/opt/my loader/ld-musl-x86_64.so.1", "musl"),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", "glibc"),
        ("/lib64/libc-2.31.so", "glibc"),
        ("/usr/lib/libcrypto.so.3", "unknown"),
        ("/srv/ld-musl-notes.txt", "unknown"),
        ("[vdso]", "unknown"),
    ],
)
def test_by_mapped_file(path: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "maps").write_text(MAP.format(path))
    monkeypatch.setattr(runtime, "_MAPS", tmp_path / "maps")

    assert runtime.find_libc().name == name


@pytest.mark.parametrize(("version", "name"), [("1.2.3", "musl"), (None, "unknown")])
def test_loader_behind_a_link(version: str | None, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "maps").write_text(MAP.format("/usr/lib/x86_64-linux-musl/libc.so"))
    monkeypatch.setattr(runtime, "_MAPS", tmp_path / "maps")
    monkeypatch.setattr(runtime, "_musl_version", lambda loader: version)

    libc = runtime.find_libc()

    assert (libc.name, libc.version) == (name, version)


def test_loader_that_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "maps").write_text(MAP.format("/nowhere/ld-musl-x86_64.so.1"))
    monkeypatch.setattr(runtime, "_MAPS", tmp_path / "maps")

    assert runtime.find_libc() == Libc("musl", None)


def test_nothing_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_MAPS", tmp_path / "missing")

    assert runtime.find_libc() == Libc("unknown", None)


def test_glibc_without_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def confstr(name: str) -> str:
        raise ValueError(name)

    monkeypatch.setattr("os.confstr", confstr)

    assert runtime._glibc_version() is None


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("musl libc (x86_64)\nVersion 1.2.5\nDynamic Program Loader\nUsage: ld.so ...\n", "1.2.5"),
        (
            "musl libc (aarch64)\nVersion 1.2.5-git-12-gabcdef\nDynamic Program Loader\n",
            "1.2.5-git-12-gabcdef",
        ),
        ("sh: not found", None),
        ("", None),
    ],
)
def test_musl_banner(banner: str, version: str | None) -> None:
    assert runtime.parse_musl_banner(banner) == version


@pytest.mark.parametrize(
    ("machine", "name"),
    [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64"), ("riscv64", "linux/riscv64")],
)
def test_platform(machine: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)

    assert runtime.oci_platform() == name
