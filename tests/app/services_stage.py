"""Services in the database and what was seen of them, for the tests of what is built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from autoarr.actors import SYSTEM
from autoarr.models import Activity, Observation, Service
from autoarr.policy import Policy, save_policy
from autoarr.services import registry

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.context import Context


class Served(Protocol):
    """A stand-in that is served, or what it stands for."""

    @property
    def url(self) -> str:
        """Its address."""

    @property
    def api_key(self) -> str:
        """Its key."""


async def context_of(app: FastAPI) -> Context:
    """An application's context; its jobs are stopped, so that only the test polls."""
    context: Context = app.state.context
    await context.jobs.close()
    return context


async def context_with(app: FastAPI, **fakes: Served) -> Context:
    """The same, over a service of each kind that is named."""
    context = await context_of(app)
    for kind, fake in fakes.items():
        await add_service(context, fake, kind)
    return context


async def set_policy(context: Context, **fields: Any) -> None:
    """Save a policy; what it doesn't name is as usual."""
    async with context.database.writing.begin() as session:
        await save_policy(session, Policy(**fields), "Ada")


async def add_service(context: Context, fake: Served, kind: str, **values: Any) -> Service:
    """Keep a service without asking it, and leave no trace of that in the activity log."""
    fields: dict[str, Any] = {
        "name": kind.capitalize(),
        "url": fake.url,
        "enabled": True,
        "tls_insecure": False,
        "path_mappings": [],
    }
    async with context.database.writing.begin() as session:
        service = await registry.create(
            session, context.keys, SYSTEM, kind=kind, api_key=fake.api_key, **fields | values
        )
        await session.delete(await session.scalar(select(Activity).order_by(Activity.id.desc()).limit(1)))
    return service


async def observe(context: Context, service: Service) -> dict[str, Observation]:
    """What was seen of a service, by block."""
    async with context.database.sessions() as session:
        rows = await session.scalars(select(Observation).where(Observation.service_id == service.id))
        return {row.block: row for row in rows}
