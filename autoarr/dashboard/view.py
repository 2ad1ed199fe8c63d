"""The dashboard, from what is kept: no service is asked."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import func, select

from autoarr.dashboard.blocks import BLOCKS, IDENTITY
from autoarr.dashboard.merging import MAXIMUM_ROWS, Figure, QueueRow, Seen, add_up, is_truncated, merge_queues
from autoarr.dashboard.observations import FRESH_INTERVALS, Block, State, describe
from autoarr.models import Activity, Audit, Finding, Observation
from autoarr.policy import Policy, load_policy
from autoarr.services.registry import list_enabled
from autoarr.upstream.connection import Kind

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

RECENT = 10
"""Entries of the activity log that are shown."""


class ServicePart(BaseModel):
    """What is seen of one service."""

    id: uuid.UUID
    kind: Kind
    name: str
    tls_insecure: bool
    state: State = Field(description="Of its version: whether it answers at all.")
    blocks: dict[str, Block]


class AuditPart(BaseModel):
    """The newest audit of everything, and what is found at present."""

    state: State
    finished_at: AwareDatetime | None = None
    age_s: float | None = None
    score: float | None = Field(default=None, description="0 to 100; null while nothing is known.")
    findings: dict[str, int] | None = Field(
        default=None, description="Failed rules that are not ignored, by severity; null before the first audit."
    )


class RecentActivity(BaseModel):
    """One of the newest entries of the activity log."""

    id: int
    at: AwareDatetime
    actor: str
    action: str
    outcome: str
    subject: str | None
    message: str


class Dashboard(BaseModel):
    """Everything at a glance; each part with its age."""

    generated_at: AwareDatetime
    poll_every_s: int
    services: list[ServicePart]
    figures: dict[str, Figure] = Field(description="queue, missing, health, sessions: over all services.")
    queue: list[QueueRow]
    queue_truncated: bool = Field(description="Whether there are downloads that `queue` doesn't show.")
    audit: AuditPart
    activity: list[RecentActivity]


async def look(session: AsyncSession, now: datetime | None = None) -> Dashboard:
    """Put the dashboard together."""
    now = now or datetime.now(UTC)
    policy = await load_policy(session)
    observations = {(row.service_id, row.block): row for row in await session.scalars(select(Observation))}
    seen: dict[str, list[Seen]] = {"queue": [], "missing": [], "health": [], "sessions": []}
    parts = []
    for service in await list_enabled(session):
        blocks = {
            name: describe(observations.get((service.id, name)), now, policy.poll_every_s)
            for name in BLOCKS[service.kind]
        }
        for name in seen.keys() & blocks.keys():
            seen[name].append((service, blocks[name]))
        # The downloads themselves are in the merged queue.
        shown = {
            name: block.model_copy(update={"data": {key: value for key, value in block.data.items() if key != "items"}})
            if name == "queue" and block.data
            else block
            for name, block in blocks.items()
        }
        part = {field: getattr(service, field) for field in ("id", "kind", "name", "tls_insecure")}
        parts.append(ServicePart(state=blocks[IDENTITY].state, blocks=shown, **part))
    rows = merge_queues(seen["queue"])
    figures = {name: add_up(blocks) for name, blocks in seen.items()}
    if figures["queue"].total is not None:
        figures["queue"].total = len(rows)
    return Dashboard(
        generated_at=now,
        poll_every_s=policy.poll_every_s,
        services=parts,
        figures=figures,
        queue=rows[:MAXIMUM_ROWS],
        queue_truncated=len(rows) > MAXIMUM_ROWS or any(is_truncated(block) for _, block in seen["queue"]),
        audit=await _look_at_audits(session, policy, now),
        activity=await _look_at_activity(session),
    )


async def _look_at_audits(session: AsyncSession, policy: Policy, now: datetime) -> AuditPart:
    finished = select(Audit).where(Audit.state == "finished", Audit.service_id.is_(None))
    newest = await session.scalar(finished.order_by(Audit.finished_at.desc()).limit(1))
    if newest is None or newest.finished_at is None:
        return AuditPart(state="unknown")
    age = max(0.0, (now - newest.finished_at).total_seconds())
    open_findings = select(Finding.severity, func.count()).where(
        Finding.verdict == "failed", Finding.ignored_at.is_(None)
    )
    rows = await session.execute(open_findings.group_by(Finding.severity))
    counts: dict[str, int] = dict(rows.all())
    return AuditPart(
        state="fresh" if age < FRESH_INTERVALS * policy.audit_every_h * 3600 else "stale",
        finished_at=newest.finished_at,
        age_s=round(age, 1),
        score=newest.score,
        findings={severity: counts.get(severity, 0) for severity in ("error", "warning", "notice")},
    )


async def _look_at_activity(session: AsyncSession) -> list[RecentActivity]:
    entries = await session.scalars(select(Activity).order_by(Activity.id.desc()).limit(RECENT))
    return [RecentActivity.model_validate(entry, from_attributes=True) for entry in entries]
