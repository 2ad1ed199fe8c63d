"""Writes that a model or a program proposed, for their person to confirm."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select

from autoarr.accounts.principal import SessionDep
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.models import Confirmation

router = APIRouter(prefix="/confirmations", tags=["confirmations"])


class ConfirmationView(BaseModel):
    """A write that is made when its person says so, once, or never."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": "b1f0a0f4-5d2c-4f6e-9a53-0a1c2d3e4f50",
                "origin": "mcp",
                "tool": "apply_fix",
                "preview": {
                    "summary": "Change config/downloadclient of Sonarr: enableCompletedDownloadHandling to true.",
                    "details": {"already": False},
                },
                "state": "open",
                "result": None,
                "error": None,
                "created_at": "2026-01-31T12:00:00Z",
                "expires_at": "2026-01-31T12:15:00Z",
                "decided_at": None,
            }
        },
    )

    id: uuid.UUID
    conversation_id: uuid.UUID | None = Field(default=None, description="Of the chat that it is from, if any.")
    origin: Literal["chat", "mcp"]
    tool: str
    preview: dict[str, Any] = Field(
        description='`summary`, a sentence, and `details`, in which texts from outside are `{"untrusted": "..."}`.'
    )
    state: Literal["open", "running", "done", "failed", "declined", "expired"] = Field(
        description="running: under way, or not known yet what became of it; look again."
    )
    result: dict[str, Any] | None
    error: str | None
    created_at: AwareDatetime
    expires_at: AwareDatetime
    decided_at: AwareDatetime | None


class Decision(BaseModel):
    """The person's word."""

    model_config = ConfigDict(extra="forbid")

    confirm: bool = Field(strict=True, description="True to have it done, once; false to never have it done.")


@router.get("", summary="Writes that wait for you")
async def list_confirmations(context: ContextDep, principal: SessionDep, page: PageDep) -> Page[ConfirmationView]:
    """List your own that are open or under way, the newest first. What became of one whose process ended is looked up
    first."""
    from autoarr.tools.confirming import settle

    await settle(context, principal, datetime.now(UTC))
    mine = select(Confirmation).where(
        Confirmation.user_id == principal.user_id, Confirmation.state.in_(("open", "running"))
    )
    async with context.database.sessions() as session:
        ordered = mine.order_by(Confirmation.created_at.desc(), Confirmation.id)
        return await read_page(session, ordered, page, ConfirmationView.model_validate)


@router.post("/{confirmation_id}", summary="Confirm a write, or decline it")
async def decide(
    context: ContextDep, principal: SessionDep, confirmation_id: uuid.UUID, body: Decision
) -> ConfirmationView:
    """Make the write, or never; `state` says what became of it. With a login only: no program can confirm.

    403 in observe mode, or when you may no longer; 404 when it is not yours; 409 when it is not open any more. Where
    things are not as they were shown, nothing is written and `state` is failed.
    """
    from autoarr.tools import confirming

    decide = confirming.confirm if body.confirm else confirming.decline
    return ConfirmationView.model_validate(await decide(context, principal, confirmation_id))
