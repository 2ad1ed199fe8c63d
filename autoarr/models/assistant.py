"""Conversations, and the writes that wait for a person's word."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class Conversation(Base):
    """A chat with a model, and what it used."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "user_id", "updated_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    model: Mapped[str] = mapped_column(String(64))
    turns: Mapped[int] = mapped_column(default=0)
    """Calls of the model."""
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    """Millionths of a US dollar, by the prices in the settings."""
    busy_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """A reply is being made until then, by one replica."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChatMessage(Base):
    """One message of a conversation, as the Messages API has it."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "ordinal"),
        CheckConstraint("role IN ('user', 'assistant')", name="role"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[list[Any]] = mapped_column(JSON)
    """Content blocks: text, tool_use, tool_result."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Confirmation(Base):
    """A write that was previewed and is made when a person says so, once, or never."""

    __tablename__ = "confirmations"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'running', 'done', 'failed', 'declined', 'expired')", name="state"),
        Index(None, "user_id", "state"),
        Index(None, "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Who it was previewed for: only they may confirm it."""
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conversations.id", ondelete="SET NULL"))
    origin: Mapped[str] = mapped_column(String(16))
    """chat or mcp."""
    tool: Mapped[str] = mapped_column(String(64))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    preview: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the person is shown."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of what the preview was made from; another one at the confirmation refuses it."""
    state: Mapped[str] = mapped_column(String(16))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
