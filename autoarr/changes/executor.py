"""A write, step by step: read, compare, store, write, read again. Never written twice, never taken on trust."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autoarr import activity
from autoarr.changes.fix import Fix
from autoarr.changes.ledger import demand_writing, finish, judge_finding, mark, prepare
from autoarr.changes.plan import Plan, judge, make_plan, relevant, show
from autoarr.changes.resources import get_field, read, write
from autoarr.errors import AutoArrError, Refused
from autoarr.faults import checkpoint
from autoarr.models import Change, Finding, Service
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    import uuid
    from collections.abc import AsyncIterator, Callable, Mapping

    from autoarr.actors import Actor
    from autoarr.context import Context
    from autoarr.upstream.pool import Client

DEADLINE = 25.0
"""Seconds that a change may take, from the first read to the last."""

STEPS = ("read", "checked", "prepared", "marked", "reread", "written", "verified", "finished")
"""What a test may let the process die after, for ``apply.STEP`` and ``revert.STEP``, in this order."""

_PROXIED = (502, 504)


class NotWritten(AutoArrError):
    """The service failed before anything was written.

    Attributes:
        error: how it failed.
    """

    def __init__(self, error: UpstreamError) -> None:
        super().__init__(f"Nothing was written: {error}.")
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A write that somebody asked for.

    Attributes:
        operation: ``apply`` or ``revert``.
        check: raises `Refused` when the object is not as it has to be.
    """

    operation: str
    service: Service
    resource: str
    wanted: Mapping[str, Any]
    check: Callable[[Plan], None]
    finding_id: uuid.UUID | None
    reverts_id: uuid.UUID | None = None


@dataclass(frozen=True)
class _Outcome:
    """How a write ended.

    Attributes:
        current: the object as it was read afterwards; None when it wasn't.
        final: False when it has to be looked at again.
    """

    state: str
    error: str | None = None
    current: dict[str, Any] | None = None
    final: bool = True
    raises: AutoArrError | None = None


async def look(context: Context, service: Service, resource: str, wanted: Mapping[str, Any]) -> tuple[Client, Plan]:
    """Read an object and compare it with the values wanted.

    Raises:
        NotWritten: the service didn't give it.
        Refused: it can't be changed by us.
    """
    try:
        async with _until(_deadline(), service):
            client = await context.upstreams.client(service.id)
            return client, make_plan(service.kind, resource, await read(client, resource), wanted)
    except UpstreamError as error:
        if error.cause == Cause.NOT_FOUND:
            raise Refused(f"{service.name} has no {resource} any more.") from None
        raise NotWritten(error) from None


def _deadline() -> float:
    return asyncio.get_running_loop().time() + DEADLINE


@asynccontextmanager
async def _until(deadline: float, service: Service) -> AsyncIterator[None]:
    """Give up at a moment of the event loop's clock; what was being asked may have arrived."""
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError:
        reason = f"it took longer than {DEADLINE:g} s"
        raise UpstreamError(service.name, Cause.TIMEOUT, reason, sent=True) from None


async def load_fix(context: Context, finding_id: uuid.UUID) -> tuple[Finding, Service, Fix]:
    """Find what would settle a finding.

    Raises:
        Refused: there is no such finding, or nothing that AutoArr could do about it.
    """
    async with context.database.sessions() as session:
        if (finding := await session.get(Finding, finding_id)) is None:
            raise Refused("There is no such finding.", 404)
        if finding.fix is None:
            raise Refused("Only a person can settle this finding.")
        service = await session.get_one(Service, finding.service_id)
    return finding, service, Fix.model_validate(finding.fix)


async def preview(context: Context, finding_id: uuid.UUID) -> Plan:
    """Tell what applying a finding's fix would write. Raises as `apply` does."""
    _, service, fix = await load_fix(context, finding_id)
    return (await look(context, service, fix.resource, fix.fields))[1]


