"""Audits, and the fixes that they propose."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from pydantic import Field

from autoarr.audits.asking import ask_for_audit
from autoarr.changes import executor
from autoarr.errors import Refused
from autoarr.models import Audit
from autoarr.tools.diagnosis import failed_findings
from autoarr.tools.fencing import Own, as_text
from autoarr.tools.lookup import find_service
from autoarr.tools.model import Arguments, Call, Paged, Preview, Tool, Words

if TYPE_CHECKING:
    from autoarr.changes.plan import Plan

LOOK_EVERY_S = 0.5


class RunAudit(Arguments):
    """Of what."""

    service: Words | None = Field(default=None, description="A service's name or id; left out: all of them.")
    wait_s: int = Field(default=60, ge=0, le=240, description="Seconds to wait for it to finish.")


class OneFinding(Arguments):
    """Which finding."""

    finding_id: uuid.UUID = Field(description="As diagnose lists them.")


async def _run_audit(call: Call, arguments: RunAudit) -> dict[str, Any]:
    context = call.context
    service_id = None
    if arguments.service:
        async with context.database.sessions() as session:
            service_id = (await find_service(session, arguments.service)).id
    audit = await ask_for_audit(context, call.principal.actor, service_id)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while audit.finished_at is None and (waited := loop.time() - began) < arguments.wait_s:
        # A number that grows is all that is known: an audit takes as long as its slowest service.
        await call.progress(round(waited, 1), None, f"the audit is {audit.state}")
        await asyncio.sleep(LOOK_EVERY_S)
        async with context.database.sessions() as session:
            audit = await session.get_one(Audit, audit.id)
    async with context.database.sessions() as session:
        findings = await failed_findings(session, Paged(), service_id) if audit.state == "finished" else None
    return {**show_audit(audit), "findings": findings}


def show_audit(audit: Audit) -> dict[str, Any]:
    """An audit, as tools give it."""
    return {
        "id": audit.id,
        "state": Own(audit.state),
        "score": audit.score,
        **{name: audit.counts.get(name) for name in ("failed", "passed", "unknown", "ignored")},
        "created_at": audit.created_at,
        "finished_at": audit.finished_at,
        "error": audit.error,
    }


async def _preview_fix(call: Call, arguments: OneFinding) -> dict[str, Any]:
    return show_plan(await executor.preview(call.context, arguments.finding_id))


async def _preview_apply(call: Call, arguments: OneFinding) -> Preview:
    finding, service, fix = await executor.load_fix(call.context, arguments.finding_id)
    _, plan = await executor.look(call.context, service, fix.resource, fix.fields)
    if not plan.after:
        raise Refused(f"{fix.resource} of {service.name} is as wanted already.")
    changes = ", ".join(f"{item['field']} to {as_text(item['after'])}" for item in plan.shown)
    return Preview(
        summary=f"Change {plan.resource} of {service.name}: {changes}.",
        details={"finding": {"id": finding.id, "title": finding.title, "reason": finding.reason}, **show_plan(plan)},
        basis={"finding": str(finding.id), "plan": plan.fingerprint},
    )


def show_plan(plan: Plan) -> dict[str, Any]:
    """What would be written, as tools give it; secrets are blanked already."""
    return {
        "resource": plan.resource,
        "fields": [
            {"field": item["field"], "before": as_text(item["before"]), "after": as_text(item["after"])}
            for item in plan.shown
        ],
        "call": plan.call,
        "already": not plan.after,
    }


TOOLS = (
    Tool(
        name="run_audit",
        title="Audit",
        description="Audit the configuration of one service or of all against cited best practice, wait for it (at "
        "most wait_s seconds), and give the score and the findings. It only reads the services. Where it is still "
        "queued or running at the end of the wait, get_item with kind audit and its id tells of it later.",
        arguments=RunAudit,
        run=_run_audit,
        read_only=False,
    ),
    Tool(
        name="preview_fix",
        title="Preview of a fix",
        description="What applying the fix of a finding would write: the service's object is read and compared, and "
        "the fields that would change are given with their values before and after, and the exact call. Nothing is "
        "written.",
        arguments=OneFinding,
        run=_preview_fix,
    ),
    Tool(
        name="apply_fix",
        title="Fix",
        description="Propose to apply the fix of a finding. Nothing is written by this call: it gives a preview and a "
        "confirmation that a person has to give in AutoArr within 15 minutes. The write is verified afterwards and "
        "can be undone.",
        arguments=OneFinding,
        preview=_preview_apply,
        read_only=False,
    ),
)
