"""Reports: nothing is lost or softened on the way to a table, Markdown, JSON or JUnit."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from automation import reports
from automation.errors import CheckFailed
from automation.reports import Check, Report, Verdict

REPORT = Report(
    subject="alpine",
    facts={"libc": "musl 1.2.5", "odd": "a|b"},
    checks=(
        Check(area="components", name="redis", verdict=Verdict.PASSED, detail="6 steps", seconds=1.5),
        Check(area="components", name="mcp", verdict=Verdict.FAILED, detail="expected 1\n\x1b[31mgot 2"),
        Check(area="libc", name="dns.tcp", verdict=Verdict.SKIPPED, detail="no port 53"),
        Check(area="tests", name="quiet", verdict=Verdict.PASSED),
    ),
)


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.SKIPPED])
def test_what_did_not_pass_needs_a_reason(verdict: Verdict) -> None:
    with pytest.raises(ValueError, match="without a reason"):
        Check(area="libc", name="x", verdict=verdict)


def test_json_and_back(tmp_path: Path) -> None:
    written = reports.save(REPORT, tmp_path / "new")
    assert [path.name for path in written] == ["alpine.json", "alpine.md", "alpine.xml"]
    assert reports.load(written[0]) == REPORT
    assert json.loads(written[0].read_text(encoding="utf-8"))["version"] == reports.VERSION


def test_areas_and_failures() -> None:
    assert REPORT.areas == ("components", "libc", "tests")
    assert [check.name for check in REPORT.failed] == ["mcp"]
    assert reports.counts(REPORT.checks) == "2 passed, 1 failed, 1 skipped"
    assert reports.counts(()) == "nothing checked"


def test_markdown_shows_what_did_not_pass_and_only_counts_the_silent() -> None:
    page = reports.markdown(REPORT)
    assert "| mcp | failed | expected 1" in page
    assert "| dns.tcp | skipped | no port 53 |" in page
    assert "a\\|b" in page
    assert "## tests: 1 passed" in page
    assert "quiet" not in page


def test_junit_round_trip() -> None:
    text = reports.junit(REPORT)
    root = ElementTree.fromstring(text)  # noqa: S314 - made above
    suites = {suite.get("name"): suite.attrib for suite in root}
    assert suites["components"]["tests"] == "2"
    assert suites["components"]["failures"] == "1"
    assert suites["components"]["time"] == "1.500"
    assert suites["libc"]["skipped"] == "1"
    verdicts = [check.verdict for check in reports.from_junit("again", text)]
    assert verdicts == [check.verdict for check in REPORT.checks]


def test_junit_of_pytest() -> None:
    text = """<testsuites><testsuite name="pytest" tests="4">
    <testcase classname="tests.app.test_a" name="test_ok[x]" time="0.25"/>
    <testcase classname="tests.app.test_a" name="test_bad"><failure message="assert 1 == 2">long</failure></testcase>
    <testcase classname="tests.app.test_a" name="test_setup" time="0"><error>boom</error></testcase>
    <testcase classname="tests.app.test_a" name="test_not" time="0"><skipped message="no server"/></testcase>
    </testsuite></testsuites>"""
    checks = reports.from_junit("tests", text)
    assert [(check.name, check.verdict, check.detail) for check in checks] == [
        ("tests.app.test_a.test_ok[x]", Verdict.PASSED, ""),
        ("tests.app.test_a.test_bad", Verdict.FAILED, "assert 1 == 2"),
        ("tests.app.test_a.test_setup", Verdict.FAILED, "boom"),
        ("tests.app.test_a.test_not", Verdict.SKIPPED, "no server"),
    ]
    assert checks[0].seconds == 0.25


@pytest.mark.parametrize("text", ["", "<testsuite", "<testsuites/>"])
def test_a_junit_report_that_says_nothing_is_a_failure(text: str) -> None:
    with pytest.raises(CheckFailed):
        reports.from_junit("tests", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"version": 2}',
        '{"version": 1}',
        '{"version": 1, "subject": "x", "facts": {}, "checks": [{"area": "a", "name": "b", "verdict": "fine"}]}',
        '{"version": 1, "subject": "x", "facts": {}, "checks": [{"area": "a", "name": "b", "verdict": "skipped"}]}',
    ],
)
def test_a_file_that_is_no_report(tmp_path: Path, text: str) -> None:
    path = tmp_path / "slim.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CheckFailed) as caught:
        reports.load(path)
    assert caught.value.where == str(path)


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="no such report"):
        reports.load(tmp_path / "slim.json")


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    reports.show(REPORT)
    shown = capsys.readouterr().err
    assert "1 passed, 1 failed" in shown
    assert "libc/dns.tcp" in shown


def test_skipped_tests_of_one_module_are_one_line() -> None:
    """Of one reason; what stands alone keeps its name."""
    names = ("tests.app.test_a.test_x[1.5-a]", "tests.app.test_a.test_y", "tests.app.test_b.test_z[q]")
    checks = [Check(area="tests", name=name, verdict=Verdict.SKIPPED, detail="long") for name in names]
    checks.append(Check(area="tests", name="tests.app.test_a.test_w", verdict=Verdict.SKIPPED, detail="other"))
    checks.append(Check(area="tests", name="tests.app.test_a.test_v", verdict=Verdict.PASSED))
    checks += [Check(area="libc", name=f"dns.{one}", verdict=Verdict.SKIPPED, detail="no stub") for one in "ab"]
    checks += [
        Check(area="tests", name=f"tests.app.test_c.{one}", verdict=Verdict.SKIPPED, detail=why)
        for one, why in (("t", "long"), ("u", "long"), ("v", "old"), ("w", "old"))
    ]
    assert reports.skipped(checks) == {
        "tests/tests.app.test_a.*": "long",
        "tests/tests.app.test_b.test_z[q]": "long",
        "tests/tests.app.test_a.test_w": "other",
        "tests/tests.app.test_c.*": "long; or old",
        "libc/dns.a": "no stub",
        "libc/dns.b": "no stub",
    }
