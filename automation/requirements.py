"""Exports of poetry.lock: what images and the development environment install, with hashes; and their staleness."""

from __future__ import annotations

import difflib
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from automation import console, network, paths, process, scratch
from automation.errors import NetworkUnavailable, Stale

MIRROR_VARIABLE = "POETRY_PYPI_MIRROR_URL"


@dataclass(frozen=True, kw_only=True)
class Export:
    """One exported file and the dependency groups in it."""

    path: Path
    groups: tuple[str, ...]


EXPORTS = (
    Export(path=paths.ROOT / "requirements.txt", groups=("main",)),
    Export(
        path=paths.ROOT / "requirements" / "development.txt",
        groups=("main", "automation", "packaging", "build", "lint", "test", "api", "browser"),
    ),
    Export(path=paths.ROOT / "requirements" / "build.txt", groups=("build",)),
    Export(path=paths.ROOT / "requirements" / "test.txt", groups=("test",)),
    Export(path=paths.ROOT / "requirements" / "compilers.txt", groups=("compilers",)),
)


def _poetry(*words: str, check: bool = True, env: dict[str, str] | None = None) -> process.Result:
    return process.run(
        [sys.executable, "-m", "poetry", "--no-interaction", *words], cwd=paths.ROOT, env=env, check=check, echo=False
    )


def check_lock() -> None:
    """poetry.lock fits pyproject.toml. Needs no network.

    Raises:
        Stale: it does not.
    """
    result = _poetry("check", "--lock", check=False)
    if result.code != 0:
        raise Stale(
            "poetry.lock does not fit pyproject.toml",
            where=str(paths.ROOT / "poetry.lock"),
            hint="run `invoke lock`, then commit poetry.lock and the requirements files",
            details=result.output,
        )


def render(export: Export) -> str:
    """What an exported file has to be now."""
    with scratch.folder() as folder:
        target = folder / "requirements.txt"
        _poetry("export", "--only", ",".join(export.groups), "--output", str(target))
        return target.read_text(encoding="utf-8")


def check_image_inputs() -> None:
    """What an image is built from fits: pyproject.toml, poetry.lock and requirements.txt.

    Poetry takes seconds to say so; what was found good once, by its content, is not asked about again.

    Raises:
        Stale: they do not.
    """
    inputs = (paths.ROOT / "pyproject.toml", paths.ROOT / "poetry.lock", EXPORTS[0].path)
    key = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in inputs)).hexdigest()
    known = paths.cache() / "fitting-locks" / key
    if known.exists():
        return
    check_lock()
    _compare(EXPORTS[0], render(EXPORTS[0]))
    known.parent.mkdir(parents=True, exist_ok=True)
    known.touch()


def _compare(export: Export, wanted: str) -> None:
    present = export.path.read_text(encoding="utf-8") if export.path.exists() else ""
    if wanted != present:
        diff = difflib.unified_diff(present.splitlines(), wanted.splitlines(), "committed", "poetry.lock", n=0)
        raise Stale(
            f"{export.path.name} does not match poetry.lock",
            where=str(export.path),
            hint="run `invoke export` and commit the result",
            details="\n".join(list(diff)[:12]),
        )


def export_all(*, check: bool = False) -> list[Path]:
    """Write the exports that changed, or with `check` only compare them; the files that were written.

    Raises:
        Stale: the lock does not fit pyproject.toml, or, with `check`, a file is not what the lock says.
    """
    check_lock()
    written = []
    for export in EXPORTS:
        wanted = render(export)
        if check:
            _compare(export, wanted)
            continue
        if export.path.exists() and export.path.read_text(encoding="utf-8") == wanted:
            continue
        temporary = export.path.with_suffix(".new")
        export.path.parent.mkdir(exist_ok=True)
        temporary.write_text(wanted, encoding="utf-8")
        temporary.replace(export.path)
        written.append(export.path)
    return written


def lock() -> None:
    """Resolve poetry.lock anew, keeping locked versions that still fit.

    Poetry's own client asks the index's per-release JSON API, which many mirrors do not have; where it fails, the
    lock is made through the simple index that pip uses. The address stays in the environment, never in a file.

    Raises:
        NetworkUnavailable: neither way works.
    """
    result = _poetry("lock", check=False)
    if result.code != 0 and not os.environ.get(MIRROR_VARIABLE):
        console.note("the index has no JSON API for Poetry; trying again through the simple index")
        result = _poetry("lock", check=False, env={MIRROR_VARIABLE: network.simple_index()})
    if result.code != 0:
        raise NetworkUnavailable(
            "poetry.lock could not be resolved",
            hint=f"check the network, or set {MIRROR_VARIABLE} to your index's /simple/ address",
            details="\n".join(result.output.splitlines()[-15:]),
        )
