"""Liveness and readiness."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from autoarr.context import ContextDep
from autoarr.readiness import Check, check_all

router = APIRouter(prefix="/health", tags=["health"])

_UNAVAILABLE = {
    "status": "unavailable",
    "checks": {"database": {"status": "error", "detail": "no answer within 2 s"}},
}


class Health(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ok"}})

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether requests can be served, and what each dependency said."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "ready", "checks": {"database": {"status": "ok", "latency_ms": 1.2}}}}
    )

    status: Literal["ready", "unavailable"]
    checks: dict[str, Check]


@router.get("", summary="Liveness")
async def get_health() -> Health:
    """Answer as long as the process can; nothing else is asked."""
    return Health()


@router.get(
    "/ready",
    summary="Readiness",
    response_model_exclude_none=True,
    responses={
        503: {
            "model": Readiness,
            "description": "A dependency doesn't answer",
            "content": {"application/json": {"example": _UNAVAILABLE}},
        }
    },
)
async def get_readiness(context: ContextDep, response: Response) -> Readiness:
    """Ask the database, and Redis when it is configured; each has two seconds."""
    checks = await check_all(context)
    if all(check.status == "ok" for check in checks.values()):
        return Readiness(status="ready", checks=checks)
    response.status_code = 503
    return Readiness(status="unavailable", checks=checks)
