"""Setting up, logging in and out, one's sessions and password."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import func, select, update

from autoarr.accounts import sessions
from autoarr.context import Context
from autoarr.models import Activity, LoginSession, User
from tests.app.accounts import PASSWORD, bearer, client_of, log_in, set_up

if TYPE_CHECKING:
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("cheap_passwords")


async def actions(app: FastAPI) -> list[str]:
    """What the activity log tells, in order."""
    context: Context = app.state.context
    async with context.database.sessions() as session:
        return list(await session.scalars(select(Activity.action).order_by(Activity.id)))


async def test_setup_once(client: httpx2.AsyncClient, app: FastAPI) -> None:
    assert (await client.get("/auth/setup")).json() == {"done": False}

    made = await set_up(client)

    assert (made["name"], made["role"], made["disabled"]) == ("ada", "admin", False)
    assert (await client.get("/auth/setup")).json() == {"done": True}
    again = await client.post("/auth/setup", json={"name": "eve", "password": PASSWORD})
    assert again.status_code == 403
    assert await actions(app) == ["setup.done"]


async def test_setup_at_the_same_time(replicas: list[FastAPI]) -> None:
    async with client_of(replicas[0]) as first, client_of(replicas[1]) as second:
        answers = await asyncio.gather(
            *(
                client.post("/auth/setup", json={"name": f"user{number}", "password": PASSWORD})
                for number, client in enumerate([first, second] * 4)
            )
        )

    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 7
    context: Context = replicas[0].state.context
    async with context.database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"name": "ada", "password": "short"},
        {"name": "ada", "password": "x" * 257},
        {"name": "lovelace", "password": "Lovelace"},
        {"name": " ada", "password": PASSWORD},
        {"name": "a\0da", "password": PASSWORD},
        {"name": "", "password": PASSWORD},
        {"name": "ada", "password": PASSWORD, "role": "admin"},
        {"name": "ada"},
    ],
)
async def test_setup_refuses(client: httpx2.AsyncClient, body: dict[str, str]) -> None:
    answer = await client.post("/auth/setup", json=body)

    assert answer.status_code == 422
    assert body.get("password", "-") not in answer.text
    assert (await client.get("/auth/setup")).json() == {"done": False}


async def test_half_a_character_is_no_text(client: httpx2.AsyncClient) -> None:
    for path in ("/auth/setup", "/auth/login"):
        content = b'{"name": "ada", "password": "' + rb"\ud800" * 8 + b'"}'
        answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


async def test_login(client: httpx2.AsyncClient, app: FastAPI) -> None:
    made = await set_up(client)

    tokens = await log_in(client, " ADA ")

    assert tokens["expires_in"] == 600
    assert tokens["token_type"] == "bearer"
    until = datetime.fromisoformat(tokens["refresh_expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < until <= timedelta(days=30)
    me = (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).json()
    assert me.pop("session_id")
    assert me == {"id": made["id"], "name": "ada", "role": "admin", "via": "session"}
    assert await actions(app) == ["setup.done", "login.succeeded"]


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong password"), ("nobody", PASSWORD), ("ada", "")])
async def test_login_fails_alike(client: httpx2.AsyncClient, app: FastAPI, name: str, password: str) -> None:
    await set_up(client)

    answer = await client.post("/auth/login", json={"name": name, "password": password})

    assert answer.status_code == 401
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert await actions(app) == ["setup.done", "login.failed"]


async def test_a_name_that_may_be_a_password_is_not_logged(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await client.post("/auth/login", json={"name": "my secret", "password": "x"})

    context: Context = app.state.context
    async with context.database.sessions() as session:
        (entry,) = await session.scalars(select(Activity))
    assert (entry.actor, entry.subject, entry.data) == ("anonymous", None, {"address": "127.0.0.1"})


async def test_disabled_while_the_password_is_checked(
    client: httpx2.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(client)
    context: Context = app.state.context

    async def check(password: str, stored: str | None) -> bool:
        async with context.database.writing.begin() as session:
            await session.execute(update(User).values(disabled=True))
        return True

    monkeypatch.setattr("autoarr.accounts.passwords.check_password", check)

    assert (await client.post("/auth/login", json={"name": "ada", "password": PASSWORD})).status_code == 401


async def test_refresh_works_once(client: httpx2.AsyncClient) -> None:
    await set_up(client)
    first = await log_in(client)

    second = (await client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    third = (await client.post("/auth/refresh", json={"refresh_token": second["refresh_token"]})).json()

    assert len({tokens["refresh_token"] for tokens in (first, second, third)}) == 3
    assert first["refresh_expires_at"] == third["refresh_expires_at"]
    assert (await client.get("/auth/me", headers=bearer(third["access_token"]))).status_code == 200


async def test_reuse_ends_the_session(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await set_up(client)
    first = await log_in(client)
    other = await log_in(client)
    second = (await client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()

    again = await client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})

    assert again.status_code == 401
    assert (await client.post("/auth/refresh", json={"refresh_token": second["refresh_token"]})).status_code == 401
    assert (await client.get("/auth/me", headers=bearer(second["access_token"]))).status_code == 401
    assert (await client.get("/auth/me", headers=bearer(other["access_token"]))).status_code == 200
    assert (await actions(app)).count("login.reuse_detected") == 1


async def test_refresh_at_the_same_time(replicas: list[FastAPI]) -> None:
    async with client_of(replicas[0]) as first, client_of(replicas[1]) as second:
        await set_up(first)
        token = (await log_in(first))["refresh_token"]

        answers = await asyncio.gather(
            *(client.post("/auth/refresh", json={"refresh_token": token}) for client in [first, second] * 3)
        )

        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5
    assert (await actions(replicas[0])).count("login.reuse_detected") == 1


@pytest.mark.parametrize(
    "values",
    [
        {"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
async def test_an_ended_session(client: httpx2.AsyncClient, app: FastAPI, values: dict[str, Any]) -> None:
    await set_up(client)
    tokens = await log_in(client)
    context: Context = app.state.context
    async with context.database.writing.begin() as session:
        await session.execute(update(LoginSession).values(values))

    assert (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).status_code == 401
    answer = await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401
    assert "login.reuse_detected" not in await actions(app)


async def test_a_disabled_user(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await set_up(client)
    tokens = await log_in(client)
    context: Context = app.state.context
    async with context.database.writing.begin() as session:
        await session.execute(update(User).values(disabled=True))

    assert (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).status_code == 401
    assert (await client.post("/auth/login", json={"name": "ada", "password": PASSWORD})).status_code == 401
    answer = await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401
    assert "login.reuse_detected" not in await actions(app)


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_cookie(app: FastAPI, scheme: str, secure: bool) -> None:
    async with client_of(app, base_url=f"{scheme}://autoarr") as client:
        await set_up(client)

        answer = await client.post("/auth/login", json={"name": "ada", "password": PASSWORD, "cookie": True})

        assert "refresh_token" not in answer.json()
        name, *attributes = answer.headers["set-cookie"].split("; ")
        assert name.startswith("autoarr_refresh=")
        assert {"HttpOnly", "Path=/auth", "SameSite=strict"} <= set(attributes)
        assert ("Secure" in attributes) == secure

        renewed = await client.post("/auth/refresh")
        assert "refresh_token" not in renewed.json()
        assert renewed.headers["set-cookie"] != answer.headers["set-cookie"]

        gone = await client.post("/auth/logout", headers=bearer(renewed.json()["access_token"]))
        assert gone.status_code == 204
        assert 'autoarr_refresh=""' in gone.headers["set-cookie"]
        assert (await client.post("/auth/refresh")).status_code == 401


async def test_refresh_without_a_token(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/auth/refresh")).status_code == 401


async def test_logout(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await set_up(client)
    tokens, other = await log_in(client), await log_in(client)

    assert (await client.post("/auth/logout", headers=bearer(tokens["access_token"]))).status_code == 204

    assert (await client.get("/auth/me", headers=bearer(tokens["access_token"]))).status_code == 401
    answer = await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401
    assert (await client.get("/auth/me", headers=bearer(other["access_token"]))).status_code == 200
    assert "login.ended" in await actions(app)


async def test_ones_sessions(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await set_up(client)
    async with client_of(app, "2001:db8::7") as phone:
        phone.headers["User-Agent"] = "phone" * 100
        tokens, away = await log_in(client), await log_in(phone)
    client.headers |= bearer(tokens["access_token"])
    await client.post("/api/v1/users", json={"name": "robin", "password": PASSWORD})
    robin = bearer((await log_in(client, "robin"))["access_token"])
    theirs = (await client.get("/auth/sessions", headers=robin)).json()["items"]

    page = (await client.get("/auth/sessions")).json()

    assert (page["total"], len(theirs)) == (2, 1)
    assert [row["current"] for row in page["items"]].count(True) == 1
    (other,) = [row for row in page["items"] if not row["current"]]
    assert (other["client"], other["address"]) == ("phone" * 40, "2001:db8::7")
    assert (await client.delete(f"/auth/sessions/{theirs[0]['id']}")).status_code == 404
    assert (await client.delete(f"/auth/sessions/{other['id']}")).status_code == 204
    assert (await client.delete(f"/auth/sessions/{other['id']}")).status_code == 404
    assert (await client.get("/auth/me", headers=bearer(away["access_token"]))).status_code == 401
    assert (await client.get("/auth/me", headers=robin)).status_code == 200


async def test_another_password(client: httpx2.AsyncClient, app: FastAPI) -> None:
    await set_up(client)
    here, there = await log_in(client), await log_in(client)
    headers = bearer(here["access_token"])

    wrong = await client.post("/auth/password", json={"old": "wrong", "new": "battery staple"}, headers=headers)
    name = await client.post("/auth/password", json={"old": PASSWORD, "new": "ada"}, headers=headers)
    right = await client.post("/auth/password", json={"old": PASSWORD, "new": "battery staple"}, headers=headers)

    assert (wrong.status_code, name.status_code, right.status_code) == (403, 422, 200)
    assert right.json() == {"sessions": 1}
    assert (await client.get("/auth/me", headers=headers)).status_code == 200
    assert (await client.get("/auth/me", headers=bearer(there["access_token"]))).status_code == 401
    await log_in(client, password="battery staple")
    assert (await client.post("/auth/login", json={"name": "ada", "password": PASSWORD})).status_code == 401
    assert {"password.refused", "password.changed"} <= set(await actions(app))


async def test_guessing_the_old_password_is_slowed_down(client: httpx2.AsyncClient) -> None:
    await set_up(client)
    headers = bearer((await log_in(client))["access_token"])
    body = {"old": "wrong", "new": "battery staple"}

    answers = [await client.post("/auth/password", json=body, headers=headers) for _ in range(7)]

    assert [answer.status_code for answer in answers] == [403] * 6 + [429]


def read_files(folder: Path, pattern: str) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob(pattern))


async def test_no_secret_is_stored_in_clear(client: httpx2.AsyncClient, data_dir: Path) -> None:
    await set_up(client)
    tokens = await log_in(client)
    renewed = (await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})).json()
    headers = bearer(tokens["access_token"])
    made = await client.post("/api/v1/tokens", json={"name": "phone"}, headers=headers)
    await client.post("/auth/login", json={"name": "ada", "password": "wrong password"})

    stored = read_files(data_dir, "autoarr.db*")

    assert b"phone" in stored
    secrets = [PASSWORD, "wrong password", made.json()["token"]]
    secrets += [pair[kind] for pair in (tokens, renewed) for kind in ("access_token", "refresh_token")]
    assert [secret for secret in secrets if secret.encode() in stored] == []


def test_a_session_lasts_30_days() -> None:
    assert timedelta(days=30) == sessions.LIFETIME
