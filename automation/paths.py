"""Repository and cache locations, once."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "autoarr" / "ui"
E2E = ROOT / "tests" / "e2e"
PYPROJECT = ROOT / "pyproject.toml"
DOCKERFILE = ROOT / "Dockerfile.optimized"
BOOTSTRAP = ROOT / "automation" / "bootstrap"


def cache() -> Path:
    """The folder of everything heavy that can be made again: the private engine, its data, bootstrap inputs."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    # The XDG specification: a relative path is to be ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "autoarr"
