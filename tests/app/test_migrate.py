"""Migrations: once, under a lock, all or nothing, and never on a newer version's database."""

from __future__ import annotations

import asyncio
import compileall
import fcntl
import io
import os
import shutil
import sys
import threading
import uuid
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, StatementError

import autoarr
from autoarr import __version__, migrate
from autoarr.database import Database
from autoarr.errors import StartupError
from autoarr.instance import register_start
from autoarr.keys import KeyRing
from autoarr.models import Base, Instance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.app.conftest import Start

KEYS = KeyRing(["k" * 32])

BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "0004"


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO half VALUES (1)")
    op.execute("SELECT * FROM nowhere")
"""


@pytest.fixture
async def database(empty_database_url: URL) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    yield database
    await database.close()


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_migrate(database: Database) -> None:
    assert await migrate.migrate(database) is True
    assert await tables(database) == {"alembic_version", *Base.metadata.tables}
    assert await migrate.migrate(database) is False


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(migrate.alembic_config()).get_heads() == [migrate.HEAD]


async def test_models_and_migrations_agree(database: Database) -> None:
    await migrate.migrate(database)

    def check(connection: Connection) -> None:
        config = migrate.alembic_config()
        config.attributes["connection"] = connection
        config.stdout = io.StringIO()
        command.check(config)

    async with database.engine.connect() as connection:
        await connection.run_sync(check)


async def test_downgrade(database: Database) -> None:
    await migrate.migrate(database)

    def downgrade(connection: Connection) -> None:
        config = migrate.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade)

    assert await tables(database) == {"alembic_version"}


async def test_database_of_the_first_version(database: Database) -> None:
    """What was written at the first revision is there at the newest, and the newest version starts on it."""
    first = uuid.uuid4()

    def make(connection: Connection) -> None:
        config = migrate.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("UPDATE instance SET id = :id, version = '0.1.0'"), {"id": stored(first, database)})

    # migrate() is what makes the data folder; here it is not the one that comes first.
    if database.kind == "sqlite":
        Path(database.url.database or "").parent.mkdir(exist_ok=True)
    async with database.writing_engine.begin() as connection:
        await connection.run_sync(make)

    assert await migrate.migrate(database) is True

    assert await register_start(database, KEYS) == first
    async with database.sessions() as session:
        instance = (await session.scalars(select(Instance))).one()
    assert (instance.version, instance.key_check is None) == (__version__, False)


def stored(value: uuid.UUID, database: Database) -> str:
    """As each engine has it."""
    return value.hex if database.kind == "sqlite" else str(value)


async def test_other_keys_are_refused(database: Database) -> None:
    await migrate.migrate(database)
    await register_start(database, KEYS)

    with pytest.raises(StartupError, match="written with other secret keys"):
        await register_start(database, KeyRing(["x" * 32]))
    # A new first key beside the old one is a rotation.
    await register_start(database, KeyRing(["x" * 32, "k" * 32]))


async def test_together(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    others = [Database(database.url) for _ in range(5)]
    caplog.set_level("INFO")

    migrated = await asyncio.gather(*(migrate.migrate(other) for other in others))
    ids = await asyncio.gather(*(register_start(other, KEYS) for other in others))

    assert sorted(migrated) == [False] * 4 + [True]
    assert len(set(ids)) == 1
    assert [record.message for record in caplog.records].count("database migrated") == 1
    for other in others:
        await other.close()


async def test_together_as_processes(database: Database, start: Start) -> None:
    url = database.url.render_as_string(hide_password=False)
    processes = [start("migrate", DATABASE_URL=url) for _ in range(4)]

    assert [process.wait() for process in processes] == [0] * 4
    logs = [line["message"] for process in processes for line in process.logs]
    assert logs == ["database migrated"]
    async with database.sessions() as session:
        assert len((await session.scalars(select(Instance))).all()) == 1


async def test_newer_database_is_left_alone(database: Database) -> None:
    await migrate.migrate(database)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'fffe'"))
        await connection.execute(text("CREATE TABLE later (id INTEGER)"))

    with pytest.raises(StartupError, match=r"revision fffe, which AutoArr .* a newer AutoArr wrote it"):
        await migrate.migrate(database)

    assert await tables(database) == {"alembic_version", "later", *Base.metadata.tables}
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "fffe"


async def test_failed_migration_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate.migrate(database)
    shutil.copytree(migrate.SCRIPTS, tmp_path / "scripts")
    (tmp_path / "scripts" / "versions" / "9999_broken.py").write_text(BROKEN)
    monkeypatch.setattr(migrate, "SCRIPTS", tmp_path / "scripts")
    current = migrate.HEAD
    monkeypatch.setattr(migrate, "HEAD", "9999")

    with pytest.raises(StartupError, match=r"failed: .*nowhere.*; nothing was changed"):
        await migrate.migrate(database)

    assert await tables(database) == {"alembic_version", *Base.metadata.tables}
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == current


@asynccontextmanager
async def holding_the_lock(database: Database) -> AsyncIterator[None]:
    """What another replica does while it migrates."""
    if database.kind == "sqlite":
        with lock_file(Path(str(database.url.database)).parent):
            yield
        return
    other = Database(database.url)
    async with other.engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(7022647215679238656)"))
        yield
    await other.close()


@contextmanager
def lock_file(folder: Path) -> Iterator[None]:
    folder.mkdir()
    with (folder / ".migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def test_lock_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", 0.2)
    async with holding_the_lock(database):
        with pytest.raises(StartupError, match=r"for more than 0\.2 s"):
            await migrate.migrate(database)

    assert await migrate.migrate(database) is True


def copy_as_bytecode(source: Path, target: Path) -> None:
    """Copy a folder, with .pyc files in the place of .py files."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "ui"))
    compileall.compile_dir(target, quiet=2, legacy=True)
    for file in list(target.rglob("*.py")):
        file.unlink()


