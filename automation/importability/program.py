"""Imports every module of the image that it runs in, and prints as JSON what came of it. It needs Python alone."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import sysconfig
import warnings
from pathlib import Path

# Where the image has its application.
APPLICATION = "/opt/app"


def places() -> dict[str, str]:
    """Where modules are, and the beginning of their names there: the standard library, its compiled part, its zip file,
    packages, packages in zip files, the application."""
    packages = next(place for place in sys.path if "site-packages" in place)
    library = sysconfig.get_path("stdlib")
    # Not `platstdlib`: in a virtual environment that is the environment's own.
    folders = [library, f"{library}/lib-dynload", packages, APPLICATION]
    archives = [*Path(library).parent.glob("python3*.zip"), *sorted(Path(packages).glob("*.zip"))]
    # A package inside another has the whole name in the file's.
    return dict.fromkeys(folders, "") | {str(path): path.stem[: path.stem.rfind(".") + 1] for path in archives}


def attempt(name: str, failed: dict[str, str]) -> None:
    """Import a module; what it raises is kept by its name."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - whatever a module raises when it is imported, or leaves with
        failed[name] = str(getattr(error, "name", None) or error) or type(error).__name__


def walk(folders: list[str], prefix: str, names: list[str], failed: dict[str, str]) -> None:
    """Import what lies in folders, and what lies in the packages among it."""
    for found in pkgutil.iter_modules(folders, prefix):
        names.append(found.name)
        if found.name.endswith("__main__"):
            continue
        attempt(found.name, failed)
        package = sys.modules.get(found.name)
        if found.ispkg and package is not None:
            walk(list(getattr(package, "__path__", [])), f"{found.name}.", names, failed)


def main() -> None:
    """Print `modules`, the names of all that there are, and `failed`, by name why one does not import."""
    warnings.simplefilter("ignore")
    # Some modules print when they are imported, compiled ones past Python, and others when the interpreter ends.
    output = os.dup(1)
    os.dup2(2, 1)
    # What waits in a buffer would be lost at the end.
    sys.stdout = sys.stderr
    names: list[str] = []
    failed: dict[str, str] = {}
    for place, prefix in places().items():
        walk([place], prefix, names, failed)
    with os.fdopen(output, "w", encoding="utf-8") as file:
        file.write(json.dumps({"modules": sorted(names), "failed": failed}) + "\n")
    os._exit(0)


if __name__ == "__main__":
    main()
