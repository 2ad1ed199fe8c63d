"""What writing its configuration does: to the answers, to its file, and whether the old values bring the file back."""

from __future__ import annotations

import http.client
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from automation.sabnzbd import Sabnzbd
from tests.sabnzbd.conftest import Start, with_server
from tests.sabnzbd.downloads import use_server
from tests.sabnzbd.inifile import changed, ini
from tests.sabnzbd.nntp import Server


@pytest.mark.parametrize(
    ("change", "line", "back"),
    [
        (
            {"section": "misc", "keyword": "fail_hopeless_jobs", "value": 0},
            ("fail_hopeless_jobs = 1", "fail_hopeless_jobs = 0"),
            {"value": 1},
        ),
        (
            {"section": "misc", "keyword": "unwanted_extensions", "value": "exe,com"},
            ("unwanted_extensions = ,", "unwanted_extensions = exe, com"),
            {"value": ""},
        ),
        (
            {"section": "misc", "keyword": "download_free", "value": "10G"},
            ('download_free = ""', "download_free = 10G"),
            {"value": ""},
        ),
        (
            {"section": "misc", "keyword": "history_retention_option", "value": "days-keep"},
            ("history_retention_option = all", "history_retention_option = days-keep"),
            {"value": "all"},
        ),
        ({"section": "servers", "keyword": "stub", "ssl": 1}, ("ssl = 0", "ssl = 1"), {"ssl": 0}),
        ({"section": "categories", "keyword": "tv", "dir": "tv*"}, ("dir = tv", "dir = tv*"), {"dir": "tv"}),
        (
            {"section": "sorters", "keyword": "Series", "is_active": 0},
            ("is_active = 1", "is_active = 0"),
            {"is_active": 1},
        ),
        (
            {"section": "sorters", "keyword": "Series", "sort_cats": "tv"},
            ("sort_cats = tv, movies", "sort_cats = tv,"),
            {"sort_cats": "tv,movies"},
        ),
    ],
    ids=lambda value: f"{value['section']} {value['keyword']}" if "section" in value else "",
)
def test_the_old_value_brings_the_file_back_to_the_byte(
    sabnzbd: Sabnzbd, change: dict[str, Any], line: tuple[str, str], back: dict[str, Any]
) -> None:
    before = ini(sabnzbd)
    sabnzbd.ask("set_config", **change)
    assert changed(before, ini(sabnzbd)) == [line]
    sabnzbd.ask("set_config", **{**change, **back})
    assert ini(sabnzbd) == before


def test_a_switch_is_answered_as_a_boolean_once_it_was_set(sabnzbd: Sabnzbd) -> None:
    def now() -> Any:
        return sabnzbd.ask("get_config", section="misc", keyword="flat_unpack").json()["config"]["misc"]["flat_unpack"]

    assert now() == 0
    assert not isinstance(now(), bool)
    answer = sabnzbd.ask("set_config", section="misc", keyword="flat_unpack", value=1).json()
    assert answer == {"config": {"misc": {"flat_unpack": True}}}
    assert now() is True


def test_of_a_repeated_value_only_the_first_counts(sabnzbd: Sabnzbd) -> None:
    answer = sabnzbd.ask("set_config", section="misc", keyword="unwanted_extensions", value=["exe", "com"]).json()
    assert answer == {"config": {"misc": {"unwanted_extensions": ["exe"]}}}


def test_stars_leave_a_password_as_it_is(sabnzbd: Sabnzbd) -> None:
    before = ini(sabnzbd)
    sabnzbd.ask("set_config", section="servers", keyword="stub", password="*" * 10)
    assert ini(sabnzbd) == before
    sabnzbd.ask("set_config", section="servers", keyword="stub", password="other")
    assert changed(before, ini(sabnzbd)) == [("password = s3cret", "password = other")]


@pytest.mark.parametrize(("section", "field"), [("servers", "ssl"), ("sorters", "is_active"), ("categories", "order")])
def test_an_entry_that_is_not_there_is_made(sabnzbd: Sabnzbd, section: str, field: str) -> None:
    fields: dict[str, Any] = {field: 1}
    answer = sabnzbd.ask("set_config", section=section, keyword="missing", **fields).json()
    assert [entry["name"] for entry in answer["config"][section]] == ["missing"]
    assert "[[missing]]" in ini(sabnzbd).splitlines()


def test_a_number_out_of_its_range_becomes_the_nearest(sabnzbd: Sabnzbd) -> None:
    answer = sabnzbd.ask("set_config", section="servers", keyword="stub", port=99_999).json()
    assert answer["config"]["servers"][0]["port"] == 65_535


def test_a_server_with_a_quota_forgets_what_it_used_unless_the_quota_is_written_too(
    start_sabnzbd: Start, news: Server, tmp_path: Path
) -> None:
    sabnzbd = start_sabnzbd(with_server(news, quota="5G"))
    use_server(sabnzbd, tmp_path)
    before = ini(sabnzbd)
    sabnzbd.ask("set_config", section="servers", keyword="stub", ssl=1, quota="5G")
    assert changed(before, ini(sabnzbd)) == [("ssl = 0", "ssl = 1")]
    sabnzbd.ask("set_config", section="servers", keyword="stub", ssl=0)
    ((old, new),) = changed(before, ini(sabnzbd))
    assert (old, new.partition(" = ")[0]) == ("usage_at_start = 0", "usage_at_start")


def test_it_keeps_the_file_at_its_end(sabnzbd: Sabnzbd) -> None:
    sabnzbd.ask("set_config", section="misc", keyword="flat_unpack", value=1)
    before = ini(sabnzbd)
    # It may be gone before it has answered, or amid its answer.
    with suppress(ConnectionError, http.client.HTTPException):
        sabnzbd.ask("shutdown")
    deadline = time.monotonic() + 60
    while sabnzbd.answers():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert ini(sabnzbd) == before
