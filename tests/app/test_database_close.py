"""Closing the database leaves no thread that still wants the event loop."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from sqlalchemy import text

from autoarr.database import Database
from autoarr.settings import parse_database_url

COUNT = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n")


def test_a_statement_given_up_ends_before_the_loop(tmp_path: Path) -> None:
    database = Database(parse_database_url(f"sqlite+aiosqlite:///{tmp_path / 'autoarr.db'}"))
    before = set(threading.enumerate())

    async def count() -> None:
        async with database.engine.connect() as connection:
            started.set()
            await connection.execute(COUNT)

    async def give_up() -> None:
        task = asyncio.get_running_loop().create_task(count())
        await started.wait()
        # A first one waits until the connection is closed in good order; the second waits no longer.
        for _ in range(2):
            await asyncio.sleep(0.01)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        given_up = set(threading.enumerate()) - before
        assert given_up, "it ended at once: nothing was given up"
        await database.close()
        assert not any(thread.is_alive() for thread in given_up)

    started = asyncio.Event()
    asyncio.run(give_up())


async def test_a_transaction_given_up_locks_nobody_out(tmp_path: Path) -> None:
    """Wherever it was: also with rows that were not read, of which something still knows."""
    url = parse_database_url(f"sqlite+aiosqlite:///{tmp_path / 'autoarr.db'}")
    database, other = Database(url), Database(url)
    async with database.writing_engine.begin() as connection:
        await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY)"))

    async def write() -> None:
        async with database.writing.begin() as session:
            for _ in range(5):
                await session.scalar(text("INSERT INTO things DEFAULT VALUES RETURNING id"))

    given_up = []
    for number in range(60):
        task = asyncio.create_task(write())
        # Kept with its traceback, and so with the cursor.
        given_up.append(task)
        await asyncio.sleep(0.0005 * (number % 20))
        task.cancel()
        await asyncio.wait({task})
        # Locked out, it would wait for five seconds, and fail.
        async with other.writing.begin() as session:
            await session.execute(text("INSERT INTO things DEFAULT VALUES"))
    assert any(task.cancelled() for task in given_up)
    await database.close()
    await other.close()
