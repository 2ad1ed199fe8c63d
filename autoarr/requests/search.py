"""A search for films and series: what a person may ask for, and how much of it is there already."""

from __future__ import annotations

import asyncio
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from autoarr import posters
from autoarr.errors import Refused
from autoarr.models import MediaRequest
from autoarr.requests.found import Found, OpenRequest, SeasonFound, TitleFound, Unasked
from autoarr.requests.matching import is_shown_as, plain
from autoarr.requests.parse import parse
from autoarr.requests.presence import MOST, look_around, search_plex
from autoarr.requests.wish import number_of
from autoarr.requests.work import KINDS
from autoarr.services.registry import list_enabled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context
    from autoarr.models import Service
    from autoarr.requests.found import Files
    from autoarr.requests.presence import Sighting
    from autoarr.requests.wish import Media, Wish

DEADLINE = 12.0
"""Seconds that Sonarr and Radarr have."""
PLEX_DEADLINE = 4.0


async def search(context: Context, principal: Principal, text: str, media: Media | None) -> Found:
    """Ask every Sonarr, Radarr and Plex at the same time for what a text may mean.

    Args:
        media: only films, or only series.

    Raises:
        Refused: the text names nothing (422).
    """
    wish = _understand(text, media)
    async with context.database.sessions() as session:
        services = await list_enabled(session)
    kinds = wish.possible_media
    asked = [(kind, service) for kind in kinds for service in services if service.kind == KINDS[kind]]
    answers = await asyncio.gather(*(look_around(context, service, kind, wish, DEADLINE) for kind, service in asked))
    unknown = [
        Unasked(media=kind, service_id=None, service_name=None, reason=f"No {KINDS[kind].capitalize()} is connected.")
        for kind in kinds
        if not any(asked_kind == kind for asked_kind, _ in asked)
    ]
    seen: dict[Media, list[Sighting]] = {kind: [] for kind in kinds}
    for (kind, service), answer in zip(asked, answers, strict=True):
        if isinstance(answer, str):
            unknown.append(_unasked(kind, service, answer))
        else:
            seen[kind] += answer
    lists = [_merge(context, seen[kind], any(one.media == kind for one in unknown)) for kind in kinds]
    items = [item for item in chain.from_iterable(zip_longest(*lists)) if item]
    items.sort(key=lambda item: not _is_exact(item, wish))
    unknown += await _look_into_plex(context, services, items, wish)
    await _add_requests(context, principal, items)
    return Found(wish=wish, items=items, complete=not unknown, unknown=unknown)


def _understand(text: str, media: Media | None) -> Wish:
    wish = parse(text)
    # A number at TheTVDB is a series's, whatever is looked for.
    if media and not wish.tvdb_id:
        wish = wish.model_copy(update={"media": media} | ({"seasons": None} if media == "movie" else {}))
    if not wish.names_something:
        raise Refused("Name a film or a series.", 422)
    return wish


def _unasked(kind: Media | None, service: Service, reason: str) -> Unasked:
    return Unasked(media=kind, service_id=service.id, service_name=service.name, reason=reason)


def _is_exact(item: TitleFound, wish: Wish) -> bool:
    return plain(item.title) == plain(wish.title) and wish.year in (None, item.year)


def _merge(context: Context, seen: Iterable[Sighting], incomplete: bool) -> list[TitleFound]:
    """One line for each title, whichever instances told of it."""
    titles: dict[str, list[Sighting]] = {}
    for sighting in seen:
        titles.setdefault(sighting.candidate.id, []).append(sighting)
    return [_describe(context, sightings, incomplete) for sightings in list(titles.values())[:MOST]]


def _describe(context: Context, sightings: Sequence[Sighting], incomplete: bool) -> TitleFound:
    holders = [sighting for sighting in sightings if sighting.in_library]
    best = (holders or sightings)[0]
    unknown = incomplete and not holders
    of_seasons = {
        number: None if unknown else _most([one.seasons.get(number, "none") for one in holders])
        for number in best.candidate.seasons
    }
    return TitleFound(
        **best.candidate.model_dump(include={"id", "media", "title", "year", "overview", "tmdb_id", "tvdb_id"}),
        poster=posters.address(context.keys, best.candidate.poster_source),
        seasons=[SeasonFound(number=number, files=files) for number, files in of_seasons.items()],
        service_id=best.service.id,
        service_name=best.service.name,
        in_library=None if unknown else bool(holders),
        files=None if unknown else _most([one.files for one in holders]),
        in_plex=None,
        requests=[],
    )


def _most(parts: Sequence[Files | None]) -> Files | None:
    """The most that any instance has."""
    if "all" in parts:
        return "all"
    if None in parts:
        return None
    return "some" if "some" in parts else "none"


async def _look_into_plex(
    context: Context, services: Sequence[Service], items: Sequence[TitleFound], wish: Wish
) -> list[Unasked]:
    """Say of each title whether Plex shows it, as far as one question for the searched name tells."""
    plexes = [service for service in services if service.kind == "plex"]
    if not (plexes and items):
        return []
    name = wish.title or items[0].title
    answers = await asyncio.gather(*(search_plex(context, service, name, PLEX_DEADLINE) for service in plexes))
    failed = [
        _unasked(None, plex, answer) for plex, answer in zip(plexes, answers, strict=True) if isinstance(answer, str)
    ]
    shown = [item for answer in answers if not isinstance(answer, str) for item in answer]
    for item in items:
        known_as = plain(item.title)
        if any(is_shown_as(one, item.media, (known_as,), item.year) for one in shown):
            item.in_plex = True
        elif not failed and known_as == plain(name):
            item.in_plex = False
    return failed


async def _add_requests(context: Context, principal: Principal, items: Sequence[TitleFound]) -> None:
    films = [item.tmdb_id for item in items if item.media == "movie"]
    series = [item.tvdb_id for item in items if item.media == "series"]
    unfinished = select(MediaRequest).where(
        MediaRequest.ended_at.is_(None),
        or_(
            (MediaRequest.media == "movie") & MediaRequest.tmdb_id.in_(films),
            (MediaRequest.media == "series") & MediaRequest.tvdb_id.in_(series),
        ),
    )
    async with context.database.sessions() as session:
        rows = list(await session.scalars(unfinished.order_by(MediaRequest.created_at)))
    for item in items:
        number = number_of(item, item.media)
        for row in rows:
            if row.media != item.media or number_of(row, item.media) != number:
                continue
            mine = row.user_id == principal.user_id
            shown = row.id if mine or principal.role == "admin" else None
            item.requests.append(OpenRequest(id=shown, mine=mine, state=row.state, seasons=row.seasons))
