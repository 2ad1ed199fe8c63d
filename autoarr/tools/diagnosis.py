"""What is wrong, and what the audits found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy import case, func, select

from autoarr.dashboard import poll
from autoarr.dashboard.blocks import IDENTITY
from autoarr.dashboard.view import look
from autoarr.models import Finding, Recovery, Service
from autoarr.tools.fencing import Own, as_text
from autoarr.tools.lookup import find_service
from autoarr.tools.model import Call, Paged, Tool, Words
from autoarr.tools.trimming import page
from autoarr.upstream.errors import ADVICE, Cause

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.dashboard.observations import Failure
    from autoarr.dashboard.view import ServicePart

_RANK = case({"error": 0, "warning": 1}, value=Finding.severity, else_=2)


class Diagnose(Paged):
    """Of what."""

    service: Words | None = Field(default=None, description="A service's name or id; left out: all of them.")
    ask_now: bool = Field(default=False, description="Ask the services first, which takes up to five seconds.")


async def _diagnose(call: Call, arguments: Diagnose) -> dict[str, Any]:
    if arguments.ask_now:
        await call.progress(0, None, "asking the services")
        await poll.refresh(call.context, poll.REFRESH_DEADLINE)
    async with call.context.database.sessions() as session:
        only = (await find_service(session, arguments.service)).id if arguments.service else None
        parts = [part for part in (await look(session)).services if only in (None, part.id)]
        failures = select(Recovery.failure, func.count()).where(Recovery.ended_at.is_(None))
        if only:
            failures = failures.where((Recovery.owner_id == only) | (Recovery.client_id == only))
        classes: dict[str, int] = dict((await session.execute(failures.group_by(Recovery.failure))).all())
        return {
            "services": [_service(part) for part in parts],
            "open_failures": classes,
            "findings": await failed_findings(session, arguments, only),
        }


async def failed_findings(session: AsyncSession, wanted: Paged, service_id: uuid.UUID | None = None) -> dict[str, Any]:
    """A page of what the audits found to be wrong and nobody ignores, the most severe first."""
    query = select(Finding, Service).join(Service).where(Finding.verdict == "failed", Finding.ignored_at.is_(None))
    if service_id:
        query = query.where(Finding.service_id == service_id)
    total = await session.scalar(select(func.count()).select_from(query.with_only_columns(Finding.id).subquery())) or 0
    ordered = query.order_by(_RANK, Finding.title, Finding.subject, Finding.id)
    rows = await session.execute(ordered.limit(wanted.limit).offset(wanted.offset))
    return page([show_finding(*row) for row in rows], total, wanted.offset)


def show_finding(finding: Finding, service: Service) -> dict[str, Any]:
    """A finding, as tools give it."""
    return {
        "id": finding.id,
        "service": service.name,
        "kind": Own(service.kind),
        "rule": Own(finding.rule),
        "subject": finding.subject,
        "verdict": Own(finding.verdict),
        "severity": Own(finding.severity),
        "title": finding.title,
        "found": as_text(finding.found),
        "wanted": as_text(finding.wanted),
        "reason": finding.reason,
        "source": finding.source,
        "fixable": finding.fix is not None and finding.verdict == "failed",
    }


def _service(part: ServicePart) -> dict[str, Any]:
    data = {name: block.data or {} for name, block in part.blocks.items()}
    return {
        "id": part.id,
        "kind": Own(part.kind),
        "name": part.name,
        "state": Own(part.state),
        "failure": _failure(part.blocks[IDENTITY].failure),
        "health": [
            {"level": issue["level"], "source": issue["source"], "message": issue["message"], "wiki": issue["wiki_url"]}
            for issue in data.get("health", {}).get("issues", [])
        ],
        "paused": data.get("queue", {}).get("paused"),
        "disks": [
            {"path": disk["path"], "free_bytes": disk["free_bytes"], "total_bytes": disk["total_bytes"]}
            for disk in data.get("disk", {}).get("folders", [])
        ],
    }


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    advice = ADVICE.get(Cause(failure.cause))
    return {"cause": Own(failure.cause), "detail": failure.detail, "advice": advice and Own(advice)}


TOOLS = (
    Tool(
        name="diagnose",
        title="Diagnosis",
        description="What is wrong, and why: of each service (or the one named) whether it answers and else the cause "
        "and what to do about it, its own health messages, a paused queue and free disk space; how many failed "
        "downloads are open by their cause's class; and what the audits found that is not as it should be, with the "
        "ids that preview_fix and apply_fix take. Findings are paged by limit and offset.",
        arguments=Diagnose,
        run=_diagnose,
    ),
)
