"""Failed downloads and what is done about each, with its timeline."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from autoarr.accounts.principal import AdminDep
from autoarr.api.lookup import find
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.models import Recovery
from autoarr.policy import Failure
from autoarr.recovery import service

if TYPE_CHECKING:
    pass

router = APIRouter(prefix="/recoveries", tags=["recoveries"])

RecoveryState = Literal["waiting", "asking", "acting", "verifying", "recovered", "dismissed", "given_up"]
AttemptState = Literal["prepared", "sent", "verified", "failed", "unknown"]


class RecoveryView(BaseModel):
    """A failed download and where its recovery stands."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    owner_id: uuid.UUID | None = Field(description="None when the service was removed.")
    owner_kind: Literal["sonarr", "radarr", "sabnzbd"]
    owner_name: str = Field(description="The Sonarr or Radarr that grabbed it; the SABnzbd where nobody did.")
    client_id: uuid.UUID | None
    download_id: str | None = Field(examples=["SABnzbd_nzo_p86tgx"])
    title: str = Field(description="As it came from outside.", examples=["Series.S01E02.1080p.WEB-GROUP"])
    failure: Failure
    message: str = Field(description="As the service gave it, in its language.")
    media: dict[str, Any] = Field(description="What is missing for it, as far as known.")
    state: RecoveryState = Field(
        description="waiting: `reason` says for what. asking: an administrator approves `action` or cancels. "
        "acting: it is being done. verifying: something was found, and is awaited. The others are ends."
    )
    action: str | None = Field(description="What is proposed, being done, or was done last.", examples=["search"])
    reason: str = Field(description="What it waits for, or why it ended.")
    attempts: int = Field(description="Searches or retries made for it.")
    approved_by: str | None
    next_at: AwareDatetime | None = Field(description="When it is looked at again.")
    failed_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime
    ended_at: AwareDatetime | None


class StepView(BaseModel):
    """One line of a timeline."""

    model_config = ConfigDict(from_attributes=True)

    at: AwareDatetime
    step: str = Field(examples=["native_wait"])
    message: str
    data: dict[str, Any] | None


class AttemptView(BaseModel):
    """One write to a service."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    action: str
    state: AttemptState = Field(
        description="prepared, sent: under way. verified: done, as was read afterwards. failed: it was not done. "
        "unknown: what became of it can't be read."
    )
    target: dict[str, Any] = Field(description="What exactly is written, and where.")
    result: dict[str, Any] | None
    error: str | None
    created_at: AwareDatetime
    finished_at: AwareDatetime | None


class RecoveryDetail(RecoveryView):
    """A recovery with everything that happened."""

    timeline: list[StepView]
    writes: list[AttemptView]


@router.get("", summary="Failed downloads, the newest first")
async def list_recoveries(
    context: ContextDep,
    principal: AdminDep,
    page: PageDep,
    state: RecoveryState | None = None,
    failure: Failure | None = None,
    owner_id: uuid.UUID | None = None,
    unfinished: Annotated[bool | None, Query(description="Only those under way, or only those that ended.")] = None,
) -> Page[RecoveryView]:
    """List what failed and what is done about it."""
    query = service.select_recoveries(state=state, failure=failure, owner_id=owner_id, unfinished=unfinished)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, RecoveryView.model_validate)


@router.get("/{recovery_id}", summary="One failed download, with its timeline")
async def get_recovery(context: ContextDep, principal: AdminDep, recovery_id: uuid.UUID) -> RecoveryDetail:
    """Tell what happened, why, and what was written."""
    async with context.database.sessions() as session:
        recovery = RecoveryView.model_validate(await find(session, Recovery, recovery_id))
        steps = await service.read_timeline(session, recovery_id)
        attempts = await service.read_attempts(session, recovery_id)
    return RecoveryDetail(
        **recovery.model_dump(),
        timeline=[StepView.model_validate(step) for step in steps],
        writes=[AttemptView.model_validate(attempt) for attempt in attempts],
    )


@router.post("/{recovery_id}/approve", summary="Have done what it proposes")
async def approve_recovery(context: ContextDep, principal: AdminDep, recovery_id: uuid.UUID) -> RecoveryView:
    """Approve `action`, which is then done within moments, also in quiet hours.

    409 when it proposes nothing, 403 in observe mode.
    """
    recovery = await service.approve(context, principal.actor, recovery_id, datetime.now(UTC))
    return RecoveryView.model_validate(recovery)


@router.post("/{recovery_id}/cancel", summary="Do nothing more about it")
async def cancel_recovery(context: ContextDep, principal: AdminDep, recovery_id: uuid.UUID) -> RecoveryView:
    """End a recovery; what was written already stays. 409 when it has ended, or something is being written for it."""
    return RecoveryView.model_validate(await service.cancel(context, principal.actor, recovery_id, datetime.now(UTC)))
