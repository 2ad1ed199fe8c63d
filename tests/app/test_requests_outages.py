"""What goes wrong on a request's way delays it, and neither loses nor doubles it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select

from autoarr.errors import Refused
from autoarr.models import MediaRequest, Notification, NotificationTarget, Service, User
from autoarr.requests import adding, engine, service
from autoarr.requests.adding import SETTLE
from autoarr.requests.ledger import LEASE, claim
from autoarr.upstream.arr import RadarrClient
from tests.app.requests_world import World, make_world, violations

if TYPE_CHECKING:
    from fastapi import FastAPI


@pytest.fixture
async def world(replicas: list[FastAPI]) -> AsyncIterator[World]:
    """Two replicas; what they ask has to be as the services describe it."""
    made = await make_world(replicas)
    yield made
    assert violations(made) == []


@pytest.mark.parametrize("fault", [503, 401, "html", "not JSON", "wrong content", "truncated", "disconnect"], ids=str)
async def test_nothing_is_lost_while_radarr_is_away(world: World, fault: Any) -> None:
    """In every state, for an hour each."""
    world.radarr.fail("", fault)
    request = await world.ask("Robin", "the movie The Matrix")
    assert (request.state, request.ended_at) == ("asked", None)
    assert request.reason.startswith("Radarr can't be asked: ")
    await world.look_often(4, minutes=15)
    assert (await world.read(request)).state == "asked"
    world.radarr.mend()
    await world.look(minutes=30)
    assert (await world.read(request)).state == "awaiting_approval"
    world.radarr.fail("", fault)
    await world.approve(request)
    await world.look_often(4, minutes=15)
    assert (await world.read(request)).state == "adding"
    world.radarr.mend()
    world.radarr.fail("command", fault)
    await world.look_often(4, minutes=15)
    assert (await world.read(request)).state == "searching"
    world.radarr.mend()
    await world.look_often(4, minutes=30)
    world.radarr.fail("", fault)
    await world.look_often(2, minutes=30)
    world.radarr.mend()
    world.finish_movie()
    world.plex.fail("", fault)
    await world.look_often(4, minutes=30)
    reading = await world.read(request)
    assert (reading.state, reading.ended_at) == ("imported", None)
    assert reading.reason.startswith("Plex can't be asked: ")
    world.plex.mend()
    world.show("The Matrix", 1999)
    await world.look_often(2, minutes=30)

    assert (await world.read(request)).state == "in_plex"
    assert len(world.radarr.state.titles) == 1
    assert len(world.radarr.state.commands) == 1
    # A delay is one line of the timeline, however often it is looked at.
    lines = await world.timeline(request)
    assert len(lines) < 30
    assert len([1 for step, message in lines if step == "asked" and "can't be asked" in message]) == 1


async def test_either_may_be_meant_and_one_is_away(world: World) -> None:
    world.sonarr.fail("", 503)
    request = await world.ask("Ada", "the matrix")
    assert (request.state, request.reason.split(":")[0]) == ("asked", "Sonarr can't be asked")
    assert (await world.ask("Ada", "the movie the matrix")).state == "approved"

    world.sonarr.mend()
    await world.look(minutes=2)

    assert (await world.read(request)).reason.endswith("by the same person.")


LOST = ["answer lost", "stored, then disconnect", "disconnect", "not stored", 503, "truncated"]


@pytest.mark.parametrize("fault", LOST, ids=str)
async def test_a_lost_answer_is_looked_up(world: World, fault: Any) -> None:
    world.radarr.fail("movie", fault, 1, method="POST")
    request = await world.ask("Ada", "the matrix")
    await world.look()
    assert len(world.posts("radarr", "movie")) == 1
    assert (await world.read(request)).state in ("adding", "searching")

    # Nobody writes again while it may still be on its way.
    await world.look(seconds=SETTLE.total_seconds() - 1)
    stored = bool(world.radarr.state.titles)
    # Whether its answer was lost, or it was answered as if it had been made.
    assert len(world.posts("radarr", "movie")) == 1
    await world.look_often(8)

    assert (await world.read(request)).state == "searching"
    assert len(world.posts("radarr", "movie")) == (1 if stored else 2)
    assert len(world.radarr.state.titles) == len(world.radarr.state.commands) == 1


async def test_a_write_that_is_refused_is_told(world: World) -> None:
    world.radarr.state.collections["rootfolder"][0]["accessible"] = False
    request = await world.ask("Ada", "the matrix")
    await world.look()
    assert (await world.read(request)).reason == "Radarr has no root folder that can be reached."
    world.radarr.state.collections["rootfolder"][0]["accessible"] = True
    world.radarr.fail("movie", 400, method="POST")
    await world.look_often(3, minutes=10)
    assert "Radarr refused it" in (await world.read(request)).reason

    world.radarr.mend()
    await world.look_often(2, minutes=30)

    assert (await world.read(request)).state == "searching"


class Killed(BaseException):
    """The process ended here."""


def kill_at(monkeypatch: pytest.MonkeyPatch, place: str) -> Callable[[], None]:
    """Have the process end at a step, as far as the database and the services can tell; give what ends that."""
    if place == "settling":

        async def settle(*arguments: Any) -> Any:
            raise Killed

        monkeypatch.setattr(engine, "settle", settle)
        return monkeypatch.undo

    def checkpoint(step: str) -> None:
        if step == place:
            raise Killed

    monkeypatch.setattr(adding, "checkpoint", checkpoint)
    return monkeypatch.undo


@pytest.mark.parametrize("place", ["request.add.marked", "request.add.sent", "settling"])
async def test_killed(world: World, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    request = await world.ask("Ada", "the matrix")
    restart = kill_at(monkeypatch, place)
    with pytest.raises(Killed):
        await engine.advance(world.contexts[0], request.id, world.clock)
    restart()

    # Another replica waits for the lease to end.
    await world.look(1, minutes=1)
    assert len(world.posts("radarr", "movie")) <= 1
    await world.look_often(6)

    assert (await world.read(request)).state == "searching"
    assert len(world.posts("radarr", "movie")) == len(world.posts("radarr", "command")) == 1


async def test_who_lost_the_lease_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica that was stopped for minutes goes on where another one has taken over."""
    request = await world.ask("Ada", "the matrix")
    asked = asyncio.Event()
    reading, gate = RadarrClient.root_folders, asyncio.Event()

    async def slow(self: RadarrClient) -> Any:
        answer = await reading(self)
        if not asked.is_set():
            asked.set()
            await gate.wait()
        return answer

    monkeypatch.setattr(RadarrClient, "root_folders", slow)
    stopped = asyncio.create_task(engine.advance(world.contexts[0], request.id, world.clock))
    await asked.wait()
    world.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    await world.look(1)
    gate.set()
    await stopped
    await world.look_often(3)

    assert len(world.posts("radarr", "movie")) == len(world.posts("radarr", "command")) == 1
    assert (await world.read(request)).state == "searching"


