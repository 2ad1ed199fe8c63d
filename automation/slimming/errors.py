"""What ends a build that must not go on."""

from __future__ import annotations


class Refused(Exception):
    """What the build must not go on with; each line names a place and what to do."""
