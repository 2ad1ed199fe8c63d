"""Running an audit: read, judge, and keep what was found. Safe to repeat after a crash."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from autoarr import activity
from autoarr.audits.evaluate import Evaluation, evaluate
from autoarr.audits.rules import RULES
from autoarr.audits.score import score
from autoarr.audits.snapshot import DEADLINE, take_snapshot
from autoarr.errors import AutoArrError
from autoarr.models import Audit, Finding, Job, Service
from autoarr.notifications.outbox import notify
from autoarr.services.registry import list_enabled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.audits.model import Result, Rule, Seen
    from autoarr.context import Context

ABANDONED = "it was given up: its job ended before it did"


class NothingToAudit(AutoArrError):
    """The service that an audit is limited to is no longer there, or switched off."""


async def add_audit(session: AsyncSession, audit_id: uuid.UUID, service_id: uuid.UUID | None, by: str) -> Audit:
    """Find or add the row of an audit, which has its job's id."""
    if (audit := await session.get(Audit, audit_id)) is None:
        audit = Audit(
            id=audit_id, state="queued", service_id=service_id, created_by=by, created_at=datetime.now(UTC), counts={}
        )
        session.add(audit)
    return audit


async def run_audit(
    context: Context, audit_id: uuid.UUID, service_id: uuid.UUID | None, actor: Actor, *, deadline: float = DEADLINE
) -> dict[str, Any]:
    """Audit all services, or one of them.

    Args:
        deadline: seconds each service has to answer.

    Returns:
        ``{"audit_id": ..., "score": ..., "counts": ...}``.

    Raises:
        NothingToAudit: the service is gone or switched off.
    """
    began = datetime.now(UTC)
    services = await _begin(context, audit_id, service_id, actor)
    if services is None:
        return {"audit_id": str(audit_id)}
    scope = {one.id for one in services if service_id in (None, one.id)}
    if service_id and not scope:
        raise NothingToAudit("the service is no longer there, or is switched off")
    snapshot = await take_snapshot(context, services, scope, deadline=deadline)
    for seen in snapshot.services:
        if seen.id in scope:
            evaluations = [evaluate(rule, seen, snapshot) for rule in RULES if seen.kind in rule.kinds]
            await _keep(context, audit_id, began, seen, evaluations)
    result = await _finish(context, audit_id, scope, actor)
    await context.bus.publish("audit.finished", {"id": str(audit_id), "score": result["score"]})
    return result


async def fail_audit(context: Context, audit_id: uuid.UUID, error: str, actor: Actor) -> None:
    """Note that an audit failed for good."""
    async with context.database.writing.begin() as session:
        if (audit := await session.get(Audit, audit_id)) and audit.state != "finished":
            audit.state, audit.error, audit.finished_at = "failed", error, datetime.now(UTC)
            activity.record(
                session,
                actor,
                "audit.finished",
                "An audit failed.",
                outcome="failed",
                subject=str(audit_id),
                cause=error,
            )
            await notify(
                session,
                "audit.finished",
                f"audit.finished:{audit_id}",
                "An audit failed",
                f"{error[:1].upper()}{error[1:]}.",
                {"audit_id": str(audit_id), "error": error},
            )
    await context.bus.publish("audit.finished", {"id": str(audit_id), "score": None})


async def _begin(
    context: Context, audit_id: uuid.UUID, service_id: uuid.UUID | None, actor: Actor
) -> Sequence[Service] | None:
    """Mark it as running, and give the services to read; None where it had finished before its job's process died."""
    async with context.database.writing.begin() as session:
        services = await list_enabled(session)
        known = service_id is None or any(one.id == service_id for one in services)
        audit = await add_audit(session, audit_id, service_id if known else None, actor.name)
        if audit.state == "finished":
            return None
        audit.state, audit.error, audit.finished_at = "running", None, None
        audit.started_at = audit.started_at or datetime.now(UTC)
        # Those whose process died at their last attempt would run for ever.
        active = select(Job.id).where(Job.kind == "audit", Job.state.in_(("queued", "running")))
        await session.execute(
            update(Audit)
            .where(Audit.state.in_(("queued", "running")), Audit.id != audit_id, Audit.id.not_in(active))
            .values(state="failed", error=ABANDONED, finished_at=datetime.now(UTC))
        )
        if service_id is None:
            off = select(Service.id).where(Service.enabled.is_(False))
            await session.execute(
                update(Finding)
                .where(Finding.service_id.in_(off))
                .values(verdict="unknown", unknown_because="the service is switched off", found=None, fix=None)
            )
        return services


