"""Where people want to be told, and what is still to be told."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class NotificationTarget(Base):
    """A receiver of notifications."""

    __tablename__ = "notification_targets"
    __table_args__ = (CheckConstraint("kind IN ('webhook', 'discord', 'slack', 'ntfy', 'gotify')", name="kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(128), unique=True)
    url_encrypted: Mapped[str] = mapped_column(Text)
    """The address often is the secret."""
    secret_encrypted: Mapped[str | None] = mapped_column(Text)
    """What webhooks are signed with; a token of other kinds."""
    events: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """The kinds of events wanted."""
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Notification(Base):
    """One event for one receiver: stored with what it tells of, delivered afterwards."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'delivered', 'failed')", name="state"),
        UniqueConstraint("target_id", "event_id"),
        Index(None, "state", "next_at"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notification_targets.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(128))
    """The same for all receivers, and over all attempts: who gets one twice can tell."""
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
