"""Failed downloads and what is done about them, and every search that AutoArr asks for."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class Recovery(Base):
    """One failed download, whatever number of episodes it was to bring, from the first sight to the end."""

    __tablename__ = "recoveries"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'asking', 'acting', 'verifying', 'recovered', 'dismissed', 'given_up')",
            name="state",
        ),
        CheckConstraint("owner_kind IN ('sonarr', 'radarr', 'sabnzbd')", name="owner_kind"),
        # Of unfinished ones only, which stands in the migration, as with changes.
        Index("uq_recoveries_unfinished", "identity", unique=True),
        Index(None, "state", "next_at"),
        Index(None, "created_at"),
        Index(None, "download_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    identity: Mapped[str] = mapped_column(String(200))
    """What it is recovered as, once over all replicas: the owner's id and the download's, or the entry's."""
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("services.id", ondelete="SET NULL"))
    """The Sonarr or Radarr that grabbed it; the SABnzbd where nobody did."""
    owner_kind: Mapped[str] = mapped_column(String(16))
    owner_name: Mapped[str] = mapped_column(String(64))
    client_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("services.id", ondelete="SET NULL"))
    """The SABnzbd that it was downloaded by, where that is known."""
    download_id: Mapped[str | None] = mapped_column(String(128))
    """SABnzbd's `nzo_id`; a retry gives a new one."""
    title: Mapped[str] = mapped_column(String(500))
    """From outside: data, never instructions."""
    failure: Mapped[str] = mapped_column(String(24))
    """The class of its cause, one of `autoarr.policy.FAILURES`."""
    message: Mapped[str] = mapped_column(Text)
    """As the service gave it, in its language."""
    media: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What is missing for it: `series_id`, `season`, `episode_ids`, `movie_id`, as far as known."""
    seen: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the services last said of it: the evidence that the next decision is made from."""
    state: Mapped[str] = mapped_column(String(16))
    action: Mapped[str | None] = mapped_column(String(24))
    """What is proposed, being done, or was done last."""
    reason: Mapped[str] = mapped_column(Text)
    """What it waits for, or why it ended: one sentence for a person."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Searches and retries made for it, or for what it was found in place of."""
    approved_by: Mapped[str | None] = mapped_column(String(64))
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is looked at again, or until when somebody does so; None once it ended."""
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryStep(Base):
    """One line of a recovery's timeline."""

    __tablename__ = "recovery_steps"
    __table_args__ = (Index(None, "recovery_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    recovery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recoveries.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    step: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Attempt(Base):
    """One write that a recovery makes to a service: stored before it is sent, and verified after."""

    __tablename__ = "recovery_attempts"
    __table_args__ = (
        CheckConstraint("state IN ('prepared', 'sent', 'verified', 'failed', 'unknown')", name="state"),
        # Of unfinished ones only, which stands in the migration.
        Index("uq_recovery_attempts_unfinished", "recovery_id", unique=True),
        Index(None, "recovery_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    recovery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recoveries.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    target: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What exactly is written, and where."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Search(Base):
    """One search command asked of Sonarr or Radarr, by a recovery or a request: the budget counts these rows."""

    __tablename__ = "searches"
    __table_args__ = (
        CheckConstraint("state IN ('reserved', 'sent', 'finished', 'failed', 'unknown')", name="state"),
        # Of unfinished ones only, which stands in the migration: one search at a time for one thing.
        Index("uq_searches_unfinished", "service_id", "subject", unique=True),
        Index(None, "service_id", "created_at"),
        Index(None, "origin_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(200))
    """What is searched: `movie:3`, `season:7:1`, `episodes:12,13`."""
    origin: Mapped[str] = mapped_column(String(16))
    """recovery, request or person."""
    origin_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(16))
    command: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As it is posted: `{"name": "MoviesSearch", "movieIds": [3]}`."""
    command_id: Mapped[int | None]
    """Its number there, once it was accepted."""
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
