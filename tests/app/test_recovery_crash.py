"""Answers that are lost and processes that die at a write, and replicas that do the same: nothing is done twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from autoarr.actors import Actor
from autoarr.models import Attempt, Recovery
from autoarr.recovery.engine import Engine
from autoarr.recovery.holds import LEASE, Lost, held, take_hold
from autoarr.recovery.service import cancel
from autoarr.recovery.writing import mark
from tests.app.fakes.sabnzbd_data import history_slot
from tests.app.recovery_services import DISK_FULL, ENCRYPTED, MISSING
from tests.app.recovery_world import World, end_world, make_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy.engine import URL

pytestmark = pytest.mark.thorough

INCIDENTS = ("killed before", "killed after", "answer lost", "never arrives")


@pytest.fixture
async def world(database_url: URL, made_data_dir: Path) -> AsyncIterator[World]:
    """AutoArr in auto mode, beside a Sonarr, a Radarr and a SABnzbd."""
    world = await make_world(database_url, made_data_dir)
    world.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    yield world
    await end_world(world)


def writes(world: World) -> list[str]:
    """What the services were told to do, in order."""
    arr = [f"{one.method} {one.path.removeprefix('/api/v3/')}" for one in world.sonarr.writes]
    sab = [(one.body or one.query)["mode"] for one in world.sabnzbd.writes]
    return [*arr, *sab]


async def settle(world: World, minutes: float = 20) -> None:
    """Let what is under way come to its end, before anything is due by back-off."""
    await world.pass_time(minutes, step=2, native=False)


@pytest.mark.parametrize("incident", INCIDENTS)
async def test_a_search(world: World, incident: str) -> None:
    world.fail(world.grab(world.sonarr, [1]))
    world.work()
    await world.watch()
    world.next_write = incident
    await world.run()
    arrived = incident in ("killed after", "answer lost")
    # Before another search is due.
    await settle(world, 14 if arrived else 22)
    assert len(world.asked()) == 1
    found = [(one.state, one.command_id) for one in await world.searches()]
    assert found[-1] == ("finished", 1)
    assert [state for state, _ in found[:-1]] == ([] if arrived else ["failed"])
    assert (await world.the_one()).attempts == 1


@pytest.mark.parametrize("incident", INCIDENTS)
async def test_blocklisting(world: World, incident: str) -> None:
    world.fail(world.grab(world.sonarr, [1]), ENCRYPTED)
    await settle(world, 29)
    assert writes(world) == []
    world.next_write = incident
    await settle(world, 14)
    assert len(world.sonarr.state.blocklist) == 1
    assert writes(world) == ["DELETE queue/1", "POST command"]


@pytest.mark.parametrize("incident", INCIDENTS)
@pytest.mark.parametrize("action", ["pause", "resume", "retry"])
async def test_a_full_disk(world: World, action: str, incident: str) -> None:
    world.sabnzbd.state.free_gb = 0.001
    world.fail(world.grab(world.sonarr, [1]), DISK_FULL)
    await world.watch()
    world.next_write = incident if action == "pause" else None
    await world.run()
    await settle(world)
    world.sabnzbd.state.free_gb = 50
    if action == "resume":
        world.next_write = incident
    if action == "retry":
        world.sabnzbd.on_request = lambda request: setattr(
            world, "next_write", incident if (request.body or {}).get("mode") == "resume" else world.next_write
        )
    await world.pass_time(3, native=False)
    world.sabnzbd.on_request = None
    await settle(world)
    assert not world.sabnzbd.state.paused
    assert writes(world) == ["pause", "resume", "retry"]
    recovery = await world.the_one()
    assert (recovery.state, recovery.download_id) == ("verifying", world.sabnzbd.state.queue[0]["nzo_id"])
    assert recovery.attempts == 1


@pytest.mark.parametrize("incident", INCIDENTS)
async def test_cleaning(world: World, incident: str) -> None:
    own = {"status": "Failed", "fail_message": MISSING, "completed": int(world.now.timestamp()), "nzo_id": "own"}
    world.sabnzbd.state.history.append(history_slot(1, **own))
    await world.watch()
    world.next_write = incident
    await world.run()
    await settle(world)
    assert writes(world) == ["history"]
    assert (world.sabnzbd.state.history, (await world.the_one()).state) == ([], "recovered")


async def test_what_a_service_refuses_is_given_up_after_some_tries(world: World) -> None:
    own = {"status": "Failed", "fail_message": MISSING, "completed": int(world.now.timestamp()), "nzo_id": "own"}
    world.sabnzbd.state.history.append(history_slot(1, **own))
    world.sabnzbd.fail("history", "not stored", method="POST")
    await settle(world, 120)
    recovery = await world.the_one()
    assert (recovery.state, "in 3 tries" in recovery.reason) == ("given_up", True)
    assert await world.attempts() == [("clean", "failed")] * 3


async def test_a_service_that_goes_away_while_it_is_verified(world: World) -> None:
    world.fail(world.grab(world.sonarr, [1]), ENCRYPTED)
    await settle(world, 29)
    world.sonarr.on_request = lambda request: world.away.add("sonarr") if request.method == "DELETE" else None
    await settle(world, 30)
    assert (await world.the_one()).state == "acting"
    world.away.clear()
    await settle(world, 12)
    assert writes(world) == ["DELETE queue/1", "POST command"]


async def test_replicas_do_nothing_twice(world: World) -> None:
    for _ in range(2):
        world.add_replica()
    for episode in (1, 2, 3):
        world.fail(world.grab(world.sonarr, [episode]))
    world.work()
    await asyncio.gather(*(world.watch(number) for number in range(3)))
    assert len(await world.recoveries()) == 3
    await asyncio.gather(*(Engine(context, lambda: world.now).run() for context in world.contexts))
    assert sorted(search["episodeIds"] for search in world.asked()) == [[1], [2], [3]]


async def test_replicas_keep_one_budget(world: World) -> None:
    await world.set_policy(searches_per_hour=2)
    for _ in range(2):
        world.add_replica()
    for episode in range(1, 7):
        world.fail(world.grab(world.sonarr, [episode]))
    world.work()
    await world.watch()
    await asyncio.gather(*(Engine(context, lambda: world.now).run() for context in world.contexts))
    assert len(world.asked()) == 2


async def test_a_person_overrules_what_is_being_decided(world: World) -> None:
    world.fail(world.grab(world.sonarr, [1]))
    await world.watch()
    context, recovery = world.contexts[0], await world.the_one()
    hold = await take_hold(context, recovery.id, world.now)
    assert hold is not None
    await cancel(context, Actor(name="Ada", via="session"), recovery.id, world.now)
    with pytest.raises(Lost):
        async with held(context, hold):
            pytest.fail("it was cancelled")
    assert (await world.the_one()).state == "dismissed"


async def test_who_took_too_long_changes_nothing(world: World) -> None:
    world.fail(world.grab(world.sonarr, [1]))
    await world.watch()
    context, recovery = world.contexts[0], await world.the_one()
    first = await take_hold(context, recovery.id, world.now)
    assert first is not None
    assert await take_hold(context, recovery.id, world.now) is None
    second = await take_hold(context, recovery.id, world.now + LEASE)
    assert second is not None
    with pytest.raises(Lost):
        async with held(context, first):
            pytest.fail("somebody else has it")
    async with held(context, second):
        pass


async def test_what_is_found_unsent_by_the_next_is_not_sent_by_the_first(world: World) -> None:
    """A process that is slow between storing a write and sending it."""
    world.fail(world.grab(world.sonarr, [1]), ENCRYPTED)
    await settle(world, 29)
    recovery = await world.the_one()
    attempt = Attempt(
        recovery_id=recovery.id,
        action="blocklist",
        state="prepared",
        target={"service_id": str(world.ids["sonarr"]), "call": "DELETE queue/1", "rows": [1]},
        created_at=world.now,
    )
    async with world.contexts[0].database.writing.begin() as session:
        session.add(attempt)
        (await session.get_one(Recovery, recovery.id)).state = "acting"
    await settle(world, 4)
    assert (await world.attempts())[0] == ("blocklist", "failed")
    assert not await mark(world.contexts[0], attempt, world.now)
