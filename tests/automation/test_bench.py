"""What many services cost: the script's answer, and how it becomes tables, a picture and a record."""

from __future__ import annotations

import ast
import copy
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automation.bench import command, facts, picture, record, running, tables
from automation.bench.facts import Bench, Point, Result, Unit
from automation.errors import CheckFailed, Stale, UsageError
from tests.bench import inside, stand_ins

TIMES = {"requests": 200, "median_ms": 13.38, "p95_ms": 34.76, "bytes": 47_299}
MEMORY = {"resident": 90_050_560, "peak": 90_050_560}
ANSWER: dict[str, Any] = {
    "version": 1,
    "python": "3.11.2",
    "services": 20,
    "movies": 50_000,
    "episodes": 200_000,
    "findings": 10_000,
    "activity": 50_000,
    "dashboard": TIMES,
    "hanging": {**TIMES, "p95_ms": 36.14},
    "lists": {f"{name}_{page}": TIMES for name in ("findings", "activity") for page in ("first", "last")},
    "memory": {
        "idle": MEMORY,
        "before_lists": MEMORY,
        "after_lists": MEMORY,
        "polls": [
            {"polls": polls, "resident": 108_400_000 + polls, "peak": 121_000_000} for polls in (10, 100, 500, 1000)
        ],
    },
    "poll": {"ms": 278.9, "requests": 92.0, "bytes": 618_346},
}


def result(name: str = "distroless", **fields: Any) -> Result:
    return replace(facts.parse(json.dumps(ANSWER), name=name, libc="musl"), **fields)


def bench(*results: Result) -> Bench:
    measured = results or (result(), result("slim", libc="glibc"))
    return Bench(facts={"platform": "linux/amd64", "cores": "2", "commit": "0123", "date": "2026"}, results=measured)


# The answer.


def test_an_answer_is_the_last_line() -> None:
    found = facts.parse(f"a warning\n{json.dumps(ANSWER)}\n", name="slim", libc="glibc")
    assert found.figures["dashboard.median_ms"] == 13.38
    assert found.figures["poll.requests"] == 92
    assert found.scale["episodes"] == 200_000
    assert [point.polls for point in found.points] == [10, 100, 500, 1000]
    assert found.growth == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize("text", ["", "Traceback\nPlanted", "{", "nothing\n"])
def test_no_answer_is_explained_by_what_was_said(text: str) -> None:
    with pytest.raises(CheckFailed, match="no figures") as error:
        facts.parse(text, name="slim", libc="glibc", said="planted: no such module")
    assert "planted: no such module" in str(error.value)
    assert "slim" in str(error.value)


@pytest.mark.parametrize("text", ["[]", "1", "null", '{"version": 99}', "{}"])
def test_an_answer_of_another_version(text: str) -> None:
    with pytest.raises(CheckFailed, match="figures of version"):
        facts.parse(text, name="slim", libc="glibc")


def _without(path: str) -> Callable[[Any], None]:
    def remove(data: Any) -> None:
        *folders, last = path.split(".")
        for name in folders:
            data = data[name]
        del data[last]

    return remove


def _with(path: str, value: Any) -> Callable[[Any], None]:
    def put(data: Any) -> None:
        *folders, last = path.split(".")
        for name in folders:
            data = data[name]
        data[last] = value

    return put


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_without("dashboard.p95_ms"), "dashboard.p95_ms"),
        (_without("lists"), "lists.findings_first.median_ms"),
        (_without("episodes"), "episodes"),
        (_with("poll.ms", "fast"), "poll.ms: 'fast'"),
        (_with("poll.ms", None), "poll.ms: None"),
        (_with("poll.ms", True), "poll.ms: True"),
        (_with("hanging.median_ms", -1), "hanging.median_ms: -1"),
        (_with("memory.polls", []), "memory over polls"),
        (_with("memory.polls", "none"), "memory over polls"),
        (_with("memory.polls", [{"polls": 10, "resident": 1, "peak": 1}]), "memory over polls"),
        (_with("memory.polls", [{"polls": 10, "resident": 1, "peak": 1}] * 2), "memory over polls"),
        (_with("memory.polls", [{"polls": one, "resident": 0, "peak": 1} for one in (1, 2)]), "memory over polls"),
        (_with("memory.polls", [{"polls": 10}] * 2), "no resident"),
        (_with("memory", 1), "memory.idle.resident"),
    ],
)
def test_what_is_missing_or_odd_is_named(spoil: Callable[[Any], None], named: str) -> None:
    data = copy.deepcopy(ANSWER)
    spoil(data)
    with pytest.raises(CheckFailed) as error:
        facts.parse(json.dumps(data), name="slim", libc="glibc")
    assert named in str(error.value)


def test_the_script_speaks_the_readers_version() -> None:
    assert inside.VERSION == facts.VERSION


# What it may cost.


def test_a_quick_dashboard_and_flat_memory_pass() -> None:
    facts.require(bench())


def test_growing_memory_fails() -> None:
    points = (Point(polls=10, resident=100, peak=100), Point(polls=1000, resident=110, peak=110))
    with pytest.raises(CheckFailed, match="costs more") as error:
        facts.require(bench(result(), result("slim", points=points)))
    assert "slim: memory grows by 10% from 10 to 1000 polls" in str(error.value)


