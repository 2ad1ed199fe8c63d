"""Telling a database that is away from a mistake of ours."""

from __future__ import annotations

from sqlalchemy import exc

_SQLSTATE_CLASSES = {"08", "25", "28", "3D", "40", "53", "55", "57", "58"}
"""PostgreSQL: no connection, read-only, no access, no such database, deadlock, no resources, a lock, stopping or out
of time, its system."""
_SQLITE_CODES = {5, 6, 7, 8, 10, 11, 13, 14, 26}
"""SQLite: busy, locked, no memory, read-only, input or output, damaged, full, can't open, not a database."""
_DRIVERS = ("asyncpg.", "sqlalchemy.")


def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the database can't be used now, and that a later try may go well."""
    if isinstance(error, exc.TimeoutError):  # of the pool
        return True
    driver_error: BaseException | None = error
    if isinstance(error, exc.DBAPIError):
        if error.connection_invalidated:
            return True
        driver_error = error.orig
    state = getattr(driver_error, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in _SQLSTATE_CLASSES
    code = getattr(driver_error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _SQLITE_CODES
    # What asyncpg raises while it connects and waits reaches us as it is: also as plain OSError and TimeoutError.
    return isinstance(error, OSError) and _comes_from_driver(error)


def _comes_from_driver(error: BaseException) -> bool:
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").startswith(_DRIVERS):
            return True
        traceback = traceback.tb_next
    return False
