"""AutoArr's own client with the real SABnzbd."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.sabnzbd import SabnzbdClient
from automation.sabnzbd import Sabnzbd
from tests.sabnzbd.downloads import add, wait_for_failure


@pytest.fixture
async def client(sabnzbd: Sabnzbd) -> AsyncIterator[SabnzbdClient]:
    """It, connected."""
    client = SabnzbdClient(Connection(kind="sabnzbd", name="Real", url=sabnzbd.url, api_key=sabnzbd.api_key))
    yield client
    await client.upstream.close()


async def test_what_it_says(client: SabnzbdClient) -> None:
    identity = await client.identify()
    assert identity.application == "SABnzbd"
    assert identity.version == await client.version()
    queue = await client.queue()
    assert (queue.total, queue.paused, queue.slots) == (0, False, [])
    assert queue.diskspace1 is not None
    assert (await client.full_status())["pid"]


async def test_a_wrong_key(sabnzbd: Sabnzbd) -> None:
    client = SabnzbdClient(Connection(kind="sabnzbd", name="Real", url=sabnzbd.url, api_key="wrong"))
    with pytest.raises(UpstreamError) as caught:
        await client.identify()
    await client.upstream.close()
    assert caught.value.cause is Cause.AUTHENTICATION
    assert caught.value.detail == "it refused access (403): API Key Incorrect"


async def test_values_and_lists_are_written(client: SabnzbdClient) -> None:
    lists = {"unwanted_extensions": ["exe", "com"], "cleanup_list": ["nfo"], "fail_hopeless_jobs": False}
    now = await client.set_config("misc", lists)
    assert now == {
        "misc": {"unwanted_extensions": ["exe", "com"], "cleanup_list": ["nfo"], "fail_hopeless_jobs": False}
    }
    read = (await client.get_config("misc"))["misc"]
    assert [read[name] for name in lists] == [["exe", "com"], ["nfo"], False]
    await client.set_config("misc", {"unwanted_extensions": []})
    assert (await client.get_config("misc", "unwanted_extensions")) == {"misc": {"unwanted_extensions": []}}


async def test_objects_are_written(client: SabnzbdClient) -> None:
    answer = await client.set_config("sorters", {"is_active": False, "sort_cats": ["my tv"]}, keyword="Series")
    (sorter,) = answer["sorters"]
    assert (sorter["name"], sorter["is_active"], sorter["sort_cats"]) == ("Series", False, ["my tv"])


@pytest.mark.parametrize(("section", "name"), [("misc", "none"), ("none", "none")], ids=["a value", "a section"])
async def test_what_does_not_exist(client: SabnzbdClient, section: str, name: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        await client.set_config(section, {name: 1})
    assert (caught.value.cause, caught.value.sent) == (Cause.NOT_FOUND, False)


async def test_a_failed_download(client: SabnzbdClient, sabnzbd: Sabnzbd, tmp_path: Path) -> None:
    nzo_id = add(sabnzbd, tmp_path, "Some.Film.2020")
    wait_for_failure(sabnzbd, nzo_id)
    history = await client.history(failed_only=True)
    assert [(slot.nzo_id, slot.status) for slot in history.slots] == [(nzo_id, "Failed")]
    assert history.slots[0].fail_message
    again = await client.retry(nzo_id)
    assert again
    assert again != nzo_id
    with pytest.raises(UpstreamError) as caught:
        await client.retry(nzo_id)
    assert caught.value.cause is Cause.NOT_FOUND


async def test_its_queue(client: SabnzbdClient, sabnzbd: Sabnzbd, tmp_path: Path) -> None:
    await client.pause()
    nzo_id = add(sabnzbd, tmp_path, "Waiting", cat="movies")
    queue = await client.queue()
    assert (queue.paused, [(slot.nzo_id, slot.cat) for slot in queue.slots]) == (True, [(nzo_id, "movies")])
    await client.delete(nzo_id)
    await client.resume()
    queue = await client.queue()
    assert (queue.paused, queue.slots) == (False, [])
    with pytest.raises(UpstreamError) as caught:
        await client.delete(nzo_id)
    assert caught.value.cause is Cause.NOT_FOUND
