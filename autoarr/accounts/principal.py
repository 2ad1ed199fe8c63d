"""Who a request comes from, and whether they may."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select, update

from autoarr.accounts import jwt
from autoarr.actors import Actor, Role
from autoarr.context import Context, ContextDep
from autoarr.models import ApiToken, LoginSession, User

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

API_TOKEN_PREFIX = "aa_"  # noqa: S105 -- tells the kinds of tokens apart
_USE_NOTED_EVERY = timedelta(minutes=1)
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, kw_only=True)
class Principal:
    """An authenticated user.

    Attributes:
        role: what they may do by this login: a token may be for less than its user.
        session_id: of a login; None for an API token.
        token_id: of an API token; None for a login.
    """

    user_id: uuid.UUID
    name: str
    role: Role
    session_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None

    @property
    def actor(self) -> Actor:
        """As the activity log names them."""
        return Actor(name=self.name, id=self.user_id, via="session" if self.session_id else "token")


def hash_api_token(token: str) -> str:
    """What is stored of an API token: it is random, so a plain hash can't be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


async def authenticate(context: Context, token: str) -> Principal | None:
    """Find whose access token or API token this is; None where it is nobody's, or no longer."""
    if token.startswith(API_TOKEN_PREFIX):
        async with context.database.sessions() as session:
            return await _by_api_token(context, session, token)
    try:
        claims = jwt.verify(context.keys, context.instance_id, "access", token)
    except jwt.InvalidToken:
        return None
    async with context.database.sessions() as session:
        return await _by_session(session, claims)


async def _by_session(session: AsyncSession, claims: jwt.Claims) -> Principal | None:
    query = select(User, LoginSession).join(LoginSession, LoginSession.user_id == User.id)
    found = (await session.execute(query.where(LoginSession.id == claims.session_id))).one_or_none()
    if found is None:
        return None
    user, login = found
    if login.revoked_at or login.expires_at <= datetime.now(UTC) or user.disabled or user.id != claims.user_id:
        return None
    return Principal(user_id=user.id, name=user.name, role=user.role, session_id=login.id)


async def _by_api_token(context: Context, session: AsyncSession, token: str) -> Principal | None:
    query = select(User, ApiToken).join(ApiToken, ApiToken.user_id == User.id)
    found = (await session.execute(query.where(ApiToken.token_hash == hash_api_token(token)))).one_or_none()
    if found is None:
        return None
    user, kept = found
    now = datetime.now(UTC)
    if user.disabled or (kept.expires_at and kept.expires_at <= now):
        return None
    if kept.last_used_at is None or kept.last_used_at < now - _USE_NOTED_EVERY:
        async with context.database.writing.begin() as writing:
            await writing.execute(update(ApiToken).where(ApiToken.id == kept.id).values(last_used_at=now))
    role: Role = "admin" if user.role == kept.role == "admin" else "requester"
    return Principal(user_id=user.id, name=user.name, role=role, token_id=kept.id)


_bearer = HTTPBearer(auto_error=False, description="An access token from /auth/login, or an API token.")


async def current_principal(
    context: ContextDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """Demand a login or an API token, whatever the role."""
    if credentials is None:
        raise HTTPException(401, "This needs a login or an API token.", _CHALLENGE)
    if (principal := await authenticate(context, credentials.credentials)) is None:
        raise HTTPException(
            401, "The token is not valid, or no longer.", {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )
    return principal


async def require_admin(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
    """Demand an administrator."""
    if principal.role != "admin":
        raise HTTPException(403, "This is for administrators.")
    return principal


async def require_session(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
    """Demand a login: with an API token, nobody can make another one or change who may log in."""
    if principal.session_id is None:
        raise HTTPException(403, "This needs a login; an API token is not enough.")
    return principal


async def require_admin_session(
    principal: Annotated[Principal, Depends(require_session)], _: Annotated[Principal, Depends(require_admin)]
) -> Principal:
    """Demand an administrator's login."""
    return principal


PrincipalDep = Annotated[Principal, Depends(current_principal)]
AdminDep = Annotated[Principal, Depends(require_admin)]
SessionDep = Annotated[Principal, Depends(require_session)]
AdminSessionDep = Annotated[Principal, Depends(require_admin_session)]
