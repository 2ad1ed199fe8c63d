"""What is done next about a failed download, and why: from what is known, the policy and the moment only."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoarr.models import Recovery
    from autoarr.policy import Policy
    from autoarr.recovery.facts import Facts

DELAYS = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
)
"""After each search that brought nothing, about."""
SEARCHES = len(DELAYS) + 1
"""How often it is searched for at most."""
PACK_TRIES = 2
"""A pack that failed that often, or was searched for in vain, is searched for episode by episode."""
TRIES = 3
"""How often a write is tried that is not made."""
SETTLE = timedelta(minutes=3)
"""What a service that answers again has to catch up with what it missed, its own handling of failures included."""
OBSERVED = timedelta(days=7)
"""How long a failure is watched in observe mode."""
SOON = timedelta(minutes=2)
LATER = timedelta(minutes=10)

WRITES = frozenset({"search", "blocklist", "remove", "clean", "pause", "resume", "retry"})
ALWAYS_ASKED = frozenset({"aborted", "duplicate", "unclassified", "import_blocked"})
"""Classes of which nobody but a person knows what is right."""
_WORDS = {
    "search": "search for it",
    "blocklist": "blocklist the release, and search for another",
    "remove": "remove it from the queue, with its files",
    "clean": "remove the entry from SABnzbd's history",
    "pause": "pause SABnzbd until there is room again",
    "resume": "have SABnzbd go on",
    "retry": "have SABnzbd try it again",
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is next.

    Attributes:
        action: one of `WRITES`; `split` into episodes; `wait`, `ask` or `verify`; or how it ends: `recovered`,
            `dismissed` or `given_up`.
        step: what it is called in the timeline.
        reason: one sentence for a person.
        next_at: when it is looked at again; None where it ends, or is done at once.
        proposed: of `ask`, what would be done.
    """

    action: str
    step: str
    reason: str
    next_at: datetime | None = None
    proposed: str | None = None


