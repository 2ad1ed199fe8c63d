"""The application's tables, by its own code: the same on every database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from autoarr import activity
from autoarr.actors import Actor
from autoarr.api.activity import Entry
from autoarr.api.paging import PageQuery, read_page
from autoarr.dashboard.observations import keep
from autoarr.models import Activity, Observation, Option, Service
from autoarr.upstream.errors import Cause, UpstreamError
from automation.components.probes.harness import equal, refused, require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoarr.database import Database

ENTRIES = 120
# What the names of the probe's rows begin with; the application runs on the same database.
MINE = "probe "
NOW = datetime(2026, 3, 29, 1, 30, 0, 250_001, tzinfo=UTC)


async def clear(made: Database) -> None:
    """Remove the probe's rows."""
    async with made.writing.begin() as session:
        for column in (Option.key, Activity.actor, Service.name):
            await session.execute(delete(column.class_).where(column.startswith(MINE)))


def a_service() -> Service:
    """A service with every kind of value."""
    return Service(
        kind="sonarr",
        name=f"{MINE}\u017b",
        name_key=f"{MINE}\u017c",
        url="http://nowhere.invalid",
        api_key_encrypted="-",
        path_mappings=[{"remote": "/\u00e4", "local": "\N{SNOWMAN}"}],
        created_at=NOW.astimezone(timezone(timedelta(hours=5))),
        updated_at=NOW,
    )


async def ask(made: Database) -> None:
    """Every kind of column, a page of activity, and what is kept of a service.

    Raises:
        Wrong: something is not as it was written.
    """
    await _activity(made)
    service = a_service()
    async with made.writing.begin() as session:
        session.add(service)
    async with made.sessions() as session:
        found = await session.get_one(Service, service.id)
        for name in ("id", "name", "path_mappings", "enabled", "created_at", "tls_ca"):
            equal(getattr(found, name), getattr(service, name), f"the {name} read back")
    with refused("a name given twice", IntegrityError):
        async with made.writing.begin() as session:
            session.add(a_service())
    await _observations(made, service)
    async with made.writing.begin() as session:
        gone = await session.scalars(delete(Service).where(Service.id == service.id).returning(Service.name))
        equal(list(gone), [service.name], "what was deleted")
        left = select(func.count()).select_from(Observation).where(Observation.service_id == service.id)
        equal(await session.scalar(left), 0, "what is left of what was seen of it")


async def _activity(made: Database) -> None:
    """Written in one transaction, and read page by page, the newest first."""
    actor = Actor(name=MINE, id=uuid.uuid4(), via="command")
    async with made.writing.begin() as session:
        for number in range(ENTRIES):
            activity.record(session, actor, "probe.done", f"\u017b {number}", data={"number": number, "none": None})
    query = select(Activity).where(Activity.actor == MINE).order_by(Activity.at.desc(), Activity.id.desc())
    async with made.sessions() as session:
        page = await read_page(session, query, PageQuery(page=2, page_size=50), Entry.model_validate)
    wanted = [ENTRIES - 1 - number for number in range(50, ENTRIES)][:50]
    equal((page.total, [entry.data for entry in page.items]), (ENTRIES, data_of(wanted)), "the second page")
    equal({entry.actor_id for entry in page.items}, {actor.id}, "who did it")


def data_of(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """What the entries of these numbers say."""
    return [{"number": number, "none": None} for number in numbers]


async def _observations(made: Database, service: Service) -> None:
    """Kept, replaced by what is newer, kept over a failure, and never replaced by what is older."""

    async def kept() -> tuple[Any, ...]:
        async with made.sessions() as session:
            seen = await session.get_one(Observation, (service.id, "queue"))
            return seen.data, seen.observed_at, seen.failed_at, seen.failure

    later = NOW + timedelta(minutes=1)
    gone = UpstreamError(service.name, Cause.CONNECT, "planted")
    failure = {"cause": "connect", "detail": "planted"}
    for answer, at, wanted in (
        ({"total": 1}, NOW, ({"total": 1}, NOW, None, None)),
        ({"total": 2}, later, ({"total": 2}, later, None, None)),
        ({"total": 1}, NOW, ({"total": 2}, later, None, None)),
        (gone, later, ({"total": 2}, later, later, failure)),
    ):
        require(await keep(made, service, {"queue": answer}, at), "nothing was kept")
        equal(await kept(), wanted, "what is kept")
