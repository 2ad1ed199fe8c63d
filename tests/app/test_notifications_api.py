"""Receivers over the API: added, changed, tested, removed; their addresses and secrets are write-only."""

from __future__ import annotations

import uuid
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from autoarr.context import Context
from autoarr.keys import KeyRing
from autoarr.models import Activity, Notification, NotificationTarget
from autoarr.notifications import sending
from autoarr.notifications.delivery import deliver
from autoarr.notifications.outbox import notify
from autoarr.upstream.http import HttpPolicy
from tests.app.receiver import SECRET, LocalReceiver, Plan, told
from tests.app.services_stage import context_of

PATH = "/api/v1/notifications/targets"


@pytest.fixture
async def context(app: FastAPI) -> Context:
    return await context_of(app)


def new(**values: Any) -> dict[str, Any]:
    return {"kind": "webhook", "name": "Home", "url": "https://home.invalid/hook-secret", "secret": SECRET} | values


async def add(admin: httpx2.AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await admin.post(PATH, json=new(**values))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def activities(context: Context) -> list[Activity]:
    query = select(Activity).where(Activity.action.like("notification.%")).order_by(Activity.id)
    async with context.database.sessions() as session:
        return list(await session.scalars(query))


async def test_added_and_shown(context: Context, admin: httpx2.AsyncClient) -> None:
    made = await add(admin, events=["test", "audit.finished", "test"])

    assert made | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "kind": "webhook",
        "name": "Home",
        "place": "https://home.invalid",
        "secret_set": True,
        "events": ["audit.finished", "test"],
        "enabled": True,
        "created_at": "",
        "updated_at": "",
    }
    assert (await admin.get(f"{PATH}/{made['id']}")).json() == made
    assert (await admin.get(PATH)).json()["items"] == [made]
    (activity,) = await activities(context)
    assert (activity.action, activity.actor, activity.subject) == ("notification.target.created", "Ada", "Home")
    assert activity.data == {
        "id": made["id"],
        "kind": "webhook",
        "name": "Home",
        "events": ["audit.finished", "test"],
        "enabled": True,
    }


