"""`invoke run` and `invoke stop`: the application on this machine, as a user would run it."""

from __future__ import annotations

import socket
from contextlib import closing

from automation import console, containers, emulation, image_store
from automation.engine import Engine
from automation.errors import PortTaken, UsageError

CONTAINER = "autoarr"
VOLUME = "autoarr-data"
PORT = 8088
# Longer than the application's own grace period, so that it is never killed in the middle of a write.
STOP_TIMEOUT = 10


def port_is_free(port: int) -> bool:
    """Whether a TCP port of the loopback interface can be listened on."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def run(engine: Engine, image: str, port: int = PORT) -> str:
    """Start `image` on the loopback interface with its data in a volume, replacing an earlier one; its address.

    Raises:
        UsageError: there is no such image.
        PortTaken: something else listens on the port.
        Unhealthy: it started and did not get healthy; it is removed again, the volume stays.
    """
    facts = image_store.inspect(engine, image)
    if facts is None:
        raise UsageError(f"no image {image}", hint="build it first: `invoke build`")
    stop(engine)
    if not engine.environment.get("DOCKER_HOST", "").startswith("tcp") and not port_is_free(port):
        raise PortTaken(
            f"port {port} is in use", where=f"127.0.0.1:{port}", hint="stop what uses it, or `invoke run --port N`"
        )
    with containers.client(engine) as api:
        container = None
        try:
            container = api.containers.create(
                image,
                name=CONTAINER,
                ports={f"{PORT}/tcp": ("127.0.0.1", port)},
                volumes={VOLUME: {"bind": "/data", "mode": "rw"}},
                **containers.HARDENED,
                **emulation.start_options(engine, facts.platform),
            )
            containers.start(container)
            patience = emulation.patience(engine, facts.platform, containers.HEALTHY_TIMEOUT)
            seconds = containers.wait_healthy(container, patience)
        except BaseException:
            if container is not None:
                container.remove(force=True)
            raise
    console.progress(f"healthy after {console.duration(seconds)}")
    return f"http://localhost:{port}"


def stop(engine: Engine) -> bool:
    """Stop and remove the container, keeping its volume; whether there was one."""
    with containers.client(engine) as api:
        container = containers.named(api, CONTAINER)
        if container is None:
            return False
        container.stop(timeout=STOP_TIMEOUT)
        container.remove()
        return True
