"""Asking for an audit: one way for the API and the tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autoarr import activity
from autoarr.audits.runner import add_audit
from autoarr.errors import Refused
from autoarr.models import Audit, Service

if TYPE_CHECKING:
    import uuid

    from autoarr.actors import Actor
    from autoarr.context import Context


async def ask_for_audit(context: Context, actor: Actor, service_id: uuid.UUID | None) -> Audit:
    """Queue an audit of one service, or of all; the one that waits or runs for the same already is given back instead.

    Raises:
        Refused: there is no such service, or it is switched off.
    """
    async with context.database.writing.begin() as session:
        name = "all services"
        if service_id:
            service = await session.get(Service, service_id)
            if service is None:
                raise Refused("There is no such service.", 404)
            if not service.enabled:
                raise Refused("The service is switched off.", 409)
            name = service.name
        key = str(service_id or "all")
        job = await context.jobs.enqueue(session, "audit", key, {"service_id": key} if service_id else {}, actor=actor)
        audit = await add_audit(session, job.id, service_id, job.actor)
        message = f"An audit of {name} was asked for."
        activity.record(session, actor, "audit.requested", message, subject=str(audit.id))
        await session.flush()
    await context.bus.publish("audit.changed", {"id": str(audit.id)})
    return audit
