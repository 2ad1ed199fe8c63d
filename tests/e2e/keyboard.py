"""A page used by its keyboard alone, by somebody who sees where the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# More presses than any page has things to press.
MOST = 60
# What has the focus, and why it couldn't be told from the rest, if so: it is nothing, hidden, beside the window,
# without a mark, or under something else (the label of a hidden radio may carry the mark, but nothing here is one).
FOCUS = """() => {
  const one = document.activeElement
  if (one === null || one === document.body) return { name: 'nothing', fault: 'nothing has the focus' }
  const name = one.outerHTML.slice(0, 120)
  const style = getComputedStyle(one)
  const box = one.getBoundingClientRect()
  if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || box.width === 0)
    return { name, fault: 'it is hidden' }
  if (!one.matches(':focus-visible') || style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2)
    return { name, fault: `nothing marks it: ${style.outline}` }
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1)
  const y = Math.min(Math.max(box.top, 0) + 1, box.bottom - 1)
  const end = Math.max(Math.min(box.bottom, innerHeight) - 1, 0)
  const seen = [y, end].some((height) => one.contains(document.elementFromPoint(x, height)))
  return { name, fault: seen ? null : `it is not in sight: ${JSON.stringify(box)}` }
}"""


def see_focus(page: Page) -> str:
    """Assert that the focus can be seen; the beginning of what has it."""
    found = page.evaluate(FOCUS)
    assert found["fault"] is None, f"{found['fault']}: {found['name']}"
    return str(found["name"])


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until `wanted` has the focus; wherever it comes by, it can be seen."""
    expect(wanted).to_be_visible()
    passed = []
    for _ in range(MOST):
        page.keyboard.press(key)
        passed.append(see_focus(page))
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {key}; what is:\n" + "\n".join(passed))


def enter(page: Page, wanted: Locator, text: str) -> None:
    """Go to a field and type."""
    tab_to(page, wanted)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)


def press(page: Page, wanted: Locator) -> None:
    """Go to something and press Enter."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")