@pytest.mark.parametrize("name", ["dashboard.p95_ms", "hanging.p95_ms"])
def test_a_slow_dashboard_fails(name: str) -> None:
    slow = result(figures={**result().figures, name: 1234.5})
    with pytest.raises(CheckFailed) as error:
        facts.require(bench(slow))
    assert f"{name}: 1234" in str(error.value)


# What is shown and kept.


def test_tables_have_a_cell_for_each_image() -> None:
    rows = tables.rows(bench().results)
    assert {len(row) for row in rows} == {3}
    assert ("dashboard, median", "13 ms", "13 ms") in rows
    assert ("requests in one poll", "92", "92") in rows
    assert ("bytes received in one poll", "618 kB", "618 kB") in rows
    assert rows[-2] == ("memory after 1,000 polls (peak)", *["108.4 MB (121 MB)"] * 2)
    assert rows[-1] == ("growth of memory over the polls", "+0.0%", "+0.0%")
    tables.show(bench())


@pytest.mark.parametrize(
    ("unit", "figure", "kept"),
    [
        (Unit.MILLISECONDS, 13.38, 13),
        (Unit.MILLISECONDS, 278.9, 280),
        (Unit.BYTES, 108_433_408, 108_000_000),
        (Unit.BYTES, 618_346, 620_000),
        (Unit.COUNT, 92.03, 92),
    ],
)
def test_what_is_kept_of_a_figure(unit: Unit, figure: float, kept: float) -> None:
    assert record.rounded(unit, figure) == kept


def test_a_record_survives_its_file_and_keeps_no_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RECORD", tmp_path / "performance.json")
    monkeypatch.setattr(record, "PICTURE", tmp_path / "performance.svg")
    record.write(bench())
    kept = record.load()
    assert kept == json.loads(json.dumps(record.record(bench())))
    assert kept["facts"] == {"platform": "linux/amd64", "cores": "2"}
    assert [one.name for one in record.results(kept)] == ["distroless", "slim"]
    page = record.page()
    assert "| dashboard, median | 13 ms | 13 ms |" in page
    assert "20 services, 50,000 movies, 200,000 missing episodes" in page
    assert (tmp_path / "performance.svg").read_text() == picture.draw(record.results(kept))


def test_only_the_images_side_by_side_are_recorded() -> None:
    with pytest.raises(CheckFailed, match="not recorded: distroless"):
        record.write(bench(result()))


@pytest.mark.parametrize(
    "results", [[], None, [{"name": "slim"}], [{**result().as_dict(), "figures": {"dashboard.median_ms": 1}}]]
)
def test_an_old_record_is_said_to_be_stale(results: Any) -> None:
    with pytest.raises(Stale, match="not a record of these figures"):
        record.results({"version": 1, "facts": {}, "results": results})


def test_the_picture_is_sound_and_shows_each_reading() -> None:
    drawn = picture.draw(bench(result(), result("slim"), result("alpine")).results)
    root = ElementTree.fromstring(drawn.encode())  # noqa: S314 - our own text
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for label in ("at rest", "10 polls", "1,000 polls"):
        assert texts.count(label) == 3
    assert picture.draw(bench().results) == picture.draw(bench().results)


# How it is run.


def test_both_outputs_are_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    streams = [(None, b"the dashb"), (b'{"a', None), (b'": 1}\n', b"oard\n"), (None, None)]
    assert running.follow(streams) == ('{"a": 1}\n', "the dashboard\n")
    assert "oard" in capsys.readouterr().err


def test_the_script_is_shipped_with_all_that_it_imports_of_the_tests() -> None:
    shipped = {name.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".") for name in running.sources()}
    assert running.COMMAND[-1] in shipped
    for name, content in running.sources().items():
        for node in ast.walk(ast.parse(content)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            for module in names:
                assert not module.startswith(("automation", "pytest")) or name.endswith("fixtures.py"), name
                assert not module.startswith("tests.") or module in shipped, f"{name} imports {module}"


def test_variants_by_name() -> None:
    assert [variant.name for variant in command.chosen("")] == ["distroless", "slim"]
    assert [variant.name for variant in command.chosen(" alpine ,")] == ["alpine"]
    for wrong in ("nothing", "slim,slim"):
        with pytest.raises(UsageError):
            command.chosen(wrong)


# The services.


def test_the_services_are_as_many_as_is_said() -> None:
    made = stand_ins.make()
    assert len(made) == 20
    assert {one.kind for one in made} == {"sonarr", "radarr", "sabnzbd", "plex"}
    assert sum(getattr(one.fake, "episodes_missing", 0) for one in made) == stand_ins.EPISODES == 200_000
    assert sum(getattr(one.fake, "movies", 0) for one in made) == stand_ins.MOVIES == 50_000


@pytest.mark.parametrize(("total", "parts"), [(200_000, 6), (50_000, 6), (5, 7), (0, 3)])
def test_parts_have_the_sum(total: int, parts: int) -> None:
    split = stand_ins.split(total, parts)
    assert (len(split), sum(split)) == (parts, total)
    assert max(split) - min(split) <= 1
