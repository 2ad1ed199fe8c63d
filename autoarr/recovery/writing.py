"""A recovery's write, step by step: stored, marked as sent, sent once, and found out about by reading."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from autoarr import activity
from autoarr.actors import SYSTEM
from autoarr.faults import checkpoint
from autoarr.jobs.store import changed
from autoarr.models import Attempt, Recovery, Search, Service
from autoarr.recovery.act import SETTLE, Outcome, inspect, make_search, make_target, send
from autoarr.recovery.decide import SOON
from autoarr.recovery.holds import LEASE, Hold, held
from autoarr.recovery.timeline import add_step, enter
from autoarr.searches import ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context
    from autoarr.recovery.decide import Decision
    from autoarr.recovery.facts import Facts
    from autoarr.recovery.gather import Reader

AGAIN = SOON / 8
"""After that time it is read again what became of a write."""
_MADE = {
    "search": "The search ended.",
    "blocklist": "The release is blocklisted.",
    "remove": "It is no longer in the queue.",
    "clean": "The entry was removed.",
    "pause": "SABnzbd is paused.",
    "resume": "SABnzbd goes on.",
    "retry": "SABnzbd tries it again.",
}


async def write(
    context: Context, reader: Reader, hold: Hold, decision: Decision, facts: Facts, clock: Callable[[], datetime]
) -> None:
    """Make a write that was decided, and find out what became of it."""
    attempt = await _prepare(context, hold, decision, facts, clock())
    checkpoint(f"recovery.{decision.action}.prepared")
    if attempt is None or not await mark(context, attempt, clock()):
        return
    checkpoint(f"recovery.{decision.action}.marked")
    outcome = Outcome(state=None)
    if attempt.action == "search":
        await ledger.send(context, uuid.UUID(attempt.target["search_id"]), clock())
    else:
        outcome = await send(context, attempt)
    checkpoint(f"recovery.{decision.action}.sent")
    reader.forget()
    if outcome.state is None:
        attempt.error, attempt.result = outcome.error, dict(outcome.result)
        outcome = await _look(context, reader, hold.recovery, attempt, clock())
    await _settle(context, hold, attempt, outcome, clock())


async def find_out(context: Context, reader: Reader, hold: Hold, clock: Callable[[], datetime]) -> None:
    """Find out what became of a write that was begun earlier, by this process or by one that died."""
    async with context.database.sessions() as session:
        attempt = await _find_unfinished(session, hold.recovery.id)
    if attempt is None:
        async with held(context, hold) as (session, recovery):
            await enter(session, recovery, "waiting", recovery.reason, clock())
            recovery.next_at = clock()
        return
    if attempt.state == "prepared":
        outcome = Outcome(state="failed", error="It was not sent: AutoArr ended first.")
    else:
        outcome = await _look(context, reader, hold.recovery, attempt, clock())
    await _settle(context, hold, attempt, outcome, clock())


async def _find_unfinished(session: AsyncSession, recovery_id: uuid.UUID) -> Attempt | None:
    unfinished = select(Attempt).where(Attempt.recovery_id == recovery_id, Attempt.state.in_(("prepared", "sent")))
    return await session.scalar(unfinished)


async def _prepare(context: Context, hold: Hold, decision: Decision, facts: Facts, now: datetime) -> Attempt | None:
    async with held(context, hold) as (session, recovery):
        target = make_target(recovery, decision.action, facts)
        if decision.action == "search" or target.get("searches"):
            reserved = await _reserve(session, recovery, hold, facts, now)
            if isinstance(reserved, ledger.Refusal):
                if recovery.reason != reserved.reason:
                    add_step(session, recovery, "budget", reserved.reason, now)
                await enter(session, recovery, "waiting", reserved.reason, now)
                recovery.next_at = reserved.next_at
                return None
            target["search_id"] = str(reserved.id)
        attempt = Attempt(
            recovery_id=recovery.id, action=decision.action, state="prepared", target=target, created_at=now
        )
        session.add(attempt)
        await session.flush()
        recovery.action = decision.action
        add_step(session, recovery, decision.step, decision.reason, now, {"call": target["call"]})
        await enter(session, recovery, "acting", decision.reason, now)
        recovery.next_at = now + LEASE
    return attempt


async def _reserve(
    session: AsyncSession, recovery: Recovery, hold: Hold, facts: Facts, now: datetime
) -> Search | ledger.Refusal:
    service = await session.get_one(Service, recovery.owner_id)
    wanted = make_search(recovery, facts)
    return await ledger.reserve(
        session, service, wanted.subject, wanted.command, "recovery", recovery.id, hold.policy, now
    )


async def mark(context: Context, attempt: Attempt, now: datetime) -> bool:
    """Say that the write is being sent; False where somebody found it unsent for too long, or it is too late."""
    if now - attempt.created_at > SETTLE:
        return False
    async with context.database.writing.begin() as session:
        mine = (Attempt.id == attempt.id, Attempt.state == "prepared")
        if not await changed(session, update(Attempt).where(*mine).values(state="sent")):
            return False
        if attempt.target.get("searches"):
            # The owner makes this search itself, so there is no command of ours to follow.
            reserved = Search.id == uuid.UUID(attempt.target["search_id"])
            done = {"state": "finished", "finished_at": now, "error": "It searches in consequence of what it was told."}
            await session.execute(update(Search).where(reserved).values(done))
    attempt.state = "sent"
    return True


async def _look(context: Context, reader: Reader, recovery: Recovery, attempt: Attempt, now: datetime) -> Outcome:
    if attempt.action != "search":
        return await inspect(context, reader, recovery, attempt, now - attempt.created_at)
    async with context.database.sessions() as session:
        search = await session.get(Search, uuid.UUID(attempt.target["search_id"]))
    if search is None:
        return Outcome(state="unknown", error="The service was removed.")
    if search.state in ledger.UNFINISHED:
        return Outcome(state=None)
    result = {"command_id": search.command_id, "state": search.state}
    if search.state == "failed" and search.command_id is None:
        error = search.error or "It was not sent."
        return Outcome(state="failed", error=error, refused=error.startswith("Not searched"), result=result)
    return Outcome(state="unknown" if search.state == "unknown" else "verified", error=search.error, result=result)


async def _settle(context: Context, hold: Hold, attempt: Attempt, outcome: Outcome, now: datetime) -> None:
    async with held(context, hold) as (session, recovery):
        kept = await session.get_one(Attempt, attempt.id)
        result = {**(attempt.result or {}), **outcome.result}
        kept.error = (outcome.error or attempt.error or "").replace("\0", "") or None
        if outcome.state is None:
            kept.result = result or None
            recovery.next_at = now + AGAIN
            return
        kept.state, kept.finished_at = outcome.state, now
        kept.result = {**result, "refused": outcome.refused}
        _tell(session, recovery, kept, now)
        if outcome.state != "failed":
            _count(recovery, kept)
        await enter(session, recovery, "waiting", recovery.reason, now)
        recovery.next_at = now + SOON if outcome.state == "failed" else now


def _count(recovery: Recovery, attempt: Attempt) -> None:
    if attempt.action not in ("search", "retry"):
        return
    recovery.attempts += 1
    recovery.approved_by = None  # a person approved this one
    if attempt.action == "retry" and (new := (attempt.result or {}).get("nzo_id")):
        recovery.download_id = new


def _tell(session: AsyncSession, recovery: Recovery, attempt: Attempt, now: datetime) -> None:
    made = _MADE[attempt.action]
    messages = {
        "verified": f"{made} {attempt.error}" if attempt.error and attempt.action == "search" else made,
        "failed": f"It was not done: {attempt.error}",
        "unknown": f"What became of it is not known: {attempt.error}",
    }
    message = messages[attempt.state]
    add_step(session, recovery, attempt.state, message, now, {"action": attempt.action})
    data: dict[str, Any] = {"recovery_id": str(recovery.id), "call": attempt.target["call"]}
    activity.record(
        session,
        SYSTEM,
        f"recovery.{attempt.action}",
        f"{recovery.owner_name}: {recovery.title}: {message}",
        outcome="succeeded" if attempt.state == "verified" else "failed",
        subject=recovery.owner_name,
        cause=recovery.reason,
        data=data | ({"approved_by": recovery.approved_by} if recovery.approved_by else {}),
    )
