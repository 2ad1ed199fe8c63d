"""The application as `autoarr serve` runs it, with one more address: `python -m tests.bench.application`.

`POST /bench?count=N` has it do N polls, one straight after the other, each as a job that goes through the queue;
`GET /bench` says how many are done and what memory this process has.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

from autoarr.actors import SYSTEM
from autoarr.app import create_app
from autoarr.context import Context
from autoarr.logs import configure_logging
from autoarr.models import Job
from autoarr.server import run
from autoarr.settings import load_settings


def memory() -> dict[str, int]:
    """What this process has in memory now and had at most, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kibibytes = {
        name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if "kB" in rest
    }
    return {"resident": kibibytes["VmRSS"] * 1024, "peak": kibibytes["VmHWM"] * 1024}


class Polls:
    """Polls on demand."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self.done = self.failed = 0

    def start(self, count: int) -> None:
        """Begin; what is asked for is done when `state` says so."""
        self._task = asyncio.create_task(self._run(count))

    def state(self) -> dict[str, Any]:
        """How far it is."""
        running = self._task is not None and not self._task.done()
        if self._task is not None and not running:
            self._task.result()
        return {"polls": self.done, "running": running, "failed": self.failed, "memory": memory()}

    async def _run(self, count: int) -> None:
        for _ in range(count):
            result = await self._poll()
            self.done += 1
            self.failed += result["failed"]

    async def _poll(self) -> dict[str, int]:
        context = self._context
        with context.bus.subscribe() as events:
            async with context.database.writing.begin() as session:
                job = await context.jobs.enqueue(session, "poll", "all", actor=SYSTEM)
            async for event in events:
                if event.kind == "job.changed" and event.data["id"] == str(job.id):
                    break
        async with context.database.sessions() as session:
            ended = await session.get_one(Job, job.id)
        if ended.state != "finished" or ended.result is None:
            raise RuntimeError(f"a poll is {ended.state}: {ended.error}")
        return dict(ended.result)


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    configure_logging(settings)
    app = create_app(settings)
    polls = Polls(app.state.context)

    async def start(count: int) -> None:
        polls.start(count)

    async def state() -> dict[str, Any]:
        return polls.state()

    app.add_api_route("/bench", start, methods=["POST"], status_code=202)
    app.add_api_route("/bench", state, methods=["GET"])
    # The protocol is named because asyncio sends small answers at once only where it is.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((settings.host, settings.port))
        run(app, settings, bound)


if __name__ == "__main__":
    main()
