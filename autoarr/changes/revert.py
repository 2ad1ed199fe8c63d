"""Undoing a change: the values from before, of exactly the fields it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.changes.executor import Intent, carry_out, look
from autoarr.changes.ledger import MADE, demand_not_reverted, unseal
from autoarr.changes.plan import Plan, show
from autoarr.changes.resources import get_field, same_value
from autoarr.errors import Refused
from autoarr.keys import UnreadableSecret
from autoarr.models import Change, Service

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.context import Context


async def preview_revert(context: Context, change_id: uuid.UUID) -> Plan:
    """Tell what undoing a change would write. Raises as `revert` does."""
    intent = await _intend(context, change_id)
    _, plan = await look(context, intent.service, intent.resource, intent.wanted)
    intent.check(plan)
    return plan


async def revert(context: Context, actor: Actor, change_id: uuid.UUID) -> Change:
    """Undo a change, by one that can itself be undone.

    Raises:
        Refused: not allowed, not there, undone already, or its fields have been changed since.
        NotWritten: the service failed before anything was written.
    """
    return await carry_out(context, actor, await _intend(context, change_id))


async def _intend(context: Context, change_id: uuid.UUID) -> Intent:
    async with context.database.sessions() as session:
        if (change := await session.get(Change, change_id)) is None:
            raise Refused("There is no such change.", 404)
        if change.state not in MADE:
            raise Refused(f"Its state is {change.state}: there is nothing to revert.")
        await demand_not_reverted(session, change.id)
        if change.service_id is None:
            raise Refused(f"{change.service_name} was removed.")
        service = await session.get_one(Service, change.service_id)
        try:
            values = unseal(context.keys, change)
        except UnreadableSecret as error:
            raise Refused(f"Its values can't be decrypted: {error}.") from None
        authors = await _later_authors(session, change)
    left = values.changed

    def check(plan: Plan) -> None:
        for field, value in left.items():
            now = get_field(plan.current, field)
            if not same_value(now, value):
                who = authors.get(field, f"in {service.name} itself or by another program")
                raise Refused(
                    f"{field} of {change.resource} is {show(field, now)} now, not {show(field, value)} as this change "
                    f"left it: it was changed since, {who}. Nothing was written."
                )

    return Intent(
        operation="revert",
        service=service,
        resource=change.resource,
        wanted={field: values.before[field] for field in left},
        check=check,
        finding_id=change.finding_id,
        reverts_id=change.id,
    )


async def _later_authors(session: AsyncSession, change: Change) -> Mapping[str, Any]:
    """Who changed which field of the same object after this change, by AutoArr."""
    query = select(Change).where(
        Change.service_id == change.service_id,
        Change.resource == change.resource,
        Change.created_at > change.created_at,
        Change.state.in_(MADE),
    )
    return {
        item["field"]: f"by {later.actor} with the change {later.id}"
        for later in await session.scalars(query.order_by(Change.created_at))
        for item in later.fields
    }
