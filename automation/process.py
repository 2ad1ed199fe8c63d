"""The only user of `subprocess`: echoes the quoted command, streams or captures, diagnoses a missing program."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from automation import console
from automation.errors import AutomationError, MissingProgram

# How long a child gets to clean up after itself when this process is interrupted, in seconds.
INTERRUPT_GRACE = 20.0


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
    stdin: str | None = None,
    timeout: float | None = None,
    hint: str = "",
) -> Result:
    """Run `command` to its end and keep what it printed.

    Args:
        env: added to this process's environment.
        check: raise when the exit code is not zero.
        echo: show the command before it runs.
        on_line: called with each line of either stream as it comes (from reader threads), for progress.
        timeout: seconds; the command is ended and counts as failed (exit code -15) when they pass.

    Raises:
        MissingProgram: the program is not on PATH.
        CommandFailed: with `check`, when it failed.
    """
    full = {**os.environ, **(env or {})}
    program = find(command[0], path=full.get("PATH"))
    if echo:
        console.command(command)
    streams: tuple[list[str], list[str]] = ([], [])
    # A session of its own: on Ctrl-C we decide the order in which things end, and nothing of the child outlives it.
    child = subprocess.Popen(
        [*_dies_with_parent(), program, *command[1:]],
        cwd=cwd,
        env=full,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )

    def read(stream: object, into: list[str]) -> None:
        for line in stream:  # type: ignore[attr-defined]  # IO[str] of Popen, which typing can't tell from None
            into.append(line)
            if on_line is not None:
                on_line(line.rstrip("\n"))

    readers = [
        threading.Thread(target=read, args=pair, daemon=True)
        for pair in ((child.stdout, streams[0]), (child.stderr, streams[1]))
    ]
    for reader in readers:
        reader.start()
    try:
        if stdin is not None and child.stdin is not None:
            with suppress(BrokenPipeError):
                child.stdin.write(stdin)
            child.stdin.close()
        child.wait(timeout)
    except subprocess.TimeoutExpired:
        end(child)
    except BaseException:
        end(child)
        _close(child)
        raise
    for reader in readers:
        reader.join(5)
    _close(child)
    result = Result(
        command=tuple(command), code=child.returncode, stdout="".join(streams[0]), stderr="".join(streams[1])
    )
    if check and result.code != 0:
        raise CommandFailed(result, hint=hint)
    return result


def _close(child: subprocess.Popen[str]) -> None:
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


@cache
def _dies_with_parent() -> tuple[str, ...]:
    """A prefix that has the kernel end a command when this process is killed and can't do it itself."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM") if setpriv else ()


def end(child: subprocess.Popen[str]) -> None:
    """End a child and everything it started: SIGTERM to its session first, SIGKILL when it does not listen."""
    for number, grace in ((signal.SIGTERM, INTERRUPT_GRACE), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(grace)
            return


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
