"""Confirmations over the API: one's own, by a login."""

from __future__ import annotations

import uuid
from typing import Any

import httpx2
import pytest

from tests.app.accounts import bearer
from tests.app.services_stage import set_policy
from tests.app.tools_world import ToolsWorld, api_token, principal_of, propose


async def proposed(world: ToolsWorld) -> str:
    result = await propose(world.context, world.ada, "apply_fix", finding_id=str(world.ids["finding"]))
    return str(result.confirmation_id)


async def decide(client: httpx2.AsyncClient, identifier: str, body: Any, **more: Any) -> httpx2.Response:
    return await client.post(f"/api/v1/confirmations/{identifier}", json=body, **more)


async def test_confirmed(tools_world: ToolsWorld, admin: httpx2.AsyncClient) -> None:
    sonarr, *_ = tools_world.fakes
    identifier = await proposed(tools_world)
    with tools_world.context.bus.subscribe() as events:
        (row,) = (await admin.get("/api/v1/confirmations")).json()["items"]
        assert (row["id"], row["state"], row["tool"], row["origin"]) == (identifier, "open", "apply_fix", "chat")
        assert "renameEpisodes" in row["preview"]["summary"]

        answer = await decide(admin, identifier, {"confirm": True})

        assert (answer.status_code, answer.json()["state"]) == (200, "done")
        async for event in events:
            if event.kind == "confirmation.changed":
                break
    assert event.data == {"id": identifier, "state": "done"}
    assert len(sonarr.writes) == 1
    assert (await admin.get("/api/v1/confirmations")).json()["total"] == 0
    again = await decide(admin, identifier, {"confirm": True})
    assert (again.status_code, len(sonarr.writes)) == (409, 1)


async def test_declined(tools_world: ToolsWorld, admin: httpx2.AsyncClient) -> None:
    sonarr, *_ = tools_world.fakes
    identifier = await proposed(tools_world)

    assert (await decide(admin, identifier, {"confirm": False})).json()["state"] == "declined"
    assert (await decide(admin, identifier, {"confirm": True})).status_code == 409
    assert sonarr.writes == []


async def test_an_api_token_is_not_enough(
    tools_world: ToolsWorld, admin: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    sonarr, *_ = tools_world.fakes
    identifier = await proposed(tools_world)
    headers = bearer(await api_token(admin))

    assert (await decide(client, identifier, {"confirm": True}, headers=headers)).status_code == 403
    assert (await client.get("/api/v1/confirmations", headers=headers)).status_code == 403
    assert sonarr.writes == []


async def test_somebody_elses(
    tools_world: ToolsWorld, admin: httpx2.AsyncClient, requester: httpx2.AsyncClient
) -> None:
    identifier = await proposed(tools_world)

    assert (await requester.get("/api/v1/confirmations")).json()["total"] == 0
    assert (await decide(requester, identifier, {"confirm": True})).status_code == 404
    assert (await decide(admin, str(uuid.uuid4()), {"confirm": True})).status_code == 404


async def test_in_observe_mode(tools_world: ToolsWorld, admin: httpx2.AsyncClient) -> None:
    identifier = await proposed(tools_world)
    await set_policy(tools_world.context, mode="observe")

    assert (await decide(admin, identifier, {"confirm": True})).status_code == 403
    assert (await decide(admin, identifier, {"confirm": False})).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"confirm": "yes"}, {"confirm": 1}, {"confirm": None}, {"confirm": True, "x": 1}, []]
)
async def test_no_clear_word(tools_world: ToolsWorld, admin: httpx2.AsyncClient, body: Any) -> None:
    sonarr, *_ = tools_world.fakes

    assert (await decide(admin, await proposed(tools_world), body)).status_code == 422
    assert sonarr.writes == []


async def test_a_requester_confirms_their_own(tools_world: ToolsWorld, requester: httpx2.AsyncClient) -> None:
    robin = await principal_of(tools_world.context, requester)
    result = await propose(tools_world.context, robin, "request_media", tmdb_id=603)

    answer = (await decide(requester, str(result.confirmation_id), {"confirm": True})).json()

    assert (answer["state"], answer["result"]["title"]) == ("done", {"untrusted": "The Matrix"})
