"""Pictures of pages, for documents: `invoke screenshots` says where to. Without it, that they can be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.browsing import Opener, Scheme, Size

# What is shown, by the pictures' names: an address, in an installation with one service of each kind.
PAGES = {
    "dashboard": "/",
    "findings": "/findings",
    "downloads": "/downloads",
    "recoveries": "/recoveries",
    "requests": "/requests",
    "chat": "/chat",
    "activity": "/activity",
    "services": "/services",
    "users": "/users",
    "settings": "/settings",
    "account": "/account",
    "status": "/status",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_picture(
    open_page: Opener,
    services: dict[str, Any],
    shoot: Callable[[Page, str], None],
    name: str,
    size: Size,
    scheme: Scheme,
) -> None:
    page = open_page(size, scheme, "Ada")
    page.goto(PAGES[name])
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    shoot(page, f"{name}-{size}-{scheme}")