async def test_bytecode_alone(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = tmp_path / "scripts"
    copy_as_bytecode(migrate.SCRIPTS, scripts)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)

    assert await migrate.migrate(database) is True


def test_whole_package_as_bytecode_alone(start: Start, tmp_path: Path) -> None:
    package = tmp_path / "bytecode-only" / "autoarr"
    copy_as_bytecode(Path(autoarr.__file__).parent, package)

    path = os.pathsep.join([str(package.parent), *filter(None, sys.path)])  # the dependencies may be anywhere
    process = start("migrate", cwd=package.parent, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")

    assert process.wait() == 0, process.stderr
    assert [line["message"] for line in process.logs] == ["database migrated"]
    assert not list(package.rglob("*.py"))


def test_alembic_command_line(data_dir: Path) -> None:
    """Alembic's own commands connect as the settings say. They run in a thread: they bring their own loop."""
    data_dir.mkdir()
    thread = threading.Thread(target=command.upgrade, args=(migrate.alembic_config(), "head"))
    thread.start()
    thread.join()
    config = migrate.alembic_config()
    config.stdout = io.StringIO()
    command.current(config)

    assert config.stdout.getvalue() == f"{migrate.HEAD} (head)\n"


def test_new_revision(tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data_dir.mkdir()
    scripts = tmp_path / "scripts"
    shutil.copytree(migrate.SCRIPTS, scripts)
    config = migrate.alembic_config()
    config.set_main_option("script_location", str(scripts))
    command.upgrade(config, "head")

    command.revision(config, "add nothing", autogenerate=True, rev_id="9999")

    assert (scripts / "versions" / "9999_add_nothing.py").read_text().startswith('"""add nothing."""')
    assert ScriptDirectory.from_config(config).get_heads() == ["9999"]
    assert "done" in capsys.readouterr().out


async def test_sqlite_settings(made_data_dir: Path) -> None:
    database = Database(URL.create("sqlite+aiosqlite", database=str(made_data_dir / "autoarr.db")))
    async with database.engine.connect() as connection:
        values = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "busy_timeout", "synchronous", "foreign_keys")
        ]
    await database.close()

    assert values == ["wal", 5000, 1, 1]


async def test_instance_keeps_its_identity(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate.migrate(database)
    first = await register_start(database, KEYS)
    monkeypatch.setattr("autoarr.instance.__version__", "9.9.9")
    again = await register_start(database, KEYS)

    async with database.sessions() as session:
        instance = (await session.scalars(select(Instance))).one()
    assert first == again == instance.id
    assert instance.version == "9.9.9"
    assert timedelta(0) <= datetime.now(UTC) - instance.created_at < timedelta(minutes=1)
    assert __version__ != "9.9.9"


async def test_one_instance_only(database: Database) -> None:
    await migrate.migrate(database)
    for key in (1, 2):
        with pytest.raises(IntegrityError):
            async with database.writing.begin() as session:
                session.add(Instance(singleton=key, id=uuid.uuid4(), created_at=datetime.now(UTC)))


async def test_moments_have_a_zone(database: Database) -> None:
    await migrate.migrate(database)
    moment = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    async with database.writing.begin() as session:
        (await session.scalars(select(Instance))).one().created_at = moment
    async with database.sessions() as session:
        stored = (await session.scalars(select(Instance))).one().created_at
    with pytest.raises(StatementError, match="time zone"):
        async with database.writing.begin() as session:
            (await session.scalars(select(Instance))).one().created_at = moment.replace(tzinfo=None)

    assert stored == moment
    assert stored.utcoffset() == timedelta(0)


async def test_up_to_date_database_needs_no_alembic(database: Database, start: Start) -> None:
    await migrate.migrate(database)
    script = (
        "import sys; from autoarr.cli import main; code = main(['migrate']);sys.exit(code or 'alembic' in sys.modules)"
    )

    process = start(script=script, DATABASE_URL=database.url.render_as_string(hide_password=False))

    assert process.wait() == 0, process.stderr
