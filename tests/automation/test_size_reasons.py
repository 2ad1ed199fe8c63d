"""Why a component is in an image is what the image itself says; the record says it again, and its page adds up."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import struct
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automation import containers, layers, ownership
from automation.bases import DEFAULT_VARIANT
from automation.errors import Stale, UsageError
from automation.size import reading, reasons, record
from automation.size.facts import Ledger
from automation.size.ledger import BASE_LABEL
from automation.size.looking import Look, look
from tests.automation import accounted
from tests.automation.accounted import LABELS, PARTS, SITE, distribution, part

PYTHON, CRYPTO = "/usr/local/bin/python3.11", "/usr/lib/libcrypto.so.3"
# What the distributions and parts of `accounted` come to when no compiled file is among them.
UNLINKED = {
    "autoarr": "what the image is for",
    "one": "required: autoarr → one",
    "two": "required: autoarr → one → two",
    "three": "required: autoarr → one → two → three",
    "python": "runs every Python package",
    "autoarr-ui": "what browsers load",
    "autoarr-image": "users, the inventory, and what else the build itself makes",
    "tzdata": "the time zones that zoneinfo reads",
}


def why(
    tmp_path: Path, content: Mapping[str, bytes] | None = None, seen: Mapping[str, Look] | None = None
) -> dict[str, str]:
    """By name, why each component of an image is there."""
    path = accounted.archive(tmp_path / "image.tar", accounted.files() if content is None else content)
    contents = layers.contents_of_archive(path, keep=ownership.wanted)
    found = reasons.reasons(contents, ownership.owners(contents), seen or {})
    assert len({component.name for component in found}) == len(found)
    return {component.name: text for component, text in found.items()}


# Who requires it.


def test_each_distribution_has_the_way_that_leads_to_it(tmp_path: Path) -> None:
    assert why(tmp_path) == UNLINKED


def test_the_way_is_a_shortest_one(tmp_path: Path) -> None:
    application = distribution("/opt/app", "autoarr", "0.1.0", "one", "three", files={"autoarr/__init__.py": b"app"})
    assert why(tmp_path, {**accounted.files(), **application})["three"] == "required: autoarr → three"


def test_a_distribution_that_nobody_requires(tmp_path: Path) -> None:
    found = why(tmp_path, {**accounted.files(), **distribution(SITE, "lonely", "1", "one", files={"lonely.py": b"l"})})
    assert found == {**UNLINKED, "lonely": "nothing here requires it"}


def test_certificates_and_what_the_image_does_not_tell(tmp_path: Path) -> None:
    parts = (*PARTS, part("ca-certificates", "system", ["/etc/certs.pem"]), part("odd", "system", ["/usr/lib/odd"]))
    found = why(tmp_path, accounted.files(*parts))
    assert found == {**UNLINKED, "ca-certificates": "what TLS connections are checked against"}


# Who links it.


def test_libraries_are_there_for_those_that_name_them(tmp_path: Path) -> None:
    seen = {
        PYTHON: Look(native=True, needed=("libcrypto.so.3", "libc.so", "libabsent.so.1")),
        CRYPTO: Look(native=True, needed=("libc.so", "libcrypto.so.3")),
        "/nobody/owns/this.so": Look(native=True, needed=("libcrypto.so.3",)),
        "/etc/passwd": Look(script=True),
    }
    assert why(tmp_path, seen=seen) == {**UNLINKED, "musl": "linked by openssl, python", "openssl": "linked by python"}


def test_a_library_of_a_distribution_is_there_for_who_requires_it(tmp_path: Path) -> None:
    seen = {PYTHON: Look(native=True, needed=("three.py",))}
    assert why(tmp_path, seen=seen)["three"] == UNLINKED["three"]


@pytest.mark.parametrize(("users", "more"), [(reasons.NAMED, ""), (reasons.NAMED + 2, " and 2 more")])
def test_many_users_are_cut(tmp_path: Path, users: int, more: str) -> None:
    names = [f"user{number}" for number in range(users)]
    content = accounted.files()
    for name in names:
        content.update(distribution(SITE, name, "1", files={f"{name}.so": name.encode(), f"{name}_2.so": b""}))
    files = [f"{SITE}/{name}{end}" for name in names for end in (".so", "_2.so")]
    found = why(tmp_path, content, {path: Look(native=True, needed=("libcrypto.so.3",)) for path in files})
    assert found["openssl"] == f"linked by {', '.join(names[: reasons.NAMED])}{more}"


# Which libraries a file names.


def compiled(module: str) -> Path:
    """The file of a compiled module that is installed here."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    return Path(str(spec.origin))


