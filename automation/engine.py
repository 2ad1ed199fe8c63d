"""Find a container engine with BuildKit; provision one where there is none.

An engine that answers is used as it is. `AUTOARR_ENGINE` narrows the choice: `existing` never provisions, `private`
ignores the user's engine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from automation import process
from automation.errors import AutomationError, EngineUnavailable, UsageError
from automation.private_engine import PrivateEngine, refusal

CHOICES = ("auto", "existing", "private")
INSTALL_HINT = (
    "install Docker Engine 23 or newer with buildx and start it (or set DOCKER_HOST); "
    "on Debian or Ubuntu, running this as root provisions a private one"
)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An engine that answered.

    `environment` is what a `docker` command needs to reach it; empty for the user's own. `platform` is its native one.
    """

    kind: str
    version: str
    platform: str
    image_store: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_containerd_store(self) -> bool:
        """Whether images are kept as a registry would: needed for OCI output and several platforms at once."""
        return self.image_store == "containerd"

    def docker(
        self, *words: str, check: bool = True, echo: bool = True, timeout: float | None = None
    ) -> process.Result:
        """Run the `docker` command against this engine."""
        return process.run(["docker", *words], env=self.environment, check=check, echo=echo, timeout=timeout)


def as_dict(engine: Engine) -> dict[str, str]:
    """What there is to say of an engine, for the table and for `--json`."""
    return {
        "kind": engine.kind,
        "engine_version": engine.version,
        "platform": engine.platform,
        "image_store": engine.image_store,
        "address": engine.environment.get("DOCKER_HOST", os.environ.get("DOCKER_HOST", "the client's own default")),
    }


def _inspect(kind: str, environment: Mapping[str, str]) -> Engine | None:
    """The engine that this environment leads to, or None where none answers."""
    with suppress(AutomationError, ValueError, KeyError):
        result = process.run(
            ["docker", "info", "--format", "{{json .}}"], env=environment, check=False, echo=False, timeout=20
        )
        info: dict[str, Any] = json.loads(result.stdout)
        if result.code != 0 or not info.get("ServerVersion"):
            return None
        drivers = info.get("DriverStatus") or []
        snapshotter = any("io.containerd.snapshotter" in str(row) for row in drivers)
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(info["Architecture"], info["Architecture"])
        return Engine(
            kind=kind,
            version=info["ServerVersion"],
            platform=f"{info['OSType']}/{machine}",
            image_store="containerd" if snapshotter else "graph driver",
            environment=environment,
        )
    return None


def _has_buildx(environment: Mapping[str, str]) -> bool:
    return process.run(["docker", "buildx", "version"], env=environment, check=False, echo=False).code == 0


def choice() -> str:
    """What `AUTOARR_ENGINE` asks for.

    Raises:
        UsageError: it names something else.
    """
    wanted = os.environ.get("AUTOARR_ENGINE", "auto")
    if wanted not in CHOICES:
        raise UsageError(f"AUTOARR_ENGINE={wanted} is unknown", hint=f"one of {', '.join(CHOICES)}")
    return wanted


def present() -> Engine | None:
    """The engine that answers now, the user's own first; nothing is installed or started."""
    wanted = choice()
    if wanted != "private" and (engine := _inspect("existing", {})) is not None:
        return engine
    private = PrivateEngine.default()
    if wanted != "existing" and private.pid() is not None:
        return _inspect("private", private.client_environment())
    return None


def ensure() -> Engine:
    """The engine to use, provisioned and started when there is none.

    Raises:
        EngineUnavailable: none answers and none can be provisioned here, or the one there is has no BuildKit.
    """
    engine = present()
    if engine is None:
        reason = refusal()
        if reason is not None:
            raise EngineUnavailable(f"no container engine answers, and {reason}", hint=INSTALL_HINT)
        private = PrivateEngine.default()
        private.ensure()
        engine = _inspect("private", private.client_environment())
        if engine is None:
            raise EngineUnavailable("the private engine stopped right after its start", where=str(private.log))
    if not _has_buildx(engine.environment):
        raise EngineUnavailable(
            "the container engine's client has no buildx, which builds need",
            hint="install the docker-buildx plugin (docker-buildx-plugin in Docker's own packages), "
            "or set AUTOARR_ENGINE=private",
        )
    return engine
