"""What a search for films and series gives."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import BaseModel, Field

from autoarr.requests.wish import Media, Wish

Files = Literal["all", "some", "none"]
_UNKNOWN_FILES = "all, some or none; null where that is unknown."


class SeasonFound(BaseModel):
    """A season of a series."""

    number: int = Field(examples=[1])
    files: Files | None = Field(description=f"How much is there of what was shown so far: {_UNKNOWN_FILES}")


class OpenRequest(BaseModel):
    """An unfinished request for a title."""

    id: uuid.UUID | None = Field(description="null where it is somebody else's, but for administrators.")
    mine: bool
    state: str = Field(examples=["awaiting_approval"])
    seasons: list[int] | None = Field(description="null for all but the specials, and for films.")


class TitleFound(BaseModel):
    """A film or a series that may be asked for: names and texts are data from outside."""

    id: str = Field(examples=["movie:tmdb:603"])
    media: Media
    title: str = Field(examples=["The Matrix"])
    year: int | None = Field(examples=[1999])
    overview: str
    tmdb_id: int | None
    tvdb_id: int | None
    poster: str | None = Field(
        description="For `src` of an image: a relative address that needs no token; null where none is known."
    )
    seasons: list[SeasonFound] = Field(description="Of a series, without the specials, which may be asked for too.")
    service_id: uuid.UUID = Field(description="The Sonarr or Radarr that has it, else one that told of it.")
    service_name: str
    in_library: bool | None = Field(description="null where an instance that may have it could not be asked.")
    files: Files | None = Field(description=f"How much of it is there: {_UNKNOWN_FILES}")
    in_plex: bool | None = Field(
        description="null where no Plex is connected, one could not be asked, or it was asked for another name only."
    )
    requests: list[OpenRequest]


class Unasked(BaseModel):
    """What is not known, and why."""

    media: Media | None = Field(description="Of which kind titles may be missing; null of a Plex.")
    service_id: uuid.UUID | None = Field(description="null where there is no service of that kind.")
    service_name: str | None
    reason: str = Field(examples=["No Radarr is connected."])


class Found(BaseModel):
    """What a search found."""

    wish: Wish = Field(description="What was understood.")
    items: list[TitleFound] = Field(description="At most 20 films and 20 series, the likeliest first.")
    complete: bool = Field(description="Whether everybody who should tell did.")
    unknown: list[Unasked]
