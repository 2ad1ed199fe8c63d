"""The one search for what was asked for, through the ledger that keeps to the budget."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from autoarr.models import Search, Service
from autoarr.requests.adding import SOMEBODY, Lost
from autoarr.requests.ledger import LEASE, Outcome, hold, note
from autoarr.requests.work import is_observing
from autoarr.searches import commands
from autoarr.searches.conditions import find_obstacle
from autoarr.searches.ledger import UNFINISHED, Refusal, reserve, send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoarr.requests.library import Seen
    from autoarr.requests.work import Work
    from autoarr.searches.commands import Wanted
    from autoarr.upstream.models import QueueRecord

ORIGIN = "request"
RECENT = timedelta(hours=6)
"""What anybody searched for within it isn't searched for again; one that may have been lost is, after it."""
AFTER_FAILURE = timedelta(hours=1)
"""How long a search that Sonarr or Radarr broke off is left alone."""
LOOK = timedelta(minutes=1)


async def search(work: Work, service: Service, seen: Seen, rows: Sequence[QueueRecord]) -> Outcome | None:
    """Search for what is wanted and was not searched for; give what is waited for, None where it was.

    Args:
        rows: what is being downloaded already.

    Raises:
        Lost: the request is somebody else's.
    """
    if seen.waits_for:
        return work.stay(seen.waits_for, work.patience)
    if not seen.monitored:
        reason = f"{service.name} doesn't look for it any more: somebody has switched its monitoring off."
        return work.stay(reason, SOMEBODY)
    if not (listed := list_wanted(work, seen, rows)):
        return None
    made = await _read_made(work, service)
    looked = [(wanted, await _look_at(work, service, wanted, made)) for wanted in listed]
    due = [wanted for wanted, outcome in looked if outcome is _DUE]
    if due:
        return await _search(work, service, due)
    return next((outcome for _, outcome in looked if outcome is not None), None)


def list_wanted(work: Work, seen: Seen, rows: Sequence[QueueRecord]) -> list[Wanted]:
    """The searches that a request needs: one for a film, for a whole series, or for each season."""
    if work.media == "movie":
        return [] if rows else [commands.movie(seen.id)]
    queued = {row.season_number for row in rows}
    if work.request.seasons is None and len(seen.title.numbered_seasons) > 1:
        return [commands.series(seen.id)] if seen.missing else []
    return [commands.season(seen.id, number) for number in seen.missing if number not in queued]


_DUE = Outcome(state="", reason="")
"""Stands for: to be searched for now."""


async def _read_made(work: Work, service: Service) -> list[Search]:
    """The request's own searches and anybody's recent ones, the newest first."""
    made = select(Search).where(Search.service_id == service.id).order_by(Search.created_at.desc())
    mine = Search.origin_id == work.request.id
    async with work.context.database.sessions() as session:
        return list(await session.scalars(made.where(mine | (Search.created_at > work.now - RECENT))))


async def _look_at(work: Work, service: Service, wanted: Wanted, made: Sequence[Search]) -> Outcome | None:
    """What is waited for before or while something is searched for; None where it was."""
    searches = [search for search in made if covers(search.subject, wanted.subject)]
    own = [search for search in searches if search.origin_id == work.request.id]
    if own and (outcome := await _look_at_own(work, service, own)) is not _DUE:
        return outcome
    others = [search for search in searches if search.origin_id != work.request.id]
    if any(search.state in UNFINISHED for search in others):
        return work.stay(f"{service.name} is being searched for it already.", LOOK)
    return None if any(search.state in ("finished", "unknown") for search in others) else _DUE


async def _look_at_own(work: Work, service: Service, own: Sequence[Search]) -> Outcome | None:
    newest = own[0]
    if newest.state == "reserved":
        # Whoever reserved it may have died before it was sent.
        newest = await send(work.context, newest.id, work.clock())
    if newest.state in UNFINISHED:
        return work.stay(f"{service.name} is searching for it.", LOOK)
    if newest.state == "finished":
        return None
    age = work.now - (newest.finished_at or newest.created_at)
    if newest.state == "unknown":
        # By then it would show, had it been made.
        return _DUE if age > RECENT else None
    if newest.command_id is not None:
        left, why = AFTER_FAILURE - age, f"{service.name} broke the search off"
    else:
        left, why = LOOK * min(2 ** len(own), 30) - age, f"{service.name} could not be searched"
    return work.stay(f"{why}: {newest.error or 'it gave no reason.'}", left) if left > timedelta(0) else _DUE


def covers(made: str, wanted: str) -> bool:
    """Whether a search for one subject was one for another, too: that of a series looks for its seasons but for the
    specials."""
    if made == wanted:
        return True
    kind, _, rest = wanted.partition(":")
    series, _, number = rest.partition(":")
    return kind == "season" and number != "0" and made == f"series:{series}"


async def _search(work: Work, service: Service, due: Sequence[Wanted]) -> Outcome:
    """Make the searches that are due, as far as the budget allows."""
    if is_observing(work.policy, service):
        return work.stay(f"It can't be searched for: nothing is asked of {service.name} in observe mode.", SOMEBODY)
    if obstacle := await find_obstacle(work.context, service.id):
        return work.delay(f"It can't be searched for now: {obstacle}")
    for wanted in due:
        got = await _reserve(work, service, wanted)
        if isinstance(got, Refusal):
            return work.stay(got.reason, max(got.next_at - work.now, LOOK))
        sent = await send(work.context, got.id, work.clock())
        if sent.state == "failed":
            return work.stay(f"{service.name} could not be searched: {sent.error}", LOOK)
    return work.stay(f"{service.name} is searching for it.", LOOK)


async def _reserve(work: Work, service: Service, wanted: Wanted) -> Search | Refusal:
    now = work.clock()
    async with work.context.database.writing.begin() as session:
        if not await hold(session, work.request, now + LEASE) or not await session.get(
            Service, service.id, with_for_update=True
        ):
            raise Lost
        got = await reserve(session, service, wanted.subject, wanted.command, ORIGIN, work.request.id, work.policy, now)
        if not isinstance(got, Refusal):
            said = f"{service.name} is asked to search for it."
            note(session, work.request, "search", said, now, wanted.command)
    work.request.next_at = now + LEASE
    return got
