"""A conversation with a model: told as it comes, kept, ended, and asked for what it wants to write."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import CancelScope
from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from autoarr.accounts.principal import PrincipalDep, SessionDep
from autoarr.api import confirmations
from autoarr.api.confirmations import ConfirmationView
from autoarr.api.lookup import missing
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.chat import limits, store
from autoarr.chat.events import Spent
from autoarr.chat.history import without_thoughts
from autoarr.chat.prices import find_price
from autoarr.context import ContextDep
from autoarr.models import ChatMessage, Confirmation, Conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from autoarr.accounts.principal import Principal
    from autoarr.chat.events import ChatEvent
    from autoarr.context import Context
    from autoarr.settings import Settings

router = APIRouter(prefix="/chat", tags=["chat"])

KEEP_ALIVE_S = 15.0
"""Seconds without an event after which a comment is sent: proxies cut what is silent."""
NO_KEY = (
    "The chat needs a key of the Anthropic API: make one at https://platform.claude.com/settings/keys, give it to "
    "AutoArr as AUTOARR_ANTHROPIC_API_KEY (environment, or autoarr.env in the data folder), and start AutoArr anew. "
    "Films and series can be asked for without: POST /api/v1/requests."
)


class Said(BaseModel):
    """What somebody says."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, StringConstraints(min_length=1, max_length=8000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
    conversation_id: uuid.UUID | None = Field(default=None, description="Null begins a new one.")


class ChatDecision(confirmations.Decision):
    """A person's word on a write."""

    confirmation_id: uuid.UUID


class ChatStatus(BaseModel):
    """Whether one can chat, and how much."""

    configured: bool
    how: str | None = Field(description="What to do, where it is not configured.")
    model: str
    price_known: bool = Field(description="Where it is not, only tokens are limited.")
    conversation_tokens: int = Field(description="The most that one conversation may use.")
    conversation_usd: float
    day: Spent = Field(description="What all conversations of this day (UTC) used.")


class ConversationView(BaseModel):
    """A conversation, and what it used."""

    id: uuid.UUID
    title: str
    model: str
    calls: int = Field(description="Calls of the model.")
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = Field(description="Null where the model's price is not known.")
    busy: bool = Field(description="A reply is being made.")
    created_at: AwareDatetime
    updated_at: AwareDatetime


class MessageView(BaseModel):
    """One message, in blocks: text, tool_use, tool_result; note (why it ends), confirmation (how a write went)."""

    role: Literal["user", "assistant"]
    content: list[dict[str, Any]]
    at: AwareDatetime


class WholeConversation(ConversationView):
    """A conversation with all that was said."""

    messages: list[MessageView]
    confirmations: list[ConfirmationView] = Field(description="The writes that were previewed in it.")


def _view(settings: Settings, row: Conversation) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "model": row.model,
        "calls": row.turns,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cost_usd": limits.dollars(settings, row.cost_micros),
        "busy": row.busy_until is not None and row.busy_until > datetime.now(UTC),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@router.get("/status", summary="Whether one can chat")
async def get_chat_status(principal: PrincipalDep, context: ContextDep) -> ChatStatus:
    """Tell whether a model is configured, and what may be used and was."""
    settings = context.settings
    async with context.database.sessions() as session:
        day = await limits.read_day(session, datetime.now(UTC))
    return ChatStatus(
        configured=settings.anthropic_api_key is not None,
        how=None if settings.anthropic_api_key else NO_KEY,
        model=settings.chat_model,
        price_known=find_price(settings) is not None,
        conversation_tokens=settings.chat_conversation_tokens,
        conversation_usd=settings.chat_conversation_usd,
        day=Spent(
            tokens=day.tokens,
            cost_usd=limits.dollars(settings, day.micros),
            limit_tokens=settings.chat_day_tokens,
            limit_usd=settings.chat_day_usd,
        ),
    )