LIBC = re.compile(r"libc\.(so\.6|musl-\w+\.so\.1)")


def looked(content: bytes) -> Look:
    found = look("/x", io.BytesIO(content))
    assert found is not None
    return found


@pytest.mark.parametrize("path", [Path(sys.executable), compiled("greenlet._greenlet"), compiled("bcrypt._bcrypt")])
def test_compiled_files_name_the_libraries_they_need(path: Path) -> None:
    found = looked(path.read_bytes())
    assert found.native
    assert [name for name in found.needed if LIBC.fullmatch(name)], found.needed
    assert len(set(found.needed)) == len(found.needed)
    assert all(re.fullmatch(r"[\w.+-]+\.so[\w.]*", name) for name in found.needed)


def test_libraries_are_found_without_section_headers() -> None:
    """As the image's own files are, once they were stripped."""
    content = bytearray(Path(sys.executable).read_bytes())
    before = looked(bytes(content))
    assert content[4] == 2, "a program of 64 bits"
    struct.pack_into("<Q", content, 0x28, 0)
    struct.pack_into("<HH", content, 0x3C, 0, 0)
    assert looked(bytes(content)) == replace(before, strippable=0)
    assert before.needed


def test_what_is_cut_off_names_nothing_that_the_whole_does_not() -> None:
    content = compiled("greenlet._greenlet").read_bytes()
    whole = looked(content)
    for cut in (5, 64, 100, 1000, len(content) // 2, len(content) - 1):
        found = looked(content[:cut])
        assert found.native
        assert set(found.needed) <= set(whole.needed)


@pytest.mark.parametrize("content", [b"#!/bin/sh\n", b"!<arch>\nrest"])
def test_other_files_name_none(content: bytes) -> None:
    assert looked(content).needed == ()


def test_an_image_with_a_real_program_says_what_it_links(tmp_path: Path) -> None:
    program = Path(sys.executable).read_bytes()
    [libc] = [name for name in looked(program).needed if LIBC.fullmatch(name)]
    glibc = part("libc-of-mine", "libc", [f"/lib/{libc}"])
    content = {**accounted.files(*PARTS, glibc), PYTHON: program}
    found = reading.of_archive(accounted.archive(tmp_path / "image.tar", content))
    by_name = {owner.name: owner.why for owner in found.owners}
    assert by_name["libc-of-mine"] == "linked by python"
    assert by_name["two"] == UNLINKED["two"]
    assert by_name["openssl"] == ""


# The record.


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the record and the picture."""
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setattr(record, "RECORD", folder / "size.json")
    monkeypatch.setattr(record, "PICTURE", folder / "size.svg")
    return folder


def ledger(tmp_path: Path, variant: str = DEFAULT_VARIANT) -> Ledger:
    labels = {**LABELS, containers.VARIANT_LABEL: variant, BASE_LABEL: "python:3.11-alpine"}
    content = {**accounted.files(), CRYPTO: b"c" * record.SHOWN, PYTHON: b"p" * 2_500_000, "/mystery": b"?" * 700}
    history = [{"created_by": "COPY  / # buildkit"}]
    return reading.of_archive(accounted.archive(tmp_path / "image.tar", content, labels=labels, history=history))


def test_the_record_says_what_the_ledger_does(tmp_path: Path, kept: Path) -> None:
    found = ledger(tmp_path)
    record.write(found)
    assert sorted(path.name for path in kept.iterdir()) == ["size.json", "size.svg"]
    ElementTree.fromstring(record.PICTURE.read_text(encoding="utf-8"))  # noqa: S314 - ours
    data = record.load()
    assert data == json.loads(json.dumps(record.made(found)))
    assert data["facts"] == {"platform": "linux/amd64", "base": "official"}
    assert (data["disk"], data["pull"]) == (found.disk_bytes, found.pull_bytes)
    assert sum(owner["disk"] for owner in data["owners"]) == data["disk"]
    assert sum(owner["pull"] for owner in data["owners"]) + data["structure_pull"] == data["pull"]
    assert {owner["name"]: owner["why"] for owner in data["owners"] if owner["why"]} == UNLINKED
    assert data["layers"] == [{"disk": found.disk_bytes, "pull": found.pull_bytes, "made_by": "COPY /"}]
    for gone in (found.digest, found.reference):
        assert gone not in record.RECORD.read_text(encoding="utf-8")


@pytest.mark.parametrize("variant", ["", "slim"])
def test_the_ledger_of_another_image_is_not_recorded(tmp_path: Path, kept: Path, variant: str) -> None:
    with pytest.raises(UsageError, match=f"the record is of {DEFAULT_VARIANT}"):
        record.write(ledger(tmp_path, variant))
    assert list(kept.iterdir()) == []


@pytest.mark.parametrize("text", [None, "{", "[]", json.dumps({"version": record.VERSION + 1})])
def test_a_record_that_is_none(kept: Path, text: str | None) -> None:
    if text is not None:
        record.RECORD.write_text(text, encoding="utf-8")
    for page in (record.owners_page, record.kinds_page, record.layers_page):
        with pytest.raises(Stale, match="record") as caught:
            page()
        assert caught.value.hint == record.AGAIN


def owner(name: str, disk: int, pull: int, **kinds: int) -> dict[str, Any]:
    return {"name": name, "version": "1", "disk": disk, "pull": pull, "kinds": kinds, "why": f"why {name}"}


DATA: dict[str, Any] = {
    "facts": {"platform": "linux/amd64", "base": "official"},
    "disk": 5_250_100,
    "pull": 1_200_000,
    "structure_pull": 900,
    "hidden": {"disk": 1000, "pull": 500},
    "owners": [
        owner("large", 5_000_000, 1_000_000, code=1_000_000, native=4_000_000),
        {**owner("just|so", record.SHOWN, 99_100, data=record.SHOWN), "version": ""},
        owner("small", record.SHOWN - 1, 60_000, code=record.SHOWN - 1),
        owner("tiny", 50_101, 40_000, code=50_101),
    ],
    "kinds": [
        {"kind": "native", "files": 3, "disk": 4_000_000, "pull": 800_000},
        {"kind": "data", "files": 0, "disk": 0, "pull": 0},
    ],
    "layers": [
        {"disk": 5_000_000, "pull": 1_000_000, "made_by": "COPY a"},
        {"disk": 250_100, "pull": 200_000, "made_by": "COPY b"},
    ],
}


def test_the_page_of_owners_sums_small_ones_up() -> None:
    assert record.owners_page(DATA).splitlines() == [
        "| component | on disk | to pull | most of it | why it is there |",
        "| --- | ---: | ---: | --- | --- |",
        "| large 1 | 5.0 MB | 1.0 MB | native | why large |",
        "| just\\|so | 0.1 MB | 99.1 kB | data | why just\\|so |",
        "| 2 smaller ones | 0.2 MB | 0.1 MB |  |  |",
        "| hidden by later layers | 1.0 kB | 500 B |  |  |",
        "| folders and links | 0 B | 900 B |  |  |",
        "| **all** | 5.3 MB | 1.2 MB |  |  |",
        "",
        "For linux/amd64, on a base that is official.",
    ]


def test_the_pages_of_kinds_and_layers() -> None:
    assert record.kinds_page(DATA).splitlines()[2:] == [
        "| native | 3 | 4.0 MB | 0.8 MB |",
        "| data | 0 | 0 B | 0 B |",
    ]
    assert record.layers_page(DATA).splitlines()[2:] == [
        "| 1 | 5.0 MB | 1.0 MB | `COPY a` |",
        "| 2 | 0.3 MB | 0.2 MB | `COPY b` |",
    ]


def test_the_pages_are_of_the_record(tmp_path: Path, kept: Path) -> None:
    found = ledger(tmp_path)
    record.write(found)
    lines = record.owners_page().splitlines()
    assert lines[2].startswith("| python 3.11.2 | 2.5 MB |")
    assert lines[2].endswith("| data | runs every Python package |")
    assert lines[3].startswith("| openssl 1.0 | 0.1 MB |")
    assert lines[4].startswith(f"| {len(found.owners) - 2} smaller ones |")
    assert len(record.kinds_page().splitlines()) == 2 + len(found.kinds)
    assert record.layers_page().splitlines()[2].endswith("| `COPY /` |")
