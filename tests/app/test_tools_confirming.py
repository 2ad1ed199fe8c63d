"""A person's word: needed, theirs, once, in time, and for exactly what they were shown."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from autoarr.changes.recovery import LEASE as CHANGE_LEASE
from autoarr.changes.recovery import recover
from autoarr.errors import Refused
from autoarr.models import Activity, Change, Confirmation, MediaRequest, Recovery, User
from autoarr.tools import confirmations, confirming, registry, writing
from autoarr.tools.confirmations import MOST_OPEN, VALID_FOR
from autoarr.tools.model import NotNow
from tests.app.changes_stage import CASES, Stage
from tests.app.conftest import Start, logged_in
from tests.app.fakes import FakeRadarr, FakeSonarr, serve
from tests.app.installation import Installation
from tests.app.services_stage import set_policy
from tests.app.tools_world import add_recovery, principal_of, propose, stored_confirmation

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2
    from fastapi import FastAPI
    from sqlalchemy.engine import URL

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context


@pytest.fixture
def fake() -> Iterator[FakeSonarr]:
    fake = FakeSonarr()
    with serve(fake):
        yield fake


@pytest.fixture
async def stages(replicas: list[FastAPI], fake: FakeSonarr) -> AsyncIterator[list[Stage]]:
    """The same finding, seen by two replicas, on each kind of database."""
    async with logged_in(replicas[0], "admin", "Ada") as client:
        first = await Stage(replicas[0].state.context, client, CASES[0], fake).prepare()
        second = Stage(replicas[1].state.context, client, CASES[0], fake)
        second.finding_id, second.service_id = first.finding_id, first.service_id
        yield [first, second]


async def proposed(stage: Stage) -> tuple[Principal, uuid.UUID]:
    principal = await principal_of(stage.context, stage.client)
    result = await propose(stage.context, principal, "apply_fix", finding_id=str(stage.finding_id))
    assert result.confirmation_id is not None
    return principal, result.confirmation_id


async def test_nothing_is_written_before_and_once_after(stages: list[Stage], fake: FakeSonarr) -> None:
    stage = stages[0]
    principal, identifier = await proposed(stage)
    assert fake.writes == []
    assert await stage.changes() == []
    row = await stored_confirmation(stage.context, identifier)
    assert (row.state, row.tool, row.user_id) == ("open", "apply_fix", principal.user_id)
    assert row.expires_at - row.created_at == VALID_FOR
    assert "renameEpisodes to true" in row.preview["summary"]

    done = await confirming.confirm(stage.context, principal, identifier)

    assert (done.state, done.error) == ("done", None)
    assert len(fake.writes) == 1
    (change,) = await stage.changes()
    assert done.result == {"change_id": str(change.id), "state": "applied", "error": None}
    for again in (confirming.confirm, confirming.decline):
        with pytest.raises(Refused, match="done already"):
            await again(stage.context, principal, identifier)
    assert len(fake.writes) == 1


async def test_two_replicas_at_once(stages: list[Stage], fake: FakeSonarr) -> None:
    principal, identifier = await proposed(stages[0])

    results = await asyncio.gather(
        *(confirming.confirm(stage.context, principal, identifier) for stage in stages * 3), return_exceptions=True
    )

    assert [type(result).__name__ for result in results].count("Confirmation") == 1
    assert all(isinstance(result, Refused | Confirmation) for result in results)
    assert len(fake.writes) == 1


async def test_declined(stages: list[Stage], fake: FakeSonarr) -> None:
    principal, identifier = await proposed(stages[0])

    row = await confirming.decline(stages[1].context, principal, identifier)

    assert row.state == "declined"
    with pytest.raises(Refused, match="declined"):
        await confirming.confirm(stages[0].context, principal, identifier)
    assert fake.writes == []


async def test_too_late(stages: list[Stage], fake: FakeSonarr) -> None:
    context = stages[0].context
    principal, identifier = await proposed(stages[0])

    with pytest.raises(Refused, match="in time"):
        await confirming.confirm(context, principal, identifier, datetime.now(UTC) + VALID_FOR)

    assert (await stored_confirmation(context, identifier)).state == "expired"
    assert fake.writes == []


async def test_somebody_elses(stages: list[Stage], replicas: list[FastAPI], fake: FakeSonarr) -> None:
    context = stages[0].context
    _, identifier = await proposed(stages[0])
    async with logged_in(replicas[0], "admin", "Eve") as eve:
        other = await principal_of(context, eve)

    for way in (confirming.confirm, confirming.decline):
        with pytest.raises(Refused) as caught:
            await way(context, other, identifier)
        assert caught.value.status == 404
    assert (await stored_confirmation(context, identifier)).state == "open"
    assert fake.writes == []


async def test_no_longer_an_administrator(stages: list[Stage], fake: FakeSonarr) -> None:
    stage = stages[0]
    _, identifier = await proposed(stage)
    async with stage.context.database.writing.begin() as session:
        await session.execute(update(User).values(role="requester"))

    with pytest.raises(Refused) as caught:
        await confirming.confirm(stage.context, await principal_of(stage.context, stage.client), identifier)

    assert caught.value.status == 403
    assert fake.writes == []


async def test_observe_mode_since(stages: list[Stage]) -> None:
    context = stages[0].context
    principal, identifier = await proposed(stages[0])
    await set_policy(context, mode="observe")

    with pytest.raises(Refused) as caught:
        await confirming.confirm(context, principal, identifier)

    assert caught.value.status == 403
    assert (await stored_confirmation(context, identifier)).state == "open"
    await set_policy(context, mode="ask")
    assert (await confirming.confirm(context, principal, identifier)).state == "done"


async def test_not_as_it_was_shown(stages: list[Stage], fake: FakeSonarr) -> None:
    principal, identifier = await proposed(stages[0])
    fake.state.config["naming"]["colonReplacementFormat"] = 7

    row = await confirming.confirm(stages[0].context, principal, identifier)

    assert (row.state, fake.writes) == ("failed", [])
    assert "not as they were shown" in (row.error or "")


async def test_the_service_is_away(stages: list[Stage], fake: FakeSonarr) -> None:
    principal, identifier = await proposed(stages[0])
    fake.fail("config/naming", 400, method="GET")

    row = await confirming.confirm(stages[0].context, principal, identifier)

    assert (row.state, fake.writes) == ("failed", [])
    assert row.error


async def test_an_unexpected_error_leaves_it_to_be_looked_up(
    stages: list[Stage], fake: FakeSonarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = stages[0].context
    principal, identifier = await proposed(stages[0])
    real = writing.WRITES["apply_fix"]

    async def make(*arguments: Any) -> Any:
        await real.make(*arguments)
        raise ZeroDivisionError

    monkeypatch.setitem(writing.WRITES, "apply_fix", writing.Write(make=make, look=real.look))

    assert (await confirming.confirm(context, principal, identifier)).state == "running"
    await confirming.settle(context, principal)

    assert (await stored_confirmation(context, identifier)).state == "done"
    assert len(fake.writes) == 1


async def test_of_another_version(stages: list[Stage], fake: FakeSonarr) -> None:
    """What can't be read any more ends, and whoever looks is not stopped by it."""
    principal, identifier = await proposed(stages[0])
    async with stages[0].context.database.writing.begin() as session:
        values = {"state": "running", "arguments": {"of": "another version"}, "decided_at": datetime.now(UTC)}
        await session.execute(update(Confirmation).where(Confirmation.id == identifier).values(values))

    await confirming.settle(stages[1].context, principal)

    row = await stored_confirmation(stages[0].context, identifier)
    assert row.state == "failed"
    assert row.error is not None
    assert "version" in row.error
    assert fake.writes == []


