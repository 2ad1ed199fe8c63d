"""Downloads that really fail at the real SABnzbd, recovered by their cause, beside a stand-in of Sonarr."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from autoarr.policy import Policy
from automation.sabnzbd import Sabnzbd, Sections
from tests.app.fakes import FakeSonarr
from tests.sabnzbd import nntp
from tests.sabnzbd.conftest import Start, with_server
from tests.sabnzbd.downloads import HOPELESS, MISSING, PATIENCE, add, wait_for_failure
from tests.sabnzbd.recovering import Stage, staged

AUTO = Policy(mode="auto", native_grace_min=30, searches_per_hour=1)
MIB = 2**20
SIZE = 64 * MIB
FILM = bytes(range(256)) * 4096 * 3
"""3 MiB."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB, which needs root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system of its own: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        # SABnzbd may still write there; what is under way there ends with it.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """Leave that many bytes; give the file that takes the others."""
    ballast = folder / "ballast"
    ballast.write_bytes(b"\0" * (SIZE - left))
    return ballast


def with_disk(news: nntp.Server, **folders: Path) -> Sections:
    """A configuration with a folder on it, and without SABnzbd's own way to go on."""
    misc: dict[str, str | int] = {name: str(folder) for name, folder in folders.items()}
    return {**with_server(news), "misc": {**misc, "fulldisk_autoresume": 0}}


async def end_of(sabnzbd: Sabnzbd, nzo_id: str) -> str:
    """How a download ended, once it has."""
    deadline = time.monotonic() + PATIENCE
    while True:
        slots = {slot["nzo_id"]: slot["status"] for slot in sabnzbd.ask("history").json()["history"]["slots"]}
        if slots.get(nzo_id) in ("Completed", "Failed"):
            return str(slots[nzo_id])
        assert time.monotonic() < deadline, sabnzbd.ask("queue").body
        await asyncio.sleep(0.1)


@asynccontextmanager
async def recovering(
    tmp_path: Path, sabnzbd: Sabnzbd, sonarr: FakeSonarr, policy: Policy = AUTO
) -> AsyncIterator[Stage]:
    """A stage on which nothing is ever blocklisted."""
    async with staged(tmp_path, sabnzbd, sonarr, policy) as stage:
        yield stage
        assert sonarr.state.blocklist == []
        assert "blocklist" not in await stage.writes()


async def test_what_can_not_be_completed_is_searched_for_when_sonarr_found_nothing(
    sabnzbd: Sabnzbd, sonarr: FakeSonarr, tmp_path: Path
) -> None:
    title = "Some.Show.S01E01.1080p"
    async with recovering(tmp_path, sabnzbd, sonarr) as stage:
        nzo_id = add(sabnzbd, tmp_path, title, files=3, segments=40, cat="tv")
        rows = stage.grab(nzo_id, title)
        failed = wait_for_failure(sabnzbd, nzo_id)
        await stage.work()
        recovery = await stage.recovery()
        assert (recovery.failure, recovery.message, recovery.state) == ("missing", HOPELESS, "waiting")
        assert (recovery.owner_kind, recovery.download_id, recovery.media["episode_ids"]) == ("sonarr", nzo_id, [1])
        assert recovery.failed_at.timestamp() == failed["completed"]

        # Sonarr notices, notes it, removes it from SABnzbd, searches itself, and finds nothing.
        stage.tell("downloadFailed", rows, data={"message": HOPELESS})
        sonarr.state.queue.clear()
        sabnzbd.ask("history", name="delete", value=nzo_id, del_files=1)
        sonarr.search([1])
        sonarr.state.commands[-1] |= {"status": "completed", "result": "successful"}
        stage.ahead += timedelta(minutes=20)
        await stage.work()
        assert (stage.searches(), (await stage.recovery()).state) == ([], "waiting")

        stage.ahead += timedelta(minutes=15)
        await stage.work()
        assert stage.searches() == ["EpisodeSearch"]
        # The next one would be due, but one an hour is all that the policy allows.
        stage.ahead += timedelta(minutes=25)
        await stage.work()
        assert stage.searches() == ["EpisodeSearch"]
        stage.ahead += timedelta(minutes=40)
        await stage.work()
        assert stage.searches() == ["EpisodeSearch"] * 2

        # That finds another release, which is imported.
        again = stage.grab("SABnzbd_nzo_another", "Some.Show.S01E01.720p")
        again = [{**row, "episodeId": 1, "seriesId": 1} for row in again]
        sonarr.state.queue.clear()
        stage.tell("grabbed", again)
        stage.tell("downloadFolderImported", again)
        await stage.work_until("recovered")
        told = await stage.timeline()
    assert [step for step, _ in told] == [
        "seen",
        "classified",
        "native_wait",
        "native_wait",
        "search",
        "verified",
        "back_off",
        "budget",
        "search",
        "verified",
        "back_off",
        "recovered",
    ], told
    assert told[0][1] == f"{title}: {HOPELESS}"
    words = ["articles", "to notice", "searches itself", "found no other release", "", "next one is at", "budget of 1"]
    for (_, message), word in zip(told[1:], words, strict=False):
        assert word in message
    assert "imported" in told[-1][1]


