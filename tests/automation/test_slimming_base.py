"""The base made from a root: which libraries, which files, which users; and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.slimming import base, elf
from automation.slimming.base import Libraries
from automation.slimming.catalogue import Step
from automation.slimming.errors import Refused
from automation.slimming.packages import Environment
from tests.automation import slimmable
from tests.automation.slimmable import SUFFIX

ALL = frozenset(Step)
HOST = Path("/")
MUSL = "lib/ld-musl-x86_64.so.1"
USERS = "root:x:0:0:root:/root:/bin/ash\ndaemon:x:2:2::/sbin:/sbin/nologin\nautoarr:x:1001:1001::/data:/bin/sh\n"
GROUPS = "root:x:0:root\nnogroup:x:65533:\nwheel:x:10:\nautoarr:x:1001:\n"
FILES = {
    "etc/passwd": USERS,
    "etc/group": GROUPS,
    "etc/shadow": "root:*::0:::::",
    "etc/services": "http 80/tcp\n",
    "etc/os-release": "ID=test\n",
    "etc/ssl/certs/ca-certificates.crt": "a certificate",
    "bin/busybox": "a shell",
    "usr/share/zoneinfo/UTC": "TZif",
    "usr/share/zoneinfo/Europe/Berlin": "TZif of Berlin",
    "usr/share/zoneinfo/zone.tab": "DE +5230+01322 Europe/Berlin\n",
    "usr/share/zoneinfo/right/UTC": "TZif with leap seconds",
}
FAKE_LDCONFIG = '#!/bin/sh\nmkdir -p "$2/var/cache" && echo cache > "$2/etc/ld.so.cache"\n'


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Files given to a user, which only root could do."""
    found: list[tuple[str, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: found.append((Path(path).name, uid, gid)))
    return found


def interpreter(root: Path, content: bytes) -> None:
    slimmable.write(root, {"usr/local/bin/python3.11": content})
    (root / "usr/local/bin/python3.11").chmod(0o755)
    for name, aim in (("python3", "python3.11"), ("python", "python3")):
        (root / "usr/local/bin" / name).symlink_to(aim)


@pytest.fixture
def musl(tmp_path: Path, owned: list[tuple[str, int, int]]) -> Environment:
    """A root as Alpine's, with extension modules for programs."""
    assert owned == []
    root = tmp_path / "root"
    environment = slimmable.environment(root)
    slimmable.write(root, {**FILES, MUSL: slimmable.compiled()})
    (root / "lib/libc.musl-x86_64.so.1").symlink_to("ld-musl-x86_64.so.1")
    (root / "usr/share/zoneinfo/localtime").symlink_to("/etc/localtime-of-no-machine")
    interpreter(root, slimmable.compiled())
    return environment


def merged(root: Path) -> None:
    """Debian's folders: what was at the top is below /usr."""
    (root / "usr/lib").mkdir(parents=True)
    (root / "usr/lib64").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    (root / "lib64").symlink_to("usr/lib64")


@pytest.fixture
def glibc(tmp_path: Path, owned: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A root as Debian's, with this machine's own libraries and a program of its."""
    assert owned == []
    root = tmp_path / "root"
    merged(root)
    environment = slimmable.environment(root)
    slimmable.write(root, FILES)
    program = Path("/bin/true").resolve()
    interpreter(root, program.read_bytes())
    for path in Libraries(HOST).needed([program, *environment.packages.rglob("*.so")]):
        slimmable.write(root, {str(path.relative_to("/")): path.read_bytes()})
        (root / path.relative_to("/")).chmod(0o755)
    slimmable.write(tmp_path, {"bin/ldconfig": FAKE_LDCONFIG})
    (tmp_path / "bin/ldconfig").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return environment


def build(environment: Environment, *steps: Step) -> tuple[Path, dict[str, str]]:
    root = environment.library.parents[3]
    out = root.parent / "out"
    out.mkdir()
    return out, base.build(root, out, environment, frozenset(steps))


def test_the_libraries_of_a_program_of_this_machine() -> None:
    found = {path.name for path in Libraries(HOST).needed([Path("/bin/true")])}
    assert "libc.so.6" in found
    assert any(name.startswith("ld-linux") for name in found)


def test_a_library_that_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"true needs .*, which is nowhere in the base image"):
        Libraries(tmp_path).needed([Path("/bin/true")])


def test_a_file_that_loads_nothing(tmp_path: Path) -> None:
    slimmable.write(tmp_path, {"a.so": "no library"})
    assert Libraries(tmp_path).needed([tmp_path / "a.so"]) == set()
    assert Libraries._beside(tmp_path / "a.so", "libc.so.6") is None


def test_on_musl_the_loader_is_the_library(musl: Environment) -> None:
    root = musl.library.parents[3]
    assert Libraries(root).needed([root / "usr/local/bin/python3.11"]) == {root / MUSL}


def test_a_library_beside_the_one_that_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strings = {elf.DT_RUNPATH: ["$ORIGIN/../nowhere:$ORIGIN/../alpha.libs"], elf.DT_RPATH: []}
    monkeypatch.setattr(elf.Image, "strings", lambda _, tag: strings[tag])
    slimmable.write(tmp_path, {"alpha/_fast.so": slimmable.compiled(), "alpha.libs/libx.so": "", "other/libx.so": ""})
    asks = tmp_path / "alpha/_fast.so"
    assert Libraries._beside(asks, "libx.so") == tmp_path / "alpha.libs/libx.so"
    assert Libraries._beside(asks, "liby.so") is None


@pytest.mark.parametrize(
    ("said", "packed"),
    [
        ("musl libc (x86_64)\\nVersion 1.2.5\\nDynamic Program Loader", True),
        ("musl libc (x86_64)\\nVersion 1.2.4\\n", True),
        ("musl libc (x86_64)\\nVersion 1.2.3\\n", False),
        ("musl libc\\nVersion 1.10.0\\n", True),
        ("something else", False),
    ],
)
def test_which_loaders_know_packed_relocations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, packed: bool
) -> None:
    slimmable.write(tmp_path, {MUSL: f'#!/bin/sh\nprintf "{said}" >&2\nexit 1\n'})
    (tmp_path / MUSL).chmod(0o755)
    found = base.loader(tmp_path)
    assert found == tmp_path / MUSL
    monkeypatch.setattr(base, "loader", lambda: found)
    assert base.is_packed() is packed


def test_another_c_library_has_no_such_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert base.loader(tmp_path) is None
    monkeypatch.setattr(base, "loader", lambda: None)
    assert not base.is_packed()


def test_a_base_with_musl(musl: Environment, owned: list[tuple[str, int, int]]) -> None:
    out, removed = build(musl, *ALL)
    assert slimmable.names(out) == {
        *("etc/passwd", "etc/group", "etc/services", "etc/os-release", "etc/ssl/certs/ca-certificates.crt"),
        *(MUSL, "lib/libc.musl-x86_64.so.1"),
        *("usr/local/bin/python", "usr/local/bin/python3", "usr/local/bin/python3.11"),
        *(f"usr/local/lib/python3.11/{name}" for name in ("os.pyc", "decimal.pyc", "email/__init__.pyc")),
        *("usr/local/lib/python3.11/LICENSE.txt", f"usr/local/lib/python3.11/lib-dynload/_speedups{SUFFIX}"),
        *("usr/share/autoarr/inventory.json", "usr/share/licenses/python/LICENSE.txt"),
        *("usr/share/zoneinfo/UTC", "usr/share/zoneinfo/Europe/Berlin"),
    }
    assert set(removed) == {"_pydecimal", "pydoc", "pydoc_data", "pydoc_data.topics", "test"}
    assert set(removed.values()) == {"standard-library"}
    assert str((out / "usr/local/bin/python").readlink()) == "python3"
    assert (out / "usr/local/bin/python3.11").stat().st_mode & 0o777 == 0o755
    assert owned == [("data", 1001, 1001)]


def test_a_base_without_steps(musl: Environment) -> None:
    out, removed = build(musl)
    assert removed == {}
    library = out / "usr/local/lib/python3.11"
    expected = {name for name in slimmable.LIBRARY if "__pycache__" not in name and "site-packages" not in name}
    assert slimmable.names(library) == {*expected, f"lib-dynload/_speedups{SUFFIX}"}
    assert (library / f"lib-dynload/_speedups{SUFFIX}").read_bytes() == slimmable.compiled()
    assert {"zone.tab", "right/UTC"} <= slimmable.names(out / "usr/share/zoneinfo")
    assert not (out / "usr/share/zoneinfo/localtime").is_symlink()


def test_equal_files_of_a_base(musl: Environment) -> None:
    out, _ = build(musl, Step.EQUAL_FILES)
    library = out / f"usr/local/lib/python3.11/lib-dynload/_speedups{SUFFIX}"
    assert library.samefile(out / MUSL)
    assert not library.samefile(out / "usr/local/bin/python3.11")  # a program has another mode


def test_users_and_folders(musl: Environment) -> None:
    out, _ = build(musl)
    passwd = (out / "etc/passwd").read_text()
    assert passwd == "root:x:0:0:root:/root:/sbin/nologin\nautoarr:x:1001:1001::/data:/sbin/nologin\n"
    assert (out / "etc/group").read_text() == "root:x:0:root\nnogroup:x:65533:\nautoarr:x:1001:\n"
    modes = {name: stat.S_IMODE((out / name).stat().st_mode) for name in ("tmp", "root", "proc", "data", "run")}
    assert modes == {"tmp": 0o1777, "root": 0o700, "proc": 0o555, "data": 0o750, "run": 0o755}


def test_a_base_with_glibc_and_merged_folders(glibc: Environment) -> None:
    out, _ = build(glibc, *ALL)
    assert str((out / "lib").readlink()) == "usr/lib"
    assert str((out / "lib64").readlink()) == "usr/lib64"
    libraries = {path.name for path in out.rglob("*.so*")}
    assert "libc.so.6" in libraries
    assert any(name.startswith("ld-linux") for name in libraries)
    # What a program asks for is where it asks for it.
    program = elf.parse((out / "usr/local/bin/python3.11").read_bytes())
    assert program.interpreter
    assert (out / program.interpreter.lstrip("/")).is_file()
    assert (out / "etc/ld.so.conf").read_text() == "/usr/local/lib\n"
    assert (out / "etc/ld.so.cache").is_file()
    assert not (out / "var").exists()


def test_what_glibc_opens_by_name(glibc: Environment) -> None:
    root = glibc.library.parents[3]
    slimmable.write(root, {"usr/lib/libnss_dns.so.2": slimmable.compiled(), "usr/lib/libunused.so.1": b""})
    out, _ = build(glibc)
    assert (out / "usr/lib/libnss_dns.so.2").is_file()
    assert not (out / "usr/lib/libunused.so.1").exists()


def test_without_ldconfig(glibc: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    out, _ = build(glibc)
    assert not (out / "etc/ld.so.conf").exists()


def test_a_base_whose_program_lacks_a_library(glibc: Environment) -> None:
    root = glibc.library.parents[3]
    for path in root.rglob("libc.so.6"):
        path.unlink()
    with pytest.raises(Refused, match=r"needs libc\.so\.6, which is nowhere in the base image"):
        build(glibc)


def test_a_library_that_another_library_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slimmable.write(tmp_path, {"program": "", "usr/lib/liba.so": "", "usr/lib/libb.so": "", "usr/lib/libc.so": ""})
    needs = {"program": ["liba.so"], "liba.so": ["libb.so"], "libb.so": ["liba.so"]}  # in a circle, as some do
    monkeypatch.setattr(Libraries, "_names", staticmethod(lambda path: needs[path.name]))
    found = Libraries(tmp_path).needed([tmp_path / "program"])
    assert {path.name for path in found} == {"liba.so", "libb.so"}


def test_a_library_beside_a_package_is_not_the_bases(glibc: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    slimmable.write(glibc.packages, {"alpha.libs/libextra.so.1": slimmable.compiled()})
    extra = glibc.packages / "alpha.libs/libextra.so.1"
    inside = glibc.packages
    monkeypatch.setattr(
        Libraries, "_beside", staticmethod(lambda path, _: extra if path.is_relative_to(inside) else None)
    )
    out, _ = build(glibc)
    assert not (out / "opt").exists()


def test_libraries_of_the_environment_are_not_the_bases(musl: Environment) -> None:
    slimmable.write(musl.packages, {"alpha.libs/libextra.so.1": slimmable.compiled()})
    out, _ = build(musl)
    assert not (out / "opt").exists()


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "root"
    merged(root)
    slimmable.write(root, {"usr/lib/ssl/real.pem": "a certificate", "etc/empty": ""})
    (root / "etc/cert.pem").symlink_to("/usr/lib/ssl/cert.pem")
    (root / "usr/lib/ssl/cert.pem").symlink_to("../ssl/real.pem")
    (root / "etc/gone.pem").symlink_to("nothing")
    yield root
    shutil.rmtree(root)


def test_links_are_followed_to_their_end(linked: Path, tmp_path: Path) -> None:
    for name in ("etc/cert.pem", "lib/ssl/cert.pem", "etc/gone.pem"):
        base._copy(linked / name, linked, tmp_path / "out", frozenset(), False)
    out = tmp_path / "out"
    assert slimmable.names(out) == {
        *("etc/cert.pem", "etc/gone.pem", "lib", "usr/lib/ssl/cert.pem", "usr/lib/ssl/real.pem"),
    }
    assert (out / "lib/ssl/cert.pem").read_text() == "a certificate"
    assert str((out / "etc/cert.pem").readlink()) == "/usr/lib/ssl/cert.pem"


def test_the_inventory_of_a_base_names_what_is_there(musl: Environment) -> None:
    out, _ = build(musl, *ALL)
    listing = json.loads((out / "usr/share/autoarr/inventory.json").read_text())
    files = [name for component in listing["components"] for name in component["files"]]
    assert len(files) == len(set(files))
    assert {name.lstrip("/") for name in files} <= slimmable.names(out)
