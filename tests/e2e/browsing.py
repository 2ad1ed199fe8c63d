"""Pages in a real browser."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect

from tests.e2e import api

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

    from automation.chromium import Program
    from tests.e2e.watching import Watch
    from tests.e2e.worlds import World

Size = Literal["desk", "phone"]
Scheme = Literal["light", "dark"]
SIZES: Mapping[Size, ViewportSize] = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
# No name is looked up: nothing but this machine can be reached, whatever a page or the browser itself wants.
ARGUMENTS = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-gpu", "--disable-dev-shm-usage")
PATIENCE_MS = 15_000
ANSWERED_MS = 30_000
"""For what a service has to answer first, or the model."""
REMEMBER_LOGIN = "localStorage.setItem('autoarr.session', 'yes')"
"""What a page does at a login: it can't see the cookie, and asks for no token without this."""


def launch_options(program: Program) -> dict[str, object]:
    """What Playwright starts Chromium with; without its sandbox, which root can't have."""
    return {"executable_path": str(program.executable), "env": environment(program), "args": list(ARGUMENTS)}


def environment(program: Program) -> dict[str, str | float | bool]:
    """All of a browser's environment: no proxy stands between it and the application."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, **program.environment}


class Opener:
    """Opens pages, each in a context of its own: other cookies, other storage."""

    def __init__(self, browser: Browser, world: World, watch: Watch) -> None:
        self._browser = browser
        self._world = world
        self._watch = watch
        self._contexts: list[BrowserContext] = []

    def __call__(self, size: Size = "desk", scheme: Scheme = "light", user: str | None = None) -> Page:
        """A page that is nowhere yet.

        Args:
            user: who is logged in, as by the form of the login page; nobody, if None.
        """
        context = self._browser.new_context(
            base_url=self._world.url,
            viewport=SIZES[size],
            color_scheme=scheme,
            has_touch=size == "phone",
            is_mobile=size == "phone",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            storage_state=None if user is None else storage_of_login(self._world.url),
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        self._watch.follow(context)
        if user is not None:
            log_in(context, user)
        return context.new_page()

    def close(self) -> None:
        """Close all."""
        for context in self._contexts:
            context.close()


def storage_of_login(url: str) -> StorageState:
    """What a login leaves in a browser's storage beside its cookie, which no script can read: that there is one."""
    return {"origins": [{"origin": url, "localStorage": [{"name": "autoarr.session", "value": "yes"}]}]}


def log_in(context: BrowserContext, user: str) -> None:
    """Give a context the cookie of a login."""
    answer = context.request.post("/auth/login", data={"name": user, "password": api.PASSWORD, "cookie": True})
    assert answer.ok, answer.text()


def expect_page(page: Page, name: str) -> None:
    """Wait for a page, by its name."""
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()


def shoot(page: Page, folder: Path | None, name: str) -> None:
    """A picture of what is seen of a page, as NAME.png, where a folder is given."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")
