"""What a registry has of a release: before the push, whether it may take place; afterwards, whether it did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

from automation import console, registry
from automation.engine import Engine
from automation.errors import CheckFailed, RegistryRefused
from automation.release.index import VERSION_LABEL, Index, images_of
from automation.release.versions import Version
from automation.sbom.attestation import SPDX


def existing(engine: Engine, reference: str) -> dict[str, Any] | None:
    """What is there under a name. Some registries let nobody read what does not exist, so a want of login is no answer.

    Raises:
        RegistryRefused: it does not answer, or can't be trusted.
    """
    try:
        return registry.find(engine, reference)
    except RegistryRefused as error:
        if not registry.wants_login(error):
            raise
        console.warning(f"whether there is a {reference} can't be known: {error.what}")
        return None


def require_unchanged(engine: Engine, reference: str, index: Index) -> None:
    """A version that is published stays what it is; pushing the same images again completes what broke off.

    Raises:
        CheckFailed: other images are published as it.
    """
    there = existing(engine, reference)
    ours = {member.platform: member.digest for member in index.members}
    if there is not None and images_of(there) != ours:
        raise CheckFailed(
            "this version is published already, with other images; nothing was pushed",
            where=reference,
            hint="a version never changes: release the next one",
        )


def newer(engine: Engine, reference: str, version: Version) -> str | None:
    """The version that a moving tag names, when it is later than this one: a patch of an old line moves no `latest`."""
    there = existing(engine, reference) or {}
    named = str(there.get("annotations", {}).get(VERSION_LABEL, ""))
    try:
        later = version.python is not None and PythonVersion(named) > version.python
    except InvalidVersion:
        return None
    return named if later else None


def require(engine: Engine, reference: str, index: Index) -> None:
    """Pull back what was pushed: the digest, the platforms, and each statement as buildx finds it.

    Raises:
        CheckFailed: the registry has something else.
        RegistryRefused: it does not answer.
    """
    content = registry.manifest(engine, reference)
    found = registry.digest(content)
    if found != index.digest:
        raise CheckFailed("the registry has another index than the one pushed", where=f"{reference}@{found}")
    if images_of(json.loads(content)) != {member.platform: member.digest for member in index.members}:
        raise CheckFailed("the registry's index lists other images", where=reference)
    platforms = [member.platform for member in index.members]
    _require_stated(engine, reference, "Provenance", platforms)
    with_bill = [member.platform for member in index.members if SPDX in member.stated]
    if with_bill:
        _require_stated(engine, reference, "SBOM", with_bill)


def _require_stated(engine: Engine, reference: str, what: str, platforms: Sequence[str]) -> None:
    stated = registry.stated(engine, reference, what)
    # buildx leaves the platform out where there is only one image.
    missing = [name for name in platforms if not stated.get(name) and not (len(platforms) == 1 and stated)]
    if missing:
        raise CheckFailed(f"the registry gives no {what} of {', '.join(missing)}", where=reference)