@router.post(
    "",
    summary="Say something",
    response_class=StreamingResponse,
    responses={200: {"description": "Events, until the reply is over", "content": {"text/event-stream": {}}}},
)
async def chat(said: Said, principal: PrincipalDep, context: ContextDep) -> StreamingResponse:
    """Have the model reply, and tell of it by server-sent events; `data` is JSON with the event's name as its `type`.

    `started` (conversation_id, title, model), then any of `text` (text), `waiting` (seconds, reason), `tool_call` (id,
    name, title, arguments), `tool_result` (id, name, ok, data), `confirmation` (confirmation_id, tool, title,
    destructive, preview: `POST /chat/confirm` makes or declines it) and `usage` (of this call, of the conversation and
    of the day, with the limits); `done` (stop, message) or `error` (kind, message, retry_after_s) is the last. Closing
    the connection ends the reply. What was said until then is kept.
    """
    if context.settings.anthropic_api_key is None:
        raise HTTPException(409, NO_KEY)
    from autoarr.tools.confirming import settle

    try:
        # What became of the writes that were confirmed is told to the model with this.
        await settle(context, principal)
        begun = await store.begin(context, principal, said.conversation_id, said.message, datetime.now(UTC))
    except store.NoConversation:
        raise missing(Conversation) from None
    except store.Busy as busy:
        raise HTTPException(409, str(busy), {"Retry-After": "5"}) from None
    except store.Limited as limited:
        raise HTTPException(409, str(limited)) from None
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_tell(context, principal, begun), media_type="text/event-stream", headers=headers)


async def _tell(context: Context, principal: Principal, begun: store.Begun) -> AsyncIterator[str]:
    # With the first reply, not with the application's start.
    from autoarr.chat.events import as_sse
    from autoarr.chat.reply import Reply

    coming: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
    reply = Reply(context, principal, begun, coming.put_nowait)
    try:
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    event = await coming.get()
            except TimeoutError:
                yield ": still at it\n\n"
                continue
            if event is None:
                return
            yield as_sse(event)
    finally:
        # The server ends this over and over once the client is gone; what there is has to be kept all the same.
        with CancelScope(shield=True):
            await reply.stop()


@router.post("/confirm", summary="Confirm or decline a write")
async def confirm_in_chat(body: ChatDecision, principal: SessionDep, context: ContextDep) -> ConfirmationView:
    """Make a write that was previewed, once, or never make it: as `POST /confirmations/{id}` does. With a login only:
    no program can confirm. The model hears of it with the next message."""
    return await confirmations.decide(context, principal, body.confirmation_id, body)


@router.get("", summary="List your conversations")
async def list_conversations(page: PageDep, principal: PrincipalDep, context: ContextDep) -> Page[ConversationView]:
    """List your own conversations, the latest first."""
    mine = select(Conversation).where(Conversation.user_id == principal.user_id)
    query = mine.order_by(Conversation.updated_at.desc(), Conversation.id)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, lambda row: ConversationView(**_view(context.settings, row)))


@router.get("/{conversation_id:uuid}", summary="Show a conversation")
async def get_conversation(
    conversation_id: uuid.UUID, principal: PrincipalDep, context: ContextDep
) -> WholeConversation:
    """Show one of your conversations, with everything that was said."""
    messages = select(ChatMessage).where(ChatMessage.conversation_id == conversation_id).order_by(ChatMessage.ordinal)
    writes = select(Confirmation).where(Confirmation.conversation_id == conversation_id)
    async with context.database.sessions() as session:
        row = await session.get(Conversation, conversation_id)
        if row is None or row.user_id != principal.user_id:
            raise missing(Conversation)
        return WholeConversation(
            **_view(context.settings, row),
            messages=[
                MessageView(role=one.role, content=without_thoughts(one.content), at=one.at)  # type: ignore[arg-type]  # the table's constraint
                for one in await session.scalars(messages)
            ],
            confirmations=[
                ConfirmationView.model_validate(one)
                for one in await session.scalars(writes.order_by(Confirmation.created_at, Confirmation.id))
            ],
        )


@router.post("/{conversation_id:uuid}/cancel", status_code=204, summary="Cancel a reply")
async def cancel_reply(conversation_id: uuid.UUID, principal: PrincipalDep, context: ContextDep) -> None:
    """End the reply that is being made, on whichever replica; without one, nothing happens."""
    try:
        was_busy = await store.take_back(context, principal, conversation_id)
    except store.NoConversation:
        raise missing(Conversation) from None
    if was_busy:
        await _publish_end(context, conversation_id)


@router.delete("/{conversation_id:uuid}", status_code=204, summary="Delete a conversation")
async def delete_conversation(conversation_id: uuid.UUID, principal: PrincipalDep, context: ContextDep) -> None:
    """Delete one of your conversations; a reply that is being made ends. What it used still counts for its day."""
    try:
        await store.remove(context, principal, conversation_id)
    except store.NoConversation:
        raise missing(Conversation) from None
    await _publish_end(context, conversation_id)


async def _publish_end(context: Context, conversation_id: uuid.UUID) -> None:
    await context.bus.publish(store.CANCELLED, {"id": str(conversation_id)})
