"""What AutoArr may do by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import ConfigDict

from autoarr import activity
from autoarr.accounts.principal import AdminDep, PrincipalDep
from autoarr.context import ContextDep
from autoarr.policy import Policy, load_policy, save_policy
from autoarr.recovery.hindsight import DryRun

router = APIRouter(prefix="/policy", tags=["policy"])


class NewPolicy(Policy):
    """A whole policy; what is absent takes its default."""

    model_config = ConfigDict(extra="forbid")


@router.get("", summary="The policy")
async def get_policy(principal: PrincipalDep, context: ContextDep) -> Policy:
    """Show what AutoArr may do by itself, and how often it looks."""
    async with context.database.sessions() as session:
        return await load_policy(session)


@router.put("", summary="Set the policy")
async def set_policy(new: NewPolicy, admin: AdminDep, context: ContextDep) -> Policy:
    """Replace the policy; all replicas follow it from their next piece of work on."""
    async with context.database.writing.begin() as session:
        before = (await load_policy(session)).model_dump(mode="json")
        after = new.model_dump(mode="json")
        changed = [field for field in after if after[field] != before[field]]
        if changed:
            await save_policy(session, new, admin.name)
            message = f"The policy's {', '.join(changed)} changed."
            data = {"before": before, "after": after}
            activity.record(session, admin.actor, "policy.changed", message, subject="policy", data=data)
    if changed:
        await context.bus.publish("policy.changed")
    return new


@router.post("/dry-run", summary="What a policy would have done")
async def dry_run_policy(admin: AdminDep, context: ContextDep, policy: NewPolicy | None = None) -> DryRun:
    """Show what AutoArr would have done about the failures of the last 30 days; nothing is written or kept.

    Without a policy in the body, it is the present one in the mode auto. The services are asked, which takes a while
    where their histories are long.
    """
    from autoarr.recovery.dry_run import dry_run

    wanted: Policy | None = policy
    if wanted is None:
        async with context.database.sessions() as session:
            wanted = (await load_policy(session)).model_copy(update={"mode": "auto"})
    return await dry_run(context, wanted, datetime.now(UTC))
