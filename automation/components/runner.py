"""Ask the ten components in an image, as users run it, beside real servers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automation import console, containers, paths, servers
from automation.bases import Variant
from automation.components import reader
from automation.components.catalogue import PACE_VARIABLE
from automation.engine import Engine
from automation.errors import AutomationError
from automation.reports import Check, Verdict
from automation.resolver import Resolver

if TYPE_CHECKING:
    from docker.models.containers import Container

# On a volume of the session's own: the root is read-only, and a remote engine has no folder of ours to mount.
PLACE = "/probes"
FACTS = f"{PLACE}/facts.json"
PORT = 8088
TMPFS = {"/tmp": "rw,size=256m,mode=1777"}  # noqa: S108 - a container's
# Of the application that runs beside the probes: none, as users start it first.
SETTINGS: dict[str, str] = {}
# The first process of the probes' container does nothing. Its end ends all others: each probe has a time limit, and
# this is the one for a machine, or a Python, that is stuck altogether.
LIMIT = 600
COMMAND = ("python", "-m", "automation.components.probes", FACTS)
# What the probes import of this project, in the folder of the packages.
SHIPPED = ("__init__.py", "components/__init__.py", "components/catalogue.py", "components/probes/*.py")


def run(engine: Engine, resolver: Resolver, image: str, chosen: Variant | None = None) -> tuple[Check, ...]:
    """Ask all ten components in an image, in a session of its own; exactly one check for each.

    Raises:
        BaseUnavailable, EngineUnavailable: there are no servers to ask beside.
    """
    with containers.session(engine) as running:
        return ask(running, servers.start(running, resolver), image, chosen)


def ask(
    running: containers.Session,
    beside: servers.Servers,
    image: str,
    chosen: Variant | None = None,
    names: Sequence[str] = (),
    *,
    options: Mapping[str, Any] | None = None,
    pace: float = 1.0,
) -> tuple[Check, ...]:
    """Ask the components in a session whose servers have started: all ten, or those named.

    Two containers of the image, both hardened: the application as it is, and one for the probes.

    Args:
        options: docker-py's, for starting the application, beside the hardened ones.
        pace: how many times longer than natively everything may take.
    """
    started = options or {}
    idle = f"import signal; signal.sigtimedwait([signal.SIGTERM], {LIMIT * pace})"
    title = f"ten components in {chosen.name if chosen is not None else image}"
    with console.step(title):
        application = running.start(
            image,
            name=f"{beside.network}-application",
            network=beside.network,
            environment=SETTINGS,
            **containers.HARDENED,
            **started,
        )
        probes = running.start(
            image,
            command=["python", "-c", idle],
            environment={PACE_VARIABLE: str(pace)},
            name=f"{beside.network}-probes",
            network=beside.network,
            tmpfs=TMPFS,
            volumes={running.volume(): {"bind": PLACE, "mode": "rw"}},
            **containers.HARDENED,
            **{**started, "healthcheck": {"test": ["NONE"]}},
        )
        probes.put_archive(
            PLACE, servers.archive(sources() | told(beside, str(probes.name), f"http://{application.name}:{PORT}"))
        )
        trouble = _trouble(application, containers.HEALTHY_TIMEOUT * pace)
        found = reader.checks(_lines(probes, [*COMMAND, *names]))
    if trouble:
        # What the application said of itself explains more than that nobody answered.
        found = tuple(_explained(check, trouble) for check in found)
    return tuple(check for check in found if not names or check.name in names)


def _trouble(application: Container, timeout: float) -> str:
    """Wait for the application; why it is not healthy, or nothing."""
    try:
        containers.wait_healthy(application, timeout)
    except AutomationError as error:
        return " | ".join([error.what, *error.details.splitlines()[-1:]])
    return ""


def _explained(check: Check, trouble: str) -> Check:
    if check.name != "ui" or check.verdict is Verdict.PASSED:
        return check
    return Check(area=check.area, name=check.name, verdict=check.verdict, detail=f"{trouble} | {check.detail}")


def _lines(container: Container, command: list[str]) -> list[str]:
    """What a command in a container printed; what is said on stderr comes last."""
    streams: Any = container.exec_run(command, workdir=PLACE, demux=True).output
    return [line for stream in streams for line in (stream or b"").decode(errors="replace").splitlines()]


def sources() -> dict[str, bytes]:
    """The probes, as files below the place that they are asked in."""
    package = Path(paths.ROOT) / "automation"
    files = sorted(path for pattern in SHIPPED for path in package.glob(pattern))
    return {str(path.relative_to(paths.ROOT)): path.read_bytes() for path in files}


def told(beside: servers.Servers, host: str, application_url: str) -> dict[str, bytes]:
    """The facts that the probes read, and the certificates that they name."""
    certificate, key = beside.authority.issue("localhost")
    files = {
        "authority": ("tls/authority.pem", beside.authority.certificate),
        "stranger": ("tls/stranger.pem", servers.Authority("somebody else").certificate),
        "certificate": ("tls/localhost.pem", certificate),
        "key": ("tls/localhost.key", key),
    }
    facts = {
        "host": host,
        "application_url": application_url,
        "database_url": beside.database_url,
        "redis_url": beside.redis_url,
        **{name: f"{PLACE}/{path}" for name, (path, _) in files.items()},
    }
    return {"facts.json": json.dumps(facts).encode(), **dict(files.values())}
