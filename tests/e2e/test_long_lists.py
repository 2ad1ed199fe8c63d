"""Lists that are far longer than a page can hold: only what is in sight exists, and only that is asked for."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.e2e.api import until
from tests.e2e.browsing import ANSWERED_MS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api
    from tests.e2e.worlds import World

FINDINGS, DOWNLOADS, ENTRIES = 10_000, 5000, 50_000
MOST_ROWS = 150
"""Rows that exist at a time."""
MOST_REQUESTS = 80
"""For a way to the end and back, however long the list is."""
STEPS = 25
"""Screens that are scrolled from one place to the next without a rest."""

MEASURE = """() => {
    window.longTasks = []
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: 'longtask', buffered: false })
    window.mostRows = 0
    const count = () => {
        window.mostRows = Math.max(window.mostRows, document.querySelectorAll('main [role=listitem]').length)
        requestAnimationFrame(count)
    }
    count()
}"""
SCROLL = """async ([to, steps]) => {
    const from = scrollY
    for (let step = 1; step <= steps; step += 1) {
        scrollTo(0, from + ((to - from) * step) / steps)
        await new Promise(requestAnimationFrame)
    }
}"""


def moment(seconds: str = "0") -> str:
    """SQLite's expression for a moment from now, as SQLAlchemy keeps one there."""
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', ({seconds}) || ' seconds')"


def counted(total: int) -> str:
    """What begins a statement of SQL that reads `number` from `counted`: from 0 on, so many."""
    more = f"SELECT number + 1 FROM counted WHERE number + 1 < {total}"  # noqa: S608 -- a number of the test's own
    return f"WITH RECURSIVE counted (number) AS (SELECT 0 UNION ALL {more})"


class List(NamedTuple):
    """A long list: where it is, what it is called, and how many rows it has at least."""

    path: str
    name: str
    total: int


def seed_findings(world: World, admin: Api) -> None:
    """Have many findings of one service, which is a hundred times as fast as having them come about."""
    service = uuid.UUID(admin.get("/services")["items"][0]["id"]).hex
    world.execute(f"""
        {counted(FINDINGS)}
        INSERT INTO findings (id, service_id, rule, subject, verdict, severity, title, found, wanted, reason, source,
            fix, first_seen_at, last_seen_at)
        SELECT lower(hex(randomblob(16))), '{service}', 'test.rule', printf('Thing %05d', number), 'failed',
            CASE number % 3 WHEN 0 THEN 'error' WHEN 1 THEN 'warning' ELSE 'notice' END, 'Something could be better',
            number, number + 1, 'It is so.', 'https://example.invalid/', 'null', {moment()}, {moment()}
        FROM counted
    """)  # noqa: S608 -- the test's own words


def seed_entries(world: World, admin: Api) -> None:
    """Have much in the activity log."""
    world.execute(f"""
        {counted(ENTRIES)}
        INSERT INTO activity (at, actor, via, action, outcome, message, data)
        SELECT {moment(f"number - {ENTRIES}")}, 'Ada', 'session', 'service.changed', 'succeeded',
            printf('Entry %05d of many', number), 'null'
        FROM counted
    """)  # noqa: S608 -- the test's own words


def queue_downloads(world: World, admin: Api) -> None:
    """Have a long queue at SABnzbd."""
    world.sabnzbd.queued = DOWNLOADS
    until(lambda: admin.poll() and admin.get("/downloads")["total"] >= DOWNLOADS, "the queue is known")


LISTS: dict[str, tuple[List, Callable[[World, Api], None]]] = {
    "findings": (List("/findings", "Findings, the most severe first", FINDINGS), seed_findings),
    "downloads": (List("/downloads", "Downloads", DOWNLOADS), queue_downloads),
    "activity": (List("/activity", "Activity, the newest first", ENTRIES), seed_entries),
}


def scroll(page: Page, to: int) -> None:
    """Scroll there, frame by frame."""
    page.evaluate(SCROLL, [to, STEPS])


def height(page: Page) -> int:
    """How tall the page is."""
    return int(page.evaluate("document.documentElement.scrollHeight"))


def position(row: Locator) -> int:
    """Which of all rows one is, from 1."""
    return int(row.get_attribute("aria-posinset") or 0)


@pytest.mark.parametrize("name", LISTS)
def test_only_what_is_in_sight_exists(
    world: World,
    admin: Api,
    services: dict[str, Any],
    admin_page: Page,
    record_property: Callable[[str, object], None],
    name: str,
) -> None:
    there, make = LISTS[name]
    if admin.get(there.path)["total"] < there.total:
        make(world, admin)
    asked: list[str] = []
    admin_page.on("request", lambda request: asked.append(request.url))
    admin_page.goto(there.path)
    rows = admin_page.get_by_role("list", name=there.name, exact=True).get_by_role("listitem")
    expect(rows.first).to_have_attribute("aria-posinset", "1")
    expect(rows.first).not_to_have_text("", timeout=ANSWERED_MS)
    total = int(rows.first.get_attribute("aria-setsize") or 0)
    assert total >= there.total
    admin_page.wait_for_load_state("networkidle")
    admin_page.evaluate(MEASURE)
    asked.clear()

    # Down in one go, to the very end, and what stands there is shown.
    for _ in range(3):
        scroll(admin_page, height(admin_page))
        admin_page.wait_for_load_state("networkidle")
    expect(rows.last).to_have_attribute("aria-posinset", str(total))
    expect(rows.last).not_to_have_text("", timeout=ANSWERED_MS)
    expect(rows.last).to_be_in_viewport()

    # To the middle, and back to the beginning.
    scroll(admin_page, height(admin_page) // 2)
    expect(rows.first).not_to_have_text("", timeout=ANSWERED_MS)
    assert 0.3 * total < position(rows.first) < 0.7 * total
    scroll(admin_page, 0)
    expect(rows.first).to_have_attribute("aria-posinset", "1")
    expect(rows.first).not_to_have_text("", timeout=ANSWERED_MS)
    expect(rows.first).to_be_in_viewport()

    most, tasks = admin_page.evaluate("[window.mostRows, window.longTasks]")
    assert most < MOST_ROWS
    assert len([url for url in asked if "/api/" in url]) < MOST_REQUESTS, asked
    # How long one takes is the machine's matter too, so it is only told: it is in a JUnit report.
    record_property("longest_task_ms", max(tasks, default=0))
