"""A conversation with a scripted model: words as they come, tools, and writes that wait for a person's word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.app.messages_stub import Say, use
from tests.app.requests_world import MATRIX, know_titles
from tests.e2e.api import until
from tests.e2e.browsing import ANSWERED_MS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")


@pytest.fixture(scope="module", autouse=True)
def _catalogue(world: World, services: dict[str, Any]) -> None:
    know_titles(world.sonarr, world.radarr)


@pytest.fixture(autouse=True)
def _model(world: World) -> Iterator[None]:
    """Nothing is left over for the next test, and the model was asked as it may be."""
    world.model.held.clear()
    world.model.go_on.clear()
    yield
    world.model.go_on.set()
    assert world.model.script == []
    assert world.model.refused == []


def say(page: Page, text: str) -> None:
    """Begin a conversation."""
    page.goto("/chat")
    page.get_by_role("textbox", name="Message").fill(text)
    page.get_by_role("button", name="Send").click()


def writes(world: World) -> list[tuple[str, str, str]]:
    """What was written to any service."""
    return [(kind, one.method, one.path) for kind, fake in world.fakes.items() for one in fake.writes]


def test_words_are_shown_as_they_come(world: World, admin_page: Page) -> None:
    world.model.script = [Say("The answer is **forty-two**, and nothing else.", fault="hold", after=3)]
    say(admin_page, "What is the answer?")

    until(world.model.held.is_set, "the model stops in the middle")
    expect(admin_page.get_by_text("The answer is", exact=False).last).to_be_visible()
    expect(admin_page.get_by_text("forty-two")).to_be_hidden()
    expect(admin_page.get_by_role("button", name="Stop")).to_be_visible()
    world.model.go_on.set()

    expect(admin_page.get_by_role("main").get_by_role("strong").filter(has_text="forty-two")).to_be_visible()
    expect(admin_page.get_by_role("button", name="Send")).to_be_visible()
    # The conversation has an address, and is there after a reload.
    expect(admin_page).to_have_url(re.compile("/chat/.+"))
    expect(admin_page.get_by_role("heading", name="What is the answer?")).to_be_visible()
    admin_page.reload()
    expect(admin_page.get_by_role("main").get_by_role("strong").filter(has_text="forty-two")).to_be_visible()


def test_a_tool_is_shown(world: World, admin_desk: Page) -> None:
    world.model.script = [Say("I'll look.", use("status")), Say("All four services answer.")]
    say(admin_desk, "Is everything all right?")

    expect(admin_desk.get_by_text("All four services answer.").first).to_be_visible(timeout=ANSWERED_MS)
    call = admin_desk.get_by_role("group").filter(has_text="Status")
    call.get_by_text("done").click()
    expect(call).to_contain_text("Sonarr")
    told = world.model.asked[-1].results
    assert "Sonarr" in str(told)


def test_a_write_is_made_when_it_is_confirmed(world: World, admin_phone: Page) -> None:
    before = writes(world)
    world.model.script = [
        Say("I'll prepare it.", use("request_media", title="The Matrix", media="movie")),
        Say("Confirm it, and it is asked for."),
    ]
    say(admin_phone, "Ask for The Matrix, please")

    card = admin_phone.get_by_role("article").filter(has_text="Request")
    expect(card).to_contain_text("Ask for The Matrix", timeout=ANSWERED_MS)
    expect(card).to_contain_text("Waits for you")
    expect(admin_phone.get_by_text("Confirm it, and it is asked for.").first).to_be_visible(timeout=ANSWERED_MS)
    assert writes(world) == before
    card.get_by_role("button", name="Confirm").click()

    expect(card).to_contain_text("Done", timeout=ANSWERED_MS)
    until(lambda: ("radarr", "POST", "/api/v3/movie") in writes(world), "Radarr was told")
    [film] = [one.body for one in world.radarr.writes if one.path == "/api/v3/movie"]
    assert film["tmdbId"] == MATRIX
    card.get_by_role("link", name="See the request").click()
    expect(admin_phone.get_by_role("heading", level=1, name="The Matrix (1999)")).to_be_visible()


def test_nothing_is_written_when_it_is_declined(world: World, admin: Api, admin_desk: Page) -> None:
    admin.audit()
    fixable = [one for one in admin.get("/findings?verdict=failed&page_size=100")["items"] if one["fix"]]
    before = writes(world)
    world.model.script = [
        Say("I'll prepare it.", use("apply_fix", finding_id=fixable[0]["id"])),
        Say("Confirm it, and it is written."),
    ]
    say(admin_desk, "Fix the worst")

    card = admin_desk.get_by_role("article").filter(has_text="Fix")
    expect(card).to_contain_text("Waits for you", timeout=ANSWERED_MS)
    expect(admin_desk.get_by_text("Confirm it, and it is written.").first).to_be_visible(timeout=ANSWERED_MS)
    card.get_by_role("button", name="Decline").click()

    expect(card).to_contain_text("Declined", timeout=ANSWERED_MS)
    expect(card).to_contain_text("Nothing was written.")
    expect(card.get_by_role("button")).to_have_count(0)
    admin_desk.reload()
    expect(card).to_contain_text("Nothing was written.")
    assert writes(world) == before
    assert admin.get("/changes")["total"] == 0


def test_a_reply_is_stopped(world: World, admin_page: Page) -> None:
    left = world.model.left
    world.model.script = [Say("It is a long story that never ends.", fault="hold", after=3)]
    say(admin_page, "Tell me a story")
    until(world.model.held.is_set, "the model stops in the middle")
    admin_page.get_by_role("button", name="Stop").click()

    expect(admin_page.get_by_text("The reply was cancelled.").first).to_be_visible(timeout=ANSWERED_MS)
    expect(admin_page.get_by_role("button", name="Send")).to_be_visible()
    until(lambda: world.model.left == left + 1, "the model's call was ended")
    # What was said until then is kept.
    admin_page.reload()
    expect(admin_page.get_by_text("It is a").first).to_be_visible()
    expect(admin_page.get_by_text("The reply was cancelled.").first).to_be_visible()
