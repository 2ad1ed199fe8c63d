"""Make an image's ledger from its contents, their owners, and a look at each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from automation import containers, ownership
from automation.layers import Contents, Entry, EntryKind, View
from automation.ownership import Component
from automation.size import advice, reasons
from automation.size.facts import (
    Action,
    Content,
    ContentShare,
    Duplicate,
    HiddenFile,
    LayerShare,
    Ledger,
    Owner,
)
from automation.size.looking import Look, content
from automation.size.shares import divided

LARGEST, HIDDEN_SHOWN = 5, 50
BASE_LABEL = "org.opencontainers.image.base.name"
# What takes pull bytes without being a file that a container sees.
HIDDEN, STRUCTURE = "\0hidden", "\0structure"


@dataclass
class _Sum:
    """What comes together for one owner or kind."""

    disk: int = 0
    pull: int = 0
    files: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    paths: dict[str, int] = field(default_factory=dict)


def of(view: View[Look]) -> Ledger:
    """The ledger of an image that was read with `look`, `keep=ownership.wanted` and weights.

    Raises:
        CheckFailed: the image's inventory is broken.
    """
    contents = view.contents
    owners = ownership.owners(contents)
    pulls, hidden_pulls, structure_pulls, by_layer = _pulled(contents, owners)
    sums: dict[Component, _Sum] = {}
    kinds: dict[Content, _Sum] = {kind: _Sum() for kind in Content}
    for path, component in owners.items():
        entry = contents.entries[path]
        kind = content(path, view.seen.get(path)) if entry.kind is EntryKind.FILE else Content.DATA
        for part in (sums.setdefault(component, _Sum()), kinds[kind]):
            part.disk += entry.stored_bytes
            part.pull += pulls.get(path, 0)
            part.files += 1
            part.kinds[kind] += entry.stored_bytes
        sums[component].paths[path] = entry.stored_bytes
    actions = advice.actions(contents, owners, view.seen)
    why = reasons.reasons(contents, owners, view.seen)
    hidden_of_layer = Counter[int]()
    for item in contents.hidden:
        hidden_of_layer[item.layer] += item.size
    return Ledger(
        reference=contents.reference,
        digest=contents.digest,
        platform=contents.platform,
        base=_label(contents, BASE_LABEL),
        variant=_label(contents, containers.VARIANT_LABEL),
        disk_bytes=contents.size.disk_bytes,
        pull_bytes=contents.size.pull_bytes,
        visible_bytes=contents.visible_bytes,
        hidden_bytes=contents.hidden_bytes,
        hidden_pull_bytes=hidden_pulls,
        structure_pull_bytes=structure_pulls,
        config_bytes=contents.config_bytes,
        manifest_bytes=contents.manifest_bytes,
        estimated=any(layer.estimated for layer in contents.layers),
        owners=tuple(sorted((_owner(*item, actions, why) for item in sums.items()), key=_by_size)),
        kinds=tuple(
            ContentShare(kind=str(kind), disk_bytes=part.disk, pull_bytes=part.pull, files=part.files)
            for kind, part in kinds.items()
        ),
        layers=tuple(
            LayerShare(
                digest=layer.digest,
                disk_bytes=layer.disk_bytes,
                pull_bytes=layer.pull_bytes,
                hidden_bytes=hidden_of_layer[index],
                estimated=layer.estimated,
                created_by=layer.created_by,
                owners=dict(sorted(by_layer[index].items())),
            )
            for index, layer in enumerate(contents.layers)
        ),
        duplicates=tuple(duplicates(contents.entries)),
        hidden=tuple(
            HiddenFile(path=item.path, disk_bytes=item.size, layer=item.layer)
            for item in sorted(contents.hidden, key=lambda item: (-item.size, item.path, item.layer))[:HIDDEN_SHOWN]
        ),
    )


def _by_size(owner: Owner) -> tuple[int, int, str]:
    return -owner.disk_bytes, -owner.pull_bytes, owner.name


def _owner(
    component: Component, part: _Sum, actions: Mapping[Component, tuple[Action, ...]], why: Mapping[Component, str]
) -> Owner:
    largest = sorted(part.paths, key=lambda path: (-part.paths[path], path))[:LARGEST]
    return Owner(
        kind=str(component.kind),
        name=component.name,
        version=component.version,
        disk_bytes=part.disk,
        pull_bytes=part.pull,
        files=part.files,
        kinds={str(kind): size for kind, size in sorted(part.kinds.items()) if size},
        largest={path: part.paths[path] for path in largest if part.paths[path]},
        actions=actions.get(component, ()),
        why=why.get(component, ""),
    )


def _pulled(contents: Contents, owners: Mapping[str, Component]) -> tuple[dict[str, int], int, int, list[Counter[str]]]:
    """Pull bytes of each path, of what is hidden and of what is no file; and of each layer by kind of owner.

    A layer that occurs several times is pulled once; its bytes count where it occurs last, since there they are seen.
    """
    last = {layer.digest: index for index, layer in enumerate(contents.layers)}
    weights: list[dict[str, int]] = [{} for _ in contents.layers]
    for path, entry in contents.entries.items():
        if entry.kind is not EntryKind.FOLDER and not entry.same_as:
            weights[entry.layer][path] = entry.pull_weight
    for item in contents.hidden:
        weights[item.layer][HIDDEN] = weights[item.layer].get(HIDDEN, 0) + item.pull_weight
    pulls: dict[str, int] = {}
    hidden = structure = 0
    by_layer: list[Counter[str]] = [Counter() for _ in contents.layers]
    for index, layer in enumerate(contents.layers):
        if last[layer.digest] != index:
            continue
        rest = max(layer.pull_weight - sum(weights[index].values()), 0)
        # Order makes ties the same every time.
        shares = divided(layer.pull_bytes, {STRUCTURE: rest, **dict(sorted(weights[index].items()))})
        structure += shares.pop(STRUCTURE)
        hidden += shares.pop(HIDDEN, 0)
        pulls.update(shares)
        for path, share in shares.items():
            by_layer[index][str(owners[path].kind)] += share
    return pulls, hidden, structure, by_layer


def duplicates(entries: Mapping[str, Entry]) -> Iterable[Duplicate]:
    """Files of equal content that are stored several times, the costliest first. Hard links are stored once."""
    groups: dict[str, list[str]] = {}
    for path, entry in entries.items():
        if entry.kind is EntryKind.FILE and entry.stored_bytes:
            groups.setdefault(entry.digest, []).append(path)
    found = [
        Duplicate(bytes=entries[paths[0]].size * (len(paths) - 1), size=entries[paths[0]].size, paths=tuple(paths))
        for paths in map(sorted, groups.values())
        if len(paths) > 1
    ]
    return sorted(found, key=lambda item: (-item.bytes, item.paths))


def _label(contents: Contents, name: str) -> str:
    inner = contents.config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return str(labels.get(name) or "") if isinstance(labels, dict) else ""
