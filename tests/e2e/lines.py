"""Lines between two programs that a test can cut and mend, from the test's own thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.app.relay import Relay

PATIENCE = 20.0


class Line:
    """A port that leads to another one of this machine. Nothing of asyncio shows.

    Attributes:
        port: stays the same for good, whatever happens.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, listen: str) -> None:
        self._loop = loop
        self._relay = Relay("127.0.0.1", 9, listen)
        self._do(self._relay.open())
        self.port = self._relay.port
        self._is_open = True

    def _do(self, action: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(PATIENCE)

    def lead_to(self, port: int) -> None:
        """Have connections end at another port of 127.0.0.1 from now on."""
        self._relay.target = ("127.0.0.1", port)

    def cut(self) -> None:
        """An outage: open connections end, and new ones are refused."""
        if self._is_open:
            self._do(self._relay.shut())
            self._is_open = False

    def restore(self) -> None:
        """The end of an outage, and of silence."""
        self.silent = False
        if not self._is_open:
            self._do(self._relay.open())
            self._is_open = True

    def drop(self) -> None:
        """End the connections there are, WebSockets and event streams among them; new ones are accepted."""
        self._do(self._relay.drop())

    @property
    def silent(self) -> bool:
        """Whether connections stay open while nothing passes: what a time-out is for."""
        return self._relay.silent

    @silent.setter
    def silent(self, value: bool) -> None:
        self._relay.silent = value


class Exchange:
    """Where lines are made."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lines: list[Line] = []

    def open(self, listen: str = "127.0.0.1") -> Line:
        """Make a line that leads nowhere yet.

        Args:
            listen: an address of this machine.

        Raises:
            OSError: it is none of this machine's.
        """
        self._lines.append(Line(self._loop, listen))
        return self._lines[-1]

    def close(self) -> None:
        """Cut all lines."""
        for line in self._lines:
            line.cut()


@contextmanager
def exchange() -> Iterator[Exchange]:
    """An event loop in a thread, for lines; they are cut in the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lines", daemon=True)
    thread.start()
    made = Exchange(loop)
    try:
        yield made
    finally:
        made.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
