"""Why a component is in an image: what needs it, as the image itself says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from automation.layers import Contents
from automation.ownership import Component, Kind, dependencies
from automation.size.looking import Look

ARROW = " → "
# Of components that no other one names: what they are there for.
BY_KIND: Mapping[Kind, str] = {
    Kind.INTERPRETER: "runs every Python package",
    Kind.UI: "what browsers load",
    Kind.IMAGE: "users, the inventory, and what else the build itself makes",
}
BY_NAME: Mapping[str, str] = {
    "ca-certificates": "what TLS connections are checked against",
    "tzdata": "the time zones that zoneinfo reads",
}
# Components named in one reason.
NAMED = 4


def reasons(contents: Contents, owners: Mapping[str, Component], seen: Mapping[str, Look]) -> dict[Component, str]:
    """For each component why it is there; those of which nothing is known are left out.

    A Python distribution is there for those that require it: the shortest way from one that nobody requires. A library
    is there for the components whose compiled files name it (DT_NEEDED).
    """
    found: dict[Component, str] = {}
    linked = _linked(owners, seen)
    for component in set(owners.values()):
        users = sorted(linked.get(component, ()))
        named = ", ".join(users[:NAMED]) + (f" and {len(users) - NAMED} more" if users[NAMED:] else "")
        text = BY_KIND.get(component.kind) or BY_NAME.get(component.name) or (f"linked by {named}" if users else "")
        if text:
            found[component] = text
    return {**found, **_required(dependencies.edges(contents, owners))}


def _required(edges: Mapping[Component, frozenset[Component]]) -> dict[Component, str]:
    """The ways from distributions that nobody requires, breadth first, so that each is a shortest one."""
    wanted = {target for targets in edges.values() for target in targets}
    roots = sorted((owner for owner in edges if owner not in wanted), key=lambda owner: owner.name)
    ways: dict[Component, tuple[str, ...]] = {root: (root.name,) for root in roots}
    waiting = list(roots)
    for owner in waiting:
        for target in sorted(edges[owner], key=lambda target: target.name):
            if target not in ways and target in edges:
                ways[target] = (*ways[owner], target.name)
                waiting.append(target)
    return {
        owner: f"required: {ARROW.join(way)}" if len(way) > 1 else "nothing here requires it"
        for owner, way in ways.items()
        if owner.kind is Kind.PYTHON
    } | {owner: "what the image is for" for owner in ways if owner.kind is Kind.APPLICATION}


def _linked(owners: Mapping[str, Component], seen: Mapping[str, Look]) -> dict[Component, set[str]]:
    """By component, the names of the others whose compiled files need a file of it."""
    by_file: dict[str, set[Component]] = {}
    for path, owner in owners.items():
        by_file.setdefault(PurePosixPath(path).name, set()).add(owner)
    found: dict[Component, set[str]] = {}
    for path, look in seen.items():
        user = owners.get(path)
        for library in look.needed if user is not None else ():
            for owner in by_file.get(library, ()):
                if user is not None and owner != user:
                    found.setdefault(owner, set()).add(user.name)
    return found
