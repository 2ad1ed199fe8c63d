"""Users, as administrators see them; one administrator always remains."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import func, select

from autoarr.context import Context
from autoarr.models import LoginSession, User
from tests.app.accounts import PASSWORD, bearer, client_of, log_in, set_up

if TYPE_CHECKING:
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("cheap_passwords")

USERS = "/api/v1/users"


@pytest.fixture
async def robin(admin: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await admin.post(USERS, json={"name": "robin", "password": PASSWORD})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


async def test_made_and_shown(admin: httpx2.AsyncClient, robin: dict[str, Any]) -> None:
    page = (await admin.get(USERS, params={"page_size": 1, "page": 2})).json()

    assert (page["total"], page["items"]) == (2, [robin])
    assert (robin["role"], robin["disabled"]) == ("requester", False)
    assert "password" not in str(robin).replace("password_changed_at", "")
    assert (await admin.get(f"{USERS}/{robin['id']}")).json() == robin


@pytest.mark.usefixtures("robin")
async def test_a_name_is_taken_whatever_its_case(admin: httpx2.AsyncClient) -> None:
    answer = await admin.post(USERS, json={"name": "ROBIN", "password": PASSWORD})

    assert (answer.status_code, answer.json()["detail"]) == (409, "Another user has this name.")


async def test_the_longest_name(admin: httpx2.AsyncClient) -> None:
    """Its case-folded form is three times as long."""
    answer = await admin.post(USERS, json={"name": "\u0390" * 64, "password": PASSWORD})

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"name": "eve", "password": PASSWORD, "role": "owner"},
        {"name": "x" * 65, "password": PASSWORD},
        {"name": "batman and robin", "password": "Batman and Robin"},
        {"name": "eve", "password": "1234567"},
        {"name": "e\u200bve", "password": PASSWORD},
        {"name": "eve"},
    ],
)
async def test_not_valid(admin: httpx2.AsyncClient, body: dict[str, str]) -> None:
    assert (await admin.post(USERS, json=body)).status_code == 422


async def test_changed(admin: httpx2.AsyncClient, client: httpx2.AsyncClient, robin: dict[str, Any]) -> None:
    tokens = bearer((await log_in(client, "robin"))["access_token"])

    answer = await admin.patch(f"{USERS}/{robin['id']}", json={"name": "Robin Hood", "role": "admin"})

    assert answer.json() == robin | {"name": "Robin Hood", "role": "admin"}
    me = (await client.get("/auth/me", headers=tokens)).json()
    assert (me["name"], me["role"]) == ("Robin Hood", "admin")
    assert (await admin.patch(f"{USERS}/{robin['id']}", json={"name": "ADA"})).status_code == 409
    assert (await admin.patch(f"{USERS}/{robin['id']}", json={})).json() == answer.json()


@pytest.mark.parametrize("body", [{"password": "battery staple"}, {"disabled": True}])
async def test_ends_sessions(
    admin: httpx2.AsyncClient, client: httpx2.AsyncClient, robin: dict[str, Any], body: dict[str, Any]
) -> None:
    tokens = await log_in(client, "robin")

    assert (await admin.patch(f"{USERS}/{robin['id']}", json=body)).status_code == 200
    assert (await admin.patch(f"{USERS}/{robin['id']}", json={"disabled": False})).status_code == 200

    assert (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).status_code == 401
    assert (await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})).status_code == 401
    await log_in(client, "robin", body.get("password", PASSWORD))


async def test_password_is_checked_against_the_name(admin: httpx2.AsyncClient, robin: dict[str, Any]) -> None:
    body = {"name": "robin hood", "password": "Robin Hood"}

    assert (await admin.patch(f"{USERS}/{robin['id']}", json=body)).status_code == 422


async def test_deleted_with_sessions_and_tokens(
    app: FastAPI, admin: httpx2.AsyncClient, client: httpx2.AsyncClient, robin: dict[str, Any]
) -> None:
    headers = bearer((await log_in(client, "robin"))["access_token"])
    token = (await client.post("/api/v1/tokens", json={"name": "phone"}, headers=headers)).json()["token"]

    assert (await admin.delete(f"{USERS}/{robin['id']}")).status_code == 204

    assert (await client.get("/auth/me", headers=headers)).status_code == 401
    assert (await client.get("/auth/me", headers=bearer(token))).status_code == 401
    context: Context = app.state.context
    async with context.database.sessions() as session:
        count = select(func.count()).where(LoginSession.user_id == uuid.UUID(robin["id"]))
        assert await session.scalar(count) == 0


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_nobody(admin: httpx2.AsyncClient, method: str) -> None:
    for body in ({}, {"password": PASSWORD}):
        json = body if method == "PATCH" else None
        assert (await admin.request(method, f"{USERS}/{uuid.uuid4()}", json=json)).status_code == 404


async def test_for_administrators_only(requester: httpx2.AsyncClient) -> None:
    one = f"/{(await requester.get('/auth/me')).json()['id']}"
    for method, path in (("GET", ""), ("POST", ""), ("GET", one), ("PATCH", one), ("DELETE", one)):
        body = {"name": "eve", "password": PASSWORD} if method in ("POST", "PATCH") else None
        assert (await requester.request(method, USERS + path, json=body)).status_code == 403


@pytest.mark.parametrize(
    ("method", "body"), [("DELETE", None), ("PATCH", {"role": "requester"}), ("PATCH", {"disabled": True})]
)
async def test_the_last_administrator_stays(
    admin: httpx2.AsyncClient, robin: dict[str, Any], method: str, body: dict[str, Any] | None
) -> None:
    me = f"{USERS}/{(await admin.get('/auth/me')).json()['id']}"
    disabled = f"{USERS}/{robin['id']}"
    assert (await admin.patch(disabled, json={"role": "admin", "disabled": True})).status_code == 200

    assert (await admin.request(method, me, json=body)).status_code == 409

    assert (await admin.patch(disabled, json={"disabled": False})).status_code == 200
    assert (await admin.request(method, me, json=body)).status_code in (200, 204)


@pytest.mark.parametrize(
    ("method", "body"), [("DELETE", None), ("PATCH", {"role": "requester"}), ("PATCH", {"disabled": True})]
)
async def test_two_administrators_remove_each_other(
    replicas: list[FastAPI], method: str, body: dict[str, Any] | None
) -> None:
    async with client_of(replicas[0]) as ada, client_of(replicas[1]) as eve:
        first = await set_up(ada)
        ada.headers |= bearer((await log_in(ada))["access_token"])
        second = (await ada.post(USERS, json={"name": "eve", "password": PASSWORD, "role": "admin"})).json()
        eve.headers |= bearer((await log_in(eve, "eve"))["access_token"])

        await asyncio.gather(
            ada.request(method, f"{USERS}/{second['id']}", json=body),
            eve.request(method, f"{USERS}/{first['id']}", json=body),
        )

    context: Context = replicas[0].state.context
    async with context.database.sessions() as session:
        left = select(func.count()).where(User.role == "admin", User.disabled.is_(False))
        assert await session.scalar(left) == 1
