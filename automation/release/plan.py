"""What a release will be, decided before anything is built: version, tags, platforms, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from automation import emulation, git
from automation.bases import DEFAULT_VARIANT, Variant
from automation.bases import variant as find_variant
from automation.building import version as project_version
from automation.engine import Engine
from automation.errors import CheckFailed, EngineUnavailable, UsageError
from automation.release import versions
from automation.release.versions import Tags, Version

NAME = "autoarr"
PLATFORMS = ("linux/amd64", "linux/arm64")
HOST = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::\d{1,5})?"
NAMESPACE = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
REGISTRY = re.compile(rf"(?P<host>{HOST})(?:/{NAMESPACE})+")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One release. `repository` is empty where nothing is pushed; `objections` say why it must not be."""

    version: Version
    variant: Variant
    platforms: tuple[str, ...]
    repository: str
    tags: Tags
    objections: tuple[str, ...]

    def reference(self, tag: str) -> str:
        """The name of a tag, in the registry or, without one, as it would be there."""
        return f"{self.repository or NAME}:{tag}"


def repository(registry: str) -> str:
    """The repository's name in a registry.

    Raises:
        UsageError: it is no `HOST[:PORT]/NAMESPACE`.
    """
    match = REGISTRY.fullmatch(registry)
    if match is None or not (set(match["host"]) & {".", ":"} or match["host"] == "localhost"):
        raise UsageError(f"no registry {registry!r}", hint="HOST[:PORT]/NAMESPACE, all lower case")
    return f"{registry}/{NAME}"


def platforms(text: str) -> tuple[str, ...]:
    """The platforms of a comma separated list, both where it is empty.

    Raises:
        UsageError: no image is made for one of them, or it is named twice.
    """
    found = tuple(word.strip() for word in text.split(",") if word.strip()) or PLATFORMS
    unknown = [name for name in found if name not in emulation.MACHINES]
    if unknown or len(set(found)) != len(found):
        raise UsageError(f"no platforms {text!r}", hint=f"one or more of: {', '.join(emulation.MACHINES)}")
    return found


def plan(*, registry: str, variant: str, wanted: str, version: str) -> Plan:
    """A release as the command line asks for it; empty words stand for the defaults.

    Raises:
        UsageError: it asks for something that does not exist.
    """
    project = project_version()
    chosen = versions.parse(version) if version else versions.of_project(project)
    kind = find_variant(variant or DEFAULT_VARIANT)
    return Plan(
        version=chosen,
        variant=kind,
        platforms=platforms(wanted),
        repository=repository(registry) if registry else "",
        tags=versions.tags(chosen, kind),
        objections=tuple(versions.objections(chosen, project, git.commit(), git.tags())),
    )


def require_releasable(planned: Plan) -> None:
    """Nothing is pushed from a checkout that is not exactly the version.

    Raises:
        CheckFailed: something speaks against it.
        UsageError: no registry is named.
    """
    if planned.objections:
        raise CheckFailed(
            f"{planned.version} can't be released from this checkout",
            hint=f"commit, then `git tag v{planned.version}`; --dry-run shows what would be pushed",
            details=bullets(planned.objections),
        )
    if not planned.repository:
        raise UsageError("no registry to push to", hint="--registry HOST[:PORT]/NAMESPACE, or --dry-run")


def require_engine(engine: Engine) -> None:
    """An index of several platforms needs an engine that keeps images as a registry does.

    Raises:
        EngineUnavailable: it doesn't.
    """
    if not engine.has_containerd_store:
        raise EngineUnavailable(
            "this engine can't keep several platforms under one name",
            hint="turn on its containerd image store, or set AUTOARR_ENGINE=private",
        )


def bullets(lines: Sequence[str]) -> str:
    """Lines of a message."""
    return "\n".join(f"- {line}" for line in lines)
