"""API tokens: shown once, for no more than their user may, and no way to more."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import select, update

from autoarr.context import Context
from autoarr.models import Activity, User
from tests.app.accounts import PASSWORD, bearer

if TYPE_CHECKING:
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("cheap_passwords")

TOKENS = "/api/v1/tokens"


async def make(client: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post(TOKENS, json={"name": "phone", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_shown_once(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    made = await make(admin, role="admin", expires_in_days=7)

    assert made["token"].startswith("aa_")
    assert len(made["token"]) > 40
    assert made["token"].startswith(made["details"]["hint"])
    until = datetime.fromisoformat(made["details"]["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < until <= timedelta(days=7)
    listed = await admin.get(TOKENS)
    assert listed.json()["items"] == [made["details"]]
    assert made["token"] not in listed.text
    context: Context = app.state.context
    async with context.database.sessions() as session:
        entries = (await session.scalars(select(Activity))).all()
    assert [entry.action for entry in entries] == ["token.created"]
    assert made["token"] not in str([vars(entry) for entry in entries])


async def test_used(admin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    made = await make(admin, role="admin")

    me = (await client.get("/auth/me", headers=bearer(made["token"]))).json()

    assert (me["name"], me["role"], me["via"], me["session_id"]) == ("Ada", "admin", "token", None)
    assert (await client.get("/api/v1/users", headers=bearer(made["token"]))).status_code == 200
    assert (await admin.get(TOKENS)).json()["items"][0]["last_used_at"]


async def test_for_less_than_its_user(admin: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    made = await make(admin)

    assert made["details"]["role"] == "requester"
    assert (await client.get("/api/v1/users", headers=bearer(made["token"]))).status_code == 403


async def test_never_for_more_than_its_user(
    admin: httpx2.AsyncClient, requester: httpx2.AsyncClient, client: httpx2.AsyncClient, app: FastAPI
) -> None:
    assert (await requester.post(TOKENS, json={"name": "phone", "role": "admin"})).status_code == 403

    made = await make(admin, role="admin")
    context: Context = app.state.context
    async with context.database.writing.begin() as session:
        await session.execute(update(User).where(User.name == "Ada").values(role="requester"))
    assert (await client.get("/auth/me", headers=bearer(made["token"]))).json()["role"] == "requester"
    async with context.database.writing.begin() as session:
        await session.execute(update(User).where(User.name == "Ada").values(disabled=True))
    assert (await client.get("/auth/me", headers=bearer(made["token"]))).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", TOKENS, {"name": "another"}),
        ("POST", "/auth/password", {"old": PASSWORD, "new": "battery staple"}),
        ("POST", "/auth/logout", None),
        ("GET", "/auth/sessions", None),
        ("DELETE", f"/auth/sessions/{uuid.UUID(int=1)}", None),
        ("POST", "/api/v1/users", {"name": "eve", "password": PASSWORD, "role": "admin"}),
        ("PATCH", f"/api/v1/users/{uuid.UUID(int=1)}", {"password": PASSWORD}),
        ("DELETE", f"/api/v1/users/{uuid.UUID(int=1)}", None),
    ],
)
async def test_no_way_to_more(
    admin: httpx2.AsyncClient, client: httpx2.AsyncClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    made = await make(admin, role="admin")

    answer = await client.request(method, path, json=body, headers=bearer(made["token"]))

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs a login; an API token is not enough."


async def test_ones_own_only(admin: httpx2.AsyncClient, requester: httpx2.AsyncClient) -> None:
    theirs, mine = await make(admin), await make(requester)

    assert [row["id"] for row in (await requester.get(TOKENS)).json()["items"]] == [mine["details"]["id"]]
    assert (await requester.get(TOKENS, params={"all": True})).status_code == 403
    assert (await requester.delete(f"{TOKENS}/{theirs['details']['id']}")).status_code == 404
    assert (await requester.delete(f"{TOKENS}/{uuid.uuid4()}")).status_code == 404
    assert (await requester.delete(f"{TOKENS}/{mine['details']['id']}")).status_code == 204
    assert (await requester.delete(f"{TOKENS}/{mine['details']['id']}")).status_code == 404


async def test_an_administrator_may_delete_anybodys(
    admin: httpx2.AsyncClient, requester: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    made = await make(requester)

    assert (await admin.get(TOKENS)).json()["total"] == 0
    assert (await admin.get(TOKENS, params={"all": True})).json()["items"] == [made["details"]]
    assert (await admin.delete(f"{TOKENS}/{made['details']['id']}")).status_code == 204
    assert (await client.get("/auth/me", headers=bearer(made["token"]))).status_code == 401


@pytest.mark.parametrize("body", [{"expires_in_days": 0}, {"expires_in_days": 10**9}, {"role": "x"}, {"name": ""}])
async def test_not_valid(admin: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    assert (await admin.post(TOKENS, json={"name": "phone", **body})).status_code == 422
