"""What AutoArr would have done by itself under a policy, had it had it for the last weeks. Nothing is written."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from autoarr.models import Recovery
from autoarr.recovery.decide import SOON, WRITES, decide
from autoarr.recovery.facts import Facts
from autoarr.recovery.hindsight import DryAction, DryRun
from autoarr.recovery.intake import columns
from autoarr.recovery.watch import ask_all, list_parties
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoarr.context import Context
    from autoarr.policy import Policy
    from autoarr.recovery.seen import Party, Seen

DAYS = 30
MOST = 500
"""Downloads that are shown, the newest; all are counted."""
LOOKS = 500
"""Looks at one download, which is more than it takes to wait for whatever is waited for."""
HOUR = timedelta(hours=1)

ALWAYS_UNKNOWN = (
    "What a search would have found: only the first search for each download is counted.",
    "How much room there was on SABnzbd's disk, whether it was paused, and whether indexers worked: it is assumed that "
    "nothing was in the way.",
    "What was blocked or stuck and has been dealt with since, or was deleted from a history.",
    "Sonarr's and Radarr's settings then: those of today are taken.",
)


@dataclass
class _Course:
    """What became of one download."""

    seen: Seen
    at: datetime
    action: str = "wait"
    reason: str = ""
    proposed: str | None = None
    searches: list[datetime] = field(default_factory=list)


async def dry_run(context: Context, policy: Policy, now: datetime) -> DryRun:
    """Ask the services what failed, and decide on each as it would have been decided at the time."""
    since = now - timedelta(days=DAYS)
    async with context.database.sessions() as session:
        parties = await list_parties(session)
    joining, away = await ask_all(context, dict.fromkeys(parties, since), (), now)
    answered = set(parties) - {one.party for one in away}
    redownloads, unsure = await _ask_settings(context, [party for party in parties if party in answered])
    found = sorted((seen for seen in joining.look() if seen.occurred_at >= since), key=lambda seen: seen.occurred_at)
    courses = [_follow(seen, policy, redownloads.get(seen.keeper.id, True), now) for seen in reversed(found)]
    unknown = [
        f"What {name} does after a failure could not be read: it is assumed that it searches." for name in unsure
    ]
    if not joining.complete:
        unknown.append("There is more than was read of a queue or a history.")
    if joining.unasked:
        unknown.append(f"Who grabbed {len(joining.unasked)} of the downloads that failed: they are not counted.")
    return DryRun(
        since=since,
        until=now,
        policy=policy,
        total=len(courses),
        downloads=[_show(course) for course in courses[:MOST]],
        actions=dict(Counter(course.action for course in courses).most_common()),
        searches_peak=_find_peaks(courses),
        away={one.party.name: one.reason for one in away},
        unknown=[*unknown, *ALWAYS_UNKNOWN],
    )


async def _ask_settings(context: Context, parties: Iterable[Party]) -> tuple[dict[uuid.UUID, bool], list[str]]:
    """Whether each Sonarr and Radarr searches again after a failure, and the names of those that don't tell."""
    found: dict[uuid.UUID, bool] = {}
    unsure = []
    for party in parties:
        try:
            client = await context.upstreams.client(party.id)
            if isinstance(client, ArrClient):
                config = await client.get("config/downloadclient")
                found[party.id] = not isinstance(config, dict) or config.get("autoRedownloadFailed") is not False
        except UpstreamError:
            unsure.append(party.name)
    return found, unsure


def _follow(seen: Seen, policy: Policy, redownloads: bool, now: datetime) -> _Course:
    """Go from look to look, as the engine does, until something would have been done or it came to an end."""
    recovery = _make_recovery(seen)
    course = _Course(seen=seen, at=seen.occurred_at)
    facts = _assume(seen, redownloads)
    at = seen.occurred_at
    for _ in range(LOOKS):
        decision = decide(recovery, _as_of(facts, seen, at), policy, at)
        if course.action not in WRITES:
            course.at, course.action, course.reason = at, decision.action, decision.reason
            course.proposed = decision.proposed
        if decision.action == "search":
            course.searches.append(at)
        if decision.action == "blocklist":
            # It does so without a search, which then is AutoArr's own.
            facts = replace(facts, done=facts.done | {"blocklist"}, native_off=True)
        elif decision.action not in ("wait", "verify"):
            break
        at = decision.next_at if decision.next_at and decision.next_at > at else at + SOON
        if at > now:
            break
    return course


def _make_recovery(seen: Seen) -> Recovery:
    """As it would have been kept; never stored."""
    return Recovery(
        **columns(seen, set(seen.media.items)),
        id=uuid.uuid5(seen.keeper.id, seen.download_id),
        attempts=0,
        failed_at=seen.occurred_at,
    )


def _assume(seen: Seen, redownloads: bool) -> Facts:
    """What is taken for known at the time of the failure."""
    failed = seen.stage in ("failed", "not_grabbed")
    return Facts(
        redownloads=redownloads,
        rows=() if seen.stage == "failed" else seen.queue_ids,
        grab=0 if seen.owner else None,
        entry="failed" if failed and seen.client else "queued" if seen.stage == "stuck" else None,
        room=True,
        paused_by="itself" if seen.stage == "stuck" and seen.failure == "local" else None,
    )


def _as_of(facts: Facts, seen: Seen, at: datetime) -> Facts:
    """Add what had happened by a moment."""
    native = seen.native
    imported = native.imported_at is not None and native.imported_at <= at
    grabbed = native.grabbed_at is not None and native.grabbed_at <= at
    return replace(
        facts,
        noted_at=native.failed_at if native.failed_at and native.failed_at <= at else None,
        imported=imported,
        coming="a release" if grabbed and not imported else None,
        missing=frozenset() if imported or grabbed else frozenset(seen.media.items),
    )


def _find_peaks(courses: Iterable[_Course]) -> dict[str, int]:
    searches: dict[str, list[datetime]] = defaultdict(list)
    for course in courses:
        searches[course.seen.keeper.name] += course.searches
    return {
        name: max(sum(0 <= (other - one) / HOUR < 1 for other in moments) for one in moments)
        for name, moments in searches.items()
        if moments
    }


def _show(course: _Course) -> DryAction:
    seen = course.seen
    return DryAction(
        at=course.at,
        action=course.action,
        proposed=course.proposed,
        reason=course.reason,
        download_id=seen.download_id,
        title=seen.title,
        service=seen.keeper.name,
        failure=seen.failure,
        message=seen.message,
        failed_at=seen.occurred_at,
    )
