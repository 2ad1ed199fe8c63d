"""Who is told of what happens, and what they were told."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import select

from autoarr.accounts.principal import AdminDep
from autoarr.api.fields import Name
from autoarr.api.lookup import find, narrow
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import Context, ContextDep
from autoarr.models import Notification, NotificationTarget
from autoarr.notifications import targets
from autoarr.notifications.address import LONGEST, normalise_target_url
from autoarr.notifications.kinds import Event, TargetKind
from autoarr.notifications.targets import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

router = APIRouter(prefix="/notifications", tags=["notifications"])

State = Literal["queued", "delivered", "failed"]


def _check_url(value: SecretStr) -> SecretStr:
    return SecretStr(normalise_target_url(value.get_secret_value()))


def _check_secret(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]{1,512}", value.get_secret_value()):
        raise ValueError("a secret has 1 to 512 letters, digits and signs, and no spaces")
    return value


Url = Annotated[
    SecretStr,
    Field(
        description="Where to post to; write-only, as it often is the secret. Of ntfy with the topic at its end, of "
        "gotify without /message.",
        examples=["https://ntfy.sh/mytopic"],
        json_schema_extra={
            "maxLength": LONGEST,
            "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\s\\]+(/[^?#\s\\]*)?(\?[^#\s\\]*)?\s*$",
        },
    ),
    AfterValidator(_check_url),
]
Secret = Annotated[
    SecretStr,
    Field(
        description="Write-only. What a webhook is signed with: whsec_ and 24 to 64 bytes in base64. The access token "
        "of ntfy; the application's token of gotify. Discord and Slack have none.",
        json_schema_extra={"minLength": 1, "maxLength": 512, "pattern": r"^[\x21-\x7e]+$"},
    ),
    AfterValidator(_check_secret),
]


def _once(value: list[Event]) -> list[Event]:
    return sorted(set(value))


Events = Annotated[
    list[Event],
    Field(max_length=50, description="The kinds of events to be told of; empty: all.", examples=[["audit.finished"]]),
    AfterValidator(_once),
]


class NewTarget(BaseModel):
    """A receiver to be added."""

    model_config = ConfigDict(extra="forbid")

    kind: TargetKind
    name: Name
    url: Url
    secret: Secret | None = None
    events: Events = []
    enabled: Annotated[bool, Field(strict=True)] = True


class TargetPatch(BaseModel):
    """What is to be changed; what is absent or null stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Url | None = Field(default=None, description="With another scheme, host or port it needs the secret with it.")
    secret: Secret | None = None
    events: Events | None = None
    enabled: Annotated[bool, Field(strict=True)] | None = None


class TargetView(BaseModel):
    """A receiver, without its address and secret."""

    id: uuid.UUID
    kind: TargetKind
    name: str
    place: str | None = Field(
        description="Scheme, host and port of its address; null where no key can read it.",
        examples=["https://ntfy.sh"],
    )
    secret_set: bool
    events: list[Event]
    enabled: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime


class NotificationView(BaseModel):
    """One event for one receiver."""

    id: int
    target_id: uuid.UUID
    event: str
    event_id: str
    title: str
    message: str
    state: State
    attempts: int
    next_at: AwareDatetime | None
    error: str | None = Field(description="Why the last attempt failed.")
    created_at: AwareDatetime
    finished_at: AwareDatetime | None


def _viewer(context: Context) -> Callable[[NotificationTarget], TargetView]:
    def view(target: NotificationTarget) -> TargetView:
        return TargetView.model_validate(
            {
                **{field: getattr(target, field) for field in TargetView.model_fields if hasattr(target, field)},
                "place": targets.place_of(context.keys, target),
                "secret_set": bool(target.secret_encrypted),
            }
        )

    return view


def _view_notification(row: Notification) -> NotificationView:
    own = {field: getattr(row, field) for field in NotificationView.model_fields if hasattr(row, field)}
    return NotificationView.model_validate({**own, "title": row.body["title"], "message": row.body["message"]})


@router.get("", summary="What was told")
async def list_notifications(
    admin: AdminDep,
    context: ContextDep,
    page: PageDep,
    state: State | None = None,
    event: Event | None = None,
    target_id: uuid.UUID | None = None,
) -> Page[NotificationView]:
    """List what was told, or is still to be, the newest first."""
    query = narrow(select(Notification), state=state, event=event, target_id=target_id)
    async with context.database.sessions() as session:
        return await read_page(session, query.order_by(Notification.id.desc()), page, _view_notification)


@router.get("/targets", summary="The receivers")
async def list_targets(admin: AdminDep, context: ContextDep, page: PageDep) -> Page[TargetView]:
    """List the receivers by name."""
    query = select(NotificationTarget).order_by(NotificationTarget.name_key)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, _viewer(context))


@router.post("/targets", status_code=201, summary="Add a receiver")
async def create_target(new: NewTarget, admin: AdminDep, context: ContextDep) -> TargetView:
    """Add a receiver; it is told of what happens from now on."""
    values = new.model_dump(exclude={"kind", "url", "secret"})
    secret = new.secret.get_secret_value() if new.secret else None
    try:
        async with context.database.writing.begin() as session:
            target = await targets.create(
                session,
                context.keys,
                admin.actor,
                kind=new.kind,
                url=new.url.get_secret_value(),
                secret=secret,
                **values,
            )
    except targets.NameTaken as error:
        raise HTTPException(409, str(error)) from None
    except targets.InvalidTarget as error:
        raise HTTPException(422, str(error)) from None
    return _viewer(context)(target)


@router.get("/targets/{target_id}", summary="One receiver")
async def get_target(target_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> TargetView:
    """Show a receiver."""
    async with context.database.sessions() as session:
        return _viewer(context)(await find(session, NotificationTarget, target_id))


@router.patch("/targets/{target_id}", summary="Change a receiver")
async def change_target(target_id: uuid.UUID, patch: TargetPatch, admin: AdminDep, context: ContextDep) -> TargetView:
    """Change a receiver. What waits for one that is switched off is not sent any more."""
    given = patch.model_dump(exclude_unset=True, exclude={"url", "secret"})
    values = {field: value for field, value in given.items() if value is not None}
    url, secret = (value.get_secret_value() if value else None for value in (patch.url, patch.secret))
    try:
        async with context.database.writing.begin() as session:
            target = await find(session, NotificationTarget, target_id, lock=True)
            await targets.update(session, context.keys, admin.actor, target, url=url, secret=secret, **values)
    except targets.NameTaken as error:
        raise HTTPException(409, str(error)) from None
    except targets.InvalidTarget as error:
        raise HTTPException(422, str(error)) from None
    return _viewer(context)(target)


@router.delete("/targets/{target_id}", status_code=204, summary="Remove a receiver")
async def delete_target(target_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> None:
    """Remove a receiver, and what it was told."""
    async with context.database.writing.begin() as session:
        target = await find(session, NotificationTarget, target_id, lock=True)
        await targets.remove(session, admin.actor, target)


@router.post("/targets/{target_id}/test", summary="Test a receiver")
async def check_target(target_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> Delivery:
    """Send a test at once. The answer is 200 for a failed test too: it says the cause."""
    async with context.database.sessions() as session:
        target = await find(session, NotificationTarget, target_id)
    return await targets.try_target(context, target)
