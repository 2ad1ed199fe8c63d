"""Who may ask what: a table of every operation, asked by everybody there is."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import update

from autoarr.context import Context
from autoarr.models import ApiToken, LoginSession, User
from tests.app.accounts import PASSWORD, bearer, log_in, set_up

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Message

pytestmark = pytest.mark.usefixtures("cheap_passwords")


class Access(Enum):
    """Who may."""

    ANYBODY = "anybody"
    USER = "a login or an API token"
    LOGIN = "a login; no API token"
    ADMIN = "an administrator's login or API token"
    ADMIN_LOGIN = "an administrator's login; no API token"


TABLE = {
    "GET /health": Access.ANYBODY,
    "GET /health/ready": Access.ANYBODY,
    "GET /auth/setup": Access.ANYBODY,
    "POST /auth/setup": Access.ANYBODY,
    "POST /auth/login": Access.ANYBODY,
    "POST /auth/refresh": Access.ANYBODY,
    "GET /auth/me": Access.USER,
    "POST /auth/password": Access.LOGIN,
    "GET /auth/sessions": Access.LOGIN,
    "DELETE /auth/sessions/{session_id}": Access.LOGIN,
    "GET /api/v1/about": Access.ANYBODY,
    "GET /api/v1/users": Access.ADMIN,
    "POST /api/v1/users": Access.ADMIN_LOGIN,
    "GET /api/v1/users/{user_id}": Access.ADMIN,
    "PATCH /api/v1/users/{user_id}": Access.ADMIN_LOGIN,
    "DELETE /api/v1/users/{user_id}": Access.ADMIN_LOGIN,
    "GET /api/v1/tokens": Access.USER,
    "POST /api/v1/tokens": Access.LOGIN,
    "DELETE /api/v1/tokens/{token_id}": Access.USER,
    "GET /api/v1/services": Access.ADMIN,
    "POST /api/v1/services": Access.ADMIN,
    "POST /api/v1/services/test": Access.ADMIN,
    "GET /api/v1/services/{service_id}": Access.ADMIN,
    "PATCH /api/v1/services/{service_id}": Access.ADMIN,
    "DELETE /api/v1/services/{service_id}": Access.ADMIN,
    "POST /api/v1/services/{service_id}/test": Access.ADMIN,
    "GET /api/v1/policy": Access.USER,
    "PUT /api/v1/policy": Access.ADMIN,
    "POST /api/v1/policy/dry-run": Access.ADMIN,
    "GET /api/v1/requests": Access.USER,
    "POST /api/v1/requests": Access.USER,
    "GET /api/v1/requests/{request_id}": Access.USER,
    "POST /api/v1/requests/{request_id}/choose": Access.USER,
    "POST /api/v1/requests/{request_id}/approve": Access.ADMIN,
    "POST /api/v1/requests/{request_id}/deny": Access.ADMIN,
    "POST /api/v1/requests/{request_id}/cancel": Access.USER,
    "GET /api/v1/media/search": Access.USER,
    # By an address that is signed.
    "GET /api/v1/media/posters/{sealed}": Access.ANYBODY,
    "GET /api/v1/dashboard": Access.ADMIN,
    "GET /api/v1/audits": Access.ADMIN,
    "POST /api/v1/audits": Access.ADMIN,
    "GET /api/v1/audits/{audit_id}": Access.ADMIN,
    "GET /api/v1/rules": Access.ADMIN,
    "GET /api/v1/findings": Access.ADMIN,
    "GET /api/v1/findings/{finding_id}": Access.ADMIN,
    "POST /api/v1/findings/{finding_id}/ignore": Access.ADMIN,
    "DELETE /api/v1/findings/{finding_id}/ignore": Access.ADMIN,
    "POST /api/v1/findings/{finding_id}/preview": Access.ADMIN,
    "POST /api/v1/findings/{finding_id}/apply": Access.ADMIN,
    "GET /api/v1/downloads": Access.ADMIN,
    "GET /api/v1/recoveries": Access.ADMIN,
    "GET /api/v1/recoveries/{recovery_id}": Access.ADMIN,
    "POST /api/v1/recoveries/{recovery_id}/approve": Access.ADMIN,
    "POST /api/v1/recoveries/{recovery_id}/cancel": Access.ADMIN,
    "GET /api/v1/changes": Access.ADMIN,
    "GET /api/v1/changes/{change_id}": Access.ADMIN,
    "POST /api/v1/changes/{change_id}/revert": Access.ADMIN,
    "GET /api/v1/activity": Access.ADMIN,
    "GET /api/v1/activity/export": Access.ADMIN,
    "GET /api/v1/notifications": Access.ADMIN,
    "GET /api/v1/notifications/targets": Access.ADMIN,
    "POST /api/v1/notifications/targets": Access.ADMIN,
    "GET /api/v1/notifications/targets/{target_id}": Access.ADMIN,
    "PATCH /api/v1/notifications/targets/{target_id}": Access.ADMIN,
    "DELETE /api/v1/notifications/targets/{target_id}": Access.ADMIN,
    "POST /api/v1/notifications/targets/{target_id}/test": Access.ADMIN,
    "GET /api/v1/events": Access.USER,
    "GET /api/v1/jobs": Access.ADMIN,
    "GET /api/v1/jobs/{job_id}": Access.ADMIN,
    "POST /api/v1/jobs/{job_id}/cancel": Access.ADMIN,
    "GET /api/v1/confirmations": Access.LOGIN,
    "POST /api/v1/confirmations/{confirmation_id}": Access.LOGIN,
    "GET /api/v1/chat/status": Access.USER,
    "POST /api/v1/chat": Access.USER,
    "POST /api/v1/chat/confirm": Access.LOGIN,
    "GET /api/v1/chat": Access.USER,
    "GET /api/v1/chat/{conversation_id}": Access.USER,
    "POST /api/v1/chat/{conversation_id}/cancel": Access.USER,
    "DELETE /api/v1/chat/{conversation_id}": Access.USER,
    # The last, because it ends the session that asks.
    "POST /auth/logout": Access.LOGIN,
}
UNDOCUMENTED = {"/api/openapi.json", "/api/v1/ws", "/mcp"}
"""The description itself, for anybody; the WebSocket, which OpenAPI has no words for; MCP, which describes itself."""


@dataclass
class World:
    """An installation with an administrator, Ada, and a requester, Robin."""

    app: FastAPI
    client: httpx2.AsyncClient
    tokens: dict[str, dict[str, Any]]

    async def api_token(self, name: str, role: str) -> str:
        headers = bearer(self.tokens[name]["access_token"])
        answer = await self.client.post("/api/v1/tokens", json={"name": "it", "role": role}, headers=headers)
        made: str = answer.json()["token"]
        return made

    async def change(self, model: type[User | LoginSession | ApiToken], **values: Any) -> None:
        """Change every row, whoever's it is."""
        context: Context = self.app.state.context
        async with context.database.writing.begin() as session:
            await session.execute(update(model).values(**values))


