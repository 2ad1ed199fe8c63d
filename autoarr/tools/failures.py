"""Failed downloads and what is done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from sqlalchemy import func, select

from autoarr.recovery.service import select_recoveries
from autoarr.tools.fencing import Own
from autoarr.tools.model import Call, Paged, Tool
from autoarr.tools.trimming import page

if TYPE_CHECKING:
    from autoarr.models import Recovery


class ListFailures(Paged):
    """Which failures."""

    state: Literal["open", "asking", "ended", "all"] = Field(
        default="open", description="open: not ended yet; asking: a person has to decide; ended; or all."
    )


async def _list_failures(call: Call, arguments: ListFailures) -> dict[str, Any]:
    unfinished = {"open": True, "ended": False}.get(arguments.state)
    state = "asking" if arguments.state == "asking" else None
    query = select_recoveries(unfinished=unfinished, state=state)
    async with call.context.database.sessions() as session:
        total = await session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
        rows = await session.scalars(query.limit(arguments.limit).offset(arguments.offset))
        return page([show(row) for row in rows], total, arguments.offset)


def show(recovery: Recovery) -> dict[str, Any]:
    """A failure, as tools give it."""
    return {
        "id": recovery.id,
        "title": recovery.title,
        "service": recovery.owner_name,
        "kind": Own(recovery.owner_kind),
        "failure": Own(recovery.failure),
        "message": recovery.message,
        "state": Own(recovery.state),
        "action": recovery.action,
        "reason": recovery.reason,
        "attempts": recovery.attempts,
        "next_at": recovery.next_at,
        "failed_at": recovery.failed_at,
        "ended_at": recovery.ended_at,
    }


TOOLS = (
    Tool(
        name="list_failures",
        title="Failed downloads",
        description="Failed and stuck downloads, the newest first: the cause's class (missing, bad_release, local, "
        "import_blocked, ...), the service's own message, what AutoArr does or proposes, why, and when it goes on. "
        "Those in the state asking wait for a person: recover proposes their action. Paged by limit and offset.",
        arguments=ListFailures,
        run=_list_failures,
    ),
)
