"""Who may see what, and how a login begins, lasts and ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e import api
from tests.e2e.browsing import expect_page

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

    from tests.e2e.browsing import Opener
    from tests.e2e.judging import Axe
    from tests.e2e.watching import Watch
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
REFUSED = r"status of (401|429) .*/auth/login\)$"
FOR_ADMINS = ("/setup", "/findings", "/downloads", "/recoveries", "/activity", "/services", "/users", "/settings")
MINUTES = 60_000


def expect_login(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="Log in to AutoArr")).to_be_visible()


def log_in(page: Page, name: str = api.ADMIN, password: str = api.PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_wrong_password_is_refused(admin: api.Api, page: Page, axe: Axe, watch: Watch) -> None:
    watch.allow(REFUSED)
    page.goto("/services")
    expect_login(page)
    log_in(page, password="not it at all")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong.")
    axe(page)
    log_in(page)
    expect_page(page, "Services")
    expect(page).to_have_url(re.compile(r"/services$"))


def test_a_login_ends_on_a_deep_link_which_comes_back(
    admin_page: Page, expire: Callable[[str], None], axe: Axe, watch: Watch
) -> None:
    page = admin_page
    watch.allow(r"status of 401 ")
    page.goto("/findings?verdict=any&severity=warning")
    expect_page(page, "Findings")
    expire(api.ADMIN)
    # What is looked at next is refused.
    page.get_by_label("Result").select_option("Passed")
    expect_login(page)
    expect(page.get_by_role("alert")).to_contain_text("Your login has ended")
    axe(page)
    log_in(page)
    expect_page(page, "Findings")
    expect(page).to_have_url(re.compile(r"/findings\?verdict=passed&severity=warning$"))
    expect(page.get_by_label("Severity")).to_have_value("warning")
    expect(page.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible()


def test_a_login_ends_while_nobody_does_anything(admin_desk: Page, expire: Callable[[str], None], watch: Watch) -> None:
    watch.allow(r"status of 401 ")
    watch.allow(r"WebSocket connection to")
    admin_desk.goto("/activity")
    expect_page(admin_desk, "Activity")
    expect(admin_desk.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible()
    expire(api.ADMIN)
    expect_login(admin_desk)
    expect(admin_desk.get_by_role("alert")).to_contain_text("Your login has ended")


def test_a_logout_is_one_in_every_tab(admin_desk: Page) -> None:
    other = admin_desk.context.new_page()
    for page, path in ((admin_desk, "/"), (other, "/users")):
        page.goto(path)
    expect_page(other, "Users")
    expect_page(admin_desk, "Dashboard")
    admin_desk.get_by_role("button", name="Log out Ada").click()
    expect_login(admin_desk)
    expect_login(other)
    other.reload()
    expect_login(other)
    # One login is one in every tab, too.
    log_in(other)
    expect_page(other, "Users")
    expect_page(admin_desk, "Dashboard")


def test_a_login_that_ends_does_so_in_every_tab(
    admin_desk: Page, requester: api.Api, expire: Callable[[str], None], watch: Watch
) -> None:
    watch.allow(r"status of 401 ")
    other = admin_desk.context.new_page()
    for page, name in ((admin_desk, "Users"), (other, "Findings")):
        page.goto(f"/{name.lower()}")
        expect_page(page, name)
    expire(api.ADMIN)
    other.get_by_label("Result").select_option("Passed")
    for page in (other, admin_desk):
        expect_login(page)
        expect(page.get_by_role("alert")).to_contain_text("Your login has ended")
    # Somebody else has the chair now, in every tab.
    log_in(other, requester.name)
    for page in (other, admin_desk):
        expect_page(page, "Page not found")
        expect(page.get_by_role("button", name="Log out Robin")).to_be_visible()


def test_two_tabs_share_a_refresh(admin_desk: Page) -> None:
    context = admin_desk.context
    refreshed: list[Response] = []
    context.on("response", lambda one: refreshed.append(one) if one.url.endswith("/auth/refresh") else None)
    context.clock.install()
    other = context.new_page()
    tabs = {admin_desk: "Findings", other: "Services"}
    for page, name in tabs.items():
        page.goto(f"/{name.lower()}")
        expect_page(page, name)
        expect(page.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible()
    for _ in range(3):
        refreshed.clear()
        # The access token has expired by then: both tabs want another.
        context.clock.fast_forward(11 * MINUTES)
        for page, name in tabs.items():
            with page.expect_response("**/api/v1/**") as answered:
                page.get_by_role("navigation", name="Pages").get_by_role("link", name="Users").click()
            assert answered.value.ok
            expect_page(page, "Users")
            page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
            expect_page(page, name)
        assert [one.status for one in refreshed] == [200]


def test_a_requester_sees_what_is_theirs(
    requester: api.Api, admin: api.Api, open_page: Opener, services: dict[str, Any], world: World, axe: Axe
) -> None:
    for who, wish in ((admin, "Something of Ada's"), (requester, "Something of Robin's")):
        who.post("/requests", {"text": wish})
    page = open_page("desk", user=requester.name)
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/requests$"))
    expect_page(page, "Requests")
    places = page.get_by_role("navigation", name="Pages").get_by_role("listitem")
    expect(places).to_have_text(["Requests", "Chat", "Account"])
    expect(page.get_by_role("link", name=re.compile("Something of Robin's")).first).to_be_visible()
    expect(page.get_by_text("Something of Ada's")).to_have_count(0)
    axe(page)
    for path in FOR_ADMINS:
        page.goto(path)
        expect_page(page, "Page not found")
        expect(page.get_by_role("main")).to_contain_text(f"There is no page at {path}, or it is for administrators.")
        expect(places).to_have_count(3)
    axe(page)
    # Nor is there a command for what an administrator does.
    page.keyboard.press("Control+k")
    commands = page.get_by_role("listbox", name="Commands")
    expect(commands.get_by_role("option", name="Log out")).to_be_visible()
    expect(commands.get_by_role("option", name=re.compile("audit|service$|Users", re.IGNORECASE))).to_have_count(0)


# The last, for it slows down all logins from this address.


def test_too_many_failures_are_slowed_down(admin: api.Api, desk: Page, axe: Axe, watch: Watch) -> None:
    watch.allow(REFUSED)
    desk.goto("/")
    refusal = desk.get_by_role("alert")
    blocked = re.compile(r"Too many failed attempts; try again in \d+ s\.")

    def refused() -> bool:
        with desk.expect_response("**/auth/login") as answered:
            log_in(desk, password="not it at all")
        return answered.value.status == 429

    api.until(refused, "attempts were slowed down")
    expect(refusal).to_contain_text(blocked)
    axe(desk)

    def let_in() -> bool:
        with desk.expect_response("**/auth/login") as answered:
            log_in(desk)
        return answered.value.status == 200

    api.until(let_in, "the slowing down ended")
    expect_page(desk, "Dashboard")
