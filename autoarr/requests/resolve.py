"""From words to one title: looked up, asked back where it may be several, and told where it is there already."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.models import MediaRequest
from autoarr.requests.ledger import Outcome, describe, visible
from autoarr.requests.library import find_in_plex, look_into
from autoarr.requests.matching import match
from autoarr.requests.places import fitting
from autoarr.requests.titles import as_candidate, look_up
from autoarr.requests.wish import Candidate, Media
from autoarr.requests.work import KINDS, Work, connect, explain
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoarr.models import Service
    from autoarr.requests.library import Seen

FOLLOWED_EVERY = timedelta(minutes=5)
"""How often a request looks at the other one that it waits for."""
NOBODY_TO_ASK = timedelta(minutes=10)
_NAMES: dict[Media, str] = {"movie": "film", "series": "series"}


async def resolve(work: Work) -> Outcome:
    """Take a request that was asked further: to one title, to a question, or to its end.

    Raises:
        UpstreamError: who has to be asked can't be.
    """
    wish = work.wish
    wanted = wish.possible_media
    able = [media for media in wanted if any(service.kind == KINDS[media] for service in work.services)]
    if not able:
        names = " or ".join(KINDS[media].capitalize() for media in wanted)
        return work.stay(f"It can't be looked up: no {names} is connected.", NOBODY_TO_ASK)
    found = [candidate for media in able for candidate in await _look_up(work, media)]
    matched = match(wish, found)
    if matched.chosen:
        return await _settle(work, matched.chosen)
    if matched.candidates:
        return _ask_back(matched.candidates)
    what = " or ".join(_NAMES[media] for media in able)
    missing = "".join(
        f" No {KINDS[media].capitalize()} is connected to look for a {_NAMES[media]}."
        for media in wanted
        if media not in able
    )
    return work.end("failed", f"No {what} was found for “{work.request.title}”.{missing}")


async def _look_up(work: Work, media: Media) -> list[Candidate]:
    """Ask one instance of a kind, any that answers: they all ask the same catalogue."""
    failure: UpstreamError | None = None
    for service in fitting(work.services, KINDS[media], work.request.quality):
        try:
            titles = await look_up(await connect(work.context, service.id), media, work.wish)
        except UpstreamError as error:
            failure = error
            continue
        return [candidate for title in titles if (candidate := as_candidate(title, media, visible, service.id))]
    raise failure or ValueError("there is a service of each kind that is asked")


def _ask_back(candidates: Sequence[Candidate]) -> Outcome:
    one = len(candidates) == 1
    reason = "Is it this one?" if one else f"It may be one of {len(candidates)} titles: which one is meant?"
    listed = [candidate.model_dump(mode="json") for candidate in candidates]
    return Outcome(state="choosing", reason=reason, values={"candidates": listed})


async def _settle(work: Work, chosen: Candidate) -> Outcome:
    """Go on with one title."""
    request, wish = work.request, work.wish
    seasons: list[int] | None = None
    if chosen.media == "series" and wish.seasons is not None:
        known = chosen.seasons
        asked = known[-1:] if wish.seasons == "latest" else wish.seasons
        # Specials are not counted among what there is to choose from.
        seasons = [number for number in asked if number in known or number == 0]
        if not seasons:
            there = f"{len(known)} season{'' if len(known) == 1 else 's'}" if known else "no season"
            return work.end("failed", f"{chosen.title} has {there} so far, and not what was asked for.")
    suffix = "" if seasons is None else f":{','.join(map(str, seasons))}"
    values: dict[str, Any] = {
        "media": chosen.media,
        "title": chosen.title,
        "year": chosen.year,
        "tmdb_id": chosen.tmdb_id,
        "tvdb_id": chosen.tvdb_id,
        "seasons": seasons,
        "poster_url": chosen.poster_url,
        "poster_source": chosen.poster_source,
        "candidates": [],
        "identity": f"{chosen.id}{suffix}" + (":4K" if request.quality == "4K" else ""),
    }
    # As it will be, for what is asked about it; detached from any session.
    known_as = MediaRequest(**{name: getattr(request, name) for name in _COPIED} | values)
    work = replace(work, request=known_as)
    services = fitting(work.services, work.kind, request.quality)
    found = await _find_holder(work, services)
    holder = found[0] if found else None
    ended = await (_already_there(work, *found) if found else _in_plex_alone(work))
    if ended:
        return replace(ended, values={**values, "identity": None, "service_id": holder.id if holder else None})
    values["service_id"] = (holder or services[0]).id if services else None
    missed = [] if wish.seasons in (None, "latest") else [n for n in wish.seasons or [] if n not in (seasons or [])]
    note = f" There is no season {', '.join(map(str, missed))} so far." if missed else ""
    if request.decided_by or not work.policy.requests_need_approval:
        reason = f"{describe(known_as)} is to be added.{note}"
        return replace(work.move("approved", reason), values=values)
    reason = f"{describe(known_as)} waits for an administrator's approval.{note}"
    return Outcome(state="awaiting_approval", reason=reason, values=values)


_COPIED = ("id", "state", "attempts", "quality", "wish", "user_id", "decided_by", "created_at")


async def _find_holder(work: Work, services: Sequence[Service]) -> tuple[Service, Seen] | None:
    """The instance that has the title already, of those that it may go to, and how much of it is there."""
    for service in services:
        if seen := await look_into(work, await connect(work.context, service.id)):
            return service, seen
    return None


async def _already_there(work: Work, holder: Service, seen: Seen) -> Outcome | None:
    """The end of a request for what is there; None where something is still to be done."""
    title = describe(work.request)
    if not seen.complete:
        return None
    where = f"is in the library of {holder.name} already"
    if seen.falls_short:
        return work.end(
            "already_there", f"{title} {where}, {seen.falls_short}; an administrator can change that there."
        )
    try:
        in_plex = await find_in_plex(work, seen.names, seen.seasons)
    except UpstreamError as error:
        return work.end("already_there", f"{title} {where}; whether it is in Plex is not known. {explain(error)}")
    if in_plex is None:
        return work.end("already_there", f"{title} {where}.")
    shown = "is in Plex already." if in_plex else f"{where}, but Plex doesn't show it yet."
    return work.end("already_there", f"{title} {shown}")


async def _in_plex_alone(work: Work) -> Outcome | None:
    """The end of a request for a film that Plex has from elsewhere.

    Of a series nobody but Sonarr knows which episodes there should be; of a quality, Plex's search says nothing. Where
    Plex can't be asked, the request goes on: nobody should have to wait for it.
    """
    if work.media != "movie" or work.request.quality:
        return None
    with suppress(UpstreamError):
        if await find_in_plex(work, [work.request.title], frozenset()):
            return work.end("already_there", f"{describe(work.request)} is in Plex already.")
    return None


async def find_rival(work: Work, identity: str) -> Outcome | None:
    """What becomes of a request for which there is another unfinished one; None where that ended meanwhile."""
    others = select(MediaRequest).where(
        MediaRequest.identity == identity, MediaRequest.ended_at.is_(None), MediaRequest.id != work.request.id
    )
    async with work.context.database.sessions() as session:
        other = await session.scalar(others.limit(1))
    if other is None:
        return None
    if other.user_id is not None and other.user_id == work.request.user_id:
        return work.end("already_there", f"{describe(other)} was asked for already, by the same person.")
    return work.stay(f"Somebody asked for {describe(other)} already: this request waits for that one.", FOLLOWED_EVERY)
