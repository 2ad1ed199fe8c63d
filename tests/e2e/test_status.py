"""The page that says how AutoArr is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.judging import Axe


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_there_and_accessible(page: Page, axe: Axe, scheme: str) -> None:
    page.goto("/status")
    page.get_by_role("heading", level=1).wait_for()
    assert "AutoArr" in page.title()
    axe(page)
