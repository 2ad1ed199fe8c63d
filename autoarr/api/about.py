"""Which build runs, and where."""

from __future__ import annotations

import platform
import uuid
from typing import Literal

from anyio import to_thread
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict

from autoarr import __version__
from autoarr.context import ContextDep
from autoarr.runtime import find_libc, oci_platform

router = APIRouter(tags=["about"])


class LibcInfo(BaseModel):
    """The C library the process runs on, found from inside."""

    name: Literal["musl", "glibc", "unknown"]
    version: str | None


class About(BaseModel):
    """Version, build and surroundings."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "AutoArr",
                "version": "0.1.0",
                "revision": "4c1f3a1d9d8f0c7b6a5e4d3c2b1a0f9e8d7c6b5a",
                "created": "2026-01-31T12:00:00Z",
                "python": "3.11.2",
                "implementation": "CPython",
                "libc": {"name": "musl", "version": "1.2.5"},
                "platform": "linux/amd64",
                "database": "sqlite",
                "instance_id": "3f2b8a52-0c4e-4d0f-9c1a-5d1b2f9b7a10",
                "started_at": "2026-01-31T12:30:00.250Z",
                "uptime_s": 12.3,
            }
        }
    )

    name: Literal["AutoArr"] = "AutoArr"
    version: str
    revision: str | None
    created: AwareDatetime | None
    python: str
    implementation: str
    libc: LibcInfo
    platform: str
    database: Literal["sqlite", "postgresql"]
    instance_id: uuid.UUID
    started_at: AwareDatetime
    uptime_s: float


@router.get("/about", summary="Version and build")
async def get_about(context: ContextDep) -> About:
    """Tell which build this is, what it runs on, and since when."""
    libc = await to_thread.run_sync(find_libc)
    return About(
        version=__version__,
        revision=context.settings.revision,
        created=context.settings.created,
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        libc=LibcInfo(name=libc.name, version=libc.version),
        platform=oci_platform(),
        database=context.database.kind,
        instance_id=context.instance_id,
        started_at=context.started_at,
        uptime_s=round(context.uptime, 1),
    )
