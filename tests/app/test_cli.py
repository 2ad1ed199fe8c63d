"""The command line: what each command does, its exit codes, and how little it imports."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import autoarr
from autoarr import cli

if TYPE_CHECKING:
    from tests.app.conftest import Start

HEAVY = {"alembic", "anthropic", "asyncpg", "fastapi", "mcp", "pydantic", "redis", "sqlalchemy", "uvicorn"}


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == f"{autoarr.__version__}\n"


def test_version_is_the_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(autoarr), "__version__", raising=False)
    monkeypatch.setattr(metadata, "version", {"autoarr": "1.2.3"}.__getitem__)

    assert autoarr.__version__ == "1.2.3"
    monkeypatch.delitem(vars(autoarr), "__version__")


def test_version_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.delitem(vars(autoarr), "__version__", raising=False)
    monkeypatch.setattr(metadata, "version", version)

    assert autoarr.__version__ == "0.0.0+not.installed"
    monkeypatch.delitem(vars(autoarr), "__version__")


def test_no_other_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        autoarr.nothing  # noqa: B018


def test_typed() -> None:
    assert (Path(autoarr.__file__).parent / "py.typed").is_file()


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as help_shown:
        cli.main(["--help"])
    text = capsys.readouterr().out
    with pytest.raises(SystemExit) as unknown:
        cli.main(["nothing"])

    assert (help_shown.value.code, unknown.value.code) == (0, 2)
    assert cli.COMMANDS.keys() <= set(text.split())


@pytest.mark.parametrize("command", [[], ["serve"], ["migrate"]])
def test_bad_settings(command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AUTOARR_PORT", "x")
    monkeypatch.setattr("signal.signal", lambda number, handler: None)

    assert cli.main(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("autoarr: AUTOARR_PORT='x' can't be used: ")
    assert len(error.splitlines()) == 1


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "migrate", (interrupted, ""))

    assert cli.main(["migrate"]) == 130


def test_data_folder_cannot_be_made(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cases = [(command, folder) for command in ("serve", "migrate") for folder in ("/proc/autoarr", "file/data")]
    processes = [start(command, AUTOARR_DATA_DIR=folder) for command, folder in cases]

    for (_, folder), process in zip(cases, processes, strict=True):
        assert process.wait() == 1
        (line,) = process.stderr.splitlines()
        pattern = rf"autoarr: the data folder \S*{folder} can't be written: .*; make it writable for"
        assert re.match(pattern, line)


def test_data_folder_is_read_only(start: Start, made_data_dir: Path) -> None:
    """As root, permissions forbid nothing; the folder's lock is then in the way instead."""
    (made_data_dir / ".migrate.lock").mkdir()
    made_data_dir.chmod(0o555)

    process = start("migrate")

    assert process.wait() == 1
    assert "can't be written" in process.stderr
    assert "Traceback" not in process.stderr
    made_data_dir.chmod(0o755)


def test_database_file_cannot_be_opened(start: Start, made_data_dir: Path) -> None:
    (made_data_dir / "autoarr.db").mkdir()

    process = start("migrate")

    assert process.wait() == 1
    (line,) = process.stderr.splitlines()
    assert "can't be reached: OperationalError: unable to open database file; check DATABASE_URL" in line


def test_file_is_no_database(start: Start, made_data_dir: Path) -> None:
    (made_data_dir / "autoarr.db").write_text("something else" * 100)

    process = start("migrate")

    assert process.wait() == 1
    (line,) = process.stderr.splitlines()
    assert "file is not a database" in line
    assert (made_data_dir / "autoarr.db").read_text() == "something else" * 100


def test_database_cannot_be_reached(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}/autoarr"
        url = f"postgresql://autoarr:pa55@{address}"
        processes = [start(command, DATABASE_URL=url) for command in ("serve", "migrate")]

        assert [process.wait() for process in processes] == [1, 1]
    for process in processes:
        (line,) = process.stderr.splitlines()
        assert f"postgresql+asyncpg://autoarr:***@{address} can't be reached: ConnectionRefusedError" in line
        assert "pa55" not in str(process.logs)


@pytest.mark.usefixtures("own_root_logger")
def test_newer_database(start: Start, data_dir: Path) -> None:
    assert cli.main(["migrate"]) == 0
    with sqlite3.connect(data_dir / "autoarr.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'fffe'")
    connection.close()
    before = (data_dir / "autoarr.db").read_bytes()

    process = start("serve")

    assert process.wait() == 1
    (line,) = process.stderr.splitlines()
    assert "a newer AutoArr wrote it. Nothing was changed; start the newer version" in line
    assert (data_dir / "autoarr.db").read_bytes() == before


def imported_by(code: str) -> set[str]:
    """Import or run something in a fresh interpreter, and tell which heavy packages that loaded."""
    root = str(Path(autoarr.__file__).parent.parent)
    script = f"import sys; sys.path.insert(0, {root!r}); {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.split())


def test_light_commands_stay_light() -> None:
    assert imported_by("from autoarr.cli import main; main(['healthcheck']); main(['version'])") == set()


def test_server_leaves_out_what_it_may_not_need() -> None:
    assert imported_by("import autoarr.server") == {"fastapi", "pydantic", "sqlalchemy", "uvicorn"}
