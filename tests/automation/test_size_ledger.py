"""The ledger: sums are exact, what would save bytes is found from the files, differences are told by whom."""

from __future__ import annotations

import gzip
import json
import random
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from automation import records
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.size import command, comparing, facts, picture, reading, tables
from automation.size.facts import Ledger
from automation.size.shares import divided
from tests.automation import archives
from tests.automation.archives import Member, file, folder, hard, layer, link

SITE = "opt/venv/lib/python3.11/site-packages"


def no_engine() -> Engine:
    raise AssertionError("an archive needs no engine")


def distribution(name: str, version: str, files: dict[str, bytes]) -> list[Member]:
    info = f"{name}-{version}.dist-info"
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/METADATA", f"{info}/RECORD"])
    members = {**files, f"{info}/METADATA": f"Name: {name}\nVersion: {version}\n".encode()}
    members[f"{info}/RECORD"] = record.encode()
    return [file(f"{SITE}/{path}", content) for path, content in members.items()]


def elf(debug: int) -> bytes:
    """A library with nothing but a table of names and so many bytes that only debuggers read."""
    names = b"\0.debug_info\0.shstrtab\0"
    start = 64
    sections = [(0, 0, 0), (1, start, debug), (13, start + debug, len(names))]
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 0, start + debug + len(names), 0, 64, 0, 0, 64, 3, 2
    )
    table = b"".join(struct.pack("<IIQQQQIIQQ", name, 3, 0, 0, at, size, 0, 0, 1, 0) for name, at, size in sections)
    return header + b"d" * debug + names + table


STACK: list[list[Member]] = [
    [
        folder("etc"),
        file("etc/passwd", b"root:x:0:0\n"),
        file("usr/local/bin/python3.11", elf(0)),
        link("usr/local/bin/python3", "python3.11"),
        file("usr/local/lib/python3.11/os.py", b"import sys\n" * 300),
        file("usr/local/lib/python3.11/__pycache__/os.cpython-311.pyc", b"pyc" * 700),
        file("usr/local/lib/python3.11/__pycache__/os.cpython-311.opt-2.pyc", b"pyc2" * 300),
        file("usr/local/lib/python3.11/tkinter/__init__.py", b"x = 1\n" * 20),
        file("var/lib/apt/lists/packages", b"Package: a\n" * 1000),
        file("mystery", b"?" * 77),
    ],
    [
        *distribution("fast", "1.0", {"fast/core.so": elf(5000), "fast/tests/test_core.py": b"assert 1\n" * 50}),
        *distribution("pip", "25.0", {"pip/main.py": b"print()\n" * 100}),
        file("same-a", b"equal content " * 100),
        file("same-b", b"equal content " * 100),
        file("same-c", b"equal content " * 100),
        hard("same-d", "same-c"),
    ],
    [file("etc/passwd", b"root:x:0:0\nme:x:1:1\n"), file("var/lib/apt/lists/.wh.packages")],
]


def ledger(path: Path, stack: list[list[Member]] = STACK, *, packed: bool = True, **config: object) -> Ledger:
    return reading.of_archive(archives.oci(path, *(layer(*members) for members in stack), packed=packed, **config))


def exact(found: Ledger) -> None:
    """Every byte is somewhere, once."""
    assert sum(owner.disk_bytes for owner in found.owners) == found.visible_bytes
    assert sum(kind.disk_bytes for kind in found.kinds) == found.visible_bytes
    assert found.visible_bytes + found.hidden_bytes == found.disk_bytes
    assert sum(item.disk_bytes for item in found.layers) == found.disk_bytes
    assert sum(item.hidden_bytes for item in found.layers) == found.hidden_bytes
    besides = found.hidden_pull_bytes + found.structure_pull_bytes
    assert sum(owner.pull_bytes for owner in found.owners) + besides == found.pull_bytes
    assert sum(kind.pull_bytes for kind in found.kinds) + besides == found.pull_bytes
    assert sum({item.digest: item.pull_bytes for item in found.layers}.values()) == found.pull_bytes
    assert all(owner.pull_bytes >= 0 for owner in found.owners)
    for owner in found.owners:
        assert sum(owner.kinds.values()) == owner.disk_bytes
        assert sum(action.disk_bytes for action in owner.actions) <= owner.disk_bytes


