"""Python packages: pip-audit, which asks PyPI's advisories, and OSV's where PyPI has no answer.

pip-audit says "no known vulnerabilities" and ends with 0 when the index has no answer for any package, so only its
list of packages counts: what it skipped is unknown. Source: pip-audit's README, `--format json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation import process, requirements, scratch
from automation.vulnerabilities.findings import Answer, Ecosystem, Finding, Scope, in_short, later
from automation.wheels import lockfiles

# Seconds for all packages of one index; one request may take 15.
TIMEOUT = 600.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """An index of advisories, and pip-audit's words for it."""

    name: str
    words: tuple[str, ...]


PYPI = Service(name="PyPI", words=("--vulnerability-service", "pypi"))
OSV = Service(name="OSV", words=("--vulnerability-service", "osv"))


@dataclass(frozen=True, order=True)
class Pin:
    """A locked version, its name normalised."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def locked(scope: Scope) -> frozenset[Pin]:
    """The packages of a scope, whatever their markers: another interpreter or system may install each.

    What the image has belongs to production alone, though the development environment has it too.
    """
    production, *others = (_pins(export.path) for export in requirements.EXPORTS)
    return production if scope is Scope.PRODUCTION else frozenset().union(*others) - production


def _pins(path: Path) -> frozenset[Pin]:
    return frozenset(Pin(package.name, package.version) for package in lockfiles.read(path).packages)


def ask(pins: Iterable[Pin], scope: Scope, services: Sequence[Service] = (PYPI, OSV)) -> Answer:
    """What the indexes know of packages. The next one is asked about what the last had no answer for."""
    left = dict.fromkeys(sorted(pins), "")
    findings: list[Finding] = []
    answered: dict[str, int] = {}
    for service in services:
        for batch in _batches(left):
            audited, found, reasons = _audit(batch, scope, service)
            findings += found
            answered[service.name] = answered.get(service.name, 0) + len(audited)
            for pin in batch:
                said = f"{service.name}: {reasons.get(pin.name, 'no answer')}"
                left[pin] = "; ".join(filter(None, (left[pin], said)))
            left = {pin: reason for pin, reason in left.items() if pin not in audited}
        if not left:
            break
    answering = [name for name, count in answered.items() if count]
    nothing = bool(left) and not answering
    return Answer(
        ecosystem=Ecosystem.PYPI,
        scope=scope,
        source=", ".join(answering or (service.name for service in services)),
        packages=sum(answered.values()),
        findings=tuple(findings),
        unknown=() if nothing else tuple((str(pin), reason) for pin, reason in left.items()),
        reason=f"no index answered ({next(iter(left.values()))})" if nothing else "",
    )


def _batches(pins: Iterable[Pin]) -> Iterator[tuple[Pin, ...]]:
    """Packages in groups that hold each name once: pip-audit takes two versions of one for a mistake."""
    rest = list(pins)
    while rest:
        batch = {pin.name: pin for pin in reversed(rest)}
        yield tuple(sorted(batch.values()))
        rest = [pin for pin in rest if batch[pin.name] is not pin]


def _audit(
    batch: Sequence[Pin], scope: Scope, service: Service
) -> tuple[frozenset[Pin], list[Finding], Mapping[str, str]]:
    """One run of pip-audit: the packages it has an answer for, its findings, and why it skipped others."""
    with scratch.folder() as folder:
        listed, answer = folder / "requirements.txt", folder / "answer.json"
        listed.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in batch), encoding="utf-8")
        words = ["--requirement", str(listed), "--no-deps", "--disable-pip", "--format", "json", "--desc", "on"]
        words += ["--aliases", "on", "--progress-spinner", "off", "--output", str(answer), *service.words]
        result = process.run([sys.executable, "-m", "pip_audit", *words], check=False, echo=False, timeout=TIMEOUT)
        try:
            data = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            reason = _why(result)
            return frozenset(), [], {pin.name: reason for pin in batch}
    return read(data, batch, scope, service.name)


def read(
    data: Mapping[str, Any], batch: Iterable[Pin], scope: Scope, source: str
) -> tuple[frozenset[Pin], list[Finding], Mapping[str, str]]:
    """pip-audit's JSON: the packages of a batch that it has an answer for, its findings, and why it skipped others."""
    known = {pin.name: pin for pin in batch}
    audited: set[Pin] = set()
    findings = []
    reasons = {}
    for item in data.get("dependencies", ()):
        pin = known.get(item["name"])
        if pin is None:
            continue
        if "vulns" not in item:
            reasons[pin.name] = str(item.get("skip_reason") or "skipped")
            continue
        audited.add(pin)
        findings += [_finding(vulnerability, pin, scope, source) for vulnerability in item["vulns"]]
    return frozenset(audited), findings, reasons


def _finding(data: Mapping[str, Any], pin: Pin, scope: Scope, source: str) -> Finding:
    names = (str(data["id"]), *map(str, data.get("aliases", ())))
    github = next((name for name in names if name.startswith("GHSA-")), "")
    return Finding(
        ecosystem=Ecosystem.PYPI,
        scope=scope,
        package=pin.name,
        version=pin.version,
        id=names[0],
        aliases=tuple(sorted(names[1:])),
        fixed=later(map(str, data.get("fix_versions", ())), pin.version),
        severity="",
        summary=in_short(str(data.get("description", ""))),
        address=f"https://github.com/advisories/{github}" if github else f"https://osv.dev/vulnerability/{names[0]}",
        source=source,
    )


def _why(result: process.Result) -> str:
    """Why there is no answer, in one line: pip-audit's own, or the last of a traceback."""
    if result.code < 0:
        return f"no answer within {TIMEOUT:.0f} s"
    lines = result.output.strip().splitlines()
    return in_short(lines[-1]) if lines else f"exit code {result.code}"