async def test_the_same_proposal_is_one(stages: list[Stage]) -> None:
    _, first = await proposed(stages[0])
    _, second = await proposed(stages[1])

    assert first == second


async def test_a_model_in_circles_is_stopped(stages: list[Stage]) -> None:
    context = stages[0].context
    principal = await principal_of(context, stages[0].client)
    failed = [await add_recovery(context, f"Series.{number}") for number in range(MOST_OPEN + 1)]
    for recovery in failed[:MOST_OPEN]:
        await propose(context, principal, "recover", recovery_id=str(recovery.id))

    with pytest.raises(NotNow, match="wait to be confirmed"):
        await propose(context, principal, "recover", recovery_id=str(failed[-1].id))

    async with context.database.writing.begin() as session:
        await confirmations.expire(session, datetime.now(UTC) + VALID_FOR)
    await propose(context, principal, "recover", recovery_id=str(failed[-1].id))


@pytest.mark.parametrize(("decision", "state"), [("approve", "waiting"), ("cancel", "dismissed")])
async def test_a_recovery(stages: list[Stage], decision: str, state: str) -> None:
    context = stages[0].context
    await context.jobs.close()
    await stages[1].context.jobs.close()
    principal = await principal_of(context, stages[0].client)
    recovery = await add_recovery(context)
    result = await propose(context, principal, "recover", recovery_id=str(recovery.id), decision=decision)
    async with context.database.sessions() as session:
        assert (await session.get_one(Recovery, recovery.id)).state == "asking"

    row = await confirming.confirm(context, principal, result.confirmation_id or uuid.UUID(int=0))

    assert row.state == "done"
    async with context.database.sessions() as session:
        assert (await session.get_one(Recovery, recovery.id)).state == state
    assert await writing.WRITES["recover"].look(context, row, registry.parse(registry.TOOLS["recover"], row.arguments))


