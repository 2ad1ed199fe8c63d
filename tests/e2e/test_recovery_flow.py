"""A failed download: it asks, is approved on the page, and ends recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.api import until
from tests.e2e.stage import FAILED, QUICK, Downloads

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
# Milliseconds: services are looked at every ten seconds, recoveries every thirty.
LOOKS = 120_000


def test_from_asking_to_recovered(world: World, admin: Api, services: dict[str, Any], admin_desk: Page) -> None:
    admin.set_policy(**QUICK, mode="ask")
    downloads = Downloads(world)
    admin_desk.goto("/recoveries")
    expect(admin_desk.get_by_text("No download has failed")).to_be_visible()

    downloads.fail_unnoticed()
    # Nobody reloads the page.
    waiting = admin_desk.get_by_role("region", name="Waiting for you").get_by_role("listitem")
    expect(waiting).to_contain_text(FAILED, timeout=LOOKS)
    expect(waiting).to_contain_text("Waits for you")
    assert downloads.asked() == []
    waiting.get_by_role("link").click()

    expect(admin_desk.get_by_role("heading", level=1)).to_have_text(FAILED)
    happened = admin_desk.get_by_role("region", name="What happened")
    expect(happened).to_contain_text("Aborted, cannot be completed")
    expect(admin_desk.get_by_text("AutoArr asks before each write")).to_be_visible()
    admin_desk.get_by_role("button", name="Search for it").click()
    question = admin_desk.get_by_role("dialog", name="Approve this?")
    question.get_by_role("button", name="Not now").click()
    expect(question).to_be_hidden()
    assert downloads.asked() == []
    admin_desk.get_by_role("button", name="Search for it").click()
    question.get_by_role("button", name="Search for it").click()
    expect(question).to_be_hidden()

    [search] = until(downloads.asked, "it was searched for")
    assert (search["name"], search["episodeIds"]) == ("EpisodeSearch", [1])
    downloads.releases["sonarr", 1] = 1
    downloads.work()
    [found] = [row["downloadId"] for row in world.sonarr.state.queue]
    downloads.complete(found)
    downloads.work()

    status = admin_desk.get_by_role("status").filter(has_text="Recovered")
    expect(status).to_contain_text("imported what was missing", timeout=2 * LOOKS)
    expect(admin_desk.get_by_role("button", name="Do nothing about it")).to_be_hidden()
    timeline = admin_desk.get_by_role("region", name="Timeline").get_by_role("listitem")
    names = [text.split("\n")[0] for text in timeline.all_inner_texts()]
    assert [*dict.fromkeys(names)] == [
        "It failed",
        "Cause found",
        "It asks",
        "Approved",
        "Search",
        "Done and verified",
        "Recovered",
    ]
    expect(timeline.nth(3)).to_contain_text("Ada approved")
    expect(admin_desk.get_by_role("region", name="Writes")).to_contain_text("Done and verified")


def test_it_is_on_the_other_pages(admin_phone: Page) -> None:
    admin_phone.goto("/recoveries?state=ended")
    row = admin_phone.get_by_role("list", name="Recoveries").get_by_role("listitem")
    expect(row).to_contain_text(FAILED)
    expect(row).to_contain_text("Recovered")
    admin_phone.goto("/activity")
    entries = admin_phone.get_by_role("list", name="Activity, the newest first")
    expect(entries).to_contain_text("The search ended.")
