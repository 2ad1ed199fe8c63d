"""Ask one component's steps in a process of their own: `python -m automation.components.probes.worker FACTS NAME`.

Prints JSON lines: first the steps there are, then each as it begins and as it ends. Nothing that a library prints gets
between them.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from automation.components.probes import harness


def main() -> None:
    """Ask all steps of the component named on the command line."""
    facts, name = sys.argv[1:]
    with os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1) as out:
        os.dup2(2, 1)

        def say(**line: Any) -> None:
            out.write(json.dumps(line) + "\n")

        probe: harness.Probe = importlib.import_module(f"automation.components.probes.{name}").PROBE
        told = harness.read_facts(facts)
        say(steps=[{"name": step.name, "core": step.core} for step in probe.steps])
        for step in probe.steps:
            say(begun=step.name)
            say(ended=harness.answer(step, told))


if __name__ == "__main__":
    main()
