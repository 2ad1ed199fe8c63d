"""What a recovery tells of itself: a line for each step and each delay, and the news that people want to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autoarr import activity
from autoarr.actors import SYSTEM
from autoarr.models import RecoveryStep
from autoarr.notifications.outbox import notify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.models import Recovery
    from autoarr.notifications.kinds import Event

UNFINISHED = ("waiting", "asking", "acting", "verifying")
ENDED = ("recovered", "dismissed", "given_up")
_NEWS: dict[str, tuple[Event, str]] = {
    "asking": ("recovery.asking", "A failed download needs a decision"),
    "recovered": ("recovery.recovered", "A failed download was recovered"),
    "given_up": ("recovery.given_up", "A failed download was given up"),
}


def add_step(
    session: AsyncSession,
    recovery: Recovery,
    step: str,
    message: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the timeline, in the transaction of what it tells of."""
    message = message.replace("\0", "")
    session.add(
        RecoveryStep(recovery_id=recovery.id, at=now, step=step, message=message, data=dict(data) if data else None)
    )


async def enter(
    session: AsyncSession, recovery: Recovery, state: str, reason: str, now: datetime, actor: Actor = SYSTEM
) -> None:
    """Have a recovery be in a state, and tell who wants to hear it."""
    news = state != recovery.state
    recovery.state, recovery.reason = state, reason.replace("\0", "")
    recovery.updated_at = now
    if state in ENDED:
        recovery.ended_at, recovery.next_at = now, None
    if not news:
        return
    if state in ENDED:
        activity.record(
            session,
            actor,
            f"recovery.{state}",
            f"{recovery.owner_name}: {recovery.title}",
            outcome="failed" if state == "given_up" else "succeeded",
            subject=recovery.owner_name,
            cause=recovery.reason,
            data={"recovery_id": str(recovery.id)},
        )
    if state in _NEWS:
        event, title = _NEWS[state]
        await tell(session, recovery, event, title, now)


async def tell(session: AsyncSession, recovery: Recovery, event: Event, title: str, now: datetime) -> None:
    """Tell who wants to hear it, once for each time that the recovery is so."""
    round_ = f"{recovery.attempts}.{recovery.action or ''}"
    data = {
        "recovery_id": str(recovery.id),
        "service": recovery.owner_name,
        "title": recovery.title,
        "failure": recovery.failure,
        "state": recovery.state,
        "action": recovery.action,
    }
    message = f"{recovery.title} ({recovery.owner_name}): {recovery.reason}"
    await notify(session, event, f"{recovery.id}:{event}:{round_}", title, message, data, now=now)
