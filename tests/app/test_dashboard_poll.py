"""Polls: every service at the same time, each answer kept as it comes, failures beside what was seen before."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from autoarr.actors import SYSTEM
from autoarr.context import Context
from autoarr.dashboard import poll
from autoarr.dashboard.blocks import BLOCKS, QUEUE_PAGE
from autoarr.dashboard.observations import keep
from autoarr.jobs.registry import JobRun, find_handler
from autoarr.models import Activity, Observation, Service
from autoarr.services import registry
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve
from tests.app.services_stage import add_service, context_of, observe

if TYPE_CHECKING:
    from fastapi import FastAPI


@pytest.fixture
async def context(app: FastAPI) -> Context:
    """Of an application whose jobs don't poll by themselves."""
    return await context_of(app)


async def test_each_kind_fills_its_blocks(
    context: Context, sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex, sabnzbd: FakeSabnzbd
) -> None:
    sonarr.add_to_queue(episodes=3)
    sonarr.episodes_missing = 200_000
    sonarr.state.health.append(
        {"id": 1, "source": "IndexerStatusCheck", "type": "warning", "message": "down", "wikiUrl": "https://x/y"}
    )
    radarr.add_to_queue(status="warning", errorMessage="stalled")
    sabnzbd.state.warnings.append({"type": "WARNING", "text": "slow", "time": 1, "origin": ""})
    sabnzbd.queued = 500
    plex.state.sessions.append(
        {
            "key": "/library/metadata/1",
            "ratingKey": "1",
            "addedAt": 1_767_000_000,
            "type": "episode",
            "title": "Pilot",
            "grandparentTitle": "Show",
            "viewOffset": 15_000,
            "duration": 60_000,
            "User": {"id": "1", "title": "ada"},
            "Player": {"title": "TV", "state": "playing"},
        }
    )
    services = {
        kind: await add_service(context, fake, kind)
        for kind, fake in (("sonarr", sonarr), ("radarr", radarr), ("plex", plex), ("sabnzbd", sabnzbd))
    }

    assert await poll.poll_all(context) == {"answered": 4, "failed": 0}

    seen = {kind: await observe(context, service) for kind, service in services.items()}
    assert all(row.observed_at and not row.failure for rows in seen.values() for row in rows.values())
    data: dict[str, Any] = {kind: {block: row.data for block, row in rows.items()} for kind, rows in seen.items()}
    assert {kind: set(blocks) for kind, blocks in data.items()} == {
        "sonarr": {"version", "health", "queue", "missing", "disk"},
        "radarr": {"version", "health", "queue", "missing", "disk"},
        "plex": {"version", "sessions"},
        "sabnzbd": {"version", "health", "queue", "disk"},
    }
    assert data["sonarr"]["version"]["version"] == sonarr.state.status["version"]
    assert data["sonarr"]["missing"] == {"total": 200_000}
    assert data["sonarr"]["disk"] == {"folders": [{"path": "/media", "free_bytes": 2**40, "total_bytes": 2**42}]}
    assert data["sonarr"]["health"] == {
        "total": 1,
        "issues": [{"level": "warning", "source": "IndexerStatusCheck", "message": "down", "wiki_url": "https://x/y"}],
    }
    assert data["sonarr"]["queue"]["total"] == 3
    [pack] = data["sonarr"]["queue"]["items"]
    assert (pack["count"], pack["size_bytes"], pack["left_bytes"]) == (3, 1_500_000_000, 750_000_000)
    assert data["radarr"]["queue"]["items"][0]["message"] == "stalled"
    queue = data["sabnzbd"]["queue"]
    assert (queue["total"], len(queue["items"]), queue["paused"]) == (500, 500, False)
    assert queue["bytes_per_s"] == 10240 * 1024
    assert data["sabnzbd"]["disk"]["folders"][0]["free_bytes"] == 500 * 2**30
    assert data["sabnzbd"]["health"]["issues"][0]["level"] == "warning"
    assert data["plex"]["sessions"]["items"] == [
        {
            "title": "Show - Pilot",
            "user": "ada",
            "player": "TV",
            "state": "playing",
            "progress": 0.25,
            "transcoded": False,
        }
    ]
    assert not any(fake.writes for fake in (sonarr, radarr, plex, sabnzbd))
    # Nothing is read whole, however much there is.
    sizes = [int(request.query["pageSize"]) for request in sonarr.requests if "pageSize" in request.query]
    assert max(sizes) <= QUEUE_PAGE


