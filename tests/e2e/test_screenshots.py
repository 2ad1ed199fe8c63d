"""The pictures of the documents: `invoke screenshots` says where to. Without it, that they can be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import ANSWERED_MS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.browsing import Opener, Scheme, Size
    from tests.e2e.worlds import World


class Picture(NamedTuple):
    """What is shown: an address, or what `stage.fill` calls it; and what has to be there by then."""

    where: str
    text: str
    size: Size = "desk"
    scheme: Scheme = "light"
    user: str = "Ada"


PICTURES = {
    "dashboard": Picture("/", "Severance"),
    "findings": Picture("/findings", "76 of 100", scheme="dark"),
    "requests": Picture("/requests?q=fargo", "Series, 2014", size="phone", user="Robin"),
    "recovery": Picture("recovery", "Cause found"),
    "chat": Picture("conversation", "Waits for you", size="phone", scheme="dark"),
}


# Stand-ins' posters, as their catalogues have none that could be in a document.
POSTERS = {"radarr": "#27406b, #b04a3a", "sonarr": "#123c3a, #d8a446"}
POSTER = """<body style="margin: 0; display: grid; align-items: end; height: 300px; color: #fff;
    font: 700 38px sans-serif; background: linear-gradient(160deg, {colours})"><p style="margin: 16px">{title}</p>"""


@pytest.fixture
def posters(world: World, open_page: Opener) -> None:
    """Draw a poster for all that each catalogue has."""
    page = open_page()
    page.set_viewport_size({"width": 200, "height": 300})
    for kind, colours in POSTERS.items():
        page.set_content(POSTER.format(colours=colours, title="Fargo"))
        world.fakes[kind].state.picture = page.screenshot()
    page.close()


@pytest.mark.usefixtures("posters")
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture(places: dict[str, str], open_page: Opener, shoot: Callable[[Page, str], None], name: str) -> None:
    picture = PICTURES[name]
    page = open_page(picture.size, picture.scheme, picture.user)
    page.goto(places.get(picture.where, picture.where))
    expect(page.get_by_text(picture.text).first).to_be_visible(timeout=ANSWERED_MS)
    page.wait_for_load_state("networkidle")
    shoot(page, name)