@pytest.mark.parametrize("packed", [True, False])
def test_sums_are_exact(tmp_path: Path, packed: bool) -> None:
    found = ledger(tmp_path / "image.tar", packed=packed)
    exact(found)
    assert found.disk_bytes == sum(member.size for members in STACK for member, _ in members if member.isreg())
    assert found.hidden_bytes == len(b"root:x:0:0\n") + 11 * 1000
    assert found.estimated is not packed
    assert {item.path: item.layer for item in found.hidden} == {"/etc/passwd": 0, "/var/lib/apt/lists/packages": 0}
    exact(ledger(tmp_path / "image.tar", [[], *STACK, *STACK, []], packed=packed))


def test_owners_and_kinds(tmp_path: Path) -> None:
    found = ledger(tmp_path / "image.tar")
    by_name = {owner.name: owner for owner in found.owners}
    assert set(by_name) == {"python", "fast", "pip", "image", "unowned"}
    described = sum(member.size for member, _ in STACK[1] if "fast-1.0.dist-info" in member.name)
    assert by_name["fast"].kinds == {"code": 450, "metadata": described, "native": len(elf(5000))}
    assert by_name["python"].kinds["bytecode"] == 2100 + 1200
    assert by_name["fast"].largest[f"/{SITE}/fast/core.so"] == len(elf(5000))
    assert by_name["unowned"].disk_bytes == 77 + 3 * 1400
    assert [owner.disk_bytes for owner in found.owners] == sorted((o.disk_bytes for o in found.owners), reverse=True)


def test_equal_files_cost_what_all_but_one_take(tmp_path: Path) -> None:
    found = ledger(tmp_path / "image.tar")
    assert [(item.bytes, item.paths) for item in found.duplicates] == [(2800, ("/same-a", "/same-b", "/same-c"))]


def test_actions_are_found_from_the_files(tmp_path: Path) -> None:
    found = {owner.name: {a.name: a.disk_bytes for a in owner.actions} for owner in ledger(tmp_path / "i.tar").owners}
    assert found["fast"] == {"strip": 5000, "tests": 450}
    assert set(found["pip"]) == {"installers"}
    assert found["python"] == {"sources": 3300, "second bytecode": 1200, "desktop": 120}
    assert found["unowned"] == {}


def test_pulled_bytes_go_to_what_compresses_badly(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(20_000)  # noqa: S311 - no secret
    found = ledger(
        tmp_path / "image.tar", [[*distribution("text", "1", {"text.py": b"same " * 4000}), file("noise", noise)]]
    )
    by_name = {owner.name: owner for owner in found.owners}
    assert by_name["text"].disk_bytes > by_name["unowned"].disk_bytes
    assert by_name["text"].pull_bytes < by_name["unowned"].pull_bytes / 20


def test_broken_libraries_are_no_failure(tmp_path: Path) -> None:
    whole = elf(100)
    members = [file(f"lib{cut}.so", whole[:cut]) for cut in (4, 20, 64, 100, len(whole) - 1)]
    members.append(file("wild.so", whole[:40] + b"\xff" * 24 + whole[64:]))
    found = ledger(tmp_path / "image.tar", [members])
    exact(found)
    assert found.kinds[1].kind == "native"
    assert found.kinds[1].files == len(members)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    found = ledger(
        tmp_path / "image.tar", [[file("bad\udce9\x1b[31mname", b"1" * 2000), file("again\udce9", b"1" * 2000)]]
    )
    tables.show(found)
    picture.draw(found).encode()
    assert facts.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_a_saved_report_is_the_ledger_again(tmp_path: Path) -> None:
    found = ledger(tmp_path / "image.tar")
    (tmp_path / "report.json").write_text(json.dumps(found.as_dict()), encoding="utf-8")
    assert reading.of_report(tmp_path / "report.json") == found
    assert reading.find_other(no_engine, str(tmp_path / "report.json")) == found
    assert reading.find_other(no_engine, str(tmp_path / "image.tar")) == found


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"version": 2}', '{"version": 1, "owners": 3}', '{"version": 1, "owners": [{"a": 1}]}']
)
def test_what_is_no_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckFailed, match="not"):
        reading.of_report(tmp_path / "report.json")


def test_a_report_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    data = ledger(tmp_path / "image.tar").as_dict()
    changes: list[dict[str, object]] = [
        {"disk_bytes": "large"},
        {"owners": [{**data["owners"][0], "disk_bytes": None}]},
        {"layers": [{}]},
    ]
    for change in changes:
        with pytest.raises(CheckFailed, match="not a size report"):
            facts.from_dict({**data, **change})