async def test_slow_and_dead_ones_delay_nobody(
    context: Context, sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex
) -> None:
    sonarr.fail("", "hang")
    with serve(FakeRadarr()) as dead:
        pass
    slow = await add_service(context, sonarr, "sonarr", name="A slow one, asked first")
    gone = await add_service(context, radarr, "radarr", name="Gone", url=dead)
    good = [await add_service(context, plex, "plex"), await add_service(context, radarr, "radarr")]
    context.upstreams.policy = HttpPolicy(attempts=1)
    kept_after: dict[str, float] = {}
    began = time.monotonic()

    async def note() -> None:
        with context.bus.subscribe() as subscription:
            async for event in subscription:
                if event.kind == "dashboard.changed":
                    kept_after[event.data["service_id"]] = time.monotonic() - began

    listener = asyncio.create_task(note())
    await asyncio.sleep(0)
    result = await poll.poll_all(context, deadline=1.0)
    await asyncio.sleep(0)
    listener.cancel()

    assert result == {"answered": 2, "failed": 2}
    late = kept_after.pop(str(slow.id))
    assert late >= 1.0
    # The others were kept while the slow one was still being waited for.
    assert set(kept_after) == {str(service.id) for service in (gone, *good)}
    assert max(kept_after.values()) < late
    for service, cause in ((slow, "timeout"), (gone, "connect")):
        rows = await observe(context, service)
        assert len(rows) == 5
        assert {(row.failure or {})["cause"] for row in rows.values()} == {cause}
        assert all(row.data is None and row.observed_at is None and row.failed_at for row in rows.values())
    for service in good:
        assert all(row.observed_at and row.failed_at is None for row in (await observe(context, service)).values())


async def test_one_block_fails_alone(context: Context, sonarr: FakeSonarr) -> None:
    service = await add_service(context, sonarr, "sonarr")
    sonarr.fail("diskspace", 500)

    assert await poll.poll_all(context) == {"answered": 1, "failed": 0}

    rows = await observe(context, service)
    assert {block for block, row in rows.items() if row.failure} == {"disk"}
    failed = rows["disk"].failure or {}
    assert failed.keys() == {"cause", "detail"}
    assert failed["cause"] == "server_error"
    assert "500" in failed["detail"]


async def test_what_came_in_time_is_kept_when_the_rest_is_late(context: Context, sonarr: FakeSonarr) -> None:
    service = await add_service(context, sonarr, "sonarr")
    sonarr.fail("queue", "hang")

    await poll.poll_all(context, deadline=1.0)

    rows = await observe(context, service)
    assert {block for block, row in rows.items() if row.failure} == {"queue"}
    assert (rows["queue"].failure or {})["cause"] == "timeout"


async def test_one_that_is_away_is_asked_once_and_told_of_once(context: Context, sonarr: FakeSonarr) -> None:
    service = await add_service(context, sonarr, "sonarr")
    context.upstreams.policy = HttpPolicy(attempts=1)
    await poll.poll_all(context)
    before = await observe(context, service)
    sonarr.fail("", 503)
    sonarr.requests.clear()

    for _ in range(3):
        await poll.poll_all(context)

    assert {request.path for request in sonarr.requests} == {"/api/v3/system/status"}
    after = await observe(context, service)
    for block, row in after.items():
        # What was seen before stays, with its age.
        assert (row.data, row.observed_at) == (before[block].data, before[block].observed_at)
        assert (row.failure or {})["cause"] == "server_error"
    sonarr.mend()
    await context.upstreams.forget(service.id)
    await poll.poll_all(context)
    await poll.poll_all(context)

    assert all(row.failure is None and row.failed_at is None for row in (await observe(context, service)).values())
    async with context.database.sessions() as session:
        entries = list(await session.scalars(select(Activity).order_by(Activity.id)))
    told = [(entry.action, entry.outcome, entry.cause, entry.actor) for entry in entries]
    assert told == [
        ("service.unreachable", "failed", "server_error", "system"),
        ("service.reachable", "succeeded", None, "system"),
    ]
    assert not any(sonarr.api_key in f"{entry.message}{entry.data}" for entry in entries)


