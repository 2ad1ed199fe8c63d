"""The ``autoarr`` command. Each command imports what it needs, so that each starts as fast as it can."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from autoarr.errors import AutoArrError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType


def _serve() -> int:
    # The first process of a container has no default signal handling: without a handler of its own it would
    # ignore a stop request that arrives while it still imports.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_before_start)
    # What a start makes is there to stay. Looking through it for what can go, again and again as it grows, is a quarter
    # of the start; the server does so from when it listens.
    gc.disable()
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


def _openapi() -> int:
    import json

    from autoarr.app import create_app
    from autoarr.settings import Settings

    sys.stdout.write(json.dumps(create_app(Settings()).openapi(), indent=1, sort_keys=True) + "\n")
    return 0


def _reset_password(name: str | None) -> int:
    from autoarr.accounts.commands import reset_password

    return reset_password(name)


def _rotate_keys(drop_old: bool) -> int:
    from autoarr.accounts.commands import rotate_keys

    return rotate_keys(drop_old=drop_old)


def _reset_keys() -> int:
    from autoarr.accounts.commands import reset_keys

    return reset_keys()


def _backup(file: str, force: bool) -> int:
    from autoarr.backup import back_up

    return back_up(file, force=force)


def _restore(file: str) -> int:
    from autoarr.backup import restore

    return restore(file)


def _mcp(token: str | None) -> int:
    from autoarr.mcp_server.stdio import serve_stdio

    return serve_stdio(token)


COMMANDS: dict[str, tuple[Callable[..., int], str]] = {
    "serve": (_serve, "run the application (the default)"),
    "healthcheck": (_healthcheck, "ask the running application for its health; exit code 0 or 1"),
    "migrate": (_migrate, "bring the database up to date and exit"),
    "version": (_version, "print the version"),
    "openapi": (_openapi, "print the OpenAPI document of the HTTP API"),
    "mcp": (_mcp, "serve the tools to an MCP client over standard input and output, beside a running AutoArr"),
    "reset-password": (_reset_password, "set a user's password, read from standard input; without input, a random one"),
    "rotate-keys": (_rotate_keys, "sign and encrypt with a new secret key from now on"),
    "reset-keys": (_reset_keys, "when the secret keys are lost: forget what only they can read"),
    "backup": (
        _backup,
        "write the database (SQLite) and the secret keys to one file, while AutoArr may run; keep it safe",
    ),
    "restore": (_restore, "put a backup in place of what is there, which is kept beside it; AutoArr must not run"),
}

ARGUMENTS: dict[str, dict[str, dict[str, Any]]] = {
    "mcp": {
        "--token": {"help": "an API token; others on this machine can see it here, so rather set AUTOARR_MCP_TOKEN"}
    },
    "reset-password": {"name": {"nargs": "?", "help": "the user; not needed where there is one administrator"}},
    "rotate-keys": {
        "--drop-old": {"action": "store_true", "help": "forget the old keys, so that everybody has to log in again"}
    },
    "backup": {
        "file": {"help": "a tar archive, made for its owner only: who has it can read every secret"},
        "--force": {"action": "store_true", "help": "replace the file where there is one"},
    },
    "restore": {"file": {"help": "what `autoarr backup` wrote"}},
}
"""What commands take, as argparse is told it; a command is called with these by name."""


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
        command = commands.add_parser(name, help=text, description=text)
        for argument, details in ARGUMENTS.get(name, {}).items():
            command.add_argument(argument, **details)
    given = vars(parser.parse_args(arguments))
    run, _ = COMMANDS[given.pop("command") or "serve"]
    try:
        return run(**given)
    except AutoArrError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"autoarr: {line}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
