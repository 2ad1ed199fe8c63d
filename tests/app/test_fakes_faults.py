"""The faults of the stand-ins, as they show to a client."""

from __future__ import annotations

import time

import httpx2
import pytest

from tests.app.asking import ask
from tests.app.fakes import FakeSabnzbd, FakeSonarr, Request
from tests.app.fakes.faults import Fault

CONFIG = "/api/v3/config/downloadclient"


def change(sonarr: FakeSonarr) -> httpx2.Response:
    """Switch something off that is on."""
    current = {**sonarr.state.config["downloadclient"], "autoRedownloadFailed": False}
    return ask(sonarr, "PUT", f"{CONFIG}/1", json=current)


def is_on(sonarr: FakeSonarr) -> bool:
    """Whether it still is on."""
    return bool(sonarr.state.config["downloadclient"]["autoRedownloadFailed"])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
def test_a_status(sonarr: FakeSonarr, status: int) -> None:
    sonarr.fail("queue", status, times=2, retry_after=7)
    answers = [ask(sonarr, "GET", "/api/v3/queue") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert change(sonarr).status_code == 202


def test_only_for_a_method_and_until_mended(sonarr: FakeSonarr) -> None:
    sonarr.fail("/api/v3/config/", 503, method="PUT")
    assert ask(sonarr, "GET", CONFIG).status_code == 200
    assert change(sonarr).status_code == 503
    sonarr.mend()
    assert change(sonarr).status_code == 202


def test_sabnzbd_fails_by_mode(sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.fail("queue", 500)
    query = {"apikey": sabnzbd.api_key}
    assert ask(sabnzbd, "GET", "/api", params={**query, "mode": "queue"}).status_code == 500
    assert ask(sabnzbd, "GET", "/api", params={**query, "mode": "pause"}).status_code == 200


def test_it_hangs_until_the_client_leaves(sonarr: FakeSonarr) -> None:
    sonarr.fail("health", "hang")
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.get(f"{sonarr.url}/api/v3/health", timeout=0.1, verify=False)
    assert ask(sonarr, "GET", CONFIG).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "content"),
    [
        ("html", 200, "text/html", b"<!doctype html>"),
        ("redirect", 302, "text/html", b""),
        ("wrong content", 200, "application/json", b'{"application"'),
        ("not JSON", 200, "application/json", b"\x00\xff"),
        ("truncated", 200, "application/json", b'{"id": 1, "down'),
    ],
)
def test_wrong_answers(sonarr: FakeSonarr, fault: Fault, status: int, content_type: str, content: bytes) -> None:
    right = ask(sonarr, "GET", CONFIG)
    sonarr.fail("config", fault)
    answer = ask(sonarr, "GET", CONFIG)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, content_type)
    assert answer.content.startswith(content)
    assert answer.content != right.content
    assert ("location" in answer.headers) is (status == 302)


def test_a_slow_answer_is_right_in_the_end(sonarr: FakeSonarr) -> None:
    sonarr.fail("health", "slow", seconds=0.1)
    start = time.perf_counter()
    assert ask(sonarr, "GET", "/api/v3/health").json() == []
    assert time.perf_counter() - start > 0.09


@pytest.mark.parametrize(("fault", "stored"), [("disconnect", False), ("stored, then disconnect", True)])
def test_the_connection_ends_in_the_middle(sonarr: FakeSonarr, fault: Fault, stored: bool) -> None:
    sonarr.fail("config", fault)
    with pytest.raises(httpx2.RemoteProtocolError):
        change(sonarr)
    assert is_on(sonarr) is not stored


@pytest.mark.parametrize(("fault", "status", "stored"), [("not stored", 202, False), ("answer lost", 500, True)])
def test_answers_to_writes_that_mislead(sonarr: FakeSonarr, fault: Fault, status: int, stored: bool) -> None:
    state = sonarr.state
    sonarr.fail("config", fault)
    assert change(sonarr).status_code == status
    assert is_on(sonarr) is not stored
    assert sonarr.state is state


def test_a_change_between_a_read_and_a_write(sonarr: FakeSonarr) -> None:
    def interfere(request: Request) -> None:
        if request.method == "PUT":
            sonarr.state.config["naming"]["renameEpisodes"] = True

    sonarr.on_request = interfere
    assert ask(sonarr, "GET", "/api/v3/config/naming").json()["renameEpisodes"] is False
    change(sonarr)
    assert ask(sonarr, "GET", "/api/v3/config/naming").json()["renameEpisodes"] is True


def test_a_stand_in_that_fails_itself_says_so(sonarr: FakeSonarr) -> None:
    sonarr.state.queue.append({"id": 1})
    assert ask(sonarr, "GET", "/api/v3/queue").status_code == 500
    assert sonarr.violations == ["GET /api/v3/queue: the stand-in itself failed: KeyError('status')"]
    sonarr.violations.clear()