async def test_services_that_are_switched_off_are_not_asked(context: Context, sonarr: FakeSonarr) -> None:
    await add_service(context, sonarr, "sonarr", enabled=False)

    assert await poll.poll_all(context) == {"answered": 0, "failed": 0}
    assert sonarr.requests == []


async def test_the_job_asks_all_or_one(context: Context, sonarr: FakeSonarr, radarr: FakeRadarr) -> None:
    one = await add_service(context, sonarr, "sonarr")
    await add_service(context, radarr, "radarr")
    run = find_handler("poll").run

    def job(**payload: Any) -> JobRun:
        return JobRun(id=uuid.uuid4(), kind="poll", key="x", payload=payload, attempt=1, actor=SYSTEM)

    assert await run(context, job(service_id=str(one.id))) == {"answered": 1, "failed": 0}
    assert radarr.requests == []
    assert await run(context, job()) == {"answered": 2, "failed": 0}


async def test_a_refresh_asks_only_what_was_not_asked_just_now(
    context: Context, sonarr: FakeSonarr, radarr: FakeRadarr
) -> None:
    old = await add_service(context, sonarr, "sonarr")
    await add_service(context, radarr, "radarr")
    await poll.poll_all(context)
    async with context.database.writing.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=poll.REFRESH_AGE + 1)
        await session.execute(update(Observation).where(Observation.service_id == old.id).values(observed_at=past))
    sonarr.requests.clear()
    radarr.requests.clear()

    await poll.refresh(context)

    assert sonarr.requests
    assert radarr.requests == []


async def test_a_refresh_ends_at_its_deadline_and_blames_nobody(
    context: Context, sonarr: FakeSonarr, radarr: FakeRadarr
) -> None:
    slow = await add_service(context, sonarr, "sonarr")
    quick = await add_service(context, radarr, "radarr")
    sonarr.fail("", "hang")
    began = time.monotonic()

    await poll.refresh(context, deadline=0.5)

    assert time.monotonic() - began < 12
    # The usual poll gives it twice the time.
    assert await observe(context, slow) == {}
    assert len(await observe(context, quick)) == 5


async def test_answers_of_a_service_that_was_changed_meanwhile_are_dropped(
    context: Context, sonarr: FakeSonarr
) -> None:
    service = await add_service(context, sonarr, "sonarr")
    async with context.database.writing.begin() as session:
        await session.execute(update(Service).values(updated_at=datetime.now(UTC) + timedelta(seconds=1)))

    assert not await keep(context.database, service, {"missing": {"total": 1}})
    assert await observe(context, service) == {}

    async with context.database.writing.begin() as session:
        await session.delete(await session.get_one(Service, service.id))

    assert not await keep(context.database, service, {"missing": {"total": 1}})


def failure(detail: str = "no") -> UpstreamError:
    return UpstreamError("Sonarr", Cause.CONNECT, detail)