async def _keep(
    context: Context, audit_id: uuid.UUID, began: datetime, seen: Seen, evaluations: Iterable[Evaluation]
) -> None:
    async with context.database.writing.begin() as session:
        # Two audits may be of one service: the lock on its row keeps their writes apart, also across replicas.
        query = select(Service.id).where(Service.id == seen.id).with_for_update(key_share=True)
        if await session.scalar(query) is None:
            return
        kept = await session.scalars(select(Finding).where(Finding.service_id == seen.id))
        old = {(finding.rule, finding.subject): finding for finding in kept}
        for evaluation in evaluations:
            for subject, result in _complete(evaluation, old).items():
                finding = old.pop((evaluation.rule.id, subject), None)
                if finding is None:
                    finding = Finding(service_id=seen.id, rule=evaluation.rule.id, subject=subject, first_seen_at=began)
                    session.add(finding)
                elif finding.last_seen_at > began:
                    continue  # a change or another audit has looked since: what was read here is older
                _write(finding, evaluation.rule, result, seen.kind)
                finding.audit_id, finding.last_seen_at = audit_id, began
        for finding in old.values():
            if finding.last_seen_at <= began:
                await session.delete(finding)


def _complete(evaluation: Evaluation, old: Iterable[tuple[str, str]]) -> dict[str, Result | str]:
    """The results by subject; of subjects that were there before and may still be, why they are unknown."""
    found: dict[str, Result | str] = {result.subject: result for result in evaluation.results}
    if evaluation.because is not None:
        before = [subject for rule, subject in old if rule == evaluation.rule.id]
        if not found and not before:
            before = [""]
        found |= {subject: evaluation.because for subject in before if subject not in found}
    return found


def _write(finding: Finding, rule: Rule, result: Result | str, kind: str) -> None:
    finding.reason = rule.reason
    if isinstance(result, str) or result.verdict == "unknown":
        finding.verdict = "unknown"
        finding.unknown_because = result if isinstance(result, str) else result.because
        finding.found = finding.fix = None
        # What an earlier audit said of it (a health message, a size) still describes it.
        finding.title = finding.title or rule.title
        finding.severity = finding.severity or rule.severity
        finding.source = finding.source or rule.source_for(kind)
        finding.wanted = rule.wanted if finding.wanted is None else finding.wanted
        return
    finding.verdict, finding.unknown_because = result.verdict, None
    finding.title = result.title or rule.title
    finding.severity = result.severity or rule.severity
    finding.source = result.source or rule.source_for(kind)
    finding.found = result.found
    finding.wanted = rule.wanted if result.wanted is None else result.wanted
    finding.fix = None if result.fix is None else result.fix.model_dump(mode="json")


async def _finish(context: Context, audit_id: uuid.UUID, scope: set[uuid.UUID], actor: Actor) -> dict[str, Any]:
    async with context.database.writing.begin() as session:
        columns = (Finding.service_id, Finding.rule, Finding.severity, Finding.verdict, Finding.ignored_at)
        rows = (await session.execute(select(*columns).where(Finding.service_id.in_(scope)))).all()
        services = {str(one): _summary([row for row in rows if row.service_id == one]) for one in sorted(scope)}
        total = _summary(rows)
        counts = {key: value for key, value in total.items() if key != "score"} | {"services": services}
        if (audit := await session.get(Audit, audit_id)) is not None:
            audit.state, audit.finished_at = "finished", datetime.now(UTC)
            audit.score, audit.counts = total["score"], counts
        shown = "nothing is known" if total["score"] is None else f"the score is {total['score']:g}"
        message = f"An audit found {total['failed']} things to improve; {shown}."
        data = {key: total[key] for key in ("score", "failed", "passed", "unknown", "ignored")}
        activity.record(session, actor, "audit.finished", message, subject=str(audit_id), data=data)
        event_id = f"audit.finished:{audit_id}"
        await notify(
            session, "audit.finished", event_id, "An audit finished", message, {"audit_id": str(audit_id), **data}
        )
    return {"audit_id": str(audit_id), "score": total["score"], "counts": counts}


def _summary(rows: Sequence[Any]) -> dict[str, Any]:
    rated = [row for row in rows if row.ignored_at is None]
    verdicts = Counter(row.verdict for row in rated)
    return {
        "score": score(((row.service_id, row.rule), row.severity, row.verdict) for row in rated),
        "failed": verdicts["failed"],
        "passed": verdicts["passed"],
        "unknown": verdicts["unknown"],
        "ignored": len(rows) - len(rated),
    }
