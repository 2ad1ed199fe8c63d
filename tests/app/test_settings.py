"""Settings: where they come from, what is accepted, and what is said of what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

import autoarr
from autoarr.environment import find_env_file, read_value
from autoarr.errors import SettingsError
from autoarr.settings import Settings, load_settings, parse_database_url


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings()

    assert (settings.host, settings.port) == ("0.0.0.0", 8088)
    assert settings.data_dir == tmp_path / "data"
    assert settings.database_url == make_url(f"sqlite+aiosqlite:///{tmp_path}/data/autoarr.db")
    assert settings.ui_dir == Path(autoarr.__file__).parent / "ui" / "dist"
    assert (settings.log_level, settings.log_format, settings.shutdown_grace) == ("INFO", "json", 2)
    assert (settings.redis_url, settings.revision, settings.created) == (None, None, None)


def test_environment_wins_over_file_in_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(tmp_path))
    (tmp_path / "autoarr.env").write_text("AUTOARR_PORT=1111\nAUTOARR_LOG_LEVEL=debug\nUNRELATED=1\n")
    monkeypatch.setenv("AUTOARR_PORT", "2222")

    settings = load_settings()

    assert (settings.port, settings.log_level, settings.log_level_number) == (2222, "DEBUG", 10)
    assert (read_value("PORT", "3"), read_value("LOG_LEVEL", "x"), read_value("HOST", "h")) == (
        "2222",
        "debug",
        "h",
    )


def test_named_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "own.env"
    file.write_text("DATABASE_URL=postgresql://autoarr:pw@db/autoarr\nREDIS_URL=redis://cache\n")
    monkeypatch.setenv("AUTOARR_ENV_FILE", str(file))

    settings = load_settings()

    assert find_env_file() == file
    assert settings.database_url.host == "db"
    assert settings.redis_url is not None


def test_named_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_ENV_FILE", "/nowhere/autoarr.env")

    with pytest.raises(SettingsError, match=r"AUTOARR_ENV_FILE='/nowhere/autoarr\.env' can't be used"):
        load_settings()


def test_file_must_be_text(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "autoarr.env").write_bytes(b"AUTOARR_PORT=\xff\xfe")

    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings()


def test_empty_means_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTOARR_PORT", "AUTOARR_REVISION", "AUTOARR_CREATED", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "")

    settings = load_settings()

    assert settings.port == 8088
    assert (settings.revision, settings.created) == (None, None)


@pytest.mark.parametrize(
    ("name", "value", "reason", "accepted"),
    [
        ("AUTOARR_PORT", "http", "it should be a valid integer", "a port number up to 65535"),
        ("AUTOARR_PORT", "65536", "it should be less than or equal to 65535", "a port number up to 65535"),
        ("AUTOARR_PORT", "tcp://10.0.0.1:8088", "enableServiceLinks", "a port number up to 65535"),
        ("AUTOARR_LOG_LEVEL", "loud", "it should be 'DEBUG', 'INFO'", "debug, info, warning or error"),
        ("AUTOARR_LOG_FORMAT", "xml", "it should be 'json' or 'text'", "json or text"),
        ("AUTOARR_SHUTDOWN_GRACE", "-1", "greater than or equal to 0", "whole seconds"),
        ("AUTOARR_CREATED", "2026-01-31T12:00:00", "timezone", "2026-01-31T12:00:00Z"),
        ("DATABASE_URL", "nonsense", "it is not a URL", "postgresql://"),
        ("DATABASE_URL", "mysql://root:pa55@db/autoarr", "this kind of database", "sqlite+aiosqlite:///PATH"),
        ("DATABASE_URL", "postgresql://u:pa55@/autoarr", "names no host", "postgresql://"),
        ("DATABASE_URL", "postgresql://u:pa55@db/a?options=x", "parameter options is not", "postgresql://"),
        ("DATABASE_URL", "postgresql://u:pa55@db:port/a", "it is not a URL", "postgresql://"),
        ("DATABASE_URL", "sqlite+aiosqlite://", "needs the path of a file", "sqlite+aiosqlite:///PATH"),
        (
            "DATABASE_URL",
            "sqlite+aiosqlite:///:memory:",
            "needs the path of a file",
            "sqlite+aiosqlite:///PATH",
        ),
        ("REDIS_URL", "http://:pa55@cache", "it is not a Redis URL", "redis://"),
        ("AUTOARR_ANTHROPIC_API_KEY", "sk pa55", "characters that no key has", "https://platform.claude.com"),
        ("ANTHROPIC_API_KEY", "sk-pa55\n", "characters that no key has", "https://platform.claude.com"),
        ("AUTOARR_ANTHROPIC_BASE_URL", "gateway", "match pattern", "https://gateway.example"),
        ("AUTOARR_ANTHROPIC_BASE_URL", "https://u:pa55@gateway", "match pattern", "https://gateway.example"),
        ("AUTOARR_CHAT_PRICES", "2", "match pattern", "input/output"),
        ("AUTOARR_CHAT_CALLS", "0", "greater than or equal to 1", "calls of the model"),
        ("AUTOARR_CHAT_DAY_USD", "inf", "finite number", "US dollars"),
    ],
)
def test_refused(name: str, value: str, reason: str, accepted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        load_settings()

    (line,) = str(caught.value).splitlines()
    assert line.startswith(name)
    assert reason in line
    assert accepted in line.partition("; accepted: ")[2]
    assert "pa55" not in line
    assert caught.value.exit_code == 2


def test_the_key_of_the_anthropic_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that other programs know it by as well, but ours wins; also from the file."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "autoarr.env").write_text("ANTHROPIC_API_KEY=sk-file\n")

    def key() -> str | None:
        secret = load_settings().anthropic_api_key
        return secret.get_secret_value() if secret else None

    assert key() == "sk-file"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-theirs")
    assert key() == "sk-theirs"
    monkeypatch.setenv("AUTOARR_ANTHROPIC_API_KEY", "sk-ours")
    assert key() == "sk-ours"
    assert "sk-" not in repr(load_settings())
    for name in ("ANTHROPIC_API_KEY", "AUTOARR_ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "")
    (tmp_path / "data" / "autoarr.env").write_text("")
    assert key() is None


def test_each_bad_setting_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_PORT", "x")
    monkeypatch.setenv("AUTOARR_LOG_FORMAT", "y")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert [line.partition("=")[0] for line in str(caught.value).splitlines()] == [
        "AUTOARR_PORT",
        "AUTOARR_LOG_FORMAT",
    ]


def test_value_from_file_is_shown(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "autoarr.env").write_text("AUTOARR_PORT=x\n")

    with pytest.raises(SettingsError, match="AUTOARR_PORT='x'"):
        load_settings()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_postgresql_urls(scheme: str) -> None:
    url = parse_database_url(f"{scheme}://user:p%40ss@db:5433/name?sslmode=require")

    assert url.drivername == "postgresql+asyncpg"
    assert (url.password, url.host, url.port, url.database) == ("p@ss", "db", 5433, "name")
    assert url.query == {"ssl": "require"}


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
def test_sqlite_urls(scheme: str) -> None:
    assert parse_database_url(f"{scheme}:////srv/a.db") == make_url("sqlite+aiosqlite:////srv/a.db")


def test_no_secret_in_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:pa55@db/name")
    monkeypatch.setenv("REDIS_URL", "redis://:pa55@cache")

    settings = load_settings()

    assert "pa55" not in repr(settings)
    assert "pa55" not in settings.model_dump_json(exclude={"database_url"})
    assert isinstance(settings, Settings)


def test_a_settings_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(tmp_path))
    (tmp_path / "autoarr.env").write_text("AUTOARR_PORT=1\n")
    readable = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK and readable(path, mode))
    with pytest.raises(SettingsError, match=r"autoarr\.env can't be read"):
        find_env_file()


def test_a_data_folder_that_cannot_be_entered_is_left_to_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root enters every folder, so the folder's answer is put in its place."""
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(Path, "is_file", lambda path: pytest.fail("raises where the folder can't be entered"))
    assert find_env_file() is None
