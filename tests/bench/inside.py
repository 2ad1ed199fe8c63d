"""What AutoArr costs with twenty services, measured where it runs: `python -m tests.bench.inside`.

Three processes: this one, the services (`stand_ins`) and the application (`application`). Says on stderr what it does,
and prints one JSON object with its `version` at the end. Needs `AUTOARR_DATA_DIR`, an empty or absent folder. Arguments
are the numbers of polls after which memory is read, in place of the usual ones.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from autoarr.database import Database
from autoarr.models import Activity, Finding
from autoarr.settings import load_settings
from tests.bench.stand_ins import EPISODES, MOVIES

VERSION = 1
REQUESTS, PAGES = 200, 50
FINDINGS, ACTIVITY, PAGE_SIZE = 10_000, 50_000, 50
POLLS = (10, 100, 500, 1000)
PATIENCE = 60.0
REST = 3.0
"""Seconds it gets to come to rest."""
PASSWORD = "of no consequence"


def say(text: str) -> None:
    """One line of what happens."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Client:
    """The application, over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {"Content-Type": "application/json"}
        self._used = time.monotonic()

    def send(self, method: str, path: str, body: object = None) -> bytes:
        """Ask, and give the answer's body."""
        # The server closes what nobody uses for some seconds.
        if time.monotonic() - self._used > 2:
            self._connection.close()
        self._used = time.monotonic()
        self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}: {content[:500].decode(errors='replace')}")
        return content

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask, and give the answer's JSON."""
        content = self.send(method, path, body)
        return json.loads(content) if content else None

    def wait_until_ready(self) -> None:
        """Wait for the start to be over."""

        def ready() -> bool:
            try:
                self.send("GET", "/health/ready")
            except (OSError, http.client.HTTPException, RuntimeError):
                self._connection.close()
                return False
            return True

        wait_for(ready, "the application does not start")

    def log_in(self) -> None:
        """Log in; the first time, as the one who sets it up."""
        name = {"name": "bench", "password": PASSWORD}
        if not self.ask("GET", "/auth/setup")["done"]:
            self.ask("POST", "/auth/setup", name)
        self._headers["Authorization"] = f"Bearer {self.ask('POST', '/auth/login', name)['access_token']}"

    def state(self) -> Any:
        """How far the polls are, and what memory it has."""
        return self.ask("GET", "/bench")


def wait_for(condition: Callable[[], bool], problem: str, patience: float = PATIENCE) -> None:
    """Ask again and again until the answer is yes."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(problem)
        time.sleep(0.05)


class StandIns:
    """The services' process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.all = self._read()

    def tell(self, word: str) -> Any:
        """Say one word, and give what it says to that."""
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline() or '"the services do not start"')