@pytest.fixture
async def world(app: FastAPI, client: httpx2.AsyncClient) -> World:
    context: Context = app.state.context
    await context.jobs.close()
    context.bus.end()  # whoever listens comes to the end at once
    await set_up(client)
    ada = await log_in(client)
    made = await client.post(
        "/api/v1/users", json={"name": "robin", "password": PASSWORD}, headers=bearer(ada["access_token"])
    )
    assert made.status_code == 201
    return World(app, client, {"ada": ada, "robin": await log_in(client, "robin")})


def past() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


async def nobody(world: World) -> str:
    return ""


async def made_up(world: World) -> str:
    return "aa_" + "x" * 43


async def login(world: World, name: str) -> str:
    token: str = world.tokens[name]["access_token"]
    return token


async def refresh_token(world: World) -> str:
    token: str = world.tokens["ada"]["refresh_token"]
    return token


async def disabled_login(world: World) -> str:
    await world.change(User, disabled=True)
    return await login(world, "ada")


async def disabled_token(world: World) -> str:
    token = await world.api_token("ada", "admin")
    await world.change(User, disabled=True)
    return token


async def expired_session(world: World) -> str:
    await world.change(LoginSession, expires_at=past())
    return await login(world, "ada")


async def revoked_session(world: World) -> str:
    token = await login(world, "ada")
    assert (await world.client.post("/auth/logout", headers=bearer(token))).status_code == 204
    return token


async def expired_token(world: World) -> str:
    token = await world.api_token("ada", "admin")
    await world.change(ApiToken, expires_at=past())
    return token


async def deleted_token(world: World) -> str:
    headers = bearer(await login(world, "ada"))
    token = await world.api_token("ada", "admin")
    (row,) = (await world.client.get("/api/v1/tokens", headers=headers)).json()["items"]
    assert (await world.client.delete(f"/api/v1/tokens/{row['id']}", headers=headers)).status_code == 204
    return token


async def demoted_login(world: World) -> str:
    await world.change(User, role="requester")
    return await login(world, "ada")


async def demoted_token(world: World) -> str:
    token = await world.api_token("ada", "admin")
    await world.change(User, role="requester")
    return token


Caller = Callable[[World], Any]
NOTHING = {Access.ANYBODY}
BY_TOKEN = {Access.ANYBODY, Access.USER}
BY_LOGIN = {*BY_TOKEN, Access.LOGIN}

CALLERS: dict[str, tuple[Caller, set[Access]]] = {
    "nobody": (nobody, NOTHING),
    "a made-up token": (made_up, NOTHING),
    "a refresh token": (refresh_token, NOTHING),
    "a disabled user's login": (disabled_login, NOTHING),
    "a disabled user's token": (disabled_token, NOTHING),
    "an expired session": (expired_session, NOTHING),
    "a revoked session": (revoked_session, NOTHING),
    "an expired token": (expired_token, NOTHING),
    "a deleted token": (deleted_token, NOTHING),
    "a requester's login": (lambda world: login(world, "robin"), BY_LOGIN),
    "a requester's token": (lambda world: world.api_token("robin", "requester"), BY_TOKEN),
    "an administrator's token for less": (lambda world: world.api_token("ada", "requester"), BY_TOKEN),
    "a former administrator's login": (demoted_login, BY_LOGIN),
    "a former administrator's token": (demoted_token, BY_TOKEN),
    "an administrator's login": (lambda world: login(world, "ada"), set(Access)),
    "an administrator's token": (lambda world: world.api_token("ada", "admin"), {*BY_TOKEN, Access.ADMIN}),
}
everybody = pytest.mark.parametrize(("caller", "may"), CALLERS.values(), ids=CALLERS.keys())


