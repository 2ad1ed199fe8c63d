"""What BuildKit states of a build, without what is this network's own business, and a check that none of it is left.

With `mode=max` a provenance names every build argument and every command's environment, so the proxies too. Index
settings and certificates are secret mounts, of which it names the mount alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from automation import network
from automation.errors import CheckFailed
from automation.sbom import layout as layouts
from automation.sbom.attestation import PREDICATE_TYPE, REFERENCE_DIGEST, Attestation

PREFIX = "https://slsa.dev/provenance/"
# A remote that others can reach: a URL, or git's short form of ssh.
ADDRESS = re.compile(r"[a-z+]+://|[\w.-]+@[\w.-]+:")
# What BuildKit calls its own part, in each version of the format.
METADATA = {"https://mobyproject.org/buildkit@v1#metadata", "buildkit_metadata"}
PROXIES = {name.lower() for name in network.PROXIES}
# Where a CI run can be looked up, from the variables that its jobs have.
RUN = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


def flags(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The words that have BuildKit state everything, and who built where a CI run says so."""
    server, repository, run = (environment.get(name, "") for name in RUN)
    builder = f",builder-id={server}/{repository}/actions/runs/{run}" if server and repository and run else ""
    return [f"--provenance=mode=max{builder}"]


def read(archive: Path, image: str) -> Attestation:
    """The provenance that an OCI archive carries for an image.

    Raises:
        CheckFailed: it carries none.
    """
    with layouts.opened(archive) as source:
        pending = [source.index]
        while pending:
            for entry in pending.pop()["manifests"]:
                if entry["mediaType"].endswith("index.v1+json"):
                    pending.append(source.json(entry["digest"]))
                elif entry.get("annotations", {}).get(REFERENCE_DIGEST) == image:
                    for layer in source.json(entry["digest"])["layers"]:
                        kind = str(layer.get("annotations", {}).get(PREDICATE_TYPE, ""))
                        if kind.startswith(PREFIX):
                            statement = source.json(layer["digest"])
                            return Attestation(predicate_type=kind, predicate=statement["predicate"])
    raise CheckFailed("the build stated nothing of how it was made", where=image)


def clean(data: Any) -> Any:
    """The same without proxies, as build arguments or in an environment, and without a remote that is a folder.

    Layers go too: they are named as they were before their dates were fixed and they were packed better, so the names
    are of nothing that is published. Everything else stays.
    """
    if isinstance(data, dict):
        kept = {key: clean(value) for key, value in data.items() if not _is_proxy(key)}
        if isinstance(sources := kept.get("vcs"), dict) and not ADDRESS.match(str(sources.get("source", ""))):
            sources.pop("source", None)
        for key in METADATA & kept.keys():
            kept[key].pop("layers", None)
        return kept
    if isinstance(data, list):
        return [clean(item) for item in data if not (isinstance(item, str) and _is_proxy(item.partition("=")[0]))]
    return data


def _is_proxy(key: str) -> bool:
    return key == "proxy_env" or key.removeprefix("build-arg:").lower() in PROXIES


def sensitive(environment: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """What must be nowhere in a statement: each text, and what it is of.

    Args:
        settings: of package indexes; names to one or more addresses.
    """
    found: dict[str, str] = {}
    named = [(name, value) for name, value in environment.items() if name.lower() in PROXIES - {"no_proxy"}]
    for name, value in [*named, *settings.items()]:
        for address in value.split():
            found[address] = name
            user, _, host = urlsplit(address).netloc.rpartition("@")
            # A bare word, such as a host called `proxy`, is part of too many others.
            found |= {part: name for part in (user, host) if "." in part or ":" in part}
    return found


def require(statement: Attestation, secrets: Mapping[str, str]) -> None:
    """Refuse a statement that gives away where this network is.

    Raises:
        CheckFailed: it does; the message names the setting and never its value.
    """
    text = json.dumps(statement.predicate, ensure_ascii=False)
    leaked = sorted({name for value, name in secrets.items() if value in text})
    if leaked:
        raise CheckFailed(
            f"the provenance would publish {', '.join(leaked)} of this network; nothing was pushed",
            hint="a build argument or a command in Dockerfile.optimized carries it: pass it as a secret mount",
        )


def publishable(archive: Path, image: str) -> Attestation:
    """The provenance of an image as it may be published.

    Raises:
        CheckFailed: there is none, or it can't be freed of what is this network's own.
    """
    stated = read(archive, image)
    cleaned = Attestation(predicate_type=stated.predicate_type, predicate=clean(stated.predicate))
    require(cleaned, sensitive(os.environ, network.index_settings()))
    return cleaned
