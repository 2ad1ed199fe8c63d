"""The history of a Sonarr or Radarr: what a download was for, and what happened to that since."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from autoarr.recovery.seen import Media, Native

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from autoarr.recovery.facts import Item
    from autoarr.upstream.models import HistoryRecord, QueueRecord

GRABBED = "grabbed"
FAILED = "downloadFailed"
IMPORTED = frozenset({"downloadFolderImported", "seriesFolderImported", "movieFolderImported"})
BY_HAND = "Manually marked as failed"
"""The message of a failure that a person, or AutoArr for one, told of."""


class Events:
    """Events by their downloads, and by the episodes and movies that they are of."""

    def __init__(self, events: Iterable[HistoryRecord]) -> None:
        self._by_download: dict[str, list[HistoryRecord]] = defaultdict(list)
        self._by_item: dict[Item, list[HistoryRecord]] = defaultdict(list)
        for event in sorted(events, key=lambda event: event.date):
            if event.download_id:
                self._by_download[event.download_id].append(event)
            for item in _items(event.episode_id, event.movie_id):
                self._by_item[item].append(event)

    def of(self, download_id: str) -> Sequence[HistoryRecord]:
        """The events of a download, the oldest first."""
        return self._by_download.get(download_id, ())

    def failures(self) -> dict[str, HistoryRecord]:
        """The downloads that failed, with the first word on it."""
        failed = (
            next((one for one in events if one.event_type == FAILED), None) for events in self._by_download.values()
        )
        return {str(event.download_id): event for event in failed if event}

    def native(self, download_id: str, media: Media, failed_at: datetime) -> Native:
        """Tell what was done since a download failed.

        Args:
            failed_at: by the clock of whoever told of it; its own, where it has noted the failure, goes before.
        """
        noted = next((event.date for event in self.of(download_id) if event.event_type == FAILED), None)
        items = media.items
        grabs, imports = [], []
        for item in items:
            later = [event for event in self._by_item[item] if event.date >= (noted or failed_at)]
            others = [one for one in later if one.event_type == GRABBED and one.download_id not in (None, download_id)]
            grabs += others[-1:]
            imports += [event.date for event in later if event.event_type in IMPORTED][-1:]
        newest = max(grabs, key=lambda event: event.date, default=None)
        # Where only a part was grabbed again, something is still missing.
        again = newest if newest and len(grabs) == len(items) else None
        return Native(
            failed_at=noted,
            grabbed_as=again.download_id if again else None,
            grabbed_at=again.date if again else None,
            imported_at=max(imports) if items and len(imports) == len(items) else None,
        )


def media_of(rows: Sequence[QueueRecord], events: Sequence[HistoryRecord]) -> Media:
    """What a download was to bring, from its rows in the queue and its history."""
    told: list[QueueRecord | HistoryRecord] = [*rows, *events]
    seasons = {row.season_number for row in rows if row.season_number is not None}
    return Media(
        series_id=next((one.series_id for one in told if one.series_id), None),
        season=seasons.pop() if len(seasons) == 1 else None,
        episode_ids=tuple(sorted({one.episode_id for one in told if one.episode_id})),
        movie_id=next((one.movie_id for one in told if one.movie_id), None),
    )


def _items(episode_id: int | None, movie_id: int | None) -> list[Item]:
    return [(kind, number) for kind, number in (("episode", episode_id), ("movie", movie_id)) if number]
