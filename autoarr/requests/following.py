"""What was added is followed: searched for once, downloaded, imported, shown by Plex."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from autoarr.requests.ledger import Outcome, describe, first_step, visible
from autoarr.requests.library import Seen, find_in_plex, look_into
from autoarr.requests.places import is_wanted
from autoarr.requests.searching import search
from autoarr.requests.titles import read_downloads
from autoarr.requests.work import Work, connect
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoarr.models import Service
    from autoarr.upstream.models import QueueRecord

LONGEST_LOOK = timedelta(minutes=5)
"""How long a download is not looked at, at most."""
PLEX_PATIENCE = timedelta(days=7)
"""How long Plex has to show what was imported, where it can be asked."""


async def follow(work: Work) -> Outcome:
    """Look how far a title in the library is.

    Raises:
        Lost: the request is somebody else's.
        UpstreamError: who has to be asked can't be.
    """
    service = work.find_service()
    if service is None:
        return _without_service(work)
    client = await connect(work.context, service.id)
    seen = await look_into(work, client)
    if seen is None:
        return _removed(work, service)
    if seen.complete:
        reason = f"It is in the library of {service.name}: {seen.progress}"
        return replace(work.move("imported", reason), values=_renamed(work, seen))
    rows = [row for row in await read_downloads(client, work.media, seen.id) if _is_for(work, row)]
    outcome = await search(work, service, seen, rows)
    if outcome is None:
        outcome = _downloading(work, service, seen, rows) if rows else _await_release(work, service, seen)
    state = "downloading" if rows else "searching"
    return replace(outcome, state=state, values={**outcome.values, **_renamed(work, seen)})


def _is_for(work: Work, row: QueueRecord) -> bool:
    return row.season_number is None or work.media == "movie" or is_wanted(row.season_number, work.request.seasons)


def _without_service(work: Work) -> Outcome:
    reason = f"The {work.kind.capitalize()} that had it was removed or switched off: another one is looked for."
    return replace(work.move("approved", reason), values={"service_id": None, "external_id": None})


def _removed(work: Work, service: Service) -> Outcome:
    return work.end("failed", f"It was removed from {service.name} meanwhile. Ask for it again, if it is still wanted.")


def _renamed(work: Work, seen: Seen) -> dict[str, object]:
    """What it is called and numbered there now."""
    return {"title": visible(seen.title.title) or work.request.title, "external_id": seen.id}


def _downloading(work: Work, service: Service, seen: Seen, rows: Sequence[QueueRecord]) -> Outcome:
    """What a queue's rows say."""
    states = [row.tracked_download_state for row in rows]
    if all(state in ("importBlocked", "failed", "failedPending") for state in states):
        reason = f"It was downloaded, but {service.name} could not take it so far: see the failed downloads."
    else:
        reason = f"It is being downloaded. {seen.progress}"
    return work.stay(reason, min(work.patience, LONGEST_LOOK))


def _await_release(work: Work, service: Service, seen: Seen) -> Outcome:
    reason = f"{seen.progress} It was searched for; {service.name} takes it as soon as there is a suitable release."
    return work.stay(reason, work.patience)


async def await_plex(work: Work) -> Outcome:
    """Look whether Plex shows what is in the library.

    Raises:
        UpstreamError: Plex can't be asked.
    """
    request, service = work.request, work.find_service()
    names, seasons, where = [request.title], frozenset(request.seasons or ()), "the library"
    if service is not None:
        where = f"the library of {service.name}"
        try:
            seen = await look_into(work, await connect(work.context, service.id))
        except UpstreamError:
            # Plex can be asked without it, by the name that is known.
            seen = None
        else:
            if seen is None:
                return _removed(work, service)
        if seen is not None:
            names, seasons = [*seen.names, request.title], seen.seasons
    shown = await find_in_plex(work, names, seasons)
    if shown:
        return work.end("in_plex", f"{describe(request)} is in Plex.")
    if shown is None:
        return work.end("imported", f"It is in {where}. No Plex is connected, so this is the end of it.")
    async with work.context.database.sessions() as session:
        imported = await first_step(session, request.id, "imported")
    if imported and work.now - imported.at > PLEX_PATIENCE:
        reason = (
            f"It is in {where}, but Plex didn't show it within {PLEX_PATIENCE.days} days: have it scan its libraries."
        )
        return work.end("imported", reason)
    return work.stay(f"It is in {where}; Plex doesn't show it yet.", work.patience)
