"""What is waited for, and what a person, the policy or the budget does not allow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from autoarr.actors import Actor
from autoarr.errors import Refused
from autoarr.models import Recovery, Service
from autoarr.recovery.facts import Facts
from autoarr.recovery.service import approve, cancel
from tests.app.recovery_services import DISK_FULL
from tests.app.recovery_world import World

ADA = Actor(name="Ada", via="session")


@pytest.fixture
def world(recovery_world: World) -> World:
    return recovery_world


async def test_a_pause_of_somebody_else_is_left_alone(world: World) -> None:
    world.sabnzbd.state.free_gb = 0.001
    world.sabnzbd.state.paused = True
    world.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    world.fail(world.grab(world.sonarr, [1]), DISK_FULL)
    world.sabnzbd.state.free_gb = 50
    await world.pass_time(30, native=False)
    assert await world.attempts() == []
    recovery = await world.the_one()
    assert (recovery.state, "paused, not by AutoArr" in recovery.reason) == ("waiting", True)


async def test_a_pause_that_somebody_undid_is_not_made_again(world: World) -> None:
    world.sabnzbd.state.free_gb = 0.001
    world.fail(world.grab(world.sonarr, [1]), DISK_FULL)
    await world.pass_time(5, native=False)
    world.sabnzbd.state.paused = False
    await world.pass_time(30, native=False)
    assert [action for action, _ in await world.attempts()] == ["pause"]
    assert "Somebody had SABnzbd go on" in (await world.the_one()).reason


async def test_nothing_is_searched_for_while_it_is_pointless(world: World) -> None:
    world.fail(world.grab(world.sonarr, [1]))
    world.sabnzbd.state.paused = True
    await world.pass_time(40)
    assert "is paused, not by AutoArr" in (await world.the_one()).reason
    world.sabnzbd.state.paused = False
    issue = {"id": 1, "source": "IndexerStatusCheck", "type": "error", "message": "All indexers are unavailable"}
    world.sonarr.state.health.append({**issue, "wikiUrl": "https://wiki.servarr.com/sonarr"})
    await world.pass_time(15)
    assert "All indexers are unavailable" in (await world.the_one()).reason
    world.away.add("sonarr")
    await world.pass_time(15)
    assert "sonarr can't be asked" in (await world.the_one()).reason
    assert world.asked() == []
    world.away.clear()
    world.sonarr.state.health.clear()
    await world.pass_time(20)
    assert len(world.asked()) == 1
    recovery = await world.the_one()
    waited = ["native_wait", "paused", "indexers", "unreachable", "settling", "search", "verified", "back_off"]
    assert await world.steps(recovery) == ["seen", "classified", *waited]


async def test_what_sonarr_does_when_it_is_back_is_not_done_twice(world: World) -> None:
    world.releases["sonarr", 1] = 1
    world.fail(world.grab(world.sonarr, [1]))
    await world.watch()
    world.away.add("sonarr")
    await world.pass_time(120, step=5, native=False)
    world.away.clear()
    world.now += timedelta(minutes=3)
    await world.watch()
    await world.run()
    assert "answer again" in (await world.the_one()).reason
    await world.pass_time(20)
    assert world.asked() == []
    assert (await world.the_one()).state == "verifying"


async def test_quiet_hours_are_kept_but_for_what_a_person_approves(world: World) -> None:
    local = (world.now - timedelta(minutes=5)).astimezone()
    end = local + timedelta(hours=3)
    await world.set_policy(quiet_hours={"start": f"{local:%H:%M}", "end": f"{end:%H:%M}"})
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(60, step=5)
    recovery = await world.the_one()
    assert (recovery.state, "quiet hours" in recovery.reason, world.asked()) == ("waiting", True, [])
    await world.pass_time(130, step=5)
    assert len(world.asked()) == 1


async def test_observing_writes_nothing_and_says_what_it_would_do(world: World) -> None:
    await world.set_policy(mode="observe")
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(60 * 24, step=60)
    recovery = await world.the_one()
    assert (recovery.state, recovery.reason.endswith("it would search for it.")) == ("waiting", True)
    with pytest.raises(Refused, match="asks for nothing"):
        await approve(world.contexts[0], ADA, recovery.id, world.now)
    await world.pass_time(60 * 24 * 7, step=8 * 60)
    assert (await world.the_one()).state == "dismissed"
    assert world.asked() == []
    assert await world.attempts() == []


async def test_asking_first(world: World) -> None:
    await world.set_policy(mode="ask")
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(60, step=5)
    recovery = await world.the_one()
    assert (recovery.state, recovery.action, world.asked()) == ("asking", "search", [])
    local = world.now.astimezone()
    quiet = {"start": f"{local:%H:%M}", "end": f"{local + timedelta(hours=1):%H:%M}"}
    await world.set_policy(mode="ask", quiet_hours=quiet)
    await approve(world.contexts[0], ADA, recovery.id, world.now)
    await world.pass_time(40, step=5)
    recovery = await world.the_one()
    assert (len(world.asked()), recovery.state, recovery.approved_by) == (1, "asking", None)
    await cancel(world.contexts[0], ADA, recovery.id, world.now)
    await world.pass_time(60 * 24, step=30)
    assert ((await world.the_one()).state, len(world.asked())) == ("dismissed", 1)


async def test_a_class_and_a_service_have_modes_of_their_own(world: World) -> None:
    await world.set_policy(failures={"missing": "ask"}, services={str(world.ids["radarr"]): "observe"})
    for arr, item in ((world.sonarr, 1), (world.radarr, 3)):
        world.fail(world.grab(arr, [item]))
    await world.pass_time(60, step=5)
    states = {one.owner_name: one.state for one in await world.recoveries()}
    assert states == {"sonarr": "asking", "radarr": "waiting"}


@pytest.mark.parametrize(
    ("message", "failure", "proposed"),
    [
        ("Post-processing was aborted", "aborted", "retry"),
        ("Duplicate NZB", "duplicate", "search"),
        ("Der Grund ist nicht bekannt", "unclassified", "search"),
    ],
)
async def test_what_only_a_person_can_judge_is_asked(world: World, message: str, failure: str, proposed: str) -> None:
    world.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    world.fail(world.grab(world.sonarr, [1]), message)
    await world.pass_time(60, step=5, native=False)
    recovery = await world.the_one()
    assert (recovery.failure, recovery.state, recovery.action) == (failure, "asking", proposed)
    assert recovery.message == message
    assert await world.attempts() == []
    await approve(world.contexts[0], ADA, recovery.id, world.now)
    await world.pass_time(5, native=False)
    assert await world.attempts() == [(proposed, "verified")]


async def test_the_budget_is_kept(world: World) -> None:
    await world.set_policy(searches_per_hour=3)
    for episode in range(1, 8):
        world.fail(world.grab(world.sonarr, [episode]))
    await world.pass_time(50, step=3)
    assert len(world.asked()) == 3
    waiting = [one for one in await world.recoveries() if "budget of 3 searches" in one.reason]
    assert len(waiting) >= 4
    assert len({search["episodeIds"][0] for search in world.asked()}) == 3
    await world.pass_time(70, step=5)
    assert len(world.asked()) == 6


async def test_a_service_that_was_removed_ends_what_it_owned(world: World) -> None:
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(3)
    async with world.contexts[0].database.writing.begin() as session:
        await session.delete(await session.get_one(Service, world.ids["sonarr"]))
    await world.pass_time(5, native=False)
    recovery = await world.the_one()
    assert (recovery.state, recovery.reason) == ("dismissed", "sonarr was removed from AutoArr.")


async def test_what_was_grabbed_and_is_gone_is_searched_for_after_an_hour(world: World) -> None:
    world.releases["sonarr", 1] = 1
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(3)
    world.sonarr.state.queue.clear()
    await world.pass_time(45, step=5)
    assert ((await world.the_one()).state, world.asked()) == ("verifying", [])
    await world.pass_time(25, step=5)
    assert len(world.asked()) == 1


async def test_what_breaks_one_does_not_hold_up_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for arr, item in ((world.sonarr, 1), (world.radarr, 3)):
        world.fail(world.grab(arr, [item]))
    await world.watch()
    looked: list[str] = []

    async def look(context: Any, reader: Any, recovery: Recovery, now: datetime) -> Facts:
        looked.append(recovery.owner_name)
        raise ValueError("unexpected")

    monkeypatch.setattr("autoarr.recovery.engine.gather", look)
    with pytest.raises(ValueError, match="unexpected"):
        await world.run()
    assert sorted(looked) == ["radarr", "sonarr"]
