"""What a verification found, as data, and that data as a table, Markdown, JSON and JUnit."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from automation import console
from automation.errors import CheckFailed

VERSION = 1


class Verdict(StrEnum):
    """What a check came to. What could not be checked is skipped, and never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question and its answer.

    Attributes:
        area: what it belongs to, such as `components` or `symbols`.
        name: which one it is; unique within its area.
        detail: what was seen; for a failed check what is wrong, for a skipped one the reason (never empty there).
        seconds: how long it took, where that was measured.
    """

    area: str
    name: str
    verdict: Verdict
    detail: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.verdict is not Verdict.PASSED and not self.detail:
            raise ValueError(f"{self.area}/{self.name} is {self.verdict} without a reason")


@dataclass(frozen=True, kw_only=True)
class Report:
    """All checks of one subject, and the facts they hold for."""

    subject: str
    facts: Mapping[str, str]
    checks: tuple[Check, ...]

    def of(self, area: str) -> tuple[Check, ...]:
        """The checks of one area."""
        return tuple(check for check in self.checks if check.area == area)

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas, in the order of their first check."""
        return tuple(dict.fromkeys(check.area for check in self.checks))

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAILED)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with its version."""
        return {"version": VERSION, **asdict(self)}


def from_dict(data: Mapping[str, Any], *, where: str = "") -> Report:
    """A report from what :meth:`Report.as_dict` gave.

    Raises:
        CheckFailed: it is of another version, or not a report.
    """
    if data.get("version") != VERSION:
        raise CheckFailed(
            f"a report of version {data.get('version')!r}, not {VERSION}", where=where, hint="make it again"
        )
    try:
        checks = tuple(Check(**{**item, "verdict": Verdict(item["verdict"])}) for item in data["checks"])
        return Report(subject=data["subject"], facts=dict(data["facts"]), checks=checks)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckFailed(f"not a report: {error}", where=where, hint="make it again") from None


def counts(checks: Iterable[Check]) -> str:
    """`12 passed, 1 skipped`; kinds that did not occur are left out."""
    return counts_of(check.verdict for check in checks)


def counts_of(verdicts: Iterable[str]) -> str:
    """The same from the verdicts alone."""
    seen = Counter(verdicts)
    return ", ".join(f"{seen[verdict]} {verdict}" for verdict in Verdict if seen[verdict]) or "nothing checked"


def skipped(checks: Iterable[Check]) -> dict[str, str]:
    """What was skipped, by `AREA/NAME`, and why: tests of one module with one reason are one, named `MODULE.*`."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for check in checks:
        if check.verdict is Verdict.SKIPPED:
            module = check.name.partition("[")[0].rpartition(".")[0] if check.name.startswith("tests.") else check.name
            groups.setdefault((check.area, module, check.detail), []).append(check.name)
    found: dict[str, list[str]] = {}
    for (area, module, detail), names in groups.items():
        found.setdefault(f"{area}/{names[0] if len(names) == 1 else f'{module}.*'}", []).append(detail)
    return {name: "; or ".join(details) for name, details in found.items()}


def show(report: Report) -> None:
    """The report for people: a line for each area, and what did not pass."""
    console.table(report.subject, ("", ""), list(report.facts.items()))
    console.table("checks", ("area", "came to"), [(area, counts(report.of(area))) for area in report.areas])
    rows = [(f"{check.area}/{check.name}", str(check.verdict), check.detail) for check in report.failed]
    rows += [(name, str(Verdict.SKIPPED), why) for name, why in skipped(report.checks).items()]
    if rows:
        console.table("not passed", ("check", "verdict", "why"), rows)


def markdown(report: Report) -> str:
    """The report as a page: facts, then a table for each area. Checks that passed without a word are only counted."""
    lines = [f"# {report.subject}", "", "| | |", "| --- | --- |"]
    lines += [f"| {cell(name)} | {cell(value)} |" for name, value in report.facts.items()]
    for area in report.areas:
        lines += ["", f"## {area}: {counts(report.of(area))}"]
        rows = [check for check in report.of(area) if check.detail]
        if rows:
            lines += ["", "| check | verdict | |", "| --- | --- | --- |"]
            lines += [f"| {cell(check.name)} | {check.verdict} | {cell(check.detail)} |" for check in rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())


def markdown_row(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(map(cell, cells))} |"


def junit(report: Report) -> str:
    """The report in JUnit's XML: a suite for each area."""
    root = ElementTree.Element("testsuites", name=report.subject)
    for area in report.areas:
        checks = report.of(area)
        seen = Counter(check.verdict for check in checks)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=area,
            tests=str(len(checks)),
            failures=str(seen[Verdict.FAILED]),
            skipped=str(seen[Verdict.SKIPPED]),
            time=f"{sum(check.seconds or 0 for check in checks):.3f}",
        )
        for check in checks:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"{report.subject}.{area}",
                name=check.name,
                time=f"{check.seconds or 0:.3f}",
            )
            if check.verdict is Verdict.FAILED:
                ElementTree.SubElement(case, "failure", message=_xml(check.detail))
            elif check.verdict is Verdict.SKIPPED:
                ElementTree.SubElement(case, "skipped", message=_xml(check.detail))
            elif check.detail:
                ElementTree.SubElement(case, "system-out").text = _xml(check.detail)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def from_junit(area: str, text: str) -> tuple[Check, ...]:
    """The checks in a JUnit report, such as pytest's.

    Raises:
        CheckFailed: it is not XML, or holds no test.
    """
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - written by a pytest that this project started
    except ElementTree.ParseError as error:
        raise CheckFailed(f"not a JUnit report: {error}", where=area) from None
    checks = tuple(_case(area, case) for case in root.iter("testcase"))
    if not checks:
        raise CheckFailed("the JUnit report holds no test", where=area)
    return checks


def _case(area: str, case: ElementTree.Element) -> Check:
    verdict, detail = Verdict.PASSED, ""
    for child in case:
        if child.tag in ("failure", "error"):
            verdict, detail = Verdict.FAILED, child.get("message") or (child.text or "").strip() or child.tag
            break
        if child.tag == "skipped":
            verdict, detail = Verdict.SKIPPED, child.get("message") or "no reason given"
    name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
    return Check(area=area, name=name, verdict=verdict, detail=detail, seconds=float(case.get("time") or 0))


def _xml(text: str) -> str:
    """Without the control characters that XML can't hold, such as a terminal's colours."""
    return "".join(letter if letter >= " " or letter in "\t\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def save(report: Report, folder: Path) -> list[Path]:
    """Write the report as JSON, Markdown and JUnit into a folder; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "json": json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n",
        "md": markdown(report),
        "xml": junit(report),
    }
    written = []
    for ending, text in texts.items():
        path = folder / f"{report.subject}.{ending}"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def load(path: Path) -> Report:
    """A saved report.

    Raises:
        CheckFailed: there is none, or it is not a report of this version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckFailed("no such report", where=str(path), hint="the session that writes it has not run") from None
    except ValueError as error:
        raise CheckFailed(f"not JSON: {error}", where=str(path), hint="make it again") from None
    return from_dict(data, where=str(path))
