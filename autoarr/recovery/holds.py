"""Who works at a recovery: one process at a time, for as long as its hold lasts.

A hold is the moment until which nobody else looks at it, in `next_at`. What is written of it afterwards demands that
the hold still stands: a process that lost it, or whose recovery a person cancelled meanwhile, changes nothing.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from autoarr.errors import AutoArrError
from autoarr.models import Recovery
from autoarr.policy import Policy, load_policy
from autoarr.recovery.timeline import UNFINISHED

if TYPE_CHECKING:
    import uuid
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context

LEASE = timedelta(minutes=2)


class Lost(AutoArrError):
    """Somebody else has it now."""


@dataclass
class Hold:
    """A recovery that this process works at.

    Attributes:
        recovery: as it is stored.
        state, until: by which the hold is recognised.
    """

    recovery: Recovery
    policy: Policy
    state: str
    until: datetime


async def take_hold(context: Context, recovery_id: uuid.UUID, now: datetime) -> Hold | None:
    """Take a recovery that is due; None where it is not, or not any more."""
    async with context.database.writing.begin() as session:
        recovery = await session.get(Recovery, recovery_id, with_for_update=True)
        if recovery is None or recovery.state not in UNFINISHED or recovery.next_at is None or recovery.next_at > now:
            return None
        recovery.next_at = now + LEASE
        return Hold(recovery, await load_policy(session), recovery.state, recovery.next_at)


@asynccontextmanager
async def held(context: Context, hold: Hold) -> AsyncIterator[tuple[AsyncSession, Recovery]]:
    """A transaction in which the hold stands; what is written of the recovery moves it along.

    Raises:
        Lost: somebody else has it, or it has ended.
    """
    async with context.database.writing.begin() as session:
        recovery = await session.get(Recovery, hold.recovery.id, with_for_update=True)
        if recovery is None or recovery.next_at != hold.until or recovery.state != hold.state:
            raise Lost("Somebody else works at it.")
        yield session, recovery
    hold.recovery, hold.state = recovery, recovery.state
    if recovery.next_at is not None:
        hold.until = recovery.next_at
    await context.bus.publish("recovery.changed", {"id": str(recovery.id), "state": recovery.state})
