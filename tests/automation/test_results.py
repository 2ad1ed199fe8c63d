"""The tables that several records make together, held against the records and files that they are made from."""

from __future__ import annotations

import re
import tomllib

from automation import compatibility, paths, results
from automation.size import record as sizes
from automation.size.tables import size
from automation.slim import record as slimming
from automation.slim.facts import ORDER
from automation.slimming.catalogue import CUTS, STANDARD_LIBRARY


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_headline_is_of_the_records() -> None:
    shipped, proof = sizes.load(), slimming.load()
    assert [row[1:] for row in rows(results.headline())] == [
        [size(shipped["disk"]), size(shipped["pull"])],
        [size(proof["base"]["disk"]), size(proof["base"]["pull"])],
        [size(proof["plain"]["disk"]), size(proof["plain"]["pull"])],
    ]


def test_the_records_are_of_one_image() -> None:
    """What was proven last is what was measured, but for code that has changed since."""
    shipped, last = sizes.load(), slimming.load()["rows"][-1]["size"]
    for kind in ("disk", "pull"):
        assert abs(shipped[kind] - last[kind]) < 0.02 * last[kind]


def test_every_dependency_has_its_locked_version() -> None:
    with paths.PYPROJECT.open("rb") as file:
        wanted = {re.split(r"[\s\[(]", text)[0] for text in tomllib.load(file)["project"]["dependencies"]}
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", (paths.ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M))
    *named, rest = rows(results.runtime_dependencies())
    assert {name: version for name, version, *_ in named} == {name: pins[name] for name in wanted}
    assert re.fullmatch(r"\d+ more that they bring", rest[0])
    assert not any(row[2] == "0 B" for row in named)


def test_what_was_left_out_is_all_there() -> None:
    table = results.left_out()
    assert all(f"`{name}`" in table for names in STANDARD_LIBRARY.values() for name in names)
    assert all(cut.why in table for cut in CUTS)


def test_each_image_of_the_record_has_a_line() -> None:
    images = compatibility.load()["images"]
    assert [row[0] for row in rows(results.verified())] == [f"`autoarr:{image['name']}`" for image in images]


def test_every_step_of_the_record_saved_something() -> None:
    data = slimming.load()
    assert [row["step"] for row in data["rows"]] == list(ORDER)
    before = data["plain"]
    for row in data["rows"]:
        assert {kind: before[kind] - row["size"][kind] for kind in ("disk", "pull")} == row["saved"]
        assert max(row["saved"].values()) > 0
        before = row["size"]
