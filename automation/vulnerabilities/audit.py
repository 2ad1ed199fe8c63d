"""Ask every index, weigh what they say against the accepted risks, and show it.

A vulnerability that has a fix fails, unless it is accepted; one without is shown. What no index answered for is
skipped: neither a pass nor a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from automation import console
from automation.errors import CheckFailed
from automation.reports import Check, Verdict
from automation.vulnerabilities import accepted, npm_packages, python_packages
from automation.vulnerabilities.accepted import Risk
from automation.vulnerabilities.findings import Answer, Finding, Scope

AREA = "vulnerabilities"
SHOWN = 5


class Outcome(StrEnum):
    """What a finding comes to."""

    FIXABLE = "has a fix"
    UNFIXED = "no fix yet"
    ACCEPTED = "accepted"


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The answers, and the risks that were accepted on the day of the audit."""

    answers: tuple[Answer, ...]
    risks: tuple[Risk, ...]
    today: date

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return tuple(finding for answer in self.answers for finding in answer.findings)

    def outcome(self, finding: Finding) -> Outcome:
        """What a finding comes to today."""
        if any(risk.id in finding.names and not risk.has_expired(self.today) for risk in self.risks):
            return Outcome.ACCEPTED
        return Outcome.FIXABLE if finding.fixed else Outcome.UNFIXED

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that have a fix and are not accepted."""
        return tuple(finding for finding in self.findings if self.outcome(finding) is Outcome.FIXABLE)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to say of accepted risks: those whose day has passed, and those that nothing needs any more.

        The latter can be told only when every index has answered for every package.
        """
        names = {name for finding in self.findings for name in finding.names}
        complete = {answer.scope for answer in self.answers} == set(Scope) and all(
            answer.is_complete for answer in self.answers
        )
        said = []
        for risk in self.risks:
            if complete and risk.id not in names:
                said.append(
                    f"the accepted vulnerability {risk.id} is not found any more: remove it from pyproject.toml"
                )
            elif risk.has_expired(self.today):
                said.append(f"the accepted vulnerability {risk.id} is not accepted any more, since {risk.until}")
        return tuple(said)

    def checks(self) -> tuple[Check, ...]:
        """One for each answer, for reports."""
        return tuple(self._check(answer) for answer in self.answers)

    def _check(self, answer: Answer) -> Check:
        failing = [finding for finding in answer.findings if self.outcome(finding) is Outcome.FIXABLE]
        if failing:
            verdict, detail = Verdict.FAILED, _listed(_line(finding) for finding in failing)
        elif answer.reason:
            verdict, detail = Verdict.SKIPPED, answer.reason
        elif answer.unknown:
            verdict, detail = Verdict.SKIPPED, f"no answer for {_listed(name for name, _ in answer.unknown)}"
        else:
            verdict, detail = Verdict.PASSED, f"{answer.packages} packages"
        return Check(area=AREA, name=answer.name, verdict=verdict, detail=detail)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "sources": [
                {
                    "ecosystem": answer.ecosystem,
                    "scope": answer.scope,
                    "source": answer.source,
                    "verdict": check.verdict,
                    "packages": answer.packages,
                    "reason": answer.reason,
                    "unknown": dict(answer.unknown),
                }
                for answer, check in zip(self.answers, self.checks(), strict=True)
            ],
            "findings": [{**asdict(finding), "outcome": self.outcome(finding)} for finding in self.findings],
            "warnings": list(self.warnings),
        }


def examine(scopes: Sequence[Scope] = tuple(Scope), today: date | None = None) -> Audit:
    """Ask the indexes about the locked packages.

    Raises:
        UsageError: the table of accepted risks is not complete.
        MissingProgram: there is no pnpm.
    """
    risks = accepted.load()
    with console.step("asking the indexes about known vulnerabilities"):
        answers = [python_packages.ask(python_packages.locked(scope), scope) for scope in scopes]
        npm = {scope: npm_packages.ask(scope) for scope in scopes}
        if len(npm) == len(Scope):
            both = npm[Scope.DEVELOPMENT], npm[Scope.PRODUCTION]
            npm[Scope.DEVELOPMENT] = npm_packages.without(*both)
    return Audit(answers=(*answers, *npm.values()), risks=risks, today=today or datetime.now(UTC).date())


def show(audit: Audit) -> None:
    """For people: what each index came to, then every finding."""
    rows = [
        (answer.name, answer.source, str(check.verdict), check.detail)
        for answer, check in zip(audit.answers, audit.checks(), strict=True)
    ]
    console.table("known vulnerabilities", ("packages", "asked", "came to", ""), rows)
    if audit.findings:
        console.table(
            "findings",
            ("package", "vulnerability", "severity", "fixed in", "", "about"),
            [
                (
                    f"{finding.package} {finding.version} ({finding.scope})",
                    ", ".join((finding.id, *finding.aliases)),
                    finding.severity or "unknown",
                    ", ".join(finding.fixed) or "nothing yet",
                    str(audit.outcome(finding)),
                    f"{finding.summary} {finding.address}".strip(),
                )
                for finding in audit.findings
            ],
        )
    for warning in audit.warnings:
        console.warning(warning)


def require(audit: Audit) -> None:
    """No vulnerability that has a fix.

    Raises:
        CheckFailed: there is one.
    """
    if audit.failing:
        raise CheckFailed(
            f"{len(audit.failing)} known vulnerabilities have a fix: {_listed(map(_line, audit.failing))}",
            hint="upgrade (`invoke lock`; `pnpm update` in autoarr/ui), or accept it for a time in pyproject.toml, "
            f"[tool.autoarr.{accepted.TABLE}]",
        )


def _line(finding: Finding) -> str:
    return f"{finding.package} {finding.version} ({finding.id}, fixed in {', '.join(finding.fixed)})"


def _listed(words: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    known = list(words)
    rest = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"{', '.join(known[:SHOWN])}{rest}"
