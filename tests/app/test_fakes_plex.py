"""The stand-in of Plex behaves as the real one does."""

from __future__ import annotations

import httpx2

from tests.app.asking import ask
from tests.app.fakes import FakePlex


def test_its_identity_needs_no_token(plex: FakePlex) -> None:
    answer = ask(plex, "GET", "/identity", key="")
    assert answer.json()["MediaContainer"]["version"] == plex.state.version
    answer = ask(plex, "GET", "/library/sections", key="wrong")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html")
    assert ask(plex, "GET", "/library/sections", key="", params={"X-Plex-Token": plex.api_key}).status_code == 200
    assert ask(plex, "GET", "/none").status_code == 404


def test_it_speaks_xml_unless_asked_for_json(plex: FakePlex) -> None:
    answer = httpx2.get(f"{plex.url}/library/sections", headers={"X-Plex-Token": plex.api_key})
    assert answer.headers["content-type"].startswith("text/xml")
    assert 'size="2"' in answer.text


def test_empty_lists_are_left_out(plex: FakePlex) -> None:
    assert ask(plex, "GET", "/status/sessions").json() == {"MediaContainer": {"size": 0}}
    plex.state.sessions.append({"title": "A", "type": "movie", "key": "/a", "addedAt": 1, "Player": {"title": "TV"}})
    assert ask(plex, "GET", "/status/sessions").json()["MediaContainer"]["Metadata"][0]["title"] == "A"


def test_a_scan_is_a_write(plex: FakePlex) -> None:
    (movies, series) = ask(plex, "GET", "/library/sections").json()["MediaContainer"]["Directory"]
    assert series["Location"] == [{"id": 2, "path": "/media/tv"}]
    answer = ask(plex, "GET", f"/library/sections/{movies['key']}/refresh", params={"path": "/media/movies/A"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert plex.state.refreshed == [("1", "/media/movies/A")]
    assert [request.path for request in plex.writes] == ["/library/sections/1/refresh"]
    assert ask(plex, "GET", "/library/sections/9/refresh").status_code == 404


def test_preferences_are_of_kinds(plex: FakePlex) -> None:
    wanted = {"autoEmptyTrash": "0", "secureConnections": "2", "GenerateBIFBehavior": "asap", "FriendlyName": "7"}
    assert ask(plex, "PUT", "/:/prefs", params=wanted).status_code == 200
    settings = ask(plex, "GET", "/:/prefs").json()["MediaContainer"]["Setting"]
    values = {setting["id"]: setting["value"] for setting in settings}
    assert [values[name] for name in wanted] == [False, 2, "asap", "7"]
    answer = ask(plex, "PUT", "/:/prefs", params={"autoEmptyTrash": "1", "none": "1"})
    assert (answer.status_code, plex.preference("autoEmptyTrash")) == (400, False)


def test_a_search_gives_hubs(plex: FakePlex) -> None:
    plex.state.media.append({"title": "Seven", "type": "movie", "key": "/m/7", "addedAt": 1, "ratingKey": "7"})
    hubs = ask(plex, "GET", "/hubs/search", params={"query": "seve"}).json()["MediaContainer"]["Hub"]
    assert [(hub["type"], hub["size"]) for hub in hubs] == [("movie", 1), ("show", 0), ("episode", 0)]
    assert hubs[0]["Metadata"][0]["ratingKey"] == "7"
