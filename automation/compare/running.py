"""How long an image takes from its start to its first healthy answer, and what memory it then keeps."""

from __future__ import annotations

import http.client
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation import console, containers
from automation.compare.facts import Figure, skipped
from automation.engine import Engine
from automation.errors import Unhealthy

if TYPE_CHECKING:
    from docker.models.containers import Container

PORT = "8088/tcp"
PATIENCE = 60.0
# Seconds between two requests, and between two looks at whether it still runs, which take longer.
POLL, LOOK = 0.01, 0.25
# How long it gets to come to rest, in seconds.
REST = 2.0
STARTS = 5
MEASURED = ("start", "memory", "resident")


@dataclass
class Samples:
    """The measurements of one image: seconds, and bytes with and without the files that it has mapped."""

    start: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Figure]:
        """The median of each."""
        return dict(zip(MEASURED, map(median, _lists(self)), strict=True))


def median(samples: Sequence[float]) -> Figure:
    """The middle of what was measured."""
    if not samples:
        return skipped("the engine does not account for memory")
    return Figure(value=statistics.median(samples), samples=tuple(samples))


def measure(engine: Engine, images: Mapping[str, str], starts: int = STARTS) -> dict[str, dict[str, Figure]]:
    """Start each image several times; by name, the medians.

    They take turns, so that whatever else the machine does hits all of them alike. Each is asked over HTTP in the
    same way: their own health checks have different intervals, which say nothing of the application.

    Raises:
        Unhealthy: one did not get healthy.
    """
    if is_remote(engine):
        return {name: dict.fromkeys(MEASURED, skipped("the engine is on another machine")) for name in images}
    samples = {name: Samples() for name in images}
    for turn in range(starts + 1):
        with console.step(f"starting them: {f'turn {turn} of {starts}' if turn else 'once for the disk cache'}"):
            for name, image in images.items():
                one = Samples()
                _start(engine, name, image, one)
                if turn:
                    for kept, new in zip(_lists(samples[name]), _lists(one), strict=True):
                        kept += new
                    console.progress(f"{name}: healthy after {one.start[0]:.2f} s")
    return {name: found.figures() for name, found in samples.items()}


def is_remote(engine: Engine) -> bool:
    """Whether what its containers publish on loopback is out of reach from here."""
    address = engine.environment.get("DOCKER_HOST", os.environ.get("DOCKER_HOST", ""))
    return address.startswith(("tcp:", "ssh:", "http"))


def _lists(samples: Samples) -> tuple[list[float], ...]:
    return samples.start, samples.memory, samples.resident


def _start(engine: Engine, name: str, image: str, into: Samples) -> None:
    with containers.session(engine) as running:
        container = running.create(
            image,
            ports={PORT: ("127.0.0.1", None)},
            # Its own checks would compete with what is measured.
            healthcheck={"test": ["NONE"]},
            **containers.HARDENED,
        )
        started = time.monotonic()
        containers.start(container)
        wait(container, name)
        into.start.append(round(time.monotonic() - started, 3))
        time.sleep(REST)
        usage = containers.memory(container)
        if usage is not None:
            into.memory.append(usage.working_set)
            into.resident.append(usage.anonymous)


def wait(container: Container, name: str) -> None:
    """Wait until `/health` says that all is well.

    Raises:
        Unhealthy: it stopped, or the time ran out.
    """
    started = looked = time.monotonic()
    port: int | None = None
    problem = f"it did not answer within {PATIENCE:.0f} s"
    while time.monotonic() - started < PATIENCE:
        if port is None or time.monotonic() - looked > LOOK:
            looked = time.monotonic()
            container.reload()
            if container.status in ("exited", "dead"):
                problem = f"it stopped with exit code {container.attrs['State']['ExitCode']}"
                break
            published: list[dict[str, Any]] = container.ports.get(PORT) or []
            port = int(published[0]["HostPort"]) if published else None
        if port is not None and _healthy(port):
            return
        time.sleep(POLL)
    hint = "the container's last lines follow"
    raise Unhealthy(f"{name}: {problem}", where=f"port {PORT}", hint=hint, details=containers.logs(container))


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
