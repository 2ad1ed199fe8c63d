"""The score: severities weigh, what is unknown doesn't count as good."""

from __future__ import annotations

from typing import Any

import pytest

from autoarr.audits.score import score


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], None),
        ([("a", "error", "unknown")], None),
        ([("a", "error", "passed")], 100.0),
        ([("a", "error", "failed"), ("b", "notice", "failed")], 0.0),
        ([("a", "error", "passed"), ("b", "error", "unknown")], 100.0),
        ([("a", "error", "failed"), ("b", "error", "unknown"), ("c", "error", "passed")], 50.0),
        ([("a", "error", "passed"), ("b", "warning", "failed")], 76.9),
        ([("a", "error", "failed"), ("b", "notice", "passed")], 9.1),
        # Many things of one rule weigh no more than one.
        ([("a", "warning", "failed")] * 50 + [("b", "warning", "passed")], 50.0),
        ([("a", "warning", "failed"), ("a", "warning", "passed"), ("b", "warning", "passed")], 75.0),
    ],
)
def test_score(findings: Any, expected: float | None) -> None:
    assert score(findings) == expected
