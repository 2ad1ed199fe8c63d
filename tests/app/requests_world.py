"""What tests of requests begin with: people, a clock, and Sonarr, Radarr and Plex that know some titles."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
from sqlalchemy import select, update

from autoarr.accounts.principal import Principal
from autoarr.actors import Role
from autoarr.models import Activity, MediaRequest, RequestStep, Search, Service, User
from autoarr.requests import engine, service
from autoarr.searches import ledger
from autoarr.upstream.http import HttpPolicy
from tests.app.fakes import Fake, FakePlex, FakeRadarr, FakeSonarr
from tests.app.fakes.arr_data import Object
from tests.app.services_stage import set_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from autoarr.context import Context

START = datetime(2026, 2, 1, 12, tzinfo=UTC)
MATRIX, DUNE_2021, DUNE_1984, FARGO_FILM = 603, 438631, 841, 275
SEVERANCE, FARGO, WIRE = 371980, 269613, 79126


def poster(name: str) -> list[Object]:
    """The pictures of a title that was looked up."""
    return [{"coverType": "poster", "url": "/x.jpg", "remoteUrl": f"https://image.invalid/{name}.jpg"}]


def plex_item(kind: str, key: str, title: str, **fields: Any) -> Object:
    """A film, a series or an episode, as Plex has it."""
    return {"type": kind, "ratingKey": key, "key": f"/library/metadata/{key}", "title": title, "addedAt": 1, **fields}


@dataclass
class Clock:
    """The time, which passes only when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


def know_titles(sonarr: FakeSonarr, radarr: FakeRadarr) -> None:
    """Have the catalogues know some films and series."""
    films = (
        (MATRIX, "The Matrix", 1999),
        (DUNE_2021, "Dune", 2021),
        (DUNE_1984, "Dune", 1984),
        (FARGO_FILM, "Fargo", 1996),
    )
    for number, title, year in films:
        fields = {
            "title": title,
            "year": year,
            "tmdbId": number,
            "imdbId": f"tt{number:07}",
            "images": poster(f"{number}"),
        }
        radarr.state.known[number] = radarr.make_movie(0, **fields)
    for number, title, year, seasons in (
        (SEVERANCE, "Severance", 2022, 2),
        (FARGO, "Fargo", 2014, 3),
        (WIRE, "The Wire", 2002, 2),
    ):
        marks = [{"seasonNumber": season, "monitored": True} for season in range(seasons + 1)]
        fields = {"title": title, "year": year, "tvdbId": number, "seasons": marks, "images": poster(f"{number}")}
        sonarr.state.known[number] = sonarr.make_series(0, **fields)
        sonarr.episode_counts[number] = dict.fromkeys(range(seasons + 1), 2)