@contextmanager
def processes(port: int, log: Path) -> Iterator[StandIns]:
    """The services and the application; both end with this."""
    own = {**os.environ, "AUTOARR_HOST": "127.0.0.1", "AUTOARR_PORT": str(port)}
    command = [sys.executable, "-m"]
    with (
        log.open("w") as written,
        subprocess.Popen(
            [*command, "tests.bench.stand_ins"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as services,
        subprocess.Popen(
            [*command, "tests.bench.application"], env=own, stdout=written, stderr=subprocess.STDOUT
        ) as application,
    ):
        try:
            yield StandIns(services)
        except BaseException:
            say(log.read_text()[-2000:])
            raise
        finally:
            application.terminate()
            services.terminate()


def free_port() -> int:
    """A port that nobody uses at present."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def timed(client: Client, path: str, count: int, go_on: Callable[[], bool] = lambda: True) -> dict[str, float]:
    """The time of requests in milliseconds, each from its beginning to the answer's end."""
    taken: list[float] = []
    size = 0
    while len(taken) < count:
        start = time.perf_counter()
        size = len(client.send("GET", path))
        seconds = time.perf_counter() - start
        if not go_on():
            break
        taken.append(seconds * 1000)
    if len(taken) < 20:
        raise RuntimeError(f"{path}: only {len(taken)} requests before the end")
    return {
        "requests": len(taken),
        "median_ms": round(statistics.median(taken), 2),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 2),
        "bytes": size,
    }


def poll(client: Client, count: int) -> float:
    """Have the application poll; the seconds it took."""
    wanted = client.state()["polls"] + count
    start = time.monotonic()
    client.ask("POST", f"/bench?count={count}")
    said = start

    def done() -> bool:
        nonlocal said
        state = client.state()
        if time.monotonic() - said > 10:
            said = time.monotonic()
            say(f"  {state['polls']} of {wanted} polls")
        return bool(state["polls"] == wanted and not state["running"])

    wait_for(done, "the polls do not end", PATIENCE + 5 * count)
    return time.monotonic() - start


async def add_rows(services: list[uuid.UUID]) -> None:
    """Put findings and activity into the database, as years would."""
    now = datetime.now(UTC)
    database = Database(load_settings().database_url)
    findings = [
        {
            "service_id": services[number % len(services)],
            "rule": f"bench.rule-{number % 40}",
            "subject": f"Subject {number}",
            "verdict": ("failed", "passed", "unknown")[number % 3],
            "severity": ("error", "warning", "notice")[number % 7 % 3],
            "title": f"What is looked for by rule {number % 40}",
            "reason": "It is wanted because of a reason that takes a sentence.",
            "source": "https://example.invalid/guide",
            "found": {"value": number},
            "wanted": {"value": number + 1},
            "first_seen_at": now,
            "last_seen_at": now,
        }
        for number in range(FINDINGS)
    ]
    entries = [
        {
            "at": now - timedelta(minutes=ACTIVITY - number),
            "actor": "system",
            "via": "job",
            "action": f"bench.action-{number % 20}",
            "outcome": "succeeded",
            "subject": f"Subject {number}",
            "message": f"What happened for the {number}th time, in one sentence.",
        }
        for number in range(ACTIVITY)
    ]
    for model, rows in ((Finding, findings), (Activity, entries)):
        for start in range(0, len(rows), 5000):
            async with database.writing.begin() as session:
                await session.execute(insert(model), rows[start : start + 5000])
    await database.close()


def check_dashboard(client: Client, services: int) -> None:
    """Whether what is fast is also right: every service is there and fresh, and everything missing is counted."""
    seen = client.ask("GET", "/api/v1/dashboard")
    fresh = sum(service["state"] == "fresh" for service in seen["services"])
    missing = seen["figures"]["missing"]["total"]
    if fresh != services or missing != MOVIES + EPISODES:
        raise RuntimeError(f"the dashboard shows {fresh} fresh services of {services}, and {missing} missing")


def measure(wanted: tuple[int, ...] = POLLS) -> dict[str, Any]:
    """Everything, in the order in which it would happen."""
    port = free_port()
    folder = Path(os.environ["AUTOARR_DATA_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    client = Client(port)
    with processes(port, folder / "application.log") as stand_ins:
        client.wait_until_ready()
        time.sleep(REST)
        idle = client.state()["memory"]
        client.log_in()
        for number, service in enumerate(stand_ins.all):
            client.ask("POST", "/api/v1/services", {**service, "name": f"{service['kind']} {number}"})
        ids = [service["id"] for service in client.ask("GET", "/api/v1/services?page_size=200")["items"]]
        say(f"{len(ids)} services connected; adding {FINDINGS} findings and {ACTIVITY} entries of activity")
        asyncio.run(add_rows([uuid.UUID(one) for one in ids]))
        poll(client, 1)
        check_dashboard(client, len(stand_ins.all))
        say("the dashboard")
        dashboard = timed(client, "/api/v1/dashboard", REQUESTS)
        stand_ins.tell("hang")
        client.ask("POST", "/bench?count=1")
        # The other services have answered by then, so that only the one that hangs is left.
        time.sleep(1)
        hanging = timed(client, "/api/v1/dashboard", REQUESTS, lambda: bool(client.state()["running"]))
        wait_for(lambda: not client.state()["running"], "a poll with a service that hangs does not end")
        if client.state()["failed"] != 1:
            raise RuntimeError(f"{client.state()['failed']} services failed where one hangs")
        stand_ins.tell("mend")
        poll(client, 1)
        check_dashboard(client, len(stand_ins.all))
        say("lists")
        before = client.state()["memory"]
        lists = {}
        for name, total in (("findings", FINDINGS), ("activity", ACTIVITY)):
            for where, page in (("first", 1), ("last", total // PAGE_SIZE)):
                path = f"/api/v1/{name}?page={page}&page_size={PAGE_SIZE}"
                if len(client.ask("GET", path)["items"]) != PAGE_SIZE:
                    raise RuntimeError(f"{path}: not {PAGE_SIZE} items")
                lists[f"{name}_{where}"] = timed(client, path, PAGES)
        listed = client.state()["memory"]
        say("polls")
        failed = client.state()["failed"]
        stand_ins.tell("counts")
        polls, seconds, done = [], 0.0, 0
        for upto in wanted:
            seconds += poll(client, upto - done)
            done = upto
            polls.append({"polls": upto, **client.state()["memory"]})
            say(f"  {upto} polls in {seconds:.0f} s: {polls[-1]['resident'] / 1e6:.1f} MB")
        if client.state()["failed"] != failed:
            raise RuntimeError("services failed while they were polled")
        counts = stand_ins.tell("counts")
        check_dashboard(client, len(stand_ins.all))
    return {
        "version": VERSION,
        "python": platform.python_version(),
        "services": len(ids),
        "movies": MOVIES,
        "episodes": EPISODES,
        "findings": FINDINGS,
        "activity": ACTIVITY,
        "dashboard": dashboard,
        "hanging": hanging,
        "lists": lists,
        "memory": {"idle": idle, "before_lists": before, "after_lists": listed, "polls": polls},
        "poll": {
            "ms": round(seconds / done * 1000, 1),
            "requests": round(counts["requests"] / done, 2),
            "bytes": round(counts["bytes"] / done),
        },
    }


def main() -> int:
    """Measure, and print it."""
    try:
        found = measure(tuple(map(int, sys.argv[1:])) or POLLS)
    except (RuntimeError, OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
