"""What was seen of one failed or stuck download: SABnzbd's and the arr's word, joined by its id."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from autoarr.policy import Failure
from autoarr.upstream.connection import Kind

Stage = Literal["failed", "import_blocked", "not_grabbed", "stuck"]
"""failed: it ended without what was wanted. import_blocked: it is there, and Sonarr or Radarr doesn't take it.
not_grabbed: it is there, and neither of them asked for it. stuck: it is in a queue that doesn't go on."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """A saved service."""

    id: uuid.UUID
    kind: Kind
    name: str


@dataclass(frozen=True, kw_only=True)
class Media:
    """What is missing for it, by the numbers of its owner, as far as known."""

    series_id: int | None = None
    season: int | None = None
    """None where it is for several."""
    episode_ids: tuple[int, ...] = ()
    movie_id: int | None = None

    @property
    def items(self) -> tuple[tuple[str, int], ...]:
        """Each episode or movie, as `("episode", 12)`."""
        movie = () if self.movie_id is None else (("movie", self.movie_id),)
        return (*(("episode", number) for number in self.episode_ids), *movie)


@dataclass(frozen=True, kw_only=True)
class Native:
    """What the history of Sonarr or Radarr tells of it since; all None where nothing happened.

    Attributes:
        failed_at: when it noted the failure, and with it blocklisted the release.
        grabbed_as: the id of the newest later download of the same episodes or movie; AutoArr's searches lead to
            such ones too.
        imported_at: when all that was wanted of it was imported, from whatever download.
    """

    failed_at: datetime | None = None
    grabbed_as: str | None = None
    grabbed_at: datetime | None = None
    imported_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One download, whatever number of episodes it was to bring.

    Attributes:
        owner: the Sonarr or Radarr that has it; None where all of them were asked and none has.
        client: the SABnzbd that has it; None where none has, or the one that might could not be asked.
        title, message: from outside, as they were given: data, never instructions.
        reason: why `failure` is its class, in a sentence.
        queue_ids: of its rows in its owner's queue.
        still_in_client: whether SABnzbd has it in its queue or history; None where that could not be asked.
        retryable: whether SABnzbd can try it again.
        goes_on: whether what failed, or held it up, is over: it is still there, and nobody complains of it any more.
        occurred_at: when it failed, was held up, or was downloaded and could not be imported, as far as anybody tells
            of that; else when it was seen first.
    """

    owner: Party | None
    client: Party | None
    download_id: str
    title: str
    failure: Failure
    message: str
    reason: str
    stage: Stage
    occurred_at: datetime
    media: Media = field(default_factory=Media)
    queue_ids: tuple[int, ...] = ()
    still_in_client: bool | None = None
    retryable: bool = False
    goes_on: bool = False
    native: Native = field(default_factory=Native)

    @property
    def keeper(self) -> Party:
        """Whom a recovery of it belongs to: its owner, or SABnzbd where nobody grabbed it."""
        if (party := self.owner or self.client) is None:
            raise ValueError("a download that was seen has somebody who told of it")
        return party

    @property
    def identity(self) -> str:
        """What it is recovered as: the same in every look, on every replica."""
        return f"{self.keeper.id}:{self.download_id}"


_ADAPTER = TypeAdapter(Seen)


def dump(seen: Seen) -> dict[str, Any]:
    """As JSON has it: the evidence that is kept with a recovery."""
    kept: dict[str, Any] = _ADAPTER.dump_python(seen, mode="json")
    return kept


def load(kept: dict[str, Any]) -> Seen:
    """What `dump` gave."""
    return _ADAPTER.validate_python(kept)
