"""From an audit to a setting that is put right at the service, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api
    from tests.e2e.judging import Axe
    from tests.e2e.watching import Watch
    from tests.e2e.worlds import World

WORLDS = ("sqlite", "postgresql")
TITLE = "A failed download is replaced by another release"
FIELD = "autoRedownloadFailed"
REASON = "The indexer has one release of each anyway"


@pytest.fixture(autouse=True)
def _misset(world: World, admin: Api, services: dict[str, Any]) -> None:
    """The setting is not as it should be, and an audit has seen it."""
    world.sonarr.state.config["downloadclient"][FIELD] = False
    admin.audit()


def setting(world: World) -> Any:
    """How it is at Sonarr."""
    return world.sonarr.state.config["downloadclient"][FIELD]


def found(page: Page) -> Locator:
    """The finding in the list."""
    return page.get_by_role("link", name=re.compile(re.escape(TITLE))).filter(has_text="Sonarr")


def open_finding(page: Page) -> None:
    page.goto("/findings")
    found(page).click()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()


def preview(page: Page) -> Locator:
    """Ask for a preview; its dialog, once the diff is there."""
    page.get_by_role("button", name="Preview the fix").click()
    dialog = page.get_by_role("dialog", name="Preview of the fix")
    expect(dialog.get_by_role("row", name=FIELD).get_by_role("cell")).to_have_text(["off", "on"])
    return dialog


def test_it_is_found_fixed_and_undone_at_once(world: World, admin_page: Page, axe: Axe) -> None:
    page, writes = admin_page, len(world.sonarr.writes)
    page.goto("/findings")
    page.get_by_role("button", name="Audit now").click()
    expect(page.get_by_role("status").get_by_text("The audit has ended")).to_be_visible()
    found(page).click()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    what = page.get_by_role("region", name="What was found")
    expect(what).to_contain_text("Why it matters")
    expect(what.get_by_role("link", name="wiki.servarr.com")).to_be_visible()
    axe(page)

    dialog = preview(page)
    expect(dialog).to_contain_text("PUT /api/v3/config/downloadclient/1")
    axe(page)
    assert len(world.sonarr.writes) == writes, "a preview wrote"
    dialog.get_by_role("button", name="Apply").click()
    done = page.get_by_role("status").filter(has_text=f"Done and verified: {TITLE}")
    expect(done).to_be_visible()
    expect(dialog).to_have_count(0)
    assert setting(world) is True
    expect(page.get_by_role("region", name="Fix")).to_contain_text("there is nothing to fix")

    done.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").get_by_text("Undone and verified.")).to_be_visible()
    assert setting(world) is False
    expect(page.get_by_role("button", name="Preview the fix")).to_be_visible()


def test_it_is_fixed_and_reverted_later(world: World, admin_page: Page, axe: Axe) -> None:
    page = admin_page
    open_finding(page)
    preview(page).get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").filter(has_text=f"Done and verified: {TITLE}")).to_be_visible()
    assert setting(world) is True

    page.reload()
    changes = page.get_by_role("region", name="Changes").get_by_role("listitem")
    expect(changes.first).to_contain_text("Written and verified")
    expect(changes.first).to_contain_text("by Ada")
    changes.first.get_by_role("button", name="Undo this change").click()
    dialog = page.get_by_role("dialog", name="Preview of the undoing")
    expect(dialog.get_by_role("row", name=FIELD).get_by_role("cell")).to_have_text(["on", "off"])
    axe(page)
    dialog.get_by_role("button", name="Undo it").click()
    expect(page.get_by_role("status").get_by_text("Undone and verified.")).to_be_visible()
    assert setting(world) is False
    expect(changes.nth(0)).to_contain_text("Undoes an earlier change")
    expect(changes.nth(1)).to_contain_text("Undone since")
    axe(page)


def test_it_is_ignored_and_counts_again(world: World, admin_page: Page, axe: Axe) -> None:
    page = admin_page
    open_finding(page)
    panel = page.get_by_role("region", name="Ignore")
    panel.get_by_label("Why it is ignored").fill(REASON)
    panel.get_by_role("button", name="Ignore it").click()
    expect(panel).to_contain_text(REASON)
    expect(panel).to_contain_text("Ignored by Ada")
    axe(page)

    page.get_by_role("link", name="All findings").click()
    expect(page.get_by_role("status").get_by_text(re.compile(r"^\d+ findings?$"))).to_be_visible()
    expect(found(page)).to_have_count(0)
    page.get_by_label("Ignored ones").select_option("Only those")
    found(page).click()
    panel.get_by_role("button", name="Stop ignoring it").click()
    expect(panel.get_by_label("Why it is ignored")).to_be_visible()
    page.goto("/findings")
    expect(found(page)).to_be_visible()
    assert setting(world) is False


def test_it_was_changed_meanwhile_and_nothing_is_written(
    world: World, admin_page: Page, axe: Axe, watch: Watch
) -> None:
    page = admin_page
    open_finding(page)
    dialog = preview(page)
    # Somebody does it by hand, and more beside.
    config = world.sonarr.state.config["downloadclient"]
    config |= {FIELD: True, "downloadClientWorkingFolders": "_UNPACK_"}
    writes = len(world.sonarr.writes)
    watch.allow(r"status of 409 .*/apply\)$")
    dialog.get_by_role("button", name="Apply").click()
    refusal = dialog.get_by_role("alert")
    expect(refusal).to_contain_text("It changed meanwhile")
    expect(dialog.get_by_role("button", name="Apply")).to_have_count(0)
    axe(page)
    assert len(world.sonarr.writes) == writes, "it was written all the same"

    refusal.get_by_role("button", name="Preview again").click()
    expect(dialog).to_contain_text("It is as wanted already.")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    assert len(world.sonarr.writes) == writes
