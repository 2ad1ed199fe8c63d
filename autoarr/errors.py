"""The failures AutoArr expects, each with the exit code the command line ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class AutoArrError(Exception):
    """An expected failure; its text says what happened and what to do."""

    exit_code = 1


class SettingsError(AutoArrError):
    """A setting has a value that can't be used; one line of text for each such setting."""

    exit_code = 2


class StartupError(AutoArrError):
    """The application can't start here: its port, its data folder or its database."""


class Refused(AutoArrError):
    """What was asked for is not done; nothing was changed.

    Attributes:
        status: as HTTP counts: 403 not allowed, 404 not there, 409 not as things are, 422 not understood,
            429 too many.
    """

    def __init__(self, reason: str, status: int = 409) -> None:
        super().__init__(reason)
        self.status = status


def describe(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """Describe an error in one line, with every one of `secrets` blanked out.

    A driver's error wrapped by SQLAlchemy is described as the driver's own: SQLAlchemy's text adds the
    statement and a link.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, ExceptionGroup):
        cause = cause.exceptions[0]
    lines = str(cause).strip().splitlines()
    name = type(cause).__name__
    text = f"{name}: {lines[0]}" if lines else name
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text
