"""The first user, logging in and out, and one's own login."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Cookie, HTTPException, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from autoarr import activity
from autoarr.accounts import login, passwords, sessions, users
from autoarr.accounts.jwt import ACCESS_LIFETIME
from autoarr.accounts.principal import PrincipalDep, SessionDep
from autoarr.accounts.throttle import Blocked
from autoarr.actors import Actor, Role
from autoarr.api.fields import GivenPassword, Name, Password
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.api.users import UserView, refuse_name_as_password
from autoarr.context import Context, ContextDep
from autoarr.models import LoginSession

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(prefix="/auth", tags=["auth"])

COOKIE = "autoarr_refresh"
_COOKIE_PATH = "/auth"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_RefreshToken = Annotated[str, StringConstraints(max_length=4000)]


class SetupState(BaseModel):
    """Whether there is a user."""

    done: bool


class FirstUser(BaseModel):
    """The first administrator."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["ada"])
    password: Password


class Credentials(BaseModel):
    """A name and its password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] = Field(examples=["ada"])
    password: GivenPassword
    cookie: bool = Field(
        default=False,
        description="For browsers: the refresh token comes as a cookie that no script can read, not in the answer.",
    )


class RefreshRequest(BaseModel):
    """A refresh token; not needed where it comes as a cookie."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: _RefreshToken


class Tokens(BaseModel):
    """What to send as `Authorization: Bearer`, and what to renew it with."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 -- the name of a scheme
    expires_in: int = Field(description="Seconds the access token is good for.")
    refresh_token: str | None = Field(default=None, description="Works once. Absent where it was set as a cookie.")
    refresh_expires_at: AwareDatetime = Field(description="When the session ends, however often it is refreshed.")


class Me(BaseModel):
    """Who asks, and what they may do by this login or token."""

    id: uuid.UUID
    name: str
    role: Role
    via: Literal["session", "token"]
    session_id: uuid.UUID | None


class PasswordChange(BaseModel):
    """One's own password and the next one."""

    model_config = ConfigDict(extra="forbid")

    old: GivenPassword
    new: Password


class Ended(BaseModel):
    """What a change of password ended."""

    sessions: int


class SessionView(BaseModel):
    """A login that is still good."""

    id: uuid.UUID
    client: str
    address: str
    created_at: AwareDatetime
    last_used_at: AwareDatetime
    expires_at: AwareDatetime
    current: bool = Field(description="Whether it is the one that asks.")


@router.get("/setup", summary="Whether the first user exists")
async def get_setup(context: ContextDep) -> SetupState:
    """Tell whether AutoArr has been set up."""
    async with context.database.sessions() as session:
        return SetupState(done=await users.any_user(session))


@router.post("/setup", summary="Make the first administrator", status_code=201)
async def set_up(context: ContextDep, body: FirstUser) -> UserView:
    """Make the first user, once; afterwards it is refused."""
    refuse_name_as_password(body.password, body.name)
    async with context.database.sessions() as session:
        await _refuse_second_setup(session)
    password_hash = await passwords.hash_password(body.password.get_secret_value())
    async with context.database.writing.begin() as session:
        await sessions.lock_accounts(session)
        await _refuse_second_setup(session)
        user = await users.add_user(session, body.name, password_hash, "admin")
        actor = Actor(name=user.name, id=user.id, via="session")
        activity.record(session, actor, "setup.done", f"{user.name} is the first administrator.", subject=user.name)
    await context.bus.publish("user.changed", {"id": str(user.id)})
    return UserView.of(user)


async def _refuse_second_setup(session: AsyncSession) -> None:
    if await users.any_user(session):
        raise HTTPException(403, "AutoArr has been set up already.")


@router.post("/login", summary="Log in", response_model_exclude_none=True)
async def log_in(context: ContextDep, request: Request, response: Response, body: Credentials) -> Tokens:
    """Open a session. Failures slow down further attempts for the name and from the address: see Retry-After."""
    try:
        issued = await login.log_in(
            context,
            body.name,
            body.password.get_secret_value(),
            client=request.headers.get("user-agent", ""),
            address=_client_address(request),
        )
    except Blocked as blocked:
        raise _too_many(blocked) from None
    if issued is None:
        raise HTTPException(401, "The name or the password is wrong.", _CHALLENGE)
    return _hand_out(request, response, issued, as_cookie=body.cookie)


