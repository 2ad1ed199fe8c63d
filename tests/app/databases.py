"""Databases of the tests' own on the PostgreSQL server that AUTOARR_TEST_POSTGRES_URL names."""

from __future__ import annotations

import asyncio
import os
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from autoarr.database import Database
from autoarr.migrate import migrate
from autoarr.settings import parse_database_url


def create(template: URL | None = None) -> URL:
    """A new database, empty or the copy of one that nobody is connected to; no server is a reason to skip."""
    server = _server()
    name = f"autoarr_test_{uuid.uuid4().hex[:12]}"
    # A copy of the files is quicker than one by way of the log, where the server need not wait for its disk.
    copied = "" if template is None else f" TEMPLATE {template.database} STRATEGY FILE_COPY"
    _execute(server, f"CREATE DATABASE {name}{copied}")
    return parse_database_url(make_url(server).set(database=name))


def drop(url: URL) -> None:
    """Remove one, whoever is connected to it."""
    _execute(_server(), f"DROP DATABASE {url.database} WITH (FORCE)")


def migrate_at_once(url: URL) -> None:
    """Make the schema of any database."""

    async def run() -> None:
        database = Database(url, patient=True)
        await migrate(database)
        await database.close()

    asyncio.run(run())


def _server() -> str:
    server = os.environ.get("AUTOARR_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("AUTOARR_TEST_POSTGRES_URL names no PostgreSQL server")
    return server


def _execute(server: str, statement: str) -> None:
    async def run() -> None:
        admin = create_async_engine(parse_database_url(server), isolation_level="AUTOCOMMIT")
        async with admin.connect() as connection:
            await connection.execute(text(statement))
        await admin.dispose()

    asyncio.run(run())
