"""Images as the engine keeps them: inspect, pull, tag, load, save, remove."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation.engine import Engine
from automation.errors import DiskFull


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """What the engine says of an image. `digest` is the manifest's where the engine knows it, else the image's id."""

    reference: str
    digest: str
    platform: str
    labels: Mapping[str, str]
    environment: Mapping[str, str]


def inspect(engine: Engine, reference: str) -> ImageFacts | None:
    """What the engine has under this name, or None."""
    result = engine.docker("image", "inspect", reference, check=False, echo=False)
    if result.code != 0:
        return None
    data: dict[str, Any] = json.loads(result.stdout)[0]
    config = data.get("Config") or {}
    repository = reference.rpartition(":")[0]
    # An image pulled from two places may have two manifests; the one of the name asked for is meant.
    known = [item.partition("@")[::2] for item in data.get("RepoDigests") or []]
    digests = [digest for name, digest in sorted(known, key=lambda item: item[0] != repository)]
    return ImageFacts(
        reference=reference,
        digest=digests[0] if digests else data["Id"],
        platform=f"{data['Os']}/{data['Architecture']}",
        labels=config.get("Labels") or {},
        environment=dict(item.split("=", 1) for item in config.get("Env") or [] if "=" in item),
    )


def contents(engine: Engine, reference: str) -> list[str]:
    """An image's layers by the digests of their content unpacked, lowest first; none where there is no such image."""
    words = ("image", "inspect", "--format", "{{json .RootFS.Layers}}", reference)
    result = engine.docker(*words, check=False, echo=False)
    found: list[str] = (json.loads(result.stdout) or []) if result.code == 0 else []
    return found


def pull(engine: Engine, reference: str) -> str | None:
    """Pull an image; None when it worked, else the engine's last words.

    Raises:
        DiskFull: the engine has no room for it.
    """
    result = engine.docker("pull", "--quiet", reference, check=False)
    if result.code == 0:
        return None
    if "no space left" in result.output:
        raise DiskFull(f"no space left to pull {reference}", details=result.output)
    words = result.output.strip().splitlines()
    return words[-1] if words else f"exit code {result.code}"


def load(engine: Engine, archive: Path) -> str | None:
    """Load an archive made by `docker save` or an OCI layout; None when it worked, else the engine's last words."""
    result = engine.docker("load", "--quiet", "--input", str(archive), check=False)
    return None if result.code == 0 else (result.output.strip().splitlines() or ["unknown"])[-1]


def save(engine: Engine, reference: str, archive: Path) -> None:
    """Write an image to a tar archive with its layers as the engine keeps them."""
    engine.docker("save", "--output", str(archive), reference, echo=False)


def tag(engine: Engine, reference: str, name: str) -> None:
    """Give an image another name."""
    engine.docker("tag", reference, name, echo=False)


def remove(engine: Engine, reference: str) -> bool:
    """Remove a name, and the image with its last one; whether there was one."""
    return engine.docker("image", "rm", reference, check=False, echo=False).code == 0


def names(engine: Engine, label: str) -> list[str]:
    """The names of all images that carry a label."""
    result = engine.docker(
        "image", "ls", "--filter", f"label={label}", "--format", "{{.Repository}}:{{.Tag}}", check=False, echo=False
    )
    return sorted(name for name in result.stdout.split() if "<none>" not in name)
