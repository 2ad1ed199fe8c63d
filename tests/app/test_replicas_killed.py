"""One of three replicas is killed while acting: the others finish it, and nothing is done twice, or lost.

With PostgreSQL and Redis there are three; on SQLite one, which is started again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from autoarr.actors import SYSTEM
from autoarr.models import Attempt, MediaRequest, Notification, Recovery
from autoarr.notifications.outbox import notify
from autoarr.notifications.signing import message_id
from autoarr.requests import service
from autoarr.requests.wish import Wish
from autoarr.settings import Settings
from tests.app.conftest import Start
from tests.app.fakes import serve
from tests.app.recovery_services import DISK_FULL, ENCRYPTED, MISSING
from tests.app.replicas_world import Replicas

pytestmark = pytest.mark.thorough

MATRIX = 603


def killed_at(*steps: str) -> pytest.MarkDecorator:
    """Three replicas are killed at each step; the one on SQLite only at the last, after it has written: what it does
    at the others is no different, and tested in one process."""
    cases = [("postgresql", step) for step in steps] + [("sqlite", steps[-1])]
    return pytest.mark.parametrize(("database_url", "step"), cases, indirect=["database_url"])


@pytest.fixture
async def replicas(
    start: Start,
    settings: Settings,
    database_url: URL,
    made_data_dir: Path,
    tmp_path: Path,
) -> AsyncIterator[Replicas]:
    redis = None
    if database_url.get_backend_name() != "sqlite" and not (redis := os.environ.get("AUTOARR_TEST_REDIS_URL")):
        pytest.skip("AUTOARR_TEST_REDIS_URL names no Redis")
    replicas = Replicas(start, settings, database_url, redis, tmp_path)
    with serve(replicas.radarr), serve(replicas.sabnzbd), serve(replicas.receiver):
        async with replicas.prepared():
            yield replicas


async def queue_recovery(replicas: Replicas) -> None:
    async with replicas.context.database.writing.begin() as session:
        await replicas.context.jobs.enqueue(session, "recovery", "test", actor=SYSTEM)


async def verified(replicas: Replicas) -> list[str]:
    return [one.action for one in await replicas.all(Attempt) if one.state == "verified"]


@killed_at(
    "recovery.search.prepared",
    "recovery.search.marked",
    "search.reserved",
    "search.marked",
    "recovery.search.sent",
    "search.sent",
)
async def test_a_search(replicas: Replicas, step: str) -> None:
    await replicas.fail_download(MISSING)
    replicas.radarr.state.queue.clear()
    await queue_recovery(replicas)
    await replicas.kill_one(step)

    async def done() -> bool:
        return await verified(replicas) == ["search"]

    await replicas.settle(done)
    assert replicas.searches() == [[1]]
    (recovery,) = await replicas.all(Recovery)
    assert recovery.attempts == 1


@killed_at("recovery.blocklist.prepared", "recovery.blocklist.marked", "recovery.blocklist.sent")
async def test_blocklisting(replicas: Replicas, step: str) -> None:
    """And the search that follows it."""
    await replicas.fail_download(ENCRYPTED)
    await queue_recovery(replicas)
    await replicas.kill_one(step)

    async def done() -> bool:
        return await verified(replicas) == ["blocklist", "search"]

    await replicas.settle(done)
    assert replicas.writes("DELETE", "/queue/") == 1
    assert replicas.searches() == [[1]]
    assert len(replicas.radarr.state.removed_from_client) == 1


@killed_at("recovery.retry.prepared", "recovery.retry.marked", "recovery.retry.sent")
async def test_a_retry(replicas: Replicas, step: str) -> None:
    download = await replicas.fail_download(DISK_FULL)
    await queue_recovery(replicas)
    await replicas.kill_one(step)

    async def done() -> bool:
        return await verified(replicas) == ["retry"]

    await replicas.settle(done)
    assert replicas.sabnzbd.state.retried == [download]
    assert replicas.radarr.writes == []


@killed_at("request.add.marked", "search.reserved", "search.marked", "search.sent", "request.add.sent")
async def test_a_request(replicas: Replicas, step: str) -> None:
    """From asked for to imported."""
    radarr = replicas.radarr
    radarr.state.known[MATRIX] = radarr.make_movie(0, title="The Matrix", year=1999, tmdbId=MATRIX)
    asked = await service.create(replicas.context, await replicas.principal(), wish=Wish(tmdb_id=MATRIX))
    assert asked.state == "approved"
    await replicas.kill_one(step)

    async def searched() -> bool:
        return len(replicas.searches()) == 1

    async def imported() -> bool:
        (request,) = await replicas.all(MediaRequest)
        return bool(request.state == "imported" and request.ended_at)

    await replicas.settle(searched)
    (movie,) = radarr.state.titles
    assert (movie["tmdbId"], replicas.searches()) == (MATRIX, [[movie["id"]]])
    movie["hasFile"] = True
    await replicas.settle(imported)
    assert (replicas.writes("POST", "/movie"), len(replicas.searches())) == (1, 1)


@killed_at("notification.claimed", "notification.sent")
async def test_a_notification(replicas: Replicas, step: str) -> None:
    """At least once: twice where the process died between, with the same id."""
    event_id = f"event:{uuid.uuid4()}"
    async with replicas.context.database.writing.begin() as session:
        await notify(session, "audit.finished", event_id, "An audit", "It ended.")
    await replicas.kill_one(step)

    async def done() -> bool:
        return [row.state for row in await replicas.all(Notification)] == ["delivered"]

    await replicas.settle(done)
    sent = 2 if step == "notification.sent" else 1
    assert [got.headers["webhook-id"] for got in replicas.receiver.got] == [message_id(event_id)] * sent
