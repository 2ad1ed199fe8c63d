"""The first run, from nobody's installation to a useful dashboard, by the keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import api, browsing
from tests.e2e.keyboard import enter, press, see_focus

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.browsing import Opener, Size
    from tests.e2e.judging import Axe
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")


@pytest.fixture(scope="module", params=tuple(browsing.SIZES))
def size(request: pytest.FixtureRequest) -> Size:
    """The size of all pages of a world."""
    return request.param  # type: ignore[no-any-return]  # pytest's is Any


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest, size: Size) -> str:
    """As everywhere, but that each size has a world: there is but one first run in it."""
    return str(request.param)


def heading(page: Page, name: str) -> None:
    """Wait for a step, whose heading has the focus."""
    expect(page.get_by_role("heading", level=2, name=name)).to_be_focused()


def make_the_first_user(page: Page) -> None:
    page.goto("/findings?severity=error")
    expect(page.get_by_role("heading", level=1, name="Welcome to AutoArr")).to_be_visible()
    form = page.get_by_role("form", name="The first account")
    enter(page, form.get_by_label("Name"), api.ADMIN)
    enter(page, form.get_by_label("Password", exact=True), "short")
    enter(page, form.get_by_label("Password once more"), "short")
    page.keyboard.press("Enter")
    expect(form.get_by_label("Password", exact=True)).to_be_focused()
    expect(form.get_by_text("It needs 8 characters or more.")).to_be_visible()
    see_focus(page)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(api.PASSWORD)
    enter(page, form.get_by_label("Password once more"), api.PASSWORD)
    press(page, form.get_by_role("button", name="Make the account"))


def connect(page: Page, world: World, kind: str, key: str | None = None) -> None:
    name = api.NAMES[kind]
    enter(page, page.get_by_label("Address", exact=True), world.address(kind))
    field = page.get_by_label("Token" if kind == "plex" else "API key")
    enter(page, field, key or world.fakes[kind].api_key)
    page.keyboard.press("Enter")
    if key is None:
        expect(page.get_by_role("status").get_by_text(f"{name} is connected.")).to_be_visible()


def log_in(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="Log in to AutoArr")).to_be_visible()
    enter(page, page.get_by_label("Name"), api.ADMIN)
    enter(page, page.get_by_label("Password"), api.PASSWORD)
    page.keyboard.press("Enter")


def test_it_is_begun(world: World, open_page: Opener, size: Size, axe: Axe) -> None:
    page = open_page(size)
    make_the_first_user(page)
    heading(page, "Connect Sonarr")
    axe(page)

    connect(page, world, "sonarr", key="0" * 32)
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("It refuses the key")
    expect(refusal).to_contain_text("What to do:")
    see_focus(page)
    axe(page)
    # Nothing was added, and what was entered is still there.
    expect(page.get_by_label("Address", exact=True)).to_have_value(world.address("sonarr"))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(world.sonarr.api_key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Sonarr is connected.")).to_be_visible()
    heading(page, "Connect Radarr")

    page.reload()
    heading(page, "Connect Radarr")
    connect(page, world, "radarr")
    heading(page, "Connect SABnzbd")


def test_it_is_resumed_in_another_browser(world: World, open_page: Opener, size: Size, axe: Axe) -> None:
    page = open_page(size)
    page.goto("/")
    log_in(page)
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()
    press(page, page.get_by_role("link", name="Finish setting up"))
    heading(page, "Connect SABnzbd")
    steps = page.get_by_role("navigation", name="Steps")
    expect(steps).to_contain_text("2 of 4 connected")
    expect(steps.get_by_role("link", name="Radarr")).to_contain_text("Done")

    connect(page, world, "sabnzbd")
    heading(page, "Connect Plex")
    connect(page, world, "plex")
    heading(page, "First audit")
    axe(page)


def test_it_ends_with_a_useful_dashboard(open_page: Opener, size: Size, axe: Axe) -> None:
    page = open_page(size, user=api.ADMIN)
    page.goto("/setup")
    heading(page, "First audit")
    press(page, page.get_by_role("button", name="Start the audit"))
    expect(page.get_by_role("status").filter(has_text="The audit is done")).to_be_visible()
    heading(page, "First audit")
    axe(page)
    table = page.get_by_role("table", name="By service")
    for name in api.NAMES.values():
        expect(table.get_by_role("rowheader", name=name)).to_be_visible()

    press(page, page.get_by_role("button", name="Continue"))
    heading(page, "Where to go next")
    axe(page)
    press(page, page.get_by_role("main").get_by_role("link", name="Dashboard", exact=True))
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("img", name=re.compile(r"Score \d+ of 100"))).to_be_visible()
    services = page.get_by_role("region", name="Services").get_by_role("listitem")
    for name in api.NAMES.values():
        expect(services.filter(has=page.get_by_text(name, exact=True))).to_contain_text("Up to date")
    expect(page.get_by_text("Finish setting up")).to_have_count(0)
    axe(page)
    # From there to what was found, and the way to everything else.
    press(page, page.get_by_role("link", name="All findings"))
    expect(page.get_by_role("heading", level=1, name="Findings")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("ControlOrMeta+K")
    expect(page.get_by_role("combobox", name="Command")).to_be_focused()
    page.keyboard.type("acti")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Activity")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("main")).to_be_focused()