async def apply(context: Context, actor: Actor, finding_id: uuid.UUID, fingerprint: str) -> Change:
    """Make a finding's fix, as it was previewed.

    Args:
        fingerprint: of the preview; another one now is a conflict.

    Raises:
        Refused: not allowed, not there, or not as it was previewed.
        NotWritten: the service failed before anything was written.
    """
    finding, service, fix = await load_fix(context, finding_id)

    def check(plan: Plan) -> None:
        if plan.fingerprint != fingerprint:
            now = ", ".join(f"{field} is {show(field, value)}" for field, value in plan.before.items()) or "as wanted"
            raise Refused(f"{fix.resource} of {service.name} is not as it was previewed ({now}): preview it again.")

    intent = Intent(
        operation="apply",
        service=service,
        resource=fix.resource,
        wanted=fix.fields,
        check=check,
        finding_id=finding.id,
    )
    return await carry_out(context, actor, intent)


async def carry_out(context: Context, actor: Actor, intent: Intent) -> Change:
    """Make a write and verify it. Raises as `apply` does."""
    deadline = _deadline()
    operation, service = intent.operation, intent.service
    try:
        async with context.database.sessions() as session:
            await demand_writing(session)
        client, plan = await look(context, service, intent.resource, intent.wanted)
        checkpoint(f"{operation}.read")
        intent.check(plan)
        if not plan.after:
            async with context.database.writing.begin() as session:
                await judge_finding(session, intent.finding_id, plan.resource, plan.current)
            raise Refused(f"{plan.resource} of {service.name} is as wanted already; nothing was written.")
        checkpoint(f"{operation}.checked")
        change = await prepare(context, actor, service, plan, intent.finding_id, intent.reverts_id)
    except (Refused, NotWritten) as error:
        await _note_refusal(context, actor, intent, error)
        raise
    checkpoint(f"{operation}.prepared")
    await mark(context, change)
    checkpoint(f"{operation}.marked")
    outcome = await _write(client, plan, service, operation, deadline)
    finished = await finish(
        context, actor, change.id, outcome.state, outcome.error, outcome.current, final=outcome.final
    )
    checkpoint(f"{operation}.finished")
    if outcome.raises:
        raise outcome.raises
    return finished or change


async def _write(client: Client, plan: Plan, service: Service, operation: str, deadline: float) -> _Outcome:
    try:
        async with _until(deadline, service):
            current = await read(client, plan.resource)
    except UpstreamError as error:
        return _not_written(error)
    if relevant(plan.kind, current, plan.after) != relevant(plan.kind, plan.current, plan.after):
        reason = f"{plan.resource} of {service.name} was changed by somebody else meanwhile; nothing was written."
        return _Outcome("failed", reason, raises=Refused(reason))
    checkpoint(f"{operation}.reread")
    failure: UpstreamError | None = None
    try:
        async with _until(deadline, service):
            await write(client, plan.resource, current, plan.after)
    except UpstreamError as error:
        if not error.sent:
            return _not_written(error)
        failure = error
    checkpoint(f"{operation}.written")
    return await _verify(client, plan, service, operation, failure, deadline)


def _not_written(error: UpstreamError) -> _Outcome:
    raises = NotWritten(error)
    return _Outcome("failed", str(raises), raises=raises)


async def _verify(
    client: Client, plan: Plan, service: Service, operation: str, failure: UpstreamError | None, deadline: float
) -> _Outcome:
    """Read what became of a write. One whose answer was lost may still be under way: it isn't called off early."""
    said = f"The write got no good answer: {failure}. " if failure else ""
    try:
        async with _until(deadline, service):
            current = await read(client, plan.resource)
    except UpstreamError as error:
        return _Outcome("unresolved", f"{said}It could not be read again: {error}.", final=False)
    checkpoint(f"{operation}.verified")
    found = {field: get_field(current, field) for field in plan.after}
    state, error_text = judge(plan.before, plan.after, found)
    answered = failure is None or (failure.status is not None and failure.status not in _PROXIED)
    if state != "applied" and not answered:
        return _Outcome("unresolved", f"{said}So far, {error_text}", current, final=False)
    return _Outcome(state, said + (error_text or "") or None, current)


async def _note_refusal(context: Context, actor: Actor, intent: Intent, error: AutoArrError) -> None:
    async with context.database.writing.begin() as session:
        activity.record(
            session,
            actor,
            "change.refused" if isinstance(error, Refused) else "change.failed",
            f"{intent.service.name}: {intent.resource} was not changed.",
            outcome="refused" if isinstance(error, Refused) else "failed",
            subject=intent.service.name,
            cause=str(error).replace("\0", ""),
        )
