"""What AutoArr may do by itself, and how often it looks; changed while it runs."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from autoarr.models import Option

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

KEY = "policy"

Mode = Literal["observe", "ask", "auto"]
Failure = Literal[
    "missing",
    "bad_release",
    "local",
    "aborted",
    "duplicate",
    "import_blocked",
    "not_an_upgrade",
    "not_grabbed",
    "unclassified",
]
"""Why a download failed, as far as it matters for what is done about it."""
FAILURES: tuple[Failure, ...] = get_args(Failure)
_STRICTEST: tuple[Mode, ...] = ("observe", "ask", "auto")


class QuietHours(BaseModel):
    """A time of each day in which nothing is done by itself; looking goes on."""

    model_config = ConfigDict(extra="forbid")

    start: time = Field(description="In the server's time zone.", examples=["18:00"])
    end: time = Field(description="When it ends; before `start`, on the next day.", examples=["23:30"])

    @model_validator(mode="after")
    def _has_a_length(self) -> QuietHours:
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("the quiet hours are in the server's time zone: give times without one")
        if self.start == self.end:
            raise ValueError("the quiet hours end when they start: leave them out, or choose two times")
        return self

    def cover(self, moment: time) -> bool:
        """Whether a local time of day lies within."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


class Policy(BaseModel):
    """The administrator's choices."""

    mode: Mode = Field(
        default="ask",
        description="observe: nothing is ever written to a service. ask: a person confirms each write. "
        "auto: what the policy names is done without asking.",
    )
    poll_every_s: int = Field(
        default=60, strict=True, ge=10, le=3600, description="Seconds between two looks at each service."
    )
    audit_every_h: int = Field(
        default=24, strict=True, ge=1, le=24 * 31, description="Hours between two audits of everything."
    )
    activity_days: int = Field(default=90, strict=True, ge=1, le=3650, description="Days that activity is kept.")
    failures: dict[Failure, Mode] = Field(
        default_factory=dict, description="A mode for a class of failures; the strictest of those that apply counts."
    )
    services: dict[uuid.UUID, Mode] = Field(default_factory=dict, description="A mode for a service, by its id.")
    quiet_hours: QuietHours | None = Field(default=None, description="When nothing is done without a person.")
    native_grace_min: int = Field(
        default=30,
        strict=True,
        ge=1,
        le=24 * 60,
        description="Minutes that Sonarr and Radarr have to handle a failure themselves.",
    )
    searches_per_hour: int = Field(
        default=10,
        strict=True,
        ge=0,
        le=1000,
        description="Searches in any hour at each Sonarr and Radarr, whoever causes them.",
    )
    requests_need_approval: bool = Field(
        default=True, strict=True, description="Whether an administrator approves what requesters ask for."
    )
    requests_per_week: int | None = Field(
        default=10,
        ge=0,
        le=1000,
        strict=True,
        description="Requests in any seven days of each requester; null: no limit.",
    )

    def mode_for(self, failure: Failure, service_id: uuid.UUID | None = None) -> Mode:
        """The strictest mode of those that apply to a failure at a service."""
        modes = [self.mode, self.failures.get(failure, self.mode)]
        if service_id is not None:
            modes.append(self.services.get(service_id, self.mode))
        return min(modes, key=_STRICTEST.index)


async def load_policy(session: AsyncSession) -> Policy:
    """Read the policy; the defaults where nobody has set one."""
    kept = await session.get(Option, KEY)
    return Policy.model_validate(kept.value) if kept else Policy()


async def save_policy(session: AsyncSession, policy: Policy, by: str) -> None:
    """Keep a policy, in a transaction of the caller's."""
    value = policy.model_dump(mode="json")
    await session.merge(Option(key=KEY, value=value, updated_at=datetime.now(UTC), updated_by=by))
