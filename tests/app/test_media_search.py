"""A search for films and series: joined from all services, and honest about what none of them told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from autoarr.requests import presence, search
from tests.app.conftest import logged_in
from tests.app.fakes import FakeRadarr
from tests.app.hostile import TEXTS
from tests.app.requests_world import DUNE_1984, FARGO, FARGO_FILM, MATRIX, SEVERANCE, World, make_world, violations

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH = "/api/v1/media/search"


@pytest.fixture
async def world(app: FastAPI) -> World:
    """The services; people log in by themselves."""
    return await make_world([app])


@pytest.fixture
async def robin(app: FastAPI, world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A requester."""
    async with logged_in(app, "requester", "Robin Two") as client:
        yield client


@pytest.fixture
async def ada(app: FastAPI, world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """An administrator."""
    async with logged_in(app, "admin", "Ada Two") as client:
        yield client


async def find(client: httpx2.AsyncClient, q: str, **query: Any) -> dict[str, Any]:
    """Search, and give what is answered."""
    answer = await client.get(PATH, params={"q": q, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_films_and_series_together(world: World, robin: httpx2.AsyncClient) -> None:
    found = await find(robin, "fargo")

    assert [(item["id"], item["year"]) for item in found["items"]] == [
        (f"movie:tmdb:{FARGO_FILM}", 1996),
        (f"series:tvdb:{FARGO}", 2014),
    ]
    film, series = found["items"]
    assert (film["service_name"], series["service_name"]) == ("Radarr", "Sonarr")
    for item in (film, series):
        assert (item["in_library"], item["files"], item["in_plex"], item["requests"]) == (False, "none", False, [])
        assert item["poster"].startswith("/api/v1/media/posters/")
    assert (film["seasons"], [season["number"] for season in series["seasons"]]) == ([], [1, 2, 3])
    assert {season["files"] for season in series["seasons"]} == {"none"}
    assert (found["complete"], found["unknown"]) == (True, [])
    assert [item["media"] for item in (await find(robin, "fargo", media="series"))["items"]] == ["series"]
    assert violations(world) == []


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("dune 1984", [DUNE_1984, 438631]),
        ("dune", [438631, DUNE_1984]),
        (f"tmdb {MATRIX}", [MATRIX]),
        (f"https://www.themoviedb.org/movie/{MATRIX}-the-matrix", [MATRIX]),
        ("nothing of this name", []),
    ],
)
async def test_the_likeliest_first(robin: httpx2.AsyncClient, q: str, expected: list[int]) -> None:
    found = await find(robin, q)

    assert ([item["tmdb_id"] for item in found["items"]], found["complete"]) == (expected, True)


async def test_a_whole_wish_is_understood(robin: httpx2.AsyncClient) -> None:
    found = await find(robin, "season 2 of severance in 4K")

    wish = {name: value for name, value in found["wish"].items() if value is not None}
    assert wish == {"title": "severance", "media": "series", "quality": "4K", "seasons": [2]}
    assert [item["tvdb_id"] for item in found["items"]] == [SEVERANCE]


async def test_what_is_there_already(world: World, robin: httpx2.AsyncClient) -> None:
    for text in ("the matrix", "severance"):
        await world.ask("Ada", text)
    await world.look_often(2)
    world.finish_movie()
    world.finish_season(SEVERANCE, 1)
    world.show("The Matrix", 1999)

    (film,) = (await find(robin, "matrix"))["items"]
    (by_number,) = (await find(robin, f"tmdb {MATRIX}"))["items"]
    (series,) = (await find(robin, "severance"))["items"]

    assert (film["in_library"], film["files"], film["in_plex"]) == (True, "all", True)
    assert (by_number["in_library"], by_number["files"], by_number["in_plex"]) == (True, "all", True)
    assert (series["in_library"], series["files"], series["in_plex"]) == (True, "some", False)
    assert series["seasons"] == [{"number": 1, "files": "all"}, {"number": 2, "files": "none"}]
    assert violations(world) == []


async def test_whose_requests_there_are(world: World, robin: httpx2.AsyncClient, ada: httpx2.AsyncClient) -> None:
    mine = (await robin.post("/api/v1/requests", json={"media": "series", "tvdb_id": SEVERANCE, "seasons": [2]})).json()
    theirs = await world.ask("Kim", "severance season 1")

    (seen,) = (await find(robin, "severance"))["items"]
    (all_of_it,) = (await find(ada, "severance"))["items"]

    state = "awaiting_approval"
    assert seen["requests"] == [
        {"id": None, "mine": False, "state": state, "seasons": [1]},
        {"id": mine["id"], "mine": True, "state": state, "seasons": [2]},
    ]
    assert {one["id"] for one in all_of_it["requests"]} == {mine["id"], str(theirs.id)}


async def test_a_chosen_title_is_asked_for_exactly(robin: httpx2.AsyncClient) -> None:
    found = await find(robin, "dune")
    chosen = found["items"][1]
    made = await robin.post(
        "/api/v1/requests", json={name: chosen[name] for name in ("media", "tmdb_id", "title", "year")}
    )

    assert made.status_code == 201
    assert (made.json()["state"], made.json()["tmdb_id"]) == ("awaiting_approval", DUNE_1984)
    assert made.json()["poster"]


async def test_one_that_is_away_is_unknown(world: World, robin: httpx2.AsyncClient) -> None:
    world.radarr.fail("", 503)
    world.plex.fail("", 503)
    found = await find(robin, "fargo")

    assert [item["media"] for item in found["items"]] == ["series"]
    assert found["items"][0]["in_plex"] is None
    assert not found["complete"]
    assert [(one["media"], one["service_name"]) for one in found["unknown"]] == [("movie", "Radarr"), (None, "Plex")]
    assert found["unknown"][0]["reason"].startswith("Radarr can't be asked: ")


async def test_nobody_to_ask(world: World, robin: httpx2.AsyncClient) -> None:
    world.radarr.fail("", 503)
    world.sonarr.fail("", 503)
    found = await find(robin, "fargo")
    assert (found["items"], found["complete"], len(found["unknown"])) == ([], False, 2)

    from autoarr.models import Service

    await world.change(Service, enabled=False)
    found = await find(robin, "fargo")
    reasons = [one["reason"] for one in found["unknown"]]
    assert (found["items"], reasons) == ([], ["No Radarr is connected.", "No Sonarr is connected."])


async def test_one_that_takes_too_long(robin: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "DEADLINE", 0.0)
    found = await find(robin, "fargo")

    assert found["items"] == []
    assert found["unknown"][0]["reason"] == "Radarr did not answer within 0 seconds."


async def test_several_instances(world: World, robin: httpx2.AsyncClient) -> None:
    other = FakeRadarr()
    await world.add_service("radarr", "radarr4k", other, "Radarr 4K")
    other.state.known = dict(world.radarr.state.known)
    other.state.titles = [{**other.state.known[MATRIX], "id": 7, "hasFile": True}]

    (film,) = (await find(robin, "matrix"))["items"]
    assert (film["in_library"], film["files"], film["service_name"]) == (True, "all", "Radarr 4K")

    other.fail("", 503)
    found = await find(robin, "matrix")
    (film,) = found["items"]
    # The one that answers doesn't have it; the other may.
    assert (film["in_library"], film["files"], found["complete"]) == (None, None, False)


async def test_bounded(world: World, robin: httpx2.AsyncClient) -> None:
    for number in range(1, 60):
        world.radarr.state.known[number] = world.radarr.make_movie(0, title=f"Part {number}", tmdbId=number)

    assert len((await find(robin, "part"))["items"]) == presence.MOST


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_hostile_texts_stay_texts(world: World, robin: httpx2.AsyncClient, text: str) -> None:
    world.radarr.validated = False
    known = world.radarr.make_movie(0, title=f"Matrix {text}", overview=text, tmdbId=9, images=[])
    world.radarr.state.known = {9: known}
    (film,) = (await find(robin, "matrix"))["items"]

    assert len(film["title"]) <= 500
    assert len(film["overview"]) <= 600
    assert (film["title"] + film["overview"]).isprintable()
    assert "Qz7" in film["title"]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 301}, {"q": "a\0b"}, {"q": "please"}, {"media": "book"}])
async def test_refused(robin: httpx2.AsyncClient, query: dict[str, str]) -> None:
    answer = await robin.get(PATH, params=query)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
