"""What a first visit costs, and what the pages may load at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import expect

from tests.e2e.stage import Downloads, queue_up

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.browsing import Opener
    from tests.e2e.judging import Lighthouse
    from tests.e2e.worlds import World

SMALLEST = 1024
"""Bytes from which on a build compresses."""
MOST_SCRIPT = 120_000
"""Bytes of JavaScript, as they are sent."""
LEAST_SCORE = 95
RUNS = 3
"""A busy machine makes a page slow, but none fast."""
FIRST = {"login": None, "dashboard": "Ada"}


@pytest.fixture(scope="module", autouse=True)
def _content(world: World, admin: Api, services: dict[str, Any]) -> None:
    queue_up(Downloads(world))
    admin.poll()
    admin.audit()


def visit(page: Page) -> list[tuple[str, str]]:
    """Open the first page; what it asked for, by type and address."""
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.resource_type, request.url)))
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    return asked


def bytes_sent(url: str) -> int:
    """How long a body is as it is sent to whoever takes gzip."""
    with httpx2.stream("GET", url, headers={"Accept-Encoding": "gzip"}, trust_env=False) as answer:
        length = sum(map(len, answer.iter_raw()))
    # What fits in one packet is not compressed.
    assert answer.headers.get("content-encoding") == "gzip" or length < SMALLEST, url
    return length


@pytest.mark.parametrize("name", FIRST)
def test_little_is_loaded_from_here_alone(world: World, open_page: Opener, name: str) -> None:
    page = open_page(user=FIRST[name])
    asked = visit(page)

    assert {urlsplit(url).netloc for _, url in asked} == {urlsplit(world.url).netloc}
    scripts = {url: bytes_sent(url) for kind, url in asked if kind == "script"}
    assert scripts
    assert sum(scripts.values()) <= MOST_SCRIPT, scripts
    styles = [url for kind, url in asked if kind == "stylesheet"]
    assert len(styles) == 1, styles
    assert not [url for kind, url in asked if kind == "font"]


def test_the_policy_allows_nothing_inline(world: World) -> None:
    answer = httpx2.get(f"{world.url}/", trust_env=False)
    policy = answer.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert re.search(r"(default|script)-src 'self'(;| |$)", policy)


@pytest.mark.parametrize("name", FIRST)
def test_lighthouse_is_content(lighthouse: Lighthouse, name: str) -> None:
    best: dict[str, int] = {}
    failed: dict[str, str] = {}
    for _ in range(RUNS):
        verdict = lighthouse("/", user=FIRST[name])
        best = {category: max(score, best.get(category, 0)) for category, score in verdict.scores.items()}
        failed = dict(verdict.failed)
        if best["performance"] >= LEAST_SCORE:
            break
    wanted = ("performance", "accessibility", "best-practices")
    assert {category: score for category, score in best.items() if category in wanted and score < LEAST_SCORE} == {}, (
        failed
    )
