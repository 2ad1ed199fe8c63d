"""How far a title is: in the library of Sonarr or Radarr, in its queue, and in Plex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoarr.requests.matching import is_shown_as, plain
from autoarr.requests.places import WANTED, is_wanted
from autoarr.requests.titles import find, read_episodes
from autoarr.upstream.errors import UpstreamError
from autoarr.upstream.plex import PlexClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoarr.requests.titles import Episode, Title
    from autoarr.requests.work import Work
    from autoarr.upstream.arr import ArrClient

MOST_NAMES = 4
"""Names of one title that Plex is asked for."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A title in the library of Sonarr or Radarr, and how much of what is wanted is there.

    Attributes:
        complete: all that is wanted and was shown so far has a file.
        progress: what is there and what not, in a sentence.
        falls_short: how what is there differs from the quality that was asked for; empty where it doesn't.
        seasons: of a series, those of which something is there.
        missing: of a series, those of which something is wanted, was shown, and has no file.
        monitored: whether Sonarr or Radarr looks for all that is wanted.
        waits_for: why there is nothing to search for yet; empty where there is.
    """

    title: Title
    complete: bool
    progress: str
    falls_short: str = ""
    seasons: frozenset[int] = frozenset()
    missing: tuple[int, ...] = ()
    monitored: bool
    waits_for: str = ""

    @property
    def id(self) -> int:
        """Its number there."""
        return self.title.id or 0

    @property
    def names(self) -> list[str]:
        """What it is called."""
        return self.title.names


async def look_into(work: Work, client: ArrClient) -> Seen | None:
    """Ask how far a title is; None where it isn't in the library.

    Raises:
        UpstreamError: it can't be asked.
    """
    found = await find(client, work.media, work.number)
    if found is None:
        return None
    title = found[0]
    if work.media == "movie":
        return _see_movie(work, title)
    return _see_series(work, title, await read_episodes(client, title.id or 0))


def _see_movie(work: Work, title: Title) -> Seen:
    there = bool(title.has_file)
    short = ""
    quality = title.movie_file.quality.quality if title.movie_file else None
    wanted = WANTED.get(work.request.quality or "")
    if there and wanted and quality and quality.resolution and quality.resolution < min(wanted):
        short = f"but as {quality.name or f'{quality.resolution}p'}"
    return Seen(
        title=title,
        complete=there,
        progress="It is there." if there else "It isn't there yet.",
        falls_short=short,
        monitored=title.monitored,
        waits_for="It isn't released yet." if title.is_available is False else "",
    )


def _see_series(work: Work, title: Title, episodes: list[Episode]) -> Seen:
    seasons = work.request.seasons
    wanted = [episode for episode in episodes if is_wanted(episode.season_number, seasons)]
    aired = [episode for episode in wanted if episode.aired(work.now)]
    there = [episode for episode in aired if episode.has_file]
    lacking = sorted({episode.season_number for episode in aired if not episode.has_file})
    marked = {season.season_number for season in title.seasons if season.monitored}
    asked = {season.season_number for season in title.seasons if is_wanted(season.season_number, seasons)}
    waits_for = ""
    if not episodes:
        waits_for = "Its episodes aren't known there yet."
    elif not aired:
        waits_for = "No episode of it was shown yet."
    return Seen(
        title=title,
        complete=bool(aired) and len(there) == len(aired),
        progress=f"{len(there)} of {len(aired)} episodes are there.",
        seasons=frozenset(episode.season_number for episode in there),
        missing=tuple(lacking),
        monitored=title.monitored and asked <= marked,
        waits_for=waits_for,
    )


async def find_in_plex(work: Work, names: Iterable[str], seasons: frozenset[int]) -> bool | None:
    """Whether a Plex shows a title; None where no Plex is connected.

    Args:
        names: what it may be called there.
        seasons: of a series, those that have to be there.

    Raises:
        UpstreamError: none shows it, and one of them can't be asked.
    """
    failure: UpstreamError | None = None
    asked = False
    for service in work.services:
        if service.kind != "plex":
            continue
        asked = True
        try:
            client = await work.context.upstreams.client(service.id)
            if isinstance(client, PlexClient) and await _shows(work, client, list(names), seasons):
                return True
        except UpstreamError as error:
            failure = error
    if failure:
        raise failure
    return False if asked else None


async def _shows(work: Work, client: PlexClient, names: list[str], seasons: frozenset[int]) -> bool:
    known_as = {plain(name) for name in names}
    for name in names[:MOST_NAMES]:
        for item in await client.search(name):
            if not is_shown_as(item, work.media, known_as, work.request.year):
                continue
            if not seasons or item.rating_key is None:
                return True
            shown = {episode.parent_index for episode in await client.episodes(item.rating_key)}
            if seasons <= shown:
                return True
    return False
