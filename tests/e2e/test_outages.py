"""What is shown while something doesn't answer, and that all comes back by itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e import api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page, Route, WebSocketRoute

    from tests.e2e.browsing import Opener
    from tests.e2e.judging import Axe
    from tests.e2e.watching import Watch
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
NOTHING = "00000000-0000-4000-8000-000000000000"
# Every page that asks the API for something: its address and its name.
PAGES = {
    "/": "Dashboard",
    "/setup": "Setup",
    "/findings": "Findings",
    f"/findings/{NOTHING}": "Finding",
    "/downloads": "Downloads",
    "/recoveries": "Recoveries",
    f"/recoveries/{NOTHING}": "Recovery",
    "/requests": "Requests",
    f"/requests/{NOTHING}": "Request",
    "/chat": "Chat",
    f"/chat/{NOTHING}": "Chat",
    "/activity": "Activity",
    "/services": "Services",
    "/users": "Users",
    "/settings/policy": "Settings",
    "/settings/notifications": "Settings",
    "/settings/about": "Settings",
    "/account": "Account",
}
PROBLEM = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "The disk is full."}
HTML = "<!doctype html><title>502</title><h1>Bad Gateway</h1>"
# What comes in place of an answer, and what is said of it.
ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "a proxy's page": (
        {"status": 502, "content_type": "text/html", "body": HTML},
        r"The answer is not one of AutoArr's \(HTTP 502\)",
    ),
    "a proxy's login": ({"status": 200, "content_type": "text/html", "body": HTML}, "not one of AutoArr's"),
    "a problem": (
        {"status": 500, "content_type": "application/problem+json", "body": json.dumps(PROBLEM)},
        r"The disk is full\.",
    ),
    "another shape": (
        {"status": 200, "content_type": "application/json", "body": '{"items": {"a": 1}, "total": "3"}'},
        "This page failed",
    ),
    "no object": ({"status": 200, "content_type": "application/json", "body": "[]"}, "This page failed"),
}
# All that pages ask for, but who is logged in.
ASKED = re.compile(r"/(api/v1|auth/sessions)\b")
LOGGED_IN = re.compile(r"/auth/(refresh|me)$")


def connection(page: Page, says: str | re.Pattern[str]) -> None:
    """Wait for what the header says of the connection."""
    expect(page.get_by_role("banner").get_by_role("status")).to_have_text(says, timeout=60_000)


def service(page: Page, name: str) -> Locator:
    """A service on the dashboard."""
    panel = page.get_by_role("region", name="Services")
    return panel.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def expect_page(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()


def test_a_service_is_out_and_returns(
    world: World, admin: api.Api, services: dict[str, Any], admin_page: Page, axe: Axe
) -> None:
    page = admin_page
    page.goto("/")
    expect(service(page, "Radarr")).to_contain_text("Up to date")
    world.lines["radarr"].cut()
    page.get_by_role("button", name="Refresh").click()
    # What was known before stays, marked, with the reason.
    expect(service(page, "Radarr")).to_contain_text("Outdated")
    expect(service(page, "Radarr")).to_contain_text(re.compile("Nothing answers at its address|It failed too often"))
    expect(service(page, "Sonarr")).to_contain_text("Up to date")
    queue = page.get_by_role("term").filter(has_text="Downloads").locator("xpath=..")
    expect(queue).to_contain_text("Outdated: Radarr.")
    axe(page)
    world.lines["radarr"].restore()

    def returned() -> bool:
        with page.expect_response("**/api/v1/dashboard?refresh=true"):
            page.get_by_role("button", name="Refresh").click()
        return "Up to date" in service(page, "Radarr").inner_text()

    api.until(returned, "Radarr returned")
    expect(service(page, "Radarr")).not_to_contain_text("Nothing answers")


def test_a_service_that_never_answered_is_unknown(
    world: World, admin: api.Api, services: dict[str, Any], admin_page: Page, axe: Axe
) -> None:
    page = admin_page
    world.lines["plex"].cut()
    added = admin.add_service("plex", "Other Plex")
    try:
        page.goto("/")
        page.get_by_role("button", name="Refresh").click()
        expect(service(page, "Other Plex")).to_contain_text("Unknown")
        expect(service(page, "Other Plex")).to_contain_text("never seen")
        streams = page.get_by_role("term").filter(has_text="Streams").locator("xpath=..")
        expect(streams).to_contain_text("Without Other Plex.")
        axe(page)
    finally:
        world.lines["plex"].restore()
        admin.delete(f"/services/{added['id']}")


def test_the_events_are_lost_and_found(
    world: World, admin: api.Api, services: dict[str, Any], admin_page: Page, watch: Watch
) -> None:
    page = admin_page
    watch.allow("WebSocket connection to")
    blocked = True

    def meet(line: WebSocketRoute) -> None:
        if blocked:
            line.close()
        else:
            line.connect_to_server()

    page.route_web_socket("**/api/v1/ws", meet)
    page.goto("/services")
    connection(page, "Not live: looking every 10 s")
    # What happens is seen all the same, a little later.
    added = admin.add_service("sonarr", "Seen late")
    try:
        expect(page.get_by_role("rowheader", name="Seen late")).to_be_visible(timeout=30_000)
        blocked = False
        connection(page, "Live")
    finally:
        admin.delete(f"/services/{added['id']}")
    # And at once from then on.
    expect(page.get_by_role("rowheader", name="Seen late")).to_have_count(0, timeout=8_000)


def test_the_network_drops_and_the_application_is_gone_for_a_while(
    world: World, admin_page: Page, watch: Watch, axe: Axe
) -> None:
    page = admin_page
    page.goto("/services")
    expect_page(page, "Services")
    connection(page, "Live")
    watch.allow_outage()
    world.front.drop()
    connection(page, "Live")
    world.front.cut()
    try:
        connection(page, re.compile("^Not live"))
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Findings").first.click()
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text("AutoArr did not answer", timeout=30_000)
        axe(page)
    finally:
        world.front.restore()
    connection(page, "Live")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_it_restarts_while_a_page_is_open(world: World, admin: api.Api, admin_page: Page, watch: Watch) -> None:
    page = admin_page
    page.goto("/users")
    expect_page(page, "Users")
    connection(page, "Live")
    watch.allow_outage()
    world.restart()
    connection(page, "Live")
    # It hears of what happens again.
    name = f"New{len(admin.get('/users?page_size=200')['items'])}"
    admin.add_user(name)
    expect(page.get_by_role("rowheader", name=name)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def broken(answer: dict[str, Any]) -> Callable[[Route], None]:
    """What answers in place of AutoArr."""
    return lambda route: route.fulfill(**answer)


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("path", PAGES)
def test_an_answer_is_broken(admin: api.Api, open_page: Opener, watch: Watch, path: str, kind: str) -> None:
    answer, says = ANSWERS[kind]
    # The browser says so of each answer, and React of each fault that a page has by it.
    watch.allow(r"status of 50\d |console error: .*(Error|error)")
    page = open_page("desk", user=admin.name)
    page.route(ASKED, broken(answer))
    page.goto(path)
    main = page.get_by_role("main")
    expect(main).to_have_count(1)
    said = main.get_by_text(re.compile(says)).first
    expect(said).to_be_visible()
    expect(main.get_by_role("alert").first).to_be_visible()
    # The frame stays, and leads elsewhere.
    places = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(places).to_have_count(11)
    connection(page, "Live")
    page.unroute(ASKED)
    places.filter(has_text="Account" if path != "/account" else "Services").click()
    expect_page(page, "Account" if path != "/account" else "Services")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("path", [path for path in PAGES if NOTHING not in path])
def test_trying_again_helps(admin: api.Api, open_page: Opener, watch: Watch, path: str) -> None:
    watch.allow(r"status of 502 ")
    page = open_page("phone", user=admin.name)
    page.route(ASKED, broken(ANSWERS["a proxy's page"][0]))
    page.goto(path)
    again = page.get_by_role("main").get_by_role("button", name="Try again")
    expect(again.first).to_be_visible()
    expect_page(page, PAGES[path])
    page.unroute(ASKED)

    def clear() -> bool:
        if again.count():
            again.first.click()
        return page.get_by_role("alert").count() == 0

    api.until(clear, "nothing is wrong any more")
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    expect_page(page, PAGES[path])


@pytest.mark.parametrize("kind", ANSWERS)
def test_who_is_logged_in_can_not_be_learnt(
    admin: api.Api, open_page: Opener, watch: Watch, axe: Axe, kind: str
) -> None:
    watch.allow(r"status of 50\d ")
    page = open_page("desk", user=admin.name)
    page.route(LOGGED_IN, broken(ANSWERS[kind][0]))
    page.goto("/findings?severity=error")
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    axe(page)
    # It is no reason to log anybody out.
    page.unroute(LOGGED_IN)
    alert.get_by_role("button", name="Try again").click()
    expect_page(page, "Findings")
    expect(page).to_have_url(re.compile(r"/findings\?severity=error$"))


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_status_is_broken(open_page: Opener, watch: Watch, axe: Axe, kind: str) -> None:
    watch.allow(r"status of 50\d ")
    page = open_page("desk")
    page.route(re.compile("/(health|api/v1)/"), broken(ANSWERS[kind][0]))
    page.goto("/status")
    expect_page(page, "Unexpected answer")
    axe(page)
    page.unroute_all()
    expect_page(page, "Ready")
