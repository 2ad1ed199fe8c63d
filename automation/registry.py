"""Images in a registry: push them, name them, read back what it holds. Logins and certificates are docker's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from automation import process
from automation.engine import Engine
from automation.errors import AutomationError, DiskFull, EngineUnavailable, RegistryRefused

# What the client or the engine says, in lower case; the first group that matches decides.
LOGIN = ("unauthorized", "authentication required", "no basic auth credentials", "denied", "403 forbidden")
TLS = ("x509:", "tls:", "certificate", "server gave http response to https client")
GONE = (
    "connection refused",
    "connection reset",
    "broken pipe",
    "unexpected eof",
    ": eof",
    "no such host",
    "i/o timeout",
    "deadline exceeded",
    "server misbehaving",
    "network is unreachable",
    "use of closed network connection",
    "bad gateway",
    "service unavailable",
)
ABSENT = ("not found", "manifest unknown", "name unknown", "repository name not known")


def host(reference: str) -> str:
    """The registry of a reference: what `docker login` takes."""
    first, slash, _ = reference.partition("/")
    return first if slash and (set(first) & {".", ":"} or first == "localhost") else "docker.io"


def push(engine: Engine, reference: str) -> None:
    """Push what the engine has under this name, with everything an index lists.

    Raises:
        RegistryRefused: it was not taken, or not whole.
        EngineUnavailable: the engine went away.
    """
    _done(engine, reference, engine.docker("push", "--quiet", reference, check=False))


def name(engine: Engine, source: str, tags: Sequence[str]) -> None:
    """Give what a registry has under `source` (a digest, for instance) further tags; nothing is sent again.

    Raises:
        RegistryRefused, EngineUnavailable: as :func:`push`.
    """
    words = [word for tag in tags for word in ("--tag", tag)]
    _done(engine, source, engine.docker("buildx", "imagetools", "create", *words, source, check=False))


def manifest(engine: Engine, reference: str) -> bytes:
    """A manifest or index as the registry holds it, to the byte.

    Raises:
        RegistryRefused, EngineUnavailable: as :func:`push`.
    """
    result = engine.docker("buildx", "imagetools", "inspect", "--raw", reference, check=False, echo=False)
    _done(engine, reference, result)
    return result.stdout.encode()


def find(engine: Engine, reference: str) -> dict[str, Any] | None:
    """A manifest or index that may not be there yet, or None.

    Raises:
        RegistryRefused, EngineUnavailable: as :func:`push`.
    """
    try:
        found: dict[str, Any] = json.loads(manifest(engine, reference))
    except RegistryRefused as error:
        if any(word in error.details.lower() for word in ABSENT):
            return None
        raise
    return found


def wants_login(error: RegistryRefused) -> bool:
    """Whether it refused for want of a login, which some registries say of everything that does not exist."""
    return any(word in error.details.lower() for word in LOGIN)


def stated(engine: Engine, reference: str, what: str) -> dict[str, Any]:
    """What an index's attestations state: `Provenance` or `SBOM`, by platform where there are several.

    Raises:
        RegistryRefused, EngineUnavailable: as :func:`push`.
    """
    words = ("buildx", "imagetools", "inspect", "--format", f"{{{{json .{what}}}}}", reference)
    result = engine.docker(*words, check=False, echo=False)
    _done(engine, reference, result)
    found: dict[str, Any] = json.loads(result.stdout) or {}
    return found


def digest(content: bytes) -> str:
    """What a registry calls this content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _done(engine: Engine, reference: str, result: process.Result) -> None:
    if result.code != 0:
        raise diagnose(engine, reference, result)


def diagnose(engine: Engine, reference: str, result: process.Result) -> AutomationError:
    """The failure behind what a push or a question to a registry printed."""
    low = result.output.lower()
    server = host(reference)
    details = "\n".join(result.output.splitlines()[-5:])
    if "no space left" in low:
        return DiskFull("the engine's disk is full", details=details)
    if engine.docker("version", check=False, echo=False, timeout=20).code != 0:
        return EngineUnavailable("the container engine went away", where=reference, details=details)
    kinds = (
        (LOGIN, f"{server} does not let you in", f"`docker login {server}` with an account that may write there"),
        (
            TLS,
            f"no trusted connection to {server} comes about",
            f"give the engine its certificate authority (/etc/docker/certs.d/{server}/ca.crt), or correct the port",
        ),
        (
            GONE,
            f"{server} does not answer, or went away half-way",
            "run it again when it answers: what it has already is not sent a second time",
        ),
        (ABSENT, f"{server} has no {reference}", "check the name"),
    )
    for words, what, hint in kinds:
        if any(word in low for word in words):
            return RegistryRefused(what, where=reference, hint=hint, details=details)
    return RegistryRefused(f"{server} refused", where=reference, hint="its own words follow", details=details)
