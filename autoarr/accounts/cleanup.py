"""What is no longer needed of logins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_

from autoarr.accounts.throttle import FORGOTTEN_AFTER
from autoarr.models import ApiToken, LoginSession, LoginThrottle

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession


async def prune(session: AsyncSession, now: datetime) -> int:
    """Delete expired sessions and API tokens, and failures long past, in a transaction of the caller's.

    Returns:
        How many rows.
    """
    unblocked = or_(LoginThrottle.blocked_until.is_(None), LoginThrottle.blocked_until <= now)
    deleted = 0
    for statement in (
        delete(LoginSession).where(LoginSession.expires_at <= now).returning(LoginSession.id),
        delete(ApiToken).where(ApiToken.expires_at <= now).returning(ApiToken.id),
        delete(LoginThrottle)
        .where(LoginThrottle.updated_at <= now - FORGOTTEN_AFTER, unblocked)
        .returning(LoginThrottle.key),
    ):
        deleted += len((await session.execute(statement)).all())
    return deleted
