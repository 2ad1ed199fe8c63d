"""Requests under random interleavings of people, services, outages, lost answers, deaths and two replicas.

Whatever happens: a request is never lost and nothing is done twice; each ends, or says what it waits for.
`AUTOARR_TEST_EXAMPLES=500` tries so many, other ones each time.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from autoarr.context import Context
from autoarr.database import Database
from autoarr.errors import Refused
from autoarr.jobs.engine import JobEngine
from autoarr.keys import load_key_ring
from autoarr.models import MediaRequest
from autoarr.requests import engine, service
from autoarr.requests.adding import DEADLINE
from autoarr.searches import ledger
from autoarr.settings import Settings, parse_database_url
from tests.app.fakes import Fake
from tests.app.requests_world import FARGO_FILM, MATRIX, SEVERANCE, World, connect_world, populate

pytest.importorskip("hypothesis")

import hypothesis
from hypothesis import configuration, stateful
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

# Else it makes a folder in the checkout.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")

EXAMPLES = int(os.environ.get("AUTOARR_TEST_EXAMPLES", "0"))
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES or 15,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    # What fails once is a failure: to shrink it would only hide it where it doesn't fail again.
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
    report_multiple_bugs=False,
)
QUOTA, BUDGET = 4, 3
WORDS = (
    "the matrix",
    "tmdb:603",
    "Dune",
    "Dune from 1984",
    "Fargo",
    "the movie Fargo",
    "Severance season 1",
    "seasons 1 and 2 of Severance",
    "all of Severance",
    "The Wire, latest season",
    "nothing of that name",
)
TERMINAL = {"in_plex", "already_there", "denied", "cancelled", "failed"}
WITH_PERSON = {"choosing", "awaiting_approval"}
LATEST = DEADLINE + 10
"""Seconds after which a write that nobody waits for any more still arrives."""

T = TypeVar("T")


class Killed(BaseException):
    """The replica ended here."""


class Network(httpx2.AsyncBaseTransport):
    """One replica's way to one service: writes get lost before or after they arrive, or arrive late; and the replica
    dies before or after it asks something."""

    def __init__(self, machine: Any, replica: int, fake: Fake[Any]) -> None:
        self.machine, self.replica, self.fake = machine, replica, fake
        self.direct = httpx2.ASGITransport(app=fake)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, unless something happens."""
        machine = self.machine
        # Others get their turn between any two requests.
        await asyncio.sleep(0)
        if machine.dead[self.replica]:
            raise Killed
        counts = request.method != "GET" or not machine.dies_writing
        dying = counts and machine.lives[self.replica] == 0
        machine.lives[self.replica] -= counts
        if dying and machine.dies_before:
            machine.dead[self.replica] = True
            raise Killed
        fault = machine.faults.pop(0) if machine.faults and request.method in ("POST", "PUT") else ""
        if fault == "refused":
            raise httpx2.ConnectError("refused", request=request)
        if fault == "lost before":
            raise httpx2.ReadError("lost", request=request)
        body = await request.aread()
        if fault == "late":
            again = httpx2.Request(request.method, request.url, headers=request.headers, content=body)
            machine.late.append((machine.world.clock() + timedelta(seconds=machine.lateness), self.direct, again))
            raise httpx2.ReadTimeout("late", request=request)
        if request.method == "POST":
            machine.arrives(self.fake, request.url.path, body)
        response = await self.direct.handle_async_request(request)
        if dying:
            machine.dead[self.replica] = True
            raise Killed
        if fault == "lost after":
            await response.aread()
            raise httpx2.ReadError("lost", request=request)
        return response


