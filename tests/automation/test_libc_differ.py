"""Two reports side by side: only differences, and what each means for the application."""

from __future__ import annotations

import pytest

from automation.bases import Libc
from automation.errors import CheckFailed
from automation.libc import differ
from automation.libc.catalogue import BY_PROBE
from automation.libc.differ import Kind
from automation.libc.expectations import Effect
from automation.libc.probe_report import Answer, ProbeReport
from automation.libc.reach import APPLICATION, Place, Reach
from automation.reports import Verdict

NOWHERE = Reach(places={})
OWN = Place(owner=APPLICATION, file="autoarr/some.py", line=3)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the probes that these tests speak of, so that none counts as not asked."""
    names = (
        "files.flock",
        "time.strftime_gnu",
        "dns.aaaa_nxdomain",
        "text.unknown_error",
        "loading.find_library",
    )
    monkeypatch.setattr(differ, "BY_PROBE", {name: BY_PROBE[name] for name in names})


GOOD = {
    "files.flock": ("OSError EAGAIN", "OSError EAGAIN"),
    "time.strftime_gnu": (
        {"%k": "<22>", "%l": "<10>", "%P": "<pm>", "%N": "<%N>", "%+": "<%+>", "%s": "<1>", "%J": "<%J>", "%v": "<%v>"},
        {"%k": "", "%l": "", "%P": "", "%N": "", "%+": "", "%s": "<1>", "%J": "", "%v": ""},
    ),
    "dns.aaaa_nxdomain": (["192.0.2.1"], "EAI_NONAME"),
    "text.unknown_error": ("Unknown error 99999", "No error information"),
    "loading.find_library": (
        {"c": "libc.so.6", "m": "libm.so.6", "pthread": None},
        {"c": None, "m": None, "pthread": None},
    ),
}


def reports(**changed: Answer) -> tuple[ProbeReport, ProbeReport]:
    """A report of glibc and one of musl; `changed` replaces answers of musl's."""
    made = []
    for at, libc in enumerate(("glibc 2.36", "musl 1.2.5")):
        answers = {name: Answer(status="ok", value=values[at]) for name, values in GOOD.items()}
        if at:
            answers |= {name.replace("__", "."): answer for name, answer in changed.items()}
        made.append(ProbeReport(subject=libc, python="3.11.2", libc=libc, answers=answers))
    return made[0], made[1]


def verdicts(reach: Reach, **changed: Answer) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in differ.checks(differ.compare(*reports(**changed), reach))}


def test_only_differences_are_told() -> None:
    found = differ.compare(*reports(), NOWHERE)
    assert {one.probe for one in found} == set(GOOD) - {"files.flock"}
    assert {one.kind for one in found} == {Kind.KNOWN}
    assert {check.verdict for check in differ.checks(found)} == {Verdict.PASSED}


def test_the_same_report_twice_has_no_difference() -> None:
    glibc, _ = reports()
    same = ProbeReport(subject="musl", python="3.11.2", libc="musl 1.2.5", answers=glibc.answers)
    assert differ.compare(glibc, same, NOWHERE) == []


def test_a_harmful_difference_fails_where_it_is_reached() -> None:
    reach = Reach(places={"strftime-gnu": (OWN,)})
    found = {one.probe: one for one in differ.compare(*reports(), reach)}
    one = found["time.strftime_gnu"]
    assert (one.effect, one.harmless, one.reachable) == (Effect.HARMFUL, False, (OWN,))
    checks = {check.name: check for check in differ.checks(found.values())}
    assert checks["time.strftime_gnu"].verdict is Verdict.FAILED
    assert "autoarr/some.py:3" in checks["time.strftime_gnu"].detail
    assert "musl: src/time/strftime.c" in checks["time.strftime_gnu"].detail
    assert checks["loading.find_library"].verdict is Verdict.PASSED


def test_harmless_and_conditional_differences_do_not() -> None:
    reach = Reach(places={"error-text": (OWN,), "resolver": (OWN, *(Place(owner="x", file=f"{n}") for n in range(5)))})
    checks = {check.name: check for check in differ.checks(differ.compare(*reports(), reach))}
    assert checks["text.unknown_error"].verdict is checks["dns.aaaa_nxdomain"].verdict is Verdict.PASSED
    assert checks["text.unknown_error"].detail.startswith("harmless, reached at autoarr/some.py:3")
    assert checks["dns.aaaa_nxdomain"].detail.startswith("conditional, reached at autoarr/some.py:3, 0, 1 and 3 more")


