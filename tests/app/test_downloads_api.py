"""The downloads: each once, with its progress and its recovery, and what is not known of the queues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from autoarr.context import Context
from autoarr.dashboard import poll
from autoarr.dashboard.blocks import QUEUE_PAGE, QUEUE_ROWS
from autoarr.models import Recovery
from autoarr.recovery.intake import take
from autoarr.recovery.watch import look
from tests.app.fakes import FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.fakes.sabnzbd_data import slot
from tests.app.recovery_services import MISSING
from tests.app.services_stage import context_with

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI

PATH = "/api/v1/downloads"
FAILED: dict[str, Any] = {"status": "failed", "trackedDownloadState": "failedPending", "errorMessage": MISSING}


@pytest.fixture
async def context(app: FastAPI, sonarr: FakeSonarr, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> Context:
    """Of an application with one of each."""
    return await context_with(app, sonarr=sonarr, radarr=radarr, sabnzbd=sabnzbd)


async def get(admin: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await admin.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    downloads: dict[str, Any] = answer.json()
    return downloads


async def keep_what_is_seen(context: Context) -> list[Recovery]:
    now = datetime.now(UTC)
    found = await look(context, now)
    async with context.database.writing.begin() as session:
        return [recovery for seen in found.seen if (recovery := await take(session, seen, now))]


async def test_each_download_once_with_what_is_done_about_it(
    context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    (row,) = sonarr.add_to_queue(title="Going")
    pack = sonarr.add_to_queue(episodes=3, title="Pack", size=1000.0, sizeleft=0.0, **FAILED)
    sabnzbd.state.queue.append(slot(0, nzo_id=row["downloadId"], mb="1000.00", mbleft="250.00"))
    await poll.poll_all(context)
    (recovery,) = await keep_what_is_seen(context)
    answer = await get(admin)
    assert (answer["total"], answer["complete"]) == (2, True)
    going, failed = answer["items"]
    assert (going["title"], going["client"], going["managers"]) == ("Going", "Sabnzbd", ["Sonarr"])
    assert (going["progress"], going["status"], going["recovery"]) == (0.75, "Downloading", None)
    assert (failed["title"], failed["count"], failed["download_id"]) == ("Pack", 3, pack[0]["downloadId"])
    assert (failed["status"], failed["message"], failed["progress"]) == ("failedPending", MISSING, 1.0)
    assert failed["recovery"] == {
        "id": str(recovery.id),
        "failure": "missing",
        "state": "waiting",
        "reason": recovery.reason,
    }


async def test_a_recovery_that_ended_is_no_news(
    context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr
) -> None:
    sonarr.add_to_queue(**FAILED)
    await poll.poll_all(context)
    await keep_what_is_seen(context)
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(state="given_up", ended_at=datetime.now(UTC)))
    (one,) = (await get(admin))["items"]
    assert one["recovery"] is None


async def test_what_is_not_known_is_said(context: Context, admin: httpx2.AsyncClient, sabnzbd: FakeSabnzbd) -> None:
    answer = await get(admin)
    assert (answer["items"], answer["total"], answer["complete"]) == ([], 0, False)
    assert {(one["state"], one["total"], one["complete"]) for one in answer["sources"]} == {("unknown", None, False)}
    sabnzbd.state.queue.append(slot(0))
    await poll.poll_all(context)
    sabnzbd.fail("", 500)
    await poll.poll_all(context)
    answer = await get(admin)
    assert (len(answer["items"]), answer["complete"]) == (1, False)
    sources = {one["name"]: one for one in answer["sources"]}
    assert {name: one["state"] for name, one in sources.items()} == {
        "Sonarr": "fresh",
        "Radarr": "fresh",
        "Sabnzbd": "stale",
    }
    assert sources["Sabnzbd"]["failure"]["cause"] == "server_error"
    assert (sources["Sonarr"]["total"], sources["Sonarr"]["failure"]) == (0, None)


async def test_a_long_queue_is_read_in_pages_and_not_called_complete(
    context: Context, admin: httpx2.AsyncClient, sabnzbd: FakeSabnzbd
) -> None:
    sabnzbd.queued = QUEUE_ROWS + 1
    await poll.poll_all(context)
    pages = [await get(admin, page=number, page_size=200) for number in range(1, QUEUE_ROWS // 200 + 2)]
    assert [len(page["items"]) for page in pages] == [*[200] * (QUEUE_ROWS // 200), 0]
    assert len({one["download_id"] for page in pages for one in page["items"]}) == QUEUE_ROWS
    assert {(page["total"], page["complete"]) for page in pages} == {(QUEUE_ROWS, False)}
    (source,) = (one for one in pages[0]["sources"] if one["kind"] == "sabnzbd")
    assert (source["total"], source["complete"]) == (QUEUE_ROWS + 1, False)


async def test_all_of_a_queue_of_several_pages(
    context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    radarr.queued, sonarr.queued, sabnzbd.queued = 2 * QUEUE_PAGE, QUEUE_PAGE + 1, 0
    await poll.poll_all(context)
    answer = await get(admin)
    assert answer["complete"]
    assert {one["kind"]: one["total"] for one in answer["sources"]} == {
        "sonarr": QUEUE_PAGE + 1,
        "radarr": 2 * QUEUE_PAGE,
        "sabnzbd": 0,
    }


async def test_pages_that_fail_are_left_out_and_that_is_said(
    context: Context, admin: httpx2.AsyncClient, radarr: FakeRadarr
) -> None:
    radarr.queued = QUEUE_PAGE + 1
    radarr.on_request = lambda request: radarr.fail("queue", 400) if request.query.get("page") == "2" else None
    await poll.poll_all(context)
    answer = await get(admin)
    assert (answer["total"], answer["complete"]) == (QUEUE_PAGE, False)


async def test_posters(
    context: Context, admin: httpx2.AsyncClient, client: httpx2.AsyncClient, sonarr: FakeSonarr, radarr: FakeRadarr
) -> None:
    radarr.state.titles.append(radarr.make_movie(7, images=[{"coverType": "poster", "url": "/x.jpg"}]))
    radarr.add_to_queue(movieId=7)
    sonarr.add_to_queue(seriesId=None)
    await poll.poll_all(context)
    posters = {one["managers"][0]: one["poster"] for one in (await get(admin))["items"]}
    dashboard = (await admin.get("/api/v1/dashboard")).json()
    assert posters["Sonarr"] is None
    assert (await client.get(posters["Radarr"])).status_code == 200
    assert {one["managers"][0]: one["poster"] for one in dashboard["queue"]} == posters


async def test_a_size_that_nobody_knows_is_no_progress(
    context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr
) -> None:
    sonarr.add_to_queue(size=0.0, sizeleft=0.0)
    await poll.poll_all(context)
    (one,) = (await get(admin))["items"]
    assert one["progress"] is None


async def test_only_administrators_see_it(requester: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    assert (await requester.get(PATH)).status_code == 403
    assert (await client.get(PATH)).status_code == 401
