"""Access tokens: only those that this installation signed, of the right type, in their time."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import jwt as pyjwt
import pytest
from sqlalchemy import select

from autoarr.accounts import jwt
from autoarr.accounts.principal import hash_api_token
from autoarr.context import Context
from autoarr.keys import KEY_FILE, KeyRing, read_key_file, write_key_file
from autoarr.models import ApiToken, LoginSession, User
from tests.app.accounts import bearer

if TYPE_CHECKING:
    from fastapi import FastAPI

OTHER = "o" * 40


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, payload


def signed(context: Context, header: dict[str, Any], payload: dict[str, Any]) -> str:
    return pyjwt.encode(payload, next(iter(context.keys.signing_keys.values())), header["alg"], headers=header)


def tampered(context: Context, token: str) -> str:
    header, _, signature = token.split(".")
    payload = decoded(token)[1] | {"sub": str(uuid.uuid4())}
    return f"{header}.{encoded(payload)}.{signature}"


def without_algorithm(context: Context, token: str) -> str:
    header, payload = decoded(token)
    return f"{encoded(header | {'alg': 'none'})}.{encoded(payload)}."


def other_algorithm(context: Context, token: str) -> str:
    header, payload = decoded(token)
    return signed(context, header | {"alg": "HS512"}, payload)


def other_key(context: Context, token: str) -> str:
    header, payload = decoded(token)
    key = next(iter(KeyRing([OTHER]).signing_keys.values()))
    return pyjwt.encode(payload, key, header["alg"], headers=header)


def unknown_key(context: Context, token: str) -> str:
    header, payload = decoded(token)
    kid, key = next(iter(KeyRing([OTHER]).signing_keys.items()))
    return pyjwt.encode(payload, key, header["alg"], headers=header | {"kid": kid})


def without_key_id(context: Context, token: str) -> str:
    header, payload = decoded(token)
    del header["kid"]
    return signed(context, header, payload)


def changed(**claims: Any) -> Callable[[Context, str], str]:
    def change(context: Context, token: str) -> str:
        header, payload = decoded(token)
        payload = {name: value for name, value in (payload | claims).items() if value is not None}
        return signed(context, header, payload)

    return change


FORGERIES = {
    "tampered": tampered,
    "alg none": without_algorithm,
    "alg HS512": other_algorithm,
    "another key": other_key,
    "an unknown key": unknown_key,
    "no key id": without_key_id,
    "another audience": changed(aud=str(uuid.uuid4())),
    "no audience": changed(aud=None),
    "another issuer": changed(iss="somebody"),
    "no issuer": changed(iss=None),
    "a refresh token": changed(typ="refresh"),
    "no type": changed(typ=None),
    "expired": changed(exp=int((datetime.now(UTC) - timedelta(seconds=1)).timestamp())),
    "never expires": changed(exp=None),
    "no session": changed(sid=None),
    "another session": changed(sid=str(uuid.uuid4())),
    "another user": changed(sub=str(uuid.uuid4())),
    "no id": changed(sub="ada"),
    "a part": lambda context, token: token.rpartition(".")[0],
    "nothing": lambda context, token: "x",
    "no text": lambda context, token: "\xff.\xff.\xff",
}
REFRESH_FORGERIES = {name: forge for name, forge in FORGERIES.items() if name != "a refresh token"} | {
    "an access token": changed(typ="access"),
    "another generation": changed(gen=1),
    "no generation": changed(gen=None),
    "an API token": lambda context, token: "aa_" + "x" * 43,
}


@pytest.mark.filterwarnings("ignore:The HMAC key is 32 bytes long")  # said of the forged ones
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_refused(app: FastAPI, admin: httpx2.AsyncClient, forge: Callable[[Context, str], str]) -> None:
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    assert (await admin.get("/auth/me")).status_code == 200
    assert (await admin.get("/auth/me", headers=bearer(changed()(app.state.context, token)))).status_code == 200

    forged = b"Bearer " + forge(app.state.context, token).encode("latin-1")
    answer = await admin.get("/auth/me", headers=[(b"Authorization", forged)])

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.filterwarnings("ignore:The HMAC key is 32 bytes long")  # said of the forged ones
@pytest.mark.parametrize("forge", REFRESH_FORGERIES.values(), ids=REFRESH_FORGERIES.keys())
async def test_refreshes_nothing(app: FastAPI, admin: httpx2.AsyncClient, forge: Callable[[Context, str], str]) -> None:
    """And it ends nothing: the real one still works, re-signed or not."""
    context: Context = app.state.context
    expires_at = datetime.now(UTC) + timedelta(minutes=1)
    claims = jwt.verify(
        context.keys, context.instance_id, "access", admin.headers["Authorization"].removeprefix("Bearer ")
    )
    token = jwt.issue(context.keys, context.instance_id, "refresh", replace(claims, expires_at=expires_at))

    answer = await admin.post("/auth/refresh", json={"refresh_token": forge(context, token)})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    answer = await admin.post("/auth/refresh", json={"refresh_token": changed()(context, token)})
    assert answer.status_code == 200
    assert (await admin.get("/auth/me", headers=bearer(answer.json()["refresh_token"]))).status_code == 401


async def test_an_access_token_refreshes_nothing(admin: httpx2.AsyncClient) -> None:
    token = admin.headers["Authorization"].removeprefix("Bearer ")

    assert (await admin.post("/auth/refresh", json={"refresh_token": token})).status_code == 401


async def test_without_a_token(client: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}):
        answer = await client.get("/auth/me", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_requester_is_not_an_administrator(requester: httpx2.AsyncClient) -> None:
    assert (await requester.get("/auth/me")).json()["role"] == "requester"
    assert (await requester.get("/api/v1/users")).status_code == 403


async def test_a_running_process_follows_its_key_file(
    app: FastAPI, admin: httpx2.AsyncClient, requester: httpx2.AsyncClient
) -> None:
    context: Context = app.state.context
    file = context.settings.data_dir / KEY_FILE
    stored = context.keys.encrypt("an API key")

    old = read_key_file(file)
    write_key_file(file, [OTHER, *old])
    assert (await admin.get("/auth/me")).status_code == 200
    async with context.database.sessions() as session:
        login = (await session.scalars(select(LoginSession).join(User).where(User.name == "Ada"))).one()
    expires_at = datetime.now(UTC) + timedelta(minutes=1)
    claims = jwt.Claims(user_id=login.user_id, session_id=login.id, generation=0, expires_at=expires_at)
    by_new = jwt.issue(KeyRing([OTHER]), context.instance_id, "access", claims)
    assert (await admin.get("/auth/me", headers=bearer(by_new))).status_code == 200
    assert context.keys.decrypt(stored) == "an API key"
    assert KeyRing([OTHER]).decrypt(context.keys.encrypt("new")) == "new"

    write_key_file(file, [OTHER])
    assert (await requester.get("/auth/me")).status_code == 401
    assert (await admin.get("/auth/me", headers=bearer(by_new))).status_code == 200

    file.write_text("damaged")
    assert (await admin.get("/auth/me", headers=bearer(by_new))).status_code == 200
    file.unlink()
    assert (await admin.get("/auth/me", headers=bearer(by_new))).status_code == 200


async def test_expired_api_token(app: FastAPI, admin: httpx2.AsyncClient) -> None:
    context: Context = app.state.context
    now = datetime.now(UTC)
    me = uuid.UUID((await admin.get("/auth/me")).json()["id"])
    async with context.database.writing.begin() as session:
        for text, expires_at in (("aa_old", now - timedelta(seconds=1)), ("aa_new", now + timedelta(minutes=1))):
            token = ApiToken(user_id=me, name=text, role="admin", hint="", token_hash=hash_api_token(text))
            token.created_at, token.expires_at = now, expires_at
            session.add(token)

    codes = [(await admin.get("/auth/me", headers=bearer(text))).status_code for text in ("aa_old", "aa_new", "aa_x")]

    assert codes == [401, 200, 401]


def test_claims_are_kept() -> None:
    keys, audience = KeyRing([OTHER]), uuid.uuid4()
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    claims = jwt.Claims(user_id=uuid.uuid4(), session_id=uuid.uuid4(), generation=3, expires_at=expires_at)

    token = jwt.issue(keys, audience, "refresh", claims)

    assert jwt.verify(keys, audience, "refresh", token) == claims
    expired = jwt.issue(keys, audience, "refresh", replace(claims, expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(jwt.InvalidToken, match="expired"):
        jwt.verify(keys, audience, "refresh", expired)
