"""What tests of the tools begin with: services that are stand-ins, things to list, and who asks."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import delete, update

from autoarr.accounts.principal import Principal, authenticate
from autoarr.dashboard import poll
from autoarr.models import ApiToken, Confirmation, Finding, MediaRequest, Recovery, RecoveryStep, Service, User
from autoarr.tools import registry
from autoarr.tools.trimming import MAXIMUM_BYTES, size
from tests.app.changes_stage import CASES, add_finding
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.services_stage import add_service

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.context import Context
    from autoarr.tools.model import ToolResult
    from tests.app.fakes import Fake

WRITING = ("request_media", "recover", "apply_fix")


async def principal_of(context: Context, client: httpx2.AsyncClient) -> Principal:
    """Who a client is."""
    principal = await authenticate(context, client.headers["Authorization"].split()[1])
    assert principal is not None
    return principal


async def api_token(client: httpx2.AsyncClient, role: str = "admin", **more: Any) -> str:
    """Make an API token."""
    answer = await client.post("/api/v1/tokens", json={"name": f"of {role}", "role": role, **more})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def end_tokens(context: Context, how: str) -> None:
    """Have all API tokens be `expired` or `deleted`, or their users `disabled`."""
    async with context.database.writing.begin() as session:
        if how == "expired":
            await session.execute(update(ApiToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        elif how == "disabled":
            await session.execute(update(User).values(disabled=True))
        else:
            await session.execute(delete(ApiToken))


async def add_recovery(context: Context, title: str = "Series.S01E02-GROUP", **values: Any) -> Recovery:
    """A failed download that asks for a decision."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "identity": f"test:{uuid.uuid4()}",
        "owner_kind": "sonarr",
        "owner_name": "Sonarr",
        "title": title,
        "failure": "unclassified",
        "message": "What the service said.",
        "state": "asking",
        "action": "search",
        "reason": "It is not known why.",
        "failed_at": now,
        "created_at": now,
        "updated_at": now,
    }
    recovery = Recovery(**fields | values)
    async with context.database.writing.begin() as session:
        session.add(recovery)
        await session.flush()
        session.add(RecoveryStep(recovery_id=recovery.id, at=now, step="seen", message="It failed."))
    return recovery


async def add_request(context: Context, user_id: uuid.UUID, title: str = "The Matrix", **values: Any) -> MediaRequest:
    """Something that somebody asked for."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "user_id": user_id,
        "user_name": "Robin",
        "text": title,
        "title": title,
        "state": "awaiting_approval",
        "reason": "It waits for an administrator.",
        "created_at": now,
        "updated_at": now,
    }
    request = MediaRequest(**fields | values)
    async with context.database.writing.begin() as session:
        session.add(request)
    return request


async def add_findings(context: Context, service_id: uuid.UUID, number: int, **values: Any) -> None:
    """Things that an audit found, which nobody can fix."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "service_id": service_id,
        "rule": "test.rule",
        "verdict": "failed",
        "severity": "notice",
        "title": "Something",
        "reason": "Because.",
        "source": "https://example.invalid/",
        "first_seen_at": now,
        "last_seen_at": now,
    }
    async with context.database.writing.begin() as session:
        session.add_all(Finding(subject=f"{index:04}", **fields | values) for index in range(number))


async def propose(
    context: Context, principal: Principal, tool: str, conversation_id: uuid.UUID | None = None, **arguments: Any
) -> ToolResult:
    """Call a tool that writes."""
    result = await registry.call(context, principal, tool, arguments, "chat", conversation_id)
    assert result.confirmation_id is not None
    return result


async def stored_confirmation(context: Context, confirmation_id: uuid.UUID | None) -> Confirmation:
    """As it is stored."""
    async with context.database.sessions() as session:
        return await session.get_one(Confirmation, confirmation_id)


Fakes = tuple[FakeSonarr, FakeRadarr, FakeSabnzbd, FakePlex]


@dataclass
class ToolsWorld:
    """An installation with one service of each kind, and who asks."""

    context: Context
    ada: Principal
    robin: Principal
    fakes: Fakes
    services: dict[str, Service]
    ids: dict[str, uuid.UUID]

    @property
    def arguments(self) -> dict[str, dict[str, Any]]:
        """Good ones for every tool that needs any."""
        return {
            "search_media": {"query": "The Matrix"},
            "request_media": {"tmdb_id": 603},
            "get_item": {"kind": "failure", "id": str(self.ids["failure"])},
            "recover": {"recovery_id": str(self.ids["failure"])},
            "preview_fix": {"finding_id": str(self.ids["finding"])},
            "apply_fix": {"finding_id": str(self.ids["finding"])},
            "run_audit": {"wait_s": 0},
            "diagnose": {"ask_now": True},
        }

    async def call(self, name: str, who: Principal | None = None, **arguments: Any) -> dict[str, Any]:
        """Call a tool as Ada, or as somebody else."""
        result = await registry.call(self.context, who or self.ada, name, arguments, "chat")
        assert size(result.data) < MAXIMUM_BYTES + 500
        json.dumps(result.data).encode()
        return result.data


@pytest.fixture
async def tools_world(
    app: FastAPI,
    admin: httpx2.AsyncClient,
    requester: httpx2.AsyncClient,
    sonarr: FakeSonarr,
    radarr: FakeRadarr,
    sabnzbd: FakeSabnzbd,
    plex: FakePlex,
) -> ToolsWorld:
    """One service of each kind, polled once, and one thing of each kind to list."""
    context: Context = app.state.context
    fakes: Fakes = (sonarr, radarr, sabnzbd, plex)
    kinds: dict[str, Fake[Any]] = dict(zip(("sonarr", "radarr", "sabnzbd", "plex"), fakes, strict=True))
    services = {kind: await add_service(context, fake, kind) for kind, fake in kinds.items()}
    sonarr.queued = sabnzbd.queued = 3
    radarr.state.known = {603: radarr.make_movie(1, title="The Matrix", tmdbId=603, year=1999)}
    await poll.poll_all(context)
    ada, robin = await principal_of(context, admin), await principal_of(context, requester)
    ids = {
        "failure": (await add_recovery(context, owner_id=services["sonarr"].id)).id,
        "request": (await add_request(context, robin.user_id)).id,
        "finding": await add_finding(context, services["sonarr"].id, "config/naming", dict(CASES[0].fields)),
    }
    for fake in fakes:
        fake.requests.clear()
    return ToolsWorld(context, ada, robin, fakes, services, ids)
