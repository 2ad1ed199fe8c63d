"""Requests over the API: who sees and decides what, and what is answered."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import func, select

from autoarr.actors import SYSTEM
from autoarr.jobs.catalogue import SCHEDULES
from autoarr.jobs.registry import JobRun, find_handler
from autoarr.models import Job, MediaRequest
from autoarr.requests import engine
from tests.app.conftest import logged_in
from tests.app.requests_world import DUNE_1984, MATRIX, World, make_world

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH = "/api/v1/requests"


@pytest.fixture
async def world(app: FastAPI) -> World:
    """The services; people log in by themselves."""
    return await make_world([app])


@pytest.fixture
async def kim(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Another requester."""
    async with logged_in(app, "requester", "Kim Two") as client:
        yield client


@pytest.fixture
async def robin(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A requester."""
    async with logged_in(app, "requester", "Robin Two") as client:
        yield client


@pytest.fixture
async def ada(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An administrator."""
    async with logged_in(app, "admin", "Ada Two") as client:
        yield client


async def ask(client: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    """Ask, and give what is answered."""
    answer = await client.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_asked_chosen_and_approved(
    world: World, robin: httpx2.AsyncClient, kim: httpx2.AsyncClient, ada: httpx2.AsyncClient
) -> None:
    made = await ask(robin, text="Dune in 1080p, please")
    where = f"{PATH}/{made['id']}"
    assert (made["state"], made["title"], made["quality"]) == ("choosing", "Dune", "1080p")
    assert made["wish"] == {"title": "Dune", "quality": "1080p"}
    chosen = made["candidates"][1]
    assert (chosen["year"], chosen["poster_url"]) == (1984, f"https://image.invalid/{DUNE_1984}.jpg")

    body = {"candidate": chosen["id"]}
    assert (await kim.post(f"{where}/choose", json=body)).status_code == 404
    assert (await robin.post(f"{where}/choose", json={"candidate": "movie:tmdb:1"})).status_code == 422
    answer = await robin.post(f"{where}/choose", json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "awaiting_approval")
    assert (await robin.post(f"{where}/choose", json=body)).status_code == 409
    assert (await robin.post(f"{where}/approve")).status_code == 403
    answer = await ada.post(f"{where}/approve")
    assert (answer.status_code, answer.json()["state"], answer.json()["decided_by"]) == (200, "approved", "Ada Two")
    assert (await ada.post(f"{where}/approve")).status_code == 409

    # It is taken further at once, and not when the clock says.
    async with world.context.database.sessions() as session:
        [job] = await session.scalars(select(Job).where(Job.kind == "requests", Job.key == made["id"]))
    assert job.payload == {"request_id": made["id"]}
    run = JobRun(id=job.id, kind=job.kind, key=job.key, payload=job.payload, attempt=1, actor=SYSTEM)
    assert await find_handler("requests").run(world.context, run) == {"state": "searching"}
    read = (await robin.get(where)).json()
    assert [line["step"] for line in read["timeline"]][:4] == ["asked", "choosing", "chosen", "awaiting_approval"]
    assert all(line["at"] and line["message"] for line in read["timeline"])
    assert (read["tmdb_id"], read["year"]) == (DUNE_1984, 1984)


async def test_what_administrators_ask_for_goes_on_at_once(world: World, ada: httpx2.AsyncClient) -> None:
    made = await ask(ada, tmdb_id=MATRIX)

    assert (made["state"], made["title"], made["text"]) == ("approved", "The Matrix", "number 603")
    async with world.context.database.sessions() as session:
        assert await session.scalar(select(func.count()).where(Job.kind == "requests", Job.key == made["id"])) == 1


async def test_the_clock_takes_all_further(world: World, ada: httpx2.AsyncClient) -> None:
    made = await ask(ada, text="the matrix")
    assert SCHEDULES["requests"].at_once
    run = JobRun(id=uuid.uuid4(), kind="requests", key="all", payload={}, attempt=1, actor=SYSTEM)

    assert await find_handler("requests").run(world.context, run) == {"looked_at": 1}

    assert (await ada.get(f"{PATH}/{made['id']}")).json()["state"] == "searching"


async def test_denied_and_cancelled(world: World, robin: httpx2.AsyncClient, ada: httpx2.AsyncClient) -> None:
    first, second = await ask(robin, text="the matrix"), await ask(robin, text="Severance")

    assert (await robin.post(f"{PATH}/{first['id']}/deny", json={"reason": "no"})).status_code == 403
    assert (await ada.post(f"{PATH}/{first['id']}/deny", json={"reason": ""})).status_code == 422
    denied = (await ada.post(f"{PATH}/{first['id']}/deny", json={"reason": "too long"})).json()
    assert (denied["state"], denied["reason"]) == ("denied", "Ada Two denied it: too long")
    cancelled = await robin.post(f"{PATH}/{second['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert (await robin.post(f"{PATH}/{second['id']}/cancel")).status_code == 409
    assert (await ada.post(f"{PATH}/{uuid.uuid4()}/cancel")).status_code == 404


async def test_lists(world: World, robin: httpx2.AsyncClient, kim: httpx2.AsyncClient, ada: httpx2.AsyncClient) -> None:
    mine = await ask(robin, text="the matrix")
    for text in ("Severance season 1", "no such title", "The Wire"):
        await ask(kim, text=text)

    async def titles(client: httpx2.AsyncClient, **query: Any) -> list[str]:
        answer = await client.get(PATH, params=query)
        assert answer.status_code == 200
        return [item["title"] for item in answer.json()["items"]]

    assert await titles(robin) == ["The Matrix"]
    assert await titles(robin, user_id=str(uuid.uuid4())) == []
    assert await titles(ada) == ["The Wire", "no such title", "Severance", "The Matrix"]
    assert await titles(ada, media="series", unfinished=True) == ["The Wire", "Severance"]
    assert await titles(ada, state="failed") == ["no such title"]
    assert await titles(ada, user_id=mine["user_id"]) == ["The Matrix"]
    page = (await ada.get(PATH, params={"page": 2, "page_size": 3})).json()
    assert (page["total"], [item["title"] for item in page["items"]]) == (4, ["The Matrix"])
    assert (await kim.get(f"{PATH}/{mine['id']}")).status_code == 404
    assert (await ada.get(f"{PATH}/{mine['id']}")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "please"},
        {"title": "  "},
        {"quality": "4K"},
        {"title": "x", "quality": "8K"},
        {"title": "x", "seasons": []},
        {"text": "x\x00y"},
        {"text": "x" * 2001},
        {"imdb_id": "603"},
        {"title": "x", "state": "approved"},
    ],
    ids=["nothing", "empty", "courtesy", "blank", "quality", "no quality", "no season", "nul", "long", "imdb", "more"],
)
async def test_nothing_is_named(world: World, robin: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    answer = await robin.post(PATH, json=body)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    async with world.context.database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(MediaRequest)) == 0


async def test_the_quota_is_told(world: World, robin: httpx2.AsyncClient) -> None:
    await world.set_policy(requests_per_week=1)
    await ask(robin, text="the matrix")

    answer = await robin.post(PATH, json={"text": "Severance"})

    assert answer.status_code == 429
    assert "1 of 1 requests in seven days are used" in answer.json()["detail"]


async def test_who_asks_does_not_wait_for_long(
    world: World, robin: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "AT_ONCE", 0.2)
    world.radarr.fail("", "hang")

    made = await ask(robin, text="the movie the matrix")

    assert (made["state"], made["reason"]) == ("asked", "The services took longer than 0.2 seconds.")
    assert made["next_at"] is not None
