"""One exception root. Each kind of failure has an exit code and says what happened, where, and what to do next.

Only the entry files (`tasks.py`, `noxfile.py`, through :func:`automation.console.exit_on_error`) catch these.
"""

from __future__ import annotations


class AutomationError(Exception):
    """A failure the user can act on.

    Args:
        what: one sentence on what happened.
        where: the file, command, image or address it happened at; left out when `what` already says it.
        hint: what to do next.
        details: output worth reading, such as the last lines of a log; shown as it is.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "", details: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.hint:
            lines.append(f"  next:  {self.hint}")
        if self.details:
            lines += ["", self.details.rstrip()]
        return "\n".join(lines)


class CheckFailed(AutomationError):
    """A check ran to its end and found something wrong."""

    exit_code = 1


class UsageError(AutomationError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class MissingProgram(AutomationError):
    """A program that should be on PATH is not."""

    exit_code = 3


class EngineUnavailable(AutomationError):
    """No container engine answers, or it went away while it was needed."""

    exit_code = 4


class BaseUnavailable(AutomationError):
    """A base image can be had neither locally, nor from a registry, nor by bootstrapping."""

    exit_code = 5


class BuildFailed(AutomationError):
    """An image did not build."""

    exit_code = 6


class Unhealthy(AutomationError):
    """A container or a server started and did not become healthy, or stopped."""

    exit_code = 7


class Stale(AutomationError):
    """A generated file does not match what it is generated from."""

    exit_code = 8


class PortTaken(AutomationError):
    """The port to publish is in use."""

    exit_code = 9


class DiskFull(AutomationError):
    """There is no room to go on."""

    exit_code = 10


class NetworkUnavailable(AutomationError):
    """A package index or archive could not be reached."""

    exit_code = 11


class RegistryRefused(AutomationError):
    """A registry did not take an image, or does not give back what was pushed."""

    exit_code = 12
