"""What each tool that reads gives, over services that are stand-ins; and that no tool writes by itself."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from autoarr.dashboard import poll
from autoarr.models import Activity, Audit, Base, Change, Confirmation, Finding, Job, Observation, Service
from autoarr.tools import registry
from autoarr.tools.model import NotNow, ToolError
from tests.app.changes_stage import CASES
from tests.app.services_stage import set_policy
from tests.app.tools_world import (
    WRITING,
    ToolsWorld,
    add_findings,
    add_recovery,
    add_request,
    stored_confirmation,
)

if TYPE_CHECKING:
    from autoarr.context import Context


@pytest.fixture
def world(tools_world: ToolsWorld) -> ToolsWorld:
    return tools_world


async def test_status(world: ToolsWorld) -> None:
    data = await world.call("status")

    assert {one["kind"]: (one["state"], one["name"]["untrusted"]) for one in data["services"]} == {
        kind: ("fresh", kind.capitalize()) for kind in ("sonarr", "radarr", "sabnzbd", "plex")
    }
    assert data["recoveries"] == {"asking": 1}
    assert data["requests"] == {"awaiting_approval": 1}
    assert data["figures"]["queue"]["complete"] is True
    assert data["audit"]["state"] == "unknown"
    assert data["mode"] == "ask"


async def test_status_for_a_requester(world: ToolsWorld) -> None:
    data = await world.call("status", world.robin)

    assert data["services"] == 4
    assert data["your_requests"] == {"awaiting_approval": 1}
    assert data["request_limits"] == {"need_approval": True, "per_week": 10}
    assert not {"recoveries", "figures", "audit"} & data.keys()


async def test_diagnose(world: ToolsWorld) -> None:
    data = await world.call("diagnose")

    assert len(data["services"]) == 4
    assert data["open_failures"] == {"unclassified": 1}
    (finding,) = data["findings"]["items"]
    assert (finding["id"], finding["fixable"]) == (str(world.ids["finding"]), True)


async def test_diagnose_one_that_does_not_answer(world: ToolsWorld) -> None:
    sonarr, *_ = world.fakes
    sonarr.fail("", 401)
    await poll.poll_all(world.context)

    for called in ("sonarr", "SONARR", str(world.services["sonarr"].id)):
        data = await world.call("diagnose", service=called)
        (service,) = data["services"]
        assert service["failure"]["cause"] == "authentication"
        assert "API key" in service["failure"]["advice"]
    assert (await world.call("diagnose", service="radarr"))["findings"]["total"] == 0
    with pytest.raises(NotNow):
        await world.call("diagnose", service="Lidarr")


async def test_diagnose_asks_when_told(world: ToolsWorld) -> None:
    told: list[str] = []

    async def progress(done: float, total: float | None, message: str) -> None:
        told.append(message)

    await registry.call(world.context, world.ada, "diagnose", {"ask_now": True}, "mcp", progress=progress)

    assert told == ["asking the services"]


async def test_a_long_diagnosis_is_trimmed_and_goes_on(world: ToolsWorld) -> None:
    await add_findings(world.context, world.services["radarr"].id, 120, title="A long title. " * 20)
    seen: set[str] = set()
    offset: int | None = 0
    while offset is not None:
        data = await world.call("diagnose", limit=50, offset=offset)
        items = data["findings"]["items"]
        assert items
        assert "trimmed" in data or len(items) < 50
        seen |= {item["id"] for item in items}
        offset = data["findings"]["next_offset"]

    assert len(seen) == 121


async def test_search(world: ToolsWorld) -> None:
    data = await world.call("search_media", world.robin, query="the matrix 1999")

    (found,) = data["items"]
    assert (found["media"], found["tmdb_id"], found["year"]) == ("movie", 603, 1999)
    assert found["title"] == {"untrusted": "The Matrix"}
    assert data["complete"] is True


async def test_search_where_one_is_away(world: ToolsWorld) -> None:
    sonarr, radarr, *_ = world.fakes
    sonarr.fail("", 401)
    assert (await world.call("search_media", query="the matrix"))["complete"] is False
    radarr.fail("", 401)
    with pytest.raises(ToolError, match="Radarr"):
        await world.call("search_media", query="the matrix", media="movie")


async def test_search_where_nobody_can_be_asked(world: ToolsWorld) -> None:
    async with world.context.database.writing.begin() as session:
        await session.execute(update(Service).values(enabled=False))

    for name, argument in (("search_media", "query"), ("request_media", "title")):
        with pytest.raises(NotNow, match="no Radarr or Sonarr is connected"):
            await world.call(name, None, **{argument: "x"})


async def test_several_titles_are_asked_back(world: ToolsWorld) -> None:
    _, radarr, *_ = world.fakes
    radarr.state.known |= {
        number: radarr.make_movie(number, title="Ghost Story", tmdbId=number, year=year)
        for number, year in ((70, 1974), (81, 1981))
    }

    with pytest.raises(NotNow) as caught:
        await world.call("request_media", world.robin, title="Ghost Story")

    told = caught.value.data["details"]
    assert [one["untrusted"] for one in told] == [
        "Ghost Story (1974), film, tmdb_id 70",
        "Ghost Story (1981), film, tmdb_id 81",
    ]
    with pytest.raises(NotNow, match="Nothing of that name"):
        await world.call("request_media", world.robin, title="No such film at all")


async def test_a_request_is_proposed_while_the_services_are_away(world: ToolsWorld) -> None:
    for fake in world.fakes:
        fake.fail("", 401)

    data = await world.call("request_media", world.robin, text="The Matrix in 4K")

    assert data["preview"]["summary"] == {"untrusted": "Ask for The Matrix, in 4K."}
    assert len(data["preview"]["details"]["could_not_ask"]) == 2


async def test_items(world: ToolsWorld) -> None:
    for kind, identifier in world.ids.items():
        data = await world.call("get_item", kind=kind, id=str(identifier))
        assert data["id"] == str(identifier)
        if kind != "finding":
            assert data["timeline"]["total"] == (1 if kind == "failure" else 0)


async def test_a_requester_sees_their_own_only(world: ToolsWorld) -> None:
    assert (await world.call("get_item", world.robin, kind="request", id=str(world.ids["request"])))["media"] is None
    theirs = (await add_request(world.context, world.ada.user_id)).id
    for kind, identifier in {**world.ids, "request": theirs}.items():
        with pytest.raises(NotNow):
            await world.call("get_item", world.robin, kind=kind, id=str(identifier))


@pytest.mark.parametrize("kind", ["request", "failure", "finding", "change", "audit"])
async def test_what_is_not_there(world: ToolsWorld, kind: str) -> None:
    with pytest.raises(NotNow):
        await world.call("get_item", kind=kind, id=str(uuid.uuid4()))


async def test_queue(world: ToolsWorld) -> None:
    data = await world.call("list_queue", limit=2)

    assert (len(data["items"]), data["next_offset"], data["complete"]) == (2, 2, True)
    rest = await world.call("list_queue", offset=2, limit=50)
    assert len(rest["items"]) == data["total"] - 2
    assert rest["next_offset"] is None


async def test_the_queue_of_a_service_that_is_away_is_not_empty(world: ToolsWorld) -> None:
    _, _, sabnzbd, _ = world.fakes
    sabnzbd.fail("", 401)
    await poll.poll_all(world.context)

    data = await world.call("list_queue")

    assert data["complete"] is False
    assert [one["kind"] for one in data["sources"] if one["state"] == "stale"] == ["sabnzbd"]


async def test_failures(world: ToolsWorld) -> None:
    await add_recovery(world.context, "Waits", state="waiting")
    await add_recovery(world.context, "Ended", state="recovered", ended_at=world.services["sonarr"].created_at)

    counts = {state: (await world.call("list_failures", state=state))["total"] for state in ("open", "asking", "ended")}

    assert counts == {"open": 2, "asking": 1, "ended": 1}
    assert (await world.call("list_failures", state="all", limit=1))["next_offset"] == 1


async def test_audit(world: ToolsWorld) -> None:
    told: list[float] = []

    async def progress(done: float, total: float | None, message: str) -> None:
        told.append(done)

    result = await registry.call(world.context, world.ada, "run_audit", {"service": "plex"}, "mcp", progress=progress)

    assert result.data["state"] == "finished"
    assert result.data["findings"]["total"] == result.data["failed"]
    assert told == sorted(told)
    assert told
    data = await world.call("get_item", kind="audit", id=result.data["id"])
    assert data["score"] == result.data["score"]


async def test_an_audit_that_takes_longer_is_told_of_later(world: ToolsWorld) -> None:
    await world.context.jobs.close()

    data = await world.call("run_audit", wait_s=0)

    assert (data["state"], data["findings"]) == ("queued", None)
    assert (await world.call("get_item", kind="audit", id=data["id"]))["state"] == "queued"


async def test_a_cancelled_wait_leaves_the_audit(world: ToolsWorld) -> None:
    await world.context.jobs.close()
    waiting = asyncio.create_task(world.call("run_audit"))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    async with world.context.database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Audit)) == 1


async def test_preview_of_a_fix(world: ToolsWorld) -> None:
    data = await world.call("preview_fix", finding_id=str(world.ids["finding"]))

    assert [item["field"]["untrusted"] for item in data["fields"]] == list(CASES[0].fields)
    assert data["call"]["untrusted"].startswith("PUT ")
    with pytest.raises(NotNow):
        await world.call("preview_fix", finding_id=str(uuid.uuid4()))


async def count(context: Context) -> dict[str, int]:
    """Rows by table, but for what AutoArr remembers of looking and of being asked."""
    tables = [mapper.class_ for mapper in Base.registry.mappers]
    aside = (Observation, Activity, Job, Confirmation, Audit)
    async with context.database.sessions() as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
            if table not in aside
        }


async def test_no_tool_writes(world: ToolsWorld) -> None:
    """Every tool with good arguments, in every mode: no service is asked for anything but to read, and of what is kept
    nothing changes."""
    await world.context.jobs.close()
    before = await count(world.context)
    proposed = []
    for mode in ("auto", "ask", "observe"):
        await set_policy(world.context, mode=mode)
        for name, tool in registry.TOOLS.items():
            if mode == "observe" and tool.writes:
                continue
            result = await registry.call(world.context, world.ada, name, world.arguments.get(name, {}), "chat")
            assert (result.confirmation_id is not None) is (name in WRITING)
            if result.confirmation_id:
                proposed.append(result.confirmation_id)
                assert result.data["written"] is False

    assert [fake.writes for fake in world.fakes] == [[]] * 4
    after = await count(world.context)
    assert after | {"options": before["options"]} == before
    assert len(set(proposed)) == len(WRITING)
    assert {(await stored_confirmation(world.context, one)).state for one in proposed} == {"open"}
    async with world.context.database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Change)) == 0
        finding = await session.get_one(Finding, world.ids["finding"])
    assert finding.verdict == "failed"
