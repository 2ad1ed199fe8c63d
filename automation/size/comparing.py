"""What grew and what shrank between two images, and what an update costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from automation.size.facts import LayerShare, Ledger, Owner


@dataclass(frozen=True, kw_only=True)
class Change:
    """One component in both images. A version is empty where the component is not there."""

    kind: str
    name: str
    version: str
    old_version: str
    disk_bytes: int
    pull_bytes: int
    disk_delta: int
    pull_delta: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """An image against another.

    Attributes:
        update_bytes: of layers that somebody who has the other image still has to pull.
        update_layers: how many layers that are.
        changes: components that differ, the greatest difference on disk first.
    """

    against: str
    disk_delta: int
    pull_delta: int
    hidden_delta: int
    update_bytes: int
    update_layers: int
    changes: tuple[Change, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def missing(have: Iterable[LayerShare], want: Iterable[LayerShare]) -> dict[str, int]:
    """The layers to pull for somebody who has others, with their bytes, each once."""
    known = {layer.digest for layer in have}
    return {layer.digest: layer.pull_bytes for layer in want if layer.digest not in known}


def compare(new: Ledger, old: Ledger) -> Comparison:
    """What is different in the new image."""
    to_pull = missing(old.layers, new.layers)
    before, after = _by_key(old), _by_key(new)
    changes = [_change(before.get(key), after.get(key)) for key in {**before, **after}]
    differing = [item for item in changes if item.disk_delta or item.pull_delta or item.version != item.old_version]
    return Comparison(
        against=old.reference,
        disk_delta=new.disk_bytes - old.disk_bytes,
        pull_delta=new.pull_bytes - old.pull_bytes,
        hidden_delta=new.hidden_bytes - old.hidden_bytes,
        update_bytes=sum(to_pull.values()),
        update_layers=len(to_pull),
        changes=tuple(sorted(differing, key=lambda item: (-abs(item.disk_delta), -abs(item.pull_delta), item.name))),
    )


@dataclass(frozen=True, kw_only=True)
class _Share:
    """A component that may be there in several versions, as one."""

    version: str
    disk: int
    pull: int


def _by_key(ledger: Ledger) -> dict[tuple[str, str], tuple[Owner, _Share]]:
    found: dict[tuple[str, str], tuple[Owner, _Share]] = {}
    for owner in ledger.owners:
        known = found.get(owner.key)
        if known is None:
            share = _Share(version=owner.version, disk=owner.disk_bytes, pull=owner.pull_bytes)
        else:
            share = _Share(
                version=", ".join(sorted({*known[1].version.split(", "), owner.version})),
                disk=known[1].disk + owner.disk_bytes,
                pull=known[1].pull + owner.pull_bytes,
            )
        found[owner.key] = owner, share
    return found


def _change(before: tuple[Owner, _Share] | None, after: tuple[Owner, _Share] | None) -> Change:
    owner = (after or before or _nobody())[0]
    none = _Share(version="", disk=0, pull=0)
    old, new = before[1] if before else none, after[1] if after else none
    return Change(
        kind=owner.kind,
        name=owner.name,
        version=new.version,
        old_version=old.version,
        disk_bytes=new.disk,
        pull_bytes=new.pull,
        disk_delta=new.disk - old.disk,
        pull_delta=new.pull - old.pull,
    )


def _nobody() -> tuple[Owner, _Share]:
    raise ValueError("a component of neither image")
