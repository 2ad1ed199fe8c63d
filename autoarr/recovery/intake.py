"""From what was seen to what is recovered: one recovery for each download, however often and by whomever it is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from autoarr.models import Recovery, Service
from autoarr.recovery.seen import dump
from autoarr.recovery.timeline import UNFINISHED, add_step, enter, tell

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.recovery.seen import Seen

LONGEST_TITLE = 500


async def take(session: AsyncSession, seen: Seen, now: datetime) -> Recovery | None:
    """Make or update the recovery of a download, in the caller's transaction of `Database.writing`.

    Returns:
        It; None where there is nothing to be made of it now: it goes on, its service was removed, or the recovery that
        it follows is being acted on, after which it is seen again.
    """
    seen = _plain(seen)
    # One at a time for each service: two replicas that see the same make one recovery.
    if await session.get(Service, seen.keeper.id, with_for_update=True) is None:
        return None
    known = await _find_known(session, seen)
    if known is not None and known.state in UNFINISHED:
        return _update(session, known, seen, now)
    if known is not None and known.failure == seen.failure and seen.occurred_at <= (known.ended_at or now):
        return known
    if seen.goes_on:
        return None
    related = await _find_related(session, seen)
    if any(other.state == "acting" for other in related):
        return None
    return await _make(session, seen, related, now)


def _plain(seen: Seen) -> Seen:
    # PostgreSQL takes no NUL.
    title = seen.title.replace("\0", "")[:LONGEST_TITLE]
    return replace(seen, title=title, message=seen.message.replace("\0", ""), reason=seen.reason.replace("\0", ""))


async def _find_known(session: AsyncSession, seen: Seen) -> Recovery | None:
    """The newest recovery of the same download, whose id stays the same when another service comes to own it."""
    same = Recovery.identity == seen.identity
    if seen.client is not None:
        at_client = (Recovery.download_id == seen.download_id) & (Recovery.client_id == seen.client.id)
        owner = seen.owner.id if seen.owner else None
        # Nobody's at first, it may turn out to be somebody's; and a retry gives it an id that its owner never heard.
        theirs = or_(Recovery.owner_kind == "sabnzbd", Recovery.owner_id == owner)
        same = or_(same, at_client if owner is None else at_client & theirs)
    return await session.scalar(select(Recovery).where(same).order_by(Recovery.created_at.desc()).limit(1))


async def _find_related(session: AsyncSession, seen: Seen) -> list[Recovery]:
    """Unfinished recoveries of other downloads for the same episodes or movie, the newest failure first."""
    if seen.owner is None or not seen.media.items:
        return []
    theirs = (Recovery.owner_id == seen.owner.id, Recovery.state.in_(UNFINISHED))
    found = await session.scalars(select(Recovery).where(*theirs).order_by(Recovery.failed_at.desc()))
    return [recovery for recovery in found if wanted(recovery.media) & set(seen.media.items)]


def wanted(media: dict[str, Any]) -> set[tuple[str, int]]:
    """What is missing, as things that can be compared."""
    episodes = {("episode", number) for number in media.get("episode_ids") or ()}
    return episodes | ({("movie", media["movie_id"])} if media.get("movie_id") is not None else set())


def columns(seen: Seen, episodes: set[tuple[str, int]]) -> dict[str, Any]:
    """What a recovery keeps of what was seen, for as much of it as is to be recovered."""
    keeper = seen.keeper
    return {
        "owner_id": keeper.id,
        "owner_kind": keeper.kind,
        "owner_name": keeper.name,
        "client_id": seen.client.id if seen.client else None,
        "download_id": seen.download_id,
        "title": seen.title,
        "failure": seen.failure,
        "message": seen.message,
        "media": _media(seen, episodes),
        "seen": dump(seen),
    }


def _media(seen: Seen, episodes: set[tuple[str, int]]) -> dict[str, Any]:
    media = seen.media
    return {
        "series_id": media.series_id,
        "season": media.season,
        "episode_ids": sorted(number for kind, number in episodes if kind == "episode"),
        "movie_id": media.movie_id,
        "pack_failures": int(len(media.episode_ids) > 1),
    }


async def _make(session: AsyncSession, seen: Seen, related: list[Recovery], now: datetime) -> Recovery:
    own = set(seen.media.items)
    newer = [other for other in related if other.failed_at > seen.occurred_at]
    rest = own.difference(*(wanted(other.media) for other in newer))
    recovery = Recovery(
        **columns(seen, rest),
        identity=seen.identity,
        state="waiting",
        reason=seen.reason,
        attempts=0,
        next_at=now,
        failed_at=min(seen.occurred_at, now),
        created_at=now,
        updated_at=now,
    )
    session.add(recovery)
    await session.flush()
    add_step(session, recovery, "seen", f"{seen.title}: {seen.message or 'no message'}", now)
    add_step(session, recovery, "classified", seen.reason, now, {"failure": seen.failure, "stage": seen.stage})
    if seen.failure == "local":
        title = "A download failed for a reason of this machine"
        await tell(session, recovery, "recovery.local_fault", title, now)
    if own and not rest:
        reason = "A later download of the same failed as well, and is recovered in its place."
        add_step(session, recovery, "replaced", reason, now)
        await enter(session, recovery, "dismissed", reason, now)
        return recovery
    for other in related:
        if other not in newer:
            await _go_on_from(session, recovery, other, now)
    return recovery


async def _go_on_from(session: AsyncSession, recovery: Recovery, earlier: Recovery, now: datetime) -> None:
    """What was downloaded in place of a failed one failed, too: its searches and its back-off count here as well."""
    recovery.attempts = max(recovery.attempts, earlier.attempts)
    own, before = dict(recovery.media), dict(earlier.media)
    if len(own["episode_ids"]) > 1:
        own["pack_failures"] = max(own["pack_failures"], before.get("pack_failures", 0) + 1)
        recovery.media = own
    add_step(session, recovery, "goes_on", f"It was found in place of {earlier.title}, which failed before.", now)
    left = wanted(before) - wanted(own)
    if left:
        before["episode_ids"] = sorted(number for kind, number in left if kind == "episode")
        earlier.media = before
        reason = f"{recovery.title}, found in place of a part of it, failed as well: that part is recovered by itself."
        add_step(session, earlier, "reduced", reason, now)
        return
    reason = f"{recovery.title}, found in its place, failed as well, and is recovered from now on."
    add_step(session, earlier, "replaced", reason, now, {"recovery_id": str(recovery.id)})
    await enter(session, earlier, "dismissed", reason, now)


def _update(session: AsyncSession, recovery: Recovery, seen: Seen, now: datetime) -> Recovery:
    evidence = dump(seen)
    if evidence == recovery.seen:
        return recovery
    again = seen.occurred_at > recovery.failed_at and seen.stage == "failed" and recovery.seen.get("stage") == "failed"
    said = (recovery.failure, recovery.message) != (seen.failure, seen.message)
    recovery.seen = evidence
    if recovery.client_id is None and seen.client is not None:
        recovery.client_id = seen.client.id
    if recovery.owner_kind == "sabnzbd" and (owner := seen.owner) is not None:
        recovery.owner_id, recovery.owner_kind, recovery.owner_name = owner.id, owner.kind, owner.name
    if seen.media.items and not wanted(recovery.media):
        recovery.media = _media(seen, set(seen.media.items))
    if recovery.state == "acting":
        return recovery  # what is being done is found out first; it is looked at again afterwards
    recovery.next_at = now
    recovery.updated_at = now
    if said or again:
        recovery.failure, recovery.message = seen.failure, seen.message
        recovery.failed_at = min(max(seen.occurred_at, recovery.failed_at), now)
        recovery.approved_by = None
        message = f"It failed again: {seen.message}" if again else f"It says something else now: {seen.message}"
        add_step(session, recovery, "seen", message, now)
        add_step(session, recovery, "classified", seen.reason, now, {"failure": seen.failure, "stage": seen.stage})
    return recovery
