"""The call that a fix comes down to, for people to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autoarr.changes.resources import describe_write

if TYPE_CHECKING:
    from autoarr.changes.fix import Fix


def describe_call(kind: str, fix: Fix) -> str:
    """Tell which request a fix makes of a service: method, path and fields, without secrets.

    To Sonarr and Radarr the whole object goes, of which only the changed fields are shown.
    """
    # Of each kind of settings there is one object, with the id 1; other resources name theirs.
    return describe_write(kind, fix.resource, {"id": 1}, fix.fields)