def test_what_changed_and_what_an_update_costs(tmp_path: Path) -> None:
    old = ledger(tmp_path / "old.tar")
    newer = [
        STACK[0],
        [
            *distribution("fast", "2.0", {"fast/core.so": elf(9000)}),
            *distribution("new", "1.0", {"new/main.py": b"print()\n" * 1000}),
        ],
    ]
    new = ledger(tmp_path / "new.tar", newer)
    found = comparing.compare(new, old)
    changes = {item.name: item for item in found.changes}
    assert changes["fast"].disk_delta == 4000 - 450 - len(f"{SITE}/fast/tests/test_core.py,,\n") + len(f"{SITE}/")
    assert (changes["fast"].old_version, changes["fast"].version) == ("1.0", "2.0")
    assert tables.versions(changes["fast"]) == "1.0 → 2.0"
    assert tables.versions(changes["new"]) == "new: 1.0"
    assert tables.versions(changes["pip"]) == "gone: 25.0"
    assert "python" not in {item.name for item in found.changes if item.disk_delta}
    assert sum(item.disk_delta for item in found.changes) + found.hidden_delta == found.disk_delta
    # The first layer is the same; only the second is to be pulled.
    assert (found.update_layers, found.update_bytes) == (1, new.layers[1].pull_bytes)
    same = comparing.compare(old, old)
    assert (same.update_bytes, same.changes, same.disk_delta) == (0, (), 0)


def test_one_component_in_two_versions_is_one_change(tmp_path: Path) -> None:
    both = ledger(
        tmp_path / "both.tar",
        [[*distribution("fast", "1.0", {"a.py": b"1"}), *distribution("fast", "2.0", {"b.py": b"2"})]],
    )
    none = ledger(tmp_path / "none.tar", [[file("x")]])
    found = comparing.compare(both, none)
    assert [(item.name, item.version) for item in found.changes if item.disk_delta] == [("fast", "1.0, 2.0")]


def test_the_command_on_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger(tmp_path / "old.tar", STACK[:1])
    ledger(tmp_path / "new.tar")
    svg = tmp_path / "picture.svg"
    wanted = command.Wanted(oci=str(tmp_path / "new.tar"), against=str(tmp_path / "old.tar"), svg=str(svg), budget=True)
    answer = command.run(no_engine, wanted)
    command.require(answer, wanted)
    data = answer.as_dict()
    assert {
        "disk_bytes",
        "pull_bytes",
        "visible_bytes",
        "hidden_bytes",
        "owners",
        "kinds",
        "layers",
        "duplicates",
    } <= set(data)
    assert data["against"]["update_layers"] == 2
    assert svg.read_text(encoding="utf-8").startswith("<svg")
    said = capsys.readouterr().err
    assert "has no size budget" in said
    assert "strip symbols that only debuggers read" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.tar", "old.tar", "picture.svg"]


def test_a_picture_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written"):
        records.save(tmp_path / "missing" / "picture.svg", "<svg/>")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="can't be written"):
        records.save(tmp_path / "folder", "<svg/>")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_shares_add_up_whatever_the_weights() -> None:
    chance = random.Random(3)  # noqa: S311 - no secret
    for _ in range(300):
        weights = {number: chance.choice((0, 0, 1, 5, 1000, 10**9)) for number in range(chance.randrange(1, 20))}
        total = chance.choice((0, 1, 7, 12345, 10**9))
        shares = divided(total, weights)
        assert sum(shares.values()) == total
        assert all(share >= 0 for share in shares.values())
        if sum(weights.values()):
            assert all(abs(shares[key] - total * weight / sum(weights.values())) < 1 for key, weight in weights.items())
    assert divided(10, {}) == {}


def test_sizes_for_people() -> None:
    assert [tables.size(value) for value in (0, 999, 1234, 99_999, 1_250_000)] == [
        "0 B",
        "999 B",
        "1.2 kB",
        "100.0 kB",
        "1.2 MB",
    ]
    assert [tables.signed(value) for value in (5, 0, -1234)] == ["+5 B", "±0", "-1.2 kB"]
    assert len(tables.made_by("RUN " + "x" * 500)) == 70


def test_compressed_archives_and_gzip_levels_do_not_change_the_disk(tmp_path: Path) -> None:
    content = layer(*STACK[1])
    small = reading.of_archive(archives.docker(tmp_path / "a.tar", gzip.compress(content, 9, mtime=0)))
    large = reading.of_archive(archives.docker(tmp_path / "b.tar", gzip.compress(content, 1, mtime=0)))
    assert small.pull_bytes < large.pull_bytes
    assert [replace(owner, pull_bytes=0) for owner in small.owners] == [
        replace(owner, pull_bytes=0) for owner in large.owners
    ]
