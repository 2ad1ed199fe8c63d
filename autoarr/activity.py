"""The activity log: every write, login, job and failure, with who and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from autoarr import logs
from autoarr.models import Activity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor

Outcome = Literal["succeeded", "failed", "refused"]


def record(
    session: AsyncSession,
    actor: Actor,
    action: str,
    message: str,
    *,
    outcome: Outcome = "succeeded",
    subject: str | None = None,
    cause: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to a transaction, so that it is there exactly when what it tells of is.

    Args:
        action: a noun and what happened to it, such as ``service.created``, ``login.failed``.
        message: one sentence for a person; no secrets.
        subject: what it happened to: a name or an id.
        cause: why: of a failure its reason, of a job what asked for it.
        data: more for programs; no secrets.
    """
    session.add(
        Activity(
            at=datetime.now(UTC),
            actor=actor.name,
            actor_id=actor.id,
            via=actor.via,
            action=action,
            outcome=outcome,
            subject=subject,
            message=message,
            cause=cause,
            data=dict(data) if data else None,
            request_id=logs.request_id.get(),
        )
    )
