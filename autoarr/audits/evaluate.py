"""Asking rules."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import Any

from autoarr.audits.model import Result, Rule, Seen, Snapshot, Unknown

SUBJECT_LENGTH = 200
_UNEXPECTED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a rule says of a service.

    Attributes:
        results: one for each subject.
        because: why there may be further subjects of which nothing is known; None where these are all.
    """

    rule: Rule
    results: list[Result]
    because: str | None = None


def evaluate(rule: Rule, seen: Seen, snapshot: Snapshot) -> Evaluation:
    """Ask one rule about one service; whatever is missing or of an unexpected form is unknown."""
    results: dict[str, Result] = {}
    because = None
    try:
        for result in rule.check(seen, snapshot):
            clean = _clean_result(result)
            # Two things may have one name.
            subject, count = clean.subject, 1
            while clean.subject in results:
                count += 1
                clean = replace(clean, subject=f"{subject[: SUBJECT_LENGTH - 8]} ({count})")
            results[clean.subject] = clean
    except Unknown as unknown:
        because = clean_text(str(unknown))
    except _UNEXPECTED as error:
        log.warning("%s: an answer of %s has an unexpected form: %s", rule.id, seen.name, type(error).__name__)
        because = f"{seen.name}: the answer has an unexpected form"
    return Evaluation(rule=rule, results=list(results.values()), because=because)


def _clean_result(result: Result) -> Result:
    return replace(
        result,
        subject=clean_text(result.subject)[:SUBJECT_LENGTH],
        title=None if result.title is None else clean_text(result.title)[:300],
        source=None if result.source is None else clean_text(result.source)[:500],
        because=None if result.because is None else clean_text(result.because),
        found=clean_value(result.found),
        wanted=clean_value(result.wanted),
    )


def clean_text(text: str) -> str:
    """A text that every database and every answer takes: no NUL, no half surrogate pairs."""
    return text.replace("\0", "").encode(errors="replace").decode()


def clean_value(value: Any) -> Any:
    """A JSON value whose texts are clean and whose numbers are finite."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_value(item) for item in value]
    return value
