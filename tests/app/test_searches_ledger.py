"""The ledger of searches: within the budget, one for a thing at a time, sent once, and followed to its end."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from autoarr.models import Search, Service
from autoarr.policy import Policy
from autoarr.searches import commands, ledger
from autoarr.searches.commands import Wanted
from autoarr.searches.conditions import find_obstacle
from autoarr.searches.ledger import Refusal
from tests.app.recovery_world import World, end_world, make_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy.engine import URL

POLICY = Policy(searches_per_hour=3)


@pytest.fixture
async def world(database_url: URL, made_data_dir: Path) -> AsyncIterator[World]:
    """AutoArr beside a Sonarr, a Radarr and a SABnzbd."""
    world = await make_world(database_url, made_data_dir)
    world.sonarr.goes_on_when_read = world.radarr.goes_on_when_read = True
    yield world
    await end_world(world)


async def reserve(world: World, wanted: Wanted, name: str = "sonarr", policy: Policy = POLICY) -> Search | Refusal:
    async with world.contexts[0].database.writing.begin() as session:
        service = await session.get_one(Service, world.ids[name])
        return await ledger.reserve(
            session, service, wanted.subject, wanted.command, "request", uuid.uuid4(), policy, world.now
        )


async def search(world: World, wanted: Wanted, name: str = "sonarr") -> Search:
    """Reserve and send."""
    reserved = await reserve(world, wanted, name)
    assert isinstance(reserved, Search)
    return await ledger.send(world.contexts[0], reserved.id, world.now)


async def follow(world: World, minutes: float = 0) -> Search:
    """Look again later; give the only search."""
    world.now += timedelta(minutes=minutes)
    await ledger.follow(world.contexts[0], world.now)
    (one,) = await world.searches()
    return one


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (commands.movie(3), "radarr"),
        (commands.episodes([2, 1, 2]), "sonarr"),
        (commands.season(7, 1), "sonarr"),
        (commands.series(7), "sonarr"),
    ],
    ids=lambda value: value.subject if isinstance(value, Wanted) else value,
)
async def test_a_search_is_sent_and_followed(world: World, wanted: Wanted, name: str) -> None:
    sent = await search(world, wanted, name)
    assert (sent.state, sent.command_id) == ("sent", 1)
    (command,) = world.fakes[name].state.commands
    assert {key: command["body"][key] for key in wanted.command} == wanted.command
    assert (await follow(world)).state == "sent"
    await follow(world)
    done = await follow(world)
    assert (done.state, done.finished_at) == ("finished", world.now)


async def test_the_budget_is_of_any_hour_and_of_each_service(world: World) -> None:
    for episode in (1, 2, 3):
        await search(world, commands.episodes([episode]))
        world.now += timedelta(minutes=10)
    refused = await reserve(world, commands.episodes([4]))
    assert isinstance(refused, Refusal)
    assert "budget of 3 searches an hour at sonarr" in refused.reason
    assert isinstance(await reserve(world, commands.movie(1), "radarr"), Search)
    world.now = refused.next_at - timedelta(seconds=1)
    assert isinstance(await reserve(world, commands.episodes([4])), Refusal)
    world.now = refused.next_at + timedelta(seconds=1)
    assert isinstance(await reserve(world, commands.episodes([4])), Search)
    assert isinstance(await reserve(world, commands.episodes([5])), Refusal)


async def test_a_budget_of_nothing(world: World) -> None:
    assert isinstance(await reserve(world, commands.movie(1), "radarr", Policy(searches_per_hour=0)), Refusal)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (commands.episodes([1, 2]), commands.episodes([2, 3]), True),
        (commands.episodes([1, 2]), commands.episodes([12]), False),
        (commands.season(7, 1), commands.season(7, 1), True),
        (commands.season(7, 1), commands.season(7, 2), False),
        (commands.series(7), commands.season(7, 2), True),
        (commands.series(7), commands.season(71, 2), False),
        (commands.movie(1), commands.movie(1), True),
    ],
    ids=lambda value: value.subject if isinstance(value, Wanted) else "",
)
async def test_one_search_for_a_thing_at_a_time(world: World, one: Wanted, other: Wanted, same: bool) -> None:
    first = await reserve(world, one)
    assert isinstance(first, Search)
    assert isinstance(await reserve(world, other), Refusal) is same
    async with world.contexts[0].database.writing.begin() as session:
        (await session.get_one(Search, first.id)).state = "finished"
    second = await reserve(world, other)
    assert isinstance(second, Search) is same  # else it is reserved already


async def test_many_at_the_same_moment_keep_the_budget(world: World) -> None:
    found = await asyncio.gather(*(reserve(world, commands.episodes([number])) for number in range(1, 9)))
    assert sum(isinstance(one, Search) for one in found) == 3


async def test_many_at_the_same_moment_for_the_same(world: World) -> None:
    found = await asyncio.gather(*(reserve(world, commands.episodes([1])) for _ in range(5)))
    assert sum(isinstance(one, Search) for one in found) == 1


async def test_it_is_sent_once_by_however_many(world: World) -> None:
    world.add_replica()
    reserved = await reserve(world, commands.episodes([1]))
    assert isinstance(reserved, Search)
    both = [ledger.send(context, reserved.id, world.now) for context in world.contexts * 2]
    await asyncio.gather(*both)
    await ledger.send(world.contexts[0], reserved.id, world.now)
    assert len(world.asked()) == 1


async def test_what_runs_already_is_not_asked_for_again(world: World) -> None:
    world.sonarr.start_command("EpisodeSearch", "manual", {"episodeIds": [1]})
    sent = await search(world, commands.episodes([1]))
    assert (sent.state, sent.command_id, len(world.asked())) == ("sent", 1, 1)


async def test_a_lost_answer_is_looked_up(world: World) -> None:
    world.next_write = "answer lost"
    sent = await search(world, commands.episodes([1]))
    assert (sent.state, sent.command_id, len(world.asked())) == ("sent", 1, 1)


async def test_a_lost_answer_is_looked_up_later_where_that_fails_too(world: World) -> None:
    world.sonarr.on_request = lambda request: world.away.add("sonarr") if request.method == "POST" else None
    sent = await search(world, commands.episodes([1]))
    assert (sent.state, sent.command_id) == ("sent", 1)  # this answer was not lost, but whoever asks next gets none
    assert (await follow(world, 1)).state == "sent"
    world.away.clear()
    world.search("sonarr", world.sonarr)
    assert (await follow(world, 1)).state == "finished"


@pytest.mark.parametrize(("away_for", "state"), [(0, "failed"), (10, "unknown")])
async def test_what_never_arrived_is_not_repeated(world: World, away_for: float, state: str) -> None:
    world.next_write = "never arrives"
    sent = await search(world, commands.episodes([1]))
    assert (sent.state, sent.command_id) == ("sent", None)
    if away_for:
        world.away.add("sonarr")
        assert (await follow(world, away_for)).state == "sent"
        world.away.clear()
    assert (await follow(world, 1)).state == ("unknown" if away_for else "sent")
    assert (await follow(world, 3)).state == state
    assert world.asked() == []


async def test_what_costs_nothing(world: World) -> None:
    """A search that surely never reached the service; one of which that is not known does."""
    world.away.add("sonarr")
    assert (await search(world, commands.episodes([1]))).state == "failed"
    reserved = await reserve(world, commands.episodes([2]))
    assert isinstance(reserved, Search)
    world.now += timedelta(minutes=3)
    assert await ledger.follow(world.contexts[0], world.now) == 1
    assert (await ledger.send(world.contexts[0], reserved.id, world.now)).state == "failed"
    world.away.clear()
    for number in (3, 4, 5):
        await search(world, commands.episodes([number]))
    assert isinstance(await reserve(world, commands.episodes([6])), Refusal)
    assert len(world.asked()) == 3


async def test_a_reservation_that_is_too_old_is_not_sent(world: World) -> None:
    reserved = await reserve(world, commands.episodes([1]))
    assert isinstance(reserved, Search)
    world.now += timedelta(minutes=3)
    await ledger.send(world.contexts[0], reserved.id, world.now)
    assert world.asked() == []


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"status": "failed", "message": "No indexers"}, "failed"),
        ({"status": "aborted"}, "failed"),
        ({"status": "started"}, "sent"),
        ({"id": 99}, "unknown"),
    ],
    ids=lambda value: str(value),
)
async def test_how_a_command_ends(world: World, change: dict[str, Any], state: str) -> None:
    await search(world, commands.episodes([1]))
    world.sonarr.state.commands[0] |= change
    assert (await follow(world, 1)).state == state


async def test_a_command_that_never_ends(world: World) -> None:
    await search(world, commands.episodes([1]))
    assert (await follow(world, 7 * 60)).state == "unknown"


async def test_a_service_that_is_removed_takes_its_searches_with_it(world: World) -> None:
    await search(world, commands.episodes([1]))
    async with world.contexts[0].database.writing.begin() as session:
        await session.delete(await session.get_one(Service, world.ids["sonarr"]))
    await ledger.follow(world.contexts[0], world.now)
    assert await world.searches() == []


async def test_obstacles(world: World) -> None:
    async def obstacle() -> str | None:
        return await find_obstacle(world.contexts[0], world.ids["radarr"])

    assert await obstacle() is None
    issue = {"id": 1, "source": "IndexerSearchCheck", "message": "No indexers available with Automatic Search enabled"}
    world.radarr.state.health.append({**issue, "type": "warning", "wikiUrl": "https://wiki.servarr.com/radarr"})
    assert await obstacle() is None
    world.radarr.state.health[0]["type"] = "error"
    assert "No indexers available" in str(await obstacle())
    world.radarr.state.health.clear()
    world.sabnzbd.state.paused = True
    assert await obstacle() == "sabnzbd is paused."
    world.away.add("sabnzbd")
    assert "sabnzbd can't be asked" in str(await obstacle())
