"""From a wish to Plex: searched for, asked for, approved, carried out; denied; chosen among several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.app.requests_world import SEVERANCE, know_titles
from tests.e2e.api import until
from tests.e2e.browsing import ANSWERED_MS
from tests.e2e.stage import import_season, show_in_plex

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api
    from tests.e2e.browsing import Opener
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
# Milliseconds: requests are followed once a minute, and each step is looked at a minute after the last.
LOOKS = 200_000


@pytest.fixture(scope="module", autouse=True)
def _catalogue(world: World, services: dict[str, Any], requester: Api) -> None:
    know_titles(world.sonarr, world.radarr)


def search(page: Page, words: str) -> Locator:
    """Search for titles; what was found."""
    page.goto("/requests")
    page.get_by_label("Title, or a whole wish").fill(words)
    found = page.get_by_role("list", name="Found titles")
    expect(found.get_by_role("button").first).to_be_visible(timeout=ANSWERED_MS)
    return found


def row_of(page: Page, title: str) -> Locator:
    """A request in the list."""
    return page.get_by_role("list", name="Requests").get_by_role("listitem").filter(has_text=title)


def posts(fake: Any, path: str) -> list[Any]:
    """The bodies of what was posted to a stand-in."""
    return [one.body for one in fake.requests if one.method == "POST" and one.path == f"/api/v3/{path}"]


def test_a_season_from_wish_to_plex(world: World, open_page: Opener) -> None:
    robin, ada = open_page("phone", user="Robin"), open_page("desk", user="Ada")

    found = search(robin, "severance")
    card = found.get_by_role("button", name="Severance")
    expect(card).to_contain_text("Series, 2022")
    picture = card.locator("img")
    expect(picture).to_have_js_property("naturalWidth", 200)
    card.click()
    dialog = robin.get_by_role("dialog", name="Severance (2022)")
    dialog.get_by_label("All seasons").uncheck()
    expect(dialog.get_by_role("button", name="Ask for it")).to_be_disabled()
    dialog.get_by_label("Season 2").check()
    dialog.get_by_role("button", name="Ask for it").click()
    expect(dialog).to_be_hidden()
    expect(robin.get_by_text("You asked: Waits for approval")).to_be_visible()
    assert posts(world.sonarr, "series") == []

    ada.goto("/requests")
    row = row_of(ada, "Severance (2022)")
    expect(row).to_contain_text("by Robin")
    row_of(robin, "Severance (2022)").get_by_role("link").click()
    way = robin.get_by_role("listitem").and_(robin.locator("[aria-current=step]"))
    expect(way).to_contain_text("Approved")
    row.get_by_role("button", name="Approve").click()
    expect(row).to_contain_text("Being searched for", timeout=ANSWERED_MS)

    [series] = posts(world.sonarr, "series")
    assert [season["monitored"] for season in series["seasons"]] == [False, False, True]
    # The page says so from when the search is decided on.
    [sought] = until(lambda: posts(world.sonarr, "command"), "Sonarr was told")
    assert (sought["name"], sought["seasonNumber"]) == ("SeasonSearch", 2)
    expect(way).to_contain_text("Searched for", timeout=ANSWERED_MS)
    import_season(world, SEVERANCE, 2)
    show_in_plex(world, "Severance", 2022, seasons=(2,))

    # Without a reload, by what the server tells.
    expect(robin.get_by_role("status").filter(has_text="In Plex")).to_be_visible(timeout=LOOKS)
    steps = robin.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(steps.last).to_contain_text("In Plex")
    shown = [re.sub(r"\s+", " ", text) for text in steps.all_inner_texts()]
    for name in ("Asked", "Waits for approval", "Approved", "Being added", "Being searched for", "In the library"):
        assert any(text.startswith(name) for text in shown), (name, shown)
    expect(row).to_contain_text("In Plex")


def test_a_denial_says_why(open_page: Opener) -> None:
    robin, ada = open_page("desk", user="Robin"), open_page("phone", user="Ada")

    search(robin, "the matrix").get_by_role("button", name="The Matrix").click()
    robin.get_by_role("dialog").get_by_role("button", name="Ask for it").click()
    row_of(robin, "The Matrix (1999)").get_by_role("link").click()

    ada.goto("/requests")
    row_of(ada, "The Matrix (1999)").get_by_role("button", name="Deny").click()
    dialog = ada.get_by_role("dialog", name="Deny this request?")
    expect(dialog.get_by_role("button", name="Deny")).to_be_disabled()
    dialog.get_by_label("Reason").fill("We have it on disc.")
    dialog.get_by_role("button", name="Deny").click()
    expect(row_of(ada, "The Matrix (1999)")).to_contain_text("Denied")

    status = robin.get_by_role("status").filter(has_text="Denied")
    expect(status).to_contain_text("We have it on disc.", timeout=ANSWERED_MS)
    expect(robin.get_by_role("button", name="Cancel the request")).to_be_hidden()


def test_one_of_several_is_chosen(world: World, requester: Api, open_page: Opener) -> None:
    robin = open_page("phone", user="Robin")
    robin.goto("/requests")
    robin.get_by_label("Title, or a whole wish").fill("dune")
    robin.get_by_role("button", name="Ask for “dune”").click(timeout=ANSWERED_MS)

    which = robin.get_by_role("list", name="Which one is meant?")
    expect(which.get_by_role("listitem")).to_have_count(2)
    expect(robin.get_by_role("status").filter(has_text="To be chosen")).to_be_visible()
    which.get_by_role("button").filter(has_text="1984").click()

    expect(robin.get_by_role("heading", level=1, name="Dune (1984)")).to_be_visible(timeout=ANSWERED_MS)
    expect(robin.get_by_role("status").filter(has_text="Waits for approval")).to_be_visible()
    chosen = until(lambda: requester.get("/requests?state=awaiting_approval")["items"], "it is chosen")
    assert [(one["title"], one["year"], one["tmdb_id"]) for one in chosen] == [("Dune", 1984, 841)]
    assert posts(world.radarr, "movie") == []
