from __future__ import annotations

from typing import Any

import pytest

from automation.containers import Memory, parse_memory


@pytest.mark.parametrize(
    ("stats", "expected"),
    [
        # Control groups of version 2, then of version 1, as the engine passes them on.
        ({"inactive_file": 30, "anon": 50, "file": 45}, Memory(working_set=70, anonymous=50)),
        ({"total_inactive_file": 20, "inactive_file": 5, "total_rss": 60}, Memory(working_set=80, anonymous=60)),
        ({}, None),
        ({"anon": 50}, None),
    ],
)
def test_memory_of_either_version_of_control_groups(stats: dict[str, int], expected: Memory | None) -> None:
    assert parse_memory({"memory_stats": {"usage": 100, "stats": stats}}) == expected


@pytest.mark.parametrize("answer", [{}, {"memory_stats": None}, {"memory_stats": {"stats": {"anon": 1}}}])
def test_memory_that_is_not_accounted_for(answer: dict[str, Any]) -> None:
    assert parse_memory(answer) is None
