"""Every page with something on it, in both sizes and colour schemes: axe finds nothing, and nothing is too wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import stage
from tests.e2e.browsing import ANSWERED_MS, SIZES

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.browsing import Opener, Scheme, Size
    from tests.e2e.judging import Axe

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PARTS = ("policy", "notifications", "appearance", "mcp", "backup", "about")
STEPS = ("sonarr", "radarr", "sabnzbd", "plex", "audit", "done")

# Addresses, or what `stage.fill` calls them.
PAGES = {
    "dashboard": "/",
    "findings": "/findings",
    "findings, none": "/findings?verdict=unknown&severity=error&ignored=true",
    "a finding": "finding",
    "downloads": "/downloads",
    "recoveries": "/recoveries",
    "a recovery": "recovery",
    "requests": "/requests",
    "a request": "request",
    "a request with a choice": "choosing",
    "chat": "/chat",
    "a conversation": "conversation",
    "activity": "/activity",
    "services": "/services",
    "users": "/users",
    **{f"settings, {part}": f"/settings/{part}" for part in PARTS},
    "account": "/account",
    **{f"setup, {step}": f"/setup?step={step}" for step in STEPS},
    "not found": "/nowhere",
    "status": "/status",
}


def search(page: Page) -> None:
    """Look at what a search finds."""
    page.goto("/requests?q=dune")
    expect(page.get_by_role("list", name="Found titles").get_by_role("button").first).to_be_visible(timeout=ANSWERED_MS)


def ask(page: Page) -> None:
    """Ask for a series."""
    page.goto("/requests?q=the wire")
    page.get_by_role("list", name="Found titles").get_by_role("button", name="The Wire").click(timeout=ANSWERED_MS)
    expect(page.get_by_role("dialog").get_by_label("All seasons")).to_be_visible()


def add_service(page: Page) -> None:
    """Add a service."""
    page.goto("/services?add")
    expect(page.get_by_role("dialog")).to_be_visible()


def open_palette(page: Page) -> None:
    """Open the list of commands."""
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()


def open_menu(page: Page) -> None:
    """Open the menu of a phone."""
    page.goto("/account")
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("dialog", name="Menu")).to_be_visible()


def approve(page: Page) -> None:
    """Be asked before something is done."""
    page.goto("/recoveries?state=asking")
    page.get_by_role("link", name=stage.FAILED).click()
    page.get_by_role("button", name="Search for it").click()
    expect(page.get_by_role("dialog", name="Approve this?")).to_be_visible()


DEEDS: Mapping[str, Callable[[Page], None]] = {
    "search results": search,
    "asking for a series": ask,
    "adding a service": add_service,
    "the command palette": open_palette,
    "the menu": open_menu,
    "a question": approve,
}


def judge(page: Page, axe: Axe, what: str) -> list[str]:
    """What is wrong with a page as it is now."""
    wrong = [f"{what}: {one}" for one in axe.violations(page)]
    wide, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > window:
        wrong.append(f"{what}: it is {wide} px wide in a window of {window} px")
    return wrong


def settle(page: Page) -> None:
    """Wait for the page: its name is there, and nothing is being loaded."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=ANSWERED_MS)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", tuple(SIZES))
def test_the_first_user(open_page: Opener, axe: Axe, size: Size, scheme: Scheme) -> None:
    """It comes first: nobody is set up yet."""
    page = open_page(size, scheme)
    page.goto("/")
    settle(page)
    expect(page.get_by_label("Name")).to_be_visible()
    expect(page).not_to_have_title("Log in · AutoArr")
    wrong = judge(page, axe, "the first user")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", tuple(SIZES))
def test_the_login(admin: Api, open_page: Opener, axe: Axe, size: Size, scheme: Scheme) -> None:
    page = open_page(size, scheme)
    page.goto("/")
    settle(page)
    expect(page).to_have_title("Log in · AutoArr")
    wrong = judge(page, axe, "the login")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", tuple(SIZES))
def test_every_page(places: dict[str, str], open_page: Opener, axe: Axe, size: Size, scheme: Scheme) -> None:
    page = open_page(size, scheme, "Ada")
    wrong: list[str] = []
    for what, where in PAGES.items():
        page.goto(places.get(where, where))
        settle(page)
        wrong += judge(page, axe, what)
    for what, do in DEEDS.items():
        if what == "the menu" and size == "desk":
            continue
        do(page)
        wrong += judge(page, axe, what)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", tuple(SIZES))
def test_what_requesters_see(places: dict[str, str], open_page: Opener, axe: Axe, size: Size, scheme: Scheme) -> None:
    page = open_page(size, scheme, "Robin")
    wrong: list[str] = []
    for where in ("/requests", places["request"], "/chat", "/account", "/findings"):
        page.goto(where)
        settle(page)
        wrong += judge(page, axe, where)
    assert wrong == [], "\n".join(wrong)
