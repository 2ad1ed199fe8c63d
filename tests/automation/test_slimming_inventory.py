"""Who brought each file of a base: by Alpine's database, by Debian's, and by a bootstrapped base's own list."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from automation.slimming import inventory
from tests.automation import slimmable

PYTHON = {
    "usr/local/bin/python3.11": "a program",
    "usr/local/lib/libpython3.11.so.1.0": "a library",
    "usr/local/lib/python3.11/os.pyc": "code",
    "usr/local/lib/python3.11/LICENSE.txt": "Python's terms",
}
IMAGE = {"etc/passwd": "root", "etc/group": "root"}
APK = """\
C:Q1abc=
P:musl
V:1.2.5-r1
A:x86_64
L:MIT
o:musl
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
R:libc.musl-x86_64.so.1

P:libssl3
V:3.3.2-r0
A:x86_64
L:Apache-2.0
o:openssl
F:usr/lib
R:libssl.so.3
F:etc/ssl
R:openssl.cnf

P:ca-certificates-bundle
V:2024-r0
A:x86_64
L:MPL-2.0 AND MIT
o:ca-certificates
F:etc/ssl/certs

P:unused
V:1
F:usr/bin
R:unused
F:etc/ssl
R:openssl.cnf

C:no package
"""
APK_FILES = {
    "lib/ld-musl-x86_64.so.1": "musl",
    "lib/libc.musl-x86_64.so.1": "musl",
    "usr/lib/libssl.so.3": "libssl3",
    "etc/ssl/openssl.cnf": "libssl3",
    "etc/ssl/certs/ca-certificates.crt": "ca-certificates-bundle",
    "etc/ssl/cert.pem": "ca-certificates-bundle",
}
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u10
Description: C library
 and more words

Package: zlib1g
Architecture: amd64
Source: zlib (1:1.2.13)
Version: 1:1.2.13.dfsg-1

Package: ca-certificates
Architecture: all
Version: 20230311

Package: mystery
Architecture: all
Version: 1

Description: no package
"""
LISTS = {
    "libc6:amd64": "/.\n/lib\n/lib/libc.so.6\n",
    "zlib1g:amd64": "/usr\n/usr/lib\n/usr/lib/libz.so.1\n",
    "mystery": "/etc/mystery\n/etc/os-release\n",
}
DPKG_FILES = {
    "usr/lib/libc.so.6": "libc6",
    "lib/libz.so.1": "zlib1g",
    "etc/ssl/certs/ca-certificates.crt": "ca-certificates",
    "etc/mystery": "mystery",
    "etc/os-release": "mystery",
}
SOURCES = "musl 1.2.5-3\nopenssl 3.0.17-1~deb12u3\n\nzlib 1:1.2.13\ntzdata 2025b\nmake 4.3\n"
BOOTSTRAPPED_FILES = {
    "lib/ld-musl-x86_64.so.1": "musl",
    "usr/lib/libcrypto.so.3": "openssl",
    "etc/ssl/openssl.cnf": "openssl",
    "usr/lib/libz.so.1": "zlib",
    "usr/share/zoneinfo/Europe/Berlin": "tzdata",
}


def written(tmp_path: Path, *files: str) -> dict[str, dict[str, Any]]:
    """The components of an image with these files, Python's and its own; by name."""
    out = tmp_path / "out"
    slimmable.write(out, {**dict.fromkeys(files, ""), **PYTHON, **IMAGE})
    slimmable.write(tmp_path / "root", PYTHON)
    inventory.write(tmp_path / "root", out)
    listing = json.loads((out / inventory.PLACE).read_text())
    assert listing["version"] == inventory.VERSION
    found = {component["name"]: component for component in listing["components"]}
    assert list(found) == sorted(found)
    assert len(found) == len(listing["components"])
    return found


def assert_owned(tmp_path: Path, found: dict[str, dict[str, Any]], expected: dict[str, str]) -> None:
    """Each file has the owner that is expected, and no file of the image is without one."""
    owners = {name.lstrip("/"): component["name"] for component in found.values() for name in component["files"]}
    assert sum(len(component["files"]) for component in found.values()) == len(owners)
    assert {name: owners.get(name) for name in expected} == expected
    assert owners.keys() == slimmable.names(tmp_path / "out")


