"""Places where a test may let the process die.

A crash in the middle of a write can only be tested on the code that is shipped, in a process that is really
gone. So what has several steps calls `checkpoint` after each, which does nothing unless the environment variable
AUTOARR_TEST_CRASH_AT named that step when the process started. Of several processes only one dies, where
AUTOARR_TEST_CRASH_ONCE names a file: who makes it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_CRASH_AT = os.environ.get("AUTOARR_TEST_CRASH_AT")
_CRASH_ONCE = os.environ.get("AUTOARR_TEST_CRASH_ONCE")


def checkpoint(step: str) -> None:
    """Die here, as by ``kill -9``, when a test asked for it."""
    if step != _CRASH_AT:
        return
    if _CRASH_ONCE is not None:
        try:
            Path(_CRASH_ONCE).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
