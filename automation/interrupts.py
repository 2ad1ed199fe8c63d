"""Ctrl-C and SIGTERM: an interrupted run says one word and leaves with one exit code, from its first moment on."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

EXIT_CODE = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds until a signal that came at a moment when Python can't raise is taken up again.
AGAIN = 0.05

_holding: list[bool] = []
_held: list[int] = []


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, b"interrupted\n")
    os._exit(EXIT_CODE)


def _raise(number: int, frame: FrameType | None) -> None:
    if _holding:
        _held.append(number)
    else:
        raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """A signal that comes within the block is raised at its end; for a moment that may not be torn in two.

    Signals reach the main thread alone, so in another one nothing is held.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _holding.append(True)
    try:
        yield
    finally:
        _holding.pop()
        if _held and not _holding:
            _held.clear()
            raise KeyboardInterrupt


def _interrupt() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        # To the very thread: a sleep or a read that has begun by now ends early.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _take_up_again(lost: UnraisableHookArgs) -> None:
    """In a finaliser or a weak reference's callback Python drops what a handler raises."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        timer = threading.Timer(AGAIN, _interrupt)
        timer.daemon = True
        timer.start()
    else:
        sys.__unraisablehook__(lost)


def leave_at_once() -> None:
    """While modules are still being imported, nothing has begun that would need cleaning up."""
    for number in SIGNALS:
        signal.signal(number, _leave)


def clean_up_first() -> None:
    """From now on both signals raise KeyboardInterrupt, so that what was started is removed on the way out."""
    sys.unraisablehook = _take_up_again
    for number in SIGNALS:
        signal.signal(number, _raise)
