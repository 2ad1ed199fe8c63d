"""Login sessions: opened by a password, continued by refresh tokens that work once, ended by revocation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from autoarr import activity
from autoarr.accounts import jwt
from autoarr.actors import Actor
from autoarr.models import Instance, LoginSession, User

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context

LIFETIME = timedelta(days=30)
"""From the password on, however often it is refreshed."""


@dataclass(frozen=True, kw_only=True)
class IssuedTokens:
    """What a client gets for its login."""

    access: str
    access_expires_at: datetime
    refresh: str
    refresh_expires_at: datetime


async def lock_accounts(session: AsyncSession) -> None:
    """Let one transaction at a time decide by who is there: on PostgreSQL, others see its users only afterwards."""
    await session.execute(select(Instance.singleton).with_for_update())


def issue_tokens(context: Context, login: LoginSession, generation: int, now: datetime) -> IssuedTokens:
    """Sign an access token, and the refresh token of a generation."""

    def sign(token_type: jwt.TokenType, expires_at: datetime) -> str:
        claims = jwt.Claims(user_id=login.user_id, session_id=login.id, generation=generation, expires_at=expires_at)
        return jwt.issue(context.keys, context.instance_id, token_type, claims)

    access_expires_at = min(now + jwt.ACCESS_LIFETIME, login.expires_at)
    return IssuedTokens(
        access=sign("access", access_expires_at),
        access_expires_at=access_expires_at,
        refresh=sign("refresh", login.expires_at),
        refresh_expires_at=login.expires_at,
    )


async def open_session(session: AsyncSession, user: User, client: str, address: str, now: datetime) -> LoginSession:
    """Add a session to a transaction.

    Args:
        client: what the client says it is, as it is shown in the list of sessions.
    """
    login = LoginSession(
        user_id=user.id,
        client=client[:200].replace("\0", ""),
        address=address[:64].replace("\0", ""),
        created_at=now,
        last_used_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(login)
    await session.flush()
    return login


async def refresh(context: Context, token: str) -> IssuedTokens | None:
    """Take a refresh token for new tokens; None where it is not valid.

    One that was used before means that two have it, and nobody can tell which is the thief: the session ends for
    both.
    """
    try:
        claims = jwt.verify(context.keys, context.instance_id, "refresh", token)
    except jwt.InvalidToken:
        return None
    now = datetime.now(UTC)
    async with context.database.writing.begin() as session:
        used = await session.execute(
            update(LoginSession)
            .where(
                LoginSession.id == claims.session_id,
                LoginSession.user_id == claims.user_id,
                LoginSession.generation == claims.generation,
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > now,
            )
            .values(generation=LoginSession.generation + 1, last_used_at=now)
            .returning(LoginSession.id)
        )
        valid = used.scalar_one_or_none() is not None
        login, user = await _find(session, claims.session_id)
        if login is None or user is None:
            return None
        if valid:
            return None if user.disabled else issue_tokens(context, login, claims.generation + 1, now)
        if claims.generation >= login.generation or not await revoke(session, "reuse", login.id):
            return None
        activity.record(
            session,
            Actor(name=user.name, id=user.id, via="session"),
            "login.reuse_detected",
            "A refresh token was used a second time; its session has ended.",
            outcome="refused",
            subject=user.name,
            data={"session": str(login.id), "address": login.address},
        )
    await context.bus.publish("session.revoked", {"id": str(login.id), "user_id": str(user.id)})
    return None


async def _find(session: AsyncSession, session_id: uuid.UUID) -> tuple[LoginSession, User] | tuple[None, None]:
    query = select(LoginSession, User).join(User, LoginSession.user_id == User.id)
    found = (await session.execute(query.where(LoginSession.id == session_id))).one_or_none()
    return (found[0], found[1]) if found else (None, None)


async def revoke(
    session: AsyncSession,
    because: str,
    session_id: uuid.UUID | None = None,
    *,
    user_id: uuid.UUID | None = None,
    except_id: uuid.UUID | None = None,
) -> int:
    """End sessions, in a transaction of the caller's.

    Args:
        session_id: this one only.
        user_id: this user's only.
        except_id: not this one.

    Returns:
        How many it ended; those that had ended before don't count.
    """
    statement = update(LoginSession).where(LoginSession.revoked_at.is_(None))
    if session_id:
        statement = statement.where(LoginSession.id == session_id)
    if user_id:
        statement = statement.where(LoginSession.user_id == user_id)
    if except_id:
        statement = statement.where(LoginSession.id != except_id)
    statement = statement.values(revoked_at=datetime.now(UTC), revoked_because=because)
    ended = await session.execute(statement.returning(LoginSession.id))
    return len(ended.all())
