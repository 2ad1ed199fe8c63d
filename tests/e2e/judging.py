"""Two judges from npm: axe-core inside a page, and Lighthouse beside a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automation import paths, ports, process
from tests.e2e import browsing

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

    from automation.chromium import Program
    from tests.e2e.worlds import World

MODULES = paths.E2E / "node_modules"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TIMEOUT = 240.0


class Axe:
    """Asks axe-core. It is evaluated, not added to the page: no policy of the page is in the way of that."""

    def __init__(self) -> None:
        self._source = (MODULES / "axe-core/axe.min.js").read_text(encoding="utf-8")

    def violations(self, page: Page, rules: Sequence[str] = RULES) -> list[str]:
        """What axe finds on a page as it is now: the rule, what is wrong, and where.

        Args:
            rules: axe's names for sets of rules.
        """
        page.evaluate(self._source)
        found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", list(rules))
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {node['html']}: {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def __call__(self, page: Page, rules: Sequence[str] = RULES) -> None:
        """Fail the test where axe finds something."""
        found = self.violations(page, rules)
        assert not found, "axe finds:\n" + "\n".join(found)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What Lighthouse says of a page.

    Attributes:
        scores: 0 to 100, by category: performance, accessibility, best-practices, seo.
        failed: what cost points, by the audit's id: its title and what it shows.
    """

    scores: Mapping[str, int]
    failed: Mapping[str, str]

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Verdict:
        """Read Lighthouse's JSON."""
        scores = {name: round((one["score"] or 0) * 100) for name, one in report["categories"].items()}
        weighty = {
            item["id"] for one in report["categories"].values() for item in one["auditRefs"] if item["weight"] > 0
        }
        failed = {
            name: f"{one['title']} {one.get('displayValue', '')}".strip()
            for name, one in report["audits"].items()
            if name in weighty and one["score"] is not None and one["score"] < 0.9
        }
        return cls(scores=scores, failed=failed)


class Lighthouse:
    """Starts a browser of its own for each page, and has Lighthouse look through its port for remote control."""

    def __init__(self, playwright: Playwright, program: Program, world: World, folder: Path) -> None:
        self._playwright = playwright
        self._program = program
        self._world = world
        self._folder = folder

    def __call__(self, path: str, user: str | None = None) -> Verdict:
        """Judge a page as on a desk.

        Args:
            user: who is logged in, by the cookie of a login.
        """
        port = ports.free()
        options: dict[str, Any] = browsing.launch_options(self._program)
        options["args"] = [*options["args"], f"--remote-debugging-port={port}"]
        context = self._playwright.chromium.launch_persistent_context(
            self._folder / f"profile-{port}", base_url=self._world.url, **options
        )
        try:
            if user is not None:
                browsing.log_in(context, user)
                # The page that it opens by itself has no script of ours: what is kept is put there beforehand.
                page = context.pages[0]
                page.goto("/status")
                page.evaluate(browsing.REMEMBER_LOGIN)
            report = self._folder / f"lighthouse-{port}.json"
            process.run(
                [
                    *("node", str(MODULES / "lighthouse/cli/index.js"), f"{self._world.url}{path}"),
                    *(f"--port={port}", "--preset=desktop", "--output=json", f"--output-path={report}"),
                    f"--only-categories={','.join(CATEGORIES)}",
                    # It would log the user out.
                    "--disable-storage-reset",
                    *("--no-enable-error-reporting", "--quiet"),
                ],
                timeout=TIMEOUT,
            )
            return Verdict.of(json.loads(report.read_text(encoding="utf-8")))
        finally:
            context.close()
