"""Ask the probes named as arguments, or all of them, and print their answers as JSON."""

from __future__ import annotations

import json
import sys

from automation.libc.probes import (  # noqa: F401 - imported for the probes that they register
    crypto,
    dns,
    files,
    identity,
    loading,
    names,
    numbers,
    processes,
    recursion,
    sockets,
    system,
    text,
    threads,
    times,
)
from automation.libc.probes.harness import answers

if __name__ == "__main__":
    sys.stdout.write(json.dumps(answers(identity.libc(), sys.argv[1:])) + "\n")
