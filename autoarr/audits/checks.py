"""What checks are made of. Whatever is missing raises `Unknown`, so that no rule passes for want of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autoarr.audits.model import Check, Result, Seen, Snapshot, Unknown
from autoarr.changes.fix import Fix

_YES = {1, "1", "true", "on", "yes"}
_NO = {0, "0", "false", "off", "no", ""}


def need(values: Any, name: str) -> Any:
    """A field of an object; `Unknown` where there is none."""
    if not isinstance(values, dict) or values.get(name) is None:
        raise Unknown(f"the answer has no {name}")
    return values[name]


def as_bool(value: Any) -> bool:
    """What is meant by true, 1, "1", "true" and their opposites."""
    key = value.strip().lower() if isinstance(value, str) else value
    if isinstance(key, (str, int)):
        if key in _YES:
            return True
        if key in _NO:
            return False
    raise Unknown(f"{value!r:.60} is neither on nor off")


def as_number(value: Any) -> float:
    """A number, also where it came as text."""
    try:
        if not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise Unknown(f"{value!r:.60} is not a number")


def as_list(value: Any) -> list[Any]:
    """A list."""
    if isinstance(value, list):
        return value
    raise Unknown("the answer has no list where there should be one")


def judge(ok: bool, found: Any, fix: Fix | None = None, *, subject: str = "", wanted: Any = None) -> Result:
    """A result; the fix is for a failed one only."""
    return Result(
        verdict="passed" if ok else "failed",
        subject=subject,
        found=found,
        wanted=wanted,
        fix=None if ok else fix,
    )


def setting(
    part: str, field: str | dict[str, str], wanted: Any, *, ok: Callable[[Any], bool] | None = None, fix: bool = True
) -> Check:
    """Judge one field of one object.

    Args:
        part: of the snapshot; also the resource that a fix writes.
        field: its name, or by kind of service where they differ.
        wanted: what a fix writes.
        ok: whether a value is good; equal to `wanted` when None.
        fix: whether writing `wanted` is a remedy.
    """

    def check(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
        name = field if isinstance(field, str) else field[seen.kind]
        value = need(seen[part], name)
        if isinstance(wanted, bool) and ok is None:
            value = as_bool(value)
        good = ok(value) if ok else value == wanted
        yield judge(good, value, Fix(resource=part, fields={name: wanted}) if fix else None)

    return check


def per_item(
    items: Iterable[Any], subject: Callable[[Any], str], check: Callable[[Any], Iterable[Result]]
) -> Iterator[Result]:
    """Judge things one by one: what is not known of one leaves the others as they are."""
    for item in items:
        try:
            yield from check(item)
        except Unknown as unknown:
            yield Result(verdict="unknown", subject=subject(item), because=str(unknown))


def name_of(item: Any) -> str:
    """What a thing is called."""
    return str(need(item, "name"))


def enabled_clients(seen: Seen, protocol: str | None = None) -> Iterator[dict[str, Any]]:
    """The download clients that Sonarr or Radarr uses."""
    for client in as_list(seen["downloadclient"]):
        if as_bool(need(client, "enable")) and protocol in (None, need(client, "protocol")):
            yield client


def client_field(client: dict[str, Any], name: str) -> Any:
    """A value of a download client's own fields; None where it is not set."""
    for entry in as_list(need(client, "fields")):
        if entry.get("name") == name:
            return entry.get("value")  # these applications leave out what is null
    raise Unknown(f"{name_of(client)} has no field {name}")