def test_a_place_that_was_dismissed_does_not_count_and_is_told() -> None:
    macos = Place(owner="truststore", file="truststore/_macos.py", line=17)
    reach = Reach(places={"find_library": (macos,)})
    found = {one.probe: one for one in differ.compare(*reports(), reach)}
    one = found["loading.find_library"]
    assert (one.reachable, one.dismissed) == ((), ("truststore/_macos.py: for macOS only",))
    assert differ.where(one) == "reached where it does no harm"
    assert verdicts(reach)["loading.find_library"] is Verdict.PASSED
    # Another place beside it counts.
    assert verdicts(Reach(places={"find_library": (macos, OWN)}))["loading.find_library"] is Verdict.FAILED


def test_a_difference_that_nothing_explains_fails() -> None:
    assert verdicts(NOWHERE, files__flock=Answer(status="ok", value=None))["files.flock"] is Verdict.FAILED
    # A known difference, but not this one.
    other = differ.compare(*reports(dns__aaaa_nxdomain=Answer(status="ok", value="EAI_SYSTEM")), NOWHERE)
    (one,) = [one for one in other if one.probe == "dns.aaaa_nxdomain"]
    assert (one.kind, one.effect, one.why) == (Kind.UNEXPLAINED, None, "not what the catalogue expects on musl")
    assert verdicts(NOWHERE, no__such=Answer(status="ok", value=1))["no.such"] is Verdict.FAILED


def test_a_portable_answer_that_varies_is_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = BY_PROBE["dns.no_address"]
    monkeypatch.setattr(differ, "BY_PROBE", {"files.flock": entry})
    glibc, musl = reports(files__flock=Answer(status="ok", value="EAI_NONAME"))
    answers = {"files.flock": Answer(status="ok", value="EAI_NODATA")}
    glibc = ProbeReport(subject="glibc", python="", libc=glibc.libc, answers=answers)
    musl = ProbeReport(subject="musl", python="", libc=musl.libc, answers={"files.flock": musl.answers["files.flock"]})
    (one,) = differ.compare(glibc, musl, NOWHERE)
    assert (one.kind, one.why) == (Kind.UNEXPLAINED, "the catalogue knows of none")


def test_a_probe_that_failed_or_was_not_asked_fails() -> None:
    broken = Answer(status="error", reason="signal 11")
    checks = differ.checks(differ.compare(*reports(files__flock=broken), NOWHERE))
    (check,) = [check for check in checks if check.name == "files.flock"]
    assert check.verdict is Verdict.FAILED
    assert "musl: signal 11" in check.detail
    glibc, musl = reports()
    less = {name: answer for name, answer in musl.answers.items() if name != "files.flock"}
    gone = ProbeReport(subject="musl", python="", libc=musl.libc, answers=less)
    found = {one.probe: one.kind for one in differ.compare(glibc, gone, NOWHERE)}
    assert found["files.flock"] is Kind.ERROR


def test_a_probe_that_was_asked_of_neither_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differ, "BY_PROBE", BY_PROBE)
    found = {one.probe: one.kind for one in differ.compare(*reports(), NOWHERE)}
    assert found["time.clocks"] is Kind.ERROR


def test_what_was_skipped_is_skipped() -> None:
    skipped = Answer(status="skipped", reason="no folder")
    checks = differ.checks(differ.compare(*reports(files__flock=skipped), NOWHERE))
    (check,) = [check for check in checks if check.name == "files.flock"]
    assert (check.verdict, check.detail) == (Verdict.SKIPPED, "musl: no folder")


def test_reports_the_wrong_way_round_are_refused() -> None:
    glibc, musl = reports()
    with pytest.raises(CheckFailed, match="its libc is musl"):
        differ.compare(musl, glibc, NOWHERE)


def test_differences_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    differ.show(differ.compare(*reports(files__flock=Answer(status="skipped", reason="no folder")), NOWHERE))
    said = capsys.readouterr().err
    assert "EAI_NONAME" in said
    assert "skipped: no folder" in said
    assert "harmful, not reached" in said


def test_of_two_objects_only_what_differs_is_shown() -> None:
    one, other = (Answer(status="ok", value=value) for value in ({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}))
    assert differ.contrast(one, other) == ('{"b": 2, "c": null}', '{"b": 3, "c": 4}')
    assert differ.contrast(one, Answer(status="error", reason="x")) == ('{"a": 1, "b": 2}', "error: x")


def test_every_known_difference_says_why_and_by_which_source() -> None:
    for entry in BY_PROBE.values():
        if entry.known is not None:
            assert entry.known.cause, entry.probe
            assert entry.known.why, entry.probe
            assert entry.known.source, entry.probe
            # Harm that no scan could see would never fail.
            assert entry.reached_by or entry.known.effect is not Effect.HARMFUL, entry.probe
        assert set(entry.expected) == set(Libc)
