"""Backup and restore of an installation on SQLite: its database and its secret keys, in one file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sqlite3
import sys
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autoarr.errors import AutoArrError, describe
from autoarr.keys import KEY_FILE, KeyRing, load_key_ring, read_key_file
from autoarr.migrate import known_revisions, lock_file
from autoarr.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE_MEMBER = "autoarr.db"
_COMPANIONS = ("-wal", "-shm", "-journal")


class BackupError(AutoArrError):
    """A backup can't be made or used; nothing was changed."""


def back_up(file: str, *, force: bool) -> int:
    """Write a backup while the application may run.

    Raises:
        BackupError: there is such a file and not `force`, it can't be written, or the database is damaged.
    """
    settings = load_settings()
    database, target = _database_file(settings), Path(file).absolute()
    if not database.is_file():
        raise BackupError(f"there is no database {database} to back up; check AUTOARR_DATA_DIR")
    if target.exists() and not force:
        raise BackupError(f"{target} exists; choose another name, or replace it with --force")
    with _explained(f"{target} can't be written"), _scratch(target) as copy, _scratch(target) as archive:
        _copy(database, copy)
        with tarfile.open(archive, "w") as tar:
            _add(tar, copy, DATABASE_MEMBER)
            key_file = settings.data_dir / KEY_FILE
            if settings.secret_key is None and key_file.exists():
                _add(tar, key_file, KEY_FILE)
        _sync(archive)
        if force:
            archive.replace(target)
        else:
            target.hardlink_to(archive)
        _sync(target.parent)
    sys.stdout.write(f"{target}\n")
    return 0


def restore(file: str) -> int:
    """Put a backup in place of the installation; what was there is kept beside it.

    Raises:
        BackupError: it is no sound backup, a newer AutoArr's, or the application runs.
    """
    settings = load_settings()
    database, source = _database_file(settings), Path(file).absolute()
    key_file = settings.data_dir / KEY_FILE

    async def run() -> str:
        # No application starts meanwhile: it would wait for this lock first.
        async with lock_file(str(database)):
            with (
                _explained(f"{source} can't be restored"),
                _scratch(database) as new_database,
                _scratch(key_file) as new_keys,
            ):
                has_keys = _extract(source, new_database, new_keys)
                warning = _check(settings, new_database, new_keys if has_keys else None)
                _check_unused(database)
                suffix = f".before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
                if has_keys:
                    _put(new_keys, key_file, suffix)
                _put(new_database, database, suffix)
        return warning

    warning = asyncio.run(run())
    if warning:
        sys.stderr.write(f"autoarr: {warning}\n")
    return 0


def _database_file(settings: Settings) -> Path:
    if settings.database_url.get_backend_name() != "sqlite":
        raise BackupError(
            "this installation's database is PostgreSQL: back it up with pg_dump and restore it with pg_restore, and "
            "keep AUTOARR_SECRET_KEY, or secret.key of the data folder, with it"
        )
    return Path(settings.database_url.database or "").absolute()


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        raise BackupError(f"{what}: {getattr(error, 'strerror', None) or describe(error)}") from error


@contextlib.contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """An empty file, for its owner only, in the folder of another: so that it can be moved to its place."""
    path = beside.with_name(f".{beside.name}.{secrets.token_hex(8)}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        yield path
    finally:
        for companion in ("", *_COMPANIONS):
            path.with_name(path.name + companion).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(database: Path, copy: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        _check_integrity(target)


def _check_integrity(connection: sqlite3.Connection) -> None:
    answer = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if answer != ["ok"]:
        raise BackupError(f"the database is damaged: {answer[0]}")


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    with path.open("rb") as content:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = os.fstat(content.fileno()).st_size, int(path.stat().st_mtime), 0o600
        tar.addfile(entry, content)


def _extract(source: Path, database: Path, keys: Path) -> bool:
    """Write the members of a backup; give whether it has keys. Its names and modes are not taken over."""
    targets = {DATABASE_MEMBER: database, KEY_FILE: keys}
    seen = set()
    with tarfile.open(source, "r:") as tar:
        for member in tar:
            if member.name not in targets or member.name in seen or not member.isreg() or member.issparse():
                raise BackupError(f"{source} is not a backup: {member.name!r} is not expected in it")
            seen.add(member.name)
            content = tar.extractfile(member)
            assert content is not None  # noqa: S101 -- it is a regular file
            with content, targets[member.name].open("wb") as target:
                while chunk := content.read(1 << 20):
                    target.write(chunk)
            _sync(targets[member.name])
    if DATABASE_MEMBER not in seen:
        raise BackupError(f"{source} is not a backup: it holds no {DATABASE_MEMBER}")
    return KEY_FILE in seen


def _check(settings: Settings, database: Path, keys: Path | None) -> str:
    """Check what is to be restored; give a warning where there is one."""
    ring = load_key_ring(settings) if settings.secret_key or keys is None else KeyRing(read_key_file(keys))
    with closing(sqlite3.connect(database)) as connection:
        _check_integrity(connection)
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall():
            raise BackupError("it is not a database of AutoArr")
        revisions = {row[0] for row in connection.execute("SELECT version_num FROM alembic_version")}
        if unknown := sorted(revisions - known_revisions()):
            raise BackupError(
                f"a newer AutoArr wrote it (revision {', '.join(unknown)}); use that version or a newer one"
            )
        columns = {row[1] for row in connection.execute("PRAGMA table_info(instance)")}
        stored = connection.execute("SELECT key_check FROM instance").fetchone() if "key_check" in columns else None
    if stored and stored[0] and not ring.reads(stored[0]):
        return (
            "restored, but it was written with other secret keys than those of now: set AUTOARR_SECRET_KEY as it "
            "was, or forget with `autoarr reset-keys` what only they can read"
        )
    return ""


def _check_unused(database: Path) -> None:
    """Refuse while a process has the database open; bring its log home where it can be read."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise BackupError(f"{database} is in use; stop AutoArr first") from error
        except sqlite3.DatabaseError:
            pass  # damaged: the reason to restore


def _put(new: Path, target: Path, suffix: str) -> None:
    """Move a file to its place; what is there stays under another name, and is never missing between."""
    if target.exists():
        kept = target.with_name(target.name + suffix)
        kept.hardlink_to(target)
        for companion in _COMPANIONS:
            with contextlib.suppress(FileNotFoundError):
                target.with_name(target.name + companion).rename(kept.with_name(kept.name + companion))
    if os.geteuid() == 0:  # run by root, for an application that is not
        owner = target.parent.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
    new.replace(target)
    _sync(target.parent)
