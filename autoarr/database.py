"""The database: SQLite by default, PostgreSQL by setting; one engine and its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

CONNECT_TIMEOUT = 5
"""Seconds PostgreSQL has to accept a connection."""

_BEGIN = "autoarr_begin"
"""The execution option that says how a transaction on SQLite begins."""

_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


class Database:
    """An engine and its session factory. Making one connects to nothing.

    Attributes:
        url: where it is; `repr` hides the password.
        kind: ``sqlite`` or ``postgresql``.
        sessions: call it for an `AsyncSession` that reads.
        writing: call it, or its ``begin``, for one that writes. SQLite has one writer at a time: a
            transaction that first reads and then writes fails at once, without waiting, when another wrote
            meanwhile; one of these waits its turn before it reads.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
        self.engine = _sqlite_engine(url) if self.kind == "sqlite" else _postgresql_engine(url)
        self.writing_engine = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self.sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)
        self.writing = async_sessionmaker(self.writing_engine, class_=AsyncSession, expire_on_commit=False)

    @property
    def secrets(self) -> list[str]:
        """What no log and no answer may show."""
        return [str(self.url.password)] if self.url.password else []

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _postgresql_engine(url: URL) -> AsyncEngine:
    return create_async_engine(url, pool_pre_ping=True, connect_args={"timeout": CONNECT_TIMEOUT})


def _sqlite_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        # Python's sqlite3 opens a transaction before INSERT, UPDATE and DELETE only, so a schema change would
        # be committed statement by statement. Without its help, `begin` below covers everything.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine
