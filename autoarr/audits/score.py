"""How good the configuration is, as a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoarr.audits.model import Severity, Verdict

WEIGHTS: dict[Severity, float] = {"error": 10.0, "warning": 3.0, "notice": 1.0}


def score(findings: Iterable[tuple[Hashable, Severity, Verdict]]) -> float | None:
    """Score findings, without the ignored ones: 100 is best, 0 worst, None means that nothing is known.

    Args:
        findings: which rule of which service, how severe, and the verdict. All findings of one rule of one service
            count as one, so that many download clients don't weigh more than one; the unknown ones don't count.
    """
    groups: dict[Hashable, list[tuple[float, bool]]] = defaultdict(list)
    for group, severity, verdict in findings:
        if verdict != "unknown":
            groups[group].append((WEIGHTS[severity], verdict == "passed"))
    total = good = 0.0
    for members in groups.values():
        weight = max(weight for weight, _ in members)
        total += weight
        good += weight * sum(weight for weight, passed in members if passed) / sum(weight for weight, _ in members)
    return round(100 * good / total, 1) if total else None
