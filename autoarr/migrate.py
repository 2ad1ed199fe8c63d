"""Bring the database's schema up to date, once, however many replicas start at the same time."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import sqlite3
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select, text

from autoarr import __version__
from autoarr.database import Database
from autoarr.errors import StartupError, describe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from alembic.config import Config
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

HEAD = "0004"
"""The newest revision. Known here so that an up-to-date database starts without importing alembic."""

SCRIPTS = Path(__file__).parent / "migrations"
LOCK_FILE = ".migrate.lock"
LOCK_TIMEOUT = 120.0
"""Seconds to wait for another replica's migration."""

_LOCK_KEY = 0x6175746F61727200
"""PostgreSQL's advisory locks have numbers; this one spells "autoarr"."""
_POLL = 0.05

log = logging.getLogger(__name__)


def alembic_config() -> Config:
    """Describe this package's migrations to alembic; they may be source or bytecode alone."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("sourceless", "true")
    return config


def known_revisions() -> set[str]:
    """The revisions of this version's migrations."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


async def migrate(database: Database) -> bool:
    """Upgrade the database to this version's schema.

    Returns:
        Whether this process changed anything: of several starting at once, one does.

    Raises:
        StartupError: the database can't be reached, is a newer AutoArr's, or a migration failed. It is left
            as it was.
    """
    if database.kind == "postgresql":
        return await _migrate(database, _advisory_lock)
    # Before the first connection: two that switch a new SQLite file to its write-ahead log get in each
    # other's way, whatever their time-out.
    async with lock_file(database.url.database or ""):
        _try_sqlite(database)
        return await _migrate(database)


async def _migrate(database: Database, lock: Callable[[AsyncConnection], Awaitable[None]] | None = None) -> bool:
    try:
        async with database.engine.connect() as connection:
            current = await connection.run_sync(_current_revisions)
    except Exception as error:
        raise _unreachable(database, error) from error
    if current == (HEAD,):
        return False
    patient = Database(database.url, patient=True)
    try:
        async with patient.writing_engine.begin() as connection:
            if lock:
                await lock(connection)
            return await connection.run_sync(_upgrade, database)
    finally:
        await patient.close()


def _try_sqlite(database: Database) -> None:
    """Open the file without aiosqlite: when that can't open one, its thread may outlive the event loop, and
    then writes a traceback of its own."""
    try:
        with closing(sqlite3.connect(database.url.database or "")) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise _unreachable(database, error) from error


def _unreachable(database: Database, error: Exception) -> StartupError:
    return StartupError(
        f"the database {database.url!r} can't be reached: {describe(error, database.secrets)}; "
        "check DATABASE_URL, and that the database runs"
    )


def _upgrade(connection: Connection, database: Database) -> bool:
    current = _current_revisions(connection)  # again: it may have changed while we waited for the lock
    if current == (HEAD,):
        return False
    from alembic import command

    config = alembic_config()
    if unknown := sorted(set(current) - known_revisions()):
        raise StartupError(
            f"the database {database.url!r} has revision {', '.join(unknown)}, which AutoArr {__version__} "
            "doesn't know: a newer AutoArr wrote it. Nothing was changed; start the newer version, or "
            "restore a backup"
        )
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except Exception as error:
        raise StartupError(
            f"migrating the database {database.url!r} failed: {describe(error, database.secrets)}; nothing was changed"
        ) from error
    log.info("database migrated", extra={"from_revision": current[0] if current else None, "revision": HEAD})
    return True


def _current_revisions(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table("alembic_version"):
        return ()
    return tuple(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


@asynccontextmanager
async def lock_file(database_file: str) -> AsyncIterator[None]:
    """Hold SQLite's migration lock, a file beside the database; the kernel frees it when the process ends."""
    descriptor = _open_lock_file(database_file)
    try:
        async with _patience():
            while not _try_flock(descriptor):  # noqa: ASYNC110 -- another process's, no event tells
                await asyncio.sleep(_POLL)
        yield
    finally:
        os.close(descriptor)


def _open_lock_file(database_file: str) -> int:
    folder = Path(database_file).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StartupError(
            f"the data folder {folder} can't be written: {error.strerror}; make it writable for user "
            f"{os.getuid()}:{os.getgid()}, or set AUTOARR_DATA_DIR to a folder that is"
        ) from error


def _try_flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _advisory_lock(connection: AsyncConnection) -> None:
    """Hold PostgreSQL's migration lock until the transaction ends; a lost connection frees it too."""
    async with _patience():
        attempt = select(func.pg_try_advisory_xact_lock(_LOCK_KEY))
        while not await connection.scalar(attempt):  # noqa: ASYNC110 -- likewise
            await asyncio.sleep(_POLL)


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(LOCK_TIMEOUT):
            yield
    except TimeoutError:
        raise StartupError(
            f"another process has been migrating the database for more than {LOCK_TIMEOUT:g} s; look at "
            "its log, and start again when it has ended"
        ) from None
