"""What the probes answered in one place, and the reader of what they print."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from automation.errors import CheckFailed
from automation.libc.probes import harness

OK, SKIPPED, ERROR = "ok", "skipped", "error"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One probe's answer: `status` is `ok` (then `value` holds), `skipped` or `error` (then `reason` does)."""

    status: str
    value: Any = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What all probes answered in one place. `libc` is such as `musl 1.2.5`, or `unknown`."""

    subject: str
    python: str
    libc: str
    answers: Mapping[str, Answer] = field(default_factory=dict)


def dump(report: ProbeReport) -> str:
    """The report in the form in which the probes print it and :func:`read` reads it."""
    probes = {name: asdict(answer) for name, answer in report.answers.items()}
    data = {"version": harness.VERSION, "python": report.python, "libc": report.libc, "probes": probes}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def read(subject: str, text: str) -> ProbeReport:
    """The report from what the probes printed.

    Raises:
        CheckFailed: it is no report, or one of another version.
    """
    try:
        data = json.loads(text)
        version = data["version"]
    except (ValueError, KeyError, TypeError):
        raise CheckFailed("the probes printed something else than a report", where=subject, details=text) from None
    if version != harness.VERSION:
        raise CheckFailed(
            f"a report of version {version!r}, not {harness.VERSION}", where=subject, hint="make it again"
        )
    try:
        answers = {name: Answer(**item) for name, item in data["probes"].items()}
        return ProbeReport(subject=subject, python=data["python"], libc=data["libc"], answers=answers)
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckFailed(f"not a probe report: {error}", where=subject, details=text) from None
