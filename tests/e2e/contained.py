"""AutoArr from an image, hardened as users are told to run it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from automation import containers, servers
from automation.engine import Engine
from automation.resolver import Resolver
from tests.e2e.worlds import POSTGRESQL, sqlite_command

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.networks import Network

PORT = 8088
DATA = "/data"
STOP_TIMEOUT = 10


class ContainedApp:
    """A container that publishes its port on the loopback interface."""

    def __init__(self, container: Container) -> None:
        self._container = container

    @property
    def port(self) -> int:
        self._container.reload()
        published = self._container.ports[f"{PORT}/tcp"]
        assert published, "the container publishes no port"
        return int(published[0]["HostPort"])

    def restart(self) -> None:
        self._container.restart(timeout=STOP_TIMEOUT)
        containers.wait_healthy(self._container)

    def execute(self, statement: str) -> None:
        done = self._container.exec_run(sqlite_command("python", DATA, statement))
        assert done.exit_code == 0, done.output

    def log(self) -> str:
        return containers.logs(self._container)


class Image:
    """An image, in a network of its own. Its containers reach this machine at the network's gateway."""

    def __init__(self, engine: Engine, running: containers.Session, name: str) -> None:
        self._engine = engine
        self._running = running
        self._name = name
        self._databases = 0

    @cached_property
    def _network(self) -> Network:
        made = self._running.network()
        made.reload()
        return made

    @cached_property
    def listen(self) -> str:
        """The gateway's address, which is one of this machine where the engine runs on it."""
        return str(self._network.attrs["IPAM"]["Config"][0]["Gateway"])

    @cached_property
    def _servers(self) -> servers.Servers:
        return servers.start(self._running, Resolver(self._engine))

    @contextmanager
    def start(self, database: str, environment: Mapping[str, str]) -> Iterator[ContainedApp]:
        """See `Place`."""
        given = {**environment}
        if database == POSTGRESQL:
            given |= self._make_database()
        with ExitStack() as stack:
            container = self._running.create(
                self._name,
                network=self._network.name,
                ports={f"{PORT}/tcp": ("127.0.0.1", None)},
                volumes={self._running.volume(): {"bind": DATA, "mode": "rw"}},
                environment=given,
                **containers.HARDENED,
            )
            stack.callback(container.remove, force=True)
            if database == POSTGRESQL:
                self._running.api.networks.get(self._servers.network).connect(container)
            containers.start(container)
            containers.wait_healthy(container)
            yield ContainedApp(container)

    def _make_database(self) -> dict[str, str]:
        beside = self._servers
        name = f"e2e_{secrets.token_hex(4)}"
        made = beside.database.exec_run([*servers.PSQL, f"--command=CREATE DATABASE {name}"])
        assert made.exit_code == 0, made.output
        number, self._databases = self._databases, self._databases + 1
        address = beside.database_url.rpartition("/")[0]
        # Redis has sixteen databases.
        return {"DATABASE_URL": f"{address}/{name}", "REDIS_URL": f"redis://{beside.cache.name}/{number % 16}"}
