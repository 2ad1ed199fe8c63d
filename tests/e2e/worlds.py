"""A world: AutoArr as its users run it, on a fresh database, with stand-ins of all that it talks to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve
from tests.app.messages_stub import KEY, MessagesStub
from tests.app.receiver import LocalReceiver
from tests.e2e.lines import Exchange, Line

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = ("sonarr", "radarr", "plex", "sabnzbd")
_EXECUTE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30)
with connection:
    connection.execute(sys.argv[2])
connection.close()
"""


def sqlite_command(python: str, data: str, statement: str) -> list[str]:
    """A command that has a statement of SQL in the SQLite database of a data folder, where that is."""
    return [python, "-c", _EXECUTE, f"{data}/autoarr.db", statement]


class App(Protocol):
    """AutoArr, running."""

    @property
    def port(self) -> int:
        """Where it answers on 127.0.0.1."""

    def restart(self) -> None:
        """Stop it as an update does, and start it again on its data."""

    def execute(self, statement: str) -> None:
        """Have a statement of SQL in its SQLite database, beside what it does itself."""

    def log(self) -> str:
        """What it said last."""


class Place(Protocol):
    """Where AutoArr is started: as a process of this machine, or from an image."""

    @property
    def listen(self) -> str:
        """The address of this machine at which it reaches stand-ins."""

    def start(self, database: str, environment: Mapping[str, str]) -> Any:
        """A context manager that gives an `App` which is ready, and ends it.

        Args:
            database: `sqlite`, or `postgresql`, which comes with Redis.
        """


class World:
    """One of them, from its first start on: nobody is set up, nothing is added.

    Attributes:
        sonarr, radarr, plex, sabnzbd: the stand-ins; see `tests.app.fakes.asgi.Fake`.
        model: the Messages API; see `tests.app.messages_stub.MessagesStub`.
        receiver: of webhooks; see `tests.app.receiver.LocalReceiver`.
        lines: between AutoArr and each of those, by those names.
        front: the line between a browser and AutoArr.
    """

    def __init__(self, exchange: Exchange, listen: str) -> None:
        self.sonarr, self.radarr = FakeSonarr(), FakeRadarr()
        self.plex, self.sabnzbd = FakePlex(), FakeSabnzbd()
        self.model, self.receiver = MessagesStub(), LocalReceiver()
        self.fakes: dict[str, Any] = {kind: getattr(self, kind) for kind in KINDS}
        self.lines: dict[str, Line] = {name: exchange.open(listen) for name in (*KINDS, "model", "receiver")}
        self.front = exchange.open()
        self._served = {**self.fakes, "model": self.model, "receiver": self.receiver}
        self._listen = listen
        self._app: App | None = None

    @property
    def url(self) -> str:
        """AutoArr's address for browsers and clients; the same for good."""
        return f"http://127.0.0.1:{self.front.port}"

    def address(self, name: str) -> str:
        """The address of a stand-in as AutoArr reaches it."""
        url_base = getattr(self._served[name], "url_base", "")
        return f"http://{self._listen}:{self.lines[name].port}{url_base}"

    def execute(self, statement: str) -> None:
        """Have a statement of SQL in AutoArr's SQLite database, beside what it does itself."""
        assert self._app
        self._app.execute(statement)

    def restart(self) -> None:
        """Restart AutoArr; its address stays."""
        assert self._app
        self._app.restart()
        self.front.lead_to(self._app.port)

    def log(self) -> str:
        """What AutoArr said last."""
        return self._app.log() if self._app else ""

    def _serve(self, stack: ExitStack) -> None:
        for name, fake in self._served.items():
            self.lines[name].lead_to(urlsplit(stack.enter_context(serve(fake))).port or 0)
        stack.callback(self.model.go_on.set)

    @contextmanager
    def running(self, place: Place, database: str, settings: Mapping[str, str]) -> Iterator[World]:
        """Serve the stand-ins and start AutoArr, until the block ends."""
        given = {"AUTOARR_ANTHROPIC_API_KEY": KEY, "AUTOARR_ANTHROPIC_BASE_URL": self.address("model"), **settings}
        with ExitStack() as stack:
            self._serve(stack)
            self._app = stack.enter_context(place.start(database, given))
            self.front.lead_to(self._app.port)
            yield self
