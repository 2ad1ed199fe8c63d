"""Every file of an image has one owner, from what the image says; what it does not say stays unowned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automation import layers, ownership
from automation.errors import CheckFailed
from automation.layers import EntryKind
from automation.ownership import Component, Kind, distributions, licences
from tests.automation import archives
from tests.automation.archives import Member, file, folder, hard, layer, link

LABELS = {"title": "AutoArr", "version": "0.1.0", "licenses": "MIT"}
SITE = "opt/venv/lib/python3.11/site-packages"
METADATA = "Metadata-Version: 2.4\nName: {}\nVersion: {}\nLicense-Expression: MIT\n\nThe text.\nLicense: none of it\n"


def owners(tmp_path: Path, *members: Member, **config: object) -> dict[str, Component]:
    path = archives.oci(tmp_path / "image.tar", layer(*members), config=config)
    contents = layers.contents_of_archive(path, keep=ownership.wanted)
    found = dict(ownership.owners(contents))
    assert set(found) == {name for name, entry in contents.entries.items() if entry.kind is not EntryKind.FOLDER}
    return found


def distribution(name: str, version: str, record: list[str], site: str = SITE) -> list[Member]:
    info = f"{site}/{name}-{version}.dist-info"
    rows = [*record, f"{name}-{version}.dist-info/METADATA", f"{name}-{version}.dist-info/RECORD"]
    return [
        file(f"{info}/METADATA", METADATA.format(name, version).encode()),
        file(f"{info}/RECORD", "".join(f"{row},,\n" for row in rows).encode()),
    ]


def names(found: dict[str, Component]) -> dict[str, str]:
    return {path: f"{owner.kind}/{owner.name}" for path, owner in found.items()}


def test_distributions_by_their_record(tmp_path: Path) -> None:
    record = ["my/code.py", "my/gone.py", "../../../bin/tool", '"a,b.txt"', "/etc/my.conf"]
    found = owners(
        tmp_path,
        *distribution("My_Package", "1.2", record),
        file(f"{SITE}/my/code.py", b"1"),
        file(f"{SITE}/my/__pycache__/code.cpython-311.opt-2.pyc", b"2"),
        file(f"{SITE}/my/gone.pyc", b"3"),
        file(f"{SITE}/my/stranger.py", b"4"),
        file(f"{SITE}/My_Package-1.2.dist-info/licenses/LICENSE", b"5"),
        file(f"{SITE}/a,b.txt"),
        file("opt/venv/bin/tool", b"6"),
        file("etc/my.conf"),
    )
    mine = Component(
        kind=Kind.PYTHON, name="my-package", version="1.2", licence="MIT", source="pkg:pypi/my-package@1.2"
    )
    assert {path for path, owner in found.items() if owner != mine} == {f"/{SITE}/my/stranger.py"}
    assert found[f"/{SITE}/my/stranger.py"] is ownership.UNOWNED


def test_the_application_and_its_scripts(tmp_path: Path) -> None:
    """`pip install --target` moves scripts without telling RECORD."""
    found = owners(
        tmp_path,
        *distribution("autoarr", "0.1.0", ["autoarr/app.py", "../../bin/autoarr"], site="opt/app"),
        file("opt/app/autoarr/app.py"),
        file("opt/app/bin/autoarr"),
        file("opt/app/left.txt"),
        file("opt/ui/index.html"),
        Labels={f"org.opencontainers.image.{key}": value for key, value in LABELS.items()},
    )
    assert {owner for path, owner in found.items() if path.startswith("/opt/app")} == {
        Component(
            kind=Kind.APPLICATION, name="autoarr", version="0.1.0", licence="MIT", source="pkg:generic/autoarr@0.1.0"
        )
    }
    assert found["/opt/ui/index.html"] == Component(
        kind=Kind.UI, name="ui", version="0.1.0", licence="MIT", source="pkg:generic/autoarr-ui@0.1.0"
    )


def test_records_that_make_no_sense_own_nothing(tmp_path: Path) -> None:
    info = f"{SITE}/bad-1.dist-info"
    found = owners(
        tmp_path,
        file(f"{info}/METADATA", b"\xff\xfe\0 no headers"),
        file(f"{info}/RECORD", b'"unclosed\n' + b"x" * 200_000 + b"\0"),
        file(f"{SITE}/other.py"),
    )
    assert names(found)[f"/{info}/METADATA"] == "python/bad"
    assert found[f"/{SITE}/other.py"] is ownership.UNOWNED


def test_alpines_packages(tmp_path: Path) -> None:
    database = (
        "C:Q1=\nP:musl\nV:1.2.5-r9\nA:x86_64\nL:MIT\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nR:libc.musl-x86_64.so.1\n\n"
        "P:busybox\nV:1.37-r1\nL:GPL-2.0-only\nF:bin\nR:busybox\nF:etc/network\n\n"
        "P:apk-tools\nV:2.14\nL:GPL-2.0-only\nF:sbin\nR:apk\n\nP:.python-rundeps\nV:1\n"
    )
    found = owners(
        tmp_path,
        file("lib/apk/db/installed", database.encode()),
        file("lib/apk/db/scripts.tar"),
        file("lib/ld-musl-x86_64.so.1"),
        link("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
        file("bin/busybox"),
        link("bin/sh", "/bin/busybox"),
        file("sbin/apk"),
        file("opt/own"),
    )
    assert names(found) == {
        "/lib/ld-musl-x86_64.so.1": "libc/musl",
        "/lib/libc.musl-x86_64.so.1": "libc/musl",
        "/bin/busybox": "system/busybox",
        "/bin/sh": "system/busybox",
        "/sbin/apk": "system/apk-tools",
        "/lib/apk/db/installed": "system/apk-tools",
        "/lib/apk/db/scripts.tar": "system/apk-tools",
        "/opt/own": "unowned/unowned",
    }
    assert found["/lib/ld-musl-x86_64.so.1"].source == "pkg:apk/alpine/musl@1.2.5-r9"


def test_debians_packages(tmp_path: Path) -> None:
    status = (
        "Package: dash\nStatus: install ok installed\nVersion: 0.5.12-2\nDescription: shell\n More: text\n\n"
        "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n\n"
        "Package: dpkg\nStatus: install ok installed\nVersion: 1.21\n\n"
        "Package: base-files\nStatus: install ok installed\nVersion: 12\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
    )
    dep5 = b"Format: https://debian.org/\n\nFiles: *\nCopyright: me\nLicense: BSD-3-clause and Expat and GPL-2+\n"
    found = owners(
        tmp_path,
        file("var/lib/dpkg/status", status.encode()),
        file("var/lib/dpkg/info/dash.list", b"/.\n/bin\n/bin/dash\n/usr/share/doc/dash/copyright\n/never\n"),
        file("var/lib/dpkg/info/base-files.list", b"/bin\n/lib\n"),
        file("var/lib/dpkg/info/libc6:amd64.list", b"/lib/x86_64-linux-gnu/libc.so.6\n"),
        file("var/lib/dpkg/info/libc6:amd64.symbols"),
        file("var/lib/dpkg/info/gone.list", b"/etc/gone.conf\n"),
        file("var/lib/dpkg/lock"),
        link("bin", "usr/bin"),
        link("lib", "/usr/lib"),
        file("usr/bin/dash"),
        file("usr/lib/x86_64-linux-gnu/libc.so.6"),
        file("usr/share/doc/dash/copyright", dep5),
        file("etc/gone.conf"),
        file("etc/passwd"),
        file("var/log/btmp"),
        file("etc/os-release", b'ID=ubuntu\nNAME="Ubuntu"\n'),
    )
    assert names(found) == {
        "/bin": "system/base-files",
        "/lib": "system/base-files",
        "/var/lib/dpkg/info/base-files.list": "system/base-files",
        "/usr/bin/dash": "system/dash",
        "/usr/share/doc/dash/copyright": "system/dash",
        "/usr/lib/x86_64-linux-gnu/libc.so.6": "libc/libc6",
        "/var/lib/dpkg/status": "system/dpkg",
        "/var/lib/dpkg/lock": "system/dpkg",
        "/var/lib/dpkg/info/dash.list": "system/dash",
        "/var/lib/dpkg/info/libc6:amd64.list": "libc/libc6",
        "/var/lib/dpkg/info/libc6:amd64.symbols": "libc/libc6",
        "/var/lib/dpkg/info/gone.list": "system/dpkg",
        "/etc/gone.conf": "unowned/unowned",
        "/etc/passwd": "image/image",
        "/var/log/btmp": "unowned/unowned",
        "/etc/os-release": "image/image",
    }
    dash = found["/usr/bin/dash"]
    assert (dash.licence, dash.source) == ("BSD-3-Clause AND MIT AND GPL-2.0-or-later", "pkg:deb/ubuntu/dash@0.5.12-2")
    assert found["/usr/lib/x86_64-linux-gnu/libc.so.6"].licence == "LGPL-2.1-or-later"


def test_debians_packages_without_a_package_manager(tmp_path: Path) -> None:
    """As distroless images keep them."""
    found = owners(
        tmp_path,
        file("var/lib/dpkg/status.d/tzdata", b"Package: tzdata\nVersion: 2026a\n"),
        file("var/lib/dpkg/status.d/tzdata.md5sums", b"d41d8cd98f00b204e9800998ecf8427e  usr/share/zoneinfo/UTC\n"),
        file("usr/share/zoneinfo/UTC", b"TZif"),
        file("usr/share/zoneinfo/Other", b"TZif"),
    )
    assert names(found) == {
        "/var/lib/dpkg/status.d/tzdata": "system/tzdata",
        "/var/lib/dpkg/status.d/tzdata.md5sums": "system/tzdata",
        "/usr/share/zoneinfo/UTC": "system/tzdata",
        "/usr/share/zoneinfo/Other": "unowned/unowned",
    }


def test_bootstrapped_bases_by_their_list(tmp_path: Path) -> None:
    members = (
        file("usr/share/autoarr-base/sources", b"musl 1.2.5-3\nopenssl 3.0.20\nbusybox 1:1.35\npython3.11 3.11.2-6\n"),
        file("lib/ld-musl-x86_64.so.1"),
        file("bin/busybox"),
        link("bin/ls", "busybox"),
        file("usr/lib/libcrypto.so.3"),
        file("usr/share/zoneinfo/tzdata.zi", b"# version 2026b\nR ..."),
        file("usr/local/lib/libpython3.11.so.1.0"),
        file("usr/local/lib/python3.11/os.py"),
        file("usr/local/lib/python3.11/site-packages/README.txt"),
        file("usr/local/lib/python3.11/site-packages/own.py"),
        link("usr/local/bin/python", "python3"),
        link("usr/local/bin/python3", "python3.11"),
        file("usr/local/bin/python3.11"),
        file("usr/local/include/python3.11/Python.h"),
        file("usr/lib/libother.so"),
    )
    found = owners(tmp_path, *members)
    assert found["/lib/ld-musl-x86_64.so.1"] == Component(
        kind=Kind.LIBC, name="musl", version="1.2.5-3", licence="MIT", source="pkg:deb/debian/musl@1.2.5-3?arch=source"
    )
    assert (found["/bin/ls"].name, found["/usr/lib/libcrypto.so.3"].version) == ("busybox", "3.0.20")
    assert found["/usr/share/zoneinfo/tzdata.zi"].version == "2026b"
    interpreter = {path for path, owner in found.items() if owner.kind is Kind.INTERPRETER}
    assert len(interpreter) == 7
    assert found["/usr/local/lib/python3.11/os.py"].version == "3.11.2-6"
    unowned = {path for path, owner in found.items() if owner is ownership.UNOWNED}
    assert unowned == {"/usr/local/lib/python3.11/site-packages/own.py", "/usr/lib/libother.so"}
    # Without the list nothing is claimed of a base that is not known.
    assert names(owners(tmp_path, *members[1:]))["/lib/ld-musl-x86_64.so.1"] == "unowned/unowned"


def test_the_interpreter_of_official_images(tmp_path: Path) -> None:
    found = owners(tmp_path, file("usr/local/lib/python3.14/os.py"), Env=["PYTHON_VERSION=3.14.1", "PATH=/bin", "X"])
    assert found["/usr/local/lib/python3.14/os.py"] == Component(
        kind=Kind.INTERPRETER, name="python", version="3.14.1", licence="PSF-2.0", source="pkg:generic/python@3.14.1"
    )


def test_the_images_own_inventory_goes_first(tmp_path: Path) -> None:
    item = {
        "name": "openssl",
        "version": "3.0.17-1",
        "kind": "system",
        "licence": "Apache-2.0",
        "source": "https://example.org/",
        "files": ["/usr/lib/libcrypto.so.3", "/usr/local/lib/python3.11/lib-dynload/_ssl.so", "/never"],
    }
    text = json.dumps({"version": 1, "components": [item]}).encode()
    found = owners(
        tmp_path,
        file("usr/share/autoarr/inventory.json", text),
        file("usr/lib/libcrypto.so.3"),
        file("usr/local/lib/python3.11/lib-dynload/_ssl.so"),
        folder("empty"),
        hard("copy", "usr/lib/libcrypto.so.3"),
    )
    assert names(found) == {
        "/usr/share/autoarr/inventory.json": "image/image",
        "/usr/lib/libcrypto.so.3": "system/openssl",
        "/usr/local/lib/python3.11/lib-dynload/_ssl.so": "system/openssl",
        "/copy": "unowned/unowned",
    }


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{",
        b'{"version": 2, "components": []}',
        b'{"version": 1}',
        b'{"version": 1, "components": [{"kind": "spaceship"}]}',
        b'{"version": 1, "components": [5]}',
    ],
)
def test_an_inventory_that_is_none_is_an_error(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(CheckFailed, match="not an inventory"):
        owners(tmp_path, file("usr/share/autoarr/inventory.json", text))


def test_what_builds_leave_and_links_to_nowhere(tmp_path: Path) -> None:
    found = owners(
        tmp_path,
        file("opt/venv/pyvenv.cfg"),
        file("opt/venv/bin/activate.fish"),
        link("opt/venv/bin/python3.11", "python"),
        link("loop", "loop"),
        link("out", "../../../etc/passwd"),
        link("nowhere", "/missing"),
        file("etc/passwd"),
    )
    assert names(found) == {
        "/opt/venv/pyvenv.cfg": "image/image",
        "/opt/venv/bin/activate.fish": "image/image",
        "/opt/venv/bin/python3.11": "image/image",
        "/loop": "unowned/unowned",
        "/out": "image/image",
        "/nowhere": "unowned/unowned",
        "/etc/passwd": "image/image",
    }


@pytest.mark.parametrize(
    ("stated", "licence", "classifiers", "expected"),
    [
        ("MIT AND PSF-2.0", "", [], "MIT AND PSF-2.0"),
        ("mit", "Apache", [], "MIT"),
        ("", "Apache 2.0", [], "Apache-2.0"),
        ("", "BSD-3-Clause", ["License :: OSI Approved :: MIT License"], "BSD-3-Clause"),
        ("", "a whole text\n" * 50, ["License :: OSI Approved :: MIT License"], "MIT"),
        ("", "", ["License :: OSI Approved :: Apache Software License", "Topic :: X"], "Apache-2.0"),
        ("", "", ["License :: OSI Approved"], ""),
        ("nonsense licence", "", [], ""),
    ],
)
def test_licences_of_distributions(stated: str, licence: str, classifiers: list[str], expected: str) -> None:
    assert licences.of_distribution(stated, licence, classifiers) == expected


def test_the_source_of_bytecode() -> None:
    assert distributions.source_of("/a/__pycache__/b.c.cpython-311.pyc") == "/a/b.c.py"
    assert distributions.source_of("/a/__pycache__/b.cpython-311.opt-2.pyc") == "/a/b.py"
    assert distributions.source_of("/a/b.pyc") == "/a/b.py"
    assert distributions.source_of("/a/b.py") is None
