"""What tests of changes begin with: services that are stand-ins, findings that a write settles, and their objects."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from autoarr.context import Context
from autoarr.models import Activity, Change, Finding, Service
from autoarr.upstream.http import HttpPolicy
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve

FakeService = FakeSonarr | FakeRadarr | FakeSabnzbd | FakePlex


@dataclass(frozen=True)
class Case:
    """Two fields of an object of a service, and values that they don't have when the service is fresh.

    Attributes:
        write: what the stand-in's `fail` knows the write by.
        read: and the read.
    """

    fake: type[FakeService]
    resource: str
    fields: dict[str, Any]
    write: dict[str, Any]
    read: dict[str, Any]

    @property
    def kind(self) -> str:
        """The service's kind."""
        return self.fake.__name__.removeprefix("Fake").lower()

    def __str__(self) -> str:
        return f"{self.kind} {self.resource}"


def arr(fake: type[FakeService], resource: str, **fields: Any) -> Case:
    """One of Sonarr or Radarr."""
    return Case(fake, resource, fields, {"path": resource, "method": "PUT"}, {"path": resource, "method": "GET"})


CASES = [
    arr(FakeSonarr, "config/naming", renameEpisodes=True, replaceIllegalCharacters=False),
    arr(FakeRadarr, "config/mediamanagement", minimumFreeSpaceWhenImporting=2048, recycleBin="/media/trash"),
    arr(FakeSonarr, "downloadclient/1", **{"removeFailedDownloads": False, "fields.tvCategory": "series"}),
    Case(
        FakeSabnzbd,
        "misc",
        {"ignore_samples": 1, "cleanup_list": ["nfo", "sfv"]},
        {"path": "set_config"},
        {"path": "get_config"},
    ),
    Case(FakeSabnzbd, "categories/tv", {"dir": "series", "pp": "2"}, {"path": "set_config"}, {"path": "get_config"}),
    Case(
        FakePlex,
        "prefs",
        {"fseventlibraryUpdatesEnabled": True, "ScheduledLibraryUpdateInterval": 7200},
        {"path": "/:/prefs", "method": "PUT"},
        {"path": "/:/prefs", "method": "GET"},
    ),
]


def stored(fake: FakeService) -> str:
    """The configuration that a stand-in has stored, secrets in clear, byte by byte."""
    state = fake.state
    if isinstance(fake, FakePlex):
        return json.dumps(fake.state.preferences)
    return json.dumps([getattr(state, "config", None), getattr(state, "collections", None)])


@contextmanager
def served(case: Case) -> Iterator[FakeService]:
    """A fresh stand-in on a port."""
    fake = case.fake()
    with serve(fake):
        yield fake


async def add_service(context: Context, kind: str, fake: FakeService, url: str | None = None) -> uuid.UUID:
    """Save a stand-in as a service."""
    now = datetime.now(UTC)
    service = Service(
        kind=kind,
        name=f"My {kind}",
        name_key=f"my {kind} {uuid.uuid4()}",
        url=url or fake.url,
        api_key_encrypted=context.keys.encrypt(fake.api_key),
        created_at=now,
        updated_at=now,
    )
    async with context.database.writing.begin() as session:
        session.add(service)
    return service.id


async def add_finding(
    context: Context, service_id: uuid.UUID, resource: str, fields: dict[str, Any] | None
) -> uuid.UUID:
    """A finding that these values would settle; None where only a person can."""
    now = datetime.now(UTC)
    finding = Finding(
        service_id=service_id,
        rule=f"test.{uuid.uuid4().hex}",
        verdict="failed",
        severity="warning",
        title="Not as it should be",
        reason="It is a test.",
        source="https://example.invalid/",
        fix=None if fields is None else {"resource": resource, "fields": fields},
        first_seen_at=now,
        last_seen_at=now,
    )
    async with context.database.writing.begin() as session:
        session.add(finding)
    return finding.id


class Stage:
    """A service with a finding, and what a client does about it."""

    def __init__(self, context: Context, client: httpx2.AsyncClient, case: Case, fake: FakeService) -> None:
        self.context = context
        self.client = client
        self.case = case
        self.fake = fake

    async def prepare(self) -> Stage:
        """Save both."""
        self.service_id = await add_service(self.context, self.case.kind, self.fake)
        self.finding_id = await add_finding(self.context, self.service_id, self.case.resource, self.case.fields)
        return self

    async def post(self, path: str, body: Any = None) -> httpx2.Response:
        """Ask AutoArr."""
        return await self.client.post(f"/api/v1/{path}", json=body)

    async def preview(self) -> dict[str, Any]:
        """The plan."""
        answer = await self.post(f"findings/{self.finding_id}/preview")
        assert answer.status_code == 200, answer.text
        plan: dict[str, Any] = answer.json()
        return plan

    async def apply(self, fingerprint: str | None = None) -> httpx2.Response:
        """Apply what a preview now would show."""
        fingerprint = fingerprint or (await self.preview())["fingerprint"]
        return await self.post(f"findings/{self.finding_id}/apply", {"fingerprint": fingerprint})

    async def revert(self, change_id: str, **body: Any) -> httpx2.Response:
        """Undo a change."""
        return await self.post(f"changes/{change_id}/revert", body or None)

    async def finding(self) -> Finding:
        """As it is stored."""
        async with self.context.database.sessions() as session:
            return await session.get_one(Finding, self.finding_id)

    async def changes(self) -> list[Change]:
        """All of them, the oldest first."""
        async with self.context.database.sessions() as session:
            return list(await session.scalars(select(Change).order_by(Change.created_at)))

    async def activities(self) -> list[Activity]:
        """Those of changes, the oldest first."""
        async with self.context.database.sessions() as session:
            found = select(Activity).where(Activity.action.like("change.%")).order_by(Activity.id)
            return list(await session.scalars(found))


@pytest.fixture(params=[CASES[0]], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """A kind of service and two fields of it; one of Sonarr unless a test wants others."""
    chosen: Case = request.param
    return chosen


@pytest.fixture
def fake(case: Case) -> Iterator[FakeService]:
    """The service."""
    with served(case) as fake:
        yield fake


@pytest.fixture
async def stage(app: FastAPI, admin: httpx2.AsyncClient, case: Case, fake: FakeService) -> Stage:
    """The service is saved, with a finding."""
    context: Context = app.state.context
    context.upstreams.policy = HttpPolicy(read=4, attempts=1, failures=1000)
    return await Stage(context, admin, case, fake).prepare()


all_cases = pytest.mark.parametrize("case", CASES, ids=str, indirect=True)
