"""Backup and restore: one file that holds everything, and nothing lost whatever goes wrong."""

from __future__ import annotations

import asyncio
import io
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from autoarr import backup, cli
from autoarr.database import Database
from autoarr.keys import KEY_FILE, read_key_file
from autoarr.migrate import LOCK_FILE, migrate
from autoarr.settings import load_settings
from tests.app.accounts import PASSWORD

if TYPE_CHECKING:
    from tests.app.conftest import Start

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; give its exit code and what it said on stderr."""
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(data_dir))

    def run(*arguments: str | Path) -> tuple[int, str]:
        code = cli.main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return run


@pytest.fixture
def installation(run: Run, data_dir: Path) -> Path:
    """A database with one option, and its keys."""

    async def make() -> None:
        database = Database(load_settings().database_url)
        await migrate(database)
        await database.close()

    asyncio.run(make())
    read_key_file(data_dir / KEY_FILE)
    set_option(data_dir, "before")
    return data_dir


def set_option(data_dir: Path, value: str) -> None:
    with closing(sqlite3.connect(data_dir / "autoarr.db")) as connection, connection:
        connection.execute("REPLACE INTO options VALUES ('x', ?, '2026-01-01', NULL)", (f'"{value}"',))


def option(data_dir: Path, name: str = "autoarr.db") -> str:
    with closing(sqlite3.connect(data_dir / name)) as connection:
        value: str = connection.execute("SELECT value FROM options WHERE key = 'x'").fetchone()[0]
    return value.strip('"')


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_tar(path: Path, *members: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for member, content in members:
            entry = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def test_there_and_back(installation: Path, run: Run, tmp_path: Path) -> None:
    keys = (installation / KEY_FILE).read_text()
    file = tmp_path / "backup.tar"
    assert run("backup", file) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    set_option(installation, "after")
    (installation / KEY_FILE).write_text("x" * 40)

    assert run("restore", file) == (0, "")

    assert option(installation) == "before"
    assert (installation / KEY_FILE).read_text() == keys
    kept = [name for name in names(installation) if ".before-restore-" in name]
    assert len(kept) == 2
    assert option(installation, kept[0]) == "after"
    assert (installation / kept[1]).read_text() == "x" * 40
    for name in ("autoarr.db", KEY_FILE):
        assert stat.S_IMODE((installation / name).stat().st_mode) == 0o600


def test_into_an_empty_folder(installation: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("backup", tmp_path / "backup.tar")
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(tmp_path / "new"))

    assert run("restore", tmp_path / "backup.tar") == (0, "")

    assert option(tmp_path / "new") == "before"
    assert names(tmp_path / "new") == sorted([LOCK_FILE, "autoarr.db", KEY_FILE])


def test_is_not_overwritten(installation: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    file.write_text("precious")
    code, error = run("backup", file)

    assert (code, "--force" in error) == (1, True)
    assert file.read_text() == "precious"
    assert run("backup", file, "--force") == (0, "")
    assert tarfile.is_tarfile(file)


def test_cannot_be_written(installation: Path, run: Run, tmp_path: Path) -> None:
    code, error = run("backup", tmp_path / "nowhere" / "backup.tar")

    assert (code, "can't be written" in error) == (1, True)


def test_nothing_to_back_up(run: Run, tmp_path: Path) -> None:
    code, error = run("backup", tmp_path / "backup.tar")

    assert (code, "there is no database" in error) == (1, True)
    assert not (tmp_path / "backup.tar").exists()


def test_damaged_database_is_not_backed_up(installation: Path, run: Run, tmp_path: Path) -> None:
    path = installation / "autoarr.db"
    content = bytearray(path.read_bytes())
    content[5000:90000] = os.urandom(85000)
    path.write_bytes(content)

    code, error = run("backup", tmp_path / "backup.tar")

    assert code == 1
    assert "damaged" in error or "malformed" in error
    assert not (tmp_path / "backup.tar").exists()


def test_keys_of_the_environment_stay_there(
    installation: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOARR_SECRET_KEY", "s" * 40)
    run("backup", tmp_path / "backup.tar")

    with tarfile.open(tmp_path / "backup.tar") as tar:
        assert tar.getnames() == ["autoarr.db"]
    assert run("restore", tmp_path / "backup.tar") == (0, "")


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, "/etc/passwd"
    return entry


@pytest.mark.parametrize(
    "members",
    [
        [("../autoarr.db", b"x")],
        [("/autoarr.db", b"x")],
        [("./autoarr.db", b"x")],
        [("autoarr.db", b"x"), ("other", b"x")],
        [("autoarr.db", b"x"), ("autoarr.db", b"x")],
        [(link("autoarr.db", tarfile.SYMTYPE), b"")],
        [(link("autoarr.db", tarfile.LNKTYPE), b"")],
        [(link("autoarr.db", tarfile.FIFOTYPE), b"")],
        [(link("autoarr.db", tarfile.DIRTYPE), b"")],
        [(KEY_FILE, b"k" * 40)],
        [("autoarr.db", b"no database" * 1000)],
        [("autoarr.db", b"")],
        [],
    ],
)
def test_strange_archives(
    installation: Path, run: Run, tmp_path: Path, members: list[tuple[str | tarfile.TarInfo, bytes]]
) -> None:
    check_refused(installation, run, write_tar(tmp_path / "strange.tar", *members))


def check_refused(installation: Path, run: Run, file: Path) -> str:
    before = {path.name: path.read_bytes() for path in installation.iterdir()}

    code, error = run("restore", file)

    assert code == 1, error
    assert len(error.splitlines()) == 1
    assert option(installation) == "before"
    assert {path.name: path.read_bytes() for path in installation.iterdir()} == before
    return error


def test_no_archive(installation: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"nothing of use" * 1000)

    check_refused(installation, run, tmp_path / "file")
    assert "No such file" in check_refused(installation, run, tmp_path / "nowhere")


def test_cut_archive(installation: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    run("backup", file)
    file.write_bytes(file.read_bytes()[:50000])

    check_refused(installation, run, file)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE alembic_version SET version_num = 'fffe'", "a newer AutoArr wrote it"),
        ("DROP TABLE alembic_version", "not a database of AutoArr"),
    ],
)
def test_database_that_is_not_ours(installation: Path, run: Run, tmp_path: Path, statement: str, reason: str) -> None:
    run("backup", tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as tar:
        content = tar.extractfile("autoarr.db")
        assert content
        (tmp_path / "changed.db").write_bytes(content.read())
    with closing(sqlite3.connect(tmp_path / "changed.db")) as connection, connection:
        connection.execute(statement)
    changed = write_tar(tmp_path / "changed.tar", ("autoarr.db", (tmp_path / "changed.db").read_bytes()))

    assert reason in check_refused(installation, run, changed)


def test_database_of_an_older_version(installation: Path, run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(installation / "autoarr.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    run("backup", tmp_path / "backup.tar")

    assert run("restore", tmp_path / "backup.tar") == (0, "")


def test_damaged_database_is_replaced(installation: Path, run: Run, tmp_path: Path) -> None:
    """The reason for which there are backups."""
    run("backup", tmp_path / "backup.tar")
    (installation / "autoarr.db").write_bytes(b"noise" * 2000)
    (installation / "autoarr.db-wal").write_bytes(b"noise" * 2000)

    assert run("restore", tmp_path / "backup.tar") == (0, "")

    assert option(installation) == "before"
    kept = [name for name in names(installation) if name.startswith("autoarr.db.before-restore-")]
    assert (installation / kept[0]).read_bytes() == b"noise" * 2000
    assert not (installation / "autoarr.db-wal").exists()


def test_postgresql(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:pa55@db/autoarr")
    for command in ("backup", "restore"):
        code, error = run(command, "backup.tar")
        assert (code, "pg_dump" in error, "pa55" in error) == (1, True, False)


@pytest.mark.thorough
def test_while_the_application_runs(start: Start, run: Run, tmp_path: Path) -> None:
    process = start("serve")
    address = f"http://127.0.0.1:{process.wait_until_listening()}"
    assert httpx2.post(f"{address}/auth/setup", json={"name": "ada", "password": PASSWORD}).status_code == 201
    assert run("backup", tmp_path / "backup.tar") == (0, "")
    code, error = run("restore", tmp_path / "backup.tar")
    assert (code, "is in use; stop AutoArr first" in error) == (1, True)
    made = {"name": "robin", "password": PASSWORD}
    login = httpx2.post(f"{address}/auth/login", json={"name": "ada", "password": PASSWORD}).json()
    headers = {"Authorization": f"Bearer {login['access_token']}"}
    httpx2.post(f"{address}/api/v1/users", json={**made, "role": "requester"}, headers=headers).raise_for_status()
    assert process.stop()[0] == 0

    assert run("restore", tmp_path / "backup.tar") == (0, "")

    process = start("serve")
    address = f"http://127.0.0.1:{process.wait_until_listening()}"
    assert httpx2.post(f"{address}/auth/login", json={"name": "ada", "password": PASSWORD}).status_code == 200
    assert httpx2.post(f"{address}/auth/login", json=made).status_code == 401
    assert process.stop()[0] == 0


def test_lost_keys_are_told(installation: Path, start: Start, run: Run, tmp_path: Path) -> None:
    process = start("serve")
    process.wait_until_listening()
    assert process.stop()[0] == 0
    run("backup", tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as tar:
        content = tar.extractfile("autoarr.db")
        assert content
        without = write_tar(tmp_path / "without.tar", ("autoarr.db", content.read()))
    (installation / KEY_FILE).write_text("y" * 40)

    code, error = run("restore", without)

    assert (code, "written with other secret keys" in error) == (0, True)


def test_nothing_is_left_when_the_disk_is_full(
    installation: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", tmp_path / "backup.tar")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_sync", full)
    assert "No space left" in check_refused(installation, run, tmp_path / "backup.tar")
    code, error = run("backup", tmp_path / "second.tar")
    assert (code, "No space left" in error) == (1, True)
    assert names(tmp_path) == ["backup.tar", "data"]
