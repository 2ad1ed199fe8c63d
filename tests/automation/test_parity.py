"""Parity: what came to the same on both sides passes, and nothing else does; the record keeps what was found."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from automation import bases, compatibility, parity, paths, process, verify
from automation.components.catalogue import COMPONENTS
from automation.errors import CheckFailed, Stale
from automation.libc import differ
from automation.libc.catalogue import BY_PROBE
from automation.libc.expectations import Effect
from automation.libc.probe_report import Answer, ProbeReport
from automation.libc.reach import Place
from automation.reports import Check, Report, Verdict
from automation.verify import Verification

PROBE = next(iter(BY_PROBE))


def check(area: str, name: str, verdict: Verdict = Verdict.PASSED) -> Check:
    return Check(area=area, name=name, verdict=verdict, detail=f"{name} {verdict}")


def report(subject: str, *checks: Check) -> Report:
    return Report(subject=subject, facts={"kind of base": "stand-in"}, checks=checks)


def verification(name: str, libc: str, *checks: Check) -> Verification:
    probes = ProbeReport(subject=name, python="3.11.2", libc=libc, answers={})
    return Verification(variant=bases.variant(name), report=report(name, *checks), probes=probes)


def all_ten(verdict: Verdict = Verdict.PASSED) -> tuple[Check, ...]:
    return tuple(check("components", component.name, verdict) for component in COMPONENTS)


def by_area(checks: tuple[Check, ...]) -> Mapping[str, Check]:
    return {item.name: item for item in checks}


def test_the_same_verdicts_pass() -> None:
    sides = [report(name, check("tests", "a"), *all_ten()) for name in ("slim", "alpine")]
    found = by_area(parity.verdicts(*sides))
    assert found["tests"].verdict is Verdict.PASSED
    assert found["components"].detail == "10 alike"
    assert found["container"].verdict is Verdict.SKIPPED


@pytest.mark.parametrize("other", [check("tests", "b"), check("tests", "a", Verdict.SKIPPED)])
def test_a_test_that_is_absent_or_skipped_on_one_side_fails(other: Check) -> None:
    found = by_area(parity.verdicts(report("slim", check("tests", "a")), report("alpine", other)))
    assert found["tests"].verdict is Verdict.FAILED
    assert "in slim" in found["tests"].detail


def test_the_plain_variants() -> None:
    assert bases.plain(bases.SLIM).name == "slim"
    assert bases.plain(bases.ALPINE).name == "alpine"


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.SKIPPED])
def test_a_component_that_was_not_asked_is_not_verified(verdict: Verdict) -> None:
    with pytest.raises(CheckFailed, match="10 of 10 checks of alpine did not pass") as caught:
        verify.require(report("alpine", *all_ten(verdict)))
    assert "components/bcrypt" in str(caught.value)


def test_a_skipped_test_is_no_failure() -> None:
    verify.require(report("alpine", *all_ten(), check("libc", "x", Verdict.SKIPPED)))


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "compatibility.json"
    monkeypatch.setattr(compatibility, "RECORD", path)
    return path


def made(why: str = "because", line: int = 3, answer: int = 1, **changes: Any) -> dict[str, Any]:
    sides = (
        verification("alpine", "musl 1.2.5", *all_ten(), check("libc", "dns.x", Verdict.SKIPPED)),
        verification("slim", "glibc 2.36", *all_ten(), check("libc", "dns.x")),
    )
    different = differ.Difference(
        probe=PROBE,
        kind=differ.Kind.KNOWN,
        glibc=Answer(status="ok", value=answer),
        musl=Answer(status="ok", value="a|b"),
        reachable=(Place(owner="autoarr", file="autoarr/x.py", line=line),),
        effect=Effect.HARMLESS,
        why=why,
    )
    return compatibility.record(sides, [different]) | changes


def test_the_page_says_what_was_found_and_what_was_not(record: Path) -> None:
    compatibility.write(made())
    page = compatibility.page()
    assert "| _libc_ | musl 1.2.5 | glibc 2.36 |" in page
    assert page.count("| passed | passed |") == len(COMPONENTS)
    assert "`autoarr/x.py`" in page
    assert "- `autoarr:alpine`, libc/dns.x: dns.x skipped" in page
    assert "a\\|b" in page


def test_moved_lines_are_no_contradiction_and_other_answers_are(record: Path) -> None:
    compatibility.write(made())
    assert not compatibility.contradicts(made(line=99))
    assert not compatibility.contradicts(made(answer=2))
    assert not compatibility.contradicts(made(differences=[]))
    assert compatibility.contradicts(made(why="another reason"))
    assert "another reason" in compatibility.difference(made(why="another reason"))


def test_another_base_is_no_contradiction(record: Path) -> None:
    compatibility.write(made())
    other = made(why="another reason")
    other["images"][0]["libc"] = "musl 1.2.6"
    assert not compatibility.contradicts(other)


@pytest.mark.parametrize("text", [None, "{", json.dumps({"version": 0})])
def test_no_record(record: Path, text: str | None) -> None:
    if text is not None:
        record.write_text(text, encoding="utf-8")
    with pytest.raises(Stale) as caught:
        compatibility.load()
    assert "--record" in caught.value.hint


def test_the_fingerprint_follows_the_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "tests" / "app").mkdir(parents=True)
    file = tmp_path / "tests" / "app" / "test_x.py"
    file.write_text("1")
    before = verify.fingerprint()
    assert verify.fingerprint() == before
    file.write_text("2")
    assert verify.fingerprint() != before


def test_the_application_has_tests_of_the_same_names_in_every_run() -> None:
    # A name with something random in it is a test that is absent on the other side.
    listings = [
        process.run(
            [sys.executable, "-m", "pytest", "tests/app", "--collect-only", "--quiet", "-p", "no:cacheprovider"],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.splitlines()[:-1]
        for seed in ("1", "2")
    ]
    assert len(listings[0]) > 1000
    assert listings[0] == listings[1]
