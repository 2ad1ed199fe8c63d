"""Commands for who runs AutoArr: a forgotten password, new keys, lost keys."""

from __future__ import annotations

import asyncio
import secrets
import sys
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from autoarr import activity
from autoarr.accounts import passwords, sessions, throttle, users
from autoarr.actors import Actor
from autoarr.database import Database
from autoarr.errors import AutoArrError, StartupError
from autoarr.keys import (
    CHECK_WORD,
    KEY_FILE,
    KeyRing,
    UnreadableSecret,
    load_key_ring,
    new_key,
    read_key_file,
    write_key_file,
)
from autoarr.migrate import migrate
from autoarr.models import Change, Instance, NotificationTarget, Service, User
from autoarr.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncSession

COMMAND = Actor(name="system", via="command")
_ENCRYPTED = (
    (Service, "api_key_encrypted"),
    (Change, "pre_image_encrypted"),
    (Change, "wanted_encrypted"),
    (NotificationTarget, "url_encrypted"),
    (NotificationTarget, "secret_encrypted"),
)


def _run(work: Callable[[Settings, Database], Awaitable[str]]) -> int:
    settings = load_settings()

    async def run() -> str:
        database = Database(settings.database_url)
        try:
            await migrate(database)
            return await work(settings, database)
        finally:
            await database.close()

    sys.stdout.write(f"{asyncio.run(run())}\n")
    return 0


def reset_password(name: str | None) -> int:
    """Give a user another password, enable them and end their sessions.

    Args:
        name: None for the only administrator.
    """

    async def work(settings: Settings, database: Database) -> str:
        async with database.sessions() as session:
            user = await _find(session, name)
        try:
            given = _read_password(user.name)
            given.encode()
        except UnicodeError:
            raise AutoArrError("the password is not UTF-8 text; nothing was changed") from None
        password = given or secrets.token_urlsafe(15)
        if not 8 <= len(password) <= 256 or users.password_is_name(password, user.name):
            raise AutoArrError("a password needs 8 to 256 characters, and may not be the name; nothing was changed")
        password_hash = await passwords.hash_password(password)
        async with database.writing.begin() as session:
            changed = await users.change_user(session, user.id, disabled=False, password_hash=password_hash)
            if changed is None:
                raise AutoArrError(f"{user.name} has just been deleted")
            for key in (user.name_key, f"id {user.id}"):
                await throttle.forgive(session, throttle.name_throttle(key))
            message = f"{user.name} got a new password by command; {changed[1]} sessions ended."
            activity.record(session, COMMAND, "user.password_reset", message, subject=user.name)
        return f"{user.name} has a new password" + ("." if given else f": {password}")

    return _run(work)


async def _find(session: AsyncSession, name: str | None) -> User:
    if name is not None:
        if user := await users.find_by_name(session, name):
            return user
        raise AutoArrError(f"there is no user {name!r}")
    admins = (await session.scalars(select(User).where(User.role == "admin").order_by(User.name_key))).all()
    if len(admins) == 1:
        return admins[0]
    if admins:
        raise AutoArrError(f"say which user: {', '.join(user.name for user in admins)}")
    raise AutoArrError("there is no user yet; open AutoArr in a browser to make the first one")


def _read_password(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    from getpass import getpass

    password = getpass(f"New password of {name} (empty for a random one): ")
    if password and getpass("Once more: ") != password:
        raise AutoArrError("the two are not the same; nothing was changed")
    return password


def rotate_keys(*, drop_old: bool) -> int:
    """Put a new first key into the key file and encrypt with it all that is stored; other processes follow the file.

    Where the keys come from the environment, only the second part is done, and only if there are several.
    """

    async def work(settings: Settings, database: Database) -> str:
        if settings.secret_key is not None:
            return await _rotate_given(settings, database)
        file = settings.data_dir / KEY_FILE
        keys = [new_key(), *read_key_file(file)]
        # First the file: whatever happens next, its keys read all that is stored.
        _write(file, keys)
        left = await _encrypt_again(database, KeyRing(keys))
        if not drop_old:
            return f"A new key is in use; {file} keeps the old ones, for login tokens.{left}"
        # Once more, for what a running process encrypted before it saw the new key.
        await _encrypt_again(database, KeyRing(keys))
        _write(file, keys[:1])
        return f"A new key is in use; the old ones are gone from {file}, and everybody has to log in again.{left}"

    return _run(work)


def _write(file: Path, keys: list[str]) -> None:
    try:
        write_key_file(file, keys)
    except OSError as error:
        raise StartupError(f"{file} can't be written: {error.strerror}; its keys are what they were") from error


async def _rotate_given(settings: Settings, database: Database) -> str:
    given = settings.secret_key.get_secret_value() if settings.secret_key else ""
    if "," not in given:
        raise AutoArrError(
            "the key comes from AUTOARR_SECRET_KEY, which no command can change: put a new key before it, with a comma "
            "between, restart every replica, and run this again; then the old key can go"
        )
    left = await _encrypt_again(database, load_key_ring(settings))
    return f"All is encrypted with the first key of AUTOARR_SECRET_KEY now; the others can go from there.{left}"


async def _encrypt_again(database: Database, keys: KeyRing) -> str:
    """Encrypt all that is stored with the first key; what no key can read stays as it is."""
    unreadable = 0
    async with database.writing.begin() as session:
        instance = (await session.scalars(select(Instance).with_for_update())).one()
        if instance.key_check:
            try:
                instance.key_check = keys.renew(instance.key_check)
            except UnreadableSecret:
                raise AutoArrError(
                    "this database was written with other keys than these; restore them, or see `autoarr reset-keys`"
                ) from None
        for table, name in _ENCRYPTED:
            column = getattr(table, name)
            rows = await session.execute(select(table.id, column).where(column != "").with_for_update())
            for identifier, stored in rows.all():
                try:
                    renewed = keys.renew(stored)
                except UnreadableSecret:
                    unreadable += 1
                    continue
                await session.execute(update(table).where(table.id == identifier).values({name: renewed}))
        activity.record(session, COMMAND, "keys.rotated", "All stored secrets were encrypted with a new key.")
    return f" No key can read {unreadable} of the stored secrets." if unreadable else ""


def reset_keys() -> int:
    """Forget what only lost keys can read, so that AutoArr starts with those it has; everybody has to log in again."""

    async def work(settings: Settings, database: Database) -> str:
        try:
            keys = load_key_ring(settings)
        except StartupError as unusable:
            file = settings.data_dir / KEY_FILE
            try:
                file.replace(file.with_name(f"{KEY_FILE}.unusable"))
            except OSError:
                raise unusable from None
            keys = load_key_ring(settings)
        async with database.writing.begin() as session:
            instance = (await session.scalars(select(Instance).with_for_update())).one()
            if instance.key_check is None or keys.reads(instance.key_check):
                raise AutoArrError("these keys read this database; there is nothing to reset")
            for table, name in _ENCRYPTED:
                await session.execute(update(table).where(getattr(table, name).is_not(None)).values({name: ""}))
            instance.key_check = keys.encrypt(CHECK_WORD)
            ended = await sessions.revoke(session, "keys lost")
            message = f"The keys were lost: API keys and the images of changes are forgotten; {ended} sessions ended."
            activity.record(session, COMMAND, "keys.reset", message)
        return "The API keys of services are forgotten: enter them again. Earlier changes can't be reverted any more."

    return _run(work)
