"""What the API answers: status, media type and shape, where AutoArr relies on it."""

from __future__ import annotations

from typing import Any

import pytest

from automation.sabnzbd import Sabnzbd
from tests.sabnzbd import nntp
from tests.sabnzbd.conftest import Start, with_server

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=utf-8"


@pytest.mark.parametrize(("mode", "key"), [("queue", "wrong"), ("get_config", "wrong"), ("nonsense", "wrong")])
def test_a_wrong_key_is_403_and_no_json(sabnzbd: Sabnzbd, mode: str, key: str) -> None:
    answer = sabnzbd.ask(mode, api_key=key)
    assert (answer.status, answer.content_type, answer.body) == (403, HTML, b"API Key Incorrect")
    answer = sabnzbd.ask(mode, api_key="")
    assert (answer.status, answer.content_type, answer.body) == (403, HTML, b"API Key Required")


def test_its_version_needs_no_key(sabnzbd: Sabnzbd) -> None:
    answer = sabnzbd.ask("version", api_key="")
    assert (answer.status, answer.content_type) == (200, JSON)
    assert list(answer.json()) == ["version"]
    assert answer.json()["version"].split(".")[0].isdigit()


def test_an_unknown_mode_is_a_success_that_says_no(sabnzbd: Sabnzbd) -> None:
    answer = sabnzbd.ask("nonsense")
    assert (answer.status, answer.content_type) == (200, JSON)
    assert answer.json() == {"status": False, "error": "not implemented"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"mode": "retry", "value": "none"}, {"status": False, "error": "item does not exist"}),
        ({"mode": "queue", "name": "delete", "value": "none"}, {"status": False, "nzo_ids": []}),
        (
            {"mode": "set_config", "section": "misc", "keyword": "none", "value": 1},
            {"status": False, "error": "Config item does not exist"},
        ),
        ({"mode": "get_config", "section": "none"}, {"config": {}}),
        ({"mode": "get_config", "section": "misc", "keyword": "none"}, {"config": {}}),
        ({"mode": "get_config", "section": "servers", "keyword": "none"}, {"config": {}}),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if "mode" in value else "",
)
def test_what_does_not_exist(sabnzbd: Sabnzbd, words: dict[str, Any], said: dict[str, Any]) -> None:
    answer = sabnzbd.ask(**words)
    assert (answer.status, answer.json()) == (200, said)


def test_numbers_of_the_queue_are_texts(sabnzbd: Sabnzbd) -> None:
    queue = sabnzbd.ask("queue", start=0, limit=10).json()["queue"]
    assert (queue["paused"], queue["status"], queue["slots"], queue["noofslots_total"]) == (False, "Idle", [], 0)
    for name in ("diskspace1", "diskspace2", "diskspacetotal1", "diskspacetotal2", "mb", "mbleft", "kbpersec"):
        assert float(queue[name]) >= 0
        assert isinstance(queue[name], str)


def test_an_empty_history(sabnzbd: Sabnzbd) -> None:
    history = sabnzbd.ask("history", start=0, limit=10, failed_only=1).json()["history"]
    assert (history["slots"], history["noofslots"], history["ppslots"]) == ([], 0, 0)


def test_a_section_without_entries_is_left_out(start_sabnzbd: Start) -> None:
    bare = start_sabnzbd()
    assert bare.ask("get_config", section="sorters").json() == {"config": {}}
    assert bare.ask("get_config", section="servers").json() == {"config": {}}
    assert "sorters" not in bare.ask("get_config").json()["config"]


def test_the_shapes_of_its_configuration(sabnzbd: Sabnzbd, news: nntp.Server) -> None:
    config = sabnzbd.ask("get_config").json()["config"]
    assert {"misc", "servers", "categories", "sorters", "logging"} <= set(config)
    misc = config["misc"]
    for name in ("fail_hopeless_jobs", "safe_postproc", "enable_recursive", "flat_unpack", "ignore_samples"):
        assert misc[name] in (0, 1)
    assert misc["unwanted_extensions"] == []
    assert misc["action_on_unwanted_extensions"] == 0
    assert (misc["port"], misc["download_free"]) == (str(sabnzbd.port), "")
    (server,) = config["servers"]
    assert (server["name"], server["ssl"], server["enable"], server["port"]) == ("stub", 0, 1, news.port)
    first, tv, movies = config["categories"]
    assert [first["name"], tv["name"], movies["name"]] == ["*", "tv", "movies"]
    assert (first["pp"], tv["dir"], tv["priority"]) == ("3", "tv", -100)
    (sorter,) = config["sorters"]
    assert (sorter["sort_cats"], sorter["sort_type"], sorter["is_active"]) == (["tv", "movies"], [1], 1)


def test_passwords_are_stars_and_keys_are_not(sabnzbd: Sabnzbd) -> None:
    config = sabnzbd.ask("get_config").json()["config"]
    assert config["servers"][0]["password"] == "*" * 10
    assert config["misc"]["password"] == ""
    assert config["misc"]["api_key"] == sabnzbd.api_key
    assert "password = s3cret" in sabnzbd.config.read_text(encoding="utf-8").splitlines()


def test_categories_of_old_can_have_capitals(start_sabnzbd: Start, news: nntp.Server) -> None:
    sections = with_server(news)
    sabnzbd = start_sabnzbd({**sections, "categories": {"*": sections["categories"]["*"], "TV": {"dir": "TV"}}})

    def now() -> list[tuple[str, str]]:
        listed = sabnzbd.ask("get_config", section="categories").json()["config"]["categories"]
        return sorted((entry["name"], entry["dir"]) for entry in listed)

    assert now() == [("*", ""), ("TV", "TV")]
    # What is written to one goes to another, made for it.
    sabnzbd.ask("set_config", section="categories", keyword="TV", dir="shows")
    assert now() == [("*", ""), ("TV", "TV"), ("tv", "shows")]
