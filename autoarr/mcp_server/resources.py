"""Findings and activity as MCP resources, for administrators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, ReadResourceResult, Resource, ResourceTemplate, TextResourceContents
from pydantic import ValidationError
from sqlalchemy import func, select

from autoarr.models import Activity
from autoarr.tools.diagnosis import failed_findings
from autoarr.tools.fencing import Own, fence
from autoarr.tools.model import Paged
from autoarr.tools.trimming import page, trim

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context

NOT_FOUND = -32002
_TYPE = "application/json"


async def _activity(session: AsyncSession, wanted: Paged) -> dict[str, Any]:
    total = await session.scalar(select(func.count()).select_from(Activity)) or 0
    newest = select(Activity).order_by(Activity.id.desc()).limit(wanted.limit).offset(wanted.offset)
    return page([_entry(entry) for entry in await session.scalars(newest)], total, wanted.offset)


def _entry(entry: Activity) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "action": Own(entry.action),
        "outcome": Own(entry.outcome),
        "subject": entry.subject,
        "message": entry.message,
        "cause": entry.cause,
    }


RESOURCES = {
    "findings": (failed_findings, "Findings", "What the audits found to be wrong, the most severe first."),
    "activity": (_activity, "Activity", "Who did what, when, why, and how it ended; the newest first."),
}
"""By the host of their addresses: what reads them, a title, and a description."""
_PAGED = " Paged by the parameters limit and offset; next is the address of the next page."


def visible(principal: Principal) -> list[Resource]:
    """Those that somebody may read."""
    return [
        Resource(uri=f"autoarr://{name}", name=name, title=title, description=text + _PAGED, mime_type=_TYPE)
        for name, (_, title, text) in (RESOURCES if principal.role == "admin" else {}).items()
    ]


def visible_templates(principal: Principal) -> list[ResourceTemplate]:
    """The same, as addresses of single pages."""
    return [
        ResourceTemplate(
            uri_template=f"{one.uri}{{?limit,offset}}",
            name=one.name,
            title=one.title,
            description=one.description,
            mime_type=_TYPE,
        )
        for one in visible(principal)
    ]


async def read(context: Context, principal: Principal, uri: str) -> ReadResourceResult:
    """Read a page of one.

    Raises:
        MCPError: there is no such resource for this caller, or its parameters are wrong.
    """
    try:
        parts = urlsplit(uri)
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        wanted = Paged.model_validate(query)
    except (ValueError, ValidationError):
        raise MCPError(INVALID_PARAMS, "The parameters are limit (1 to 50) and offset.") from None
    name = parts.netloc
    if parts.scheme != "autoarr" or parts.path not in ("", "/") or name not in RESOURCES or principal.role != "admin":
        raise MCPError(NOT_FOUND, "There is no such resource.")
    async with context.database.sessions() as session:
        data, _ = trim(fence(await RESOURCES[name][0](session, wanted)))
    after = data["next_offset"]
    data["next"] = None if after is None else f"autoarr://{name}?limit={wanted.limit}&offset={after}"
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=_TYPE, text=text)])
