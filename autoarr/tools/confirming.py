"""A person's word on a write, and the write itself: the only way from a tool to a service.

Reached from a login session's confirmation and from a person's answer to an elicitation, never from what a model says:
an import contract names who may import this.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from autoarr import activity
from autoarr.changes.ledger import demand_writing
from autoarr.errors import AutoArrError, Refused
from autoarr.faults import checkpoint
from autoarr.jobs.store import changed
from autoarr.models import Confirmation
from autoarr.tools.confirmations import expire
from autoarr.tools.fencing import clean
from autoarr.tools.model import Call, InvalidArguments
from autoarr.tools.registry import TOOLS, parse
from autoarr.tools.writing import WRITES, Outcome

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context

LEASE = timedelta(minutes=2)
"""How long a process may take over a write before it counts as gone."""

_LATE = {
    "expired": "Nobody confirmed it in time.",
    "declined": "It was declined.",
    "running": "It is being done already.",
    "done": "It was done already.",
    "failed": "It was tried already, and failed.",
}

log = logging.getLogger(__name__)


async def confirm(
    context: Context, principal: Principal, confirmation_id: uuid.UUID, now: datetime | None = None
) -> Confirmation:
    """Make a write that its person confirms; of several at once, one does.

    Returns:
        The confirmation: its state says what became of the write; ``running``, when that is not known yet.

    Raises:
        Refused: 404 not theirs, 403 not allowed (any more), 409 not open (any more).
    """
    now = now or datetime.now(UTC)
    await settle(context, principal, now)
    async with context.database.writing.begin() as session:
        row = await _find(session, principal, confirmation_id)
        tool = TOOLS.get(row.tool)
        if tool is None or not tool.may(principal.role):
            raise Refused("This is no longer yours to do.", 403)
        _demand_open(row)
        await demand_writing(session)
        await _claim(session, row, "running", now)
        activity.record(
            session,
            principal.actor,
            "confirmation.confirmed",
            f"{tool.title} was confirmed: {row.preview['summary']}"[:500],
            subject=str(row.id),
            data={"tool": row.tool, "origin": row.origin},
        )
    checkpoint("confirm.claimed")
    outcome = await _make(Call(context=context, principal=principal, origin="chat"), row)
    checkpoint("confirm.made")
    return await _finish(context, row.id, outcome)


async def decline(
    context: Context, principal: Principal, confirmation_id: uuid.UUID, now: datetime | None = None
) -> Confirmation:
    """Never make a write. Raises as `confirm` does."""
    now = now or datetime.now(UTC)
    await settle(context, principal, now)
    async with context.database.writing.begin() as session:
        row = await _find(session, principal, confirmation_id)
        _demand_open(row)
        await _claim(session, row, "declined", now)
        message = f"It was declined: {row.preview['summary']}"[:500]
        activity.record(session, principal.actor, "confirmation.declined", message, subject=str(row.id))
    await _tell(context, row)
    return row


async def settle(context: Context, principal: Principal, now: datetime | None = None) -> None:
    """Close a person's confirmations that are past their time, and find out what became of those whose process died."""
    now = now or datetime.now(UTC)
    async with context.database.writing.begin() as session:
        await expire(session, now)
        running = select(Confirmation).where(Confirmation.user_id == principal.user_id, Confirmation.state == "running")
        rows = list(await session.scalars(running))
    for row in rows:
        try:
            outcome = await _look(context, row)
        except InvalidArguments:
            # Of another version. It may have been written, which nobody can tell any more.
            outcome = Outcome(state="failed", error="Another version of AutoArr began it: look what came of it.")
        gone = row.decided_at is None or now - row.decided_at > LEASE
        if outcome is None and gone:
            outcome = Outcome(state="failed", error="AutoArr ended before it was done; nothing came of it.")
        if outcome is not None:
            await _finish(context, row.id, outcome)


async def _look(context: Context, row: Confirmation) -> Outcome | None:
    """What became of a write whose process may have died; None where there is no trace."""
    tool, write = TOOLS.get(row.tool), WRITES.get(row.tool)
    return await write.look(context, row, parse(tool, row.arguments)) if tool and write else None


async def _find(session: AsyncSession, principal: Principal, confirmation_id: uuid.UUID) -> Confirmation:
    row = await session.get(Confirmation, confirmation_id, with_for_update=True)
    if row is None or row.user_id != principal.user_id:
        raise Refused("There is no such confirmation.", 404)
    return row


def _demand_open(row: Confirmation) -> None:
    if row.state != "open":
        raise Refused(_LATE[row.state])


async def _claim(session: AsyncSession, row: Confirmation, state: str, now: datetime) -> None:
    """Decide it. The row is locked on PostgreSQL, and SQLite has one writer: the condition is for whatever else."""
    still = update(Confirmation).where(Confirmation.id == row.id, Confirmation.state == "open")
    if not await changed(session, still.values(state=state, decided_at=now)):
        raise Refused(_LATE["running"])
    row.state, row.decided_at = state, now


async def _make(call: Call, row: Confirmation) -> Outcome:
    """Look again, and write where everything is as it was shown."""
    tool = TOOLS[row.tool]
    assert tool.preview is not None  # noqa: S101 -- narrows a type: no other tool makes confirmations
    try:
        arguments = parse(tool, row.arguments)
        preview = await tool.preview(call, arguments)
        if preview.fingerprint != row.fingerprint:
            return Outcome(state="failed", error="Things are not as they were shown any more; nothing was written.")
        return await WRITES[row.tool].make(call, row, arguments, preview)
    except AutoArrError as error:
        return Outcome(state="failed", error=clean(str(error), 1000))
    except Exception:
        # It may have been written: what became of it is looked up, not guessed.
        log.exception("the confirmed write %s failed", row.tool)
        return Outcome(state="running")


async def _finish(context: Context, confirmation_id: uuid.UUID, outcome: Outcome) -> Confirmation:
    async with context.database.writing.begin() as session:
        row = await session.get_one(Confirmation, confirmation_id, with_for_update=True)
        if row.state != "running" or outcome.state == "running":
            return row
        row.state, row.result, row.error = outcome.state, outcome.result, outcome.error
    await _tell(context, row)
    return row


async def _tell(context: Context, row: Confirmation) -> None:
    await context.bus.publish("confirmation.changed", {"id": str(row.id), "state": row.state})
