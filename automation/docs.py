"""The parts of the documents that a command can say better than a person: generated, and stale ones fail lint."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

from automation import bases, compatibility, paths, results
from automation.bench import record as performance
from automation.bootstrap.recipes import RECIPES, pins
from automation.compare import record as comparison
from automation.errors import Stale
from automation.size import record as size
from automation.slim import record as slimming
from automation.updates import record as updates

MARK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
DOCUMENTS = (
    paths.ROOT / "README.md",
    paths.ROOT / "docs" / "COMPATIBILITY.md",
    paths.ROOT / "docs" / "DOCKERFILE_OPTIMIZATION.md",
    paths.ROOT / "docs" / "DOCKER_OPTIMIZATION_SUMMARY.md",
    paths.ROOT / "docs" / "decisions" / "bases.md",
    paths.ROOT / "docs" / "performance.md",
)


@cache  # Nox registers sessions as the file is read, and a second reading would register them twice
def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tasks() -> str:
    """The table of Invoke tasks, from their docstrings."""
    menu = _module(paths.ROOT / "tasks.py")
    rows = ["| task | does |", "| --- | --- |"]
    for group, names in menu.GROUPS.items():
        rows.append(f"| **{group}** | |")
        rows += [f"| `invoke {name}` | {_first_line(getattr(menu, name).__doc__)} |" for name in names]
    return "\n".join(rows) + "\n"


def sessions() -> str:
    """The table of Nox sessions, from their docstrings."""
    file = _module(paths.ROOT / "noxfile.py")
    import nox

    rows = ["| session | question |", "| --- | --- |"]
    rows += [f"| `nox -s {name}` | {_first_line(getattr(file, name).__doc__)} |" for name in nox.options.sessions or ()]
    return "\n".join(rows) + "\n"


def base_images() -> str:
    """The table of bases: the official image, and what stands in for it where no registry answers."""
    rows = ["| base | official image | bootstrapped stand-in |", "| --- | --- | --- |"]
    rows += [f"| {base.name} | `{base.image}` | `{RECIPES[base.recipe].image}` |" for base in bases.BASES.values()]
    return "\n".join(rows) + "\n"


def pinned() -> str:
    """The pins of bootstrapped bases."""
    rows = ["| what | pin |", "| --- | --- |", f"| Debian suite | {pins().suite} |"]
    rows += [f"| suite of {name} | {suite} |" for name, suite in sorted(pins().suites.items())]
    rows += [f"| {name} | {version} |" for name, version in sorted(pins().sources.items())]
    return "\n".join(rows) + "\n"


GENERATORS = {
    "tasks": tasks,
    "sessions": sessions,
    "bases": base_images,
    "pins": pinned,
    "compatibility": compatibility.page,
    "comparison": comparison.page,
    "headline": results.headline,
    "kinds": size.kinds_page,
    "layers": size.layers_page,
    "left-out": results.left_out,
    "owners": size.owners_page,
    "performance": performance.page,
    "runtime-dependencies": results.runtime_dependencies,
    "slimming": slimming.page,
    "updates": updates.page,
    "verified": results.verified,
}


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def render(text: str) -> str:
    """A document with each generated part made anew."""

    def replace(match: re.Match[str]) -> str:
        return f"{match[1]}{GENERATORS[match['name']]()}{match[3]}"

    return MARK.sub(replace, text)


def write_all(*, check: bool = False) -> list[Path]:
    """Write the documents whose generated parts changed, or with `check` only compare; the files written.

    Raises:
        Stale: with `check`, when a document is not what it would be.
    """
    written = []
    for path in DOCUMENTS:
        present = path.read_text(encoding="utf-8")
        wanted = render(present)
        if wanted == present:
            continue
        if check:
            raise Stale(
                f"{path.name} has a stale generated part",
                where=str(path),
                hint="run `invoke docs` and commit the result",
            )
        path.write_text(wanted, encoding="utf-8")
        written.append(path)
    return written
