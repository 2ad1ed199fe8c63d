"""Recoveries over the API: looked at with their timeline, approved and cancelled."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from autoarr.models import Activity, Attempt, Job, Recovery
from autoarr.recovery.intake import take
from autoarr.recovery.seen import Media, Party, Seen
from tests.app.fakes import FakeSonarr
from tests.app.services_stage import add_service, context_of, set_policy

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI

    from autoarr.context import Context

NOW = datetime.now(UTC)


class Stage:
    """Failed downloads of a Sonarr, and who asks about them."""

    def __init__(self, context: Context, client: httpx2.AsyncClient, owner: Party) -> None:
        self.context, self.client, self.owner = context, client, owner

    async def take(self, number: int = 1, **fields: Any) -> uuid.UUID:
        """Have a failed download recovered, in a state."""
        seen = Seen(
            owner=self.owner,
            client=None,
            download_id=f"SABnzbd_nzo_{number}",
            title=f"Release.{number}",
            failure="missing",
            message="Aborted, cannot be completed",
            reason="Too much of it is missing.",
            stage="failed",
            occurred_at=NOW - timedelta(hours=1),
            media=Media(series_id=1, season=1, episode_ids=(number,)),
        )
        async with self.context.database.writing.begin() as session:
            recovery = await take(session, seen, NOW)
            assert recovery is not None
            for name, value in fields.items():
                setattr(recovery, name, value)
        return recovery.id

    async def post(self, recovery: uuid.UUID, what: str) -> tuple[int, dict[str, Any]]:
        """Approve or cancel it."""
        answer = await self.client.post(f"/api/v1/recoveries/{recovery}/{what}")
        return answer.status_code, answer.json()

    async def list(self, **query: Any) -> list[str]:
        """The titles of those that a query finds."""
        answer = await self.client.get("/api/v1/recoveries", params=query)
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["items"]]


@pytest.fixture
async def stage(app: FastAPI, admin: httpx2.AsyncClient) -> Stage:
    """A Sonarr that nobody asks: no job runs."""
    context = await context_of(app)
    fake = FakeSonarr()
    fake.url = "http://sonarr.invalid"
    service = await add_service(context, fake, "sonarr")
    return Stage(context, admin, Party(id=service.id, kind="sonarr", name=service.name))


async def test_lists_are_narrowed(stage: Stage) -> None:
    await stage.take(1)
    await stage.take(2, state="asking", action="search")
    await stage.take(3, state="given_up", ended_at=NOW)
    assert {*await stage.list()} == {"Release.1", "Release.2", "Release.3"}
    assert await stage.list(state="asking") == ["Release.2"]
    assert {*await stage.list(unfinished=True)} == {"Release.1", "Release.2"}
    assert await stage.list(unfinished=False) == ["Release.3"]
    assert await stage.list(failure="local") == []
    assert len(await stage.list(owner_id=str(stage.owner.id))) == 3
    assert len(await stage.list(page_size=2)) == 2
    assert (await stage.client.get("/api/v1/recoveries", params={"state": "nonsense"})).status_code == 422


async def test_one_with_its_timeline_and_writes(stage: Stage) -> None:
    number = await stage.take()
    target = {"service_id": str(stage.owner.id), "call": "POST command"}
    async with stage.context.database.writing.begin() as session:
        session.add(Attempt(recovery_id=number, action="search", state="sent", target=target, created_at=NOW))
    found = (await stage.client.get(f"/api/v1/recoveries/{number}")).json()
    assert [step["step"] for step in found["timeline"]] == ["seen", "classified"]
    assert found["timeline"][1]["message"] == "Too much of it is missing."
    assert [(one["action"], one["state"], one["target"]["call"]) for one in found["writes"]] == [
        ("search", "sent", "POST command")
    ]
    assert (await stage.client.get(f"/api/v1/recoveries/{uuid.uuid4()}")).status_code == 404


async def test_approving(stage: Stage) -> None:
    number = await stage.take(state="asking", action="search")
    status, body = await stage.post(number, "approve")
    assert (status, body["state"], body["approved_by"]) == (200, "waiting", "Ada")
    async with stage.context.database.sessions() as session:
        (job,) = await session.scalars(select(Job).where(Job.kind == "recovery"))
        assert (job.key, job.payload) == (str(number), {"recovery_id": str(number)})
        (entry,) = await session.scalars(select(Activity).where(Activity.action == "recovery.approved"))
        assert (entry.actor, entry.subject) == ("Ada", stage.owner.name)
    assert (await stage.post(number, "approve"))[0] == 409


async def test_approving_while_it_is_only_observed(stage: Stage) -> None:
    number = await stage.take(state="asking", action="search")
    await set_policy(stage.context, failures={"missing": "observe"})
    status, body = await stage.post(number, "approve")
    assert (status, "only observes" in body["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 200), ({"state": "asking"}, 200), ({"state": "acting"}, 409), ({"state": "recovered"}, 409)],
    ids=lambda value: str(value),
)
async def test_cancelling(stage: Stage, fields: dict[str, Any], status: int) -> None:
    number = await stage.take(**fields)
    assert (await stage.post(number, "cancel"))[0] == status
    async with stage.context.database.sessions() as session:
        recovery = await session.get_one(Recovery, number)
    if status == 200:
        assert (recovery.state, recovery.reason, recovery.next_at) == ("dismissed", "Ada cancelled it.", None)
    else:
        assert recovery.state == fields["state"]


async def test_cancelling_leaves_a_pause_and_says_so(stage: Stage) -> None:
    number = await stage.take()
    pause = {"action": "pause", "target": {"service_id": str(uuid.uuid4()), "call": "mode=pause"}}
    async with stage.context.database.writing.begin() as session:
        session.add(Attempt(recovery_id=number, state="verified", created_at=NOW, finished_at=NOW, **pause))
    _, body = await stage.post(number, "cancel")
    assert "leaves it so" in body["reason"]


@pytest.mark.parametrize("what", ["approve", "cancel"])
async def test_what_there_is_not(stage: Stage, what: str) -> None:
    assert (await stage.post(uuid.uuid4(), what))[0] == 404
