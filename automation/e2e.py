"""The end-to-end tests: a real browser against the image that ships, or against this checkout's own server."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from automation import console, engine, frontend, images, paths, process
from automation.bases import DEFAULT_VARIANT, variant
from automation.errors import CheckFailed

FOLDER = "tests/e2e"
PICTURES = f"{FOLDER}/test_screenshots.py"


def prepare(*, host: bool) -> list[str]:
    """Build what is to be driven; pytest's words for it.

    Args:
        host: the user interface alone, for `autoarr serve` on this machine; else the image that ships.

    Raises:
        AutomationError: the build's failures.
    """
    if host:
        frontend.build()
        return []
    summary = images.build(engine.ensure(), variant(DEFAULT_VARIANT))
    images.show(summary)
    return ["--image", summary.image]


def run(words: Sequence[str] = (), *, host: bool = False) -> None:
    """Build, and run the tests.

    Args:
        words: pytest's, such as a file; all end-to-end tests, if they name none.

    Raises:
        CheckFailed: a test failed.
        AutomationError: the build's failures.
    """
    chosen = [*prepare(host=host), *words]
    if not any(word.startswith(FOLDER) for word in words):
        chosen.append(FOLDER)
    result = process.run(
        [sys.executable, "-m", "pytest", *chosen], cwd=paths.ROOT, on_line=console.progress, check=False
    )
    if result.code != 0:
        raise CheckFailed("an end-to-end test failed", where=f"{FOLDER}; pictures of its pages are in reports/e2e")


def take_pictures(folder: Path, *, host: bool = False) -> list[Path]:
    """Write the documents' pictures of pages; the files that are there then.

    Raises:
        AutomationError: see :func:`run`.
    """
    run([PICTURES, f"--screenshots={folder.absolute()}"], host=host)
    return sorted(folder.glob("*.png"))


def main() -> None:
    """`python -m automation.e2e [--host] [PYTEST'S WORDS]`, which the Nox session calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", action="store_true", help="drive this checkout's own server, and build no image")
    wanted, words = parser.parse_known_args()
    with console.exit_on_error():
        os.chdir(paths.ROOT)
        run(words, host=wanted.host)


if __name__ == "__main__":
    main()
