"""What people asked for, and how far it is."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class MediaRequest(Base):
    """A film or a series that somebody asked for, from the first words to Plex."""

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked', 'choosing', 'awaiting_approval', 'approved', 'adding', 'searching', 'downloading', "
            "'imported', 'in_plex', 'already_there', 'denied', 'cancelled', 'failed')",
            name="state",
        ),
        CheckConstraint("media IN ('movie', 'series')", name="media"),
        # Of unfinished ones only, which stands in the migration: one title is asked for once at a time.
        Index("uq_requests_unfinished", "identity", unique=True),
        Index(None, "state", "next_at"),
        Index(None, "user_id", "created_at"),
        Index(None, "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    user_name: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    """As it was asked: data, never instructions."""
    wish: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What was understood: title, year, media, quality, seasons, ids."""
    media: Mapped[str | None] = mapped_column(String(16))
    identity: Mapped[str | None] = mapped_column(String(200))
    """`movie:tmdb:603`, `series:tvdb:81189:1,2`; None until one title is chosen."""
    title: Mapped[str] = mapped_column(String(500))
    year: Mapped[int | None]
    tmdb_id: Mapped[int | None]
    tvdb_id: Mapped[int | None]
    seasons: Mapped[list[Any] | None] = mapped_column(JSON)
    """Of a series: those wanted; None for all."""
    quality: Mapped[str | None] = mapped_column(String(64))
    poster_url: Mapped[str | None] = mapped_column(String(1000))
    poster_source: Mapped[str | None] = mapped_column(String(1000))
    """Where a service has its poster, see `autoarr.posters`."""
    candidates: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """What it may be, while a person has to choose."""
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("services.id", ondelete="SET NULL"))
    """The Sonarr or Radarr that it goes to."""
    external_id: Mapped[int | None]
    """The series's or movie's id there, once it was added."""
    state: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text)
    """What it waits for, or why it ended: one sentence for a person."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Failed attempts of the step it is at."""
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is taken further; None once it ended, or while a person has to decide."""
    decided_by: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RequestStep(Base):
    """One line of a request's timeline."""

    __tablename__ = "request_steps"
    __table_args__ = (Index(None, "request_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    step: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
