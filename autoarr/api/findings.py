"""What the audits found."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import case, select, update

from autoarr import activity
from autoarr.accounts.principal import AdminDep, Principal
from autoarr.api.fields import Text
from autoarr.api.lookup import missing, narrow
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.changes.fix import Fix
from autoarr.context import Context, ContextDep
from autoarr.models import Change, Finding, Service
from autoarr.upstream.connection import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(prefix="/findings", tags=["findings"])

Verdict = Literal["failed", "passed", "unknown"]
Severity = Literal["error", "warning", "notice"]
_RANK = case({"error": 0, "warning": 1}, value=Finding.severity, else_=2)


class LatestChange(BaseModel):
    """The newest write for a finding, or the undoing of one."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID = Field(description="To be undone by, once it is applied.")
    reverts_id: uuid.UUID | None = Field(description="The change that it undid; null where it was a fix.")
    state: str = Field(examples=["applied"])
    actor: str
    created_at: AwareDatetime


class FindingView(BaseModel):
    """What a rule says of one thing of one service."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    audit_id: uuid.UUID | None = Field(description="The newest audit that asked.")
    service_id: uuid.UUID
    rule: str = Field(examples=["arr.remove-completed"])
    subject: str = Field(description="Which of several things; empty where there is one only.", examples=["SABnzbd"])
    verdict: Verdict
    unknown_because: str | None = Field(description="What could not be read, where the verdict is unknown.")
    severity: Severity
    title: str
    found: Any
    wanted: Any
    reason: str
    source: str
    fix: Fix | None = Field(description="What would be written to fix it; null where only a person can.")
    ignored_because: str | None
    ignored_by: str | None
    ignored_at: AwareDatetime | None
    first_seen_at: AwareDatetime
    last_seen_at: AwareDatetime
    service_name: str = ""
    kind: Kind = "sonarr"
    change: LatestChange | None = Field(default=None, description="The newest write for it.")
    call: str | None = Field(
        default=None,
        description="The call that the fix is.",
        examples=['PUT /api/v3/downloadclient/1 {..., "removeCompletedDownloads": true}'],
    )


class Ignore(BaseModel):
    """Why a finding is ignored."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(min_length=1)]


def _view(finding: Finding, service: Service) -> FindingView:
    view = FindingView.model_validate(finding)
    view.service_name, view.kind = service.name, service.kind  # type: ignore[assignment]  # the table's constraint
    if view.verdict != "failed":
        view.fix = None  # it may still be there, for a change to be judged by
    if view.fix is not None:
        from autoarr.audits.calls import describe_call

        view.call = describe_call(service.kind, view.fix)
    return view


async def _add_changes(session: AsyncSession, views: Sequence[FindingView]) -> None:
    # Not what was written, which is the most of a change.
    columns = [Change.finding_id, *(getattr(Change, name) for name in LatestChange.model_fields)]
    made = select(*columns).where(Change.finding_id.in_([view.id for view in views])).order_by(Change.created_at)
    changes = {change.finding_id: change for change in await session.execute(made)}
    for view in views:
        if change := changes.get(view.id):
            view.change = LatestChange.model_validate(change)


async def _find(context: Context, finding_id: uuid.UUID) -> FindingView:
    query = select(Finding, Service).join(Service).where(Finding.id == finding_id)
    async with context.database.sessions() as session:
        if (row := (await session.execute(query)).one_or_none()) is None:
            raise missing(Finding)
        view = _view(*row)
        await _add_changes(session, [view])
        return view


@router.get("", summary="List the findings")
async def list_findings(
    page: PageDep,
    admin: AdminDep,
    context: ContextDep,
    verdict: Verdict | None = None,
    severity: Severity | None = None,
    service_id: uuid.UUID | None = None,
    rule: Annotated[Text | None, Query(description="A rule's id.")] = None,
    kind: Kind | None = None,
    ignored: bool | None = None,
) -> Page[FindingView]:
    """List the findings, the most severe first; of equal ones, by title."""
    query = narrow(select(Finding), verdict=verdict, severity=severity, service_id=service_id, rule=rule)
    if ignored is not None:
        query = query.where(Finding.ignored_at.is_not(None) if ignored else Finding.ignored_at.is_(None))
    async with context.database.sessions() as session:
        services = {service.id: service for service in await session.scalars(narrow(select(Service), kind=kind))}
        query = query.where(Finding.service_id.in_(services)).order_by(
            _RANK, Finding.title, Finding.subject, Finding.id
        )
        found = await read_page(session, query, page, lambda one: _view(one, services[one.service_id]))
        await _add_changes(session, found.items)
        return found


@router.get("/{finding_id}", summary="Show a finding")
async def get_finding(finding_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> FindingView:
    """Show one finding, with the call that would fix it."""
    return await _find(context, finding_id)


@router.post("/{finding_id}/ignore", summary="Ignore a finding")
async def ignore_finding(finding_id: uuid.UUID, ignore: Ignore, admin: AdminDep, context: ContextDep) -> FindingView:
    """Leave a finding out of the score from now on, and say why. Later audits keep that."""
    return await _set_ignored(context, admin, finding_id, ignore.reason)


@router.delete("/{finding_id}/ignore", summary="No longer ignore a finding")
async def unignore_finding(finding_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> FindingView:
    """Let a finding count again."""
    return await _set_ignored(context, admin, finding_id, None)


async def _set_ignored(
    context: Context, principal: Principal, finding_id: uuid.UUID, reason: str | None
) -> FindingView:
    view = await _find(context, finding_id)
    values = {
        "ignored_because": reason,
        "ignored_by": None if reason is None else principal.name,
        "ignored_at": None if reason is None else datetime.now(UTC),
    }
    async with context.database.writing.begin() as session:
        # Not through the object: an audit may remove the row meanwhile.
        changed = update(Finding).where(Finding.id == finding_id).values(values).returning(Finding.id)
        if await session.scalar(changed) is None:
            raise missing(Finding)
        activity.record(
            session,
            principal.actor,
            "finding.ignored" if reason is not None else "finding.unignored",
            f"{view.service_name}: {view.title}"[:500],
            subject=str(finding_id),
            cause=reason,
        )
    await context.bus.publish("finding.changed", {"id": str(finding_id)})
    return view.model_copy(update=values)
