"""Changes as they are kept: prepared before the write, finished after it was verified."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from autoarr import activity
from autoarr.changes.fix import Fix
from autoarr.changes.plan import Plan, show
from autoarr.changes.resources import blank, get_field, same_value
from autoarr.errors import Refused
from autoarr.models import Change, Finding
from autoarr.policy import load_policy

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.context import Context
    from autoarr.keys import KeyRing
    from autoarr.models import Service

OBSERVED = "Nothing is written in observe mode."
UNFINISHED = ("prepared", "writing", "unresolved")
MADE = ("applied", "partly_applied")


@dataclass(frozen=True, kw_only=True)
class Values:
    """The encrypted part of a change.

    Attributes:
        pre_image: the whole object, before.
        wanted: the fields written.
        found: the same fields as they were read after the write; None until then.
    """

    pre_image: dict[str, Any]
    wanted: dict[str, Any]
    found: dict[str, Any] | None

    @property
    def before(self) -> dict[str, Any]:
        """The same fields as they were before."""
        return {field: get_field(self.pre_image, field) for field in self.wanted}

    @property
    def changed(self) -> dict[str, Any]:
        """The fields that the write changed, with the values found afterwards."""
        found = self.found or {}
        return {field: found[field] for field, value in self.before.items() if not same_value(found[field], value)}


def unseal(keys: KeyRing, change: Change) -> Values:
    """Decrypt a change's values.

    Raises:
        UnreadableSecret: they were encrypted with another key.
    """
    pre_image = json.loads(keys.decrypt(change.pre_image_encrypted))
    return Values(pre_image=pre_image, **json.loads(keys.decrypt(change.wanted_encrypted)))


def _seal(keys: KeyRing, wanted: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    return keys.encrypt(json.dumps({"wanted": wanted, "found": found}))


async def demand_writing(session: AsyncSession) -> None:
    """Refuse in observe mode."""
    if (await load_policy(session)).mode == "observe":
        raise Refused(OBSERVED, 403)


async def prepare(
    context: Context,
    actor: Actor,
    service: Service,
    plan: Plan,
    finding_id: uuid.UUID | None,
    reverts_id: uuid.UUID | None = None,
) -> Change:
    """Store a change that is about to be made; from now on no other one of the same object can be.

    Raises:
        Refused: another change of it is not finished, or the policy forbids it.
    """
    change = Change(
        service_id=service.id,
        service_name=service.name,
        finding_id=finding_id,
        reverts_id=reverts_id,
        state="prepared",
        resource=plan.resource,
        fields=plan.shown,
        pre_image_encrypted=context.keys.encrypt(json.dumps(plan.current)),
        wanted_encrypted=_seal(context.keys, plan.after, None),
        actor=actor.name,
        created_at=datetime.now(UTC),
    )
    try:
        async with context.database.writing.begin() as session:
            await demand_writing(session)
            session.add(change)
    except IntegrityError as error:
        gone = "foreign key" in str(error.orig).lower()
        why = f"{service.name} or the finding was removed" if gone else "another change of it is not finished yet"
        raise Refused(f"{plan.resource} of {service.name} was not written: {why}.") from None
    return change


async def find_revert(session: AsyncSession, change_id: uuid.UUID) -> Change | None:
    """Find the change that undid this one, or may have, and was not undone itself."""
    query = select(Change).where(Change.reverts_id == change_id, Change.state.in_((*UNFINISHED, *MADE)))
    for revert in await session.scalars(query.order_by(Change.created_at.desc())):
        undone = await find_revert(session, revert.id)
        if undone is None or undone.state not in MADE:
            return revert
    return None


async def demand_not_reverted(session: AsyncSession, change_id: uuid.UUID) -> None:
    """Refuse to undo a change that is undone."""
    if revert := await find_revert(session, change_id):
        how = {"applied": "was reverted already", "partly_applied": "was reverted in part already"}
        raise Refused(f"It {how.get(revert.state, 'is being reverted')}, by the change {revert.id}; revert that one.")


async def mark(context: Context, change: Change) -> None:
    """Say that the write begins.

    Raises:
        Refused: the change was given up meanwhile.
    """
    async with context.database.writing.begin() as session:
        statement = update(Change).where(Change.id == change.id, Change.state == "prepared").values(state="writing")
        if (await session.execute(statement.returning(Change.id))).scalar_one_or_none() is None:
            raise Refused("It took too long and was given up; nothing was written.")


async def finish(
    context: Context,
    actor: Actor,
    change_id: uuid.UUID,
    state: str,
    error: str | None,
    current: Mapping[str, Any] | None = None,
    *,
    seen: str | None = None,
    final: bool = True,
) -> Change | None:
    """Store how a change ended, with what follows: the finding's verdict, an activity, events.

    Args:
        current: the object as it was read after the write, where it was.
        seen: store it only when this is still the change's state.
        final: False leaves it to be looked at again.

    Returns:
        The change; None when it is no longer as `seen`.
    """
    async with context.database.writing.begin() as session:
        change = await session.get(Change, change_id, with_for_update=True)
        if change is None or (seen and change.state != seen):
            return None
        told = final or change.state != state
        finding = None
        if current is not None:
            wanted = unseal(context.keys, change).wanted
            found = {field: get_field(current, field) for field in wanted}
            change.wanted_encrypted = _seal(context.keys, wanted, found)
            change.fields = [{**item, "found": blank(item["field"], found[item["field"]])} for item in change.fields]
            finding = await judge_finding(session, change.finding_id, change.resource, current)
        # A service's own words may hold what PostgreSQL doesn't take.
        change.state, change.error = state, error and error.replace("\0", "")
        change.finished_at = datetime.now(UTC) if final else None
        if told:
            _record(session, actor, change)
    if told:
        await context.bus.publish("change.changed", {"id": str(change.id), "state": state})
    if finding:
        await context.bus.publish("finding.changed", {"id": str(finding.id), "verdict": finding.verdict})
    return change


async def judge_finding(
    session: AsyncSession, finding_id: uuid.UUID | None, resource: str, current: Mapping[str, Any]
) -> Finding | None:
    """Give a finding, where there is one, the verdict that follows from an object just read; without a fix to compare
    with, unknown."""
    finding = await session.get(Finding, finding_id) if finding_id else None
    if finding is not None:
        _judge(finding, resource, current)
    return finding


def _judge(finding: Finding, resource: str, current: Mapping[str, Any]) -> None:
    finding.last_seen_at = datetime.now(UTC)
    fix = Fix.model_validate(finding.fix) if finding.fix else None
    if fix is None or fix.resource != resource:
        finding.verdict, finding.unknown_because = "unknown", f"{resource} was changed since the last audit"
        return
    finding.unknown_because = None
    found = {field: get_field(current, field) for field in fix.fields}
    passed = all(same_value(found[field], value) for field, value in fix.fields.items())
    shown = {field: blank(field, value) for field, value in found.items()}
    finding.verdict = "passed" if passed else "failed"
    finding.found = next(iter(shown.values())) if len(shown) == 1 else shown


def _record(session: AsyncSession, actor: Actor, change: Change) -> None:
    what = "reverted" if change.reverts_id else "changed"
    how = {
        "applied": f"was {what}",
        "partly_applied": f"was {what} in part",
        "failed": f"was not {what}",
        "unresolved": f"may have been {what}; it is not known yet",
    }
    values = ", ".join(f"{item['field']} to {show(item['field'], item['after'])}" for item in change.fields)
    activity.record(
        session,
        actor,
        f"change.{change.state}",
        f"{change.service_name}: {change.resource} {how[change.state]}: {values}.",
        outcome="succeeded" if change.state == "applied" else "failed",
        subject=change.service_name,
        cause=change.error,
        data={"change_id": str(change.id), "fields": change.fields},
    )
