"""Films and series as Radarr and Sonarr have them: looked up, found in the library, followed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from autoarr import posters
from autoarr.requests.wish import Candidate, number_of
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.models import ArrModel, Listed, QueueRecord
from autoarr.upstream.parsing import parse, parse_list

if TYPE_CHECKING:
    import uuid

    from autoarr.requests.wish import Media, Wish
    from autoarr.upstream.arr import ArrClient

LONGEST_ADDRESS = 1000
LONGEST_OVERVIEW = 600


class _Alias(ArrModel):
    title: str | None = None


class _Image(ArrModel):
    cover_type: str | None = None
    url: str | None = None
    remote_url: str | None = None


class SeasonFiles(ArrModel):
    """How much of a season is there; of a title in the library."""

    episode_file_count: int = 0
    episode_count: int = 0
    """Those that have a file, and those that were shown and are monitored."""
    total_episode_count: int = 0


class Season(ArrModel):
    """One season of a series."""

    season_number: int
    monitored: bool = False
    statistics: SeasonFiles | None = None


class _QualityName(ArrModel):
    name: str | None = None
    resolution: int | None = None


class _FileQuality(ArrModel):
    quality: _QualityName = _QualityName()


class _File(ArrModel):
    quality: _FileQuality = _FileQuality()


class Title(ArrModel):
    """A film or a series; where it was not added, without an id."""

    id: int | None = None
    title: str
    original_title: str | None = None
    alternate_titles: Listed[_Alias] = Field(default=[])
    year: int | None = None
    tmdb_id: int | None = None
    tvdb_id: int | None = None
    imdb_id: str | None = None
    overview: str | None = None
    images: Listed[_Image] = Field(default=[])
    seasons: Listed[Season] = Field(default=[])
    monitored: bool = False
    has_file: bool | None = None
    is_available: bool | None = None
    movie_file: _File | None = None

    @property
    def names(self) -> list[str]:
        """What it is called, the usual name first."""
        names = [self.title, self.original_title, *(alias.title for alias in self.alternate_titles)]
        return list(dict.fromkeys(name for name in names if name))

    @property
    def poster(self) -> str | None:
        """The address of its picture."""
        for image in self.images:
            address = image.remote_url or ""
            if image.cover_type == "poster" and address.startswith(("https://", "http://")):
                return address if len(address) <= LONGEST_ADDRESS and address.isprintable() else None
        return None

    @property
    def poster_path(self) -> str | None:
        """Where Sonarr or Radarr itself has its picture."""
        return next((image.url for image in self.images if image.cover_type == "poster"), None)

    @property
    def numbered_seasons(self) -> list[int]:
        """Its seasons but for the specials."""
        return sorted({season.season_number for season in self.seasons if season.season_number > 0})


class Episode(ArrModel):
    """One episode of a series that was added."""

    id: int
    season_number: int
    has_file: bool = False
    air_date_utc: datetime | None = None

    def aired(self, now: datetime) -> bool:
        """Whether it was shown already; one without a date was not, as far as anybody knows."""
        return self.has_file or (self.air_date_utc is not None and self.air_date_utc <= now)


def as_candidate(title: Title, media: Media, clean: Any, service_id: uuid.UUID | None = None) -> Candidate | None:
    """What a person may choose; None where it has no number, so that nobody could add it.

    Args:
        clean: makes a text from outside one bounded line.
        service_id: who told of it; its poster is there.
    """
    number = number_of(title, media)
    name = clean(title.title)
    if number is None or not name:
        return None
    return Candidate(
        id=f"{media}:{'tmdb' if media == 'movie' else 'tvdb'}:{number}",
        media=media,
        title=name,
        year=title.year or None,
        poster_url=title.poster,
        poster_source=posters.find(service_id, media, number, title.poster_path) if service_id else None,
        overview=clean(title.overview or "", LONGEST_OVERVIEW),
        tmdb_id=title.tmdb_id or None,
        tvdb_id=title.tvdb_id or None,
        seasons=title.numbered_seasons,
    )


async def look_up(client: ArrClient, media: Media, wish: Wish) -> list[Title]:
    """Ask for what a wish may mean; what Sonarr and Radarr look up for themselves, in their order."""
    path, params = f"{media}/lookup", {"term": _term(wish)}
    if media == "movie" and wish.tmdb_id:
        path, params = "movie/lookup/tmdb", {"tmdbId": str(wish.tmdb_id)}
    elif media == "movie" and wish.imdb_id:
        path, params = "movie/lookup/imdb", {"imdbId": wish.imdb_id}
    found = parse_list(client.connection, Title, await _ask(client, path, params, wish.tmdb_id or wish.imdb_id))
    return [title for title in found if _is_meant(title, media, wish)]


async def _ask(client: ArrClient, path: str, params: dict[str, str], number: object) -> list[Any]:
    """What a look-up gives, as it is given; nothing where there is no film of the number that it asks for."""
    try:
        raw = await client.get(path, params)
    except UpstreamError as error:
        # Radarr says so; any other 404 only says that it can't be asked.
        if error.cause is Cause.NOT_FOUND and f"{number} was not found" in error.detail:
            return []
        raise
    return raw if isinstance(raw, list) else [raw]


def _term(wish: Wish) -> str:
    if wish.tvdb_id:
        return f"tvdb:{wish.tvdb_id}"
    if wish.tmdb_id:
        return f"tmdb:{wish.tmdb_id}"
    return f"imdb:{wish.imdb_id}" if wish.imdb_id else wish.title


def _is_meant(title: Title, media: Media, wish: Wish) -> bool:
    """Whether it has the wish's number; older versions take a number they don't know for words."""
    if media == "series" and wish.tvdb_id:
        return title.tvdb_id == wish.tvdb_id
    if wish.tmdb_id:
        return title.tmdb_id == wish.tmdb_id
    return not wish.imdb_id or title.imdb_id in (wish.imdb_id, None)


async def describe_for_adding(client: ArrClient, media: Media, number: int) -> dict[str, Any] | None:
    """What Sonarr or Radarr wants to be given back when a title is added; None where there is none of this number."""
    path, params = "series/lookup", {"term": f"tvdb:{number}"}
    if media == "movie":
        path, params = "movie/lookup/tmdb", {"tmdbId": str(number)}
    for item in await _ask(client, path, params, number):
        if number_of(parse(client.connection, Title, item), media) == number:
            return dict(item)
    return None


async def find(client: ArrClient, media: Media, number: int) -> tuple[Title, dict[str, Any]] | None:
    """The title in the library of Sonarr or Radarr, also as it was given; None where it is certain not to be there."""
    raw = await client.get(media, {"tmdbId" if media == "movie" else "tvdbId": number})
    titles = parse_list(client.connection, Title, raw)
    for title, item in zip(titles, raw, strict=True):
        if title.id and number_of(title, media) == number:
            return title, dict(item)
    return None


async def read_series(client: ArrClient, series_id: int) -> Title:
    """A series that was added, with how much of each season is there."""
    return parse(client.connection, Title, await client.get(f"series/{series_id}"))


async def read_episodes(client: ArrClient, series_id: int) -> list[Episode]:
    """The episodes of a series that was added."""
    return parse_list(client.connection, Episode, await client.get("episode", {"seriesId": series_id}))


async def read_downloads(client: ArrClient, media: Media, title_id: int) -> list[QueueRecord]:
    """What is being downloaded for a title."""
    params = {"movieId" if media == "movie" else "seriesId": title_id}
    return parse_list(client.connection, QueueRecord, await client.get("queue/details", params))
