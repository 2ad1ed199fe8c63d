"""The only printer. People read stderr; `--json` is the one thing that ever goes to stdout, besides asked-for text."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from automation import interrupts
from automation.errors import AutomationError

_stderr = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def note(message: str) -> None:
    """One line of progress."""
    _stderr.print(escape(message))


def warning(message: str) -> None:
    """Something the user should know that stops nothing."""
    _stderr.print(f"[yellow]warning:[/] {escape(message)}")


def command(words: Sequence[str]) -> None:
    """The command about to run, ready to be pasted into a shell."""
    _stderr.print(f"[dim]$ {escape(shlex.join(words))}[/]")


def progress(message: str) -> None:
    """A line of detail from a running step."""
    _stderr.print(f"[dim]  {escape(message)}[/]")


@contextmanager
def step(title: str) -> Iterator[None]:
    """A titled part of a long run: says that it began and how long it took. Folded in CI logs that can fold."""
    folding = os.environ.get("GITHUB_ACTIONS") == "true"
    if folding:
        _stderr.print(f"::group::{title}", markup=False)
    else:
        _stderr.print(f"[bold]{escape(title)}[/]")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        _stderr.print(f"[red]  not done: {escape(title)}[/]")
        raise
    else:
        _stderr.print(f"[green]  done[/] [dim]{duration(time.monotonic() - started)}[/]")
    finally:
        if folding:
            _stderr.print("::endgroup::", markup=False)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Figures and facts, one row each."""
    grid = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for name in columns:
        grid.add_column(name, overflow="fold")
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    _stderr.print(grid)


def text(content: str) -> None:
    """Text that was asked for, such as `export` lines for a shell: on stdout, unstyled."""
    print(content)  # noqa: T201 - this module is the printer


def report(data: Mapping[str, object]) -> None:
    """One JSON object with a `version` key on stdout, and nothing else there."""
    print(json.dumps({"version": 1, **data}, indent=2, sort_keys=True))  # noqa: T201 - this module is the printer


def megabytes(size: float) -> str:
    """Decimal megabytes, as registries count them."""
    return f"{size / 1_000_000:.1f} MB"


def duration(seconds: float) -> str:
    """Seconds for people: `0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def fail(error: AutomationError) -> NoReturn:
    """Show an expected failure and leave with its exit code."""
    _stderr.print(f"[bold red]error:[/] {escape(str(error))}")
    sys.exit(error.exit_code)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """The one place where failures become exit codes; `--debug` shows the traceback as well.

    SIGTERM is taken as Ctrl-C is, so that what was started is cleaned up in both cases.
    """

    interrupts.clean_up_first()
    try:
        yield
    except AutomationError as error:
        if {"-d", "--debug"} & set(sys.argv[1:]):
            _stderr.print_exception()
        fail(error)
    except KeyboardInterrupt:
        _stderr.print("[bold red]interrupted[/]")
        sys.exit(interrupts.EXIT_CODE)
