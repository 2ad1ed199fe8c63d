"""The services as they are kept: made, changed and removed, each with an entry in the activity log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from autoarr import activity
from autoarr.errors import AutoArrError
from autoarr.models import Observation, Service
from autoarr.models.base import name_key
from autoarr.services.address import origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.keys import KeyRing

_SHOWN = ("name", "url", "enabled", "tls_insecure", "path_mappings")
"""What the activity log tells of a change with both values; of the rest only that it changed."""


class NameTaken(AutoArrError):
    """Another service has this name."""


class KeyNeeded(AutoArrError):
    """The address leads elsewhere, where the stored key must not be sent unasked."""


async def list_enabled(session: AsyncSession) -> list[Service]:
    """The services that AutoArr asks by itself, by name."""
    return list(await session.scalars(select(Service).where(Service.enabled).order_by(Service.name_key)))


async def create(
    session: AsyncSession, keys: KeyRing, actor: Actor, *, kind: str, api_key: str, **values: Any
) -> Service:
    """Add a service.

    Args:
        kind: as `autoarr.upstream.connection.Kind`.
        api_key: in clear.
        values: the other columns that a person sets.

    Raises:
        NameTaken: another service has this name.
    """
    now = datetime.now(UTC)
    service = Service(
        kind=kind,
        name_key=name_key(values["name"]),
        api_key_encrypted=keys.encrypt(api_key),
        created_at=now,
        updated_at=now,
        capabilities={},
        **values,
    )
    session.add(service)
    await _flush(session)
    data = {"id": str(service.id), "kind": kind} | {field: values[field] for field in _SHOWN}
    activity.record(
        session, actor, "service.created", f"{service.name} ({kind}) was added.", subject=service.name, data=data
    )
    return service


async def update(
    session: AsyncSession, keys: KeyRing, actor: Actor, service: Service, *, api_key: str | None, **values: Any
) -> bool:
    """Change a service; tell whether what is known of it may no longer be so.

    Args:
        api_key: a new one, in clear; None keeps the old one.
        values: new values of the other columns that a person sets.

    Raises:
        NameTaken: another service has this name.
        KeyNeeded: the new address has another scheme, host or port, and no key came with it.
    """
    before = {field: getattr(service, field) for field in values}
    changed = {field for field, value in values.items() if value != before[field]}
    if api_key is None and "url" in changed and origin_of(values["url"]) != origin_of(service.url):
        raise KeyNeeded("The address leads to another scheme, host or port: give the API key again with it.")
    if not changed and api_key is None:
        return False
    for field in changed:
        setattr(service, field, values[field])
    if "name" in changed:
        service.name_key = name_key(service.name)
    if api_key is not None:
        service.api_key_encrypted = keys.encrypt(api_key)
    # Other replicas notice by it that their connections are outdated.
    service.updated_at = datetime.now(UTC)
    elsewhere = "url" in changed
    if elsewhere:
        service.version, service.capabilities, service.discovered_at = None, {}, None
        await session.execute(delete(Observation).where(Observation.service_id == service.id))
    await _flush(session)
    data: dict[str, Any] = {
        field: {"before": before[field], "after": values[field]} for field in _SHOWN if field in changed
    }
    fields = sorted(changed | ({"api_key"} if api_key is not None else set()))
    activity.record(
        session,
        actor,
        "service.changed",
        f"{service.name}: {', '.join(fields)} changed.",
        subject=service.name,
        data={"id": str(service.id), "fields": fields, **data},
    )
    return elsewhere or bool(changed & {"tls_ca", "tls_insecure", "enabled"}) or api_key is not None


async def remove(session: AsyncSession, actor: Actor, service: Service) -> None:
    """Remove a service and what is known of it. Its changes and the activity stay."""
    await session.execute(delete(Service).where(Service.id == service.id))
    data: Mapping[str, Any] = {"id": str(service.id), "kind": service.kind, "url": service.url}
    activity.record(
        session,
        actor,
        "service.deleted",
        f"{service.name} ({service.kind}) was removed.",
        subject=service.name,
        data=data,
    )


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise NameTaken("Another service has this name.") from None
