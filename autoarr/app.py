"""The application factory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from autoarr import __version__
from autoarr.api import (
    about,
    activity,
    audits,
    auth,
    changes,
    chat,
    confirmations,
    dashboard,
    downloads,
    events,
    findings,
    health,
    jobs,
    media,
    notifications,
    policy,
    recoveries,
    requests,
    services,
    tokens,
    users,
)
from autoarr.changes.jobs import queue_recovery
from autoarr.context import Context
from autoarr.database import Database
from autoarr.instance import register_start
from autoarr.keys import load_key_ring
from autoarr.mcp_server import endpoint as mcp
from autoarr.middleware import RequestMiddleware
from autoarr.migrate import migrate
from autoarr.problems import RESPONSES, add_problem_handlers
from autoarr.settings import Settings, load_settings
from autoarr.static import UserInterface

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    try:
        await migrate(context.database)
        context.keys = load_key_ring(context.settings)
        context.instance_id = await register_start(context.database, context.keys)
        await context.bus.start()
        context.jobs.start()
        await queue_recovery(context)
        yield
    finally:
        await context.jobs.close()
        await context.upstreams.close()
        await context.bus.close()
        await context.database.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make an application; it touches nothing outside until its lifespan starts.

    Args:
        settings: those of this process when None.

    Raises:
        SettingsError: the process's settings can't be used.
    """
    settings = settings or load_settings()
    app = FastAPI(
        title="AutoArr",
        version=__version__,
        summary="An orchestrator above Sonarr, Radarr, SABnzbd and Plex",
        openapi_url="/api/openapi.json",
        # Their pages load scripts from a public CDN.
        docs_url=None,
        redoc_url=None,
        # A page's address is never redirected; it is the user interface's to route.
        redirect_slashes=False,
        responses=RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan,
    )
    app.state.context = Context(settings, Database(settings.database_url))
    app.add_middleware(RequestMiddleware)
    add_problem_handlers(app)
    app.include_router(health.router)
    app.include_router(auth.router)
    app.include_router(about.router, prefix="/api/v1")
    app.include_router(users.router, prefix="/api/v1")
    app.include_router(tokens.router, prefix="/api/v1")
    app.include_router(changes.router, prefix="/api/v1")
    app.include_router(services.router, prefix="/api/v1")
    app.include_router(policy.router, prefix="/api/v1")
    app.include_router(requests.router, prefix="/api/v1")
    app.include_router(media.router, prefix="/api/v1")
    app.include_router(dashboard.router, prefix="/api/v1")
    app.include_router(downloads.router, prefix="/api/v1")
    app.include_router(recoveries.router, prefix="/api/v1")
    app.include_router(audits.router, prefix="/api/v1")
    app.include_router(findings.router, prefix="/api/v1")
    app.include_router(activity.router, prefix="/api/v1")
    app.include_router(notifications.router, prefix="/api/v1")
    app.include_router(events.router, prefix="/api/v1")
    app.include_router(jobs.router, prefix="/api/v1")
    app.include_router(confirmations.router, prefix="/api/v1")
    app.include_router(chat.router, prefix="/api/v1")
    app.router.routes.append(Route(mcp.PATH, mcp.McpEndpoint(app.state.context), include_in_schema=False))
    app.router.default = UserInterface(settings.ui_dir)
    return app
