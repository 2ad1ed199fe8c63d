"""Audits, and the rules they ask."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select

from autoarr.accounts.principal import AdminDep
from autoarr.api.lookup import find, narrow
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.models import Audit

router = APIRouter(tags=["audits"])


class NewAudit(BaseModel):
    """What is to be audited."""

    model_config = ConfigDict(extra="forbid")

    service_id: uuid.UUID | None = Field(default=None, description="One service; null for all.")


class Counts(BaseModel):
    """How many findings there are of each kind; ignored ones are in none of the others."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    ignored: int = 0


class ServiceCounts(Counts):
    """The findings of one service."""

    service_id: uuid.UUID
    score: float | None = Field(description="0 to 100; null where nothing is known.")


class AuditView(Counts):
    """An audit."""

    id: uuid.UUID
    state: Literal["queued", "running", "finished", "failed"]
    service_id: uuid.UUID | None = Field(description="The one it is limited to; null for all.")
    created_by: str | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    score: float | None = Field(description="0 to 100; null where nothing is known.", examples=[87.5])
    services: list[ServiceCounts]
    error: str | None


class RuleView(BaseModel):
    """A rule, as it is asked."""

    id: str = Field(examples=["arr.completed-download-handling"])
    kinds: list[str]
    severity: Literal["error", "warning", "notice"]
    title: str
    wanted: Any
    reason: str
    sources: list[str] = Field(description="Addresses that the advice is from; opinion where it is AutoArr's own.")


def _view(audit: Audit) -> AuditView:
    counts = dict(audit.counts)
    services = [{"service_id": key, **value} for key, value in counts.pop("services", {}).items()]
    columns = {name: getattr(audit, name) for name in AuditView.model_fields if hasattr(audit, name)}
    return AuditView.model_validate({**columns, **counts, "services": services})


@router.post("/audits", status_code=202, summary="Start an audit")
async def create_audit(new: NewAudit, admin: AdminDep, context: ContextDep) -> AuditView:
    """Queue an audit of one service or of all. One that already waits or runs for the same is given back instead."""
    from autoarr.audits.asking import ask_for_audit

    return _view(await ask_for_audit(context, admin.actor, new.service_id))


@router.get("/audits", summary="List the audits")
async def list_audits(
    page: PageDep, admin: AdminDep, context: ContextDep, service_id: uuid.UUID | None = None
) -> Page[AuditView]:
    """List the audits, the newest first; with `service_id`, those limited to that service."""
    query = narrow(select(Audit), service_id=service_id).order_by(Audit.created_at.desc(), Audit.id)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, _view)


@router.get("/audits/{audit_id}", summary="Show an audit")
async def get_audit(audit_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> AuditView:
    """Show one audit: how far it is, and what came of it."""
    async with context.database.sessions() as session:
        return _view(await find(session, Audit, audit_id))


@router.get("/rules", summary="List the rules")
async def list_rules(page: PageDep, admin: AdminDep) -> Page[RuleView]:
    """List what an audit looks at: what each rule wants, why, and who says so."""
    from autoarr.audits.rules import RULES

    items = [
        RuleView(
            id=rule.id,
            kinds=list(rule.kinds),
            severity=rule.severity,
            title=rule.title,
            wanted=rule.wanted,
            reason=rule.reason,
            sources=list(dict.fromkeys(rule.source_for(kind) for kind in rule.kinds)),
        )
        for rule in RULES[page.start : page.start + page.page_size]
    ]
    return Page(items=items, total=len(RULES), page=page.page, page_size=page.page_size)
