"""One thing, with all that is known of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from autoarr.models import Audit, Change, Finding, Recovery, Service
from autoarr.models.base import Base
from autoarr.recovery.service import read_timeline
from autoarr.requests import service as requests
from autoarr.tools import failures
from autoarr.tools.audits import show_audit
from autoarr.tools.diagnosis import show_finding
from autoarr.tools.fencing import Own, as_text
from autoarr.tools.model import Call, NotNow, Paged, Tool
from autoarr.tools.trimming import page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.models import MediaRequest, RecoveryStep, RequestStep

    Row = TypeVar("Row", bound=Base)

NOTHING = Own("There is nothing of this kind with this id, or not for you.")


class GetItem(Paged):
    """Which thing."""

    kind: Literal["request", "failure", "finding", "change", "audit"]
    id: uuid.UUID = Field(description="As the lists give it.")


async def _get_item(call: Call, arguments: GetItem) -> dict[str, Any]:
    if arguments.kind == "request":
        request, steps = await requests.get(call.context, call.principal, arguments.id)
        return {**_request(request), "timeline": _timeline(steps, arguments)}
    if not call.is_admin:
        raise NotNow(NOTHING)
    async with call.context.database.sessions() as session:
        if arguments.kind == "failure":
            recovery = await _find(session, Recovery, arguments.id)
            steps_of = await read_timeline(session, recovery.id)
            return {**failures.show(recovery), "timeline": _timeline(steps_of, arguments)}
        if arguments.kind == "finding":
            finding = await _find(session, Finding, arguments.id)
            return show_finding(finding, await session.get_one(Service, finding.service_id))
        if arguments.kind == "change":
            return _change(await _find(session, Change, arguments.id))
        return show_audit(await _find(session, Audit, arguments.id))


async def _find(session: AsyncSession, table: type[Row], identifier: uuid.UUID) -> Row:
    if (row := await session.get(table, identifier)) is None:
        raise NotNow(NOTHING)
    return row


def _timeline(steps: Sequence[RequestStep | RecoveryStep], wanted: Paged) -> dict[str, Any]:
    shown = [
        {"at": step.at, "step": step.step, "message": step.message}
        for step in steps[wanted.offset : wanted.offset + wanted.limit]
    ]
    return page(shown, len(steps), wanted.offset)


def _request(request: MediaRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "title": request.title,
        "year": request.year,
        "media": request.media and Own(request.media),
        "seasons": request.seasons,
        "quality": request.quality,
        "asked_by": request.user_name,
        "text": request.text,
        "state": Own(request.state),
        "reason": request.reason,
        "next_at": request.next_at,
        "created_at": request.created_at,
        "ended_at": request.ended_at,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "service": change.service_name,
        "resource": change.resource,
        "fields": [
            {"field": item["field"], **{name: as_text(item.get(name)) for name in ("before", "after", "found")}}
            for item in change.fields
        ],
        "state": Own(change.state),
        "actor": change.actor,
        "error": change.error,
        "created_at": change.created_at,
        "finished_at": change.finished_at,
    }


TOOLS = (
    Tool(
        name="get_item",
        title="One thing in detail",
        description="All that is known of one request, failure (failed download), finding, change or audit, by its id "
        "from a list: its state, why it is so, and for requests and failures the timeline, paged by limit and offset. "
        "Requesters see their own requests.",
        arguments=GetItem,
        role="requester",
        run=_get_item,
    ),
)
