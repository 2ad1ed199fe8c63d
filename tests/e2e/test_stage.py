"""That these tests can fail: what guards their pages, cuts their lines and judges them does so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.judging import Axe, Lighthouse
    from tests.e2e.watching import Watch
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
# Each brings about one complaint.
MISDEEDS = {
    "a warning": ("console.warn('careful')", "console warning: careful"),
    "an error": ("setTimeout(() => { throw new Error('unforeseen') })", "error that nobody handled: .*unforeseen"),
    "a rejection": ("void Promise.reject(new Error('unheard'))", "error that nobody handled: .*unheard"),
    "a script in the page": (
        "document.head.append(Object.assign(document.createElement('script'), { text: '1' }))",
        "CSP: script-src-elem forbids inline",
    ),
    "another host": (
        "fetch('http://192.0.2.1/').catch(() => undefined)",
        "CSP: connect-src forbids http://192.0.2.1/",
    ),
    "another site": ("open('http://192.0.2.1/')", "request to another host: http://192.0.2.1/"),
    "a missing file": ("fetch('/assets/missing.js')", "status of 404 .*missing.js"),
}
REFRESH = "() => fetch('/auth/refresh', { method: 'POST' }).then((answer) => answer.status, () => 0)"


def go_in(page: Page) -> None:
    """Open the dashboard, and wait for the page to have used the login: a refresh token works once."""
    page.goto("/")
    page.get_by_role("status").get_by_text("Live", exact=True).wait_for()


@pytest.mark.parametrize(("deed", "complaint"), MISDEEDS.values(), ids=MISDEEDS)
def test_a_misdeed_is_seen(desk: Page, watch: Watch, deed: str, complaint: str) -> None:
    desk.goto("/status")
    assert watch.complaints() == []
    desk.evaluate(f"() => {{ {deed} }}")
    until(lambda: any(re.search(complaint, one) for one in watch.complaints()), "this was complained about", 10)
    watch.allow(".")


def test_axe_finds_something(desk: Page, axe: Axe) -> None:
    desk.goto("/status")
    desk.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(one.startswith("button-name (critical)") for one in axe.violations(desk))


def test_an_outage_of_a_service_and_its_end(world: World, admin: Api, services: dict[str, Any]) -> None:
    path = f"/services/{services['sonarr']['id']}/test"
    assert admin.post(path)["ok"]
    world.lines["sonarr"].cut()
    assert not admin.post(path)["ok"]
    world.lines["sonarr"].restore()
    until(lambda: admin.post(path)["ok"], "the outage ended")


def test_an_outage_of_the_application_and_its_end(world: World, desk: Page, watch: Watch) -> None:
    watch.allow_outage()
    desk.goto("/status")
    world.front.cut()
    assert desk.evaluate(REFRESH) == 0
    world.front.restore()
    assert desk.evaluate(REFRESH) == 401


def test_open_connections_are_dropped(world: World, admin_desk: Page, watch: Watch) -> None:
    watch.allow_outage()
    go_in(admin_desk)
    admin_desk.evaluate("""() => new Promise((done, failed) => {
        window.line = new WebSocket(`ws://${location.host}/api/v1/ws`)
        window.line.onopen = done
        window.line.onerror = failed
        window.line.onclose = () => { window.gone = true }
    })""")
    world.front.drop()
    admin_desk.wait_for_function("() => window.gone")
    assert admin_desk.evaluate(REFRESH) == 200


def test_it_restarts_and_keeps_what_it_has(world: World, admin: Api, desk: Page, watch: Watch) -> None:
    desk.goto("/status")
    watch.allow_outage()
    world.restart()
    assert admin.get("/auth/me")["name"] == "Ada"
    desk.goto("/status")
    assert desk.evaluate(REFRESH) == 401


def test_a_login_ends(admin_desk: Page, expire: Callable[[str], None]) -> None:
    go_in(admin_desk)
    assert admin_desk.evaluate(REFRESH) == 200
    expire("Ada")
    assert admin_desk.evaluate(REFRESH) == 401


def test_lighthouse_judges(lighthouse: Lighthouse, admin: Api) -> None:
    verdict = lighthouse("/status", user=admin.name)
    assert set(verdict.scores) == {"performance", "accessibility", "best-practices", "seo"}
    assert verdict.scores["accessibility"] == 100, verdict.failed
