"""Conversations as they are kept, and the lease that lets one reply be made at a time, over all replicas.

Who makes a reply writes only where the conversation is as they left it: after a lease was lost or taken back, another
reply may have begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from autoarr.chat import history, limits
from autoarr.chat.limits import Total, total_of
from autoarr.errors import AutoArrError
from autoarr.jobs.store import changed
from autoarr.models import ChatMessage, Confirmation, Conversation
from autoarr.tools.fencing import fence

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.accounts.principal import Principal
    from autoarr.chat.history import Block, Message
    from autoarr.chat.prices import Usage
    from autoarr.context import Context

LEASE = timedelta(seconds=30)
"""Nobody else makes a reply for as long; renewed while one is made."""
CANCELLED = "chat.cancelled"
"""The event that ends a reply on whichever replica makes it; its `id` is the conversation's."""
AT_ONCE = 3
"""Replies of one user under way at a time."""
_TITLE = 80
_ENDED = ("done", "failed", "declined", "expired")


class NoConversation(AutoArrError):
    """There is none of this id, or it is another user's."""


class Busy(AutoArrError):
    """A reply is being made already."""


class Limited(AutoArrError):
    """A limit is reached; its text says which."""


class Lost(AutoArrError):
    """The conversation went on without this reply."""


@dataclass
class Lease:
    """The right to make one reply.

    Attributes:
        until: as it is stored; another value there means that it was taken back.
        ordinal: of the next message.
    """

    conversation_id: uuid.UUID
    until: datetime
    ordinal: int


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A reply that may be made, with the conversation that it is to."""

    lease: Lease
    title: str
    messages: list[Message]


async def begin(
    context: Context, principal: Principal, conversation_id: uuid.UUID | None, text: str, now: datetime
) -> Begun:
    """Keep what somebody says, and take the conversation's lease; None begins a new one.

    Raises:
        NoConversation, Busy, Limited: nothing was kept.
    """
    settings = context.settings
    async with context.database.writing.begin() as session:
        conversation = await _open(session, principal, conversation_id, text, settings.chat_model, now)
        if refusal := limits.reached(settings, total_of(conversation), await limits.read_day(session, now)):
            raise Limited(refusal)
        rows = await _messages(session, conversation.id)
        if conversation.model != settings.chat_model:
            # What one model thought, no other takes back.
            for row in rows:
                row.content = history.without_thoughts(row.content)
            conversation.model = settings.chat_model
        messages: list[Message] = [{"role": row.role, "content": row.content} for row in rows]
        said: list[Block] = [*await _news(session, conversation.id, messages), {"type": "text", "text": text}]
        ordinal = rows[-1].ordinal + 1 if rows else 0
        session.add(_message(conversation.id, ordinal, "user", said, now))
        conversation.busy_until = until = now + LEASE
        conversation.updated_at = now
    lease = Lease(conversation.id, until, ordinal + 1)
    return Begun(lease=lease, title=conversation.title, messages=[*messages, {"role": "user", "content": said}])


async def append(context: Context, lease: Lease, role: str, content: Sequence[Block], now: datetime) -> None:
    """Keep one more message of a reply.

    Raises:
        Lost: the conversation is not as it was left.
    """
    async with context.database.writing.begin() as session:
        await _demand(session, lease)
        session.add(_message(lease.conversation_id, lease.ordinal, role, list(content), now))
    lease.ordinal += 1


async def count(context: Context, lease: Lease, usage: Usage, micros: int, now: datetime) -> tuple[int, Total, Total]:
    """Count a call of the model, also after the lease was lost: it was paid for.

    Returns:
        The calls of the conversation, what it used, and what this day's used.
    """
    used = update(Conversation).where(Conversation.id == lease.conversation_id)
    used = used.values(
        turns=Conversation.turns + 1,
        input_tokens=Conversation.input_tokens + usage.prompt,
        output_tokens=Conversation.output_tokens + usage.output,
        cost_micros=Conversation.cost_micros + micros,
    ).execution_options(synchronize_session=False)
    this = Total(usage.total, micros)
    async with context.database.writing.begin() as session:
        await session.execute(used)
        day = await limits.add_to_day(session, context.database, this, now)
        conversation = await session.get(Conversation, lease.conversation_id)
        if conversation is None:  # deleted meanwhile
            return 1, this, day
        return conversation.turns, total_of(conversation), day


async def totals(context: Context, lease: Lease, now: datetime) -> tuple[Total, Total]:
    """What the conversation used, and what this day's used."""
    async with context.database.sessions() as session:
        conversation = await session.get(Conversation, lease.conversation_id)
        return total_of(conversation) if conversation else Total(), await limits.read_day(session, now)


