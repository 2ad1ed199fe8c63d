"""Deep recursion in a thread, where the stack is smaller: a RecursionError is a failure that can be handled, a
crash is not. Each in a process of its own, so that a crash is an answer."""

from __future__ import annotations

import json
import pickle
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

from automation.libc.probes.harness import apart, outcome, probe

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH = 50_000


def in_thread(action: Callable[[], Any]) -> Any:
    """What an action comes to in a thread with the default stack; `done` when it came to its end."""

    def run() -> Any:
        came_to: list[Any] = []
        thread = threading.Thread(target=lambda: came_to.append(outcome(lambda: action() and None) or "done"))
        thread.start()
        thread.join()
        return came_to[0]

    return apart(run)


def nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(DEPTH):
        value = [value]
    return value


@probe("recursion.python")
def python() -> Any:
    def deeper(level: int) -> int:
        return deeper(level + 1) + 1

    return in_thread(lambda: deeper(0))


@probe("recursion.sort_key")
def sort_key() -> Any:
    """Through C and back for each level, with much of the stack for each: the sort keeps its workspace there."""

    def deeper(_: object) -> int:
        return len(sorted([1], key=deeper))

    return in_thread(lambda: deeper(0))


@probe("recursion.method")
def method() -> Any:
    """Through C and back for each level, as with methods that Python calls itself."""

    class Endless:
        def __repr__(self) -> str:
            return repr(self)

    return in_thread(lambda: repr(Endless()))


@probe("recursion.iterator")
def iterator() -> Any:
    """Through C and back for each level: `map` calls a function that starts another `map`."""

    def deeper(level: int) -> int:
        return next(map(deeper, [level + 1]))

    return in_thread(lambda: deeper(0))


@probe("recursion.json_dumps")
def json_dumps() -> Any:
    return in_thread(lambda: json.dumps(nested()))


@probe("recursion.json_loads")
def json_loads() -> Any:
    return in_thread(lambda: json.loads("[" * DEPTH + "]" * DEPTH))


@probe("recursion.pickle")
def pickle_dumps() -> Any:
    return in_thread(lambda: pickle.dumps(nested()))


@probe("recursion.repr")
def representation() -> Any:
    return in_thread(lambda: repr(nested()))


@probe("recursion.regex")
def regex() -> Any:
    """The compiler of `re` recurses in Python, its engine keeps a stack of its own."""
    return in_thread(lambda: re.compile("(" * DEPTH + ")" * DEPTH))


@probe("recursion.regex_match")
def regex_match() -> Any:
    return in_thread(lambda: re.match("(?:(a|b)*c?)*d", "ab" * DEPTH + "d").end())  # type: ignore[union-attr]


@probe("recursion.compile")
def compiled() -> Any:
    """The parser of Python itself, at a depth below its own limit."""
    return in_thread(lambda: compile("(" * 80 + "1" + ")" * 80, "<probe>", "eval"))


@probe("recursion.raised_limit")
def raised_limit() -> Any:
    """With the limit raised five times over, as some programs do: pure Python calls only."""

    def deeper(level: int) -> int:
        return deeper(level + 1) + 1

    def action() -> int:
        sys.setrecursionlimit(5 * 1000)
        return deeper(0)

    return in_thread(action)
