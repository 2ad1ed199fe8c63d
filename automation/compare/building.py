"""How long builds take: with nothing cached but the bases, with changed requirements, with a changed line of code."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from automation import buildx, checkouts, console, containers
from automation.compare.contenders import Contender
from automation.compare.facts import Figure, skipped
from automation.engine import Engine
from automation.resolver import Resolver

# What each change does to a checkout. The text has to be one that no cache has seen.
CHANGES: Mapping[str, tuple[str, Callable[[str, str], str]]] = {
    "dependencies": ("requirements.txt", lambda text, word: f"{text}\n# {word}\n"),
    "code": ("autoarr/cli.py", lambda text, word: f'{text}\nCHANGED = "{word}"\n'),
}
QUICK = "left out by --quick"


def measure(
    engine: Engine, resolver: Resolver, contender: Contender, name: str, folder: Path, *, cold: bool
) -> dict[str, Figure]:
    """Build an image and time it, then what each change costs. The unchanged image stays under `name`.

    Args:
        folder: an empty one for copies of the checkout.
        cold: whether to build without cache first; otherwise whatever is cached is used, and its time says nothing.

    Raises:
        AutomationError: a build failed.
    """
    found: dict[str, Figure] = {}
    with ExitStack() as stack:
        # The cache mounts of a cold build begin empty as well, and the changes find in them what it left there.
        mounts = stack.enter_context(buildx.fresh_cache_mounts(engine)) if cold else ()
        copy = checkouts.copy(folder / "as-it-is")
        with console.step(f"{contender.name}: building it, {'nothing cached' if cold else 'cached or not'}"):
            words = (*mounts, "--no-cache") if cold else mounts
            seconds = _timed(engine, resolver, contender, copy.root, name, words)
        found["cold"] = Figure(value=seconds, samples=(seconds,)) if cold else skipped(QUICK)
        edited = stack.enter_context(containers.candidate(engine, contender.edited))
        for change, (file, edit) in CHANGES.items():
            copy = checkouts.copy(folder / change)
            word = f"changed {time.time_ns()}"
            copy.edit(file, lambda text, edit=edit, word=word: edit(text, word))  # type: ignore[misc]  # bound early
            with console.step(f"{contender.name}: building it with {file} changed"):
                seconds = _timed(engine, resolver, contender, copy.root, edited, mounts)
            found[change] = Figure(value=seconds, samples=(seconds,))
    return found


def _timed(
    engine: Engine, resolver: Resolver, contender: Contender, root: Path, name: str, words: Sequence[str]
) -> float:
    started = time.monotonic()
    contender.build(engine, resolver, root, name, words)
    return round(time.monotonic() - started, 2)
