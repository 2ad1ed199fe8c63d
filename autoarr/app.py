"""The application factory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from autoarr import __version__
from autoarr.api import about, health
from autoarr.context import Context
from autoarr.database import Database
from autoarr.instance import register_start
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
        context.instance_id = await register_start(context.database)
        yield
    finally:
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
    app.include_router(about.router, prefix="/api/v1")
    app.router.default = UserInterface(settings.ui_dir)
    return app
