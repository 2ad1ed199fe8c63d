"""The only user of `subprocess`: echoes the quoted command, streams or captures, diagnoses a missing program."""

from __future__ import annotations

import codecs
import io
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from automation import console, interrupts
from automation.errors import AutomationError, MissingProgram

# How long a child gets to clean up after itself when this process is interrupted, in seconds.
INTERRUPT_GRACE = 20.0
# How long what a child printed is waited for once it has ended, in seconds.
LAST_WORDS = 5.0
# How often a child is looked at that keeps silent, in seconds.
POLL = 0.2


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a finished command left: its exit code (negative: the signal that ended it) and its decoded output."""

    command: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for error messages."""
        return "\n".join(part for part in (self.stdout.rstrip(), self.stderr.rstrip()) if part)


class CommandFailed(AutomationError):
    """A command ended with an exit code other than zero."""

    def __init__(self, result: Result, *, hint: str = "") -> None:
        super().__init__(
            f"`{Path(result.command[0]).name}` failed with exit code {result.code}",
            where=shlex.join(result.command),
            hint=hint,
            details="\n".join(result.output.splitlines()[-40:]),
        )
        self.result = result


def find(program: str, *, path: str | None = None, hint: str = "") -> str:
    """The absolute path of `program`.

    Raises:
        MissingProgram: it is not on `path` (default: PATH).
    """
    found = shutil.which(program, path=path)
    if found is None:
        raise MissingProgram(f"{program} is not installed", hint=hint or "run through ./dev, or `invoke doctor`")
    return found


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    echo: bool = True,
    on_line: Callable[[str], None] | None = None,
    on_silence: Callable[[], None] | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
    hint: str = "",
) -> Result:
    """Run `command` to its end and keep what it printed.

    Args:
        env: added to this process's environment.
        check: raise when the exit code is not zero.
        echo: show the command before it runs.
        on_line: called with each line of either stream as it comes, for progress.
        on_silence: called several times a second while nothing comes, for signs of life.
        timeout: seconds; the command is ended and counts as failed (exit code -15) when they pass.

    Raises:
        MissingProgram: the program is not on PATH.
        CommandFailed: with `check`, when it failed.
    """
    full = {**os.environ, **(env or {})}
    program = find(command[0], path=full.get("PATH"))
    if echo:
        console.command(command)
    deadline = None if timeout is None else time.monotonic() + timeout
    child: subprocess.Popen[bytes] | None = None
    try:
        # Whoever interrupts has to find the child under its name, or nobody ends it.
        with interrupts.held():
            # A session of its own: on Ctrl-C we decide the order in which things end, and nothing of the child
            # outlives it.
            child = subprocess.Popen(
                [*_dies_with_parent(), program, *command[1:]],
                cwd=cwd,
                env=full,
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        output = _Output(on_line, on_silence)
        if not _converse(child, (stdin or "").encode(), output, deadline):
            _end_all(child, output)
    except BaseException:
        if child is not None:
            _end_all(child, _Output())
        raise
    finally:
        if child is not None:
            _close(child)
    result = Result(command=tuple(command), code=child.returncode, stdout=output.text(1), stderr=output.text(2))
    if check and result.code != 0:
        raise CommandFailed(result, hint=hint)
    return result


class _Output:
    """What a child printed so far, decoded, by the number of its stream."""

    def __init__(
        self, on_line: Callable[[str], None] | None = None, on_silence: Callable[[], None] | None = None
    ) -> None:
        self._on_line = on_line
        self._on_silence = on_silence
        self._chunks: dict[int, list[str]] = {1: [], 2: []}
        self._unfinished = {1: "", 2: ""}
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {
            stream: io.IncrementalNewlineDecoder(decoder(errors="replace"), translate=True) for stream in (1, 2)
        }

    def add(self, stream: int, data: bytes) -> None:
        """Take what came, or with nothing the end of the stream; each line that is whole is told of."""
        text = self._decoders[stream].decode(data, final=not data)
        self._chunks[stream].append(text)
        if self._on_line is None:
            return
        *lines, self._unfinished[stream] = (self._unfinished[stream] + text).split("\n")
        if not data and self._unfinished[stream]:
            lines.append(self._unfinished[stream])
        for line in lines:
            self._on_line(line)

    def silence(self) -> None:
        """Nothing came for a moment."""
        if self._on_silence is not None:
            self._on_silence()

    def text(self, stream: int) -> str:
        """All of a stream."""
        return "".join(self._chunks[stream])


def _converse(child: subprocess.Popen[bytes], stdin: bytes, output: _Output, deadline: float | None) -> bool:
    """Give a child its input and take its output until it has ended; whether it did so in time.

    In this thread, with no other beside it: threads that read would have to be waited for, and an interrupt can come
    while one is being started. What keeps a pipe open after the child's end, such as a daemon that it left, is waited
    for no longer than :data:`LAST_WORDS`.
    """
    with selectors.DefaultSelector() as waiting:
        for number, stream in ((1, child.stdout), (2, child.stderr)):
            if stream is not None and not stream.closed:
                waiting.register(stream, selectors.EVENT_READ, number)
        if child.stdin is not None and not child.stdin.closed:
            os.set_blocking(child.stdin.fileno(), False)
            waiting.register(child.stdin, selectors.EVENT_WRITE, 0)
        while waiting.get_map():
            now = time.monotonic()
            if child.poll() is not None and (deadline is None or now + LAST_WORDS < deadline):
                deadline = now + LAST_WORDS
            if deadline is not None and now >= deadline:
                break
            ready = waiting.select(POLL if deadline is None else min(POLL, deadline - now))
            if not ready:
                output.silence()
            for key, _ in ready:
                if key.data == 0:
                    stdin = _give(key.fd, stdin)
                    over = not stdin
                else:
                    data = os.read(key.fd, 65536)
                    output.add(key.data, data)
                    over = not data
                if over:
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]  # typing allows numbers, which we don't register
    try:
        child.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _give(descriptor: int, data: bytes) -> bytes:
    """Write what a pipe takes now; the rest. Nothing is left to do where nobody reads."""
    try:
        return data[os.write(descriptor, data) :] if data else b""
    except BlockingIOError:
        return data
    except BrokenPipeError:
        return b""


