"""The parts of the standard library that an image does without, for the tests that run inside it and for nobody else.

A distroless image's test layer has this as `sitecustomize`. pytest needs `unittest`, `pdb` and others; if they were
simply there, the application could import them too, and the tests would pass where users' containers fail.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType

SPARE = Path("/opt/spare")
# Where code may lie that is served: the tests, what they are made with, and the spare modules themselves.
SERVED = ("/opt/test/", "/srv/", f"{SPARE}/")


class SpareFinder:
    """Finds what nothing else found, when a test or a test's tool asks."""

    def __init__(self, folders: list[str]) -> None:
        self.folders = folders

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's spec, or None for it to stay unknown."""
        if not self._is_served():
            return None
        if path is None:
            return PathFinder.find_spec(name, self.folders)
        # A part of a package that is in the image, without that part.
        inside = name.rpartition(".")[0].replace(".", "/")
        return PathFinder.find_spec(name, [f"{folder}/{inside}" for folder in self.folders])

    @staticmethod
    def _is_served() -> bool:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return frame is not None and frame.f_code.co_filename.startswith(SERVED)


def install(root: Path = SPARE) -> None:
    """Have the spare modules looked for last."""
    for library in sorted(root.glob("python3.*")):
        sys.meta_path.append(SpareFinder([str(library), str(library / "lib-dynload")]))


install()
