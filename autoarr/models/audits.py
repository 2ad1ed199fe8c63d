"""Audits, what they found, and what was changed because of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class Audit(Base):
    """One look at the configuration of all services, or of one."""

    __tablename__ = "audits"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'finished', 'failed')", name="state"),
        Index(None, "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    state: Mapped[str] = mapped_column(String(16))
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("services.id", ondelete="SET NULL"))
    """The one it is limited to; None for all."""
    created_by: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[float | None]
    """0 to 100; None while nothing is known."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """How many findings are `passed`, `failed`, `unknown`, `ignored`; and by `services`, the same of each and its
    score."""
    error: Mapped[str | None] = mapped_column(Text)


class Finding(Base):
    """What a rule says of one thing of one service, kept from audit to audit."""

    __tablename__ = "findings"
    __table_args__ = (
        UniqueConstraint("service_id", "rule", "subject"),
        CheckConstraint("verdict IN ('failed', 'passed', 'unknown')", name="verdict"),
        CheckConstraint("severity IN ('error', 'warning', 'notice')", name="severity"),
        Index(None, "verdict", "severity"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    audit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("audits.id", ondelete="SET NULL"))
    """The newest audit that asked."""
    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    rule: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200), default="")
    """Which of several things: a download client's name, a root folder; empty where there is one only."""
    verdict: Mapped[str] = mapped_column(String(16))
    unknown_because: Mapped[str | None] = mapped_column(Text)
    """What could not be read, of an unknown one."""
    severity: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(300))
    found: Mapped[Any | None] = mapped_column(JSON)
    wanted: Mapped[Any | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(500))
    fix: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """`autoarr.changes.fix.Fix` as JSON; None where only a person can."""
    ignored_because: Mapped[str | None] = mapped_column(Text)
    ignored_by: Mapped[str | None] = mapped_column(String(64))
    ignored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Change(Base):
    """One write to a service: stored before it is made, and kept until it is undone or no longer wanted."""

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint(
            "state IN ('prepared', 'writing', 'applied', 'partly_applied', 'failed', 'unresolved')", name="state"
        ),
        Index(None, "created_at"),
        Index(None, "service_id"),
        Index(None, "reverts_id"),
        Index(None, "finding_id", "created_at"),
        # The lock, across all replicas: of one object, one change at a time. Of unfinished ones only, which stands in
        # the migration: to name PostgreSQL's option here would load all of its dialect at every start.
        Index("uq_changes_unfinished", "service_id", "resource", unique=True),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("services.id", ondelete="SET NULL"))
    service_name: Mapped[str] = mapped_column(String(64))
    finding_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("findings.id", ondelete="SET NULL"))
    reverts_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("changes.id"), unique=False)
    """The change that this one undoes."""
    state: Mapped[str] = mapped_column(String(16))
    resource: Mapped[str] = mapped_column(String(200))
    fields: Mapped[list[Any]] = mapped_column(JSON)
    """`[{"field": ..., "before": ..., "after": ...}]`, and `found`, once it was read again; secrets blanked."""
    pre_image_encrypted: Mapped[str] = mapped_column(Text)
    """The whole object as it was before, as JSON: it may hold passwords."""
    wanted_encrypted: Mapped[str] = mapped_column(Text)
    """`{"wanted": ..., "found": ...}` as JSON: the fields' values written, and those read afterwards."""
    actor: Mapped[str] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
