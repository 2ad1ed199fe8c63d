"""Films and series asked for in the chat, as people say it: what the model makes of it is what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from autoarr.context import Context
from autoarr.models import MediaRequest
from tests.app.chat_stage import Heard, say
from tests.app.fakes import FakeRadarr, FakeSonarr
from tests.app.fakes.radarr_data import movie
from tests.app.fakes.sonarr_data import series
from tests.app.messages_stub import Asked, MessagesStub, Say, use
from tests.app.services_stage import context_with

pytestmark = pytest.mark.usefixtures("messages_api")

MOVIES = {
    603: ("The Matrix", 1999),
    604: ("The Matrix Reloaded", 2003),
    841: ("Dune", 1984),
    438631: ("Dune", 2021),
    949: ("Heat", 1995),
    348: ("Alien", 1979),
    679: ("Aliens", 1986),
    335984: ("Blade Runner 2049", 2017),
    194: ("Amélie", 2001),
    129: ("Spirited Away", 2001),
}
SERIES = {
    81189: ("Breaking Bad", 2008),
    371980: ("Severance", 2022),
    73244: ("The Office (US)", 2005),
    78107: ("The Office (UK)", 2001),
    305288: ("Stranger Things", 2016),
    76107: ("Doctor Who", 1963),
}


@dataclass(frozen=True)
class Spoken:
    """What somebody says, what a model makes of it, and what is asked for then.

    Attributes:
        looked_up: what the model searches for first, where it has to.
    """

    text: str
    asked: dict[str, Any]
    identity: str
    quality: str | None = None
    looked_up: str | None = None
    seasons: list[int] | None = None


SPOKEN = [
    Spoken("I'd like to see The Matrix", {"title": "The Matrix", "media": "movie"}, "movie:tmdb:603"),
    Spoken("can you get the matrix in 4k pls", {"title": "the matrix", "quality": "4K"}, "movie:tmdb:603:4K", "4K"),
    Spoken("The second Matrix film", {"tmdb_id": 604}, "movie:tmdb:604", looked_up="The Matrix"),
    Spoken("Dune, the new one", {"tmdb_id": 438631}, "movie:tmdb:438631", looked_up="Dune"),
    Spoken("The old Dune by David Lynch", {"title": "Dune", "year": 1984}, "movie:tmdb:841"),
    Spoken("Dune (2021) in HD", {"title": "Dune", "year": 2021, "quality": "HD"}, "movie:tmdb:438631", "HD"),
    Spoken("Heat with Pacino and De Niro", {"title": "Heat", "year": 1995, "media": "movie"}, "movie:tmdb:949"),
    Spoken("alien, not aliens!", {"title": "Alien", "year": 1979}, "movie:tmdb:348"),
    Spoken("The sequel to Alien, 1080p", {"tmdb_id": 679, "quality": "1080p"}, "movie:tmdb:679", "1080p", "Alien"),
    Spoken("blade runner twenty forty-nine", {"title": "Blade Runner 2049"}, "movie:tmdb:335984"),
    Spoken("Die fabelhafte Welt der Amélie", {"title": "Amélie", "year": 2001}, "movie:tmdb:194"),
    Spoken("Chihiro's journey, the Ghibli film", {"tmdb_id": 129}, "movie:tmdb:129", looked_up="Spirited Away"),
    Spoken("tmdb 949", {"tmdb_id": 949}, "movie:tmdb:949"),
    Spoken("Breaking Bad, all of it", {"title": "Breaking Bad", "media": "series"}, "series:tvdb:81189"),
    Spoken(
        "The first two seasons of Breaking Bad",
        {"title": "Breaking Bad", "media": "series", "seasons": [1, 2]},
        "series:tvdb:81189:1,2",
        seasons=[1, 2],
    ),
    Spoken(
        "Severance season 2 in 4K",
        {"title": "Severance", "media": "series", "seasons": [2], "quality": "4K"},
        "series:tvdb:371980:2:4K",
        "4K",
        seasons=[2],
    ),
    Spoken("The Office, the American one", {"tvdb_id": 73244}, "series:tvdb:73244", looked_up="The Office"),
    Spoken("Gervais's The Office", {"tvdb_id": 78107}, "series:tvdb:78107", looked_up="The Office"),
    Spoken(
        "stranger things from three to four",
        {"title": "Stranger Things", "media": "series", "seasons": [3, 4]},
        "series:tvdb:305288:3,4",
        seasons=[3, 4],
    ),
    Spoken("That doctor in the blue box", {"title": "Doctor Who", "year": 1963}, "series:tvdb:76107"),
    Spoken("Specials of Doctor Who", {"tvdb_id": 76107, "seasons": [0]}, "series:tvdb:76107:0", seasons=[0]),
]


@pytest.fixture
async def context(app: FastAPI, sonarr: FakeSonarr, radarr: FakeRadarr) -> Context:
    """Of an application over a Sonarr and a Radarr that know some titles."""
    for number, (title, year) in MOVIES.items():
        radarr.state.known[number] = movie(number, tmdbId=number, title=title, year=year, id=0)
    for number, (title, year) in SERIES.items():
        seasons = [{"seasonNumber": season, "monitored": False} for season in range(6)]
        sonarr.state.known[number] = series(number, tvdbId=number, title=title, year=year, id=0, seasons=seasons)
    return await context_with(app, sonarr=sonarr, radarr=radarr)


async def requests(context: Context) -> list[MediaRequest]:
    async with context.database.sessions() as session:
        return list(await session.scalars(select(MediaRequest)))


async def ask(client: httpx2.AsyncClient, messages_api: MessagesStub, spoken: Spoken) -> Heard:
    """Say it, to a model that understands it so."""
    if spoken.looked_up:
        messages_api.script.append(Say("Let me see.", use("search_media", query=spoken.looked_up)))
    messages_api.script += [Say(use("request_media", **spoken.asked)), Say("It waits for you.")]
    return await say(client, spoken.text)


@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: spoken.text)
async def test_as_people_say_it(
    context: Context, requester: httpx2.AsyncClient, messages_api: MessagesStub, spoken: Spoken
) -> None:
    heard = await ask(requester, messages_api, spoken)

    (asked,) = heard.of("confirmation")
    assert await requests(context) == []
    if spoken.looked_up:
        # What the model chose is among what it was shown.
        shown = heard.of("tool_result")[0]["data"]["items"]
        key = next(iter(spoken.asked.keys() & {"tmdb_id", "tvdb_id"}))
        assert spoken.asked[key] in [item[key] for item in shown]
    body = {"confirmation_id": asked["confirmation_id"], "confirm": True}
    answer = await requester.post("/api/v1/chat/confirm", json=body)
    assert answer.json()["state"] == "done", answer.text
    (made,) = await requests(context)
    assert (made.identity, made.quality, made.user_name) == (spoken.identity, spoken.quality, "Robin")
    assert made.seasons == spoken.seasons
    assert made.state == "awaiting_approval"
    assert made.title in asked["preview"]["summary"]


async def test_several_titles_are_asked_back(
    context: Context, requester: httpx2.AsyncClient, messages_api: MessagesStub
) -> None:
    def answer(asked: Asked) -> Say:
        (result,) = asked.results
        return Say(f"Which one: {' or '.join(one['untrusted'] for one in result['details'])}?")

    messages_api.script = [Say(use("request_media", title="Dune", media="movie")), answer]

    heard = await say(requester, "Dune")

    assert heard.of("confirmation") == []
    assert not heard.of("tool_result")[0]["ok"]
    for year in ("1984", "2021"):
        assert year in heard.text
    assert await requests(context) == []
