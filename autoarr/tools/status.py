"""How AutoArr and its services are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from autoarr import __version__
from autoarr.dashboard.view import look
from autoarr.models import MediaRequest, Recovery, Service
from autoarr.policy import load_policy
from autoarr.tools.fencing import Own
from autoarr.tools.model import Call, NoArguments, Tool

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.dashboard.merging import Figure
    from autoarr.dashboard.view import ServicePart


async def _status(call: Call, arguments: NoArguments) -> dict[str, Any]:
    async with call.context.database.sessions() as session:
        policy = await load_policy(session)
        common = {"version": Own(__version__), "mode": Own(policy.mode)}
        if not call.is_admin:
            mine = MediaRequest.user_id == call.principal.user_id
            limits = {"need_approval": policy.requests_need_approval, "per_week": policy.requests_per_week}
            services = await session.scalar(select(func.count()).where(Service.enabled))
            return {
                **common,
                "services": services,
                "request_limits": limits,
                "your_requests": await _by_state(session, MediaRequest, mine),
            }
        dashboard = await look(session)
        return {
            **common,
            "services": [_service(part) for part in dashboard.services],
            "figures": {name: _figure(figure) for name, figure in dashboard.figures.items()},
            "audit": {
                "state": Own(dashboard.audit.state),
                "score": dashboard.audit.score,
                "finished_at": dashboard.audit.finished_at,
                "findings": dashboard.audit.findings,
            },
            "recoveries": await _by_state(session, Recovery, Recovery.ended_at.is_(None)),
            "requests": await _by_state(session, MediaRequest, MediaRequest.ended_at.is_(None)),
        }


async def _by_state(session: AsyncSession, table: type[Recovery | MediaRequest], condition: Any) -> dict[str, int]:
    rows = await session.execute(select(table.state, func.count()).where(condition).group_by(table.state))
    counts: dict[str, int] = dict(rows.all())
    return counts


def _service(part: ServicePart) -> dict[str, Any]:
    health = part.blocks.get("health")
    failure = next((block.failure for block in part.blocks.values() if block.failure), None)
    return {
        "id": part.id,
        "kind": Own(part.kind),
        "name": part.name,
        "state": Own(part.state),
        "failure": None if failure is None else {"cause": Own(failure.cause), "detail": failure.detail},
        "health_issues": health.data["total"] if health and health.data else None,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {"total": figure.total, "complete": figure.complete}


TOOLS = (
    Tool(
        name="status",
        title="Status",
        description="How AutoArr and its services are, from what they last said: for each service whether it answers "
        "and how many health issues it has, the queue, what is missing, the last audit's score, and how many "
        "recoveries and requests are in which state. A state of unknown or stale is not zero: the service could not be "
        "asked. Requesters see AutoArr's own figures and those of their requests.",
        arguments=NoArguments,
        role="requester",
        run=_status,
    ),
)
