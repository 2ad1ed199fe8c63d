"""This installation, and what is set while it runs."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class Instance(Base):
    """This installation: one row, written by the first migration, kept for the database's whole life."""

    __tablename__ = "instance"
    __table_args__ = (CheckConstraint("singleton = 1", name="one_row"),)

    singleton: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[str | None] = mapped_column(String(64))
    """The AutoArr that started on this database last."""
    key_check: Mapped[str | None] = mapped_column(String(255))
    """A known word, encrypted: a process with other keys than those this database was written with can tell."""


class Option(Base):
    """A setting that an administrator changes while AutoArr runs."""

    __tablename__ = "options"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str | None] = mapped_column(String(64))
