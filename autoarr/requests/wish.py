"""What somebody wants, as far as it was understood."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Media = Literal["movie", "series"]
Quality = Literal["4K", "1080p", "720p", "HD", "SD"]
"""HD: 720p or 1080p, as it comes."""

LONGEST_TITLE = 300
MOST_SEASONS = 100

Number = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]


class Numbered(Protocol):
    """What has the numbers of a title."""

    @property
    def tmdb_id(self) -> int | None: ...
    @property
    def tvdb_id(self) -> int | None: ...


def number_of(title: Numbered, media: Media) -> int | None:
    """The number that it is known by: TMDB's of a film, TheTVDB's of a series."""
    return (title.tmdb_id if media == "movie" else title.tvdb_id) or None


class Wish(BaseModel):
    """A film or a series, by its title or by a number that says which one it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, StringConstraints(max_length=LONGEST_TITLE, pattern=r"^[^\x00]*$")] = Field(
        default="", examples=["The Matrix"]
    )
    year: Annotated[int, Field(ge=1870, le=2200, strict=True)] | None = None
    media: Media | None = Field(default=None, description="null: either.")
    quality: Quality | None = Field(default=None, description="null: as the service's profiles have it.")
    seasons: Annotated[
        list[Annotated[int, Field(ge=0, le=10_000, strict=True)]], Field(min_length=1, max_length=MOST_SEASONS)
    ] | (
        Literal["latest"] | None
    ) = Field(default=None, description="Of a series: null for all but the specials, which are season 0.")
    tmdb_id: Number | None = Field(default=None, description="At themoviedb.org; of a film unless `media` says series.")
    tvdb_id: Number | None = Field(default=None, description="At thetvdb.com; of a series.")
    imdb_id: Annotated[str, StringConstraints(pattern=r"^tt\d{5,10}$", max_length=12)] | None = None

    @property
    def names_something(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.title.strip() or self.tmdb_id or self.tvdb_id or self.imdb_id)

    @property
    def wanted_media(self) -> Media | None:
        """Film or series, where the wish tells: only series have seasons and numbers of TheTVDB."""
        if self.media is None and (self.tvdb_id or self.seasons is not None):
            return "series"
        return "movie" if self.media is None and self.tmdb_id else self.media

    @property
    def possible_media(self) -> tuple[Media, ...]:
        """What it may be, as far as the wish tells: one of the two, or both."""
        return (self.wanted_media,) if self.wanted_media else ("movie", "series")


class Candidate(BaseModel):
    """One title that a wish may mean, as Sonarr's or Radarr's look-up has it: data from outside."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(description="What to choose it by.", examples=["movie:tmdb:603"])
    media: Media
    title: str = Field(examples=["The Matrix"])
    year: int | None = Field(default=None, examples=[1999])
    poster_url: str | None = Field(default=None, description="At the catalogue: another site.")
    poster_source: str | None = Field(default=None, description="Where a service of ours has it; see autoarr.posters.")
    overview: str = ""
    tmdb_id: int | None = None
    tvdb_id: int | None = None
    seasons: list[int] = Field(default=[], description="Of a series: those there are, without the specials.")

    @property
    def ids(self) -> dict[str, int | None]:
        """The number that it is known by, as a wish names it."""
        return {"tmdb_id": self.tmdb_id} if self.media == "movie" else {"tvdb_id": self.tvdb_id}
