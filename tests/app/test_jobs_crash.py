"""A process that is killed in the middle of a job: another takes the job up."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL

from autoarr.actors import SYSTEM
from autoarr.context import Context
from autoarr.database import Database
from autoarr.jobs.engine import JobEngine
from autoarr.jobs.registry import JobRun, handler
from autoarr.models import Job
from autoarr.settings import Settings
from tests.app.waiting import until

if TYPE_CHECKING:
    from tests.app.conftest import Start

WORKER = """
import asyncio, sys
from pathlib import Path
from autoarr.context import Context
from autoarr.database import Database
from autoarr.jobs.engine import JobEngine
from autoarr.jobs.registry import handler
from autoarr.settings import load_settings

@handler("survive")
async def run(context, job):
    Path(job.payload["trace"]).write_text(f"attempt {job.attempt}")
    await asyncio.sleep(60)

async def work():
    settings = load_settings()
    engine = JobEngine(Context(settings, Database(settings.database_url)), lease_s=1)
    engine.start()
    await asyncio.sleep(60)

asyncio.run(work())
"""


async def test_killed_in_the_middle(database_url: URL, settings: Settings, start: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    database = Database(database_url)
    context = Context(settings, database)

    @handler("survive")
    async def run(context: Context, job: JobRun) -> dict[str, int]:
        return {"attempt": job.attempt}

    async with database.writing.begin() as session:
        job_id = (await context.jobs.enqueue(session, "survive", "it", {"trace": str(trace)}, actor=SYSTEM)).id
    process = start(script=WORKER, DATABASE_URL=database_url.render_as_string(hide_password=False))

    async def begun() -> bool:
        return trace.exists()

    await until(begun, 20)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    async with database.sessions() as session:
        assert (await session.get_one(Job, job_id)).state == "running"

    engine = JobEngine(context, poll_s=0.05, schedule_delay_s=3600)
    engine.start()

    async def finished() -> bool:
        async with database.sessions() as session:
            return (await session.get_one(Job, job_id)).state == "finished"

    await until(finished)
    async with database.sessions() as session:
        job = await session.get_one(Job, job_id)
    await engine.close()
    await database.close()

    assert trace.read_text() == "attempt 1"
    assert (job.result, job.attempts) == ({"attempt": 2}, 2)
