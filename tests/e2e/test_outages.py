"""What is shown while something doesn't answer, and that all comes back by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e import api
from tests.e2e.browsing import expect_page

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, WebSocketRoute

    from tests.e2e.judging import Axe
    from tests.e2e.watching import Watch
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
# A service that failed often is left alone for a while.
REASON = re.compile("Nothing answers at its address|It failed too often")


def connection(page: Page, says: str | re.Pattern[str]) -> None:
    """Wait for what the header says of the connection."""
    expect(page.get_by_role("banner").get_by_role("status")).to_have_text(says, timeout=60_000)


def service(page: Page, name: str) -> Locator:
    """A service on the dashboard."""
    panel = page.get_by_role("region", name="Services")
    return panel.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def refresh_until(page: Page, name: str, state: str) -> None:
    """Press Refresh until a service is like that: who was asked seconds ago isn't asked again."""

    def pressed() -> bool:
        with page.expect_response("**/api/v1/dashboard?refresh=true"):
            page.get_by_role("button", name="Refresh").click()
        return state in service(page, name).inner_text()

    api.until(pressed, f"{name} was {state}")
    expect(service(page, name)).to_contain_text(state)


def test_a_service_is_out_and_returns(
    world: World, admin: api.Api, services: dict[str, Any], admin_page: Page, axe: Axe
) -> None:
    page = admin_page
    page.goto("/")
    expect(service(page, "Radarr")).to_contain_text("Up to date")
    world.lines["radarr"].cut()
    refresh_until(page, "Radarr", "Outdated")
    # What was known before stays, marked, with the reason.
    expect(service(page, "Radarr")).to_contain_text(REASON)
    expect(service(page, "Sonarr")).to_contain_text("Up to date")
    queue = page.get_by_role("term").filter(has_text="Downloads").locator("xpath=..")
    expect(queue).to_contain_text("Outdated: Radarr.")
    axe(page)
    world.lines["radarr"].restore()
    refresh_until(page, "Radarr", "Up to date")
    expect(service(page, "Radarr")).not_to_contain_text("Nothing answers")


def test_a_service_that_never_answered_is_unknown(
    world: World, admin: api.Api, services: dict[str, Any], admin_page: Page, axe: Axe
) -> None:
    page = admin_page
    world.lines["plex"].cut()
    added = admin.add_service("plex", "Other Plex")
    try:
        page.goto("/")
        refresh_until(page, "Other Plex", "Unknown")
        expect(service(page, "Other Plex")).to_contain_text(REASON)
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
    expect(page.get_by_role("heading", level=2, name="Sonarr")).to_be_visible()
    # What happens is seen all the same, a little later.
    added = admin.add_service("sonarr", "Seen late")
    try:
        expect(page.get_by_role("heading", level=2, name="Seen late")).to_be_visible(timeout=30_000)
        blocked = False
        connection(page, "Live")
    finally:
        admin.delete(f"/services/{added['id']}")
    # And at once from then on.
    expect(page.get_by_role("heading", level=2, name="Seen late")).to_have_count(0, timeout=8_000)


def test_the_network_drops_and_the_application_is_gone_for_a_while(
    world: World, services: dict[str, Any], admin_page: Page, watch: Watch, axe: Axe
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
        # What is on the page stays there, with the reason why it isn't renewed.
        alert = page.get_by_role("main").get_by_role("alert")
        expect(alert).to_contain_text("AutoArr did not answer", timeout=40_000)
        expect(page.get_by_role("heading", level=2, name="Sonarr")).to_be_visible()
        axe(page)
        # A page that was never fetched can't be shown.
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Findings").click()
        expect(alert).to_contain_text("This could not be loaded")
        axe(page)
    finally:
        world.front.restore()
    # It comes by itself.
    connection(page, "Live")
    expect_page(page, "Findings")
    expect(alert).to_have_count(0)


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
