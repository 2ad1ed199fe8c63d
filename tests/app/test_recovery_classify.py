"""From a message to the class of a failure."""

from __future__ import annotations

from typing import get_args

import pytest

from autoarr.policy import FAILURES, Failure
from autoarr.recovery.classify import classify, classify_all
from tests.app.real_messages import FOREIGN, REAL, Row

HEADING = "One or more episodes expected in this release were not imported or missing from the release"
NO_UPGRADE = "Not a quality revision upgrade for existing episode file(s)"
EXECUTABLE = "Caution: Found executable file with extension: '.exe'"
BLAMING = ("bad_release", "missing")


def test_the_table_is_large_and_has_every_class() -> None:
    assert len(REAL) >= 60
    assert len({(source, text) for source, _, text, _ in REAL}) == len(REAL)
    assert {failure for *_, failure in REAL} == set(FAILURES) == set(get_args(Failure))


@pytest.mark.parametrize("row", REAL, ids=lambda row: f"{row[0]}: {row[2][:60]}")
def test_a_real_message_has_its_class(row: Row) -> None:
    source, _, text, failure = row
    found = classify(source, text)
    assert found.failure == failure
    assert found.reason.endswith(".")
    assert classify(source, f" {text.upper()}\n").failure == failure


@pytest.mark.parametrize(("language", "text"), FOREIGN)
def test_another_language_is_asked_about(language: str, text: str) -> None:
    found = classify("sabnzbd", text, language)
    assert (found.failure, language in found.reason) == ("unclassified", True)


@pytest.mark.parametrize("language", ["en", "EN", "en_US", "en-GB"])
def test_english_is_english(language: str) -> None:
    assert classify("sabnzbd", "Duplicate NZB", language).failure == "duplicate"


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_no_message_is_asked_about(text: str) -> None:
    assert classify("sabnzbd", text).failure == "unclassified"


@pytest.mark.parametrize("row", [row for row in REAL if row[3] == "local"], ids=lambda row: row[2][:60])
@pytest.mark.parametrize("source", ["sabnzbd", "sonarr", "radarr"])
def test_whoever_passes_on_a_local_fault_blames_no_release(row: Row, source: str) -> None:
    assert classify(source, row[2]).failure not in BLAMING
    assert classify_all(source, [EXECUTABLE, row[2]]).failure not in BLAMING


@pytest.mark.parametrize(
    "name",
    ["Not an upgrade for existing movie file.mkv", "Aborted, encryption detected.mkv", "x] CRC failed", "Sample.exe"],
)
def test_what_a_release_is_called_is_not_taken_for_a_message(name: str) -> None:
    assert classify("sabnzbd", f"Script failed for {name}").failure == "unclassified"
    assert classify("sonarr", f"Failed to import episode {name}").failure == "unclassified"
    assert classify("sabnzbd", f"Unpacking failed, unable to find {name}").failure == "missing"


@pytest.mark.parametrize(
    ("messages", "failure"),
    [
        ([HEADING, NO_UPGRADE, NO_UPGRADE], "not_an_upgrade"),
        ([HEADING], "import_blocked"),
        ([HEADING, NO_UPGRADE, "Sample"], "import_blocked"),
        ([NO_UPGRADE, EXECUTABLE], "unclassified"),
        ([EXECUTABLE], "bad_release"),
        ([EXECUTABLE, "Not enough free space"], "local"),
        ([EXECUTABLE, "Something new"], "unclassified"),
        ([], "unclassified"),
    ],
)
def test_several_messages_have_the_most_cautious_class(messages: list[str], failure: str) -> None:
    assert classify_all("sonarr", messages).failure == failure
