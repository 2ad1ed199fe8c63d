"""What a probe is made of: named steps, each asked by itself, so that one failure hides no other."""

from __future__ import annotations

import asyncio
import inspect
import json
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import uvloop

from automation.components.catalogue import PACE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

LIMIT = 90.0
OK, FAILED, SKIPPED = "ok", "failed", "skipped"

T = TypeVar("T")


class Facts(NamedTuple):
    """What the probes are told: where the servers are, and the files of certificates.

    `certificate` and `key` are for the name `localhost` only. `authority` signed them and PostgreSQL's; `stranger`
    is an authority that signed neither. `host` is this container's own name on its network. Addresses are empty where
    a probe is asked without that server.
    """

    host: str
    application_url: str
    database_url: str
    redis_url: str
    authority: str
    stranger: str
    certificate: str
    key: str


class Wrong(Exception):
    """The component did something else than it should; the text says what."""


class Skip(Exception):
    """The question can't be asked here; the text says why."""


class Step(NamedTuple):
    """A question. `ask` gives words on what was seen, or raises; `core` ones can't be skipped without the component
    counting as skipped. `limit` is in seconds."""

    name: str
    ask: Callable[[Facts], Any]
    limit: float
    core: bool


class Probe:
    """The steps of one component, in the order in which they are asked."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def step(self, name: str, *, limit: float = LIMIT, core: bool = True) -> Callable[[Callable[[Facts], T]], Any]:
        """Register a function, or a coroutine function, as a step."""

        def register(ask: Callable[[Facts], T]) -> Callable[[Facts], T]:
            if any(step.name == name for step in self.steps):
                raise ValueError(f"two steps named {name}")
            self.steps.append(Step(name, ask, limit * PACE, core))
            return ask

        return register


def read_facts(path: str) -> Facts:
    """The facts in a JSON file."""
    return Facts(**json.loads(Path(path).read_text(encoding="utf-8")))


def answer(step: Step, facts: Facts) -> dict[str, Any]:
    """Ask one step: its `status` is ok, failed or skipped, `detail` says what was seen or why. `seconds` were taken."""
    started = time.monotonic()
    try:
        if inspect.iscoroutinefunction(step.ask):
            seen = _run(step.ask(facts), step.limit)
        else:
            with _alarm(step.limit):
                seen = step.ask(facts)
        status, detail = OK, seen or ""
    except Skip as why:
        status, detail = SKIPPED, str(why)
    except TimeoutError as error:
        # A time-out of the library under test comes earlier than the harness's.
        late = time.monotonic() - started >= step.limit
        status, detail = FAILED, f"no end within {step.limit:g} s" if late else describe(error)
    except Exception as error:  # noqa: BLE001 - whatever a component raises, it is the answer
        status, detail = FAILED, describe(error)
    seconds = round(time.monotonic() - started, 3)
    return {"name": step.name, "status": status, "detail": detail, "seconds": seconds, "core": step.core}


def describe(error: BaseException) -> str:
    """An error in one line; of a group, its first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = str(error).strip().splitlines() or [""]
    return lines[0] if isinstance(error, Wrong) else f"{type(error).__name__}: {lines[0]}".rstrip(": ")


def _run(question: Coroutine[Any, Any, Any], limit: float) -> Any:
    """Run a coroutine on the event loop that the application uses."""

    async def limited() -> Any:
        async with asyncio.timeout(limit):
            return await question

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(limited())


@contextmanager
def _alarm(limit: float) -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def require(condition: object, wrong: str) -> None:
    """Say what is wrong unless the condition holds.

    Raises:
        Wrong: with those words.
    """
    if not condition:
        raise Wrong(wrong)


def equal(got: object, wanted: object, what: str) -> None:
    """Say what came instead of what was wanted.

    Raises:
        Wrong: they differ.
    """
    if got != wanted:
        raise Wrong(f"{what}: {_short(got)} instead of {_short(wanted)}")


@contextmanager
def refused(what: str, *kinds: type[BaseException]) -> Iterator[list[BaseException]]:
    """What is done inside has to be refused with one of these errors, which is then in the list.

    Raises:
        Wrong: it was accepted.
    """
    caught: list[BaseException] = []
    try:
        yield caught
    except kinds as error:
        caught.append(error)
    else:
        raise Wrong(f"{what} was accepted")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