@dataclass
class World:
    """One or two replicas, and the services that they ask, without a network between.

    Attributes:
        fakes: by the host that their service is at.
    """

    contexts: list[Context]
    clock: Clock = field(default_factory=Clock)
    fakes: dict[str, Fake[Any]] = field(default_factory=dict)
    services: dict[str, uuid.UUID] = field(default_factory=dict)
    people: dict[str, Principal] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        """The first replica's."""
        return self.contexts[0]

    @property
    def sonarr(self) -> FakeSonarr:
        """The Sonarr."""
        fake = self.fakes["sonarr"]
        assert isinstance(fake, FakeSonarr)
        return fake

    @property
    def radarr(self) -> FakeRadarr:
        """The Radarr."""
        fake = self.fakes["radarr"]
        assert isinstance(fake, FakeRadarr)
        return fake

    @property
    def plex(self) -> FakePlex:
        """The Plex."""
        fake = self.fakes["plex"]
        assert isinstance(fake, FakePlex)
        return fake

    async def add_service(self, kind: str, host: str, fake: Fake[Any], name: str = "") -> uuid.UUID:
        """Connect a service."""
        self.fakes[host] = fake
        made = Service(
            kind=kind,
            name=name or kind.capitalize(),
            name_key=host,
            url=f"http://{host}",
            api_key_encrypted=self.context.keys.encrypt(fake.api_key),
            created_at=self.clock(),
            updated_at=self.clock(),
        )
        async with self.context.database.writing.begin() as session:
            session.add(made)
        self.services[host] = made.id
        return made.id

    async def add_person(self, name: str, role: Role = "requester") -> Principal:
        """Have a user, with a login."""
        moment = self.clock()
        user = User(
            name=name,
            name_key=name.casefold(),
            password_hash="!",
            role=role,
            created_at=moment,
            password_changed_at=moment,
        )
        async with self.context.database.writing.begin() as session:
            session.add(user)
        self.people[name] = Principal(user_id=user.id, name=name, role=role, session_id=uuid.uuid4())
        return self.people[name]

    async def set_policy(self, **values: Any) -> None:
        """Change the policy."""
        await set_policy(self.context, **values)

    async def ask(self, who: str, text: str, replica: int = 0, **options: Any) -> MediaRequest:
        """Have somebody ask for something."""
        context = self.contexts[replica]
        return await service.create(context, self.people[who], text=text, now=self.clock(), **options)

    async def approve(self, request: MediaRequest) -> MediaRequest:
        """Have the administrator say yes."""
        return await service.approve(self.context, self.people["Ada"], request.id, self.clock())

    async def look(self, replica: int = 0, **time: float) -> None:
        """Let time pass, then have a replica do what is due."""
        self.clock.pass_by(**time)
        await ledger.follow(self.contexts[replica], self.clock())
        await engine.run_due(self.contexts[replica], self.clock)

    async def look_often(self, times: int = 6, **time: float) -> None:
        """The same several times, each after a while."""
        for number in range(times):
            await self.look(number % len(self.contexts), **(time or {"minutes": 5}))

    async def read(self, request: MediaRequest) -> MediaRequest:
        """A request as it is now."""
        async with self.context.database.sessions() as session:
            return await session.get_one(MediaRequest, request.id)

    async def all(self) -> list[MediaRequest]:
        """All requests."""
        async with self.context.database.sessions() as session:
            return list(await session.scalars(select(MediaRequest).order_by(MediaRequest.created_at)))

    async def timeline(self, request: MediaRequest) -> list[tuple[str, str]]:
        """The lines of a request's timeline."""
        query = select(RequestStep).where(RequestStep.request_id == request.id).order_by(RequestStep.id)
        async with self.context.database.sessions() as session:
            return [(step.step, step.message) for step in await session.scalars(query)]

    async def searches(self) -> list[Search]:
        """All searches."""
        async with self.context.database.sessions() as session:
            return list(await session.scalars(select(Search).order_by(Search.created_at)))

    async def activities(self, request: MediaRequest) -> list[tuple[str, str]]:
        """What the activity log has of a request."""
        query = select(Activity).where(Activity.subject == str(request.id)).order_by(Activity.id)
        async with self.context.database.sessions() as session:
            return [(entry.action, entry.actor) for entry in await session.scalars(query)]

    async def change(self, table: Any, **values: Any) -> None:
        """Change every row of a table."""
        async with self.context.database.writing.begin() as session:
            await session.execute(update(table).values(**values))

    def posts(self, host: str, path: str = "") -> list[Any]:
        """The bodies of what was posted to a stand-in."""
        wanted = f"/api/v3/{path}"
        return [one.body for one in self.fakes[host].requests if one.method == "POST" and one.path.startswith(wanted)]

    def finish_movie(self, number: int = MATRIX) -> None:
        """Have Radarr import a film."""
        for movie in self.radarr.state.titles:
            if movie["tmdbId"] == number:
                movie["hasFile"] = True
                self.radarr.state.queue = [row for row in self.radarr.state.queue if row.get("movieId") != movie["id"]]

    def finish_season(self, number: int, season: int) -> None:
        """Have Sonarr import a season."""
        (series,) = [series for series in self.sonarr.state.titles if series["tvdbId"] == number]
        for episode in self.sonarr.missing_episodes:
            if (episode["seriesId"], episode["seasonNumber"]) == (series["id"], season):
                episode["hasFile"] = True

    def show(self, title: str, year: int, *, seasons: tuple[int, ...] = (), key: str = "1") -> None:
        """Have Plex show a film, or a series with an episode of each season."""
        media = self.plex.state.media
        media.append(plex_item("show" if seasons else "movie", key, title, year=year))
        for season in seasons:
            of = {"parentIndex": season, "index": 1, "grandparentRatingKey": key}
            media.append(plex_item("episode", f"{key}{season}", f"Part {season}", **of))


def connect_world(
    world: World, context: Context, way: Callable[[Fake[Any]], httpx2.AsyncBaseTransport] | None = None
) -> None:
    """Have a replica ask the stand-ins; without the breaker, which has another clock.

    Args:
        way: what is used in place of the network.
    """
    way = way or (lambda fake: httpx2.ASGITransport(app=fake))
    context.upstreams.transport = lambda connection: way(world.fakes[connection.place])
    context.upstreams.policy = HttpPolicy(attempts=1, failures=10**6)


async def populate(world: World) -> None:
    """Ada, who is an administrator; Robin and Kim; a Sonarr, a Radarr and a Plex."""
    fakes: dict[str, Fake[Any]] = {"sonarr": FakeSonarr(), "radarr": FakeRadarr(), "plex": FakePlex()}
    for kind, fake in fakes.items():
        await world.add_service(kind, kind, fake)
    know_titles(world.sonarr, world.radarr)
    await world.add_person("Ada", "admin")
    await world.add_person("Robin")
    await world.add_person("Kim")


async def make_world(apps: list[FastAPI]) -> World:
    """The people and services, and started replicas that do nothing unless the test lets them."""
    world = World([app.state.context for app in apps])
    for context in world.contexts:
        await context.jobs.close()
        connect_world(world, context)
    await populate(world)
    return world


def violations(world: World) -> list[str]:
    """What was asked or answered against the official descriptions, by all stand-ins."""
    return [violation for fake in world.fakes.values() for violation in fake.violations]
