"""The clients and the stand-ins, which keep to the official descriptions, over real connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from autoarr.upstream.arr import ArrClient, RadarrClient, SonarrClient
from autoarr.upstream.connection import Connection, Kind
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy
from autoarr.upstream.plex import PlexClient
from autoarr.upstream.sabnzbd import SabnzbdClient
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, Fault

MAKERS: dict[str, Any] = {
    "sonarr": SonarrClient,
    "radarr": RadarrClient,
    "sabnzbd": SabnzbdClient,
    "plex": PlexClient,
}


async def _no_sleep(seconds: float) -> None:
    pass


@asynccontextmanager
async def connected(kind: Kind, fake: Any, url: str = "", **policy: Any) -> AsyncIterator[Any]:
    """A client of a stand-in; nothing it asked may go against the description."""
    connection = Connection(kind=kind, name="It", url=url or fake.url, api_key=fake.api_key)
    client = MAKERS[kind](connection, policy=HttpPolicy(sleep=_no_sleep, **policy))
    yield client
    await client.upstream.close()
    assert fake.violations == []


@pytest.fixture(params=["sonarr", "radarr"])
def arr(request: pytest.FixtureRequest) -> tuple[Kind, FakeSonarr | FakeRadarr]:
    """Either of them."""
    kind: Kind = request.param
    return kind, request.getfixturevalue(kind)


async def test_what_sonarr_and_radarr_say(arr: tuple[Kind, FakeSonarr | FakeRadarr]) -> None:
    kind, fake = arr
    fake.add_to_queue(status="completed", statusMessages=[{"title": "x", "messages": ["y"]}])
    fake.add_to_queue(grabbed=False)
    fake.state.health.append({"source": "X", "type": "error", "message": "x", "wikiUrl": "https://wiki.invalid"})
    client: ArrClient
    async with connected(kind, fake) as client:
        assert (await client.identify()).application.casefold() == kind
        page = await client.queue_page(1, 1)
        assert (page.total, len(page.records)) == (2, 1)
        assert page.records[0].status_messages[0].messages == ["y"]
        assert await client.queue_count() == 2
        assert await client.missing_count() == 0
        assert [issue.type for issue in await client.health()] == ["error"]
        assert (await client.diskspace())[0].total_space > 0
        assert (await client.root_folders())[0].path
        assert isinstance(await client.history_since(datetime.now(UTC) - timedelta(days=365)), list)
        naming = await client.get("config/naming")
        assert await client.put(f"config/naming/{naming['id']}", naming) == naming
        command = await client.command("RefreshMonitoredDownloads")
        assert (await client.command_state(command.id)).name == "RefreshMonitoredDownloads"


async def test_a_large_queue_is_read_in_pages(sonarr: FakeSonarr) -> None:
    sonarr.queued, sonarr.episodes_missing = 50_000, 200_000
    async with connected("sonarr", sonarr) as client:
        page = await client.queue_page(500, 100)
        assert (page.total, len(page.records)) == (50_000, 100)
        assert await client.missing_count() == 200_000


async def test_what_sabnzbd_says(sabnzbd: FakeSabnzbd) -> None:
    client: SabnzbdClient
    async with connected("sabnzbd", sabnzbd) as client:
        assert (await client.identify()).application == "SABnzbd"
        assert (await client.queue()).total == 0
        assert (await client.history(failed_only=True)).total == 0
        assert await client.full_status()
        assert await client.warnings() == []
        await client.set_config("misc", {"flat_unpack": True, "unwanted_extensions": ["exe", "com"]})
        misc = (await client.get_config("misc"))["misc"]
        assert (misc["flat_unpack"], misc["unwanted_extensions"]) == (True, ["exe", "com"])
        await client.pause()
        assert (await client.queue()).paused
        await client.resume()
        with pytest.raises(UpstreamError) as caught:
            await client.retry("none")
        assert caught.value.cause is Cause.NOT_FOUND
        with pytest.raises(UpstreamError) as caught:
            await client.delete("none")
        assert caught.value.cause is Cause.NOT_FOUND


async def test_what_plex_says(plex: FakePlex) -> None:
    client: PlexClient
    async with connected("plex", plex) as client:
        assert (await client.identify()).application == "Plex Media Server"
        section = (await client.sections())[0]
        assert section.paths
        await client.refresh_section(section.key, section.paths[0])
        assert await client.sessions() == []
        assert isinstance(await client.search("a"), list)
        before = (await client.prefs())["FSEventLibraryUpdatesEnabled"]
        await client.put_prefs({"FSEventLibraryUpdatesEnabled": not before})
        assert (await client.prefs())["FSEventLibraryUpdatesEnabled"] is not before


@pytest.mark.parametrize(
    ("kind", "other"),
    [(kind, other) for kind in ("sonarr", "radarr", "sabnzbd", "plex") for other in MAKERS if other != kind],
)
async def test_one_in_place_of_another(kind: Kind, other: str, request: pytest.FixtureRequest) -> None:
    fake = request.getfixturevalue(other)
    fake.validated = False
    async with connected(kind, fake) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.identify()

    # Sonarr and Radarr ask for their own key before they say what they are.
    family = other in ("sonarr", "radarr") and kind in ("sabnzbd", "plex")
    if family:
        assert caught.value.cause in (Cause.AUTHENTICATION, Cause.WRONG_URL_BASE)
    else:
        assert caught.value.cause is Cause.UNEXPECTED_APPLICATION
        assert caught.value.detail.casefold().startswith(f"it is {other}")


@pytest.mark.parametrize("kind", MAKERS)
async def test_a_wrong_key(kind: Kind, request: pytest.FixtureRequest) -> None:
    fake = request.getfixturevalue(kind)
    fake.validated = False
    connection = Connection(kind=kind, name="It", url=fake.url, api_key="wrong" * 6)
    client = MAKERS[kind](connection)
    with pytest.raises(UpstreamError) as caught:
        await client.identify()
    await client.upstream.close()

    assert caught.value.cause is Cause.AUTHENTICATION


@pytest.mark.parametrize(
    ("fault", "cause", "requests"),
    [
        ("hang", Cause.TIMEOUT, 1),
        ("html", Cause.WRONG_URL_BASE, 1),
        ("redirect", Cause.WRONG_URL_BASE, 1),
        ("slow", Cause.TIMEOUT, 1),
        ("truncated", Cause.INVALID_ANSWER, 1),
        ("not JSON", Cause.INVALID_ANSWER, 1),
        ("wrong content", Cause.INVALID_ANSWER, 1),
        ("disconnect", Cause.INVALID_ANSWER, 1),
        (401, Cause.AUTHENTICATION, 1),
        (429, Cause.RATE_LIMITED, 3),
        (500, Cause.SERVER_ERROR, 1),
        (503, Cause.SERVER_ERROR, 3),
    ],
)
async def test_what_goes_wrong(sonarr: FakeSonarr, fault: Fault | int, cause: Cause, requests: int) -> None:
    sonarr.validated = False
    sonarr.fail("system/status", fault)
    async with connected("sonarr", sonarr, read=0.15, first_wait=0.01) as client:
        with pytest.raises(UpstreamError) as caught:
            await client.system_status()

    assert caught.value.cause is cause
    assert len(sonarr.requests) == requests


async def test_it_recovers(sonarr: FakeSonarr) -> None:
    sonarr.validated = False
    sonarr.fail("health", 503, times=2, retry_after=1)
    async with connected("sonarr", sonarr) as client:
        assert await client.health() == []
