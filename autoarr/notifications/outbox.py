"""What is to be told: stored in the transaction of what happened, so that neither is there without the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.actors import SYSTEM
from autoarr.database import insert_in
from autoarr.jobs import store
from autoarr.models import Notification, NotificationTarget

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.notifications.kinds import Event

KIND = "notifications"
"""The kind of the jobs that deliver: a target's has its id as key, so that one process at a time sends to it."""
LONGEST_TITLE = 200
LONGEST_MESSAGE = 2000


async def notify(
    session: AsyncSession,
    event: Event,
    event_id: str,
    title: str,
    message: str,
    data: Mapping[str, Any] | None = None,
    *,
    now: datetime | None = None,
) -> None:
    """Have an event told to every target that wants it.

    Args:
        session: of `Database.writing`, in the transaction of what happened.
        event_id: of the one event; up to 128 characters. It is told once, however often this is called.
        title: one line for a person; what it holds of other services is shown as text and no more.
        message: a sentence or some; no secrets.
        data: JSON-able, for programs, which get it by webhook; no secrets.
    """
    now = now or datetime.now(UTC)
    # Locked against being removed meanwhile, which would end the caller's transaction.
    query = select(NotificationTarget).where(NotificationTarget.enabled).order_by(NotificationTarget.id)
    targets = await session.scalars(query.with_for_update(read=True, key_share=True))
    wanting = [target.id for target in targets if not target.events or event in target.events]
    if not wanting:
        return
    body = make_body(event_id, title, message, data, now)
    insert = insert_in(session, Notification).on_conflict_do_nothing()
    common = {"event_id": event_id, "event": event, "body": body, "state": "queued", "attempts": 0}
    moments = {"next_at": now, "created_at": now}
    await session.execute(insert, [{"target_id": target, **common, **moments} for target in wanting])
    for target in wanting:
        await store.add(session, KIND, **delivery_job(target), now=now)


def make_body(event_id: str, title: str, message: str, data: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """What is kept of an event: whole lines of bounded length, without control characters."""
    return {
        "id": event_id,
        "at": now.isoformat(),
        "title": _cut(" ".join(_visible(title).split()), LONGEST_TITLE),
        "message": _cut(_visible(message).strip(), LONGEST_MESSAGE),
        "data": dict(data or {}),
    }


def delivery_job(target_id: uuid.UUID) -> dict[str, Any]:
    """Of the job that sends what a target is still to be told: its key, payload and actor."""
    return {"key": str(target_id), "payload": {"target_id": str(target_id)}, "actor": SYSTEM}


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
