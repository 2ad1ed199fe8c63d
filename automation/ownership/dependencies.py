"""What Python distributions need of each other, by their metadata, for the interpreter inside the image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.parser import HeaderParser

from packaging.markers import InvalidMarker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

from automation.layers import Contents
from automation.ownership import Component, Kind
from automation.ownership.model import normal_name

METADATA = re.compile(r"/.*\.dist-info/METADATA")
RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l"}


def edges(contents: Contents, owners: Mapping[str, Component]) -> dict[Component, frozenset[Component]]:
    """The distributions that each distribution needs and that are there. All need the interpreter.

    An extra counts where something that is there asks for it.
    """
    interpreter = next((owner for owner in owners.values() if owner.kind is Kind.INTERPRETER), None)
    environment = _environment(contents.platform, interpreter.version if interpreter else "")
    needs: dict[Component, list[Requirement]] = {}
    for path, text in contents.texts.items():
        if METADATA.fullmatch(path) and path in owners:
            needs[owners[path]] = _requirements(text.decode("utf-8", "replace"))
    by_name = {owner.name: owner for owner in needs}
    extras: dict[Component, set[str]] = {owner: {""} for owner in needs}
    found: dict[Component, set[Component]] = {owner: {interpreter} if interpreter else set() for owner in needs}
    changed = True
    while changed:
        changed = False
        for owner, wanted in needs.items():
            for requirement in wanted:
                target = by_name.get(normal_name(requirement.name))
                if target is None or not _holds(requirement, environment, extras[owner]):
                    continue
                more = set(requirement.extras) - extras[target]
                if more or target not in found[owner]:
                    extras[target] |= more
                    found[owner].add(target)
                    changed = True
    return {owner: frozenset(targets - {owner}) for owner, targets in found.items()}


def _requirements(metadata: str) -> list[Requirement]:
    """The requirements of a distribution; what is none by today's rules is left out."""
    fields = HeaderParser().parsestr(metadata.partition("\n\n")[0])
    found = []
    for value in fields.get_all("Requires-Dist") or []:
        try:
            found.append(Requirement(str(value)))
        except InvalidRequirement:
            continue
    return found


def _holds(requirement: Requirement, environment: Mapping[str, str], extras: set[str]) -> bool:
    if requirement.marker is None:
        return True
    try:
        return any(requirement.marker.evaluate({**environment, "extra": extra}) for extra in extras)
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return False


def _environment(platform: str, version: str) -> dict[str, str]:
    """The values of markers inside the image. A version that is not known is the oldest that this project has."""
    match = RELEASE.match(version)
    major, minor, patch = (match[1], match[2], match[3] or "0") if match else ("3", "11", "0")
    architecture = platform.split("/")[1] if "/" in platform else platform
    full = f"{major}.{minor}.{patch}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": MACHINES.get(architecture, architecture),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": f"{major}.{minor}",
        "sys_platform": "linux",
    }
