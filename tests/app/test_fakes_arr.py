"""The stand-ins of Sonarr and Radarr behave as the real ones do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.asking import ask
from tests.app.fakes import FakeRadarr, FakeSonarr, serve

API = "/api/v3"


def names(errors: list[dict[str, Any]]) -> list[str]:
    return [error["propertyName"] for error in errors]


def test_the_key(sonarr: FakeSonarr) -> None:
    for key in ("", "wrong"):
        assert ask(sonarr, "GET", f"{API}/health", key=key).status_code == 401
    assert ask(sonarr, "GET", f"{API}/health", key="", params={"apikey": sonarr.api_key}).status_code == 200


def test_what_is_elsewhere_is_the_user_interface(sonarr: FakeSonarr) -> None:
    answer = ask(sonarr, "GET", "/sonarr/api/v3/health")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    sonarr.state.config["host"]["authenticationMethod"] = "forms"
    answer = ask(sonarr, "GET", "/sonarr/api/v3/health")
    assert (answer.status_code, answer.headers["location"]) == (302, "/login?returnUrl=%2Fsonarr%2Fapi%2Fv3%2Fhealth")
    answer = ask(sonarr, "GET", f"{API}/none")
    assert (answer.status_code, answer.json()) == (404, {"message": "NotFound"})


def test_a_url_base() -> None:
    fake = FakeSonarr(url_base="/sonarr/")
    with serve(fake) as url:
        assert url.endswith("/sonarr")
        assert ask(fake, "GET", f"{API}/system/status").json()["urlBase"] == "/sonarr"
        fake.url = url.removesuffix("/sonarr")
        answer = ask(fake, "GET", f"{API}/queue", params={"page": 2})
        assert (answer.status_code, answer.headers["location"]) == (307, "/sonarr/api/v3/queue?page=2")
    assert [request.path for request in fake.requests] == [f"{API}/system/status", f"{API}/queue"]


def test_an_object_is_replaced_as_a_whole(sonarr: FakeSonarr) -> None:
    wanted = {"id": 1, "enableCompletedDownloadHandling": True}
    answer = ask(sonarr, "PUT", f"{API}/config/downloadclient/1", json=wanted)
    assert answer.status_code == 202
    stored = ask(sonarr, "GET", f"{API}/config/downloadclient").json()
    assert answer.json() == stored == sonarr.state.config["downloadclient"]
    # A switch that is left out is off; a text stays.
    assert (stored["autoRedownloadFailed"], stored["downloadClientWorkingFolders"]) == (False, "_UNPACK_|_FAILED_")


@pytest.mark.parametrize(
    ("resource", "change", "named"),
    [
        ("config/mediamanagement", {"minimumFreeSpaceWhenImporting": 99, "recycleBin": "bin"}, 2),
        ("config/naming", {"standardEpisodeFormat": "{Series Title}"}, 1),
        ("config/naming", {"seasonFolderFormat": None}, 1),
        ("config/host", {"authenticationMethod": "forms"}, 2),
        ("config/host", {"instanceName": "Mine"}, 1),
        ("config/host", {"username": "a", "password": "b", "passwordConfirmation": "c"}, 1),
        ("qualityprofile/4", {"cutoff": 1}, 1),
        ("downloadclient/1", {"name": ""}, 1),
    ],
)
def test_what_is_not_valid_is_told_in_a_list(
    sonarr: FakeSonarr, resource: str, change: dict[str, Any], named: int
) -> None:
    current = ask(sonarr, "GET", f"{API}/{resource}").json()
    path = f"{API}/{resource}" if resource[-1].isdigit() else f"{API}/{resource}/1"
    answer = ask(sonarr, "PUT", path, json={**current, **change})
    assert (answer.status_code, len(answer.json())) == (400, named)
    assert {"propertyName", "errorMessage", "attemptedValue", "severity"} <= answer.json()[0].keys()
    assert ask(sonarr, "GET", f"{API}/{resource}").json() == current


@pytest.mark.parametrize("change", [{"renameEpisodes": "yes"}, {"multiEpisodeStyle": "5"}, {"animeEpisodeFormat": 1}])
def test_what_is_of_the_wrong_kind_is_a_problem_document(sonarr: FakeSonarr, change: dict[str, Any]) -> None:
    answer = ask(sonarr, "PUT", f"{API}/config/naming/1", json={**sonarr.state.config["naming"], **change})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert list(answer.json()["errors"]) == [f"$.{name}" for name in change]


def test_secrets_are_masked_and_survive(radarr: FakeRadarr) -> None:
    (client,) = ask(radarr, "GET", f"{API}/downloadclient").json()
    secrets = {field["name"]: field.get("value") for field in client["fields"] if field["privacy"] != "normal"}
    assert secrets == {"apiKey": "********", "username": "", "password": ""}
    client["removeFailedDownloads"] = False
    answer = ask(radarr, "PUT", f"{API}/downloadclient/1", json=client)
    assert (answer.status_code, answer.json()) == (202, client)
    (stored,) = radarr.state.collections["downloadclient"]
    assert stored["fields"][4]["value"] == "fedcba9876543210fedcba9876543210"


def test_a_download_client_is_asked_before_it_is_saved(sonarr: FakeSonarr) -> None:
    sonarr.state.client_test = "Unable to connect to SABnzbd"
    (client,) = ask(sonarr, "GET", f"{API}/downloadclient").json()
    assert ask(sonarr, "PUT", f"{API}/downloadclient/1", json=client).status_code == 202
    client["priority"] = 2
    answer = ask(sonarr, "PUT", f"{API}/downloadclient/1", json=client)
    assert (answer.status_code, names(answer.json())) == (400, ["Host"])
    answer = ask(sonarr, "PUT", f"{API}/downloadclient/1", json=client, params={"forceSave": "true"})
    assert answer.json()["priority"] == 2
    assert ask(sonarr, "PUT", f"{API}/downloadclient/9", json=client).status_code == 404


def test_pages_of_the_queue(sonarr: FakeSonarr) -> None:
    sonarr.add_to_queue(episodes=25)
    sonarr.add_to_queue(seriesId=None, episodeId=None)
    page = ask(sonarr, "GET", f"{API}/queue", params={"page": 3}).json()
    assert (page["page"], page["pageSize"], page["totalRecords"], len(page["records"])) == (3, 10, 25, 5)
    assert {row["downloadId"] for row in page["records"]} == {"SABnzbd_nzo_00000001"}
    # Beyond the last page there is an earlier one.
    assert ask(sonarr, "GET", f"{API}/queue", params={"page": 9}).json()["page"] == 2
    everything = {"includeUnknownSeriesItems": "true", "pageSize": 100}
    rows = ask(sonarr, "GET", f"{API}/queue", params=everything).json()["records"]
    assert (len(rows), "seriesId" in rows[-1]) == (26, False)


def test_a_failed_pack_is_removed_blocklisted_and_searched_for(sonarr: FakeSonarr) -> None:
    first, *_ = sonarr.add_to_queue(episodes=3)
    other, *_ = sonarr.add_to_queue()
    assert ask(sonarr, "DELETE", f"{API}/queue/2", params={"blocklist": "true"}).json() == {}
    assert sonarr.state.queue == [other]
    assert sonarr.state.removed_from_client == [first["downloadId"]]
    assert [entry["episodeId"] for entry in sonarr.state.blocklist] == sonarr.state.searches == [1, 2, 3]
    failed = {"downloadId": first["downloadId"], "eventType": 4}
    assert ask(sonarr, "GET", f"{API}/history", params=failed).json()["totalRecords"] == 3
    assert ask(sonarr, "DELETE", f"{API}/queue/2").status_code == 404


def test_searching_again_can_be_skipped_or_off(radarr: FakeRadarr) -> None:
    radarr.add_to_queue()
    options = {"removeFromClient": "false", "blocklist": "true", "skipRedownload": "true"}
    ask(radarr, "DELETE", f"{API}/queue/1", params=options)
    assert (len(radarr.state.blocklist), radarr.state.searches, radarr.state.removed_from_client) == (1, [], [])
    radarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    radarr.add_to_queue(movieId=7)
    ask(radarr, "DELETE", f"{API}/queue/2", params={"blocklist": "true"})
    assert (len(radarr.state.blocklist), radarr.state.searches) == (2, [])


def test_what_it_did_not_grab_is_not_blocklisted(radarr: FakeRadarr) -> None:
    radarr.add_to_queue(grabbed=False)
    ask(radarr, "DELETE", f"{API}/queue/1", params={"blocklist": "true"})
    assert (radarr.state.queue, radarr.state.blocklist, radarr.state.searches) == ([], [], [])


def test_history(sonarr: FakeSonarr) -> None:
    sonarr.add_to_queue(added="2026-02-01T12:00:00Z")
    (row,) = sonarr.add_to_queue(added="2026-03-01T12:00:00Z")
    found = ask(sonarr, "GET", f"{API}/history/since", params={"date": "2026-02-15T00:00:00Z"}).json()
    assert [event["downloadId"] for event in found] == [row["downloadId"]]
    newest_first = ask(sonarr, "GET", f"{API}/history").json()["records"]
    assert [event["id"] for event in newest_first] == [2, 1]
    assert ask(sonarr, "POST", f"{API}/history/failed/2").json() == {}
    assert sonarr.state.searches == [row["episodeId"]]
    assert row not in sonarr.state.queue
    assert ask(sonarr, "POST", f"{API}/history/failed/9").status_code == 404
    for path, query in (("history", {"eventType": "failed"}), ("history/since", {"date": "soon"})):
        assert ask(sonarr, "GET", f"{API}/{path}", params=query).status_code == 400


def test_a_command_runs_its_course(radarr: FakeRadarr) -> None:
    answer = ask(radarr, "POST", f"{API}/command", json={"name": "MoviesSearch", "movieIds": [3, 4]})
    assert (answer.status_code, answer.json()["commandName"]) == (201, "Movies Search")
    seen = [ask(radarr, "GET", f"{API}/command/{answer.json()['id']}").json() for _ in range(4)]
    assert [command["status"] for command in seen] == ["queued", "started", "completed", "completed"]
    assert radarr.state.searches == [3, 4]
    assert ask(radarr, "POST", f"{API}/command", json={"name": "EpisodeSearch"}).status_code == 500
    assert names(ask(radarr, "POST", f"{API}/command", json={}).json()) == ["Name"]


def test_a_series_is_looked_up_and_added_once(sonarr: FakeSonarr) -> None:
    sonarr.state.known[7] = sonarr.make_series(7, id=None, tvdbId=7, title="Seven")
    (found,) = ask(sonarr, "GET", f"{API}/series/lookup", params={"term": "tvdb:7"}).json()
    assert "id" not in found
    wanted = {**found, "path": "", "rootFolderPath": "/media/tv/", "qualityProfileId": 4}
    for change, named in (({"rootFolderPath": "/tv"}, "RootFolderPath"), ({"qualityProfileId": 9}, "QualityProfileId")):
        refused = ask(sonarr, "POST", f"{API}/series", json={**wanted, **change})
        assert (refused.status_code, names(refused.json())) == (400, [named])
    added = ask(sonarr, "POST", f"{API}/series", json=wanted)
    assert (added.status_code, added.json()["path"]) == (201, "/media/tv/Seven")
    (found,) = ask(sonarr, "GET", f"{API}/series/lookup", params={"term": "tvdb:7"}).json()
    assert found["id"] == added.json()["id"] == 1
    again = ask(sonarr, "POST", f"{API}/series", json=wanted)
    assert (again.status_code, again.json()[0]["errorCode"]) == (400, "SeriesExistsValidator")
    assert ask(sonarr, "GET", f"{API}/series", params={"tvdbId": 7}).json() == [added.json()]


def test_a_movie_is_looked_up_added_and_missing(radarr: FakeRadarr) -> None:
    radarr.state.known[8] = radarr.make_movie(8, id=None, tmdbId=8, title="Eight")
    assert ask(radarr, "GET", f"{API}/movie/lookup/tmdb", params={"tmdbId": 9}).status_code == 404
    found = ask(radarr, "GET", f"{API}/movie/lookup/tmdb", params={"tmdbId": 8}).json()
    options = {"rootFolderPath": "/media/movies", "qualityProfileId": 6, "addOptions": {"searchForMovie": True}}
    added = ask(radarr, "POST", f"{API}/movie", json={**found, **options, "path": None})
    assert (added.status_code, radarr.state.searches) == (201, [1])
    assert ask(radarr, "GET", f"{API}/wanted/missing").json()["records"] == [added.json()]
    assert ask(radarr, "GET", f"{API}/movie", params={"tmdbId": 8}).json() == [added.json()]


def test_what_only_reads_is_no_write(sonarr: FakeSonarr) -> None:
    ask(sonarr, "GET", f"{API}/queue", params={"page": 1})
    ask(sonarr, "POST", f"{API}/command", json={"name": "RssSync"})
    assert sonarr.requests[0] == ("GET", f"{API}/queue", {"page": "1"}, None)
    assert sonarr.writes == [("POST", f"{API}/command", {}, {"name": "RssSync"})]
