"""Users: made, changed and removed so that an administrator always remains."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from autoarr.accounts import sessions
from autoarr.errors import AutoArrError
from autoarr.models import User
from autoarr.models.base import name_key

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Role


class NameTaken(AutoArrError):
    """Another user has this name."""

    def __init__(self) -> None:
        super().__init__("Another user has this name.")


class LastAdmin(AutoArrError):
    """Nobody could administer AutoArr any more."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator who can log in; there has to be another one first.")


def password_is_name(password: str, name: str) -> bool:
    """Tell whether a password is what everybody tries first."""
    return name_key(password.strip()) == name_key(name)


async def any_user(session: AsyncSession) -> bool:
    """Tell whether the first one has been made."""
    return await session.scalar(select(User.id).limit(1)) is not None


async def find_by_name(session: AsyncSession, name: str) -> User | None:
    """Find a user by name, whatever its case and the white space around it."""
    found = await session.scalars(select(User).where(User.name_key == name_key(name.strip())))
    return found.one_or_none()


async def add_user(session: AsyncSession, name: str, password_hash: str, role: Role) -> User:
    """Add a user.

    Raises:
        NameTaken: another one has the name.
    """
    now = datetime.now(UTC)
    user = User(
        name=name,
        name_key=name_key(name),
        password_hash=password_hash,
        role=role,
        created_at=now,
        password_changed_at=now,
    )
    session.add(user)
    await _flush(session)
    return user


async def change_user(
    session: AsyncSession,
    user_id: uuid.UUID,
    *,
    name: str | None = None,
    role: Role | None = None,
    disabled: bool | None = None,
    password_hash: str | None = None,
) -> tuple[User, int] | None:
    """Change what is given.

    Returns:
        The user and how many sessions ended because of it; None where there is no such user.

    Raises:
        NameTaken: another one has the name.
        LastAdmin: no administrator would be left.
    """
    await sessions.lock_accounts(session)
    if (user := await session.get(User, user_id, with_for_update=True)) is None:
        return None
    if (role == "requester" or disabled) and await _is_last_admin(session, user):
        raise LastAdmin
    if name is not None:
        user.name, user.name_key = name, name_key(name)
    if role is not None:
        user.role = role
    if disabled is not None:
        user.disabled = disabled
    if password_hash is not None:
        user.password_hash, user.password_changed_at = password_hash, datetime.now(UTC)
    await _flush(session)
    if password_hash is None and not disabled:
        return user, 0
    because = "disabled" if disabled else "password set"
    return user, await sessions.revoke(session, because, user_id=user.id)


async def delete_user(session: AsyncSession, user_id: uuid.UUID) -> User | None:
    """Delete a user with all sessions and API tokens.

    Raises:
        LastAdmin: no administrator would be left.
    """
    await sessions.lock_accounts(session)
    if (user := await session.get(User, user_id, with_for_update=True)) is None:
        return None
    if await _is_last_admin(session, user):
        raise LastAdmin
    await session.delete(user)
    return user


async def _is_last_admin(session: AsyncSession, user: User) -> bool:
    if user.role != "admin" or user.disabled:
        return False
    others = select(func.count()).where(User.role == "admin", User.disabled.is_(False), User.id != user.id)
    return await session.scalar(others) == 0


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:  # the name is the only thing of a user's that has to be unique
        raise NameTaken from None
