"""Requests as they are kept: who works on one, how far it is, and the timeline that says why."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from autoarr import activity
from autoarr.actors import SYSTEM
from autoarr.jobs.store import changed
from autoarr.models import MediaRequest, RequestStep
from autoarr.notifications.outbox import notify

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context
    from autoarr.database import Database
    from autoarr.notifications.kinds import Event

LEASE = timedelta(minutes=3)
"""How long who has taken a request may work on it; then it counts as gone. Longer than any one look at the services."""

TOLD: dict[str, Event] = {
    "choosing": "request.choosing",
    "awaiting_approval": "request.asked",
    "approved": "request.approved",
    "denied": "request.denied",
    "in_plex": "request.in_plex",
    "imported": "request.in_plex",
    "failed": "request.failed",
}
"""What is told of each state; of `imported` only where it is the end."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Where a request is now.

    Attributes:
        reason: what it waits for, or why it ended; without moments, which would make each look a line of the timeline.
        next_at: when it is looked at again; None where a person has to decide, and where it ended.
        failed: whether it is a delay by a failure, which makes the next one longer.
        values: further columns.
        data: for the timeline.
    """

    state: str
    reason: str
    next_at: datetime | None = None
    ended: bool = False
    failed: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] | None = None


async def claim(database: Database, request_id: uuid.UUID, now: datetime) -> MediaRequest | None:
    """Take a request that is due; None where it isn't, or somebody else was faster.

    The moment that it is looked at again is put off to the end of the lease: it is both the lease and, because each
    one is another, the proof of having it.
    """
    async with database.writing.begin() as session:
        request = await session.get(MediaRequest, request_id, with_for_update=True)
        if request is None or request.ended_at or request.next_at is None or request.next_at > now:
            return None
        request.next_at = now + LEASE
    return request


async def hold(session: AsyncSession, claimed: MediaRequest, until: datetime) -> bool:
    """Renew a lease in the caller's transaction; False where the request is somebody else's now, or was changed."""
    mine = (
        MediaRequest.id == claimed.id,
        MediaRequest.state == claimed.state,
        MediaRequest.next_at == claimed.next_at,
    )
    return await changed(session, update(MediaRequest).where(*mine).values(next_at=until))


async def settle(context: Context, claimed: MediaRequest, outcome: Outcome, now: datetime) -> MediaRequest | None:
    """Store where a request is, and give the lease back.

    Returns:
        The request as it is now; None where it is somebody else's by now, or a person has decided meanwhile.

    Raises:
        IntegrityError: another unfinished request has the identity that this one is to have.
    """
    async with context.database.writing.begin() as session:
        request = await session.get(MediaRequest, claimed.id, with_for_update=True)
        if request is None or (request.state, request.next_at) != (claimed.state, claimed.next_at):
            return None
        await apply(session, request, outcome, now)
    await tell(context, request)
    return request


async def apply(session: AsyncSession, request: MediaRequest, outcome: Outcome, now: datetime) -> None:
    """Change a request in the caller's transaction, which has locked it; with timeline, activity and notification."""
    moved = request.state != outcome.state or outcome.ended
    # A failure that is told with other figures each time is the same failure.
    same = _figureless(request.reason) == _figureless(outcome.reason) if outcome.failed else False
    told = moved or not (same or request.reason == outcome.reason)
    request.attempts = request.attempts + 1 if outcome.failed else 0
    request.state, request.reason, request.next_at = outcome.state, outcome.reason, outcome.next_at
    request.updated_at = now
    request.ended_at = now if outcome.ended else None
    for name, value in outcome.values.items():
        setattr(request, name, value)
    if told:
        note(session, request, outcome.state, outcome.reason, now, outcome.data)
    if not moved:
        return
    failed = outcome.state == "failed"
    activity.record(
        session,
        SYSTEM,
        f"request.{outcome.state}",
        f"{describe(request)}: {outcome.reason}"[:500],
        outcome="failed" if failed else "succeeded",
        subject=str(request.id),
        data={"state": outcome.state},
    )
    await announce(session, request, now)


def _figureless(reason: str) -> str:
    return re.sub(r"\d+", "", reason)


async def announce(session: AsyncSession, request: MediaRequest, now: datetime) -> None:
    """Have people told of a state that matters to them."""
    event = TOLD.get(request.state)
    if event is None or (request.state == "imported" and request.ended_at is None):
        return
    title = f"{describe(request)}: {request.state.replace('_', ' ')}"
    data = {"id": str(request.id), "state": request.state, "asked_by": request.user_name}
    await notify(session, event, f"request:{request.id}:{request.state}", title, request.reason, data, now=now)


def note(
    session: AsyncSession,
    request: MediaRequest,
    step: str,
    message: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to a request's timeline."""
    data = dict(data) if data else None
    session.add(RequestStep(request_id=request.id, at=now, step=step, message=message, data=data))


async def first_step(session: AsyncSession, request_id: uuid.UUID, step: str) -> RequestStep | None:
    """The oldest line of a kind."""
    found: RequestStep | None = await session.scalar(_steps(request_id, step).order_by(RequestStep.id).limit(1))
    return found


async def last_step(session: AsyncSession, request_id: uuid.UUID, step: str) -> RequestStep | None:
    """The newest line of a kind."""
    found: RequestStep | None = await session.scalar(_steps(request_id, step).order_by(RequestStep.id.desc()).limit(1))
    return found


def _steps(request_id: uuid.UUID, step: str) -> Select[RequestStep]:
    return select(RequestStep).where(RequestStep.request_id == request_id, RequestStep.step == step)


async def tell(context: Context, request: MediaRequest) -> None:
    """Tell listeners that a request changed."""
    owner = str(request.user_id) if request.user_id else None
    await context.bus.publish("request.changed", {"id": str(request.id), "state": request.state, "user_id": owner})


def describe(request: MediaRequest) -> str:
    """A request in a few words."""
    return request.title + (f" ({request.year})" if request.year else "")


def visible(text: str, longest: int = 500) -> str:
    """A text from outside as one bounded line without control characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
