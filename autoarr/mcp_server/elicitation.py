"""Asking the person at the client whether a write is to be made, and making it when they say so.

What a model sends is a tool's name and arguments; a person's answer comes beside them, from the client itself. Since
the protocol of 2026 the call is made again with the answer and with what was sealed for it here; before, the answer
comes back on the connection.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from autoarr.errors import Refused
from autoarr.tools import confirming
from autoarr.tools.fencing import Own, clean, fence

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp_types import CallToolRequestParams

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context
    from autoarr.tools.model import ToolResult

QUESTION = "confirm"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "confirm": {
            "type": "boolean",
            "title": "Do it",
            "description": "Whether AutoArr is to do this now.",
            "default": False,
        }
    },
    "required": ["confirm"],
}


async def ask(
    ctx: ServerRequestContext[Any, Any], context: Context, principal: Principal, result: ToolResult
) -> InputRequiredResult | dict[str, Any] | None:
    """Have the person asked.

    Returns:
        The question, for the client to put; what came of it, where it could be put at once; None where the client
        can't put questions.
    """
    capabilities = ctx.session.client_capabilities
    offered = capabilities.elicitation if capabilities else None
    # An empty one, of before there were modes, means forms.
    if offered is None or (offered.form is None and offered.url is not None):
        return None
    assert result.preview is not None  # noqa: S101 -- narrows a type: whatever is confirmed was previewed
    assert result.confirmation_id is not None  # noqa: S101 -- likewise
    message = f"AutoArr asks you: {clean(result.preview['summary'], 1000)}"
    if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
        question = ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=_SCHEMA))
        return InputRequiredResult(input_requests={QUESTION: question}, request_state=str(result.confirmation_id))
    if not ctx.session.can_send_request:
        return None
    try:
        said = await ctx.session.elicit_form(message, _SCHEMA, related_request_id=ctx.request_id)
    except MCPError:  # the client declared it and can't
        return None
    return await _decide(context, principal, result.confirmation_id, said)


async def answer(context: Context, principal: Principal, params: CallToolRequestParams) -> dict[str, Any]:
    """Do as the person said; `request_state` was sealed here for this person, tool and arguments, and is opened."""
    said = (params.input_responses or {}).get(QUESTION)
    confirmation_id = uuid.UUID(params.request_state)
    return await _decide(context, principal, confirmation_id, said if isinstance(said, ElicitResult) else None)


async def _decide(
    context: Context, principal: Principal, confirmation_id: uuid.UUID, said: ElicitResult | None
) -> dict[str, Any]:
    told: dict[str, Any]
    try:
        if said is not None and said.action == "accept" and (said.content or {}).get("confirm") is True:
            row = await confirming.confirm(context, principal, confirmation_id)
        elif said is not None and said.action != "cancel":
            row = await confirming.decline(context, principal, confirmation_id)
        else:
            note = "Nobody answered; it can still be confirmed in AutoArr until it expires."
            told = {"confirmation_id": confirmation_id, "state": Own("open"), "written": False, "note": Own(note)}
            return _fenced(told)
    except Refused as error:
        return _fenced({"confirmation_id": confirmation_id, "state": Own("refused"), "message": str(error)})
    told = {"confirmation_id": row.id, "state": Own(row.state), "error": row.error}
    return {**_fenced(told), "result": row.result}


def _fenced(told: dict[str, Any]) -> dict[str, Any]:
    fenced: dict[str, Any] = fence(told)
    return fenced
