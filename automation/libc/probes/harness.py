"""What a probe is, and how it is asked: in a process of its own and within a time limit, whatever it does there."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Of the JSON that is printed.
VERSION = 1
CHUNK = 1 << 16


class Skip(Exception):
    """The question can't be asked here; the text says why."""


class Probe(NamedTuple):
    """A question about the libc.

    `ask` gives the answer as a JSON value that is the same on every run, raises :class:`Skip`, or fails. `limit` is
    in seconds.
    """

    name: str
    ask: Callable[[], Any]
    limit: float


PROBES: dict[str, Probe] = {}


def probe(name: str, limit: float = 15.0) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register a function as the probe `area.name`."""

    def register(ask: Callable[[], Any]) -> Callable[[], Any]:
        if name in PROBES:
            raise ValueError(f"two probes named {name}")
        PROBES[name] = Probe(name, ask, limit)
        return ask

    return register


def outcome(action: Callable[[], Any]) -> Any:
    """What `action` returns, or the failure by a name that does not depend on the libc's wording: `OSError ENOENT`."""
    try:
        return action()
    except socket.timeout:  # noqa: UP041 - another class than TimeoutError before Python 3.10
        return "TimeoutError"
    except OSError as error:
        known = errno.errorcode.get(error.errno or 0)
        return f"OSError {known}" if known else "OSError"
    except Skip:
        raise
    except Exception as error:  # noqa: BLE001 - which one it is, is the answer
        return type(error).__name__


def outcomes(names: Iterable[str], action: Callable[[str], Any]) -> dict[str, Any]:
    """The :func:`outcome` of an action for each of some names."""
    return {name: outcome(functools.partial(action, name)) for name in names}


def apart(action: Callable[[], Any], limit: float = 10.0) -> Any:
    """What `action` returns in a process of its own; `signal 11` when it died of one, `exit 3` when it left without
    an answer, `no end` when it took longer than `limit` seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.close(reading)
            os.setsid()
            text = json.dumps(action())
            with os.fdopen(writing, "w") as out:
                out.write(text)
            code = 0
        finally:
            # Nothing of the parent's is run twice: no exit handlers, no buffers.
            os._exit(code)
    os.close(writing)
    ended, data = _read(reading, time.monotonic() + limit)
    if not ended:
        _kill(child)
    status = os.waitpid(child, 0)[1]
    _kill(child)
    if not ended:
        return "no end"
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return json.loads(data) if data else f"exit {os.WEXITSTATUS(status)}"


def _read(descriptor: int, deadline: float) -> tuple[bool, bytes]:
    """All bytes to the end of a pipe, and whether the end came before the deadline."""
    parts: list[bytes] = []
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return False, b""
            part = pipe.read(CHUNK)
            if not part:
                return True, b"".join(parts)
            parts.append(part)


def _kill(leader: int) -> None:
    """End a child's session, with whatever it started."""
    with contextlib.suppress(OSError):  # it had no time to make one, or all of it has ended
        os.killpg(leader, signal.SIGKILL)


def answer(asked: Probe) -> dict[str, Any]:
    """Ask one probe: `status` is `ok` (with `value`), `skipped` or `error` (with `reason`)."""
    got = apart(lambda: _asked(asked), asked.limit)
    if isinstance(got, dict):
        return got
    return {"status": "error", "reason": f"the probe came to: {got}"}


def _asked(asked: Probe) -> dict[str, Any]:
    try:
        return {"status": "ok", "value": asked.ask()}
    except Skip as why:
        return {"status": "skipped", "reason": str(why)}
    except Exception as error:  # noqa: BLE001 - a probe that fails is a result
        return {"status": "error", "reason": f"{type(error).__name__}: {error}"}


def answers(libc: str, only: Iterable[str] = ()) -> dict[str, Any]:
    """The report: every probe's answer, or that of the ones named."""
    names = list(only) or list(PROBES)
    return {
        "version": VERSION,
        "python": ".".join(map(str, sys.version_info[:3])),
        "libc": libc,
        "probes": {name: answer(PROBES[name]) for name in names},
    }