def _end_all(child: subprocess.Popen[bytes], output: _Output) -> None:
    """End a child, and then what it started: whoever has its pipes may still be at work in the folder it was given."""
    end(child)
    _converse(child, b"", output, time.monotonic() + LAST_WORDS)
    _kill_rest(child)


def _kill_rest(child: subprocess.Popen[Any]) -> None:
    """Kill what a child that has ended left in its session: it may not have listened when that one did."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _close(child: subprocess.Popen[bytes]) -> None:
    with interrupts.held():
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()


@cache
def _dies_with_parent() -> tuple[str, ...]:
    """A prefix that has the kernel end a command when this process is killed and can't do it itself."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM") if setpriv else ()


def end(child: subprocess.Popen[Any]) -> None:
    """End a child and everything it started: SIGTERM to its session first, SIGKILL when it does not listen."""
    for number, grace in ((signal.SIGTERM, INTERRUPT_GRACE), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(grace)
            return


@contextmanager
def background(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A program beside this one, for as long as the block runs; it and everything it started are ended with it.

    Args:
        env: all of its environment; :func:`run` adds to this process's own.
        log: output is appended to it.

    Raises:
        MissingProgram: the program is not on PATH.
    """
    program = find(command[0], path=env.get("PATH"))
    console.command(command)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [*_dies_with_parent(), program, *command[1:]],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        end(child)
        _kill_rest(child)


def has_ended(child: subprocess.Popen[Any], timeout: float) -> bool:
    """Wait for a child; whether it has ended in time, in seconds."""
    try:
        child.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True


def spawn_daemon(command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
    """Start a long-lived program in a session of its own, as nobody's child. Output is appended to `log`."""
    full = {**os.environ, **(env or {})}
    program = find(command[0], path=full.get("PATH"))
    console.command(command)
    with log.open("ab") as out:
        subprocess.run(
            [find("setsid"), "--fork", program, *command[1:]],
            env=full,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=True,
        )
