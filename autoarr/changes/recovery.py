"""Changes whose process died, or whose service went away, in the middle: what became of them is read, not guessed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from autoarr.actors import SYSTEM
from autoarr.changes.ledger import UNFINISHED, finish, unseal
from autoarr.changes.plan import judge
from autoarr.changes.resources import get_field, read
from autoarr.keys import UnreadableSecret
from autoarr.models import Change
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from autoarr.context import Context

LEASE = timedelta(minutes=2)
"""How long a process may take over a change before it counts as gone."""

SETTLE = timedelta(seconds=40)
"""How long a request that was sent may still take to arrive: until then, an unchanged object proves nothing.
Longer than `autoarr.changes.executor.DEADLINE`."""


async def recover(context: Context, now: datetime | None = None) -> dict[str, int]:
    """Look at every change that is not finished and has nobody working on it.

    Returns:
        How many are in which state now.
    """
    now = now or datetime.now(UTC)
    async with context.database.sessions() as session:
        query = select(Change).where(Change.state.in_(UNFINISHED), Change.finished_at.is_(None))
        changes = list(await session.scalars(query.order_by(Change.created_at)))
    return dict(Counter([await _resolve(context, change, now) for change in changes]))


def _abandoned(context: Context, change: Change, now: datetime) -> bool:
    # A SQLite database has one server: what was begun before it started was another's, which is gone. A
    # PostgreSQL database may have others that still work.
    before_us = context.database.kind == "sqlite" and change.created_at < context.started_at
    return change.state == "unresolved" or before_us or now - change.created_at > LEASE


async def _resolve(context: Context, change: Change, now: datetime) -> str:
    if not _abandoned(context, change, now):
        return change.state
    seen = change.state
    if seen == "prepared":
        await finish(context, SYSTEM, change.id, "failed", "Nothing was written: AutoArr ended first.", seen=seen)
        return "failed"
    if change.service_id is None:
        reason = "The service was removed before it could be read again."
        await finish(context, SYSTEM, change.id, "unresolved", reason, seen=seen)
        return "unresolved"
    try:
        values = unseal(context.keys, change)
        current = await read(await context.upstreams.client(change.service_id), change.resource)
    except (UpstreamError, UnreadableSecret) as error:
        reason = f"It could not be read again yet: {error}."
        await finish(context, SYSTEM, change.id, "unresolved", reason, seen=seen, final=False)
        return "unresolved"
    found = {field: get_field(current, field) for field in values.wanted}
    state, error_text = judge(values.before, values.wanted, found)
    if state != "applied" and now - change.created_at < SETTLE:
        reason = f"So far, {error_text}"
        await finish(context, SYSTEM, change.id, "unresolved", reason, current, seen=seen, final=False)
        return "unresolved"
    if state == "failed":
        error_text = f"It was not written: {error_text}"
    await finish(context, SYSTEM, change.id, state, error_text, current, seen=seen)
    return state
