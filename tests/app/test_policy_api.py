"""The policy over the API."""

from __future__ import annotations

import uuid
from datetime import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import select

from autoarr.context import Context
from autoarr.models import Activity
from autoarr.policy import Policy, QuietHours

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH = "/api/v1/policy"
DEFAULT = {
    "mode": "ask",
    "poll_every_s": 60,
    "audit_every_h": 24,
    "activity_days": 90,
    "failures": {},
    "services": {},
    "quiet_hours": None,
    "native_grace_min": 30,
    "searches_per_hour": 10,
    "requests_need_approval": True,
    "requests_per_week": 10,
}


async def test_everybody_with_a_login_reads_it(
    client: httpx2.AsyncClient, requester: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    assert (await client.get(PATH)).status_code == 401
    assert (await requester.get(PATH)).json() == DEFAULT
    assert (await admin.get(PATH)).json() == DEFAULT


async def test_administrators_set_it(
    client: httpx2.AsyncClient, requester: httpx2.AsyncClient, admin: httpx2.AsyncClient, app: FastAPI
) -> None:
    wanted = DEFAULT | {"mode": "auto", "poll_every_s": 30}

    assert (await client.put(PATH, json=wanted)).status_code == 401
    assert (await requester.put(PATH, json=wanted)).status_code == 403
    assert (await admin.get(PATH)).json() == DEFAULT
    answer = await admin.put(PATH, json=wanted)

    assert (answer.status_code, answer.json()) == (200, wanted)
    assert (await requester.get(PATH)).json() == wanted
    [entry] = await changes(app)
    assert (entry.actor, entry.subject) == ("Ada", "policy")
    assert entry.data == {"before": DEFAULT, "after": wanted}
    assert "mode, poll_every_s" in entry.message


async def test_the_same_again_is_no_change(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    assert (await admin.put(PATH, json={})).json() == DEFAULT

    assert await changes(app) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "yolo"},
        {"poll_every_s": 9},
        {"poll_every_s": 10**30},
        {"audit_every_h": 0},
        {"failures": {"missing": "yolo"}},
        {"failures": {"boredom": "auto"}},
        {"services": {"sonarr": "auto"}},
        {"quiet_hours": {"start": "18:00", "end": "18:00"}},
        {"quiet_hours": {"start": "18:00Z", "end": "19:00"}},
        {"requests_per_week": False},
        {"searches_per_hour": "10"},
        {"requests_need_approval": 0},
        {"unknown": 1},
        {"mode": None},
    ],
    ids=str,
)
async def test_what_is_no_policy_is_refused(admin: httpx2.AsyncClient, wrong: dict[str, Any]) -> None:
    answer = await admin.put(PATH, json=wrong)

    assert answer.status_code == 422
    assert (await admin.get(PATH)).json() == DEFAULT


async def changes(app: FastAPI) -> list[Activity]:
    context: Context = app.state.context
    async with context.database.sessions() as session:
        return list(await session.scalars(select(Activity).where(Activity.action == "policy.changed")))


@pytest.mark.parametrize(("moment", "covered"), [("17:59", False), ("18:00", True), ("23:59", True), ("05:59", True)])
def test_quiet_hours_may_go_past_midnight(moment: str, covered: bool) -> None:
    quiet = QuietHours(start=time(18), end=time(6))

    assert quiet.cover(time.fromisoformat(moment)) is covered
    assert QuietHours(start=time(6), end=time(18)).cover(time.fromisoformat(moment)) is not covered


def test_the_strictest_mode_counts() -> None:
    service = uuid.uuid4()
    policy = Policy(mode="auto", failures={"missing": "ask"}, services={service: "observe"})

    assert policy.mode_for("bad_release") == "auto"
    assert policy.mode_for("missing") == "ask"
    assert policy.mode_for("missing", service) == "observe"
    assert Policy(mode="observe", failures={"missing": "auto"}).mode_for("missing") == "observe"
