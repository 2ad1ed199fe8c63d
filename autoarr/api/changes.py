"""What is written to services: previewed, made, listed and undone."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select

from autoarr.accounts.principal import AdminDep
from autoarr.api.lookup import find, narrow
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.changes import executor, revert
from autoarr.changes.plan import Plan
from autoarr.context import ContextDep
from autoarr.models import Change
from autoarr.upstream.errors import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

router = APIRouter(tags=["changes"])

ChangeState = Literal["prepared", "writing", "applied", "partly_applied", "failed", "unresolved"]


class ChangedField(BaseModel):
    """A field and its values; a secret's are asterisks."""

    field: str = Field(examples=["enableCompletedDownloadHandling"])
    before: Any
    after: Any
    found: Any = Field(default=None, description="What it was when it was read after the write.")


class PlanView(BaseModel):
    """What would be written."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "resource": "config/downloadclient",
                "fields": [{"field": "enableCompletedDownloadHandling", "before": False, "after": True}],
                "call": 'PUT /api/v3/config/downloadclient/1 {..., "enableCompletedDownloadHandling": true}',
                "already": False,
                "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            }
        }
    )

    resource: str
    fields: list[ChangedField] = Field(description="Those that differ.")
    call: str = Field(description="The exact calls, a line each.")
    already: bool = Field(description="Everything is as wanted: there is nothing to write.")
    fingerprint: str = Field(
        description="Hand it back to apply: when the object is another by then, nothing is written."
    )


class ChangeView(BaseModel):
    """A write and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    service_id: uuid.UUID | None = Field(description="None when the service was removed.")
    service_name: str
    finding_id: uuid.UUID | None
    reverts_id: uuid.UUID | None = Field(description="The change that this one undid.")
    state: ChangeState = Field(
        description="prepared, writing: under way. applied: verified. partly_applied: `fields` says which took. "
        "failed: nothing was changed. unresolved: not known yet; it is looked at again every minute."
    )
    resource: str = Field(examples=["config/downloadclient"])
    fields: list[ChangedField]
    actor: str
    error: str | None
    created_at: AwareDatetime
    finished_at: AwareDatetime | None


class ApplyRequest(BaseModel):
    """The preview that is to be carried out."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$", max_length=64, description="From the preview.")


class RevertRequest(BaseModel):
    """How to undo it."""

    model_config = ConfigDict(extra="forbid")

    preview: bool = Field(default=False, description="Only tell what would be written.")


def _view(plan: Plan) -> PlanView:
    return PlanView(
        resource=plan.resource,
        fields=[ChangedField(**item) for item in plan.shown],
        call=plan.call,
        already=not plan.after,
        fingerprint=plan.fingerprint,
    )


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except executor.NotWritten as error:
        raise HTTPException(504 if error.error.cause == Cause.TIMEOUT else 502, str(error)) from None


@router.post("/findings/{finding_id}/preview", summary="What a fix would write")
async def preview_finding(context: ContextDep, principal: AdminDep, finding_id: uuid.UUID) -> PlanView:
    """Read the object and compare; nothing is written. 409 when only a person can settle the finding."""
    with _problems():
        return _view(await executor.preview(context, finding_id))


@router.post("/findings/{finding_id}/apply", summary="Make a fix")
async def apply_finding(
    context: ContextDep, principal: AdminDep, finding_id: uuid.UUID, body: ApplyRequest
) -> ChangeView:
    """Write what was previewed and read it again; `state` says what became of it.

    403 in observe mode; 409 when the object is not as previewed; 502 or 504 when the service failed before
    anything was written.
    """
    with _problems():
        return ChangeView.model_validate(await executor.apply(context, principal.actor, finding_id, body.fingerprint))


@router.get("/changes", summary="Writes, the newest first")
async def list_changes(
    context: ContextDep,
    principal: AdminDep,
    page: PageDep,
    service_id: uuid.UUID | None = None,
    state: ChangeState | None = None,
    finding_id: uuid.UUID | None = None,
) -> Page[ChangeView]:
    """List what was written, or was to be."""
    wanted = narrow(select(Change), service_id=service_id, state=state, finding_id=finding_id)
    query = wanted.order_by(Change.created_at.desc(), Change.id)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, ChangeView.model_validate)


@router.get("/changes/{change_id}", summary="One write")
async def get_change(context: ContextDep, principal: AdminDep, change_id: uuid.UUID) -> ChangeView:
    """Tell what was written, by whom, and what became of it."""
    async with context.database.sessions() as session:
        return ChangeView.model_validate(await find(session, Change, change_id))


@router.post("/changes/{change_id}/revert", summary="Undo a write")
async def revert_change(
    context: ContextDep, principal: AdminDep, change_id: uuid.UUID, body: RevertRequest | None = None
) -> ChangeView | PlanView:
    """Write the values from before, of exactly the fields that the change changed.

    The undoing is a change of its own and can be undone. 409 when a field has been changed since, or the change
    is undone already.
    """
    with _problems():
        if body and body.preview:
            return _view(await revert.preview_revert(context, change_id))
        return ChangeView.model_validate(await revert.revert(context, principal.actor, change_id))
