"""What people and programs do with recoveries: look at them, approve what one proposes, cancel one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr import activity
from autoarr.errors import Refused
from autoarr.models import Attempt, Recovery, RecoveryStep
from autoarr.policy import load_policy
from autoarr.recovery.timeline import UNFINISHED, add_step, enter

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.context import Context

KIND = "recovery"
"""The kind of the jobs that bring recoveries on: all that are due, or one, which then is the key."""
OBSERVED = "AutoArr only observes these: change the policy's mode to ask or auto, if it should act."


def select_recoveries(*, unfinished: bool | None = None, **wanted: Any) -> Select[Recovery]:
    """The recoveries whose columns have these values, the newest first; None asks for nothing."""
    query = select(Recovery).filter_by(**{name: value for name, value in wanted.items() if value is not None})
    if unfinished is not None:
        is_unfinished = Recovery.state.in_(UNFINISHED)
        query = query.where(is_unfinished if unfinished else ~is_unfinished)
    return query.order_by(Recovery.created_at.desc(), Recovery.id)


async def read_timeline(session: AsyncSession, recovery_id: uuid.UUID) -> list[RecoveryStep]:
    """Its steps, in order."""
    steps = select(RecoveryStep).where(RecoveryStep.recovery_id == recovery_id)
    return list(await session.scalars(steps.order_by(RecoveryStep.id)))


async def read_attempts(session: AsyncSession, recovery_id: uuid.UUID) -> list[Attempt]:
    """Its writes, in order."""
    attempts = select(Attempt).where(Attempt.recovery_id == recovery_id)
    return list(await session.scalars(attempts.order_by(Attempt.id)))


async def approve(context: Context, actor: Actor, recovery_id: uuid.UUID, now: datetime) -> Recovery:
    """Have done what a recovery proposes.

    Raises:
        Refused: there is no such recovery, it proposes nothing now, or nothing may be written.
    """
    async with context.database.writing.begin() as session:
        recovery = await _lock(session, recovery_id)
        if recovery.state != "asking":
            raise Refused(f"It asks for nothing: it is {recovery.state.replace('_', ' ')}.")
        policy = await load_policy(session)
        if policy.mode_for(recovery.failure, recovery.owner_id) == "observe":  # type: ignore[arg-type]  # the class
            raise Refused(OBSERVED, 403)
        recovery.approved_by, recovery.next_at = actor.name, now
        message = f"{actor.name} approved: {recovery.action}."
        add_step(session, recovery, "approved", message, now, {"action": recovery.action})
        await enter(session, recovery, "waiting", f"Approved by {actor.name}; it is done now.", now)
        _record(session, actor, recovery, "recovery.approved", message)
        await context.jobs.enqueue(session, KIND, str(recovery.id), {"recovery_id": str(recovery.id)}, actor=actor)
    await context.bus.publish("recovery.changed", {"id": str(recovery.id), "state": recovery.state})
    return recovery


async def cancel(context: Context, actor: Actor, recovery_id: uuid.UUID, now: datetime) -> Recovery:
    """Do nothing more about a failed download.

    Raises:
        Refused: there is no such recovery, it has ended, or something is being written for it.
    """
    async with context.database.writing.begin() as session:
        recovery = await _lock(session, recovery_id)
        if recovery.state not in UNFINISHED:
            raise Refused(f"It has ended: it is {recovery.state.replace('_', ' ')}.")
        if recovery.state == "acting":
            raise Refused("Something is being done for it now: try again when that has been verified.")
        reason = f"{actor.name} cancelled it."
        if await _has_paused(session, recovery_id):
            reason += " AutoArr paused SABnzbd for it, and leaves it so: have it go on there."
        add_step(session, recovery, "cancelled", reason, now)
        await enter(session, recovery, "dismissed", reason, now, actor)
    await context.bus.publish("recovery.changed", {"id": str(recovery.id), "state": recovery.state})
    return recovery


async def _has_paused(session: AsyncSession, recovery_id: uuid.UUID) -> bool:
    attempts = await read_attempts(session, recovery_id)
    made = [
        attempt.action for attempt in attempts if attempt.state != "failed" and attempt.action in ("pause", "resume")
    ]
    return made[-1:] == ["pause"]


async def _lock(session: AsyncSession, recovery_id: uuid.UUID) -> Recovery:
    if (recovery := await session.get(Recovery, recovery_id, with_for_update=True)) is None:
        raise Refused("There is no such recovery.", 404)
    return recovery


def _record(session: AsyncSession, actor: Actor, recovery: Recovery, action: str, message: str) -> None:
    activity.record(
        session,
        actor,
        action,
        f"{recovery.owner_name}: {recovery.title}: {message}",
        subject=recovery.owner_name,
        cause=recovery.reason,
        data={"recovery_id": str(recovery.id), "action": recovery.action},
    )
