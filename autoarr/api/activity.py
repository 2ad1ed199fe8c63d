"""The activity log: who did what, when, why, and how it ended."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from sqlalchemy import select

from autoarr.accounts.principal import AdminDep
from autoarr.activity import Outcome
from autoarr.api.fields import Text
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.models import Activity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy import ColumnElement

router = APIRouter(prefix="/activity", tags=["activity"])

Format = Literal["csv", "jsonl"]
EXPORTED_AT_ONCE = 500
COLUMNS = ("id", "at", "actor", "via", "action", "outcome", "subject", "message", "cause", "data", "request_id")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


class Entry(BaseModel):
    """One thing that happened."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": 42,
                "at": "2026-01-31T12:00:00Z",
                "actor": "Ada",
                "actor_id": "b1f0a0f4-5d2c-4f6e-9a53-0a1c2d3e4f50",
                "via": "session",
                "action": "service.created",
                "outcome": "succeeded",
                "subject": "Sonarr",
                "message": "Created the service Sonarr.",
                "cause": None,
                "data": None,
                "request_id": "0a4f2be2c3ce4be6a2ae1f47a3d7e3e5",
            }
        },
    )

    id: int
    at: datetime
    actor: str
    actor_id: uuid.UUID | None
    via: str
    action: str
    outcome: Outcome
    subject: str | None
    message: str
    cause: str | None
    data: dict[str, Any] | None
    request_id: str | None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is out of range") from None


def _refuse_number(value: object) -> object:
    # Pydantic would take it for seconds since 1970; the API's description says a date and a time.
    if ":" not in str(value):
        raise ValueError("it is not a date and a time")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_refuse_number), AfterValidator(_in_utc)]


async def _conditions(
    actor: Annotated[Text | None, Query(description="Exactly this name.")] = None,
    action: Annotated[Text | None, Query(description="What the action begins with, such as `service.`")] = None,
    outcome: Outcome | None = None,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
    subject: Annotated[Text | None, Query(description="Exactly this name or id.")] = None,
    text: Annotated[Text | None, Query(description="Contained in the message, whatever the case.")] = None,
) -> list[ColumnElement[bool]]:
    given: tuple[tuple[object, Callable[[], ColumnElement[bool]]], ...] = (
        (actor, lambda: Activity.actor == actor),
        (action, lambda: Activity.action.startswith(action or "", autoescape=True)),
        (outcome, lambda: Activity.outcome == outcome),
        (since, lambda: Activity.at >= since),
        (until, lambda: Activity.at < until),
        (subject, lambda: Activity.subject == subject),
        (text, lambda: Activity.message.icontains(text or "", autoescape=True)),
    )
    return [condition() for value, condition in given if value is not None]


Conditions = Annotated[list[Any], Depends(_conditions)]


@router.get("", summary="Activity")
async def list_activity(admin: AdminDep, context: ContextDep, paging: PageDep, conditions: Conditions) -> Page[Entry]:
    """List what happened, the newest first."""
    query = select(Activity).where(*conditions).order_by(Activity.at.desc(), Activity.id.desc())
    async with context.database.sessions() as session:
        return await read_page(session, query, paging, Entry.model_validate)


@router.get(
    "/export",
    summary="Activity as a file",
    response_class=StreamingResponse,
    responses={200: {"description": "A file", "content": {"text/csv": {}, "application/jsonl": {}}}},
)
async def export_activity(
    admin: AdminDep, context: ContextDep, conditions: Conditions, kind: Annotated[Format, Query(alias="format")] = "csv"
) -> StreamingResponse:
    """Send all of it, the newest first, as CSV with a header line or as one JSON object a line."""

    async def lines() -> AsyncIterator[str]:
        if kind == "csv":
            yield ",".join(COLUMNS) + "\r\n"
        before: list[Any] = []
        while True:
            query = select(Activity).where(*conditions, *before).order_by(Activity.id.desc()).limit(EXPORTED_AT_ONCE)
            async with context.database.sessions() as session:
                entries = [Entry.model_validate(row) for row in await session.scalars(query)]
            yield "".join(_as_csv(entry) if kind == "csv" else entry.model_dump_json() + "\n" for entry in entries)
            if len(entries) < EXPORTED_AT_ONCE:
                return
            before = [Activity.id < entries[-1].id]

    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8" if kind == "csv" else "application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="autoarr-activity.{kind}"'},
    )


def _as_csv(entry: Entry) -> str:
    fields = entry.model_dump(mode="json")
    return ",".join(_cell(fields[name]) for name in COLUMNS) + "\r\n"


def _cell(value: Any) -> str:
    text = "" if value is None else json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    if text.startswith(_FORMULA):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text
