"""The stand-ins of other applications agree with their descriptions, and say where they don't."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.app.asking import ask
from tests.app.fakes import FakePlex, FakeRadarr, FakeSonarr, serve
from tests.app.fakes.asgi import Answer
from tests.app.fakes.validation import checker

Described = FakeSonarr | FakeRadarr | FakePlex


@pytest.fixture(autouse=True)
def _with_descriptions() -> None:
    """Without them there is nothing to be held against."""
    if checker("sonarr") is None:
        pytest.skip("no official descriptions, or no openapi-core")


@pytest.mark.parametrize("kind", [FakeSonarr, FakeRadarr, FakePlex], ids=lambda kind: str(kind.__name__))
def test_whatever_can_be_read_is_as_described(kind: type[Described]) -> None:
    fake = kind()
    if not isinstance(fake, FakePlex):
        fake.state.health.append({"source": "X", "type": "warning", "message": "x", "wikiUrl": "https://wiki.invalid"})
        fake.add_to_queue(status="completed", statusMessages=[{"title": "x", "messages": ["y"]}])
        fake.start_command("RssSync", "manual", {})
        custom = {"id": 1, "name": "Repack", "includeCustomFormatWhenRenaming": False, "specifications": []}
        fake.state.collections["customformat"].append(custom)
    queries = {"/api/v3/history/since": {"date": "2026-01-01T00:00:00Z"}, "/hubs/search": {"query": "a"}}
    queries["/api/v3/movie/lookup/tmdb"] = {"tmdbId": "500001"}
    if isinstance(fake, FakeRadarr):
        fake.movies = fake.movies_missing = fake.queued = 3
        fake.state.known[500_001] = fake.make_movie(1, id=None)
    if isinstance(fake, FakeSonarr):
        fake.episodes_missing = fake.queued = 3
        fake.state.known[1] = fake.make_series(1, id=None)
        queries["/api/v3/series/lookup"] = {"term": "tvdb:1"}
        queries["/api/v3/episode"] = {"seriesId": "1"}
    with serve(fake):
        paths = [pattern.pattern for method, pattern, _ in fake._routes if method == "GET"]
        # Pictures are not described, and are of titles that have some: test_posters.py.
        described = (path for path in paths if "mediacover" not in path.lower())
        for path in (re.sub(r"\(\?P<id>.*?\)", "1", path).replace("\\", "") for path in described):
            assert ask(fake, "GET", path, params=queries.get(path, {})).status_code == 200, path


def test_whatever_is_written_is_as_described(sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex) -> None:
    sonarr.state.known[7] = sonarr.make_series(7, id=None, tvdbId=7)
    radarr.state.known[7] = radarr.make_movie(7, id=None, tmdbId=7)
    for fake in (sonarr, radarr):
        for path in (*(f"config/{name}" for name in fake.state.config), "downloadclient/1", "qualitydefinition/5"):
            current = ask(fake, "GET", f"/api/v3/{path}").json()
            path = path if path[-1].isdigit() else f"{path}/1"
            assert ask(fake, "PUT", f"/api/v3/{path}", json=current).json() == current
    search = {"name": "MoviesSearch", "movieIds": [1]}
    assert ask(radarr, "POST", "/api/v3/command", json=search).json()["body"]["movieIds"] == [1]
    search = {"name": "EpisodeSearch", "episodeIds": [1, 2]}
    assert ask(sonarr, "POST", "/api/v3/command", json=search).status_code == 201
    (found,) = ask(sonarr, "GET", "/api/v3/series/lookup", params={"term": "tvdb:7"}).json()
    wanted = {**found, "rootFolderPath": "/media/tv", "qualityProfileId": 4, "addOptions": {"monitor": "all"}}
    assert ask(sonarr, "POST", "/api/v3/series", json=wanted).status_code == 201
    found = ask(radarr, "GET", "/api/v3/movie/lookup/tmdb", params={"tmdbId": 7}).json()
    wanted = {**found, "rootFolderPath": "/media/movies", "qualityProfileId": 4, "addOptions": {"searchForMovie": True}}
    assert ask(radarr, "POST", "/api/v3/movie", json=wanted).status_code == 201
    queue = {"removeFromClient": True, "blocklist": True, "skipRedownload": True}
    sonarr.add_to_queue(2)
    assert ask(sonarr, "DELETE", "/api/v3/queue/1", params=queue).json() == {}
    assert ask(sonarr, "POST", "/api/v3/history/failed/1").json() == {}
    assert ask(plex, "PUT", "/:/prefs", params={"autoEmptyTrash": "0"}).status_code == 200


def test_a_wrong_answer_is_reported(sonarr: FakeSonarr) -> None:
    sonarr.state.status["version"] = 4
    sonarr.state.config["naming"]["renameEpisode"] = True
    ask(sonarr, "GET", "/api/v3/system/status")
    ask(sonarr, "GET", "/api/v3/config/naming")
    status, naming = sonarr.violations
    assert status == "GET /api/v3/system/status: its answer: version: 4 is not of type 'string'"
    assert naming.startswith("GET /api/v3/config/naming: its answer: Additional properties are not allowed")
    sonarr.violations.clear()


@pytest.mark.parametrize(
    ("method", "path", "options", "violation"),
    [
        ("GET", "/api/v3/queue", {"params": {"includeUnknownSeries": "true"}}, "no parameter 'includeUnknownSeries'"),
        ("GET", "/api/v3/queue", {"params": {"pageSize": "many"}}, "pageSize"),
        ("POST", "/api/v3/command", {"json": {"name": "EpisodeSearch", "episodeIDs": [1]}}, "episodeIDs"),
        ("POST", "/api/v3/command", {"json": {"name": "EpisodeSearch", "episodeIds": ["1"]}}, "is not of type"),
    ],
)
def test_a_wrong_request_is_reported(
    sonarr: FakeSonarr, method: str, path: str, options: dict[str, Any], violation: str
) -> None:
    assert ask(sonarr, method, path, **options).status_code < 300
    assert violation in "\n".join(sonarr.violations)
    sonarr.violations.clear()


def test_what_is_not_described_is_reported(sonarr: FakeSonarr) -> None:
    sonarr.route("GET", "/api/v3/invented", lambda _: Answer({}))
    ask(sonarr, "GET", "/api/v3/invented")
    assert sonarr.violations == ["GET /api/v3/invented: not described"]
    sonarr.violations.clear()


def test_a_violation_fails_the_test_that_made_it() -> None:
    fake = FakeSonarr()
    fake.state.status["version"] = 4
    with pytest.raises(AssertionError, match="version: 4 is not of type"), serve(fake):
        ask(fake, "GET", "/api/v3/system/status")
    fake = FakeSonarr()
    fake.state.status["version"], fake.validated = 4, False
    with serve(fake):
        ask(fake, "GET", "/api/v3/system/status")
