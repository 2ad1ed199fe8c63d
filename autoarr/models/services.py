"""The services AutoArr is connected to, and what was last seen of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from autoarr.models.base import Base, UtcDateTime


class Service(Base):
    """One instance of Sonarr, Radarr, SABnzbd or Plex."""

    __tablename__ = "services"
    __table_args__ = (CheckConstraint("kind IN ('sonarr', 'radarr', 'sabnzbd', 'plex')", name="kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(128), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    """Scheme, host, port and URL base; without a slash at its end."""
    api_key_encrypted: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    tls_ca: Mapped[str | None] = mapped_column(Text)
    """Certificates (PEM) of a private authority, trusted beside the system's."""
    tls_insecure: Mapped[bool] = mapped_column(default=False)
    """The certificate is not verified; every view of the service says so."""
    path_mappings: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """`[{"remote": "/tv", "local": "/data/tv"}]`: how this service's paths are called elsewhere."""
    version: Mapped[str | None] = mapped_column(String(64))
    capabilities: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    discovered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Observation(Base):
    """What a service last said of one thing (its health, its queue, ...): the dashboard's memory, for all replicas."""

    __tablename__ = "observations"

    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"), primary_key=True)
    block: Mapped[str] = mapped_column(String(32), primary_key=True)
    data: Mapped[Any | None] = mapped_column(JSON)
    """None where it never answered."""
    observed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the newest attempt failed; None when it didn't."""
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """`{"cause": ..., "detail": ...}` of that failure."""
