from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from automation.errors import CheckFailed, UsageError
from automation.reports import Verdict
from automation.vulnerabilities import accepted, audit, npm_packages, python_packages
from automation.vulnerabilities.accepted import Risk
from automation.vulnerabilities.audit import Audit, Outcome
from automation.vulnerabilities.findings import Answer, Ecosystem, Finding, Scope, in_short, later
from automation.vulnerabilities.python_packages import OSV, Pin, Service
from tests.automation.advisories import answering

TODAY = date(2030, 6, 15)
JINJA = Pin("jinja2", "3.1.5")
MARKUPSAFE = Pin("markupsafe", "3.0.2")
# Recorded from pip-audit 2.10 and pnpm 12.4.
PIP_AUDIT: dict[str, Any] = {
    "dependencies": [
        {
            "name": "jinja2",
            "version": "3.1.5",
            "vulns": [
                {"id": "PYSEC-2099-1", "fix_versions": [], "aliases": [], "description": "nothing to do"},
                {
                    "id": "CVE-2025-27516",
                    "fix_versions": ["2.11.4", "3.1.6"],
                    "aliases": ["GHSA-cpwx-vrp4-4pq7"],
                    "description": "sandbox breakout",
                },
            ],
        },
        {"name": "markupsafe", "version": "3.0.2", "vulns": []},
        {"name": "private", "skip_reason": "Dependency not found on PyPI and could not be audited: private (1.0)"},
    ],
    "fixes": [],
}
PNPM: dict[str, Any] = {
    "advisories": {
        "1100001": {
            "findings": [
                {"version": "8.3.8", "paths": [".>vite"], "dev": False, "optional": False, "bundled": False},
                {"version": "8.3.8", "paths": [".>vitest>vite"], "dev": True, "optional": False, "bundled": False},
            ],
            "id": 1100001,
            "title": "a hole in vite",
            "module_name": "vite",
            "vulnerable_versions": ">=8.0.0 <8.3.9",
            "patched_versions": ">=8.3.9",
            "severity": "high",
            "cwe": "CWE-79",
            "github_advisory_id": "GHSA-aaaa-bbbb-cccc",
            "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
        },
        "1100002": {
            "findings": [{"version": "5.1.1", "paths": [".>vitest"], "dev": True, "optional": False}],
            "id": 1100002,
            "title": "no fix",
            "module_name": "vitest",
            "vulnerable_versions": ">=5.0.0",
            "patched_versions": None,
            "severity": "low",
            "github_advisory_id": "GHSA-dddd-eeee-ffff",
            "url": "https://github.com/advisories/GHSA-dddd-eeee-ffff",
        },
    },
    "metadata": {"vulnerabilities": {"low": 1, "high": 1}, "dependencies": 24, "totalDependencies": 92},
}
FINDING = Finding(
    ecosystem=Ecosystem.PYPI,
    scope=Scope.PRODUCTION,
    package="jinja2",
    version="3.1.5",
    id="CVE-2025-27516",
    aliases=("GHSA-cpwx-vrp4-4pq7",),
    fixed=("3.1.6",),
    severity="",
    summary="sandbox breakout",
    address="https://github.com/advisories/GHSA-cpwx-vrp4-4pq7",
    source="PyPI",
)


def answer(*findings: Finding, **more: Any) -> Answer:
    facts = {"ecosystem": Ecosystem.PYPI, "scope": Scope.PRODUCTION, "source": "PyPI", "findings": findings}
    return Answer(**{**facts, **more})


def audited(*answers: Answer, risks: tuple[Risk, ...] = ()) -> Audit:
    return Audit(answers=answers, risks=risks, today=TODAY)


def test_pip_audits_findings_and_what_it_skipped() -> None:
    private = Pin("private", "1.0")
    known, findings, reasons = python_packages.read(PIP_AUDIT, [JINJA, MARKUPSAFE, private], Scope.PRODUCTION, "PyPI")
    assert known == {JINJA, MARKUPSAFE}
    assert [(one.id, one.fixed) for one in findings] == [("PYSEC-2099-1", ()), ("CVE-2025-27516", ("3.1.6",))]
    assert findings[0].address == "https://osv.dev/vulnerability/PYSEC-2099-1"
    assert findings[1] == FINDING
    assert list(reasons) == ["private"]
    assert "not found on PyPI" in reasons["private"]


def test_a_fix_in_an_older_branch_is_none() -> None:
    assert later(["1.5.1", "2.0.3", "2.1"], "2.1") == ()
    assert later(["1.5.1", "2.1.1", "3.0"], "2.1") == ("2.1.1", "3.0")
    assert later(["not a version"], "2.1") == ("not a version",)


