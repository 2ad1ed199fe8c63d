"""What a person decides about a failed download."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import Field

from autoarr.models import Recovery
from autoarr.policy import load_policy
from autoarr.recovery.service import OBSERVED
from autoarr.tools.failures import show
from autoarr.tools.fencing import Own
from autoarr.tools.model import Arguments, Call, NotNow, Preview, Tool


class Recover(Arguments):
    """Which one, and what."""

    recovery_id: uuid.UUID = Field(description="As list_failures gives it.")
    decision: Literal["approve", "cancel"] = Field(
        default="approve", description="approve: what it proposes is done; cancel: nothing more is done about it."
    )


async def _preview(call: Call, arguments: Recover) -> Preview:
    async with call.context.database.sessions() as session:
        if (recovery := await session.get(Recovery, arguments.recovery_id)) is None:
            raise NotNow(Own("There is no such failure: list_failures has those there are."))
        policy = await load_policy(session)
    if recovery.ended_at is not None:
        raise NotNow(f"It has ended: {recovery.reason}")
    if arguments.decision == "approve":
        if recovery.state != "asking":
            raise NotNow(f"It asks for nothing: {recovery.reason}")
        if policy.mode_for(recovery.failure, recovery.owner_id) == "observe":  # type: ignore[arg-type]  # the class
            raise NotNow(Own(OBSERVED))
        summary = f"{(recovery.action or 'recover').replace('_', ' ').capitalize()}: {recovery.title}."
    else:
        summary = f"Do nothing more about {recovery.title}."
    return Preview(
        summary=summary,
        details=show(recovery),
        basis=[str(recovery.id), arguments.decision, recovery.state, recovery.action, recovery.failure],
    )


TOOLS = (
    Tool(
        name="recover",
        title="Recovery",
        description="Propose to approve what AutoArr proposes for a failed download, or to do nothing more about it. "
        "Nothing is done by this call: it gives a preview and a confirmation that a person has to give in AutoArr "
        "within 15 minutes. An approved action may remove a download, blocklist a release, or search again.",
        arguments=Recover,
        preview=_preview,
        read_only=False,
        destructive=True,
        idempotent=False,
    ),
)
