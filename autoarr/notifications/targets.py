"""The targets: receivers of notifications, as administrators set them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from autoarr import activity
from autoarr.errors import AutoArrError
from autoarr.keys import UnreadableSecret
from autoarr.models import NotificationTarget
from autoarr.models.base import name_key
from autoarr.notifications.formats import split_topic
from autoarr.notifications.outbox import make_body
from autoarr.notifications.sending import open_target, send
from autoarr.notifications.signing import read_secret
from autoarr.services.address import origin_of
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.context import Context
    from autoarr.keys import KeyRing

_SHOWN = ("name", "events", "enabled")
"""What the activity log tells of a change with both values; of the rest only that it changed."""


class NameTaken(AutoArrError):
    """Another target has this name."""


class InvalidTarget(AutoArrError):
    """Address and secret are not what this kind of target needs."""


class Delivery(BaseModel):
    """How a test ended; of a failed one why, and what to do."""

    ok: bool
    cause: Cause | None = None
    detail: str = Field(description="What happened, in a sentence.", examples=["The test was delivered."])
    advice: str | None = None


def place_of(keys: KeyRing, target: NotificationTarget) -> str | None:
    """Scheme, host and port of a target; the rest of its address may be secret. None where it can't be read."""
    try:
        return origin_of(keys.decrypt(target.url_encrypted))
    except UnreadableSecret:
        return None


async def create(
    session: AsyncSession, keys: KeyRing, actor: Actor, *, kind: str, url: str, secret: str | None, **values: Any
) -> NotificationTarget:
    """Add a target.

    Args:
        url: in clear, as `autoarr.notifications.address.normalise_target_url` gives it.
        secret: in clear.
        values: the other columns that a person sets.

    Raises:
        NameTaken: another target has this name.
        InvalidTarget: address or secret are not what this kind needs.
    """
    _check(kind, url, secret)
    now = datetime.now(UTC)
    target = NotificationTarget(
        kind=kind,
        name_key=name_key(values["name"]),
        url_encrypted=keys.encrypt(url),
        secret_encrypted=keys.encrypt(secret) if secret else None,
        created_at=now,
        updated_at=now,
        **values,
    )
    session.add(target)
    await _flush(session)
    message = f"{target.name} ({kind}) is told of events from now on."
    data = {"id": str(target.id), "kind": kind} | {field: values[field] for field in _SHOWN}
    activity.record(session, actor, "notification.target.created", message, subject=target.name, data=data)
    return target


async def update(
    session: AsyncSession,
    keys: KeyRing,
    actor: Actor,
    target: NotificationTarget,
    *,
    url: str | None,
    secret: str | None,
    **values: Any,
) -> None:
    """Change a target.

    Args:
        url: a new one, in clear; None keeps the old one, as with `secret`.
        values: new values of the other columns that a person sets.

    Raises:
        NameTaken: another target has this name.
        InvalidTarget: address or secret are not what this kind needs; or the address leads elsewhere, where the stored
            token must not be sent unasked.
    """
    if url is not None or secret is not None:
        _replace_secrets(keys, target, url, secret)
    before = {field: getattr(target, field) for field in values}
    changed = {field for field, value in values.items() if value != before[field]}
    for field in changed:
        setattr(target, field, values[field])
    target.name_key = name_key(target.name)
    given = {name for name, value in (("url", url), ("secret", secret)) if value is not None}
    if not (fields := sorted(changed | given)):
        return
    target.updated_at = datetime.now(UTC)
    await _flush(session)
    data = {field: {"before": before[field], "after": values[field]} for field in _SHOWN if field in changed}
    activity.record(
        session,
        actor,
        "notification.target.changed",
        f"{target.name}: {', '.join(fields)} changed.",
        subject=target.name,
        data={"id": str(target.id), "fields": fields, **data},
    )


def _replace_secrets(keys: KeyRing, target: NotificationTarget, url: str | None, secret: str | None) -> None:
    try:
        kept = open_target(keys, target)
    except UpstreamError as error:
        if url is None or (secret is None and target.secret_encrypted is not None):
            raise InvalidTarget(f"{error.detail}; {error.advice}.") from None
    else:
        elsewhere = url is not None and origin_of(url) != origin_of(kept.url)
        if elsewhere and kept.api_key and secret is None:
            raise InvalidTarget("The address leads to another scheme, host or port: give the secret again with it.")
        url, secret = url or kept.url, secret or kept.api_key or None
    _check(target.kind, url, secret)
    target.url_encrypted = keys.encrypt(url)
    target.secret_encrypted = keys.encrypt(secret) if secret else None


async def remove(session: AsyncSession, actor: Actor, target: NotificationTarget) -> None:
    """Remove a target and what it was told; what waits is not sent."""
    await session.execute(delete(NotificationTarget).where(NotificationTarget.id == target.id))
    data = {"id": str(target.id), "kind": target.kind}
    message = f"{target.name} ({target.kind}) is told of nothing any more."
    activity.record(session, actor, "notification.target.deleted", message, subject=target.name, data=data)


async def try_target(context: Context, target: NotificationTarget) -> Delivery:
    """Send a test at once, past the queue."""
    now = datetime.now(UTC)
    message = "AutoArr can tell you what happens."
    body = make_body(f"test:{uuid.uuid4()}", "A test", message, None, now)
    try:
        await send(open_target(context.keys, target), "test", body, now)
    except UpstreamError as error:
        return Delivery(ok=False, cause=error.cause, detail=error.detail, advice=error.advice)
    return Delivery(ok=True, detail="The test was delivered.")


def _check(kind: str, url: str, secret: str | None) -> None:
    try:
        if kind == "webhook":
            read_secret(secret or "")
        elif kind == "ntfy":
            split_topic(url)
        elif kind == "gotify" and not secret:
            raise ValueError("gotify needs the token of an application")
        elif kind in ("discord", "slack") and secret:
            raise ValueError(f"{kind} has no secret beside its address")
    except ValueError as error:
        raise InvalidTarget(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise NameTaken("Another target has this name.") from None