async def renew(context: Context, lease: Lease, now: datetime) -> bool:
    """Keep the lease; give whether it was still there."""
    until = now + LEASE
    if renewed := await _set(context, lease, until):
        lease.until = until
    return renewed


async def release(context: Context, lease: Lease) -> None:
    """Let the next reply begin at once."""
    await _set(context, lease, None)


async def take_back(context: Context, principal: Principal, conversation_id: uuid.UUID) -> bool:
    """End the reply that is being made, wherever that is; give whether there was one.

    Raises:
        NoConversation: there is none, or it is another user's.
    """
    async with context.database.writing.begin() as session:
        conversation = await _own(session, principal, conversation_id)
        was_busy, conversation.busy_until = conversation.busy_until, None
    return was_busy is not None


async def remove(context: Context, principal: Principal, conversation_id: uuid.UUID) -> None:
    """Delete a conversation with its messages.

    Raises:
        NoConversation: there is none, or it is another user's.
    """
    async with context.database.writing.begin() as session:
        await session.delete(await _own(session, principal, conversation_id))


async def _own(session: AsyncSession, principal: Principal, conversation_id: uuid.UUID) -> Conversation:
    found = await session.get(Conversation, conversation_id, with_for_update=True)
    if found is None or found.user_id != principal.user_id:
        raise NoConversation("There is no such conversation.")
    return found


async def _open(
    session: AsyncSession, principal: Principal, conversation_id: uuid.UUID | None, text: str, model: str, now: datetime
) -> Conversation:
    busy = (Conversation.user_id == principal.user_id) & (Conversation.busy_until > now)
    if (await session.scalar(select(func.count()).where(busy)) or 0) >= AT_ONCE:
        raise Busy(f"{AT_ONCE} replies to you are being made already.")
    if conversation_id is not None:
        found = await _own(session, principal, conversation_id)
        if found.busy_until is not None and found.busy_until > now:
            raise Busy("A reply is being made in this conversation already: wait for it, or cancel it.")
        return found
    line = " ".join(text.split())
    title = line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"
    # What the columns have by default is known only once the row is written.
    made = Conversation(user_id=principal.user_id, title=title, model=model, created_at=now, updated_at=now)
    session.add(made)
    await session.flush()
    return made


async def _messages(session: AsyncSession, conversation_id: uuid.UUID) -> Sequence[ChatMessage]:
    query = select(ChatMessage).where(ChatMessage.conversation_id == conversation_id).order_by(ChatMessage.ordinal)
    return (await session.scalars(query)).all()


async def _news(session: AsyncSession, conversation_id: uuid.UUID, messages: Iterable[Message]) -> list[Block]:
    """What became of writes that were previewed, as far as the model was not told."""
    query = select(Confirmation).where(Confirmation.conversation_id == conversation_id, Confirmation.state.in_(_ENDED))
    known = history.told(messages)
    rows = await session.scalars(query.order_by(Confirmation.created_at, Confirmation.id))
    return [
        history.decided(str(row.id), row.tool, row.state, row.result, fence(row.error))
        for row in rows
        if str(row.id) not in known
    ]


def _message(conversation_id: uuid.UUID, ordinal: int, role: str, content: list[Block], now: datetime) -> ChatMessage:
    return ChatMessage(conversation_id=conversation_id, ordinal=ordinal, role=role, content=content, at=now)


async def _demand(session: AsyncSession, lease: Lease) -> None:
    # Locked, so that of two writers the second one sees what the first wrote.
    if await session.get(Conversation, lease.conversation_id, with_for_update=True) is None:
        raise Lost("The conversation was deleted.")
    last = select(func.max(ChatMessage.ordinal)).where(ChatMessage.conversation_id == lease.conversation_id)
    if (await session.scalar(last) or 0) + 1 != lease.ordinal:
        raise Lost("The conversation went on without this reply.")


async def _set(context: Context, lease: Lease, until: datetime | None) -> bool:
    mine = (Conversation.id == lease.conversation_id) & (Conversation.busy_until == lease.until)
    async with context.database.writing.begin() as session:
        return await changed(session, update(Conversation).where(mine).values(busy_until=until))
