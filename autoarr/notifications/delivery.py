"""What is due for a target, sent one by one: at least once, in order, not too often, and not for ever.

Each attempt is noted before it is made, with a lease. A process that dies in the middle leaves the lease behind, after
which another sends the same again, with the same id.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from autoarr import activity
from autoarr.actors import SYSTEM
from autoarr.faults import checkpoint
from autoarr.jobs.store import changed
from autoarr.models import Notification, NotificationTarget
from autoarr.notifications.sending import open_target, send
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context

RATE, RATE_TIME = 20, timedelta(minutes=1)
"""How many notifications a target gets in what time at most; the rest waits."""
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
"""Waits after each failed attempt, about; after one more than that, it is given up."""
LONGEST_WAIT = timedelta(hours=6)
"""A receiver that asks for more rest than that gets this much."""
GIVEN_UP_AFTER = timedelta(hours=24)
TOO_LATE = "it could not be delivered in time"
LEASE = timedelta(seconds=60)
"""How long an attempt may take before its process counts as gone; longer than one call may."""
TURN_S = 120.0
"""Seconds after which a job begins no other attempt: jobs of other kinds wait for their turn as well."""
GONE = 410


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def deliver(context: Context, target_id: uuid.UUID, now: Callable[[], datetime] = utc_now) -> dict[str, int]:
    """Send what is due for a target, until nothing is left, it fails, or it has had enough for now.

    Returns:
        How many were ``delivered``, ``failed`` for good, or are to be tried again (``queued``).
    """
    ended = time.monotonic() + TURN_S
    done: Counter[str] = Counter()
    while time.monotonic() < ended and (claimed := await _claim(context, target_id, now())):
        target, notification = claimed
        checkpoint("notification.claimed")
        error = await _attempt(context, target, notification, now())
        checkpoint("notification.sent")
        state = await _settle(context, target, notification, error, now())
        done[state] += 1
        await context.bus.publish("notification.changed", {"id": notification.id, "state": state})
        if error is not None and _is_worth_retrying(error):
            break
    return dict(done)


async def due_targets(session: AsyncSession, now: datetime) -> list[uuid.UUID]:
    """The targets for which something is due."""
    return list(await session.scalars(select(Notification.target_id).where(*_due(now)).distinct()))


def _due(now: datetime) -> tuple[Any, ...]:
    free = Notification.leased_until.is_(None) | (Notification.leased_until <= now)
    return (Notification.state == "queued", Notification.next_at <= now, free)


async def _claim(
    context: Context, target_id: uuid.UUID, now: datetime
) -> tuple[NotificationTarget, Notification] | None:
    """Take the next one; None where there is none now. Of one that is switched off nothing is sent any more."""
    async with context.database.writing.begin() as session:
        # Locked, so that what another process sends is counted.
        target = await session.get(NotificationTarget, target_id, with_for_update={"key_share": True})
        if target is None:
            return None
        if not target.enabled:
            await _give_up(session, target_id, now, "the target was switched off")
            return None
        too_old = Notification.created_at <= now - GIVEN_UP_AFTER
        await _give_up(session, target_id, now, TOO_LATE, too_old | (Notification.attempts > len(BACK_OFF)), *_due(now))
        recent = select(func.count()).where(
            Notification.target_id == target_id, Notification.finished_at > now - RATE_TIME
        )
        if (await session.scalar(recent) or 0) >= RATE:
            return None
        query = select(Notification).where(Notification.target_id == target_id, *_due(now)).order_by(Notification.id)
        if (notification := await session.scalar(query.limit(1))) is None:
            return None
        notification.attempts += 1
        notification.leased_until = now + LEASE
    return target, notification


async def _attempt(
    context: Context, target: NotificationTarget, notification: Notification, now: datetime
) -> UpstreamError | None:
    try:
        await send(open_target(context.keys, target), notification.event, notification.body, now)
    except UpstreamError as error:
        return error
    return None


def _is_worth_retrying(error: UpstreamError) -> bool:
    """Whether a later attempt may do better: it was not refused, but asked too often, or broken, or not reached."""
    return error.status is None or error.status == 429 or error.status >= 500


async def _settle(
    context: Context,
    target: NotificationTarget,
    notification: Notification,
    error: UpstreamError | None,
    now: datetime,
) -> str:
    """Note how an attempt ended; give the state it is in now."""
    again = None if error is None else _next_attempt(notification, error, now)
    state = "delivered" if error is None else "failed" if again is None else "queued"
    values: dict[str, Any] = {
        "state": state,
        "finished_at": now if again is None else None,
        "next_at": again,
        "error": None if error is None else _explain(error),
    }
    mine = (
        Notification.id == notification.id,
        Notification.state == "queued",
        Notification.attempts == notification.attempts,
    )
    async with context.database.writing.begin() as session:
        if not await changed(session, update(Notification).where(*mine).values(leased_until=None, **values)):
            return "taken over"
        if error is not None and _is_worth_retrying(error):
            # The others of this target would fail as well.
            pause = again if again is not None and error.status == 429 else now + BACK_OFF[0]
            waiting = (
                Notification.target_id == target.id,
                Notification.state == "queued",
                Notification.id != notification.id,
                Notification.next_at < pause,
            )
            await session.execute(update(Notification).where(*waiting).values(next_at=pause))
        if state == "failed":
            _record_failure(session, target, notification, values["error"])
        if error is not None and error.status == GONE:
            await _switch_off(session, target, now)
    return state


def _next_attempt(notification: Notification, error: UpstreamError, now: datetime) -> datetime | None:
    """When to try again; None where it is given up."""
    if not _is_worth_retrying(error) or notification.attempts > len(BACK_OFF):
        return None
    wait = BACK_OFF[notification.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- no secret
    if error.retry_after is not None:
        wait = max(min(timedelta(seconds=error.retry_after), LONGEST_WAIT), timedelta(seconds=1))
    again = now + wait
    return again if again <= notification.created_at + GIVEN_UP_AFTER else None


def _explain(error: UpstreamError) -> str:
    return f"{error.detail}; {error.advice}"


def _record_failure(session: AsyncSession, target: NotificationTarget, notification: Notification, error: str) -> None:
    message = f"{target.name} was not told of {notification.event}: {error}"
    activity.record(session, SYSTEM, "notification.failed", message, outcome="failed", subject=target.name, cause=error)


async def _switch_off(session: AsyncSession, target: NotificationTarget, now: datetime) -> None:
    """A receiver that says it is gone (410) is asked no more, as Standard Webhooks wants it."""
    values = {"enabled": False, "updated_at": now}
    await session.execute(update(NotificationTarget).where(NotificationTarget.id == target.id).values(values))
    message = f"{target.name} was switched off: it says that it is gone for good."
    activity.record(session, SYSTEM, "notification.target.changed", message, subject=target.name)


async def _give_up(session: AsyncSession, target_id: uuid.UUID, now: datetime, reason: str, *which: Any) -> None:
    """Send those of a target that wait, or some of them, no more. What made the last attempt fail says more."""
    query = update(Notification).where(Notification.target_id == target_id, Notification.state == "queued", *which)
    ended = {"state": "failed", "finished_at": now, "next_at": None, "leased_until": None}
    query = query.values(error=func.coalesce(Notification.error, reason), **ended)
    await session.execute(query.execution_options(synchronize_session=False))
