"""A request's way, from the first words to Plex, on both databases."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from autoarr.api.paging import PageQuery, read_page
from autoarr.api.requests import RequestView
from autoarr.errors import Refused
from autoarr.models import MediaRequest, Service
from autoarr.requests import engine, service
from autoarr.requests.adding import DEADLINE, SETTLE
from autoarr.requests.engine import BUDGET
from autoarr.requests.following import PLEX_PATIENCE
from autoarr.requests.ledger import LEASE
from autoarr.requests.wish import Wish
from tests.app.requests_world import (
    DUNE_1984,
    DUNE_2021,
    FARGO,
    FARGO_FILM,
    MATRIX,
    SEVERANCE,
    WIRE,
    World,
    make_world,
    violations,
)

if TYPE_CHECKING:
    from fastapi import FastAPI


@pytest.fixture
async def world(replicas: list[FastAPI]) -> AsyncIterator[World]:
    """Two replicas; what they ask has to be as the services describe it."""
    made = await make_world(replicas)
    yield made
    assert violations(made) == []


async def test_a_film_from_words_to_plex(world: World) -> None:
    request = await world.ask("Robin", "the matrix please")

    assert (request.state, request.title, request.year, request.tmdb_id) == (
        "awaiting_approval",
        "The Matrix",
        1999,
        MATRIX,
    )
    assert request.poster_url == f"https://image.invalid/{MATRIX}.jpg"
    await world.look_often(2)
    assert world.radarr.writes == []
    assert (await world.approve(request)).state == "approved"
    await world.look()
    assert (await world.read(request)).state == "searching"
    [film] = world.posts("radarr", "movie")
    assert (film["tmdbId"], film["monitored"], film["addOptions"]["searchForMovie"]) == (MATRIX, True, False)
    assert world.posts("radarr", "command") == [{"name": "MoviesSearch", "movieIds": [1]}]
    world.radarr.add_to_queue(movieId=1)
    await world.look_often(3)
    assert (await world.read(request)).state == "downloading"
    world.finish_movie()
    await world.look_often(3)
    assert (await world.read(request)).state == "imported"
    world.show("The Matrix", 1999)
    await world.look_often(3)

    ended = await world.read(request)
    assert (ended.state, ended.reason, ended.next_at) == ("in_plex", "The Matrix (1999) is in Plex.", None)
    assert ended.ended_at == ended.updated_at
    steps = [step for step, _ in await world.timeline(request)]
    assert list(dict.fromkeys(steps)) == [
        "asked",
        "awaiting_approval",
        "approved",
        "adding",
        "sent",
        "searching",
        "search",
        "downloading",
        "imported",
        "in_plex",
    ]
    assert len(world.posts("radarr", "movie")) == len(world.posts("radarr", "command")) == 1
    actions = await world.activities(request)
    assert ("request.created", "Robin") in actions
    assert ("request.approved", "Ada") in actions
    assert actions[-1] == ("request.in_plex", "system")


async def test_seasons_of_a_series(world: World) -> None:
    request = await world.ask("Ada", "season 1 and 2 of The Wire")
    assert (request.state, request.seasons) == ("approved", [1, 2])

    await world.look()

    [series] = world.posts("sonarr", "series")
    assert [season["monitored"] for season in series["seasons"]] == [False, True, True]
    searched = [(command["name"], command.get("seasonNumber")) for command in world.posts("sonarr", "command")]
    assert searched == [("SeasonSearch", 1), ("SeasonSearch", 2)]
    world.finish_season(WIRE, 1)
    world.sonarr.add_to_queue(seriesId=1, seasonNumber=2, episodeId=1)
    await world.look_often(3)
    assert (await world.read(request)).reason == "It is being downloaded. 2 of 4 episodes are there."
    world.finish_season(WIRE, 2)
    world.show("The Wire", 2002, seasons=(1,))
    await world.look_often(6)
    assert (await world.read(request)).state == "imported"
    world.show("The Wire", 2002, seasons=(1, 2), key="7")
    await world.look_often(6)
    assert (await world.read(request)).state == "in_plex"
    assert len(world.posts("sonarr", "command")) == 2


async def test_a_whole_series_is_one_search(world: World) -> None:
    request = await world.ask("Ada", "all of The Wire please")

    await world.look_often(4)

    assert world.posts("sonarr", "command") == [{"name": "SeriesSearch", "seriesId": 1}]
    world.finish_season(WIRE, 1)
    await world.look_often(6)
    world.finish_season(WIRE, 2)
    world.show("The Wire", 2002, seasons=(1, 2))
    await world.look_often(6)
    assert (await world.read(request)).state == "in_plex"
    assert len(world.posts("sonarr", "command")) == 1


async def test_the_latest_season(world: World) -> None:
    request = await world.ask("Ada", "the latest season of Severance")

    assert (request.state, request.seasons) == ("approved", [2])


async def test_several_are_asked_back(world: World) -> None:
    request = await world.ask("Robin", "Dune")

    assert request.state == "choosing"
    shown = [(item["id"], item["year"], item["poster_url"]) for item in request.candidates]
    assert shown == [
        (f"movie:tmdb:{DUNE_2021}", 2021, f"https://image.invalid/{DUNE_2021}.jpg"),
        (f"movie:tmdb:{DUNE_1984}", 1984, f"https://image.invalid/{DUNE_1984}.jpg"),
    ]
    await world.look_often(2)
    assert (await world.read(request)).state == "choosing"
    with pytest.raises(Refused) as refused:
        await service.choose(world.context, world.people["Robin"], request.id, f"movie:tmdb:{MATRIX}")
    assert refused.value.status == 422
    with pytest.raises(Refused) as refused:
        await service.choose(world.context, world.people["Kim"], request.id, f"movie:tmdb:{DUNE_1984}")
    assert refused.value.status == 404

    chosen = await service.choose(
        world.context, world.people["Robin"], request.id, f"movie:tmdb:{DUNE_1984}", world.clock()
    )

    assert (chosen.state, chosen.year, chosen.tmdb_id) == ("awaiting_approval", 1984, DUNE_1984)
    assert chosen.candidates == []


async def test_a_film_and_a_series_of_one_name(world: World) -> None:
    request = await world.ask("Ada", "Fargo in 4K")
    assert {item["media"] for item in request.candidates} == {"movie", "series"}

    chosen = await service.choose(world.context, world.people["Ada"], request.id, f"series:tvdb:{FARGO}", world.clock())

    assert (chosen.state, chosen.media, chosen.tvdb_id, chosen.quality) == ("approved", "series", FARGO, "4K")
    assert (await world.ask("Ada", "the movie Fargo")).tmdb_id == FARGO_FILM
    assert (await world.ask("Ada", "Fargo season 2")).seasons == [2]


@pytest.mark.parametrize(
    ("wish", "title"),
    [
        ({"tmdb_id": MATRIX}, "The Matrix"),
        ({"imdb_id": f"tt{MATRIX:07}", "media": "movie"}, "The Matrix"),
        ({"imdb_id": f"tt{MATRIX:07}"}, "The Matrix"),
        ({"tvdb_id": SEVERANCE}, "Severance"),
        ({"title": "Dune", "year": 1984}, "Dune"),
    ],
    ids=["tmdb", "imdb of a film", "imdb", "tvdb", "title and year"],
)
async def test_structured(world: World, wish: dict[str, Any], title: str) -> None:
    request = await world.ask("Ada", "", wish=Wish(**wish))

    assert (request.state, request.title) == ("approved", title)


@pytest.mark.parametrize(
    "text",
    ["No such film as this", "tmdb:999", "tvdb:999", "Severance season 7"],
    ids=["title", "tmdb", "tvdb", "season"],
)
async def test_nothing_of_that_name(world: World, text: str) -> None:
    request = await world.ask("Robin", text)

    assert request.state == "failed"
    assert request.ended_at is not None
    assert "found" in request.reason or "2 seasons" in request.reason


async def test_a_season_that_is_not_there_is_told(world: World) -> None:
    request = await world.ask("Robin", "Severance seasons 1 to 3")

    assert (request.state, request.seasons) == ("awaiting_approval", [1, 2])
    assert "no season 3 so far" in request.reason


async def test_in_plex_already(world: World) -> None:
    world.radarr.state.titles.append(
        world.radarr.make_movie(5, title="The Matrix", year=1999, tmdbId=MATRIX, hasFile=True)
    )
    told = await world.ask("Robin", "the matrix")
    assert (told.state, told.reason) == (
        "already_there",
        "The Matrix (1999) is in the library of Radarr already, but Plex doesn't show it yet.",
    )
    world.show("The Matrix", 1999)

    told = await world.ask("Robin", "the matrix")

    assert (told.state, told.reason) == ("already_there", "The Matrix (1999) is in Plex already.")
    world.plex.fail("", 503)
    assert "whether it is in Plex is not known" in (await world.ask("Robin", "the matrix")).reason
    assert world.radarr.writes == []


async def test_in_plex_and_nowhere_else(world: World) -> None:
    world.show("Dune", 1984)

    assert (await world.ask("Robin", "Dune from 2021")).state == "awaiting_approval"
    assert (await world.ask("Robin", "Dune from 1984")).reason == "Dune (1984) is in Plex already."


async def test_a_worse_quality_is_there(world: World) -> None:
    quality = {"quality": {"id": 7, "name": "Bluray-1080p", "source": "bluray", "resolution": 1080}, "revision": {}}
    film = world.radarr.make_movie(5, title="The Matrix", year=1999, tmdbId=MATRIX, hasFile=True)
    world.radarr.state.titles.append({**film, "movieFile": {"id": 1, "quality": quality}})

    told = await world.ask("Robin", "the matrix in 4K")

    assert told.state == "already_there"
    assert "but as Bluray-1080p" in told.reason
    assert (await world.ask("Robin", "the matrix in 1080p")).reason.endswith("Plex doesn't show it yet.")


@pytest.mark.parametrize("monitored", [True, False], ids=["monitored", "not monitored"])
async def test_there_without_a_file(world: World, monitored: bool) -> None:
    film = world.radarr.make_movie(5, title="The Matrix", year=1999, tmdbId=MATRIX, monitored=monitored)
    world.radarr.state.titles.append(film)

    request = await world.ask("Ada", "the matrix")
    assert request.state == "approved"
    await world.look_often(3)

    assert world.posts("radarr", "movie") == []
    assert world.posts("radarr", "command") == [{"name": "MoviesSearch", "movieIds": [5]}]
    assert film["monitored"]
    changes = [write for write in world.radarr.writes if write.method == "PUT"]
    assert len(changes) == (0 if monitored else 1)
    assert (await world.read(request)).state == "searching"


async def test_a_season_more_of_what_is_there(world: World) -> None:
    await world.ask("Ada", "Severance season 1")
    await world.look_often(2)
    world.finish_season(SEVERANCE, 1)
    await world.look_often(3)

    request = await world.ask("Ada", "Severance season 2")
    await world.look_often(3)

    assert len(world.posts("sonarr", "series")) == 1
    [change] = [write for write in world.sonarr.writes if write.method == "PUT"]
    assert [season["monitored"] for season in change.body["seasons"]] == [False, True, True]
    assert [command["seasonNumber"] for command in world.posts("sonarr", "command")] == [1, 2]
    assert (await world.ask("Robin", "Severance season 1")).state == "already_there"
    assert (await world.read(request)).state == "searching"


async def test_what_was_not_shown_yet_is_not_searched(world: World) -> None:
    world.radarr.state.known[MATRIX]["isAvailable"] = False
    request = await world.ask("Ada", "the matrix")
    await world.look_often(3)
    assert (await world.read(request)).reason == "It isn't released yet."
    assert world.posts("radarr", "command") == []

    world.radarr.state.titles[0]["isAvailable"] = True
    await world.look_often(3, minutes=30)

    assert len(world.posts("radarr", "command")) == 1


async def test_two_people_and_one_title(world: World) -> None:
    first, second = await world.ask("Robin", "the matrix"), await world.ask("Kim", "tmdb:603")
    again = await world.ask("Robin", "matrix")

    assert (first.state, second.state, second.identity) == ("awaiting_approval", "asked", None)
    assert "Somebody asked for The Matrix (1999) already" in second.reason
    assert (again.state, "by the same person" in again.reason) == ("already_there", True)
    await service.deny(world.context, world.people["Ada"], first.id, "not now", world.clock())
    await world.look(minutes=10)
    assert (await world.read(second)).state == "awaiting_approval"
    await world.approve(second)
    third = await world.ask("Robin", "the matrix")
    await world.look()
    world.finish_movie()
    world.show("The Matrix", 1999)
    await world.look_often(8)
    assert [(await world.read(one)).state for one in (first, second, third)] == ["denied", "in_plex", "already_there"]
    assert len(world.posts("radarr", "movie")) == 1


async def test_two_requests_of_one_series_at_one_moment(world: World) -> None:
    requests = [await world.ask("Ada", f"Severance season {number}", number - 1) for number in (1, 2)]

    await asyncio.gather(
        *(engine.advance(context, one.id, world.clock) for context, one in zip(world.contexts, requests, strict=True))
    )
    await world.look_often(4)

    assert len(world.posts("sonarr", "series")) == 1
    assert sorted(command["seasonNumber"] for command in world.posts("sonarr", "command")) == [1, 2]


async def test_one_replica_at_a_time(world: World) -> None:
    request = await world.ask("Ada", "the matrix")

    await asyncio.gather(*(engine.run_due(context, world.clock) for context in world.contexts * 3))

    assert (len(world.posts("radarr", "movie")), len(world.posts("radarr", "command"))) == (1, 1)
    assert (await world.read(request)).state == "searching"


async def test_the_instance_for_4k(world: World) -> None:
    other = type(world.radarr)()
    await world.add_service("radarr", "other", other, "Radarr 4K")
    other.state.known = world.radarr.state.known
    profile = {**other.state.collections["qualityprofile"][0], "id": 9, "name": "Ultra-HD"}
    other.state.collections["qualityprofile"].append(profile)

    request = await world.ask("Ada", "the matrix in 4K")
    usual = await world.ask("Ada", "the matrix")
    await world.look()

    assert (request.service_id, usual.service_id) == (world.services["other"], world.services["radarr"])
    assert [body["qualityProfileId"] for body in world.posts("other", "movie")] == [9]
    assert [body["qualityProfileId"] for body in world.posts("radarr", "movie")] == [4]


async def test_no_profile_allows_what_is_wished(world: World) -> None:
    profiles = world.radarr.state.collections["qualityprofile"]
    world.radarr.state.collections["qualityprofile"] = [one for one in profiles if one["name"] != "Any"]
    request = await world.ask("Ada", "the matrix in 4K")
    await world.look_often(2)
    assert (await world.read(request)).reason == (
        "No quality profile of Radarr allows 4K: an administrator has to add one."
    )

    world.radarr.state.collections["qualityprofile"] = profiles
    await world.look_often(3)

    assert (await world.read(request)).state == "searching"


async def test_quota(world: World) -> None:
    await world.set_policy(requests_per_week=2)

    made = await asyncio.gather(
        *(world.ask("Robin", text, number % 2) for number, text in enumerate(("the matrix", "The Wire", "Severance"))),
        return_exceptions=True,
    )

    refused = [one for one in made if isinstance(one, Refused)]
    assert [one.status for one in refused] == [429]
    assert len(await world.all()) == 2
    # Other people, administrators, what costs nothing, and another week.
    assert (await world.ask("Kim", "Dune from 1984")).state == "awaiting_approval"
    for text in ("Dune from 2021", "the movie Fargo", "Fargo season 1"):
        await world.ask("Ada", text)
    world.clock.pass_by(days=7, seconds=1)
    assert (await world.ask("Robin", "no such thing")).state == "failed"
    assert (await world.ask("Robin", "Fargo season 2")).state == "awaiting_approval"
    await world.set_policy(requests_per_week=0)
    with pytest.raises(Refused):
        await world.ask("Kim", "Fargo season 3")


async def test_without_approval(world: World) -> None:
    await world.set_policy(requests_need_approval=False)

    assert (await world.ask("Robin", "the matrix")).state == "approved"


async def test_observe_mode_writes_nothing(world: World) -> None:
    await world.set_policy(mode="observe")
    request = await world.ask("Ada", "the matrix")
    await world.look_often(3)
    assert "observe mode" in (await world.read(request)).reason
    assert world.radarr.writes == []

    await world.set_policy(services={world.services["radarr"]: "observe"})
    await world.look_often(3)
    assert world.radarr.writes == []
    await world.set_policy()
    await world.look_often(3)

    assert (await world.read(request)).state == "searching"


async def test_the_search_budget_is_kept_and_told(world: World) -> None:
    await world.set_policy(searches_per_hour=1)
    first, second = [await world.ask("Ada", text) for text in ("the matrix", "Dune 1984")]
    await world.look_often(2)
    assert len(world.posts("radarr", "command")) == 1
    waiting = [(await world.read(one)).reason for one in (first, second)]
    assert "The budget of 1 searches an hour at Radarr is used up." in waiting

    await world.look_often(14)

    assert len(world.posts("radarr", "command")) == 2


async def test_searched_once_however_long_it_takes(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look_often(6)
    await world.look_often(6, hours=20)

    waiting = await world.read(request)
    assert waiting.reason == (
        "It isn't there yet. It was searched for; Radarr takes it as soon as there is a suitable release."
    )
    assert [search.state for search in await world.searches()] == ["finished"]
    assert len(world.posts("radarr", "command")) == 1


async def test_what_was_searched_for_another_request(world: World) -> None:
    first = await world.ask("Ada", "all of Severance")
    await world.look_often(4)
    await service.cancel(world.context, world.people["Ada"], first.id, world.clock())
    second = await world.ask("Ada", "Severance season 1")
    await world.look_often(4)
    assert [command["name"] for command in world.posts("sonarr", "command")] == ["SeriesSearch"]
    assert (await world.read(second)).state == "searching"

    await world.look_often(4, hours=3)

    # It was long ago by now, and it wasn't this request's own.
    assert [command["name"] for command in world.posts("sonarr", "command")] == ["SeriesSearch", "SeasonSearch"]


async def test_no_plex(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    async with world.context.database.writing.begin() as session:
        await session.delete(await session.get_one(Service, world.services["plex"]))
    world.finish_movie()

    await world.look_often(3)

    ended = await world.read(request)
    assert (ended.state, ended.ended_at is not None) == ("imported", True)
    assert "No Plex is connected" in ended.reason
    # It is no longer in the way of another one.
    assert (await world.ask("Kim", "the matrix")).state == "already_there"


async def test_plex_never_shows_it(world: World) -> None:
    request = await world.ask("Ada", "the matrix")
    await world.look()
    world.finish_movie()
    await world.look_often(2)
    world.plex.fail("", 503)
    await world.look_often(3, days=3)
    assert (await world.read(request)).ended_at is None
    world.plex.mend()
    await world.look_often(2, hours=1)

    ended = await world.read(request)
    assert (ended.state, ended.ended_at is not None) == ("imported", True)
    assert f"within {PLEX_PATIENCE.days} days" in ended.reason


async def test_cancelled(world: World) -> None:
    request = await world.ask("Robin", "the matrix")
    with pytest.raises(Refused) as refused:
        await service.cancel(world.context, world.people["Kim"], request.id)
    assert refused.value.status == 404
    ended = await service.cancel(world.context, world.people["Robin"], request.id, world.clock())
    assert (ended.state, ended.reason) == ("cancelled", "Robin cancelled it.")
    with pytest.raises(Refused):
        await service.cancel(world.context, world.people["Robin"], request.id)

    other = await world.ask("Ada", "Dune 1984")
    await world.look()
    ended = await service.cancel(world.context, world.people["Ada"], other.id, world.clock())

    assert "stays as it is" in ended.reason
    await world.look_often(3)
    assert (await world.read(other)).state == "cancelled"


async def test_who_may_decide(world: World) -> None:
    request = await world.ask("Robin", "the matrix")

    for attempt in (
        service.approve(world.context, world.people["Robin"], request.id),
        service.deny(world.context, world.people["Robin"], request.id, "no"),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.status == 403
    denied = await service.deny(world.context, world.people["Ada"], request.id, "too\nlong", world.clock())
    assert (denied.state, denied.reason, denied.decided_by) == ("denied", "Ada denied it: too long", "Ada")
    with pytest.raises(Refused):
        await world.approve(request)


async def test_a_token_for_less_needs_approval(world: World) -> None:
    world.people["less"] = replace(world.people["Ada"], role="requester", session_id=None, token_id=uuid.uuid4())

    assert (await world.ask("less", "the matrix")).state == "awaiting_approval"


def test_more_time_than_a_write_may_take() -> None:
    assert timedelta(seconds=DEADLINE) < SETTLE < LEASE
    assert timedelta(seconds=BUDGET + DEADLINE) < LEASE


async def test_lists(world: World) -> None:
    mine = await world.ask("Robin", "the matrix")
    world.clock.pass_by(seconds=1)
    await world.ask("Kim", "Severance")
    world.clock.pass_by(seconds=1)
    await world.ask("Kim", "no such title")

    async def listed(who: str, page: int = 1, page_size: int = 50, **wanted: Any) -> list[str]:
        query = service.select_requests(world.people[who], **wanted)
        async with world.context.database.sessions() as session:
            asked = PageQuery(page=page, page_size=page_size)
            found = await read_page(session, query, asked, RequestView.model_validate)
        assert found.total >= len(found.items)
        return [item.title for item in found.items]

    assert await listed("Robin") == ["The Matrix"]
    assert await listed("Ada") == ["no such title", "Severance", "The Matrix"]
    assert await listed("Ada", page=2, page_size=1) == ["Severance"]
    assert await listed("Ada", unfinished=False) == ["no such title"]
    assert await listed("Ada", unfinished=True, media="movie") == ["The Matrix"]
    assert await listed("Kim", state="failed") == ["no such title"]
    assert await listed("Kim", user_id=mine.user_id) == []
    with pytest.raises(Refused):
        await service.get(world.context, world.people["Kim"], mine.id)
    row, steps = await service.get(world.context, world.people["Robin"], mine.id)
    assert (row.id, [step.step for step in steps]) == (mine.id, ["asked", "awaiting_approval"])
    assert isinstance(row, MediaRequest)
