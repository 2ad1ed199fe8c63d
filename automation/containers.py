"""The only user of docker-py: containers, networks and volumes that are always removed by whoever started them.

Everything carries the owner's process in a label. A killed run can't clean up after itself, so the next one sweeps
what belongs to processes that are gone.
"""

from __future__ import annotations

import io
import os
import secrets
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import docker
from docker.errors import APIError, DockerException, NotFound

from automation import console, image_store, owner, scratch
from automation.bases import Variant
from automation.engine import Engine
from automation.errors import DiskFull, EngineUnavailable, PortTaken, Unhealthy

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume

OWNER_LABEL = "io.autoarr.owner"
VARIANT_LABEL = "io.autoarr.variant"
CANDIDATES = "autoarr-candidate"
HEALTHY_TIMEOUT = 60.0
# Seconds for one call: making the first container of an image unpacks it, which a busy disk makes slow.
CALL_TIMEOUT = 300
POLL = 0.05
LOG_LINES = 30
# How every container of the application is run: nothing writable but /data, no way to gain a privilege.
HARDENED: Mapping[str, Any] = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


@contextmanager
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    """A docker-py client of the engine; its failures become ours.

    Raises:
        EngineUnavailable: the engine does not answer, or refused a call.
        DiskFull: the engine says so.
    """
    host = engine.environment.get("DOCKER_HOST")
    try:
        if host:
            api = docker.DockerClient(base_url=host, timeout=CALL_TIMEOUT)
        else:
            api = docker.from_env(timeout=CALL_TIMEOUT)
    except DockerException as error:
        raise EngineUnavailable(f"the container engine does not answer: {error}") from None
    try:
        yield api
    except APIError as error:
        reason = str(error.explanation or error)
        if "no space left" in reason:
            raise DiskFull("the engine's disk is full", details=reason) from None
        raise EngineUnavailable("the container engine refused a call", details=reason) from None
    except (DockerException, OSError) as error:
        raise EngineUnavailable("the container engine went away", details=str(error)) from None
    finally:
        api.close()


@dataclass
class Session:
    """What one run has in the engine. Use :func:`session`, which removes all of it."""

    api: docker.DockerClient
    _containers: list[Container] = field(default_factory=list)
    _networks: list[Network] = field(default_factory=list)
    _volumes: list[Volume] = field(default_factory=list)

    def network(self) -> Network:
        """A network of this run's own."""
        made = self.api.networks.create(f"autoarr-{secrets.token_hex(4)}", labels={OWNER_LABEL: owner.label()})
        self._networks.append(made)
        return made

    def volume(self) -> str:
        """The name of a volume of this run's own, which outlives its containers until the session ends."""
        made = self.api.volumes.create(f"autoarr-{secrets.token_hex(4)}", labels={OWNER_LABEL: owner.label()})
        self._volumes.append(made)
        return str(made.name)

    def create(self, image: str, **options: Any) -> Container:
        """Make a container without starting it; the options are docker-py's."""
        labels = {OWNER_LABEL: owner.label(), **options.pop("labels", {})}
        made = self.api.containers.create(image, labels=labels, **options)
        self._containers.append(made)
        return made

    def start(self, image: str, **options: Any) -> Container:
        """Start a container; the options are docker-py's.

        Raises:
            PortTaken: a port to publish is in use.
        """
        made = self.create(image, **options)
        start(made)
        return made

    def close(self) -> None:
        """Remove everything, in the order that works; what is gone already is no failure."""
        for container in self._containers:
            with suppress(NotFound, APIError):
                container.remove(force=True, v=True)
        removables: list[Volume | Network] = [*self._volumes, *self._networks]
        for removable in removables:
            with suppress(NotFound, APIError):
                removable.remove()


def start(container: Container) -> None:
    """Start a created container.

    Raises:
        PortTaken: a port that it publishes is in use.
    """
    try:
        container.start()
    except APIError as error:
        reason = str(error.explanation or error)
        if "port is already allocated" not in reason and "address already in use" not in reason:
            raise
        raise PortTaken(
            "the port to publish is in use", hint="stop what uses it, or choose another", details=reason
        ) from None


def named(api: docker.DockerClient, name: str) -> Container | None:
    """The container of that name, running or not, or None."""
    try:
        return api.containers.get(name)
    except NotFound:
        return None


