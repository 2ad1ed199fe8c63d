"""From a name and a password to a session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from autoarr import activity
from autoarr.accounts import passwords, sessions, throttle
from autoarr.accounts.users import find_by_name
from autoarr.actors import Actor
from autoarr.models import User
from autoarr.models.base import name_key

if TYPE_CHECKING:
    from autoarr.accounts.principal import Principal
    from autoarr.context import Context

NOBODY = "anonymous"
"""The actor of a failed login: its name may be a password that went into the wrong field."""


async def log_in(
    context: Context, name: str, password: str, *, client: str, address: str
) -> sessions.IssuedTokens | None:
    """Open a session; None where the name or the password is wrong or the user is disabled.

    Args:
        client: what the client says it is.
        address: where it is.

    Raises:
        autoarr.accounts.throttle.Blocked: too many failures.
    """
    now = datetime.now(UTC)
    by_address, by_name = throttle.address_throttle(address), throttle.name_throttle(name_key(name.strip()))
    await throttle.count_attempt(context.database, [by_address, by_name], now)
    async with context.database.sessions() as session:
        found = await find_by_name(session, name)
    right = await passwords.check_password(password, found.password_hash if found else None)
    async with context.database.writing.begin() as session:
        # Read again: it may have been changed while the password was checked.
        user = await session.get(User, found.id, with_for_update=True) if found else None
        if not right or not user or not found or user.disabled or user.password_hash != found.password_hash:
            activity.record(
                session,
                Actor(name=NOBODY, via="session"),
                "login.failed",
                "Somebody could not log in.",
                outcome="refused",
                subject=user.name if user else None,
                cause="the user is disabled" if user and user.disabled else "the name or the password is wrong",
                data={"address": address},
            )
            return None
        await throttle.forgive(session, by_name, by_address)
        login = await sessions.open_session(session, user, client, address, now)
        activity.record(
            session,
            Actor(name=user.name, id=user.id, via="session"),
            "login.succeeded",
            f"{user.name} logged in.",
            subject=user.name,
            data={"session": str(login.id), "address": address},
        )
    return sessions.issue_tokens(context, login, 0, now)


async def change_password(context: Context, principal: Principal, old: str, new: str) -> int | None:
    """Give a user another password, and end all sessions but the one that asks.

    Returns:
        How many ended; None where the old password is wrong.

    Raises:
        autoarr.accounts.throttle.Blocked: too many failures.
    """
    by_user = throttle.name_throttle(f"id {principal.user_id}")
    await throttle.count_attempt(context.database, [by_user], datetime.now(UTC))
    async with context.database.sessions() as session:
        found = await session.get(User, principal.user_id)
    right = await passwords.check_password(old, found.password_hash if found else None)
    password_hash = await passwords.hash_password(new) if right else ""
    async with context.database.writing.begin() as session:
        user = await session.get(User, principal.user_id, with_for_update=True)
        if not right or not user or not found or user.password_hash != found.password_hash:
            activity.record(
                session,
                principal.actor,
                "password.refused",
                "The old password was wrong, so it was not changed.",
                outcome="refused",
                subject=principal.name,
            )
            return None
        user.password_hash, user.password_changed_at = password_hash, datetime.now(UTC)
        await throttle.forgive(session, by_user)
        ended = await sessions.revoke(session, "password changed", user_id=user.id, except_id=principal.session_id)
        activity.record(
            session,
            principal.actor,
            "password.changed",
            f"{user.name} changed their password; {ended} other sessions ended.",
            subject=user.name,
        )
    return ended