def test_pnpms_findings() -> None:
    found = npm_packages.read(PNPM, Scope.PRODUCTION)
    assert found.packages == 92
    vite, vitest = found.findings
    assert (vite.package, vite.version, vite.id, vite.severity) == ("vite", "8.3.8", "GHSA-aaaa-bbbb-cccc", "high")
    assert vite.fixed == (">=8.3.9",)
    assert "1100001" in vite.names
    assert vitest.fixed == ()
    older = json.loads(json.dumps(PNPM))
    older["advisories"]["1100001"] |= {"patched_versions": "<0.0.0", "cves": ["CVE-2099-1"]}
    assert npm_packages.read(older, Scope.PRODUCTION).findings[0].fixed == ()
    assert "CVE-2099-1" in npm_packages.read(older, Scope.PRODUCTION).findings[0].names


def test_what_production_needs_is_not_said_of_development_again() -> None:
    both = npm_packages.read(PNPM, Scope.DEVELOPMENT)
    production = replace(both, scope=Scope.PRODUCTION, findings=both.findings[:1])
    assert [one.package for one in npm_packages.without(both, production).findings] == ["vitest"]


def test_what_is_locked_is_all_of_it_whatever_the_markers_and_development_is_what_the_image_lacks() -> None:
    production = {pin.name for pin in python_packages.locked(Scope.PRODUCTION)}
    development = {pin.name for pin in python_packages.locked(Scope.DEVELOPMENT)}
    assert {"fastapi", "async-timeout", "pywin32"} <= production
    assert {"pytest", "ziglang", "poetry-core"} <= development
    assert not production & development


# ---- what it comes to


def test_only_one_that_has_a_fix_fails() -> None:
    found = audited(answer(FINDING, replace(FINDING, id="PYSEC-1", aliases=(), fixed=())))
    assert [found.outcome(one) for one in found.findings] == [Outcome.FIXABLE, Outcome.UNFIXED]
    assert found.checks()[0].verdict is Verdict.FAILED
    with pytest.raises(CheckFailed, match=r"jinja2 3\.1\.5 \(CVE-2025-27516, fixed in 3\.1\.6\)") as caught:
        audit.require(found)
    assert caught.value.exit_code == 1
    unfixed = audited(answer(replace(FINDING, fixed=())))
    audit.require(unfixed)
    assert unfixed.checks()[0].verdict is Verdict.PASSED


@pytest.mark.parametrize("more", [{"reason": "the index does not answer"}, {"unknown": (("private 1.0", "404"),)}])
def test_what_nobody_answered_for_is_skipped_and_fails_nothing(more: dict[str, Any]) -> None:
    found = audited(answer(**more))
    assert found.checks()[0].verdict is Verdict.SKIPPED
    assert str(next(iter(more.values())))[2:9] in found.checks()[0].detail + str(more)
    audit.require(found)
    assert found.as_dict()["sources"][0]["verdict"] == "skipped"


def test_an_unknown_hides_no_finding() -> None:
    found = audited(answer(FINDING, unknown=(("private 1.0", "404"),)))
    assert found.checks()[0].verdict is Verdict.FAILED
    with pytest.raises(CheckFailed):
        audit.require(found)


def test_a_risk_is_accepted_until_its_day_has_passed_by_any_name() -> None:
    risk = Risk(id="GHSA-cpwx-vrp4-4pq7", reason="templates are ours", until=TODAY)
    found = audited(answer(FINDING), risks=(risk,))
    assert found.outcome(FINDING) is Outcome.ACCEPTED
    audit.require(found)
    assert found.warnings == ()
    later_on = replace(found, today=date(2030, 6, 16))
    with pytest.raises(CheckFailed):
        audit.require(later_on)
    assert "not accepted any more, since 2030-06-15" in later_on.warnings[0]


def test_an_entry_that_nothing_needs_is_said_when_everybody_answered() -> None:
    risk = Risk(id="CVE-2000-1", reason="old", until=TODAY)
    everything = (answer(FINDING), answer(scope=Scope.DEVELOPMENT))
    assert "CVE-2000-1 is not found any more" in audited(*everything, risks=(risk,)).warnings[0]
    silent = replace(everything[1], reason="no answer")
    assert audited(everything[0], silent, risks=(risk,)).warnings == ()
    assert audited(everything[0], risks=(risk,)).warnings == ()


def test_the_table_in_pyproject(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    head = f"[tool.autoarr.{accepted.TABLE}]\n"
    file.write_text(f'{head}"GHSA-1" = {{ reason = "never called", until = 2030-06-15 }}\n')
    assert accepted.load(file) == (Risk(id="GHSA-1", reason="never called", until=TODAY),)
    for wrong in (
        '"GHSA-1" = "never called"',
        '"GHSA-1" = { reason = "never called" }',
        '"GHSA-1" = { reason = " ", until = 2030-06-15 }',
        '"GHSA-1" = { reason = "never called", until = "2030-06-15" }',
        '"GHSA-1" = { reason = "never called", until = 2030-06-15T12:00:00Z }',
        '"GHSA-1" = { reason = "never called", until = 2030-06-15, expires = 2030-06-15 }',
    ):
        file.write_text(head + wrong + "\n")
        with pytest.raises(UsageError, match="GHSA-1 is not complete"):
            accepted.load(file)
    accepted.load()  # the repository's own is complete


def test_the_tables_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    audit.show(audited(answer(FINDING), answer(reason="silence"), risks=(Risk(id="X", reason="", until=date.min),)))
    said = "".join(capfd.readouterr().err.split())
    for word in ("CVE-2025-27516", "hasafix", "silence", "skipped", "Xisnotacceptedanymore"):
        assert word in said


def test_a_password_in_an_address_is_not_shown() -> None:
    assert in_short("at https://user:secret@npm.example/x: refused") == "at https://npm.example/x: refused"


# ---- the tools themselves, asked against indexes of our own

OSV_ANSWER = {
    "vulns": [
        {
            "schema_version": "1.6.0",
            "id": "GHSA-cpwx-vrp4-4pq7",
            "aliases": ["CVE-2025-27516"],
            "summary": "sandbox breakout",
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "jinja2"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.6"}]}],
                }
            ],
        }
    ]
}