def test_the_table_is_whole(app: FastAPI) -> None:
    document = app.openapi()

    operations = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert TABLE.keys() == operations
    routes = {context.path_format for context in iter_route_contexts(app.routes)}
    assert routes == {*document["paths"], *UNDOCUMENTED}


def test_the_description_says_who_needs_a_login(app: FastAPI) -> None:
    paths = app.openapi()["paths"]

    for operation, access in TABLE.items():
        method, path = operation.split()
        assert bool(paths[path][method.lower()].get("security")) is (access is not Access.ANYBODY), operation


@everybody
async def test_every_operation(world: World, caller: Caller, may: set[Access]) -> None:
    """Bodies are such as are refused, so that nothing is done: who may not hears that first."""
    token = await caller(world)
    headers = bearer(token) if token else {}
    refused = 401 if may == NOTHING else 403

    wrong = {}
    for operation, access in TABLE.items():
        method, path = operation.split()
        for part in [part for part in path.split("/") if part.startswith("{")]:
            path = path.replace(part, str(uuid.uuid4()))
        body = {"nothing": "of that name"} if method in ("POST", "PUT", "PATCH") else None
        answer = await world.client.request(method, path, json=body, headers=headers)
        allowed = answer.status_code < 500 and answer.status_code not in (401, 403)
        if not (allowed if access in may else answer.status_code == refused):
            wrong[operation] = answer.status_code

    assert wrong == {}


async def say_to_websocket(app: FastAPI, token: str) -> tuple[int, list[str]]:
    """Give the code it is closed with, and the kinds of events that came before."""
    coming: asyncio.Queue[Message] = asyncio.Queue()
    coming.put_nowait({"type": "websocket.connect"})
    coming.put_nowait({"type": "websocket.receive", "text": json.dumps({"token": token})})
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/api/v1/ws", "headers": [], "query_string": b"", "app": app}
    async with asyncio.timeout(30):
        await app(scope, coming.get, send)
    kinds = [json.loads(message["text"])["kind"] for message in sent if message["type"] == "websocket.send"]
    return sent[-1]["code"], kinds


@everybody
async def test_websocket(world: World, caller: Caller, may: set[Access]) -> None:
    expected = (1012, ["hello"]) if Access.USER in may else (4401, [])

    assert await say_to_websocket(world.app, await caller(world)) == expected


async def test_sessions_are_ones_own(world: World) -> None:
    mine = {name: bearer(tokens["access_token"]) for name, tokens in world.tokens.items()}
    listed = {}
    for name, headers in mine.items():
        (listed[name],) = (await world.client.get("/auth/sessions", headers=headers)).json()["items"]

    for name, other in (("robin", "ada"), ("ada", "robin")):
        answer = await world.client.delete(f"/auth/sessions/{listed[other]['id']}", headers=mine[name])
        assert answer.status_code == 404
        assert (await world.client.get("/auth/me", headers=mine[other])).status_code == 200


async def test_tokens_are_ones_own(world: World) -> None:
    token = await world.api_token("ada", "requester")
    headers = bearer(await login(world, "ada"))
    (row,) = (await world.client.get("/api/v1/tokens", headers=headers)).json()["items"]

    for text in (await login(world, "robin"), await world.api_token("robin", "requester")):
        seen = (await world.client.get("/api/v1/tokens", headers=bearer(text))).json()["items"]
        assert row["id"] not in {item["id"] for item in seen}
        answer = await world.client.get("/api/v1/tokens", params={"all": True}, headers=bearer(text))
        assert answer.status_code == 403
        assert (await world.client.delete(f"/api/v1/tokens/{row['id']}", headers=bearer(text))).status_code == 404
    assert (await world.client.get("/auth/me", headers=bearer(token))).status_code == 200


async def test_a_token_for_less_hides_what_its_user_may_see(world: World) -> None:
    theirs = await world.api_token("robin", "requester")
    mine = bearer(await world.api_token("ada", "requester"))

    assert (await world.client.get("/api/v1/tokens", params={"all": True}, headers=mine)).status_code == 403
    headers = bearer(await login(world, "robin"))
    (row,) = (await world.client.get("/api/v1/tokens", headers=headers)).json()["items"]
    assert (await world.client.delete(f"/api/v1/tokens/{row['id']}", headers=mine)).status_code == 404
    assert (await world.client.get("/auth/me", headers=bearer(theirs))).status_code == 200
