"""How confirmed writes are made, and how it is found out later what became of one whose process died.

Only `autoarr.tools.confirming` imports this; an import contract keeps it so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from autoarr.changes import executor
from autoarr.models import Change, MediaRequest, Recovery, RecoveryStep
from autoarr.recovery import service as recovery
from autoarr.requests import service as requests
from autoarr.tools import failures
from autoarr.tools.fencing import Own, fence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from autoarr.context import Context
    from autoarr.models import Confirmation
    from autoarr.tools.model import Call, Preview


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a write.

    Attributes:
        state: ``running`` while it is not known yet.
        result: as a tool's result; fenced.
        error: why it failed.
    """

    state: Literal["running", "done", "failed"]
    result: dict[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Write:
    """A tool's write.

    Attributes:
        make: writes. Expected failures are raised; nothing was written then.
        look: finds what `make` did, or None where there is no trace of it.
    """

    make: Callable[[Call, Confirmation, Any, Preview], Awaitable[Outcome]]
    look: Callable[[Context, Confirmation, Any], Awaitable[Outcome | None]]


def _of_change(change: Change) -> Outcome:
    result = fence({"change_id": change.id, "state": Own(change.state), "error": change.error})
    if change.state in ("applied", "partly_applied"):
        return Outcome(state="done", result=result)
    if change.state == "failed" or change.finished_at is not None:
        return Outcome(state="failed", result=result, error=change.error)
    return Outcome(state="running", result=result)


async def _apply_fix(call: Call, row: Confirmation, arguments: Any, preview: Preview) -> Outcome:
    plan = preview.basis["plan"]
    return _of_change(await executor.apply(call.context, call.principal.actor, arguments.finding_id, plan))


async def _look_at_fix(context: Context, row: Confirmation, arguments: Any) -> Outcome | None:
    made = select(Change).where(Change.finding_id == arguments.finding_id, Change.created_at >= row.decided_at)
    async with context.database.sessions() as session:
        change = await session.scalar(made.order_by(Change.created_at).limit(1))
    return None if change is None else _of_change(change)


async def _recover(call: Call, row: Confirmation, arguments: Any, preview: Preview) -> Outcome:
    decide = recovery.approve if arguments.decision == "approve" else recovery.cancel
    decided = await decide(call.context, call.principal.actor, arguments.recovery_id, datetime.now(UTC))
    return Outcome(state="done", result=fence(failures.show(decided)))


async def _look_at_recovery(context: Context, row: Confirmation, arguments: Any) -> Outcome | None:
    step = "approved" if arguments.decision == "approve" else "cancelled"
    made = select(RecoveryStep).where(
        RecoveryStep.recovery_id == arguments.recovery_id, RecoveryStep.step == step, RecoveryStep.at >= row.decided_at
    )
    async with context.database.sessions() as session:
        if await session.scalar(made.limit(1)) is None:
            return None
        found = await session.get_one(Recovery, arguments.recovery_id)
    return Outcome(state="done", result=fence(failures.show(found)))


async def _request_media(call: Call, row: Confirmation, arguments: Any, preview: Preview) -> Outcome:
    text = arguments.text or arguments.title
    return _of_request(await requests.create(call.context, call.principal, text=text, wish=arguments.wish))


async def _look_at_request(context: Context, row: Confirmation, arguments: Any) -> Outcome | None:
    wish = arguments.wish.model_dump(mode="json", exclude_none=True)
    made = select(MediaRequest).where(MediaRequest.user_id == row.user_id, MediaRequest.created_at >= row.decided_at)
    async with context.database.sessions() as session:
        rows = list(await session.scalars(made.order_by(MediaRequest.created_at)))
    found = next((request for request in rows if request.wish == wish), None)
    return None if found is None else _of_request(found)


def _of_request(request: MediaRequest) -> Outcome:
    shown = {"request_id": request.id, "title": request.title, "state": Own(request.state), "reason": request.reason}
    return Outcome(state="done", result=fence(shown))


WRITES: dict[str, Write] = {
    "apply_fix": Write(make=_apply_fix, look=_look_at_fix),
    "recover": Write(make=_recover, look=_look_at_recovery),
    "request_media": Write(make=_request_media, look=_look_at_request),
}
"""By the tool's name."""
