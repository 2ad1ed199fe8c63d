"""Alembic's entry: on the connection it is handed, or on one of its own for the `alembic` command line."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from autoarr.models import Base


def run(connection: Connection) -> None:
    """Run the migrations in one transaction; SQLite takes part in it, see `autoarr.database`."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        # SQLite can't alter most of a table; alembic then writes a new one and copies.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    """Connect as the settings say, for `alembic revision --autogenerate` and its like."""
    from autoarr.database import Database
    from autoarr.settings import load_settings

    database = Database(load_settings().database_url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await database.close()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(run_alone())
