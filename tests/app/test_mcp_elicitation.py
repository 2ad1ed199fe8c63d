"""A client that can ask its person does; what they say is done, and nothing that a model can send counts as that."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp_types import ElicitResult, InputRequiredResult, InputResponses
from sqlalchemy import select

from autoarr.models import Confirmation
from autoarr.tools import confirmations, confirming
from tests.app.mcp_clients import MODES, Installation, on_a_port
from tests.app.services_stage import set_policy
from tests.app.tools_world import ToolsWorld, api_token

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

# Before 2026, who asks back needs a connection that stays, which streamable HTTP for several replicas is not.
ways = pytest.mark.parametrize(("transport", "mode"), [("stdio", "legacy"), ("stdio", "auto"), ("http", "auto")])
NAMING = "Change config/naming of Sonarr"


@pytest.fixture
async def installation(app: FastAPI, tools_world: ToolsWorld, tmp_path: Path) -> AsyncIterator[Installation]:
    async with on_a_port(app) as address:
        yield Installation(tools_world.context, address, tmp_path / "errors.log")


@pytest.fixture
async def token(admin: httpx2.AsyncClient) -> str:
    return await api_token(admin)


class Person:
    """Somebody at the client."""

    def __init__(self, answer: ElicitResult) -> None:
        self.asked: list[str] = []
        self._answer = answer

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        return self._answer


async def states(world: ToolsWorld) -> list[str]:
    async with world.context.database.sessions() as session:
        return list(await session.scalars(select(Confirmation.state).order_by(Confirmation.created_at)))


def fix(world: ToolsWorld) -> dict[str, Any]:
    return {"finding_id": str(world.ids["finding"])}


@ways
async def test_accepted(
    installation: Installation, tools_world: ToolsWorld, token: str, transport: str, mode: str
) -> None:
    sonarr, *_ = tools_world.fakes
    person = Person(ElicitResult(action="accept", content={"confirm": True}))
    async with installation.connect(transport, token, mode, elicitation_callback=person) as client:
        result = await client.call_tool("apply_fix", fix(tools_world))

    assert len(person.asked) == 1
    assert NAMING in person.asked[0]
    assert "renameEpisodes to true" in person.asked[0]
    assert (result.structured_content["state"], result.structured_content["result"]["state"]) == ("done", "applied")
    assert len(sonarr.writes) == 1
    assert await states(tools_world) == ["done"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (ElicitResult(action="decline"), "declined"),
        (ElicitResult(action="accept", content={"confirm": False}), "declined"),
        (ElicitResult(action="accept", content={}), "declined"),
        (ElicitResult(action="accept", content={"confirm": "true"}), "declined"),
        (ElicitResult(action="cancel"), "open"),
    ],
    ids=["declined", "unticked", "empty", "a word", "dismissed"],
)
@pytest.mark.parametrize(("transport", "mode"), [("stdio", "legacy"), ("http", "auto")])
async def test_not_accepted(
    installation: Installation,
    tools_world: ToolsWorld,
    token: str,
    transport: str,
    mode: str,
    answer: ElicitResult,
    state: str,
) -> None:
    sonarr, *_ = tools_world.fakes
    async with installation.connect(transport, token, mode, elicitation_callback=Person(answer)) as client:
        result = await client.call_tool("apply_fix", fix(tools_world))

    assert result.structured_content["state"] == state
    assert sonarr.writes == []
    assert await states(tools_world) == [state]


@pytest.mark.parametrize(("transport", "mode"), [(name, mode) for name in MODES for mode in MODES[name]])
async def test_a_client_that_can_not_ask(
    installation: Installation, tools_world: ToolsWorld, token: str, transport: str, mode: str
) -> None:
    sonarr, *_ = tools_world.fakes
    async with installation.connect(transport, token, mode) as client:
        data = (await client.call_tool("apply_fix", fix(tools_world))).structured_content

    assert data["written"] is False
    assert NAMING in data["preview"]["summary"]["untrusted"]
    assert sonarr.writes == []
    assert await states(tools_world) == ["open"]


async def test_a_model_can_not_confirm(installation: Installation, tools_world: ToolsWorld, token: str) -> None:
    """Whatever it puts into arguments, names and identifiers."""
    sonarr, *_ = tools_world.fakes
    async with installation.connect("http", token) as client:
        proposed = (await client.call_tool("apply_fix", fix(tools_world))).structured_content["confirmation_id"]
        more: list[dict[str, Any]] = [
            {"confirmation_id": proposed},
            {"confirm": True},
            {"confirmed": True, "confirmation_id": proposed},
            {
                "requestState": proposed,
                "inputResponses": {"confirm": {"action": "accept", "content": {"confirm": True}}},
            },
        ]
        for arguments in more:
            assert (await client.call_tool("apply_fix", fix(tools_world) | arguments)).is_error
        for name in ("confirm", "confirm_fix", f"confirm/{proposed}", "decide"):
            with pytest.raises(MCPError):
                await client.call_tool(name, {"confirmation_id": proposed})
        again = (await client.call_tool("apply_fix", fix(tools_world))).structured_content

    assert again["confirmation_id"] == proposed
    assert sonarr.writes == []
    assert await states(tools_world) == ["open"]


async def ask(client: Client, world: ToolsWorld) -> InputRequiredResult:
    asked = await client.session.call_tool("apply_fix", fix(world), allow_input_required=True)
    assert isinstance(asked, InputRequiredResult)
    return asked


YES: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}


async def test_what_was_sealed_is_for_one_call_of_one_person(
    installation: Installation, tools_world: ToolsWorld, token: str, admin: httpx2.AsyncClient
) -> None:
    sonarr, *_ = tools_world.fakes
    person = Person(ElicitResult(action="cancel"))
    async with installation.connect("http", token, elicitation_callback=person) as client:
        asked = await ask(client, tools_world)
        sealed = asked.request_state or ""
        assert set(asked.input_requests or {}) == {"confirm"}
        row_id = str(uuid.UUID(int=0))
        for state in ("", "x", row_id, sealed[:-4] + "AAAA", sealed.upper()):
            with pytest.raises(MCPError):
                await client.session.call_tool("apply_fix", fix(tools_world), input_responses=YES, request_state=state)
        with pytest.raises(MCPError):  # of another call
            await client.session.call_tool("preview_fix", fix(tools_world), input_responses=YES, request_state=sealed)
        other = {"finding_id": str(uuid.uuid4())}
        with pytest.raises(MCPError):  # with other arguments
            await client.session.call_tool("apply_fix", other, input_responses=YES, request_state=sealed)
        async with installation.connect("http", await api_token(admin)) as second:  # by another token
            with pytest.raises(MCPError):
                await second.session.call_tool("apply_fix", fix(tools_world), input_responses=YES, request_state=sealed)
        assert sonarr.writes == []
        assert await states(tools_world) == ["open"]

        for expected in ("done", "refused"):  # once
            done = await client.session.call_tool(
                "apply_fix", fix(tools_world), input_responses=YES, request_state=sealed
            )
            assert done.structured_content["state"] == expected
    assert len(sonarr.writes) == 1


async def test_an_answer_that_was_not_asked_for(
    installation: Installation, tools_world: ToolsWorld, token: str
) -> None:
    sonarr, *_ = tools_world.fakes
    async with installation.connect("http", token) as client:
        result = await client.session.call_tool("apply_fix", fix(tools_world), input_responses=YES)

    assert result.structured_content["written"] is False
    assert sonarr.writes == []


async def test_things_changed_while_the_person_thought(
    installation: Installation, tools_world: ToolsWorld, token: str
) -> None:
    sonarr, *_ = tools_world.fakes

    async def think(context: Any, params: Any) -> ElicitResult:
        await set_policy(tools_world.context, mode="observe")
        return ElicitResult(action="accept", content={"confirm": True})

    async with installation.connect("http", token, elicitation_callback=think) as client:
        result = await client.call_tool("apply_fix", fix(tools_world))

    assert result.structured_content["state"] == "refused"
    assert "observe" in result.structured_content["message"]["untrusted"]
    assert sonarr.writes == []


async def test_declined_in_autoarr_meanwhile(installation: Installation, tools_world: ToolsWorld, token: str) -> None:
    sonarr, *_ = tools_world.fakes
    context = tools_world.context

    async def think(asked: Any, params: Any) -> ElicitResult:
        async with context.database.sessions() as session:
            (identifier,) = await session.scalars(select(Confirmation.id))
        await confirming.decline(context, tools_world.ada, identifier)
        return ElicitResult(action="accept", content={"confirm": True})

    async with installation.connect("http", token, elicitation_callback=think) as client:
        result = await client.call_tool("apply_fix", fix(tools_world))

    assert result.structured_content["state"] == "refused"
    assert sonarr.writes == []


def test_what_is_sealed_holds_as_long_as_the_confirmation() -> None:
    assert confirmations.VALID_FOR.total_seconds() == 900
