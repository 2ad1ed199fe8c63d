"""Where a ledger comes from: an image of the engine, an archive, or a report that was saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from automation import console, layers, ownership
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.size import facts, ledger
from automation.size.facts import Ledger
from automation.size.looking import look

REPORT_LIMIT = 256 << 20


def of_archive(path: Path, *, platform: str | None = None, name: str | None = None) -> Ledger:
    """The ledger of an image in an archive or a folder in OCI layout.

    Raises:
        UsageError: there is none, or several are meant.
        CheckFailed: it is broken.
    """
    view = layers.view(path, look, platform=platform, name=name, keep=ownership.wanted, weigh=True)
    return ledger.of(view)


def of_image(engine: Engine, reference: str, *, platform: str | None = None) -> Ledger:
    """The ledger of an image that the engine has.

    Raises:
        UsageError: it has none of that name.
    """
    with layers.saved(engine, reference) as archive:
        return replace(of_archive(archive, platform=platform), reference=reference)


def of_report(path: Path) -> Ledger:
    """A ledger that `invoke size --json` wrote.

    Raises:
        CheckFailed: it is none.
    """
    try:
        if path.stat().st_size > REPORT_LIMIT:
            raise CheckFailed("too long for a size report", where=str(path))
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise CheckFailed(f"not JSON: {error}", where=str(path), hint="`invoke size --json` writes a report") from None
    if not isinstance(data, dict):
        raise CheckFailed("not a size report", where=str(path), hint="`invoke size --json` writes one")
    return facts.from_dict(data, where=str(path))


def find(engine: Callable[[], Engine], *, image: str = "", archive: str = "", platform: str = "") -> Ledger:
    """The ledger that the command line asks for: of an archive where one is named, else of an image of the engine.

    Args:
        image: with an archive, which image of it.
    """
    if archive:
        with console.step(f"reading {archive}"):
            return of_archive(Path(archive).expanduser(), platform=platform or None, name=image or None)
    with console.step(f"reading {image}"):
        return of_image(engine(), image, platform=platform or None)


def find_other(engine: Callable[[], Engine], wanted: str, *, platform: str = "") -> Ledger:
    """The ledger to compare with: a saved report, an archive or folder, or an image of the engine; files go first."""
    path = Path(wanted).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            if file.read(64).lstrip().startswith(b"{"):
                return of_report(path)
    if path.exists():
        return find(engine, archive=wanted, platform=platform)
    return find(engine, image=wanted, platform=platform)
