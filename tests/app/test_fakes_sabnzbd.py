"""The stand-in of SABnzbd behaves as the real one does; tests/sabnzbd say how that is."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.app.asking import ask
from tests.app.fakes import FakeSabnzbd
from tests.app.fakes.sabnzbd_data import history_slot, server, slot, sorter

JSON = "application/json;charset=UTF-8"


def api(sabnzbd: FakeSabnzbd, mode: str, **fields: Any) -> Any:
    answer = ask(sabnzbd, "GET", "/api", params={"mode": mode, "apikey": sabnzbd.api_key, "output": "json", **fields})
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    return answer.json()


@pytest.mark.parametrize(("key", "said"), [("wrong", "API Key Incorrect"), ("", "API Key Required")])
def test_the_key(sabnzbd: FakeSabnzbd, key: str, said: str) -> None:
    answer = ask(sabnzbd, "GET", "/api", params={"mode": "queue", "apikey": key})
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (403, "text/html;charset=utf-8", said)
    assert api(sabnzbd, "version", apikey=key) == {"version": sabnzbd.state.version}


def test_it_is_at_the_root_as_well(sabnzbd: FakeSabnzbd) -> None:
    assert sabnzbd.url.endswith("/sabnzbd")
    sabnzbd.url = sabnzbd.url.removesuffix("/sabnzbd")
    assert api(sabnzbd, "pause") == {"status": True}
    fields = {"mode": "resume", "apikey": sabnzbd.api_key}
    assert httpx2.post(f"{sabnzbd.url}/api", data=fields).json() == {"status": True}
    assert ask(sabnzbd, "GET", "/none").status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"mode": "nonsense"}, {"status": False, "error": "not implemented"}),
        ({"mode": "retry", "value": "none"}, {"status": False, "error": "item does not exist"}),
        ({"mode": "queue", "name": "delete", "value": "none"}, {"status": False, "nzo_ids": []}),
        (
            {"mode": "set_config", "section": "misc", "keyword": "none", "value": 1},
            {"status": False, "error": "Config item does not exist"},
        ),
        ({"mode": "get_config", "section": "none"}, {"config": {}}),
        ({"mode": "get_config", "section": "sorters"}, {"config": {}}),
        ({"mode": "get_config", "section": "misc", "keyword": "none"}, {"config": {}}),
        ({"mode": "get_config", "section": "servers", "keyword": "none"}, {"config": {}}),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if "mode" in value else "",
)
def test_what_does_not_exist(sabnzbd: FakeSabnzbd, words: dict[str, Any], said: dict[str, Any]) -> None:
    assert api(sabnzbd, **words) == said


def test_jobs_in_pages(sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.state.queue += [slot(0), slot(1, cat="movies")]
    sabnzbd.queued = 100_000
    queue = api(sabnzbd, "queue", start=1, limit=2)["queue"]
    assert (queue["noofslots"], [job["index"] for job in queue["slots"]]) == (100_002, [1, 2])
    assert (queue["paused"], queue["status"], float(queue["diskspace1"])) == (False, "Downloading", 500.0)
    sabnzbd.state.history += [history_slot(number) for number in range(12)]
    sabnzbd.state.history[3] |= {"status": "Failed", "fail_message": "Aborted, cannot be completed"}
    history = api(sabnzbd, "history")["history"]
    assert (history["noofslots"], len(history["slots"])) == (12, 10)
    failed = api(sabnzbd, "history", failed_only=1)["history"]
    assert (failed["noofslots"], failed["slots"][0]["name"]) == (1, "Release.3")
    assert api(sabnzbd, "history", last_history_update=history["last_history_update"]) == {"history": False}


def test_a_retried_job_is_another_one(sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.state.history.append(history_slot(1, status="Failed", category="movies"))
    old = sabnzbd.state.history[0]["nzo_id"]
    answer = api(sabnzbd, "retry", value=old)
    (job,) = api(sabnzbd, "queue")["queue"]["slots"]
    assert (answer, sabnzbd.state.history) == ({"status": True, "nzo_id": job["nzo_id"]}, [])
    assert (job["nzo_id"] == old, job["cat"], job["status"]) == (False, "movies", "Queued")
    assert api(sabnzbd, "queue", name="delete", value=job["nzo_id"])["status"]
    assert api(sabnzbd, "queue")["queue"]["status"] == "Idle"


def test_the_shapes_of_its_configuration(sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.state.config["sorters"].append(sorter("Series", 0))
    config = api(sabnzbd, "get_config")["config"]
    assert config["misc"]["api_key"] == sabnzbd.api_key
    assert (config["misc"]["password"], config["servers"][0]["password"]) == ("", "*" * 10)
    assert [entry["name"] for entry in config["categories"]] == ["*", "movies", "tv", "audio", "software"]
    assert config["sorters"][0]["sort_cats"] == ["tv"]
    assert api(sabnzbd, "get_config", section="misc", keyword="port") == {"config": {"misc": {"port": "8080"}}}
    (one,) = api(sabnzbd, "get_config", section="categories", keyword="tv")["config"]["categories"]
    assert one == config["categories"][2]


@pytest.mark.parametrize(
    ("keyword", "value", "stored"),
    [
        ("flat_unpack", "1", 1),
        ("flat_unpack", "2", 1),
        ("flat_unpack", "true", 0),
        ("action_on_unwanted_extensions", "2", 2),
        ("unwanted_extensions", ".EXE, com", ["exe", "com"]),
        ("unwanted_extensions", "exe com", ["exe", "com"]),
        ("download_free", " 20G ", "20G"),
        ("inet_exposure", "4", 0),
    ],
)
def test_a_setting_becomes_what_it_is(sabnzbd: FakeSabnzbd, keyword: str, value: str, stored: object) -> None:
    answer = api(sabnzbd, "set_config", section="misc", keyword=keyword, value=value)
    assert answer == {"config": {"misc": {keyword: stored}}}
    assert sabnzbd.state.config["misc"][keyword] == stored


def test_entries_are_set_by_their_fields(sabnzbd: FakeSabnzbd) -> None:
    answer = api(sabnzbd, "set_config", section="categories", keyword="TV", dir="shows", priority=1)
    (one,) = answer["config"]["categories"]
    assert (one["name"], one["dir"], one["priority"]) == ("tv", "shows", 1)
    sabnzbd.state.config["servers"].append(server("other", ssl=0))
    api(sabnzbd, "set_config", section="servers", keyword="other", ssl=1, password="*" * 10)
    stored = sabnzbd.state.config["servers"][1]
    assert (stored["ssl"], stored["password"]) == (1, "a news server's password")
    api(sabnzbd, "set_config", section="sorters", name="Mine", sort_cats="tv, movies", is_active=0)
    assert sabnzbd.state.config["sorters"][0]["sort_cats"] == ["tv", "movies"]


def test_status_and_warnings(sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.state.warnings.append({"type": "WARNING", "text": "x", "time": 1, "origin": "y"})
    status = api(sabnzbd, "fullstatus", skip_dashboard=1)["status"]
    assert (status["paused"], status["servers"][0]["serverssl"]) == (False, 1)
    assert api(sabnzbd, "warnings")["warnings"] == sabnzbd.state.warnings


def test_which_modes_are_writes(sabnzbd: FakeSabnzbd) -> None:
    for mode in ("queue", "history", "get_config", "pause", "resume"):
        api(sabnzbd, mode)
    api(sabnzbd, "queue", name="delete", value="x")
    assert [write.query["mode"] for write in sabnzbd.writes] == ["pause", "resume", "queue"]