@pytest.mark.parametrize("state", ["asked", "approved", "searching", "imported"])
async def test_cancelled_while_it_is_looked_at(world: World, state: str) -> None:
    if state == "asked":
        world.radarr.fail("", 503)
    request = await world.ask("Ada", "the movie the matrix")
    world.radarr.mend()
    if state in ("searching", "imported"):
        await world.look()
    if state == "imported":
        world.finish_movie()
        await world.look(minutes=1)
        world.show("The Matrix", 1999)
    writes = len(world.radarr.writes)
    world.clock.pass_by(minutes=30)
    claimed = await claim(world.context.database, request.id, world.clock())
    assert claimed is not None
    assert claimed.state == state

    await service.cancel(world.context, world.people["Ada"], request.id, world.clock())
    assert await engine._step(world.context, claimed, world.clock) is None

    ended = await world.read(request)
    assert (ended.state, ended.next_at) == ("cancelled", None)
    assert len(world.radarr.writes) == writes


async def test_removed_from_radarr_meanwhile(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    world.radarr.state.titles.clear()

    await world.look_often(2)

    ended = await world.read(request)
    assert (ended.state, ended.ended_at is not None) == ("failed", True)
    assert "was removed from Radarr meanwhile" in ended.reason
    assert len(world.posts("radarr", "movie")) == 1


async def test_removed_from_radarr_and_added_again(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    world.radarr.state.titles[0]["id"] = 77
    await world.look_often(2)
    assert (await world.read(request)).external_id == 77


async def test_called_otherwise_meanwhile(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    world.radarr.state.titles[0] |= {"title": "Matrix", "alternateTitles": [{"title": "The Matrix: Remastered"}]}
    world.finish_movie()
    world.show("The Matrix - Remastered", 1998)

    await world.look_often(4)

    ended = await world.read(request)
    assert (ended.state, ended.title) == ("in_plex", "Matrix")


async def test_no_longer_monitored(world: World) -> None:
    request = await world.ask("Ada", "Severance season 2")
    world.sonarr.fail("command", 503)
    await world.look()
    world.sonarr.mend()
    for season in world.sonarr.state.titles[0]["seasons"]:
        season["monitored"] = False

    await world.look_often(4, minutes=20)

    assert "switched its monitoring off" in (await world.read(request)).reason
    assert world.posts("sonarr", "command") == []


async def test_the_service_is_removed(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    async with world.context.database.writing.begin() as session:
        await session.execute(delete(Service).where(Service.id == world.services["radarr"]))
    await world.look_often(3)
    waiting = await world.read(request)
    assert (waiting.state, waiting.reason) == ("approved", "It can't be added: no Radarr is connected.")

    other = type(world.radarr)()
    await world.add_service("radarr", "other", other)
    other.state.known = world.radarr.state.known
    await world.look_often(3, minutes=10)

    assert (await world.read(request)).state == "searching"
    assert len(world.posts("other", "movie")) == len(world.posts("other", "command")) == 1


async def test_no_service_at_all(world: World) -> None:
    await world.change(Service, enabled=False)
    request = await world.ask("Robin", "the matrix")
    assert (request.state, request.reason) == ("asked", "It can't be looked up: no Radarr or Sonarr is connected.")

    await world.change(Service, enabled=True)
    await world.look(minutes=10)

    assert (await world.read(request)).state == "awaiting_approval"


async def test_the_user_is_removed(world: World) -> None:
    request = await world.ask("Robin", "the matrix")
    await world.approve(request)
    async with world.context.database.writing.begin() as session:
        await session.execute(delete(User).where(User.name == "Robin"))
    await world.look()

    going_on = await world.read(request)

    assert (going_on.state, going_on.user_id, going_on.user_name) == ("searching", None, "Robin")
    with pytest.raises(Refused):
        await world.ask("Robin", "Severance")


async def test_episodes_that_are_not_known_yet(world: World) -> None:
    world.sonarr.episode_counts.clear()
    request = await world.ask("Ada", "Severance season 1")
    await world.look_often(3)
    assert (await world.read(request)).reason == "Its episodes aren't known there yet."
    assert world.posts("sonarr", "command") == []

    episode = world.sonarr.make_episode(1, seasonNumber=1, seriesId=1)
    world.sonarr.missing_episodes.append(episode)
    await world.look_often(3)

    assert len(world.posts("sonarr", "command")) == 1
    episode["hasFile"] = True
    await world.look_often(3)
    assert (await world.read(request)).state == "imported"


async def test_a_search_that_is_broken_off_is_made_again(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    world.radarr.state.commands[0] |= {"status": "aborted"}
    await world.look_often(6)
    assert "broke the search off" in (await world.read(request)).reason
    assert len(world.posts("radarr", "command")) == 1

    await world.look_often(4, minutes=30)

    assert len(world.posts("radarr", "command")) == 2


async def test_a_download_that_comes_to_nothing(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    row = world.radarr.add_to_queue(movieId=1, trackedDownloadState="importBlocked")
    await world.look_often(3)
    assert "could not take it so far" in (await world.read(request)).reason
    world.radarr.state.queue.remove(row)
    await world.look_often(3)

    # Recoveries care for it; a request never searches twice.
    assert (await world.read(request)).state == "searching"
    assert len(world.posts("radarr", "command")) == 1


async def test_one_that_can_not_be_read_keeps_no_other_back(world: World) -> None:
    broken, whole = await world.ask("Ada", "the matrix"), await world.ask("Ada", "Severance season 1")
    async with world.context.database.writing.begin() as session:
        row = await session.get_one(MediaRequest, broken.id)
        row.tmdb_id = None
    with pytest.raises(ValueError, match="has a number"):
        await engine.run_due(world.context, world.clock)

    assert (await world.read(whole)).state == "searching"


async def test_people_are_told(world: World) -> None:
    target = NotificationTarget(
        kind="webhook",
        name="Hook",
        name_key="hook",
        url_encrypted=world.context.keys.encrypt("https://hook.invalid"),
        events=[],
        enabled=True,
        created_at=world.clock(),
        updated_at=world.clock(),
    )
    async with world.context.database.writing.begin() as session:
        session.add(target)
    request = await world.ask("Robin", "the matrix")
    await world.ask("Robin", "Dune")
    await world.ask("Kim", "nothing like that")
    await world.approve(request)
    await world.look()
    world.finish_movie()
    world.show("The Matrix", 1999)
    await world.look_often(3)
    other = await world.ask("Robin", "Severance")
    await service.deny(world.context, world.people["Ada"], other.id, "no", world.clock())

    async with world.context.database.sessions() as session:
        told = [row.event for row in await session.scalars(select(Notification).order_by(Notification.id))]
    assert told == [
        "request.asked",
        "request.choosing",
        "request.failed",
        "request.approved",
        "request.in_plex",
        "request.asked",
        "request.denied",
    ]


async def test_leases_end(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    assert await claim(world.context.database, request.id, world.clock()) is not None
    assert await claim(world.context.database, request.id, world.clock()) is None
    world.clock.pass_by(seconds=(LEASE - timedelta(seconds=1)).total_seconds())
    assert await claim(world.context.database, request.id, world.clock()) is None
    world.clock.pass_by(seconds=1)
    assert await claim(world.context.database, request.id, world.clock()) is not None
