"""The ``autoarr`` command. Each command imports what it needs, so that each starts as fast as it can."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from autoarr.errors import AutoArrError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType


def _serve() -> int:
    # The first process of a container has no default signal handling: without a handler of its own it would
    # ignore a stop request that arrives while it still imports.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_before_start)
    from autoarr.server import serve
    from autoarr.settings import load_settings

    serve(load_settings())
    return 0


def _stop_before_start(number: int, frame: FrameType | None) -> NoReturn:
    # Not SystemExit: raised while a module's lock or a weak reference is cleaned up, it would be swallowed.
    # Nothing is open yet that would need closing.
    os._exit(0)


def _migrate() -> int:
    import asyncio

    from autoarr.database import Database
    from autoarr.logs import configure_logging
    from autoarr.migrate import migrate
    from autoarr.settings import load_settings

    settings = load_settings()
    configure_logging(settings)

    async def run() -> None:
        database = Database(settings.database_url)
        try:
            await migrate(database)
        finally:
            await database.close()

    asyncio.run(run())
    return 0


def _healthcheck() -> int:
    from autoarr.healthcheck import check

    return check()


def _version() -> int:
    from autoarr import __version__

    sys.stdout.write(f"{__version__}\n")
    return 0


COMMANDS: dict[str, tuple[Callable[[], int], str]] = {
    "serve": (_serve, "run the application (the default)"),
    "healthcheck": (_healthcheck, "ask the running application for its health; exit code 0 or 1"),
    "migrate": (_migrate, "bring the database up to date and exit"),
    "version": (_version, "print the version"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="autoarr", description="An orchestrator above Sonarr, Radarr, SABnzbd and Plex."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text, description=text)
    run, _ = COMMANDS[parser.parse_args(arguments).command or "serve"]
    try:
        return run()
    except AutoArrError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"autoarr: {line}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
