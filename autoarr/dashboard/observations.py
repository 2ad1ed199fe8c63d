"""What was last seen of the services: written by whichever replica asked, read by all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import and_, or_, select, update

from autoarr import activity
from autoarr.actors import SYSTEM
from autoarr.dashboard.blocks import IDENTITY
from autoarr.models import Observation, Service
from autoarr.notifications.outbox import notify
from autoarr.services.testing import discovered
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.database import Database
    from autoarr.notifications.kinds import Event

FRESH_INTERVALS = 3
"""What was seen longer ago than that many polls is stale."""

State = Literal["fresh", "stale", "unknown"]


class Failure(BaseModel):
    """Why the newest attempt brought nothing."""

    cause: Cause
    detail: str


class Block(BaseModel):
    """One part of what is seen of a service.

    Unknown is never zero: without an answer there is no data.
    """

    state: State = Field(
        description="fresh: the newest attempt brought it, less than three polls ago. stale: it is from before that. "
        "unknown: there never was an answer."
    )
    observed_at: AwareDatetime | None = None
    age_s: float | None = None
    failure: Failure | None = Field(default=None, description="Of the newest attempt, if that failed.")
    data: Any = None


def describe(observation: Observation | None, now: datetime, interval_s: float) -> Block:
    """Say how much a kept observation is worth now, where one is made every `interval_s`."""
    if observation is None:
        return Block(state="unknown")
    failure = Failure.model_validate(observation.failure) if observation.failure else None
    if observation.observed_at is None:
        return Block(state="unknown", failure=failure)
    # Clocks of replicas differ a little.
    age = max(0.0, (now - observation.observed_at).total_seconds())
    return Block(
        state="fresh" if age < FRESH_INTERVALS * interval_s and failure is None else "stale",
        observed_at=observation.observed_at,
        age_s=round(age, 1),
        failure=failure,
        data=observation.data,
    )


async def keep(database: Database, service: Service, results: Mapping[str, Any], now: datetime | None = None) -> bool:
    """Keep what a service answered, block by block, and where it failed, why.

    A failure leaves what was seen before. What is kept already from a later moment wins, also a failure: replicas, and
    polls of one, may overtake each other.

    Args:
        results: of each block its data, JSON-able, or the `UpstreamError`.
        now: the moment at which it was asked.

    Returns:
        False where the service was removed, or changed, while it was asked: nothing is known of the new one.
    """
    now = now or datetime.now(UTC)
    good = {block: result for block, result in results.items() if not isinstance(result, UpstreamError)}
    bad = {block: result for block, result in results.items() if isinstance(result, UpstreamError)}
    async with database.writing.begin() as session:
        # Locked, so that two replicas' answers are kept one after the other.
        query = select(Service.updated_at).where(Service.id == service.id).with_for_update(key_share=True)
        if not results or await session.scalar(query) != service.updated_at:
            return False
        await _note_transition(session, service, results.get(IDENTITY), now)
        seen = database.insert(Observation)
        moments = (Observation.observed_at, Observation.failed_at)
        older = and_(*(or_(moment.is_(None), moment <= now) for moment in moments))
        key = ["service_id", "block"]
        if good:
            values = {"observed_at": now, "failed_at": None, "failure": None}
            await session.execute(
                seen.on_conflict_do_update(
                    index_elements=key, set_={"data": seen.excluded.data, **values}, where=older
                ),
                [{"service_id": service.id, "block": block, "data": data, **values} for block, data in good.items()],
            )
        if bad:
            await session.execute(
                seen.on_conflict_do_update(
                    index_elements=key, set_={"failed_at": now, "failure": seen.excluded.failure}, where=older
                ),
                [
                    {
                        "service_id": service.id,
                        "block": block,
                        "failed_at": now,
                        "failure": {"cause": str(error.cause), "detail": error.detail},
                    }
                    for block, error in bad.items()
                ],
            )
        if identity := good.get(IDENTITY):
            values = discovered(identity["version"], identity["capabilities"], now)
            await session.execute(update(Service).where(Service.id == service.id).values(values))
    return True


async def _note_transition(session: AsyncSession, service: Service, result: Any, now: datetime) -> None:
    """Log and tell that a service is away, or there again: once each, not with every poll."""
    if result is None:
        return
    known = await session.get(Observation, (service.id, IDENTITY))
    if known is not None and any(moment and moment > now for moment in (known.observed_at, known.failed_at)):
        return  # it was overtaken
    was_away = known is not None and known.failed_at is not None
    event: Event
    if isinstance(result, UpstreamError) and not was_away:
        event, title = "service.unreachable", f"{service.name} is away"
        message = f"{service.name} doesn't answer as it should: {result.detail}"
        activity.record(
            session,
            SYSTEM,
            event,
            message,
            outcome="failed",
            subject=service.name,
            cause=str(result.cause),
        )
    elif was_away and not isinstance(result, UpstreamError):
        event, title, message = "service.reachable", f"{service.name} is back", f"{service.name} answers again."
        activity.record(session, SYSTEM, event, message, subject=service.name)
    else:
        return
    event_id = f"{event}:{service.id}:{now.isoformat()}"
    data = {"service_id": str(service.id), "service": service.name, "kind": service.kind}
    await notify(session, event, event_id, title, message, data)
