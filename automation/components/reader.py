"""What the probes print, as checks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from automation.components.catalogue import COMPONENTS, VERSION
from automation.reports import Check, Verdict

AREA = "components"


def checks(lines: Iterable[str]) -> tuple[Check, ...]:
    """A check for each component, in the catalogue's order, from the probes' output.

    A component that gave no answer failed; what else was printed says why.
    """
    answers: dict[str, Check] = {}
    rest: list[str] = []
    for line in lines:
        got = _parse(line)
        if got is None:
            rest.append(line)
        else:
            answers[str(got["component"])] = check(got)
    silent = " | ".join(["no answer", *filter(None, (line.strip() for line in rest[-3:]))])
    return tuple(
        answers.get(component.name) or Check(area=AREA, name=component.name, verdict=Verdict.FAILED, detail=silent)
        for component in COMPONENTS
    )


def _parse(line: str) -> Mapping[str, Any] | None:
    try:
        got = json.loads(line)
    except ValueError:
        return None
    return got if isinstance(got, dict) and "component" in got else None


def check(answer: Mapping[str, Any]) -> Check:
    """One component's check: passed when every step is; skipped when a step it can't do without was skipped.

    The detail names each step with what it saw, those that did not pass first.
    """

    def made(verdict: Verdict, detail: str) -> Check:
        seconds = answer.get("seconds")
        return Check(area=AREA, name=str(answer["component"]), verdict=verdict, detail=detail, seconds=seconds)

    if answer.get("version") != VERSION:
        return made(Verdict.FAILED, f"an answer of version {answer.get('version')!r}, not {VERSION}")
    steps: list[dict[str, Any]] = answer.get("steps") or []
    failed = [step for step in steps if step["status"] not in ("ok", "skipped")]
    skipped = [step for step in steps if step["status"] == "skipped"]
    passed = [step for step in steps if step["status"] == "ok"]
    words = [
        *(f"{step['name']}: {step['detail'] or 'failed'}" for step in failed),
        *(f"{step['name']} skipped: {step['detail'] or 'no reason given'}" for step in skipped),
        *(f"{step['name']} ({step['detail']})" if step["detail"] else str(step["name"]) for step in passed),
    ]
    detail = "; ".join(words) or "no step was asked"
    if failed or not steps:
        count = f"{len(failed)} of {len(steps)} steps failed: " if steps else ""
        return made(Verdict.FAILED, count + detail)
    if not passed or any(step["core"] for step in skipped):
        return made(Verdict.SKIPPED, detail)
    return made(Verdict.PASSED, detail)
