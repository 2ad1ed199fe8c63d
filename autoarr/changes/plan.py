"""What a write would do, worked out from the object as it is now."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autoarr.changes.resources import (
    ABSENT,
    blank,
    describe_write,
    get_field,
    is_masked,
    only_for_people,
    same_value,
    set_field,
)
from autoarr.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One write, not made yet.

    Attributes:
        current: the whole object, as it was read; with secrets.
        before: the values now of the fields that differ; `ABSENT` where there is none.
        after: the values they are to have. Empty when all are as wanted already.
        fingerprint: of what was read and what is wanted; another one means that a person saw something else.
    """

    kind: str
    resource: str
    current: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    fingerprint: str

    @property
    def call(self) -> str:
        """The exact calls; secrets blanked."""
        return describe_write(self.kind, self.resource, self.current, self.after) if self.after else ""

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The fields and their values for people; secrets blanked."""
        return [
            {"field": field, "before": blank(field, self.before[field]), "after": blank(field, value)}
            for field, value in self.after.items()
        ]


def relevant(kind: str, current: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """What of an object may not change between a look and the write: for Sonarr and Radarr all of it."""
    if kind in ("sonarr", "radarr"):
        return current
    return {field: get_field(current, field) for field in sorted(fields)}


def make_plan(kind: str, resource: str, current: dict[str, Any], wanted: Mapping[str, Any]) -> Plan:
    """Compare an object with the values its fields are to have.

    Raises:
        Refused: a field can't be set, or its value can't be read back.
    """
    if reason := only_for_people(kind, resource):
        raise Refused(f"{reason}: only a person can change it.")
    before = {field: get_field(current, field) for field in wanted}
    trial = copy.deepcopy(current)
    for field, value in wanted.items():
        if is_masked(before[field]) or is_masked(value):
            raise Refused(f"{field} of {resource} is hidden by the service: only a person can change it.")
        try:
            set_field(trial, field, value)
        except KeyError:
            raise Refused(f"{resource} has no place for {field}: only a person can change it.") from None
    said = json.dumps([resource, wanted, relevant(kind, current, wanted)], sort_keys=True)
    after = {field: value for field, value in wanted.items() if not same_value(before[field], value)}
    return Plan(
        kind=kind,
        resource=resource,
        current=current,
        before={field: before[field] for field in after},
        after=after,
        fingerprint=hashlib.sha256(said.encode()).hexdigest(),
    )


def show(field: str, value: Any) -> str:
    """A value in a sentence; secrets blanked."""
    return "absent" if value == ABSENT else json.dumps(blank(field, value), ensure_ascii=False)


def judge(before: Mapping[str, Any], wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, str | None]:
    """Compare what was found after a write with what was before it and what was written.

    Returns:
        The state: ``applied`` when every field is as written, ``failed`` when every one is as before, else
        ``partly_applied``; and which fields are not as written, in a sentence, or None.
    """
    other = [field for field, value in wanted.items() if not same_value(found[field], value)]
    if not other:
        return "applied", None
    kept = [field for field in other if same_value(found[field], before[field])]
    parts = [
        f"{field} is still {show(field, found[field])}"
        if field in kept
        else f"{field} is {show(field, found[field])}, neither as before nor as written"
        for field in other
    ]
    return "failed" if len(kept) == len(wanted) else "partly_applied", "; ".join(parts) + "."
