"""The application itself, run by its own command in the probe's container: `autoarr serve` and its like."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.components.catalogue import PACE
from automation.components.probes.harness import Wrong, equal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STARTING, ANSWERING = 40.0 * PACE, 10.0 * PACE
ADMINISTRATOR = {"name": "\u017baneta", "password": "the probe's own"}
POLL = 0.05
LOG_SIZE = 1 << 16
LISTENING = re.compile(r"listening on \S+ port (\d+)")


class Reply(NamedTuple):
    """An HTTP answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Served(NamedTuple):
    """A running application of the probe's own."""

    process: subprocess.Popen[bytes]
    port: int

    def ask(self, path: str, *, method: str = "GET", token: str = "", body: object = None) -> Reply:
        """Ask it over HTTP; a body is sent as JSON."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return ask("127.0.0.1", self.port, path, headers, method, body)

    def log_in(self) -> str:
        """Make the first administrator and log in; the access token.

        Raises:
            Wrong: it was refused.
        """
        for path, status in (("/auth/setup", 201), ("/auth/login", 200)):
            reply = self.ask(path, method="POST", body=ADMINISTRATOR)
            equal(reply.status, status, f"the status of {path}")
        return str(reply.json()["access_token"])

    def ready(self, limit: float = STARTING) -> Reply:
        """The answer of its readiness, asked until it is ready: on a busy machine the first imports take their time.

        Raises:
            Wrong: it did not get ready in time; with what it said last.
        """
        deadline = time.monotonic() + limit
        while (reply := self.ask("/health/ready")).status != 200:
            if time.monotonic() > deadline:
                raise Wrong(f"autoarr serve is not ready: {reply.body.decode(errors='replace')}")
            time.sleep(POLL)
        return reply

    def stop(self, limit: float) -> int:
        """Send SIGTERM; the exit code.

        Raises:
            Wrong: it did not end in time.
        """
        self.process.send_signal(signal.SIGTERM)
        return self.ended(limit)

    def ended(self, limit: float) -> int:
        """The exit code, once it has ended.

        Raises:
            Wrong: it did not end in time.
        """
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Wrong(f"autoarr serve did not stop within {limit:g} s of SIGTERM") from None


def ask(
    host: str,
    port: int,
    path: str,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    body: object = None,
) -> Reply:
    """Ask over HTTP with the standard library, which adds and hides nothing; a body is sent as JSON."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWERING)
    try:
        content, kind = (None, {}) if body is None else (json.dumps(body), {"Content-Type": "application/json"})
        connection.request(method, path, content, {**kind, **(headers or {})})
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, named, response.read())
    finally:
        connection.close()


def command(*words: str, environment: Mapping[str, str], limit: float = STARTING) -> subprocess.CompletedProcess[str]:
    """Run an `autoarr` command to its end, with a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            ["autoarr", *words],
            env={**os.environ, "AUTOARR_DATA_DIR": folder, **environment},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[Served]:
    """The application on loopback, answering; its data folder is removed behind it.

    Raises:
        Wrong: it did not start; with its last line.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        # It picks a free port by itself and says which: a port chosen here could be another probe's by then.
        settings = {"AUTOARR_HOST": "127.0.0.1", "AUTOARR_PORT": "0", "AUTOARR_DATA_DIR": folder, **environment}
        process = subprocess.Popen(["autoarr", "serve"], env={**os.environ, **settings}, stdout=log, stderr=log)
        try:
            yield Served(process, _port(process, log.fileno()))
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: int) -> int:
    """The port of an application that is starting, once it answers there."""
    deadline = time.monotonic() + STARTING
    while True:
        # Read at a place: the position in the file is the application's as well.
        said = os.pread(log, LOG_SIZE, 0).decode(errors="replace")
        listening = LISTENING.search(said)
        if listening and _answers(int(listening[1])):
            return int(listening[1])
        ended, late = process.poll() is not None, time.monotonic() > deadline
        if ended or late:
            how = f"ended with exit code {process.returncode}" if ended else f"does not answer after {STARTING:g} s"
            raise Wrong(" | ".join([f"autoarr serve did not start: it {how}", *said.strip().splitlines()[-1:]]))
        time.sleep(POLL)


def _answers(port: int) -> bool:
    try:
        return ask("127.0.0.1", port, "/health").status == 200
    except (OSError, http.client.HTTPException):
        return False