async def test_stored_encrypted(context: Context, admin: httpx2.AsyncClient) -> None:
    made = await add(admin)
    async with context.database.sessions() as session:
        target = await session.get_one(NotificationTarget, uuid.UUID(made["id"]))

    assert target.secret_encrypted is not None
    assert "hook" not in target.url_encrypted
    assert context.keys.decrypt(target.url_encrypted) == "https://home.invalid/hook-secret"
    assert context.keys.decrypt(target.secret_encrypted) == SECRET


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"secret": None}, "A webhook's secret begins with whsec_"),
        ({"secret": "whsec_short"}, "is not base64"),
        ({"kind": "slack"}, "Slack has no secret"),
        ({"kind": "discord"}, "Discord has no secret"),
        ({"kind": "gotify", "secret": None}, "Gotify needs the token"),
        ({"kind": "ntfy", "url": "https://ntfy.invalid/", "secret": None}, "Ntfy's address ends with the topic"),
        ({"kind": "pigeon"}, "not valid"),
        ({"url": "file:///etc/passwd"}, "not valid"),
        ({"url": "https://home.invalid/#a"}, "not valid"),
        ({"secret": "a b"}, "not valid"),
        ({"events": ["nothing.known"]}, "not valid"),
        ({"name": ""}, "not valid"),
        ({"more": 1}, "not valid"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_refused(context: Context, admin: httpx2.AsyncClient, values: dict[str, Any], why: str) -> None:
    answer = await admin.post(PATH, json=new(**values))

    assert answer.status_code == 422
    assert why in answer.json()["detail"]
    assert "hook-secret" not in answer.text
    assert SECRET not in answer.text
    assert (await admin.get(PATH)).json()["total"] == 0


async def test_a_name_is_taken_once(context: Context, admin: httpx2.AsyncClient) -> None:
    await add(admin)
    other = await add(admin, name="Other")

    assert (await admin.post(PATH, json=new(name="HOME"))).status_code == 409
    assert (await admin.patch(f"{PATH}/{other['id']}", json={"name": "hOME"})).status_code == 409
    assert (await admin.patch(f"{PATH}/{other['id']}", json={"name": "OTHER"})).json()["name"] == "OTHER"


async def test_changed(context: Context, admin: httpx2.AsyncClient) -> None:
    made = await add(admin)
    path = f"{PATH}/{made['id']}"
    changed = (await admin.patch(path, json={"events": ["test"], "enabled": False, "name": None})).json()
    await admin.patch(path, json={"url": "https://home.invalid/other-secret"})
    await admin.patch(path, json={})
    await admin.patch(path, json={"events": ["test"]})

    assert (changed["events"], changed["enabled"], changed["name"]) == (["test"], False, "Home")
    shown = [row.data for row in (await activities(context))[1:]]
    events, enabled = {"before": [], "after": ["test"]}, {"before": True, "after": False}
    assert shown == [
        {"id": made["id"], "fields": ["enabled", "events"], "events": events, "enabled": enabled},
        {"id": made["id"], "fields": ["url"]},
    ]
    async with context.database.sessions() as session:
        target = await session.get_one(NotificationTarget, uuid.UUID(made["id"]))
    assert context.keys.decrypt(target.url_encrypted) == "https://home.invalid/other-secret"
    assert context.keys.decrypt(str(target.secret_encrypted)) == SECRET


@pytest.mark.parametrize(("kind", "secret"), [("webhook", SECRET), ("gotify", "a-token"), ("ntfy", "tk_token")])
async def test_a_secret_is_not_sent_elsewhere_unasked(
    context: Context, admin: httpx2.AsyncClient, kind: str, secret: str
) -> None:
    made = await add(admin, kind=kind, secret=secret)
    elsewhere = {"url": "https://elsewhere.invalid/hook"}

    answer = await admin.patch(f"{PATH}/{made['id']}", json=elsewhere)
    assert (answer.status_code, "give the secret again" in answer.json()["detail"]) == (422, True)
    answer = await admin.patch(f"{PATH}/{made['id']}", json=elsewhere | {"secret": secret})
    assert answer.json()["place"] == "https://elsewhere.invalid"


async def test_a_change_is_checked_as_well(context: Context, admin: httpx2.AsyncClient) -> None:
    made = await add(admin)

    answer = await admin.patch(f"{PATH}/{made['id']}", json={"secret": "no-webhook-secret"})
    assert answer.json()["detail"] == "A webhook's secret begins with whsec_."
    slack = await add(admin, kind="slack", name="Slack", secret=None)
    assert (await admin.patch(f"{PATH}/{slack['id']}", json={"secret": "x"})).status_code == 422


async def test_lost_keys(context: Context, admin: httpx2.AsyncClient) -> None:
    made = await add(admin)
    slack = await add(admin, kind="slack", name="Slack", secret=None)
    other = KeyRing(["k" * 40]).encrypt("of another installation")
    async with context.database.writing.begin() as session:
        await session.execute(update(NotificationTarget).values(url_encrypted=other))
        has_secret = NotificationTarget.secret_encrypted.is_not(None)
        await session.execute(update(NotificationTarget).where(has_secret).values(secret_encrypted=other))

    assert (await admin.get(f"{PATH}/{made['id']}")).json()["place"] is None
    tested = (await admin.post(f"{PATH}/{made['id']}/test")).json()
    assert (tested["ok"], tested["cause"]) == (False, "unreadable_key")
    assert (await admin.patch(f"{PATH}/{made['id']}", json={"secret": SECRET})).status_code == 422
    assert (await admin.patch(f"{PATH}/{made['id']}", json={"enabled": False})).status_code == 200
    again = {"url": "https://home.invalid/hook", "secret": SECRET}
    assert (await admin.patch(f"{PATH}/{made['id']}", json=again)).json()["place"] == "https://home.invalid"
    again = {"url": "https://hooks.invalid/hook"}
    assert (await admin.patch(f"{PATH}/{slack['id']}", json=again)).json()["place"] == "https://hooks.invalid"


async def test_removed(context: Context, admin: httpx2.AsyncClient) -> None:
    made = await add(admin)
    async with context.database.writing.begin() as session:
        await notify(session, "audit.finished", "event:1", "An audit", "It ended.")
    assert (await admin.delete(f"{PATH}/{made['id']}")).status_code == 204

    for method in ("GET", "DELETE"):
        answer = await admin.request(method, f"{PATH}/{made['id']}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such notification target.")
    assert (await admin.get("/api/v1/notifications")).json()["total"] == 0
    assert [row.action for row in await activities(context)] == [
        "notification.target.created",
        "notification.target.deleted",
    ]


KINDS = {
    "webhook": ("/hook", SECRET, "/hook"),
    "discord": ("/api/webhooks/1/x", None, "/api/webhooks/1/x"),
    "slack": ("/services/x", None, "/services/x"),
    "ntfy": ("/topic", "tk_token", "/"),
    "gotify": ("/base", "token", "/base/message"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_test(context: Context, admin: httpx2.AsyncClient, receiver: LocalReceiver, kind: str) -> None:
    path, secret, posted = KINDS[kind]
    made = await add(admin, kind=kind, url=f"{receiver.url}{path}", secret=secret, enabled=False, events=[])
    # As Slack answers.
    receiver.usual = Plan(200, {"Content-Type": "text/html"}, b"ok")

    answer = await admin.post(f"{PATH}/{made['id']}/test")

    assert answer.json() == {"ok": True, "cause": None, "detail": "The test was delivered.", "advice": None}
    (got,) = receiver.got
    assert (got.method, got.path) == ("POST", posted)
    assert b"A test" in got.raw
    assert await told(context) == []


@pytest.mark.parametrize(
    ("plan", "cause"),
    [
        (Plan(401), "authentication"),
        (Plan(404), "not_found"),
        (Plan(429), "rate_limited"),
        (Plan(500), "server_error"),
        (Plan(302, {"Location": "/login"}), "wrong_url_base"),
        (Plan(None), "timeout"),
        (Plan(400, body=b'{"message": "no such topic"}'), "rejected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_test_names_the_cause(
    context: Context,
    admin: httpx2.AsyncClient,
    receiver: LocalReceiver,
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    cause: str,
) -> None:
    if plan.status is None:
        monkeypatch.setattr(sending, "POLICY", HttpPolicy(read=0.2))
    receiver.usual = plan
    made = await add(admin, url=f"{receiver.url}/hook-secret")

    tested = (await admin.post(f"{PATH}/{made['id']}/test")).json()

    assert (tested["ok"], tested["cause"]) == (False, cause)
    assert tested["advice"]
    assert "hook-secret" not in tested["detail"]


async def test_what_was_told(context: Context, admin: httpx2.AsyncClient, receiver: LocalReceiver) -> None:
    one, two = [await add(admin, name=name, url=f"{receiver.url}/{name}-secret") for name in ("one", "two")]
    async with context.database.writing.begin() as session:
        await notify(session, "audit.finished", "event:1", "An audit", "It ended.", {"score": 5})
        await notify(session, "request.asked", "event:2", "A request", "Of a film.")
    receiver.plans = [Plan(400, body=b'{"message": "not that"}')]
    await deliver(context, uuid.UUID(one["id"]))

    async def listed(**params: Any) -> list[tuple[str, str]]:
        answer = (await admin.get("/api/v1/notifications", params=params)).json()
        assert answer["total"] == len(answer["items"])
        return [(item["event_id"], item["state"]) for item in answer["items"]]

    assert await listed(target_id=one["id"]) == [("event:2", "delivered"), ("event:1", "failed")]
    assert await listed(target_id=two["id"]) == [("event:2", "queued"), ("event:1", "queued")]
    assert await listed(state="failed") == [("event:1", "failed")]
    assert await listed(event="request.asked", state="delivered") == [("event:2", "delivered")]
    (failed,) = (await admin.get("/api/v1/notifications", params={"state": "failed"})).json()["items"]
    assert (failed["title"], failed["message"], failed["attempts"]) == ("An audit", "It ended.", 1)
    assert failed["error"] == "it refused (400): not that; change what its message names"
    page = (await admin.get("/api/v1/notifications", params={"page_size": 1, "page": 2})).json()
    assert (page["total"], len(page["items"])) == (4, 1)
    assert "secret" not in (await admin.get("/api/v1/notifications")).text


async def test_rows_and_targets_are_not_shown_to_requesters(context: Context, requester: httpx2.AsyncClient) -> None:
    for path in (PATH, "/api/v1/notifications"):
        assert (await requester.get(path)).status_code == 403
    assert (await requester.post(PATH, json=new())).status_code == 403
    async with context.database.sessions() as session:
        assert (await session.scalars(select(Notification.id))).all() == []
