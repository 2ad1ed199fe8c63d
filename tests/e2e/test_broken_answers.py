"""Answers that AutoArr would not give: each page says so, and the frame around it stays."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e import api
from tests.e2e.browsing import expect_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.e2e.browsing import Opener
    from tests.e2e.judging import Axe
    from tests.e2e.watching import Watch

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


def broken(answer: dict[str, Any]) -> Callable[[Route], None]:
    """What answers in place of AutoArr."""
    return lambda route: route.fulfill(**answer)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_so_and_the_frame_stays(admin: api.Api, open_page: Opener, watch: Watch, path: str) -> None:
    # The browser says so of each such answer, and React of each fault that a page has by it.
    watch.allow(r"status of 50\d |console error: .*[Ee]rror")
    page = open_page("desk", user=admin.name)
    main = page.get_by_role("main")
    places = page.get_by_role("navigation", name="Pages").get_by_role("link")
    elsewhere = "Services" if path == "/account" else "Account"
    for answer, says in ANSWERS.values():
        page.route(ASKED, broken(answer))
        page.goto(path)
        expect(main.get_by_role("alert").first).to_be_visible()
        expect(main).to_contain_text(re.compile(says))
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("banner").get_by_role("status")).to_have_text("Live")
        page.unroute(ASKED)
    # The frame leads elsewhere, where all is well.
    places.filter(has_text=elsewhere).click()
    expect_page(page, elsewhere)
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