def test_alpine(tmp_path: Path) -> None:
    slimmable.write(tmp_path / "root", {"lib/apk/db/installed": APK, "usr/share/licenses/musl/COPYRIGHT": "musl's"})
    found = written(tmp_path, *APK_FILES)
    assert_owned(tmp_path, found, APK_FILES)
    assert "unused" not in found
    musl = found["musl"]
    assert (musl["kind"], musl["version"], musl["licence"]) == ("libc", "1.2.5-r1", "MIT")
    assert musl["source"] == "pkg:apk/alpine/musl@1.2.5-r1?arch=x86_64"
    assert found["libssl3"]["kind"] == "system"
    assert (tmp_path / "out/usr/share/licenses/musl/COPYRIGHT").read_text() == "musl's"


def test_debian(tmp_path: Path) -> None:
    root = {f"var/lib/dpkg/info/{name}.list": text for name, text in LISTS.items()}
    texts = {"usr/share/doc/zlib1g/copyright": "zlib's", "usr/share/doc/zlib1g/changelog.gz": "news"}
    slimmable.write(tmp_path / "root", {"var/lib/dpkg/status": STATUS, **root, **texts})
    found = written(tmp_path, *DPKG_FILES)
    assert_owned(tmp_path, found, DPKG_FILES)
    libc, zlib = found["libc6"], found["zlib1g"]
    assert (libc["kind"], libc["licence"]) == ("libc", "LGPL-2.1-or-later")
    assert (zlib["kind"], zlib["licence"]) == ("system", "Zlib")
    assert zlib["source"] == "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64"
    assert found["mystery"]["licence"] == ""
    assert slimmable.names(tmp_path / "out/usr/share/licenses/zlib1g") == {"copyright"}


def test_a_bootstrapped_base(tmp_path: Path) -> None:
    slimmable.write(
        tmp_path / "root",
        {"usr/share/autoarr-base/sources": SOURCES, "usr/share/licenses/openssl/LICENSE.txt": "OpenSSL's"},
    )
    found = written(tmp_path, *BOOTSTRAPPED_FILES)
    assert_owned(tmp_path, found, BOOTSTRAPPED_FILES)
    assert found["openssl"]["source"] == "pkg:deb/debian/openssl@3.0.17-1~deb12u3?arch=source"
    assert found["musl"]["kind"] == "libc"
    assert "make" not in found
    assert "/usr/share/licenses/openssl/LICENSE.txt" in found["openssl"]["files"]


def test_python_and_the_build_itself(tmp_path: Path) -> None:
    found = written(tmp_path, "etc/os-release", "etc/nsswitch.conf")
    assert set(found) == {"python", "autoarr-image"}
    python = found["python"]
    assert (python["kind"], python["version"]) == ("interpreter", platform.python_version())
    assert set(python["files"]) == {f"/{name}" for name in PYTHON} | {"/usr/share/licenses/python/LICENSE.txt"}
    assert found["autoarr-image"]["kind"] == "image"
    assert set(found["autoarr-image"]["files"]) == {
        *("/etc/passwd", "/etc/group", "/etc/os-release", "/etc/nsswitch.conf", f"/{inventory.PLACE}"),
    }


def test_a_file_that_nobody_brought_is_absent(tmp_path: Path) -> None:
    slimmable.write(tmp_path / "root", {"lib/apk/db/installed": APK})
    found = written(tmp_path, *APK_FILES, "usr/lib/stray.so")
    assert "/usr/lib/stray.so" not in {name for component in found.values() for name in component["files"]}


def test_links_have_owners(tmp_path: Path) -> None:
    slimmable.write(tmp_path / "root", {"lib/apk/db/installed": APK})
    (tmp_path / "out/lib").mkdir(parents=True)
    (tmp_path / "out/lib/libc.musl-x86_64.so.1").symlink_to("ld-musl-x86_64.so.1")
    assert "/lib/libc.musl-x86_64.so.1" in written(tmp_path)["musl"]["files"]


@pytest.mark.parametrize("again", [False, True])
def test_a_licence_text_that_is_there_already(tmp_path: Path, again: bool) -> None:
    place = "usr/share/licenses/musl/COPYRIGHT"
    slimmable.write(
        tmp_path / "root",
        {
            "lib/apk/db/installed": APK.replace("F:lib\n", f"F:{Path(place).parent}\nR:COPYRIGHT\nF:lib\n", 1),
            place: "musl's",
        },
    )
    found = written(tmp_path, "lib/ld-musl-x86_64.so.1", *([place] if again else []))
    assert found["musl"]["files"].count(f"/{place}") == 1
