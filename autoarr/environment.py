"""What AutoArr must know before its settings are read: standard library only, for the health check's sake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from autoarr.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "AUTOARR_"
DEFAULT_HOST = "0.0.0.0"  # noqa: S104 -- a container's port is published by its engine
DEFAULT_PORT = 8088
DEFAULT_DATA_DIR = "data"
ENV_FILE_NAME = "autoarr.env"


def find_env_file(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Find the file that holds settings, or None where there is none.

    It is the one ``AUTOARR_ENV_FILE`` names, else ``autoarr.env`` in the data folder.

    Raises:
        SettingsError: ``AUTOARR_ENV_FILE`` names a file that doesn't exist, or a file can't be read.
    """
    named = environ.get(f"{PREFIX}ENV_FILE")
    if named:
        path = Path(named)
        if not os.access(path, os.R_OK) or not path.is_file():
            raise SettingsError(
                f"{PREFIX}ENV_FILE={named!r} can't be used: there is no such readable file; "
                "accepted: the path of a file with NAME=value lines"
            )
        return path
    path = Path(environ.get(f"{PREFIX}DATA_DIR") or DEFAULT_DATA_DIR) / ENV_FILE_NAME
    # os.access rather than Path.is_file first: that one raises where the folder itself can't be entered, and the
    # clear word on an unusable data folder is the start's to say.
    if os.access(path, os.R_OK):
        return path if path.is_file() else None
    if os.access(path, os.F_OK):
        raise SettingsError(f"{path} can't be read; accepted: a file that the user {os.geteuid()} may read")
    return None


def read_value(name: str, default: str) -> str:
    """Read one setting the way the full settings do: environment, then the file, then the default."""
    key = PREFIX + name
    if value := os.environ.get(key):
        return value
    if (path := find_env_file()) is None:
        return default
    from dotenv import dotenv_values

    return dotenv_values(path).get(key) or default
