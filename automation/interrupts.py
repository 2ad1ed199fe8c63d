"""Ctrl-C and SIGTERM: an interrupted run says one word and leaves with one exit code, from its first moment on."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

EXIT_CODE = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, b"interrupted\n")
    os._exit(EXIT_CODE)


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def leave_at_once() -> None:
    """While modules are still being imported, nothing has begun that would need cleaning up."""
    for number in SIGNALS:
        signal.signal(number, _leave)


def clean_up_first() -> None:
    """From now on both signals raise KeyboardInterrupt, so that what was started is removed on the way out."""
    for number in SIGNALS:
        signal.signal(number, _raise)
