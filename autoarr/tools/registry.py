"""The tools: who has which, and the one way to call them. Nothing here, nor below, writes to a service."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from autoarr.changes.ledger import demand_writing
from autoarr.errors import AutoArrError, Refused
from autoarr.tools import audits, confirmations, diagnosis, downloads, failures, items, media, recovering, status
from autoarr.tools.fencing import Own, fence
from autoarr.tools.model import Call, InvalidArguments, NotNow, ToolError, ToolResult, UnknownTool
from autoarr.tools.trimming import trim
from autoarr.unavailable import is_unavailable

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from autoarr.accounts.principal import Principal
    from autoarr.actors import Role
    from autoarr.context import Context
    from autoarr.tools.model import Arguments, Origin, Progress, Tool

_MODULES = (status, diagnosis, media, items, downloads, failures, recovering, audits)
TOOLS: dict[str, Tool] = {tool.name: tool for module in _MODULES for tool in module.TOOLS}

log = logging.getLogger(__name__)


def visible(role: Role) -> list[Tool]:
    """The tools that a role has."""
    return [tool for tool in TOOLS.values() if tool.may(role)]


def find(role: Role, name: str) -> Tool:
    """Find a tool.

    Raises:
        UnknownTool: there is none of this name that the role has.
    """
    tool = TOOLS.get(name)
    if tool is None or not tool.may(role):
        raise UnknownTool(Own("There is no such tool for you."))
    return tool


def parse(tool: Tool, raw: Mapping[str, Any] | None) -> Arguments:
    """Read a tool's arguments.

    Raises:
        InvalidArguments: which, and why.
    """
    try:
        return tool.arguments.model_validate(dict(raw or {}))
    except ValidationError as error:
        # Without the rejected input and without names that are not ours.
        known = tool.arguments.model_fields
        told: list[str] = [
            Own(f"{item['loc'][0] if item['loc'] and item['loc'][0] in known else 'arguments'}: {item['msg']}")
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InvalidArguments(
            Own(f"{tool.name} was not called: its arguments are not as it takes them."), told
        ) from None


async def call(
    context: Context,
    principal: Principal,
    name: str,
    raw_arguments: Mapping[str, Any] | None,
    origin: Origin,
    conversation_id: uuid.UUID | None = None,
    *,
    progress: Progress | None = None,
) -> ToolResult:
    """Call a tool for somebody. One that writes only makes a preview, and a confirmation for a person to give.

    Raises:
        ToolError: it gave nothing; whatever else goes wrong is logged and told as one of these.
    """
    tool = find(principal.role, name)
    arguments = parse(tool, raw_arguments)
    told = {} if progress is None else {"progress": progress}
    this = Call(context=context, principal=principal, origin=origin, **told)
    try:
        if tool.preview is None:
            assert tool.run is not None  # noqa: S101 -- narrows a type: a tool has one of the two
            data, _ = trim(fence(await tool.run(this, arguments)))
            return ToolResult(data=data)
        async with context.database.sessions() as session:
            await demand_writing(session)
        preview = await tool.preview(this, arguments)
        kept = await confirmations.keep(this, tool, arguments, preview, conversation_id)
        data, _ = trim({"preview": kept.preview | {"summary": fence(preview.summary)}, **_how(kept)})
        return ToolResult(data=data, preview=kept.preview, confirmation_id=kept.id)
    except ToolError:
        raise
    except AutoArrError as error:
        raise (NotNow if isinstance(error, Refused) else ToolError)(str(error)) from None
    except Exception as error:
        if is_unavailable(error):
            raise ToolError(Own("The database doesn't answer; try again soon.")) from None
        log.exception("the tool %s failed", tool.name)
        raise ToolError(Own("An unexpected error; AutoArr's logs tell more.")) from None


def _how(kept: Any) -> dict[str, Any]:
    said: dict[str, Any] = fence(
        {
            "written": False,
            "confirmation_id": kept.id,
            "expires_at": kept.expires_at,
            "how": Own(
                "Nothing was written yet. A person confirms or declines it in AutoArr: in the chat, or under "
                "Confirmations. No tool can confirm it."
            ),
        }
    )
    return said
