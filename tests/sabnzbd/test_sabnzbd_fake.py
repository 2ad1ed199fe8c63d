"""The stand-in that AutoArr's tests use, asked what the real SABnzbd is asked: what it says has to be true of both."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.sabnzbd import Answer, Sabnzbd
from tests.app.fakes import FakeSabnzbd, sabnzbd_data, serve
from tests.sabnzbd.downloads import add, wait_for_failure

QUESTIONS: tuple[dict[str, Any], ...] = (
    {"mode": "version"},
    {"mode": "auth"},
    {"mode": "queue"},
    {"mode": "queue", "start": 0, "limit": 1},
    {"mode": "history"},
    {"mode": "history", "failed_only": 1, "limit": 5},
    {"mode": "warnings"},
    {"mode": "get_cats"},
    {"mode": "get_config"},
    {"mode": "get_config", "section": "misc"},
    {"mode": "get_config", "section": "misc", "keyword": "flat_unpack"},
    {"mode": "get_config", "section": "misc", "keyword": "none"},
    {"mode": "get_config", "section": "servers"},
    {"mode": "get_config", "section": "servers", "keyword": "stub"},
    {"mode": "get_config", "section": "servers", "keyword": "none"},
    {"mode": "get_config", "section": "categories"},
    {"mode": "get_config", "section": "categories", "keyword": "tv"},
    {"mode": "get_config", "section": "sorters"},
    {"mode": "get_config", "section": "none"},
    {"mode": "nonsense"},
    {"mode": "retry", "value": "none"},
    {"mode": "queue", "name": "delete", "value": "none"},
    {"mode": "set_config", "section": "misc", "keyword": "none", "value": 1},
)

# What version 5 says as well; the stand-in may be ahead of Debian.
LATER = frozenset({"time_added"})


@pytest.fixture
def fake() -> Iterator[FakeSabnzbd]:
    """The stand-in, with what the real one has: a download of each kind, a server with a password, a sorter."""
    fake = FakeSabnzbd(queued=1)
    fake.state.paused = True
    fake.state.history = [sabnzbd_data.history_slot(1, status="Failed", fail_message="it failed")]
    fake.state.config["servers"] = [sabnzbd_data.server("stub", username="reader", password="s3cret")]
    fake.state.config["sorters"] = [sabnzbd_data.sorter("Series", 0)]
    with serve(fake):
        yield fake


@pytest.fixture
def real(sabnzbd: Sabnzbd, tmp_path: Path) -> Sabnzbd:
    """The real one, with a failed download and one that waits."""
    wait_for_failure(sabnzbd, add(sabnzbd, tmp_path, "Some.Show.S01E01", cat="tv"))
    sabnzbd.ask("pause")
    add(sabnzbd, tmp_path, "Some.Show.S01E02", cat="tv")
    return sabnzbd


def ask(fake: FakeSabnzbd, api_key: str, **words: Any) -> Answer:
    """What :meth:`Sabnzbd.ask` does."""
    query = urllib.parse.urlencode({"output": "json", **({"apikey": api_key} if api_key else {}), **words}, doseq=True)
    try:
        with urllib.request.urlopen(f"{fake.url}/api?{query}", timeout=10) as got:
            return Answer(status=got.status, content_type=got.headers["Content-Type"], body=got.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(status=error.code, content_type=error.headers["Content-Type"], body=error.read())


def kind(value: Any) -> str:
    """What JSON calls it; truth comes as 0, 1 or true."""
    if isinstance(value, bool) or value in (0, 1):
        return "a number"
    return {int: "a number", float: "a number", str: "a text", dict: "an object", list: "a list"}.get(
        type(value), "nothing"
    )


def differences(fake: Any, real: Any, place: str = "") -> list[str]:
    """Where what the stand-in says is not what the real one says: a key it lacks, a value of another kind."""
    if kind(fake) != kind(real):
        return [] if "nothing" in (kind(fake), kind(real)) else [f"{place}: {kind(fake)}, not {kind(real)}"]
    if isinstance(fake, dict):
        unknown = [f"{place}.{name}: there is none" for name in fake if name not in {*real, *LATER}]
        known = [differences(fake[name], real[name], f"{place}.{name}") for name in fake if name in real]
        return [*unknown, *(found for each in known for found in each)]
    if isinstance(fake, list) and fake and real:
        return [found for each in fake for found in differences(each, real[0], f"{place}[]")]
    return []


def test_a_difference_is_found() -> None:
    assert differences({"a": [{"b": "1"}], "d": None}, {"a": [{"b": 1, "c": 2}], "d": ""}) == [
        ".a[].b: a text, not a number"
    ]
    assert differences({"a": 1}, {"b": True}) == [".a: there is none"]


def compare(real: Sabnzbd, fake: FakeSabnzbd, words: dict[str, Any]) -> list[str]:
    """How the answers to one question differ."""
    true, said = real.ask(**words), ask(fake, fake.api_key, **words)
    wrong = differences(said.json(), true.json())
    if (said.status, said.content_type.lower()) != (true.status, true.content_type.lower()):
        wrong.append(f"{said.status} {said.content_type}, not {true.status} {true.content_type}")
    if "error" in true.json() and true.json() != said.json():
        wrong.append(f"{said.json()}, not {true.json()}")
    return wrong


def test_both_answer_alike(real: Sabnzbd, fake: FakeSabnzbd) -> None:
    compared = {" ".join(map(str, words.values())): compare(real, fake, words) for words in QUESTIONS}
    assert {question: wrong for question, wrong in compared.items() if wrong} == {}


def test_both_tell_their_status_alike(real: Sabnzbd, fake: FakeSabnzbd) -> None:
    assert compare(real, fake, {"mode": "fullstatus", "skip_dashboard": 1}) == []


@pytest.mark.parametrize("key", ["", "wrong"])
def test_both_refuse_a_key_alike(real: Sabnzbd, fake: FakeSabnzbd, key: str) -> None:
    true, said = real.ask("queue", api_key=key), ask(fake, key, mode="queue")
    assert (said.status, said.content_type, said.body) == (true.status, true.content_type, true.body)


CHANGES: tuple[dict[str, Any], ...] = (
    {"section": "misc", "keyword": "flat_unpack", "value": 1},
    {"section": "misc", "keyword": "flat_unpack", "value": "false"},
    {"section": "misc", "keyword": "unwanted_extensions", "value": "exe, com"},
    {"section": "misc", "keyword": "unwanted_extensions", "value": ""},
    {"section": "misc", "keyword": "download_free", "value": "10G"},
    {"section": "misc", "keyword": "history_retention_option", "value": "days-delete"},
    {"section": "servers", "keyword": "stub", "ssl": 1},
    {"section": "servers", "keyword": "stub", "password": "**********"},
    {"section": "categories", "keyword": "tv", "dir": "tv*"},
    {"section": "categories", "keyword": "TV", "dir": "shows"},
    {"section": "categories", "keyword": "Anime", "dir": "anime"},
    {"section": "sorters", "keyword": "Series", "is_active": 0, "sort_cats": "tv,movies"},
)


@pytest.mark.parametrize("words", CHANGES, ids=lambda words: " ".join(map(str, words.values())))
def test_both_take_a_change_alike(sabnzbd: Sabnzbd, fake: FakeSabnzbd, words: dict[str, Any]) -> None:
    section, keyword = words["section"], words["keyword"]

    def written(config: dict[str, Any]) -> Any:
        if section == "misc":
            return config
        names = {"name", *words} - {"section", "keyword"}
        return [{name: entry[name] for name in names} for entry in config[section]]

    true = sabnzbd.ask("set_config", **words).json()
    said = ask(fake, fake.api_key, mode="set_config", **words).json()
    assert written(said["config"]) == written(true["config"])
    name = keyword.lower() if section == "categories" else keyword
    again = {"mode": "get_config", "section": section, "keyword": name}
    assert written(ask(fake, fake.api_key, **again).json()["config"]) == written(sabnzbd.ask(**again).json()["config"])
