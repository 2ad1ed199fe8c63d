"""A download that really fails: what its history says, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.sabnzbd import Sabnzbd
from tests.sabnzbd import nntp
from tests.sabnzbd.conftest import Start, with_server
from tests.sabnzbd.downloads import HOPELESS, MISSING, add, wait_for_failure


@pytest.mark.parametrize(
    ("files", "segments", "message"), [(1, 3, MISSING), (3, 40, HOPELESS)], ids=["a small one", "a large one"]
)
def test_a_download_without_articles_fails_with_a_reason(
    sabnzbd: Sabnzbd, news: nntp.Server, tmp_path: Path, files: int, segments: int, message: str
) -> None:
    nzo_id = add(sabnzbd, tmp_path, "Some.Show.S01E01.1080p", files=files, segments=segments, cat="tv")
    failed = wait_for_failure(sabnzbd, nzo_id)
    assert failed["status"] == "Failed"
    assert failed["fail_message"] == message
    assert failed["name"] == "Some.Show.S01E01.1080p"
    assert failed["category"] == "tv"
    assert any(line.startswith("BODY <Some.Show.S01E01.1080p") for line in news.commands)
    assert "AUTHINFO PASS" in news.commands
    assert sabnzbd.ask("queue").json()["queue"]["slots"] == []


def test_tried_again_it_is_another_download(sabnzbd: Sabnzbd, news: nntp.Server, tmp_path: Path) -> None:
    nzo_id = add(sabnzbd, tmp_path, "Some.Film.2020")
    wait_for_failure(sabnzbd, nzo_id)
    asked = len(news.commands)
    answer = sabnzbd.ask("retry", value=nzo_id).json()
    assert (answer["status"], answer["nzo_id"] == nzo_id) == (True, False)
    # The old entry went with it, so there is nothing left to try again.
    assert sabnzbd.ask("retry", value=nzo_id).json() == {"status": False, "error": "item does not exist"}
    wait_for_failure(sabnzbd, answer["nzo_id"])
    assert any(line.startswith("BODY") for line in news.commands[asked:])


def test_a_paused_one_keeps_it_in_the_queue(sabnzbd: Sabnzbd, tmp_path: Path) -> None:
    assert sabnzbd.ask("pause").json() == {"status": True}
    nzo_id = add(sabnzbd, tmp_path, "Waiting", cat="movies")
    queue = sabnzbd.ask("queue").json()["queue"]
    (slot,) = queue["slots"]
    assert (queue["paused"], slot["nzo_id"], slot["cat"]) == (True, nzo_id, "movies")
    assert sabnzbd.ask("queue", name="delete", value=nzo_id).json() == {"status": True, "nzo_ids": [nzo_id]}
    assert sabnzbd.ask("queue").json()["queue"]["slots"] == []


def test_a_news_server_that_refuses_the_login_costs_an_article_for_each_connection(
    start_sabnzbd: Start, news: nntp.Server, tmp_path: Path
) -> None:
    sabnzbd = start_sabnzbd(with_server(news, password="wrong"))
    lost = add(sabnzbd, tmp_path, "Some.Show.S01E02", segments=2)
    assert wait_for_failure(sabnzbd, lost)["fail_message"] == MISSING
    assert not any(line.startswith("BODY") for line in news.commands)
    (warning,) = sabnzbd.ask("warnings").json()["warnings"]
    assert warning["type"] == "WARNING"
    assert warning["text"] == "Failed login for server 127.0.0.1 [481 wrong user or password]"
    (server,) = sabnzbd.ask("fullstatus", skip_dashboard=1).json()["status"]["servers"]
    assert (server["serveractive"], server["servererror"]) == (False, warning["text"])
    # Now that it is out of use, the next one waits for it.
    add(sabnzbd, tmp_path, "Some.Show.S01E03")
    (slot,) = sabnzbd.ask("queue").json()["queue"]["slots"]
    assert (slot["status"], slot["mbmissing"]) == ("Downloading", "0.00")
