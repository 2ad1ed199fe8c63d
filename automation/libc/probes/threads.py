"""Threads: their stacks, and which of them a signal reaches."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading
import time
from typing import Any

from automation.libc.probes import native
from automation.libc.probes.harness import Skip, outcomes, probe

# Larger than any libc's pthread_attr_t.
ATTRIBUTES = 256
KIB = 1024


def stack_of_this_thread() -> int:
    """Bytes of stack that the running thread has."""
    get = native.function("pthread_getattr_np", ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p)
    attributes = ctypes.create_string_buffer(ATTRIBUTES)
    if get(threading.get_ident(), attributes) != 0:
        raise Skip("pthread_getattr_np failed")
    return _stack_size(attributes)


def _stack_size(attributes: Any) -> int:
    size = ctypes.c_size_t()
    native.function("pthread_attr_getstacksize", ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(
        attributes, ctypes.byref(size)
    )
    return size.value


def in_thread() -> int:
    sizes: list[int] = []
    thread = threading.Thread(target=lambda: sizes.append(stack_of_this_thread()))
    thread.start()
    thread.join()
    return sizes[0]


@probe("threads.native_stack")
def native_stack() -> Any:
    """KiB for a thread that a library starts without asking for a size."""
    attributes = ctypes.create_string_buffer(ATTRIBUTES)
    native.function("pthread_attr_init", ctypes.c_int, ctypes.c_void_p)(attributes)
    return _stack_size(attributes) // KIB


@probe("threads.python_stack")
def python_stack() -> Any:
    """KiB for a thread that Python starts, rounded down to 64."""
    return in_thread() // KIB // 64 * 64


@probe("threads.main_stack")
def main_stack() -> Any:
    """KiB that the main thread's stack may grow to."""
    soft = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return "unlimited" if soft == resource.RLIM_INFINITY else soft // KIB


@probe("threads.asked_stack")
def asked_stack() -> Any:
    """Whether a thread has at least the stack asked for."""
    threading.stack_size(3 * KIB * KIB)
    return in_thread() >= 3 * KIB * KIB - 64 * KIB


@probe("threads.smallest_stack")
def smallest_stack() -> Any:
    """Which sizes Python and the libc refuse, in KiB."""
    return outcomes(("16", "32", "64"), lambda size: threading.stack_size(int(size) * KIB) >= 0)


@probe("threads.many")
def many() -> Any:
    """How many of 200 threads can wait at the same time."""
    release = threading.Event()
    threads = [threading.Thread(target=release.wait, daemon=True) for _ in range(200)]
    try:
        for thread in threads:
            thread.start()
        return sum(thread.is_alive() for thread in threads)
    finally:
        release.set()


@probe("threads.signal_handler")
def signal_handler() -> Any:
    """Which thread runs the handler of a signal sent to another one."""
    ran_in: list[bool] = []
    signal.signal(signal.SIGUSR1, lambda *_: ran_in.append(threading.current_thread() is threading.main_thread()))
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    signal.pthread_kill(thread.ident or 0, signal.SIGUSR1)
    deadline = time.monotonic() + 5
    while not ran_in and time.monotonic() < deadline:
        time.sleep(0.01)
    release.set()
    thread.join()
    return "main" if ran_in == [True] else "other" if ran_in else "none"


@probe("threads.signal_mask")
def signal_mask() -> Any:
    """Whether a new thread inherits the signals that its maker blocks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    blocked: list[bool] = []
    thread = threading.Thread(
        target=lambda: blocked.append(signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    )
    thread.start()
    thread.join()
    return blocked[0]


@probe("threads.native_id")
def native_id() -> Any:
    """Whether the main thread's native id is that of the process."""
    return threading.main_thread().native_id is not None and threading.get_native_id() == os.getpid()


@probe("threads.lock_timeout")
def lock_timeout() -> Any:
    """Whether a lock's time limit is kept: within 50 ms before and 5 s after."""
    lock = threading.Lock()
    lock.acquire()
    started = time.monotonic()
    got = lock.acquire(timeout=0.2)
    return [got, 0.15 < time.monotonic() - started < 5.2]
