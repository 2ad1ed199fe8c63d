"""What AutoArr writes to objects of the real SABnzbd."""

from __future__ import annotations

from contextlib import suppress

from autoarr.changes.resources import read, write
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import UpstreamError
from autoarr.upstream.sabnzbd import SabnzbdClient
from tests.sabnzbd.conftest import Start, with_server
from tests.sabnzbd.inifile import changed, ini
from tests.sabnzbd.nntp import Server


async def write_folder(start_sabnzbd: Start, news: Server, category: str) -> list[tuple[str, str]]:
    """Write the folder of a category; the lines of sabnzbd.ini that it changed."""
    sections = with_server(news)
    sabnzbd = start_sabnzbd({**sections, "categories": {"*": sections["categories"]["*"], category: {"dir": "shows*"}}})
    before = ini(sabnzbd)
    client = SabnzbdClient(Connection(kind="sabnzbd", name="SABnzbd", url=sabnzbd.url, api_key=sabnzbd.api_key))
    with suppress(UpstreamError):
        await write(client, f"categories/{category}", await read(client, f"categories/{category}"), {"dir": "shows"})
    await client.upstream.close()
    return changed(before, ini(sabnzbd))


async def test_the_folder_of_a_category(start_sabnzbd: Start, news: Server) -> None:
    assert await write_folder(start_sabnzbd, news, "tv") == [("dir = shows*", "dir = shows")]


async def test_the_folder_of_a_category_with_capitals_is_left_alone(start_sabnzbd: Start, news: Server) -> None:
    assert await write_folder(start_sabnzbd, news, "TV") == []