async def test_a_recovery_that_went_on_meanwhile(stages: list[Stage]) -> None:
    context = stages[0].context
    principal = await principal_of(context, stages[0].client)
    recovery = await add_recovery(context)
    result = await propose(context, principal, "recover", recovery_id=str(recovery.id))
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(action="blocklist"))

    row = await confirming.confirm(context, principal, result.confirmation_id or uuid.UUID(int=0))

    assert row.state == "failed"


@pytest.mark.parametrize("look_first", [False, True], ids=["known", "by number"])
async def test_a_request(replicas: list[FastAPI], look_first: bool) -> None:
    context: Context = replicas[0].state.context
    radarr = FakeRadarr()
    radarr.state.known = {603: radarr.make_movie(1, title="The Matrix", tmdbId=603, year=1999)}
    with serve(radarr):
        async with logged_in(replicas[0], "requester", "Robin") as client:
            await Stage(context, client, CASES[1], radarr).prepare()
            principal = await principal_of(context, client)
            found = (await registry.call(context, principal, "search_media", {"query": "the matrix"}, "chat")).data[
                "items"
            ]
            known = {"tmdb_id": found[0]["tmdb_id"]} if look_first else {"title": found[0]["title"]["untrusted"]}
            result = await propose(context, principal, "request_media", **known)
            async with context.database.sessions() as session:
                assert await session.scalar(select(func.count()).select_from(MediaRequest)) == 0

            row = await confirming.confirm(context, principal, result.confirmation_id or uuid.UUID(int=0))

    assert (row.state, row.error) == ("done", None)
    async with context.database.sessions() as session:
        (request,) = await session.scalars(select(MediaRequest))
    assert (request.user_name, request.wish["tmdb_id"]) == ("Robin", found[0]["tmdb_id"])
    seen = await writing.WRITES["request_media"].look(
        context, row, registry.parse(registry.TOOLS["request_media"], row.arguments)
    )
    assert seen is not None
    assert seen.state == "done"
    assert [one for one in radarr.writes if one.path.endswith("/movie")] == []