def osv(address: str, name: str = "OSV") -> Service:
    return Service(name=name, words=(*OSV.words, "--osv-url", f"{address}/v1/query"))


def test_pip_audit_itself() -> None:
    with answering({"jinja2": OSV_ANSWER}) as (address, asked):
        # Two versions of one name, as a lock for several Pythons may have them.
        found = python_packages.ask([JINJA, MARKUPSAFE, Pin("jinja2", "3.1.6")], Scope.PRODUCTION, [osv(address)])
    assert len(asked) == 3
    assert found.packages == 3
    assert found.is_complete
    names = frozenset(("GHSA-cpwx-vrp4-4pq7", "CVE-2025-27516"))
    assert [(one.package, one.version, one.names, one.fixed) for one in found.findings] == [
        ("jinja2", "3.1.5", names, ("3.1.6",)),
        ("jinja2", "3.1.6", names, ()),
    ]


def test_an_index_that_does_not_answer_is_an_unknown_and_the_next_one_is_asked() -> None:
    with answering({}) as (address, _):
        gone = address
    silent = python_packages.ask([JINJA], Scope.PRODUCTION, [osv(gone, "first"), osv(gone, "second")])
    assert silent.packages == 0
    assert "first:" in silent.reason
    assert "second:" in silent.reason
    assert "Connection refused" in silent.reason or "Max retries" in silent.reason
    with answering({}, status=500) as (address, _):
        assert not python_packages.ask([JINJA], Scope.PRODUCTION, [osv(address)]).is_complete
    with answering({"jinja2": OSV_ANSWER}) as (address, _):
        found = python_packages.ask([JINJA], Scope.PRODUCTION, [osv(gone, "first"), osv(address, "second")])
    assert found.source == "second"
    assert found.is_complete
    assert len(found.findings) == 1


BULK = {
    "vite": [
        {
            "id": 1100001,
            "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
            "title": "a hole in vite",
            "severity": "high",
            "vulnerable_versions": ">=8.0.0 <8.99.0",
            "cwe": ["CWE-79"],
            "cvss": {"score": 7.5, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
        }
    ],
    "vitest": [
        {
            "id": 1100002,
            "url": "https://github.com/advisories/GHSA-dddd-eeee-ffff",
            "title": "no fix",
            "severity": "low",
            "vulnerable_versions": ">=5.0.0",
            "cwe": [],
            "cvss": {"score": 0, "vectorString": None},
        }
    ],
}


@pytest.fixture
def registry_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_to(address: str) -> None:
        for name in ("npm_config_registry", "pnpm_config_registry"):
            monkeypatch.delenv(name.upper(), raising=False)
            monkeypatch.setenv(name, f"{address}/")
        # pnpm would wait a minute before it asks a failing server again.
        monkeypatch.setenv("pnpm_config_fetch_retries", "0")

    return set_to


def test_pnpm_audit_itself(registry_is: Callable[[str], None]) -> None:
    with answering(BULK) as (address, asked):
        registry_is(address)
        production = npm_packages.ask(Scope.PRODUCTION)
        development = npm_packages.without(npm_packages.ask(Scope.DEVELOPMENT), production)
    assert "react" in asked[0]
    assert production.reason == ""
    assert [(one.package, one.severity, one.fixed) for one in production.findings] == [("vite", "high", (">=8.99.0",))]
    assert [(one.package, one.severity, one.fixed) for one in development.findings] == [("vitest", "low", ())]
    assert development.findings[0].scope is Scope.DEVELOPMENT


@pytest.mark.parametrize("status", [0, 405, 500])
def test_a_registry_without_advisories_is_an_unknown(registry_is: Callable[[str], None], status: int) -> None:
    with answering({}, status=status or 200) as (address, _):
        if status:
            registry_is(address)
            found = npm_packages.ask(Scope.PRODUCTION)
    if not status:
        registry_is(address)
        found = npm_packages.ask(Scope.PRODUCTION)
    assert found.reason
    assert not found.findings
    assert "ERR_PNPM" in found.reason
    audit.require(audited(found))
