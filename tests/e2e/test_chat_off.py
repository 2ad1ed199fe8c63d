"""Without a key there is no model to talk to, and the page says how to have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETTINGS = {"AUTOARR_ANTHROPIC_API_KEY": ""}


def test_it_says_how_to_set_it_up(admin_page: Page) -> None:
    admin_page.goto("/chat")
    main = admin_page.get_by_role("main")
    expect(main.get_by_text("The chat is not set up")).to_be_visible()
    expect(main).to_contain_text("ANTHROPIC_API_KEY")
    expect(main.get_by_role("textbox", name="Message")).to_be_hidden()
    main.get_by_role("link", name="Ask for a film or a series without it").click()
    expect(admin_page.get_by_label("Title, or a whole wish")).to_be_focused()
