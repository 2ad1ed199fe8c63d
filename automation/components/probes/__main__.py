"""Ask components: `python -m automation.components.probes FACTS [NAME ...]`. Prints one JSON line for each, as it ends.

Each component has a process of its own and a time limit; whatever it does to that process is an answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

from automation.components.catalogue import COMPONENTS, PACE, VERSION, Component

# Most of a probe's time is spent waiting: for servers, restarts and time-outs.
AT_ONCE = max(3, min(10, 2 * (os.cpu_count() or 1)))


async def ask(component: Component, facts: str) -> dict[str, Any]:
    """One component's answer: `steps` with a status each, none of them left out."""
    started = time.monotonic()
    lines: list[dict[str, Any]] = []
    # The probes' servers are on this machine and on the session's own network.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "automation.components.probes.worker", facts, component.name),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
        limit=1 << 20,
    )
    if child.stdout is None or child.stderr is None:
        raise RuntimeError("the pipes that were asked for are missing")
    errors = asyncio.create_task(child.stderr.read())
    reason = ""
    try:
        async with asyncio.timeout(component.limit * PACE):
            # Each as it comes: the time limit must not take those before it.
            async for line in child.stdout:
                lines.append(json.loads(line))  # noqa: PERF401 - likewise
            await child.wait()
    except TimeoutError:
        reason = f"no end within {component.limit * PACE:g} s"
    finally:
        _end(child)
        await child.wait()
    if not reason and child.returncode != 0:
        code = child.returncode or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        reason = " | ".join([f"its process ended with {how}", *await _last_line(errors)])
    errors.cancel()
    return {
        "version": VERSION,
        "component": component.name,
        "seconds": round(time.monotonic() - started, 3),
        "steps": complete(lines, reason),
    }


def complete(lines: list[dict[str, Any]], reason: str) -> list[dict[str, Any]]:
    """The steps from a worker's lines. When the worker did not get to its end, `reason` says why: the step that was
    asked then failed, and those after it are skipped."""
    steps: list[dict[str, Any]] = [line["ended"] for line in lines if "ended" in line]
    planned: list[dict[str, Any]] = next((line["steps"] for line in lines if "steps" in line), [])
    if not reason and len(steps) == len(planned):
        return steps
    reason = reason or "its process ended early"
    rest = planned[len(steps) :]
    if not rest:
        return [*steps, _unanswered({"name": "start" if not planned else "end", "core": True}, "failed", reason)]
    first, *others = rest
    left = [_unanswered(step, "skipped", f"not reached: {reason}") for step in others]
    return [*steps, _unanswered(first, "failed", reason), *left]


async def _last_line(errors: asyncio.Task[bytes]) -> list[str]:
    """The last thing a worker said, or nothing: what it started may hold its stderr open for ever."""
    done, _ = await asyncio.wait([errors], timeout=1)
    said = errors.result().decode(errors="replace").strip().splitlines() if done else []
    return said[-1:]


def _unanswered(step: dict[str, Any], status: str, reason: str) -> dict[str, Any]:
    return {**step, "status": status, "detail": reason, "seconds": None}


def _end(child: asyncio.subprocess.Process) -> None:
    """End a worker's session, with whatever it started and left."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


async def main() -> None:
    """Ask the components named on the command line, or all, several at once."""
    facts, *names = sys.argv[1:]
    turns = asyncio.Semaphore(AT_ONCE)

    async def take_turn(component: Component) -> None:
        async with turns:
            got = await ask(component, facts)
        sys.stdout.write(json.dumps(got) + "\n")
        sys.stdout.flush()

    await asyncio.gather(*(take_turn(component) for component in COMPONENTS if not names or component.name in names))


if __name__ == "__main__":
    asyncio.run(main())