@router.post("/refresh", summary="Renew the access token", response_model_exclude_none=True)
async def refresh(
    context: ContextDep,
    request: Request,
    response: Response,
    body: RefreshRequest | None = None,
    cookie: Annotated[_RefreshToken | None, Cookie(alias=COOKIE)] = None,
) -> Tokens:
    """Take a refresh token, from the body or the cookie, for new tokens. Used a second time, it ends its session."""
    token = body.refresh_token if body else cookie
    issued = await sessions.refresh(context, token) if token else None
    if issued is None:
        raise HTTPException(401, "The refresh token is not valid, or no longer; log in again.", _CHALLENGE)
    return _hand_out(request, response, issued, as_cookie=body is None)


@router.post("/logout", summary="Log out", status_code=204)
async def log_out(context: ContextDep, response: Response, principal: SessionDep) -> None:
    """End the session that asks."""
    async with context.database.writing.begin() as session:
        await sessions.revoke(session, "logout", principal.session_id)
        activity.record(
            session, principal.actor, "login.ended", f"{principal.name} logged out.", subject=principal.name
        )
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, httponly=True, samesite="strict")
    await _tell_revoked(context, principal.session_id)


@router.get("/me", summary="Who asks")
async def get_me(principal: PrincipalDep) -> Me:
    """Tell whose login or API token this is."""
    via: Literal["session", "token"] = "session" if principal.session_id else "token"
    return Me(id=principal.user_id, name=principal.name, role=principal.role, via=via, session_id=principal.session_id)


@router.post("/password", summary="Change one's password")
async def change_password(context: ContextDep, principal: SessionDep, body: PasswordChange) -> Ended:
    """Change one's own password; every other session of one's own ends."""
    refuse_name_as_password(body.new, principal.name)
    try:
        ended = await login.change_password(
            context, principal, body.old.get_secret_value(), body.new.get_secret_value()
        )
    except Blocked as blocked:
        raise _too_many(blocked) from None
    if ended is None:
        raise HTTPException(403, "The old password is wrong.")
    await _tell_revoked(context)
    return Ended(sessions=ended)


@router.get("/sessions", summary="One's sessions")
async def list_sessions(context: ContextDep, principal: SessionDep, page: PageDep) -> Page[SessionView]:
    """List one's own logins, the one used last first."""
    query = (
        select(LoginSession)
        .where(
            LoginSession.user_id == principal.user_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > datetime.now(UTC),
        )
        .order_by(LoginSession.last_used_at.desc(), LoginSession.id)
    )

    def view(row: LoginSession) -> SessionView:
        return SessionView(
            id=row.id,
            client=row.client,
            address=row.address,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            current=row.id == principal.session_id,
        )

    async with context.database.sessions() as session:
        return await read_page(session, query, page, view)


@router.delete("/sessions/{session_id}", summary="End one of one's sessions", status_code=204)
async def end_session(context: ContextDep, principal: SessionDep, session_id: uuid.UUID) -> None:
    """End one of one's own logins, on whatever device it is."""
    async with context.database.writing.begin() as session:
        if not await sessions.revoke(session, "ended by user", session_id, user_id=principal.user_id):
            raise HTTPException(404, "You have no such session.")
        activity.record(
            session, principal.actor, "session.revoked", f"{principal.name} ended a session.", subject=str(session_id)
        )
    await _tell_revoked(context, session_id)


async def _tell_revoked(context: Context, session_id: uuid.UUID | None = None) -> None:
    await context.bus.publish("session.revoked", {"id": str(session_id)} if session_id else {})


def _client_address(request: Request) -> str:
    try:
        return str(ipaddress.ip_address(request.client.host if request.client else ""))
    except ValueError:  # whatever a proxy that is believed wrote there
        return "unknown"


def _too_many(blocked: Blocked) -> HTTPException:
    detail = f"Too many failed attempts; try again in {blocked.retry_after} s."
    return HTTPException(429, detail, {"Retry-After": str(blocked.retry_after)})


def _hand_out(request: Request, response: Response, issued: sessions.IssuedTokens, *, as_cookie: bool) -> Tokens:
    if as_cookie:
        response.set_cookie(
            COOKIE,
            issued.refresh,
            max_age=int((issued.refresh_expires_at - datetime.now(UTC)).total_seconds()),
            path=_COOKIE_PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
    return Tokens(
        access_token=issued.access,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        refresh_token=None if as_cookie else issued.refresh,
        refresh_expires_at=issued.refresh_expires_at,
    )