def decide(recovery: Recovery, facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Tell what is next, as the policy allows it."""
    decision = plan(recovery, facts, policy, now)
    if decision.action not in WRITES:
        return decision
    return _gate(recovery, decision, facts, policy, now)


def plan(recovery: Recovery, facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Tell what its cause demands, were everything allowed."""
    if facts.removed is not None:
        return _end("dismissed", f"{facts.removed} was removed from AutoArr.")
    if facts.unreachable is not None:
        return _wait("unreachable", f"{facts.unreachable} Nothing is done on what is not known.", now + SOON)
    if facts.last_step == "unreachable":
        reason = "All services answer again; they first get time to handle by themselves what they missed."
        return _wait("settling", reason, now + SETTLE)
    if recovery.failure == "local":
        return _plan_local(recovery, facts, policy, now)
    if facts.paused_by == "us" and facts.room:
        return _act("resume", "There is room on the disk again.")
    if (settled := _settled(recovery, facts, now)) is not None:
        return settled
    if recovery.failure == "not_an_upgrade":
        return _plan_removal(recovery, facts, "what is in the library is as good or better")
    if recovery.failure == "import_blocked" and not (facts.missing and "remove" in facts.done):
        return _plan_removal(recovery, facts, "it can't be imported by itself, though a person may do so by hand")
    if recovery.owner_kind == "sabnzbd" or recovery.failure == "not_grabbed":
        return _plan_cleaning(recovery, facts, policy, now)
    if recovery.failure == "aborted" and facts.entry == "failed":
        return _act("retry", f"It was aborted ({recovery.message}), and SABnzbd still has it.")
    return _plan_search(recovery, facts, policy, now)


def _plan_local(recovery: Recovery, facts: Facts, policy: Policy, now: datetime) -> Decision:
    """A fault on our side: the release is good, and never blocklisted."""
    if recovery.seen.get("stage") == "import_blocked":
        reason = f"{recovery.owner_name} can't import it for a reason of this machine, and does so when that is over."
        return _settled(recovery, facts, now) or _wait("no_room", reason, now + SOON)
    if not facts.room:
        return _wait_for_room(facts, now)
    if facts.paused_by in ("us", "itself"):
        return _act("resume", "There is room on the disk again.")
    if (settled := _settled(recovery, facts, now)) is not None:
        return settled
    if facts.paused_by == "person":
        return _wait(
            "paused", "SABnzbd is paused, not by AutoArr: it is tried again when somebody resumes it.", now + SOON
        )
    if recovery.seen.get("stage") == "stuck" and facts.entry == "queued":
        return _verify("It waits in SABnzbd's queue, and there is room for it.", now)
    if facts.entry != "failed":
        return _plan_cleaning(recovery, facts, policy, now)
    if recovery.attempts >= SEARCHES:
        return _end(
            "given_up", f"It failed {recovery.attempts + 1} times for a reason of this machine: {recovery.message}"
        )
    # The first time at once, as there is room.
    if recovery.attempts and now < (due := _due(recovery, facts)):
        return _wait("back_off", f"It failed for a reason of this machine again; the next try is at {_show(due)}.", due)
    return _act("retry", "It failed for a reason of this machine, not of the release, and there is room on the disk.")


def _wait_for_room(facts: Facts, now: datetime) -> Decision:
    if facts.room is None:
        return _wait(
            "no_room", "SABnzbd doesn't say how much room there is; nothing is done on what is not known.", now + SOON
        )
    if facts.paused_by is None and not facts.paused_before:
        return _act("pause", "There is no room on the disk: all that follows would fail as well.")
    paused = "SABnzbd is paused" if facts.paused_by else "Somebody had SABnzbd go on"
    return _wait(
        "no_room", f"{paused}, and there is no room on the disk yet; it is tried again when there is.", now + SOON
    )


def _settled(recovery: Recovery, facts: Facts, now: datetime) -> Decision | None:
    """What needs nothing more."""
    if facts.imported:
        return _end("recovered", f"{recovery.owner_name} imported what was missing.")
    stage = recovery.seen.get("stage")
    if stage == "failed" and facts.entry == "queued":
        return _verify("SABnzbd downloads it again.", now)
    if stage == "failed" and facts.entry == "done":
        return _end("recovered", "SABnzbd completed it.")
    if stage == "stuck" and recovery.seen.get("goes_on"):
        return _end("recovered", "It goes on: what held it up is over.")
    if facts.untroubled:
        return _verify(f"{recovery.owner_name} has no complaint of it any more, and is to import it.", now)
    if facts.coming is not None and not facts.missing:
        found = "AutoArr's search" if facts.searched_at else f"{recovery.owner_name} itself"
        return _verify(f"{found} found another release, which is being downloaded: {facts.coming}", now)
    if facts.coming is not None:
        return _verify(f"A part of it is being downloaded again: {facts.coming}", now)
    return None


def _plan_removal(recovery: Recovery, facts: Facts, why: str) -> Decision:
    if facts.rows:
        return _act("remove", f"{recovery.message or recovery.title}: {why}.")
    if "remove" in facts.done:
        return _end("recovered", f"It was removed from the queue of {recovery.owner_name}: {why}.")
    return _end("dismissed", f"It is no longer in the queue of {recovery.owner_name}: somebody dealt with it.")


def _plan_cleaning(recovery: Recovery, facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Of what nobody grabbed, only an entry is left; what it was may still be wanted."""
    if recovery.failure != "local":
        if facts.rows:
            return _act("remove", f"{recovery.owner_name} did not grab it, and does not import it.")
        if facts.entry == "failed":
            return _act("clean", "Neither Sonarr nor Radarr grabbed it: its entry is all that is left of it.")
    if facts.missing and recovery.owner_kind != "sabnzbd":
        return _plan_search(recovery, facts, policy, now)
    if facts.done & {"clean", "remove"}:
        return _end("recovered", "Its entry was removed; nothing that is known is missing for it.")
    return _end("dismissed", "Its entry is gone, and nothing that is known is missing for it.")


def _plan_search(recovery: Recovery, facts: Facts, policy: Policy, now: datetime) -> Decision:
    owner = recovery.owner_name
    grace = timedelta(minutes=policy.native_grace_min)
    native_at = max(facts.noted_at or recovery.failed_at, recovery.failed_at) + grace
    if facts.noted_at is None and now < native_at and not facts.done & {"blocklist", "remove"}:
        reason = f"{owner} gets until {_show(native_at)} to notice the failure and to handle it itself."
        return _wait("native_wait", reason, min(native_at, now + SOON))
    if facts.noted_at is not None and facts.redownloads and not facts.native_off and now < native_at:
        reason = (
            f"{owner} noted the failure and searches itself; it has until {_show(native_at)} to find another release."
        )
        return _wait("native_wait", reason, min(native_at, now + SOON))
    blocklistable = facts.noted_at is None and "blocklist" not in facts.done and (facts.rows or facts.grab is not None)
    if recovery.failure == "bad_release" and blocklistable:
        return _act("blocklist", f"The release is bad ({recovery.message}), and {owner} has not blocklisted it.")
    if not facts.missing:
        return _ask_nothing(recovery)
    if recovery.attempts >= SEARCHES:
        return _end("given_up", f"{recovery.attempts} searches brought nothing that works.")
    if recovery.attempts and now < (due := _due(recovery, facts)):
        times = "The search" if recovery.attempts == 1 else f"{recovery.attempts} searches"
        return _wait("back_off", f"{times} brought nothing that works; the next one is at {_show(due)}.", due)
    if len(facts.missing) > 1 and max(recovery.attempts, recovery.media.get("pack_failures", 0)) >= PACK_TRIES:
        reason = "Nothing came of it as a pack, twice: from now on each episode is recovered by itself."
        return Decision(action="split", step="split", reason=reason)
    return _act("search", _why_search(recovery, facts))


def _why_search(recovery: Recovery, facts: Facts) -> str:
    owner = recovery.owner_name
    if recovery.attempts:
        return f"The time since search {recovery.attempts} is over, and nothing was found yet."
    if facts.native_off or facts.noted_at is None:
        return f"{owner} does not search for it by itself."
    if not facts.redownloads:
        return f"{owner} blocklisted it, and is set not to search again by itself."
    return f"{owner}'s own handling found no other release in time."


def _ask_nothing(recovery: Recovery) -> Decision:
    return _end("dismissed", f"It is not known what is missing for it: search for it in {recovery.owner_name}.")


def _gate(recovery: Recovery, wanted: Decision, facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Hold a write against the policy, and against what makes it pointless now."""
    modes = [policy.mode_for(recovery.failure, service) for service in (recovery.owner_id, recovery.client_id)]  # type: ignore[arg-type]
    what = _WORDS[wanted.action]
    if facts.refusals >= TRIES:
        return _end("given_up", f"AutoArr could not {what}, in {TRIES} tries; {facts.failure}")
    if facts.failed_at is not None and now < (again := facts.failed_at + min(facts.failures, TRIES) * LATER):
        return _wait(
            "write_failed", f"AutoArr could not {what}: {facts.failure} It tries again at {_show(again)}.", again
        )
    if "observe" in modes:
        if now > recovery.failed_at + OBSERVED:
            return _end("dismissed", f"It was only observed; AutoArr would {what}.")
        return _wait("observed", f"{wanted.reason} AutoArr only observes; it would {what}.", now + timedelta(hours=1))
    asked = "ask" in modes or recovery.failure in ALWAYS_ASKED
    if asked and recovery.approved_by is None:
        reason = f"{wanted.reason} Shall AutoArr {what}?"
        return Decision(action="ask", step="asking", reason=reason, next_at=now + LATER, proposed=wanted.action)
    if wanted.action not in ("pause", "resume") and facts.paused_by is not None:
        who = "until there is room on its disk" if facts.paused_by == "us" else "not by AutoArr"
        return _wait("paused", f"SABnzbd is paused, {who}: nothing is done until it goes on.", now + SOON)
    if wanted.action not in ("pause", "resume", "retry") and facts.indexers is not None:
        return _wait("indexers", f"The indexers of {recovery.owner_name} don't work: {facts.indexers}", now + LATER)
    if recovery.approved_by is None and (until := quiet_until(policy, now)) is not None:
        return _wait("quiet", f"These are quiet hours; AutoArr will {what} after {_show(until)}.", until)
    return wanted


def quiet_until(policy: Policy, now: datetime) -> datetime | None:
    """When the quiet hours end that a moment lies in; None outside of them."""
    hours, local = policy.quiet_hours, now.astimezone()
    if hours is None or not hours.cover(local.time()):
        return None
    end = local.replace(hour=hours.end.hour, minute=hours.end.minute, second=hours.end.second, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).astimezone(now.tzinfo)


def _due(recovery: Recovery, facts: Facts) -> datetime:
    """When it may be searched for again: not all at one moment, but each always at the same one."""
    delay = DELAYS[min(recovery.attempts, len(DELAYS)) - 1]
    spread = random.Random(f"{recovery.id}{recovery.attempts}").uniform(1.0, 1.2)  # noqa: S311 -- no secret
    return (facts.searched_at or recovery.failed_at) + delay * spread


def _show(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _act(action: str, reason: str) -> Decision:
    return Decision(action=action, step=action, reason=reason)


def _wait(step: str, reason: str, next_at: datetime) -> Decision:
    return Decision(action="wait", step=step, reason=reason, next_at=next_at)


def _verify(reason: str, now: datetime) -> Decision:
    return Decision(action="verify", step="downloading", reason=reason, next_at=now + SOON)


def _end(state: str, reason: str) -> Decision:
    return Decision(action=state, step=state, reason=reason)