async def test_replicas_share_what_was_seen(replicas: list[FastAPI]) -> None:
    """On both databases: kept by one, read by the other, and never replaced by something older."""
    one, other = [await context_of(app) for app in replicas]
    service = await add_service(one, FakeSonarr(), "sonarr", url="http://nobody.invalid")
    now = datetime.now(UTC)

    async def total() -> tuple[Any, str | None]:
        row = (await observe(other, service))["missing"]
        return (row.data or {}).get("total"), (row.failure or {}).get("detail")

    assert await keep(one.database, service, {"missing": failure("first")}, now)
    assert await total() == (None, "first")
    assert await keep(other.database, service, {"missing": {"total": 1}}, now + timedelta(seconds=1))
    assert await total() == (1, None)
    assert await keep(one.database, service, {"missing": {"total": 0}}, now)
    assert await total() == (1, None)
    assert await keep(one.database, service, {"missing": failure("older")}, now)
    assert await total() == (1, None)
    assert await keep(one.database, service, {"missing": failure("newer")}, now + timedelta(seconds=2))
    assert await total() == (1, "newer")
    assert await keep(one.database, service, {"missing": {"total": 2}}, now + timedelta(seconds=1.5))
    assert await total() == (1, "newer")
    assert await keep(other.database, service, {"missing": {"total": 3}}, now + timedelta(seconds=3))
    assert await total() == (3, None)


async def test_what_was_asked_first_is_older_however_late_it_answers(context: Context, sonarr: FakeSonarr) -> None:
    service = await add_service(context, sonarr, "sonarr")
    asked, go_on = asyncio.Event(), asyncio.Event()
    whole = BLOCKS["sonarr"]["missing"]

    async def slow(client: Any) -> Any:
        seen = await whole(client)
        asked.set()
        await go_on.wait()
        return seen

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(poll, "BLOCKS", {**BLOCKS, "sonarr": {**BLOCKS["sonarr"], "missing": slow}})
        first = asyncio.create_task(poll.poll_all(context))
        await asked.wait()
    sonarr.fail("", 401)
    assert (await poll.poll_all(context))["failed"] == 1
    go_on.set()
    assert (await first)["answered"] == 1

    rows = await observe(context, service)
    assert set(rows) == set(BLOCKS["sonarr"])
    assert all(row.failure for row in rows.values())


async def test_replicas_that_poll_at_once_do_not_stop_each_other(replicas: list[FastAPI]) -> None:
    one, other = [await context_of(app) for app in replicas]
    service = await add_service(one, FakeSonarr(), "sonarr", url="http://nobody.invalid")
    version = {"application": "Sonarr", "version": "4", "capabilities": {}}
    blocks: dict[str, Any] = {"version": version, **{name: {"total": 1} for name in ("a", "b", "c", "d")}}

    def results(number: int) -> dict[str, Any]:
        names = sorted(blocks, reverse=bool(number % 2))
        return {name: failure() if number % 3 == 0 and name != "version" else blocks[name] for name in names}

    await asyncio.gather(*(keep((one, other)[number % 2].database, service, results(number)) for number in range(12)))

    rows = await observe(one, service)
    assert set(rows) == set(blocks)
    assert all(row.data == blocks[block] for block, row in rows.items())


async def test_the_poll_of_a_replica_uses_the_changed_address(replicas: list[FastAPI], sonarr: FakeSonarr) -> None:
    one, other = [await context_of(app) for app in replicas]
    service = await add_service(one, sonarr, "sonarr", url="http://nobody.invalid")
    other.upstreams.policy = HttpPolicy(attempts=1)
    assert await poll.poll_all(other) == {"answered": 0, "failed": 1}

    async with one.database.writing.begin() as session:
        kept = await session.get_one(Service, service.id)
        await registry.update(session, one.keys, SYSTEM, kept, api_key=sonarr.api_key, url=sonarr.url)

    assert await poll.poll_all(other) == {"answered": 1, "failed": 0}


async def test_an_unexpected_error_is_raised_after_the_others_were_kept(context: Context, radarr: FakeRadarr) -> None:
    def broken(connection: Connection) -> Any:
        if connection.kind == "sonarr":
            raise RuntimeError("broken")
        return None

    await add_service(context, FakeSonarr(), "sonarr", url="http://nobody.invalid")
    good = await add_service(context, radarr, "radarr")
    context.upstreams.transport = broken

    with pytest.raises(RuntimeError, match="broken"):
        await poll.poll_all(context)

    assert len(await observe(context, good)) == 5
