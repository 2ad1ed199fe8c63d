"""A stand-in of Sonarr."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.app.fakes import sonarr_data
from tests.app.fakes.arr import API, bare, now
from tests.app.fakes.arr_data import Object
from tests.app.fakes.arr_queue import FakeArr
from tests.app.fakes.asgi import Answer, Call, NotThereError
from tests.app.fakes.sonarr_data import PER_SERIES


class FakeSonarr(FakeArr):
    """A stand-in of Sonarr.

    Args:
        episodes_missing: how many episodes beside those of `missing_episodes` are wanted and missing; each is made
            when asked for, `PER_SERIES` to a series.
        queued: how many rows the queue has beside those of the state.

    Attributes:
        missing_episodes: those that belong to series of the state; with `hasFile`, they are missing no more.
        episode_counts: how many episodes each season has of a series, by TVDB's number, once it is added.
    """

    name = "Sonarr"
    description = "sonarr"
    unknown_flag = "includeUnknownSeriesItems"
    title_id = "seriesId"
    item_id = "episodeId"
    known_commands = frozenset(
        {
            "EpisodeSearch",
            "SeasonSearch",
            "SeriesSearch",
            "MissingEpisodeSearch",
            "RefreshSeries",
            "RescanSeries",
            "RefreshMonitoredDownloads",
            "RssSync",
            "ProcessMonitoredDownloads",
            "DownloadedEpisodesScan",
        }
    )
    event_types = (
        "unknown",
        "grabbed",
        "seriesFolderImported",
        "downloadFolderImported",
        "downloadFailed",
        "episodeFileDeleted",
        "episodeFileRenamed",
        "downloadIgnored",
    )

    def __init__(self, *, episodes_missing: int = 0, queued: int = 0, api_key: str = "", url_base: str = "") -> None:
        super().__init__(sonarr_data.fresh(api_key, url_base), api_key=api_key, url_base=url_base, queued=queued)
        self.episodes_missing = episodes_missing
        self.missing_episodes: list[Object] = []
        self.episode_counts: dict[int, dict[int, int]] = {}
        self.route("GET", f"{API}/wanted/missing", self._get_missing)
        self.route("GET", f"{API}/calendar", self._get_calendar)
        self.route("GET", f"{API}/series", self._get_series)
        self.route("GET", f"{API}/series/{{id}}", self._get_one)
        self.route("PUT", f"{API}/series/{{id}}", self._put_series)
        self.route("GET", f"{API}/series/lookup", self._lookup)
        self.route("POST", f"{API}/series", self._post_series)
        self.route("GET", f"{API}/episode", self._get_episodes)

    # Objects, for tests to build on; each takes further fields.

    make_series = staticmethod(sonarr_data.series)
    make_episode = staticmethod(sonarr_data.episode)

    def make_queue_row(self, number: int, **fields: Any) -> Object:
        """A row of the queue: an episode that is being downloaded."""
        return sonarr_data.queue_row(number, **fields)

    def add_to_queue(self, episodes: int = 1, *, grabbed: bool = True, **fields: Any) -> list[Object]:
        """Add a download, with a row for each of its episodes, and give the rows; `grabbed`: by Sonarr itself."""
        first = self.next_row()
        shared = {"downloadId": f"SABnzbd_nzo_{first:08}", **fields}
        rows = [self.make_queue_row(n, **{"id": n, **shared}) for n in range(first, first + episodes)]
        self.queue_up(rows, grabbed=grabbed)
        return rows

    # The API.

    def _get_missing(self, call: Call) -> Answer:
        own = [episode for episode in self.missing_episodes if episode["monitored"] and not episode["hasFile"]]

        def items(start: int, stop: int) -> Iterator[Object]:
            made = (self.make_episode(number + 1 - len(own)) for number in range(max(start, len(own)), stop))
            for episode in itertools.chain(own[start:stop], made):
                yield (
                    {**episode, "series": self._series(episode["seriesId"])} if call.flag("includeSeries") else episode
                )

        return self.page(call, items, len(own) + self.episodes_missing, "episodes.airDateUtc")

    def _get_calendar(self, call: Call) -> Answer:
        start, end = call.query.get("start", now()), call.query.get("end", "9999")
        return Answer(bare([episode for episode in self.missing_episodes if start <= episode["airDateUtc"] < end]))

    def _series(self, number: int) -> Object:
        found = next((series for series in self.state.titles if series["id"] == number), None)
        if found is None and not 1 <= number <= -(-self.episodes_missing // PER_SERIES):
            raise NotThereError
        return found or self.make_series(number)

    def _get_series(self, call: Call) -> Answer:
        own = {series["id"] for series in self.state.titles}
        made = (number for number in range(1, -(-self.episodes_missing // PER_SERIES) + 1) if number not in own)
        series = itertools.chain(map(bare, self.state.titles), map(self.make_series, made))
        wanted = call.query.get("tvdbId")
        return Answer(items=(one for one in series if wanted in (None, str(one["tvdbId"]))))

    def _get_one(self, call: Call) -> Answer:
        series = self._series(call.id)
        own = [episode for episode in self.missing_episodes if episode["seriesId"] == call.id]
        seasons = [{**season, "statistics": self._figures(season, own)} for season in series["seasons"]]
        return Answer(bare(self.with_pictures({**series, "seasons": seasons})))

    def _figures(self, season: Object, episodes: list[Object]) -> Object:
        """How much of a season is there: what is neither there nor monitored and shown isn't counted."""
        own = [episode for episode in episodes if episode["seasonNumber"] == season["seasonNumber"]]
        there = [episode for episode in own if episode["hasFile"]]
        shown = [one for one in own if one["hasFile"] or (one["monitored"] and one["airDateUtc"] <= self.now())]
        share = 100.0 * len(there) / len(shown) if shown else 0.0
        return {
            "episodeFileCount": len(there),
            "episodeCount": len(shown),
            "totalEpisodeCount": len(own),
            "sizeOnDisk": 10**9 * len(there),
            "releaseGroups": [],
            "percentOfEpisodes": share,
        }

    def _get_episodes(self, call: Call) -> Answer:
        series = call.number("seriesId", 0)
        if series < 1:
            return Answer({"message": "seriesId or episodeIds must be provided"}, 400)
        made = range((series - 1) * PER_SERIES + 1, min(series * PER_SERIES, self.episodes_missing) + 1)
        own = [episode for episode in self.missing_episodes if episode["seriesId"] == series]
        return Answer(bare(own + [self.make_episode(number) for number in made]))

    def _lookup(self, call: Call) -> Answer:
        term = call.query.get("term", "")
        kind, _, number = term.partition(":")
        field = {"tvdb": "tvdbId", "tmdb": "tmdbId", "imdb": "imdbId"}.get(kind)
        found = [
            series
            for series in self.state.known.values()
            if (str(series.get(field)) == number if field else term.lower() in series["title"].lower())
        ]
        added = {series["tvdbId"]: series["id"] for series in self.state.titles}
        return Answer(bare([self.with_pictures({**series, "id": added.get(series["tvdbId"])}) for series in found]))

    def _post_series(self, call: Call) -> Answer:
        refused = self.refuse_title(call, "tvdbId", "SeriesExistsValidator", "This series has already been added")
        if refused:
            return refused
        number = max((series["id"] for series in self.state.titles), default=self.episodes_missing) + 1
        body = {name: value for name, value in call.body.items() if name not in ("id", "addOptions")}
        path = body.get("path") or f"{body['rootFolderPath'].rstrip('/')}/{body['title']}"
        series = {**self.make_series(number), **body, "path": path, "id": number, "added": now()}
        self.state.titles.append(series)
        for season in series["seasons"]:
            for count in range(1, self.episode_counts.get(series["tvdbId"], {}).get(season["seasonNumber"], 0) + 1):
                fields = {"seriesId": number, "seasonNumber": season["seasonNumber"], "episodeNumber": count}
                episode = self.make_episode(1000 * number + len(self.missing_episodes) + 1, **fields)
                self.missing_episodes.append(episode)
        self._mark_episodes(series)
        if (call.body.get("addOptions") or {}).get("searchForMissingEpisodes"):
            self.start_command("MissingEpisodeSearch", "manual", {"seriesId": number})
        return Answer(bare(series), 201)

    def _put_series(self, call: Call) -> Answer:
        series = self._series(call.id)
        series |= {name: value for name, value in call.body.items() if name != "id"}
        self._mark_episodes(series)
        return Answer(bare(series), 202)

    def _mark_episodes(self, series: Object) -> None:
        """Episodes are monitored as their seasons are."""
        marks = {season["seasonNumber"]: season["monitored"] for season in series["seasons"]}
        for episode in self.missing_episodes:
            if episode["seriesId"] == series["id"]:
                episode["monitored"] = marks.get(episode["seasonNumber"], False)

    def search(self, items: list[int]) -> None:
        if items:
            self.start_command("EpisodeSearch", "unspecified", {"episodeIds": items})

    def searched(self, name: str, body: Object) -> list[int]:
        if name == "EpisodeSearch":
            return list(body.get("episodeIds", []))
        if name not in ("SeasonSearch", "SeriesSearch"):
            return []
        of_series = [episode for episode in self.missing_episodes if episode["seriesId"] == body.get("seriesId")]
        return [
            episode["id"]
            for episode in of_series
            if episode["monitored"]
            and not episode["hasFile"]
            and (name == "SeriesSearch" or episode["seasonNumber"] == body.get("seasonNumber"))
        ]
