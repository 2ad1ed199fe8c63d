"""Writes that wait for a person's word, as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from autoarr.models import Confirmation
from autoarr.tools.fencing import Own
from autoarr.tools.model import NotNow

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.tools.model import Arguments, Call, Preview, Tool

VALID_FOR = timedelta(minutes=15)
MOST_OPEN = 20
"""Of one person: a model that goes round in circles does not fill the table, nor the person's screen."""


async def keep(
    call: Call,
    tool: Tool,
    arguments: Arguments,
    preview: Preview,
    conversation_id: uuid.UUID | None = None,
    now: datetime | None = None,
) -> Confirmation:
    """Store a preview for its person to confirm; the same one that is open already is given back instead.

    Raises:
        NotNow: too many are open.
    """
    now = now or datetime.now(UTC)
    wanted = (preview.understood or arguments).model_dump(mode="json")
    async with call.context.database.writing.begin() as session:
        await expire(session, now)
        mine = select(Confirmation).where(Confirmation.user_id == call.principal.user_id, Confirmation.state == "open")
        same = mine.where(Confirmation.tool == tool.name, Confirmation.fingerprint == preview.fingerprint)
        for row in await session.scalars(same):
            if row.arguments == wanted and (row.origin, row.conversation_id) == (call.origin, conversation_id):
                return row
        if (await session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST_OPEN:
            raise NotNow(Own(f"{MOST_OPEN} writes wait to be confirmed: a person confirms or declines them first."))
        row = Confirmation(
            user_id=call.principal.user_id,
            conversation_id=conversation_id,
            origin=call.origin,
            tool=tool.name,
            arguments=wanted,
            preview=preview.shown,
            fingerprint=preview.fingerprint,
            state="open",
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        session.add(row)
        await session.flush()
    await call.context.bus.publish("confirmation.changed", {"id": str(row.id), "state": row.state})
    return row


async def expire(session: AsyncSession, now: datetime) -> None:
    """Close those that nobody confirmed in time."""
    late = update(Confirmation).where(Confirmation.state == "open", Confirmation.expires_at <= now)
    await session.execute(late.values(state="expired").execution_options(synchronize_session=False))