@contextmanager
def session(engine: Engine) -> Iterator[Session]:
    """A place to start containers in; on the way out, whatever the way, they are removed.

    `AUTOARR_KEEP=1` leaves them for debugging.
    """
    with client(engine) as api:
        running = Session(api)
        try:
            yield running
        finally:
            if os.environ.get("AUTOARR_KEEP"):
                console.warning("AUTOARR_KEEP is set: containers stay; the next run removes them")
            else:
                running.close()


def sweep(engine: Engine) -> int:
    """Remove what killed runs left, in the engine and in scratch folders; how many things there were."""
    count = scratch.sweep()
    with client(engine) as api:
        here: dict[str, str | list[str] | bool] = {"label": OWNER_LABEL}
        for container in api.containers.list(all=True, filters=here, ignore_removed=True):
            if owner.is_gone_here(container.labels.get(OWNER_LABEL, "")):
                with suppress(NotFound, APIError):
                    container.remove(force=True, v=True)
                    count += 1
        things: list[Volume | Network] = [*api.volumes.list(filters=here), *api.networks.list(filters=here)]
        for thing in things:
            labels = thing.attrs.get("Labels") or {}
            if owner.is_gone_here(labels.get(OWNER_LABEL, "")):
                with suppress(NotFound, APIError):
                    thing.remove()
                    count += 1
    for name in image_store.names(engine, VARIANT_LABEL):
        repository, _, tag = name.partition(":")
        if repository == CANDIDATES and owner.is_gone(tag):
            count += image_store.remove(engine, name)
    return count


@contextmanager
def candidate(engine: Engine, variant: Variant) -> Iterator[str]:
    """A name for an image of this run that nothing is known of yet; the name is removed on the way out."""
    name = f"{CANDIDATES}:{owner.name()}-{variant.name}"
    try:
        yield name
    finally:
        image_store.remove(engine, name)


def read_file(container: Container, path: str) -> bytes | None:
    """A file of a container, running or not, or None when it has none of that name."""
    try:
        stream, _ = container.get_archive(path)
    except NotFound:
        return None
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        member = archive.extractfile(archive.getmembers()[0])
        return None if member is None else member.read()


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What a container keeps in memory, in bytes.

    Attributes:
        working_set: all that is accounted to it but files that nobody has used for a while, as `docker stats` shows it.
        anonymous: the part that no file backs, so that it can't be dropped and read again.
    """

    working_set: int
    anonymous: int


def memory(container: Container) -> Memory | None:
    """A running container's memory, from its control group; None where the engine does not account for it."""
    answer = container.stats(stream=False, one_shot=True)
    return parse_memory(answer) if isinstance(answer, dict) else None


def parse_memory(answer: Mapping[str, Any]) -> Memory | None:
    """The memory in an answer of the engine, whichever version of control groups it is from."""
    found = answer.get("memory_stats") or {}
    parts = found.get("stats") or {}
    unused = parts.get("total_inactive_file", parts.get("inactive_file"))
    anonymous = parts.get("anon", parts.get("total_rss"))
    if found.get("usage") is None or unused is None or anonymous is None:
        return None
    return Memory(working_set=int(found["usage"]) - int(unused), anonymous=int(anonymous))


def logs(container: Container, lines: int = LOG_LINES) -> str:
    """A container's last lines."""
    raw: bytes = container.logs(tail=lines)
    return raw.decode(errors="replace").rstrip()


def wait_healthy(container: Container, timeout: float = HEALTHY_TIMEOUT) -> float:
    """Wait for the image's own health check to pass; the seconds it took.

    Raises:
        Unhealthy: it failed, the container stopped, or the time ran out. The last log lines are in the details.
    """
    started = time.monotonic()
    while True:
        container.reload()
        state = container.attrs["State"]
        health = state.get("Health", {})
        passed = time.monotonic() - started
        if health.get("Status") == "healthy":
            return passed
        problem = None
        if state["Status"] in ("exited", "dead"):
            problem = f"the container stopped with exit code {state['ExitCode']}"
        elif health.get("Status") == "unhealthy":
            problem = "the health check failed"
        elif not health:
            problem = "the image has no health check"
        elif passed > timeout:
            problem = f"not healthy within {timeout:.0f} s"
        if problem is not None:
            checks: Sequence[Mapping[str, Any]] = health.get("Log") or []
            said = str(checks[-1].get("Output", "")).strip() if checks else ""
            raise Unhealthy(
                problem,
                where=str(container.image.tags[0] if container.image and container.image.tags else container.name),
                hint="the container's last lines follow",
                details="\n".join(filter(None, (said and f"health check: {said}", logs(container)))),
            )
        time.sleep(POLL)
