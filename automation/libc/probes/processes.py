"""Starting processes, ending them, and signals."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH101, PTH118, PTH123

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from automation.libc.probes.files import folder
from automation.libc.probes.harness import apart, outcome, probe


def spawned(path: str, arguments: list[str], **options: Any) -> Any:
    child = os.posix_spawn(path, arguments, dict(os.environ), **options)
    return os.waitpid(child, 0)[1]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@probe("processes.posix_spawn")
def posix_spawn() -> Any:
    """An exit status, a redirected stream, and a session of its own."""
    with tempfile.TemporaryFile() as out:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        code = "import os; print(os.getsid(0) == os.getpid(), flush=True); os._exit(7)"
        status = spawned(sys.executable, python(code), file_actions=actions, setsid=True)
        out.seek(0)
        return [os.WEXITSTATUS(status), out.read().decode().strip()]


@probe("processes.posix_spawn_missing")
def posix_spawn_missing() -> Any:
    return outcome(lambda: spawned("/autoarr-nowhere", ["nowhere"]))


@probe("processes.script_without_interpreter")
def script_without_interpreter() -> Any:
    """A program that is text without `#!`: only a shell runs that."""
    with folder() as place:
        path = os.path.join(place, "script")
        with open(path, "w", encoding="ascii") as file:
            file.write("exit 5\n")
        os.chmod(path, 0o700)
        return outcome(lambda: subprocess.run([path], check=False).returncode)


@probe("processes.missing_program")
def missing_program() -> Any:
    return outcome(lambda: subprocess.run(["autoarr-nowhere"], check=False).returncode)


@probe("processes.shell")
def shell() -> Any:
    """Whether there is a shell, which `system`, `popen` and `shell=True` need."""
    if shutil.which("sh") is None:
        return "none"
    return [os.WEXITSTATUS(os.system("exit 3")), os.popen("echo word").read()]  # noqa: S605 - the question


@probe("processes.killed")
def killed() -> Any:
    """How a death by a signal is reported."""
    return subprocess.run(python("import os, signal; os.kill(os.getpid(), signal.SIGTERM)"), check=False).returncode


@probe("processes.fault_handler")
def fault_handler() -> Any:
    """What a crash leaves: the signal, and Python's own account of it."""
    with tempfile.TemporaryFile() as out:

        def crash() -> None:
            faulthandler.enable(out)
            os.kill(os.getpid(), signal.SIGSEGV)

        came_to = apart(crash)
        out.seek(0)
        return [came_to, b"Segmentation fault" in out.read()]


@probe("processes.semaphore")
def semaphore() -> Any:
    """Semaphores between processes, which need /dev/shm."""

    def ask() -> Any:
        made = multiprocessing.get_context("fork").Semaphore(1)
        return [made.acquire(timeout=1), made.acquire(timeout=0.05)]

    return outcome(ask)


@probe("processes.pipe_buffer")
def pipe_buffer() -> Any:
    """How much a pipe holds before it blocks."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    total = 0
    try:
        while True:
            total += os.write(writing, b"x" * 4096)
    except BlockingIOError:
        return total
    finally:
        os.close(reading)
        os.close(writing)


@probe("signals.real_time")
def real_time() -> Any:
    """The first and last real-time signals a program may use."""
    return [int(signal.SIGRTMIN), int(signal.SIGRTMAX)]


@probe("signals.interrupted_call")
def interrupted_call() -> Any:
    """Whether a call that a signal interrupts is resumed: a handler ran, and the sleep kept its length."""
    ran: list[int] = []
    signal.signal(signal.SIGALRM, lambda *_: ran.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    started = time.monotonic()
    time.sleep(0.2)
    return [len(ran), time.monotonic() - started >= 0.19]


@probe("signals.wait")
def wait() -> Any:
    """Waiting for a blocked signal, and for one that does not come."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    os.kill(os.getpid(), signal.SIGUSR1)
    got = signal.sigtimedwait({signal.SIGUSR1}, 5)
    return [got.si_signo == signal.SIGUSR1 if got else None, signal.sigtimedwait({signal.SIGUSR1}, 0.01)]


@probe("signals.wakeup_descriptor")
def wakeup_descriptor() -> Any:
    """The byte that event loops are woken by."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.set_wakeup_fd(writing)
    signal.raise_signal(signal.SIGUSR1)
    return list(os.read(reading, 10)) == [int(signal.SIGUSR1)]


@probe("signals.ignored_in_child")
def ignored_in_child() -> Any:
    """Whether a program started here gets SIGPIPE's default back, as `subprocess` promises."""
    code = "import os, signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL); os.kill(os.getpid(), signal.SIGPIPE)"
    return subprocess.run(python(code), check=False, restore_signals=True).returncode
