"""The database: SQLite by default, PostgreSQL by setting; one engine and its sessions."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

if TYPE_CHECKING:
    from threading import Thread

    import aiosqlite
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.engine import URL, Connection, ExceptionContext
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.orm import DeclarativeBase

CONNECT_TIMEOUT = 5
"""Seconds PostgreSQL has to accept a connection."""
STATEMENT_TIMEOUT = 8
"""Seconds PostgreSQL gives one statement, locks it waits for included."""
ANSWER_TIMEOUT = 10
"""Seconds until a statement that PostgreSQL says nothing about is given up, with its connection."""
POOL_TIMEOUT = 5
"""Seconds to wait for a connection while all are in use."""
CLOSE_TIMEOUT = 2.0
"""Seconds SQLite's threads have to end what they do."""

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

    Args:
        patient: a statement may take as long as it needs; for migrations.

    Attributes:
        url: where it is; `repr` hides the password.
        kind: ``sqlite`` or ``postgresql``.
        sessions: call it for an `AsyncSession` that reads.
        writing: call it, or its ``begin``, for one that writes. SQLite has one writer at a time: a
            transaction that first reads and then writes fails at once, without waiting, when another wrote
            meanwhile; one of these waits its turn before it reads.
    """

    def __init__(self, url: URL, *, patient: bool = False) -> None:
        self.url = url
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
        self._threads: weakref.WeakSet[Thread] = weakref.WeakSet()
        self.engine = _sqlite_engine(url, self._threads) if self.kind == "sqlite" else _postgresql_engine(url, patient)
        self.writing_engine = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self.sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)
        self.writing = async_sessionmaker(self.writing_engine, class_=AsyncSession, expire_on_commit=False)

    @property
    def secrets(self) -> list[str]:
        """What no log and no answer may show."""
        return [str(self.url.password)] if self.url.password else []

    def insert(self, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that can say what is to happen ON CONFLICT."""
        return _insert(self.kind, table)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        # A connection given up while it was asked something closes in its own thread, which answers to this event
        # loop: were the loop gone by then, the thread would end with a traceback.
        if alive := [thread for thread in self._threads if thread.is_alive()]:
            ended = (asyncio.to_thread(thread.join, CLOSE_TIMEOUT) for thread in alive)
            await asyncio.gather(*ended)


def insert_in(session: AsyncSession, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """As `Database.insert`, for who has a session only."""
    return _insert(session.get_bind().dialect.name, table)


def _insert(kind: str, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """Only the one that is used is imported: each is a large part of SQLAlchemy."""
    if kind == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        return insert_sqlite(table)
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql

    return insert_postgresql(table)


def _postgresql_engine(url: URL, patient: bool) -> AsyncEngine:
    arguments: dict[str, Any] = {"timeout": CONNECT_TIMEOUT}
    if not patient:
        arguments["command_timeout"] = ANSWER_TIMEOUT
        arguments["server_settings"] = {"statement_timeout": str(round(STATEMENT_TIMEOUT * 1000))}
    engine = create_async_engine(url, pool_pre_ping=True, pool_timeout=POOL_TIMEOUT, connect_args=arguments)

    @event.listens_for(engine.sync_engine, "handle_error")
    def give_up(context: ExceptionContext) -> None:
        # Of a server that doesn't answer, nothing more is asked on this connection, not even to roll back.
        if isinstance(context.original_exception, TimeoutError):
            context.is_disconnect = True

    return engine


def _sqlite_engine(url: URL, threads: weakref.WeakSet[Thread]) -> AsyncEngine:
    import sqlite3

    class SqliteConnection(sqlite3.Connection):
        def close(self) -> None:
            # One that is given up midway may have a cursor that outlives it, and with that its transaction's lock.
            if self.in_transaction:
                self.rollback()
            super().close()

    def connect(*arguments: Any, **options: Any) -> aiosqlite.Connection:
        import aiosqlite

        connection = aiosqlite.connect(*arguments, factory=SqliteConnection, **options)
        # Private, and the only way: the dialect, which makes it a daemon as well, does the same.
        thread = connection._thread
        thread.daemon = True
        threads.add(thread)
        return connection

    engine = create_async_engine(url, connect_args={"async_creator_fn": connect})

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