async def test_who_confirmed_is_logged(stages: list[Stage]) -> None:
    principal, identifier = await proposed(stages[0])
    await confirming.confirm(stages[0].context, principal, identifier)

    async with stages[0].context.database.sessions() as session:
        entries = list(await session.scalars(select(Activity).where(Activity.subject == str(identifier))))
    assert [(entry.action, entry.actor) for entry in entries] == [("confirmation.confirmed", "Ada")]


@pytest.fixture
def installation(start: Start, made_data_dir: Path, database_url: URL) -> Installation:
    """One on each kind of database."""
    return Installation(start, made_data_dir, database_url)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("step", "state", "written"),
    [
        ("confirm.claimed", "failed", False),
        ("apply.prepared", "failed", False),
        ("apply.written", "done", True),
        ("apply.finished", "done", True),
        ("confirm.made", "done", True),
    ],
)
async def test_killed(installation: Installation, fake: FakeSonarr, step: str, state: str, written: bool) -> None:
    async with installation.running(fake) as stage:
        await stage.prepare()
        principal, identifier = await proposed(stage)
        client: httpx2.AsyncClient = stage.client

    await installation.crash(step, f"confirmations/{identifier}", client, {"confirm": True})

    assert bool(fake.writes) is written
    async with installation.running(fake) as stage:
        assert (await stored_confirmation(stage.context, identifier)).state == "running"
        await confirming.settle(stage.context, principal)
        soon = (await stored_confirmation(stage.context, identifier)).state
        # Before the time in which the process may still be at it, only what is certain is told.
        assert soon in ({"running", state} if step.startswith("apply") else {"running" if not written else "done"})
        with pytest.raises(Refused):
            await confirming.confirm(stage.context, principal, identifier)
        for _ in range(50):
            if not await recover(stage.context, datetime.now(UTC) + CHANGE_LEASE * 2):
                break
        await confirming.settle(stage.context, principal, datetime.now(UTC) + confirming.LEASE + timedelta(seconds=1))

        row = await stored_confirmation(stage.context, identifier)
        assert row.state == state
        async with stage.context.database.sessions() as session:
            changes = list(await session.scalars(select(Change)))
        assert bool([change for change in changes if change.state == "applied"]) is written
    assert len(fake.writes) == int(written)


@pytest.mark.thorough
@pytest.mark.parametrize(("step", "state"), [("confirm.claimed", "failed"), ("confirm.made", "done")])
@pytest.mark.parametrize("tool", ["recover", "request_media"])
async def test_killed_elsewhere(installation: Installation, fake: FakeSonarr, tool: str, step: str, state: str) -> None:
    """What leaves no change leaves another trace."""
    fake.state.known = {1: fake.make_series(1, title="Severance", tvdbId=371980)}
    async with installation.running(fake) as stage:
        await stage.prepare()
        await stage.context.jobs.close()
        principal, client = await principal_of(stage.context, stage.client), stage.client
        recovery = await add_recovery(stage.context)
        arguments: dict[str, dict[str, Any]] = {
            "recover": {"recovery_id": str(recovery.id)},
            "request_media": {"tvdb_id": 371980},
        }
        result = await propose(stage.context, principal, tool, **arguments[tool])

    await installation.crash(step, f"confirmations/{result.confirmation_id}", client, {"confirm": True})

    async with installation.running(fake) as stage:
        assert (await stored_confirmation(stage.context, result.confirmation_id)).state == "running"
        await confirming.settle(stage.context, principal)
        soon = (await stored_confirmation(stage.context, result.confirmation_id)).state
        assert soon == ("done" if state == "done" else "running")
        await confirming.settle(stage.context, principal, datetime.now(UTC) + confirming.LEASE + timedelta(seconds=1))
        assert (await stored_confirmation(stage.context, result.confirmation_id)).state == state
