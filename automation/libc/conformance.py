"""One image: whether each probe's answer is one that the catalogue explains for its libc."""

from __future__ import annotations

import json
from typing import Any

from automation.bases import Libc
from automation.libc.catalogue import BY_PROBE
from automation.libc.expectations import Effect, Entry
from automation.libc.probe_report import OK, SKIPPED, Answer, ProbeReport
from automation.reports import Check, Verdict

AREA = "libc"
SHOWN = 160


def checks(report: ProbeReport, libc: Libc) -> tuple[Check, ...]:
    """A check for each probe. One that failed, that is missing, or that nothing is known of, has not passed."""
    missing = [name for name in BY_PROBE if name not in report.answers]
    gone = [Check(area=AREA, name=name, verdict=Verdict.FAILED, detail="the probe was not asked") for name in missing]
    return (*(_check(name, answer, libc) for name, answer in report.answers.items()), *gone)


def explained(entry: Entry, answer: Answer, libc: Libc) -> bool:
    """Whether an answer is the one that the catalogue has for a libc."""
    return answer.status == OK and entry.expected[libc].accepts(answer.value)


def shown(value: Any) -> str:
    """A value for people, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _check(name: str, answer: Answer, libc: Libc) -> Check:
    verdict, detail = _judged(BY_PROBE.get(name), answer, libc)
    return Check(area=AREA, name=name, verdict=verdict, detail=detail)


def _judged(entry: Entry | None, answer: Answer, libc: Libc) -> tuple[Verdict, str]:
    if answer.status == SKIPPED:
        return Verdict.SKIPPED, answer.reason or "no reason given"
    if answer.status != OK:
        return Verdict.FAILED, f"the probe failed: {answer.reason}"
    if entry is None:
        return Verdict.FAILED, f"nothing is known of this probe, which came to {shown(answer.value)}"
    if not explained(entry, answer, libc):
        expected = entry.expected[libc].text
        return Verdict.FAILED, f"{entry.asks}: {shown(answer.value)} on {libc}, expected {expected[:SHOWN]}"
    known = entry.known
    if known is not None and known.effect is Effect.HARMFUL:
        return Verdict.PASSED, f"as known, and harmful where it is reached: {shown(answer.value)}"
    return Verdict.PASSED, ""
