"""What no page may do while a test looks at it, whatever the test is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError, WebSocket

NOISE = ("error", "warning", "assert")
# Whoever opens the page may have a login or not, and the cookie that says so can be read by no script: it has to ask.
ALWAYS = (r"status of 401 .*/auth/refresh\)$",)
OUTAGE = (r"net::ERR_", r"WebSocket connection to", r"status of 5\d\d ")
# Chromium names a violation in its console; this is for those it would not name there.
TELL_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP: ${event.effectiveDirective} forbids ${event.blockedURI || 'what is inline'}`))
"""


class Watch:
    """The complaints about all pages of a test."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._seen: list[str] = []
        self._allowed = [re.compile(pattern) for pattern in ALWAYS]
        self._contexts: list[BrowserContext] = []

    def allow(self, pattern: str) -> None:
        """Let a complaint pass that a test brings about, by a regular expression that is searched for in it.

        What the browser says of an answer reads
        `console error: Failed to load resource: the server responded with a status of 409 (Conflict) (URL)`.
        """
        self._allowed.append(re.compile(pattern))

    def allow_outage(self) -> None:
        """Let pass what the browser says where nobody answers, or says that nobody behind it does."""
        for pattern in OUTAGE:
            self.allow(pattern)

    def follow(self, context: BrowserContext) -> None:
        """Watch a context's pages from now on."""
        self._contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("page", self._on_page)

    def complaints(self) -> list[str]:
        """What was seen so far and is not allowed."""
        for page in self.pages():
            page.evaluate("0")  # what the browser said before this answer has come by now
        return [one for one in self._seen if not any(pattern.search(one) for pattern in self._allowed)]

    def pages(self) -> list[Page]:
        """The pages that are open."""
        return [page for context in self._contexts for page in context.pages if not page.is_closed()]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in NOISE:
            self._seen.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def _on_error(self, error: WebError) -> None:
        self._seen.append(f"error that nobody handled: {error.error.stack or error.error.message}")

    def _on_request(self, request: Request) -> None:
        self._check(request.url)

    def _on_page(self, page: Page) -> None:
        page.on("websocket", self._on_websocket)

    def _on_websocket(self, socket: WebSocket) -> None:
        self._check(socket.url)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != self._host:
            self._seen.append(f"request to another host: {url}")