async def test_a_full_disk_is_waited_for_and_the_download_tried_again(
    start_sabnzbd: Start, news: nntp.Server, sonarr: FakeSonarr, small_disk: Path, tmp_path: Path
) -> None:
    """A file that can't be moved: SABnzbd itself gives no reason for it."""
    sabnzbd = start_sabnzbd(with_disk(news, complete_dir=small_disk / "complete"))
    ballast = fill(small_disk, left=MIB)
    nntp.post(news, "Some.Film.2020", FILM, segments=30)
    async with recovering(tmp_path, sabnzbd, sonarr) as stage:
        nzo_id = add(sabnzbd, tmp_path, "Some.Film.2020", segments=30, cat="tv")
        stage.grab(nzo_id, "Some.Film.2020")
        assert wait_for_failure(sabnzbd, nzo_id)["fail_message"] == ""
        await stage.work(8)
        recovery = await stage.recovery()
        assert (recovery.failure, recovery.state) == ("local", "waiting")
        assert recovery.message.startswith("Failed moving ")
        assert sabnzbd.ask("queue").json()["queue"]["paused"] is True
        assert await stage.writes() == ["pause"]

        ballast.unlink()
        await stage.work_until("recovered")
        assert await stage.writes() == ["pause", "resume", "retry"]
        assert sabnzbd.ask("queue").json()["queue"]["paused"] is False
        # What it had of it when there was no room stays in a folder of its own.
        (film,) = (small_disk / "complete/tv/Some.Film.2020").iterdir()
        assert film.read_bytes() == FILM
    assert stage.searches() == []


async def test_a_queue_that_a_full_disk_stopped_goes_on(
    start_sabnzbd: Start, news: nntp.Server, sonarr: FakeSonarr, small_disk: Path, tmp_path: Path
) -> None:
    sabnzbd = start_sabnzbd(with_disk(news, download_dir=small_disk / "incomplete"))
    ballast = fill(small_disk, left=2 * MIB)
    for name in ("First.Film.2020", "Second.Film.2021"):
        nntp.post(news, name, FILM, segments=30)
    async with recovering(tmp_path, sabnzbd, sonarr) as stage:
        sabnzbd.ask("pause")
        first = add(sabnzbd, tmp_path, "First.Film.2020", segments=30, cat="tv")
        second = add(sabnzbd, tmp_path, "Second.Film.2021", segments=30, cat="tv")
        sabnzbd.ask("resume")
        # It has all articles of the first one, and makes of them what there is room for.
        await end_of(sabnzbd, first)
        assert sabnzbd.ask("queue").json()["queue"]["paused"] is True
        stage.grab(second, "Second.Film.2021")
        await stage.work(8)
        recovery = await stage.recovery()
        assert (recovery.failure, recovery.state, recovery.download_id) == ("local", "waiting", second)
        assert recovery.seen["stage"] == "stuck"
        assert recovery.message in ("Too little diskspace forcing PAUSE", "Disk full! Forcing Pause")
        assert await stage.writes() == []

        ballast.unlink()
        await stage.work_until("recovered")
        assert await stage.writes() == ["resume"]
        assert await end_of(sabnzbd, second) == "Completed"
    assert stage.searches() == []


async def test_a_refused_login_is_not_held_against_the_release(
    start_sabnzbd: Start, news: nntp.Server, sonarr: FakeSonarr, tmp_path: Path
) -> None:
    sabnzbd = start_sabnzbd(with_server(news, password="wrong"))
    async with recovering(tmp_path, sabnzbd, sonarr) as stage:
        nzo_id = add(sabnzbd, tmp_path, "Some.Show.S01E02", segments=2, cat="tv")
        stage.grab(nzo_id, "Some.Show.S01E02")
        assert wait_for_failure(sabnzbd, nzo_id)["fail_message"] == MISSING
        await stage.work(1)
        stage.ahead += timedelta(hours=2)
        await stage.work()
        recovery = await stage.recovery()
        assert (recovery.failure, recovery.message) == ("local", MISSING)
        told = dict(await stage.timeline())
        assert "Failed login for server 127.0.0.1 [481 wrong user or password]" in told["classified"]
        assert stage.searches() == []
        assert set(await stage.writes()) <= {"retry"}


async def test_another_language_is_asked_about(
    start_sabnzbd: Start, news: nntp.Server, sonarr: FakeSonarr, tmp_path: Path
) -> None:
    sabnzbd = start_sabnzbd({**with_server(news), "misc": {"language": "de"}})
    async with recovering(tmp_path, sabnzbd, sonarr) as stage:
        nzo_id = add(sabnzbd, tmp_path, "Some.Show.S01E03", files=3, segments=40, cat="tv")
        stage.grab(nzo_id, "Some.Show.S01E03")
        said = wait_for_failure(sabnzbd, nzo_id)["fail_message"]
        assert said.startswith("Abgebrochen, kann nicht fertiggestellt werden")
        await stage.work(1)
        stage.ahead += timedelta(minutes=40)
        await stage.work()
        recovery = await stage.recovery()
        assert (recovery.failure, recovery.message, recovery.state) == ("unclassified", said, "asking")
        assert (recovery.action, await stage.writes()) == ("search", [])
