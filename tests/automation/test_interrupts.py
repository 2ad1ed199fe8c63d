"""Signals at moments of a test's choice; whole commands are interrupted in commands/test_interruptions.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from automation import interrupts

WITHIN = """
import signal, sys, time, weakref
from automation import console

class Finalised:
    def __del__(self):
        signal.raise_signal(signal.{name})

class Watched:
    pass

def planted(reference):
    signal.raise_signal(signal.{name})

with console.exit_on_error():
    try:
        {moment}
        time.sleep(20)
    finally:
        print("cleaned up")
print("went on")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "moment",
    [
        "signal.raise_signal(signal.SIGINT)",
        "Finalised()",
        "watched = Watched(); reference = weakref.ref(watched, planted); del watched",
    ],
)
def test_no_signal_is_lost(name: str, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHIN.format(name=name, moment=moment)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert done.returncode == interrupts.EXIT_CODE, done.stderr
    assert done.stdout == "cleaned up\n"
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


def test_what_else_is_dropped_is_told_of() -> None:
    program = "from automation import interrupts\ninterrupts.clean_up_first()\nclass X:\n def __del__(self): 1/0\nX()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert "ZeroDivisionError" in done.stderr
