"""The plain image against the variants: what is looked for in an image, and how figures become tables and a picture."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automation import charts, reports
from automation.bases import ALPINE, VARIANTS
from automation.compare import command, contenders, inside, picture, record, running, tables, tools, words
from automation.compare.facts import QUESTIONS, Comparison, Figure, Result, counted, skipped
from automation.engine import Engine
from automation.errors import CheckFailed, Stale, UsageError
from automation.layers import Contents, Entry, EntryKind, Layer
from automation.resolver import STAND_IN, Origin, ResolvedBase
from automation.vulnerabilities.findings import Answer, Ecosystem, Finding, Scope
from automation.vulnerabilities.python_packages import Pin

ENGINE = Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")
BY_NAME = {question.name: question for question in QUESTIONS}


def file(mode: int = 0o755, size: int = 1) -> Entry:
    return Entry(kind=EntryKind.FILE, mode=mode, size=size)


def link(target: str) -> Entry:
    return Entry(kind=EntryKind.LINK, mode=0o777, target=target)


def contents(entries: dict[str, Entry], **more: Any) -> Contents:
    layer = Layer(digest="sha256:1", disk_bytes=10, pull_bytes=4)
    common: dict[str, Any] = {
        "reference": "x",
        "digest": "sha256:1",
        "platform": "linux/amd64",
        "config": {},
        "config_bytes": 0,
        "manifest_bytes": 0,
        "layers": (layer, replace(layer, digest="sha256:2")),
    }
    return Contents(entries=entries, **{**common, **more})


# What is looked for.


@pytest.mark.parametrize(
    ("family", "name"),
    [
        *((tools.SHELLS, name) for name in ("sh", "bash", "busybox", "zsh-5.9")),
        *((tools.PACKAGE_MANAGERS, name) for name in ("apk", "apt-get", "pip3.11", "dpkg")),
        *((tools.COMPILERS, name) for name in ("gcc", "x86_64-linux-gnu-gcc-12", "c++", "cc1plus", "clang-16", "ld")),
        (tools.COMPILERS, "aarch64-unknown-linux-gnu-g++"),
    ],
)
def test_programs_by_their_names(family: tools.Family, name: str) -> None:
    assert tools.found(contents({f"/usr/bin/{name}": file()}), family) == (f"/usr/bin/{name}",)


@pytest.mark.parametrize(
    "name", ["python3.11", "install-sh", "gcc-ar", "ld.so", "ld-musl-x86_64.so.1", "pipes", "sha256sum"]
)
def test_programs_that_only_sound_so(name: str) -> None:
    for family in (tools.SHELLS, tools.PACKAGE_MANAGERS, tools.COMPILERS):
        assert tools.found(contents({f"/usr/bin/{name}": file()}), family) == ()


def test_each_link_of_busybox_is_a_shell_that_leads_somewhere() -> None:
    image = contents(
        {
            "/bin": link("usr/bin"),
            "/usr/bin": Entry(kind=EntryKind.FOLDER, mode=0o755),
            "/usr/bin/busybox": file(),
            "/usr/bin/sh": link("/bin/busybox"),
            "/usr/bin/ash": link("busybox"),
            "/usr/bin/bash": link("/nowhere/bash"),
            "/usr/bin/dash": link("../../../../usr/bin/ash"),
            "/usr/bin/zsh": file(0o644),
            "/usr/bin/ksh": link("ksh"),
        }
    )
    assert tools.found(image, tools.SHELLS) == ("/usr/bin/ash", "/usr/bin/busybox", "/usr/bin/dash", "/usr/bin/sh")


def test_package_managers_that_are_modules() -> None:
    site = "/usr/local/lib/python3.11/site-packages"
    image = contents(
        {
            f"{site}/pip/__main__.py": file(0o644),
            f"{site}/uv/__main__.pyc": file(0o644),
            f"{site}/pipes/__main__.py": file(0o644),
            "/usr/local/lib/python3.11/ensurepip/_bundled/pip-24.0-py3-none-any.whl": file(0o644),
            "/etc/cron.daily/dpkg": file(),
            "/usr/share/doc/apt/examples/apt": file(),
        }
    )
    assert tools.found(image, tools.PACKAGE_MANAGERS) == (
        "/usr/local/lib/python3.11/ensurepip/_bundled/pip-24.0-py3-none-any.whl",
        f"{site}/pip/__main__.py",
        f"{site}/uv/__main__.pyc",
    )


def test_setuid_and_setgid_files_and_no_folders() -> None:
    image = contents(
        {
            "/bin/su": file(0o4755),
            "/bin/wall": file(0o2755),
            "/bin/ls": file(0o755),
            "/var/mail": Entry(kind=EntryKind.FOLDER, mode=0o2775),
        }
    )
    assert tools.setuid(image) == ("/bin/su", "/bin/wall")


def test_what_is_counted_of_an_image() -> None:
    site = "/opt/venv/lib/python3.11/site-packages"
    info = f"{site}/six-1.16.0.dist-info"
    image = contents(
        {"/bin/sh": file(), "/bin/l": link("sh"), f"{site}/six.py": file(0o644), f"{info}/METADATA": file(0o644)},
        texts={
            f"{info}/METADATA": b"Name: six\nVersion: 1.16.0\n",
            f"{info}/RECORD": b"six.py,,\nsix-1.16.0.dist-info/METADATA,,\n",
        },
    )
    figures = inside.figures(image)
    assert {name: figure.value for name, figure in figures.items()} == {
        "disk": 20,
        "pull": 8,
        "layers": 2,
        "files": 3,
        "setuid": 0,
        "shells": 1,
        "package_managers": 0,
        "compilers": 0,
        "python_packages": 1,
        "system_packages": 0,
        # Without a system package there is nothing to know.
        "system_vulnerabilities": 0,
    }
    assert figures["python_packages"].names == ("six 1.16.0",)
    assert figures.keys() <= BY_NAME.keys()


def test_system_packages_without_advisories_are_unknown() -> None:
    database = b"P:musl\nV:1.2.5-r0\nF:lib\nR:ld-musl-x86_64.so.1\n"
    image = contents(
        {"/lib/ld-musl-x86_64.so.1": file(), "/lib/apk/db/installed": file(0o644)},
        texts={"/lib/apk/db/installed": database},
    )
    figures = inside.figures(image)
    assert figures["system_packages"].names == ("musl",)
    assert figures["system_vulnerabilities"] == skipped(inside.NO_SYSTEM_INDEX)
    assert figures["python_packages"].value == 0


# What is known against it.

FINDING = Finding(
    ecosystem=Ecosystem.PYPI,
    scope=Scope.PRODUCTION,
    package="one",
    version="1",
    id="PYSEC-1",
    aliases=(),
    fixed=("2",),
    severity="",
    summary="",
    address="",
    source="PyPI",
)
ANSWER = Answer(ecosystem=Ecosystem.PYPI, scope=Scope.PRODUCTION, source="PyPI", packages=2, findings=(FINDING,))


def test_vulnerabilities_are_those_of_the_packages_that_are_there() -> None:
    assert inside.judged(ANSWER, frozenset({Pin("one", "1")})).names == ("one 1: PYSEC-1",)
    assert inside.judged(ANSWER, frozenset({Pin("one", "2"), Pin("two", "1")})).value == 0


def test_a_package_without_an_answer_makes_the_number_unknown() -> None:
    answer = replace(ANSWER, unknown=(("two 1", "PyPI: no answer"),))
    figure = inside.judged(answer, frozenset({Pin("one", "1"), Pin("two", "1")}))
    assert (figure.value, figure.reason) == (None, "no index of advisories answered for two 1")
    assert inside.judged(answer, frozenset({Pin("one", "1")})).value == 1


def test_no_answer_is_no_zero(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[frozenset[Pin]] = []

    def ask(pins: frozenset[Pin], scope: Scope) -> Answer:
        asked.append(pins)
        return replace(ANSWER, findings=(), packages=0, reason="no index answered (PyPI: timed out)")

    one, two = frozenset({Pin("one", "1")}), frozenset({Pin("one", "1"), Pin("two", "1")})
    figures = inside.vulnerabilities({"plain": one, "alpine": two}, ask)
    assert asked == [two]
    assert {figure.value for figure in figures.values()} == {None}
    assert "timed out" in capsys.readouterr().err


# Figures.


def test_a_figure_is_known_or_has_a_reason() -> None:
    with pytest.raises(ValueError, match="either"):
        Figure(value=None)
    with pytest.raises(ValueError, match="either"):
        Figure(value=1, reason="both")
    assert skipped("why").value is None
    assert counted(("a", "b")) == Figure(value=2, names=("a", "b"))


def result(name: str, **values: float | str) -> Result:
    """An image with figures; a text is the reason of a skipped one."""
    figures = {
        question: skipped(value) if isinstance(value, str) else Figure(value=value)
        for question, value in values.items()
    }
    return Result(name=name, dockerfile="Dockerfile", base="python:3.11-slim", origin="local", figures=figures)


FULL: dict[str, float | str] = {question.name: 1.0 for question in QUESTIONS}


def comparison(*results: Result, **more: str) -> Comparison:
    return Comparison(facts={"platform": "linux/amd64", "cores": "2", "date": "2001-02-03", **more}, results=results)


@pytest.mark.parametrize(
    ("name", "value", "before", "expected"),
    [
        ("disk", 61e6, 305e6, "61.0 MB (0.2*)"),
        ("disk", 61e6, None, "61.0 MB"),
        ("cold", 90.0, 60.0, "1 min 30 s (1.5*)"),
        ("code", 3.6, 0.3, "3.60 s (12*)"),
        ("shells", 3, 4, "3"),
        ("files", 12_505, 17_675, "12 505"),
        ("start", 0.5, 0, "0.50 s"),
    ],
)
def test_cells(name: str, value: float, before: float | None, expected: str) -> None:
    figure = Figure(value=value)
    assert words.cell(BY_NAME[name], figure, None if before is None else Figure(value=before)) == expected.replace(
        "*", words.TIMES
    )


def test_what_is_skipped_is_never_a_figure() -> None:
    assert words.cell(BY_NAME["cold"], skipped("why"), Figure(value=1)) == "skipped"
    assert words.cell(BY_NAME["cold"], Figure(value=1), skipped("why")) == "1.00 s"


def test_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    shells = Figure(value=9, names=tuple(f"/bin/{number}" for number in range(9)))
    plain = replace(result("plain", disk=200e6, cold="left out"), figures={"disk": Figure(value=2e8), "shells": shells})
    slim = result("slim", disk=100e6, shells=0)
    found = comparison(plain, slim)
    rows = {row[0]: row[1:] for row in tables.rows(found)}
    assert rows["on disk"] == ("200.0 MB", f"100.0 MB (0.5{words.TIMES})")
    assert rows["shells"] == ("9", "0")
    assert rows["compilers"] == ("skipped", "skipped")
    assert tables.named(found) == [("shells", "plain", "/bin/0, /bin/1, /bin/2, /bin/3, /bin/4, /bin/5 and 3 more")]
    assert ("compilers", "plain, slim", "not asked") in tables.unknown(found)
    tables.show(found)
    text = capsys.readouterr().err
    assert "100.0 MB" in text
    assert "Dockerfile on python:3.11-slim, local" in text
    assert json.loads(json.dumps(found.as_dict()))["results"][1]["figures"]["shells"]["value"] == 0


# The picture.


def test_the_picture_shows_every_image_and_what_is_not_known() -> None:
    plain = result("plain", **{**FULL, "disk": 200e6, "shells": 4})
    slim = result("slim", **{**FULL, "disk": 100e6, **dict.fromkeys(("setuid", "shells", "package_managers"), 0.0)})
    slim = replace(slim, figures={**slim.figures, "compilers": Figure(value=0), "cold": skipped("no time")})
    other = result("other", **{**FULL, "compilers": "not read"})
    root = ElementTree.fromstring(picture.draw(comparison(plain, slim, other, commit="0" * 40)))  # noqa: S314 - ours
    said = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Dockerfile against 2 variants of the optimized image" in said
    assert f"100.0 MB · 0.5{words.TIMES}" in said
    assert "skipped: no time" in said
    assert "none" in said
    assert any(text and text.endswith("skipped: compilers") for text in said)
    assert not any(text and "0" * 40 in text for text in said)


def test_a_question_that_no_image_answers_is_one_line() -> None:
    values = {**FULL, "cold": "left out by --quick"}
    drawn = picture.draw(comparison(result("plain", **values), result("slim", **values)))
    assert drawn.count("skipped: left out by --quick") == 1


def test_the_plain_image_is_grey_and_programs_have_other_colours_than_images() -> None:
    found = comparison(result("plain", **FULL), result("slim", **FULL))
    assert picture.colours(found)[0] == "slim"
    assert picture.colours(found).index("plain") == len(charts.PALETTE) - 1
    drawn = picture.draw(found)
    assert re.search(r'class="s7 edge"><title>plain, plain: ', drawn)
    assert re.search(r'class="s0 edge"><title>slim, slim: ', drawn)
    assert re.search(r'class="s3 edge"><title>slim, setuid and setgid files: 1', drawn)


# The record and the page.


def test_the_record_keeps_what_the_next_run_says_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(record, "RECORD", tmp_path / "comparison.json")
    plain = result("plain", **{**FULL, "cold": 60.0, "memory": 90_123_456, "disk": 200})
    slim = result("slim", **{**FULL, "cold": 90.1, "python_vulnerabilities": "no index answered"})
    record.write(comparison(plain, slim, commit="abc", engine="1"))
    kept = record.load()
    assert kept["facts"] == {"platform": "linux/amd64", "cores": "2"}
    figures = [image["figures"] for image in kept["images"]]
    assert figures[0]["cold"] == {"times": 1.0}
    assert figures[1]["cold"] == {"times": 1.5}
    assert figures[0]["memory"] == {"value": 90_000_000}
    assert figures[0]["disk"] == {"value": 200}
    assert figures[1]["python_vulnerabilities"] == {"skipped": "no index answered"}
    text = record.RECORD.read_text(encoding="utf-8")
    for gone in ("2001-02-03", "abc", "local"):
        assert gone not in text


def test_a_comparison_with_holes_is_not_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(record, "RECORD", tmp_path / "comparison.json")
    with pytest.raises(CheckFailed, match="figures are missing") as caught:
        record.write(comparison(result("plain", **FULL), result("slim", **{**FULL, "cold": "left out"})))
    assert caught.value.details == "slim: build, nothing cached: left out"
    assert not record.RECORD.exists()


@pytest.mark.parametrize("text", [None, "{", "[]", '{"version": 0}'])
def test_a_record_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None) -> None:
    monkeypatch.setattr(record, "RECORD", tmp_path / "comparison.json")
    if text is not None:
        record.RECORD.write_text(text)
    with pytest.raises(Stale, match="record"):
        record.page()


def test_the_page() -> None:
    plain = result("plain", **{**FULL, "cold": 60.0, "disk": 200e6})
    slim = replace(result("slim", **{**FULL, "cold": 30.0, "shells": "not read"}), base=STAND_IN)
    page = record.page(record.record(comparison(plain, slim)))
    assert "| **Size** | `plain` | `slim` |\n| --- | --- | --- |\n| on disk | 200.0 MB | 0.0 MB |" in page
    assert f"| build, nothing cached | 1{words.TIMES} | 0.5{words.TIMES} |" in page
    assert "| shells | 1 | skipped |" in page
    assert "- skipped: shells: not read" in page
    assert "- `plain`: `Dockerfile` on `python:3.11-slim`" in page
    assert "- `slim`: `Dockerfile` on a bootstrapped stand-in" in page
    assert "platform linux/amd64, cores 2" in page
    # Every question has its row.
    for question in QUESTIONS:
        assert page.count(f"| {reports.cell(question.asks)} |") == 1


# Who competes, and how.


def test_all_variants_compete_unless_some_are_named() -> None:
    everyone = [name for name in VARIANTS if name != "debug"]
    assert [one.name for one in contenders.chosen("")] == ["plain", *everyone]
    assert [one.name for one in contenders.chosen(" slim, ")] == ["plain", "slim"]
    with pytest.raises(UsageError, match="no variant 'windows'"):
        contenders.chosen("slim,windows")
    with pytest.raises(UsageError, match="more than once"):
        contenders.chosen("slim,slim")
    assert contenders.chosen("slim")[1].edited.name == "slim-edited"
    assert contenders.chosen("slim")[1].name == "slim"


def test_the_kind_of_base() -> None:
    base = ResolvedBase(
        base=ALPINE,
        reference="x",
        origin=Origin.LOCAL,
        official=True,
        platform="linux/amd64",
        digest="sha256:1",
        python=None,
    )
    assert base.kind == "python:3.11-alpine"
    assert replace(base, official=False).kind == "bootstrapped stand-in"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"record": True, "quick": True}, "--record"),
        ({"record": True, "variants": "slim"}, "--record"),
        ({"svg": "/no/such/folder/x.svg"}, "can't be written"),
        ({"svg": "/tmp"}, "can't be written"),  # noqa: S108 - a folder where a file should be
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        command.check_options(**{"variants": "", "quick": False, "record": False, "svg": "", **options})


def test_an_engine_elsewhere_is_not_started_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for address, remote in (("tcp://x:1", True), ("ssh://x", True), ("unix:///x.sock", False)):
        assert running.is_remote(replace(ENGINE, environment={"DOCKER_HOST": address})) is remote
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert not running.is_remote(ENGINE)
    found = running.measure(replace(ENGINE, environment={"DOCKER_HOST": "tcp://x:1"}), {"plain": "image"})
    assert {figure.reason for figure in found["plain"].values()} == {"the engine is on another machine"}
    assert set(found["plain"]) == set(running.MEASURED)


def test_the_middle_of_several_starts() -> None:
    samples = running.Samples(start=[3.0, 1.0, 2.0])
    figures = samples.figures()
    assert figures["start"] == Figure(value=2.0, samples=(3.0, 1.0, 2.0))
    assert figures["memory"].value is None
