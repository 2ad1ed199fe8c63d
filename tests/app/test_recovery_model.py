"""Whatever happens in whatever order: no search twice, none above the budget, no good release blocklisted, none lost.

Random interleavings of what services and people do, of restarts, replicas, outages, lost answers and jumps of the
clock; after each step the services themselves are asked what AutoArr did to them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autoarr.actors import Actor
from autoarr.errors import Refused
from autoarr.models import Attempt, Recovery
from autoarr.recovery.engine import Engine
from autoarr.recovery.service import approve, cancel
from autoarr.recovery.timeline import ENDED
from autoarr.searches.commands import overlap
from autoarr.settings import parse_database_url
from tests.app.recovery_services import DISK_FULL, ENCRYPTED, MISSING
from tests.app.recovery_world import Killed, World, end_world, make_world

pytest.importorskip("hypothesis")

import hypothesis
from hypothesis import configuration, stateful
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

# Else it makes a folder in the checkout.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")

EXAMPLES = int(os.environ.get("AUTOARR_TEST_EXAMPLES", "0"))
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES or 10,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    # Each recovery's id is random, and so is what it waits: shrunk, a failure might not be one.
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
BUDGET = 3
ADA = Actor(name="Ada", via="session")
SERVICES = ("sonarr", "radarr", "sabnzbd")
NOT_AN_UPGRADE = "Not an upgrade for existing episode file(s). Existing quality: WEBDL-1080p. New Quality HDTV-720p."
RARE = ("Duplicate NZB", "Post-processing was aborted", "Fehler")
MESSAGES = (*(MISSING,) * 5, *(ENCRYPTED,) * 3, *(DISK_FULL,) * 3, *RARE)
INCIDENTS = (None, None, None, "killed before", "killed after", "answer lost", "never arrives")


class Recoveries(stateful.RuleBasedStateMachine):
    """Three services, two replicas, and people."""

    migrated: Path
    folder: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        folder = self.folder / str(next(self.numbers))
        folder.mkdir()
        url = parse_database_url(f"sqlite+aiosqlite:///{folder / 'autoarr.db'}")
        shutil.copy(self.migrated, folder / "autoarr.db")
        self.world: World = self.do(make_world(url, folder, replicas=2))
        self.do(self.world.set_policy(searches_per_hour=BUDGET))
        self.local: set[str] = set()
        """Downloads that failed for a reason of the machine."""
        for arr in (self.world.sonarr, self.world.radarr):
            arr.validated = False  # the other tests are of that, and it takes time

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        try:
            self.do(self._settle())
            self.look()
        finally:
            self.do(end_world(self.world))
            self.runner.close()

    async def _settle(self) -> None:
        """All is well from now on: whatever waits goes on, or says for what it waits."""
        world = self.world
        world.away.clear()
        world.next_write = None
        world.sabnzbd.state.free_gb = 500.0
        world.skews = [timedelta()] * len(world.skews)
        await world.set_policy(searches_per_hour=BUDGET)
        await world.pass_time(18, step=6)
        attempts = await world.all(Attempt)
        pauses = [one.action for one in attempts if one.action in ("pause", "resume") and one.state != "failed"]
        unfinished = [one for one in await world.recoveries() if one.state not in ENDED]
        if unfinished and world.sabnzbd.state.paused and pauses[-1:] == ["pause"]:
            assert "asking" in {one.state for one in unfinished}, "AutoArr paused SABnzbd, and forgot that"
        for one in attempts:
            begun = one.state in ("prepared", "sent")
            assert not begun or world.now - one.created_at < timedelta(minutes=15), f"{one.action} was never found out"

    # What happens. There are few rules with many arguments, because a run is made without some rules each time.

    @rule(
        arr=st.sampled_from(("sonarr", "radarr")),
        item=st.integers(1, 3),
        pack=st.booleans(),
        message=st.sampled_from(MESSAGES),
        watched=st.booleans(),
    )
    def lose(self, arr: str, item: int, pack: bool, message: str, watched: bool) -> None:
        """Something is downloaded, and fails."""
        fake = self.world.fakes[arr]
        items = [1, 2, 3] if pack and arr == "sonarr" else [item]
        if any(row[fake.item_id] in items for row in fake.state.queue):
            return
        job = self.world.grab(fake, items)
        self._fail(job, message)
        if watched:
            self.do(self.world.watch())

    def _fail(self, job: str, message: str) -> None:
        self.world.fail(job, message)
        if message == DISK_FULL:
            self.local.add(job)

    @rule(number=st.integers(0, 5), how=st.sampled_from((*MESSAGES, "complete", "blocked", "complete")))
    def end_a_download(self, number: int, how: str) -> None:
        """Found by whatever search, or tried again, it fails or completes."""
        queue = self.world.sabnzbd.state.queue
        if not queue:
            return
        job = queue[number % len(queue)]["nzo_id"]
        if how in MESSAGES:
            self._fail(job, how)
            return
        self.world.complete(job)
        trouble = {"trackedDownloadState": "importBlocked", "trackedDownloadStatus": "warning", "status": "completed"}
        for row in self.world.sonarr.state.queue if how == "blocked" else ():
            if row["downloadId"] == job:
                row |= {**trouble, "statusMessages": [{"title": "x", "messages": [NOT_AN_UPGRADE]}]}

    @rule(
        what=st.sampled_from(
            ("away", "back", "back", "release", "release", "disk", "disk", "pause", "resume", "native")
        ),
        name=st.sampled_from(SERVICES),
        item=st.integers(1, 3),
        on=st.booleans(),
    )
    def change(self, what: str, name: str, item: int, on: bool) -> None:
        """Services go and come, the disk is full or has room, somebody pauses SABnzbd or has it go on."""
        world = self.world
        if what == "away":
            world.away.add(name)
        elif what == "back":
            world.away.clear()
        elif what == "release":
            world.releases |= {("sonarr", item): 1, ("radarr", item): 1}
        elif what == "disk":
            world.sabnzbd.state.free_gb = 500.0 if on else 0.001
        elif what in ("pause", "resume"):
            world.sabnzbd.state.paused = what == "pause"
        elif name != "sabnzbd":
            world.fakes[name].state.config["downloadclient"]["autoRedownloadFailed"] = on

    @rule(mode=st.sampled_from((*("auto",) * 5, "ask", "observe")), number=st.integers(0, 8))
    def say(self, mode: str, number: int) -> None:
        """A person changes the policy, and approves something, or cancels it now and then."""
        self.do(self.world.set_policy(mode=mode, searches_per_hour=BUDGET))
        unfinished = [one for one in self.do(self.world.recoveries()) if one.state not in ENDED]
        if unfinished:
            one = unfinished[number % len(unfinished)]
            with suppress(Refused):
                self.do((cancel if number == 8 else approve)(self.world.contexts[0], ADA, one.id, self.world.now))

    @rule(
        jump=st.sampled_from((0, 2, 3, 35, 35, 35, 70, 70, 7 * 60, 26 * 60)),
        seconds=st.sampled_from((-20, 0, 20)),
        incident=st.sampled_from(INCIDENTS),
        replica=st.integers(0, 1),
        together=st.booleans(),
        times=st.integers(1, 2),
    )
    def go_on(self, jump: int, seconds: int, incident: str | None, replica: int, together: bool, times: int) -> None:
        """Time passes, and AutoArr does its work: a replica, or two at once, by clocks that differ."""
        self.world.now += timedelta(minutes=jump)
        self.world.skews[replica] = timedelta(seconds=seconds)
        self.world.next_write = incident
        for _ in range(times):
            self.do(self.world.watch(replica))
            self.do(self._run_both() if together else self.world.run(replica))
            self.look()
            self.world.now += timedelta(minutes=2)
            self.world.work()

    async def _run_both(self) -> None:
        async def run(number: int) -> None:
            with suppress(Killed):
                await Engine(self.world.contexts[number], lambda: self.world.now + self.world.skews[number]).run()

        await asyncio.gather(run(0), run(1))

    @rule(replica=st.integers(0, 1))
    def restart(self, replica: int) -> None:
        """Begin anew, between two steps of the other."""
        self.do(self.world.restart(replica))
        self.do(self.world.run(1 - replica))

    # What must hold.

    @invariant()
    def look(self) -> None:
        self._look_at_searches()
        self._look_at_blocklists()
        self.do(self._look_at_recoveries())

    def _look_at_searches(self) -> None:
        for name in ("sonarr", "radarr"):
            for earlier, later in itertools.combinations(self.world.running(name), 2):
                # One of its own that comes second is not AutoArr's doing.
                twice = bool(later["ours"]) and overlap(_subject(earlier), _subject(later))
                assert not twice, f"searched for {_subject(later)} while that is being searched for"
            moments = [datetime.fromisoformat(one["at"]) for one in self.world.asked(name)]
            for moment in moments:
                hour = [one for one in moments if moment - timedelta(hours=1) < one <= moment]
                assert len(hour) <= BUDGET, f"{len(hour)} searches in an hour at {name}"

    def _look_at_blocklists(self) -> None:
        for arr in (self.world.sonarr, self.world.radarr):
            told = [event["downloadId"] for event in arr.state.history if _marked_by_us(event)]
            wrong = self.local & {*told}
            assert not wrong, f"blocklisted for a fault of this machine: {wrong}"

    async def _look_at_recoveries(self) -> None:
        for one in await self.world.all(Recovery):
            assert one.reason, one.id
            if one.state in ENDED:
                assert one.ended_at, one.reason
            else:
                assert one.next_at, f"{one.state} for ever: {one.reason}"


def _marked_by_us(event: dict[str, Any]) -> bool:
    """Sonarr's and Radarr's own have SABnzbd's message."""
    return bool(event["eventType"] == "downloadFailed" and event["data"].get("message") == "Manually marked as failed")


def _subject(search: dict[str, Any]) -> str:
    if "seasonNumber" in search:
        return f"season:{search['seriesId']}:{search['seasonNumber']}"
    if "movieIds" in search:
        return f"movie:{search['movieIds'][0]}"
    return f"episodes:{','.join(map(str, search['episodeIds']))}"


def test_whatever_happens(migrated_database: Path, tmp_path: Path) -> None:
    class Machine(Recoveries):
        migrated, folder = migrated_database, tmp_path

    stateful.run_state_machine_as_test(Machine, settings=SETTINGS)
