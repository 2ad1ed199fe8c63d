"""What the instances of Sonarr and Radarr, and Plex, know of the titles that a search finds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autoarr.requests.ledger import visible
from autoarr.requests.titles import as_candidate, find, look_up, read_series
from autoarr.requests.wish import number_of
from autoarr.requests.work import connect, explain
from autoarr.upstream.errors import UpstreamError
from autoarr.upstream.plex import PlexClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autoarr.context import Context
    from autoarr.models import Service
    from autoarr.requests.found import Files
    from autoarr.requests.titles import Season, Title
    from autoarr.requests.wish import Candidate, Media, Wish
    from autoarr.upstream.arr import ArrClient
    from autoarr.upstream.models import PlexItem

MOST = 20
"""Titles that one instance is asked about."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A title as one instance tells of it.

    Attributes:
        files: how much of it is there; None where that isn't known.
        seasons: the same of each season.
    """

    service: Service
    candidate: Candidate
    in_library: bool
    files: Files | None
    seasons: Mapping[int, Files | None] = field(default_factory=dict)


async def look_around(
    context: Context, service: Service, media: Media, wish: Wish, seconds: float
) -> list[Sighting] | str:
    """What one instance knows of a wish; or why it can't be asked."""
    try:
        async with asyncio.timeout(seconds):
            client = await connect(context, service.id)
            titles = (await look_up(client, media, wish))[:MOST]
            return list(
                filter(None, await asyncio.gather(*(_see(client, service, media, wish, one) for one in titles)))
            )
    except UpstreamError as error:
        return explain(error)
    except TimeoutError:
        return f"{service.name} did not answer within {seconds:g} seconds."


async def _see(client: ArrClient, service: Service, media: Media, wish: Wish, title: Title) -> Sighting | None:
    candidate = as_candidate(title, media, visible, service.id)
    number = number_of(title, media)
    if candidate is None or number is None:
        return None
    if not title.id and (wish.tmdb_id or wish.imdb_id) and (found := await find(client, media, number)):
        # Asked by a number, Radarr tells what the catalogue knows and not whether it has it.
        title = found[0]
    seasons: dict[int, Files | None]
    if not title.id:
        seasons = dict.fromkeys(candidate.seasons, "none")
        return Sighting(service=service, candidate=candidate, in_library=False, files="none", seasons=seasons)
    if media == "movie":
        there: Files | None = None if title.has_file is None else "all" if title.has_file else "none"
        return Sighting(service=service, candidate=candidate, in_library=True, files=there)
    seasons = dict.fromkeys(candidate.seasons)
    try:
        # Sonarr's look-up gives figures, but all of them are zero.
        marks = {season.season_number: season for season in (await read_series(client, title.id)).seasons}
    except UpstreamError:
        marks = {}
    seasons |= {number: _files_of(marks[number]) for number in seasons if number in marks}
    return Sighting(
        service=service, candidate=candidate, in_library=True, files=_together(list(seasons.values())), seasons=seasons
    )


def _files_of(season: Season) -> Files | None:
    """How much of a season is there, of what was shown so far."""
    figures = season.statistics
    if figures is None:
        return None
    if not figures.episode_file_count:
        return "none"
    wanted = figures.episode_count if season.monitored else figures.total_episode_count
    return "all" if figures.episode_file_count >= wanted else "some"


def _together(parts: Sequence[Files | None]) -> Files | None:
    if None in parts or not parts:
        return None
    return parts[0] if len(set(parts)) == 1 else "some"


async def search_plex(context: Context, service: Service, name: str, seconds: float) -> list[PlexItem] | str:
    """What one Plex shows for a name; or why it can't be asked."""
    try:
        async with asyncio.timeout(seconds):
            client = await context.upstreams.client(service.id)
            return await client.search(name) if isinstance(client, PlexClient) else []
    except UpstreamError as error:
        return explain(error)
    except TimeoutError:
        return f"{service.name} did not answer within {seconds:g} seconds."
