"""Leaving out what takes long, where AUTOARR_TEST_BRIEF is set."""

from __future__ import annotations

import os

import pytest


def leave_out(items: list[pytest.Item]) -> None:
    """Skip what is marked as thorough."""
    if not os.environ.get("AUTOARR_TEST_BRIEF"):
        return
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason="thorough, and AUTOARR_TEST_BRIEF is set"))