class Requests(stateful.RuleBasedStateMachine):
    """People ask, choose and decide; services come, go and lose answers; time passes; replicas look and die.

    Attributes:
        lives: how many requests, or writes, each replica still makes before it dies; negative: it doesn't.
        late: writes that are still on their way, and when they arrive.
        added, searched: what arrived at the services, and when.
    """

    make: Any

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.lives, self.dead, self.dies_before = [-1, -1], [False, False], False
        self.dies_writing = False
        self.faults: list[str] = []
        self.lateness = 0.0
        self.late: list[tuple[datetime, httpx2.AsyncBaseTransport, httpx2.Request]] = []
        self.added: list[tuple[str, int]] = []
        self.removed: list[tuple[str, int]] = []
        self.searched: dict[tuple[str, str], list[datetime]] = {}
        self.problems: list[str] = []
        self.asked = 0
        self.approval = True
        self.world: World = self.run(self.begin())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in this example's own event loop."""
        return self.runner.run(work)

    async def begin(self) -> World:
        """A fresh installation with two replicas."""
        contexts = await self.make()
        world = World(contexts)
        for number, context in enumerate(contexts):
            connect_world(world, context, partial(Network, self, number))
        await populate(world)
        for fake in world.fakes.values():
            fake.validated = False
        return world

    def arrives(self, fake: Fake[Any], path: str, body: bytes) -> None:
        """Take down what a service is asked to do, the moment that it is."""
        import json

        said = json.loads(body)
        name = "radarr" if fake is self.world.radarr else "sonarr"
        if path.endswith("/command"):
            what = json.dumps(said, sort_keys=True)
            moments = self.searched.setdefault((name, what), [])
            if moments and self.world.clock() - moments[-1] < timedelta(hours=6):
                self.problems.append(f"searched twice: {what} at {moments[-1]} and {self.world.clock()}")
            moments.append(self.world.clock())
            recent = [
                moment
                for (at, _), times in self.searched.items()
                for moment in times
                if at == name and self.world.clock() - moment < timedelta(hours=1)
            ]
            if len(recent) > BUDGET:
                self.problems.append(f"more than {BUDGET} searches in an hour")
            return
        number = int(said.get("tmdbId" if name == "radarr" else "tvdbId"))
        field = "tmdbId" if name == "radarr" else "tvdbId"
        if any(title[field] == number for title in fake.state.titles):
            self.problems.append(f"added twice: {number} at {name}")
        self.added.append((name, number))

    async def arrive_late(self) -> None:
        """Have arrive what is due to."""
        due = [item for item in self.late if item[0] <= self.world.clock()]
        self.late = [item for item in self.late if item not in due]
        for _, transport, request in due:
            if request.method == "POST":
                fake = self.world.fakes[request.url.host]
                self.arrives(fake, request.url.path, request.content)
            await transport.handle_async_request(request)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, in pieces where something arrives meanwhile."""
        until = self.world.clock() + timedelta(seconds=seconds)
        while arriving := [item[0] for item in self.late if item[0] <= until]:
            self.world.clock.now = max(self.world.clock(), min(arriving))
            await self.arrive_late()
        self.world.clock.now = until

    async def look(self, replica: int) -> None:
        """Have a replica do what is due, or die over it; it is started again."""
        context = self.world.contexts[replica]
        try:
            await ledger.follow(context, self.world.clock())
            await engine.run_due(context, self.world.clock)
        except (Killed, OperationalError):
            # On a machine too slow for SQLite's five seconds, the job fails and is run again: as if it had died.
            pass
        finally:
            self.lives[replica], self.dead[replica] = -1, False

    def requests(self, *states: str) -> list[MediaRequest]:
        """Those that are in one of these states."""
        found = self.run(self.world.all())
        return [request for request in found if request.state in states] if states else found

    @stateful.initialize(approval=st.booleans(), words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
    def some_are_asked_for(self, approval: bool, words: list[str]) -> None:
        policy = {"requests_per_week": QUOTA, "searches_per_hour": BUDGET, "requests_need_approval": approval}
        self.run(self.world.set_policy(**policy))
        self.approval = approval
        for said in words:
            self.ask("Ada", said, 0)

    # People.

    @rule(who=st.sampled_from(["Robin", "Kim", "Ada", "Ada"]), words=st.sampled_from(WORDS), replica=st.integers(0, 1))
    def ask(self, who: str, words: str, replica: int) -> None:
        before = [one for one in self.requests() if one.user_name == who and one.state not in service.UNCOUNTED]
        allowed = who == "Ada" or len(before) < QUOTA
        try:
            self.run(self.world.ask(who, words, replica))
        except Refused:
            made = False
        else:
            made = True
        assert made is allowed
        self.asked += made

    @rule(words=st.lists(st.sampled_from(WORDS), min_size=2, max_size=2))
    def ask_at_once(self, words: list[str]) -> None:
        async def both() -> list[Any]:
            asking = (self.world.ask("Robin", said, replica) for replica, said in enumerate(words))
            return await asyncio.gather(*asking, return_exceptions=True)

        made = self.run(both())
        assert all(isinstance(one, (MediaRequest, Refused)) for one in made), made
        self.asked += sum(isinstance(one, MediaRequest) for one in made)

    @rule(number=st.integers(0, 3), replica=st.integers(0, 1), data=st.data())
    def choose(self, number: int, replica: int, data: Any) -> None:
        if waiting := self.requests("choosing"):
            request = waiting[number % len(waiting)]
            chosen = data.draw(st.sampled_from([item["id"] for item in request.candidates]))
            context, who = self.world.contexts[replica], self.world.people["Ada"]
            self.run(service.choose(context, who, request.id, chosen, self.world.clock()))

    @rule(number=st.integers(0, 3), what=st.sampled_from(["approve", "approve", "deny", "cancel"]))
    def decide(self, number: int, what: str) -> None:
        states = {"approve": ("awaiting_approval",), "deny": service.BEFORE_APPROVAL}.get(what, ())
        if not (able := [one for one in self.requests(*states) if one.ended_at is None]):
            return
        request, who = able[number % len(able)], self.world.people["Ada"]
        context, now = self.world.context, self.world.clock()
        if what == "approve":
            self.run(service.approve(context, who, request.id, now))
        elif what == "deny":
            self.run(service.deny(context, who, request.id, "no", now))
        else:
            self.run(service.cancel(context, who, request.id, now))

    # Time and replicas.

    @rule(seconds=st.sampled_from([0, 10, 30, 60, 60, 200, 400, 2400]), replica=st.integers(0, 1))
    def time_passes(self, seconds: float, replica: int) -> None:
        self.run(self.pass_time(seconds))
        self.run(self.look(replica))

    @rule(seconds=st.sampled_from([0, 10, 60, 200, 400]))
    def both_look(self, seconds: float) -> None:
        async def both() -> None:
            await asyncio.gather(self.look(0), self.look(1))

        self.run(self.pass_time(seconds))
        self.run(both())

    @rule(
        seconds=st.sampled_from([10, 60, 400]),
        replica=st.integers(0, 1),
        lives=st.integers(0, 9),
        before=st.booleans(),
        both=st.booleans(),
        writing=st.booleans(),
    )
    def dies(self, seconds: float, replica: int, lives: int, before: bool, both: bool, writing: bool) -> None:
        async def look() -> None:
            await asyncio.gather(self.look(replica), *([self.look(1 - replica)] if both else []))

        self.run(self.pass_time(seconds))
        self.lives[replica] = lives // 5 if writing else lives
        self.dies_before, self.dies_writing = before, writing
        self.run(look())

    # Services.

    @rule(
        faults=st.lists(st.sampled_from(["refused", "lost before", "lost after", "late", ""]), min_size=1, max_size=3),
        lateness=st.floats(1, LATEST),
        seconds=st.sampled_from([0, 60, 400]),
        replica=st.integers(0, 1),
    )
    def writes_go_wrong(self, faults: list[str], lateness: float, seconds: float, replica: int) -> None:
        self.run(self.pass_time(seconds))
        self.faults, self.lateness = faults, lateness
        self.run(self.look(replica))

    @rule(
        host=st.sampled_from(["sonarr", "radarr", "plex"]),
        fault=st.sampled_from([500, 503, 401, 404, "html", "not JSON", "answer lost"]),
        times=st.sampled_from([1, 1, 2, 3, 5, None]),
    )
    def goes_down(self, host: str, fault: Any, times: int | None) -> None:
        self.world.fakes[host].fail("", fault, times)

    @rule(host=st.sampled_from(["sonarr", "radarr", "plex"]))
    def comes_up(self, host: str) -> None:
        self.world.fakes[host].mend()

    @rule()
    def grabs(self) -> None:
        for movie in self.world.radarr.state.titles:
            if movie["id"] in self.world.radarr.state.searches and not movie["hasFile"]:
                self.world.radarr.add_to_queue(movieId=movie["id"])

    @rule(host=st.sampled_from(["sonarr", "radarr"]))
    def imports(self, host: str) -> None:
        if host == "radarr":
            for movie in self.world.radarr.state.titles:
                self.world.finish_movie(movie["tmdbId"])
        for series in self.world.sonarr.state.titles if host == "sonarr" else ():
            self.world.finish_season(series["tvdbId"], 1)

    @rule()
    def plex_scans(self) -> None:
        self.scan()

    @rule(number=st.sampled_from([MATRIX, FARGO_FILM, SEVERANCE]))
    def is_removed_by_hand(self, number: int) -> None:
        for host, fake, field in (("radarr", self.world.radarr, "tmdbId"), ("sonarr", self.world.sonarr, "tvdbId")):
            gone = [title for title in fake.state.titles if title[field] == number]
            for title in gone:
                fake.state.titles.remove(title)
                self.removed.append((host, number))
                # What is added again gets another number, as from a database.
                fake.state.titles.append({**title, "id": 900 + len(self.removed), field: 0, "title": "gone"})

    def scan(self) -> None:
        """Have Plex show all that has a file."""
        world = self.world
        world.plex.state.media.clear()
        for movie in world.radarr.state.titles:
            if movie["hasFile"]:
                world.show(movie["title"], movie["year"])
        for series in world.sonarr.state.titles:
            of = [one for one in world.sonarr.missing_episodes if one["seriesId"] == series["id"] and one["hasFile"]]
            if seasons := tuple({one["seasonNumber"] for one in of}):
                world.show(series["title"], series["year"], seasons=seasons, key=str(series["id"]))

    # What always holds.

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert self.problems == []

    @invariant()
    def nothing_is_lost(self) -> None:
        found = self.requests()
        assert len(found) == self.asked
        for request in found:
            ended = request.ended_at is not None
            assert ended is (request.state in TERMINAL) or (request.state, ended) == ("imported", True), request.state
            assert request.reason
            # It goes on by itself, or a person has to decide.
            assert ended or (request.next_at is None) is (request.state in WITH_PERSON), request.state
            assert not (ended and request.next_at)
        identities = [one.identity for one in found if one.identity and one.ended_at is None]
        assert len(set(identities)) == len(identities)

    @invariant()
    def nothing_is_added_unasked(self) -> None:
        if self.added:
            going = [one for one in self.requests() if one.decided_by or not self.approval]
            numbers = {number for one in going for number in (one.tmdb_id, one.tvdb_id)}
            assert {number for _, number in self.added} <= numbers

    def teardown(self) -> None:
        try:
            self.run(self.come_to_an_end())
            self.nothing_is_lost()
            self.nothing_is_done_twice()
        finally:
            self.run(self.close())
            self.runner.close()

    async def come_to_an_end(self) -> None:
        """All is well from now on, and people decide: every request ends."""
        world, ada = self.world, self.world.people["Ada"]
        self.faults.clear()
        for fake in world.fakes.values():
            fake.mend()
        for _ in range(60):
            open_ones = [one for one in await world.all() if one.ended_at is None]
            if not open_ones:
                break
            for one in open_ones:
                if one.state == "choosing":
                    await service.choose(world.context, ada, one.id, one.candidates[0]["id"], world.clock())
                elif one.state == "awaiting_approval":
                    await service.approve(world.context, ada, one.id, world.clock())
            await self.pass_time(1200)
            await self.look(0)
            for movie in world.radarr.state.titles:
                if movie["id"] in world.radarr.state.searches:
                    world.finish_movie(movie["tmdbId"])
            for episode in world.sonarr.missing_episodes:
                if episode["id"] in world.sonarr.state.searches:
                    episode["hasFile"] = True
            self.scan()
        left = [(one.title, one.state, one.reason) for one in await world.all() if one.ended_at is None]
        assert left == []
        for one in await world.all():
            if one.state == "failed":
                assert "No film or series was found" in one.reason or "removed from" in one.reason, one.reason

    async def close(self) -> None:
        """Let everything go."""
        for context in self.world.contexts:
            await context.jobs.close()
            await context.upstreams.close()
            await context.database.close()


def context_at(settings: Settings) -> Context:
    """A replica without its web server; nothing is done but what the test does."""
    context = Context(settings, Database(settings.database_url))
    context.keys = load_key_ring(settings)
    context.jobs = JobEngine(context)
    return context


def test_on_sqlite(settings: Settings, migrated_database: Path, made_data_dir: Path) -> None:
    numbers = itertools.count()

    async def make() -> list[Context]:
        # Each a file of its own: what closes late removes what belongs to its name.
        file = made_data_dir / f"{next(numbers)}.db"
        shutil.copy(migrated_database, file)
        url = parse_database_url(f"sqlite+aiosqlite:///{file}")
        same = settings.model_copy(update={"database_url": url})
        return [context_at(same), context_at(same)]

    machine = type("OnSqlite", (Requests,), {"make": staticmethod(make)})
    stateful.run_state_machine_as_test(machine, settings=SETTINGS)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql(settings: Settings, made_data_dir: Path, database_url: URL) -> None:
    settings = settings.model_copy(update={"database_url": database_url})

    async def make() -> list[Context]:
        contexts = [context_at(settings), context_at(settings)]
        async with contexts[0].database.writing.begin() as session:
            for table in ("requests", "services", "users", "activity", "jobs", "notifications"):
                await session.execute(text(f"TRUNCATE {table} CASCADE"))
        return contexts

    machine = type("OnPostgresql", (Requests,), {"make": staticmethod(make)})
    few = hypothesis.settings(SETTINGS, max_examples=EXAMPLES or 5)
    stateful.run_state_machine_as_test(machine, settings=few)
