"""A stand-in of Radarr."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.app.fakes import radarr_data
from tests.app.fakes.arr import API, bare, now
from tests.app.fakes.arr_data import Object
from tests.app.fakes.arr_queue import FakeArr
from tests.app.fakes.asgi import Answer, Call, NotThereError
from tests.app.fakes.radarr_data import FIRST_TMDB_ID


class FakeRadarr(FakeArr):
    """A stand-in of Radarr.

    Args:
        movies: how many movies there are beside those of the state, each made when asked for.
        movies_missing: how many of these, the first ones, are wanted and missing: all, unless said otherwise.
        queued: how many rows the queue has beside those of the state.
    """

    name = "Radarr"
    description = "radarr"
    unknown_flag = "includeUnknownMovieItems"
    title_id = "movieId"
    item_id = "movieId"
    known_commands = frozenset(
        {
            "MoviesSearch",
            "MissingMoviesSearch",
            "RefreshMovie",
            "RescanMovie",
            "RefreshMonitoredDownloads",
            "RssSync",
            "ProcessMonitoredDownloads",
            "DownloadedMoviesScan",
        }
    )
    # Radarr numbers them otherwise than Sonarr: 2 and 5 are gone.
    event_types = (
        "unknown",
        "grabbed",
        "",
        "downloadFolderImported",
        "downloadFailed",
        "",
        "movieFileDeleted",
        "movieFolderImported",
        "movieFileRenamed",
        "downloadIgnored",
    )

    def __init__(
        self,
        *,
        movies: int = 0,
        movies_missing: int | None = None,
        queued: int = 0,
        api_key: str = "",
        url_base: str = "",
    ) -> None:
        super().__init__(radarr_data.fresh(api_key, url_base), api_key=api_key, url_base=url_base, queued=queued)
        self.movies = movies
        self.movies_missing = movies if movies_missing is None else movies_missing
        self.route("GET", f"{API}/wanted/missing", self._get_missing)
        self.route("GET", f"{API}/calendar", self._get_calendar)
        self.route("GET", f"{API}/movie", self._get_movies)
        self.route("GET", f"{API}/movie/{{id}}", lambda call: Answer(bare(self._movie(call.id))))
        self.route("PUT", f"{API}/movie/{{id}}", self._put_movie)
        self.route("GET", f"{API}/movie/lookup", self._search)
        self.route("GET", f"{API}/movie/lookup/tmdb", self._lookup)
        self.route("GET", f"{API}/movie/lookup/imdb", self._lookup_imdb)
        self.route("POST", f"{API}/movie", self._post_movie)

    # Objects, for tests to build on; each takes further fields.

    def make_movie(self, number: int, **fields: Any) -> Object:
        """A movie; the first `movies_missing` of those that are made when asked for have no file."""
        return radarr_data.movie(number, has_file=self.movies_missing < number <= self.movies, **fields)

    def make_queue_row(self, number: int, **fields: Any) -> Object:
        """A row of the queue: a movie that is being downloaded."""
        return radarr_data.queue_row(number, **fields)

    def add_to_queue(self, *, grabbed: bool = True, **fields: Any) -> Object:
        """Add a download, and give its row; `grabbed`: by Radarr itself."""
        number = self.next_row()
        row = self.make_queue_row(number, **{"id": number, **fields})
        self.queue_up([row], grabbed=grabbed)
        return row

    # The API.

    def _own_missing(self) -> list[Object]:
        return [movie for movie in self.state.titles if movie["monitored"] and not movie["hasFile"]]

    def _get_missing(self, call: Call) -> Answer:
        own = self._own_missing()

        def items(start: int, stop: int) -> Iterator[Object]:
            made = (self.make_movie(number + 1 - len(own)) for number in range(max(start, len(own)), stop))
            return itertools.chain(own[start:stop], made)

        return self.page(call, items, len(own) + self.movies_missing, "movieMetadata.sortTitle")

    def _get_calendar(self, call: Call) -> Answer:
        start, end = call.query.get("start", now()), call.query.get("end", "9999")
        return Answer(bare([movie for movie in self.state.titles if start <= movie.get("digitalRelease", "") < end]))

    def _movie(self, number: int) -> Object:
        found = next((movie for movie in self.state.titles if movie["id"] == number), None)
        if found is None and not 1 <= number <= self.movies:
            raise NotThereError
        return found or self.make_movie(number)

    def _get_movies(self, call: Call) -> Answer:
        wanted = call.query.get("tmdbId")
        own = [bare(movie) for movie in self.state.titles if wanted in (None, str(movie["tmdbId"]))]
        made = range(1, self.movies + 1)
        if wanted is not None:
            number = int(wanted) - FIRST_TMDB_ID if wanted.isdigit() else 0
            made = range(number, number + 1) if number in made else range(0)
        return Answer(items=itertools.chain(own, map(self.make_movie, made)))

    def _lookup(self, call: Call) -> Answer:
        found = self.state.known.get(call.number("tmdbId", 0))
        if found is None:
            return Answer({"message": f"Movie with TmdbId {call.query.get('tmdbId')} was not found"}, 404)
        # By a number it tells what the catalogue has, and not what it has itself.
        return Answer(bare(self.with_pictures({**found, "id": None})))

    def _lookup_imdb(self, call: Call) -> Answer:
        wanted = call.query.get("imdbId")
        found = next((movie for movie in self.state.known.values() if movie.get("imdbId") == wanted), None)
        if found is None:
            return Answer({"message": f"Movie with ImdbId {wanted} was not found"}, 404)
        return Answer(bare(self._with_id(found)))

    def _search(self, call: Call) -> Answer:
        term = call.query.get("term", "").lower()
        found = [movie for movie in self.state.known.values() if term in movie["title"].lower()]
        return Answer(bare([self._with_id(movie) for movie in found]))

    def _with_id(self, found: Object) -> Object:
        added = {movie["tmdbId"]: movie["id"] for movie in self.state.titles}
        number = added.get(found["tmdbId"])
        state = next((movie for movie in self.state.titles if movie["id"] == number), found)
        return self.with_pictures({**found, "id": number, "hasFile": state["hasFile"]})

    def _put_movie(self, call: Call) -> Answer:
        movie = self._movie(call.id)
        movie |= {name: value for name, value in call.body.items() if name != "id"}
        return Answer(bare(movie), 202)

    def _post_movie(self, call: Call) -> Answer:
        refused = self.refuse_title(call, "tmdbId", "MovieExistsValidator", "This movie has already been added")
        if refused:
            return refused
        number = max((movie["id"] for movie in self.state.titles), default=self.movies) + 1
        body = {name: value for name, value in call.body.items() if name not in ("id", "addOptions")}
        path = body.get("path") or f"{body['rootFolderPath'].rstrip('/')}/{body['title']}"
        movie = {**self.make_movie(number), **body, "path": path, "id": number, "added": now()}
        self.state.titles.append(movie)
        if (call.body.get("addOptions") or {}).get("searchForMovie"):
            self.start_command("MoviesSearch", "manual", {"movieIds": [number]})
        return Answer(bare(movie), 201)

    def search(self, items: list[int]) -> None:
        if items:
            self.start_command("MoviesSearch", "unspecified", {"movieIds": items})

    def searched(self, name: str, body: Object) -> list[int]:
        return list(body.get("movieIds", [])) if name == "MoviesSearch" else []
