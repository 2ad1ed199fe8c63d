"""Settings, from the environment and from a file; the environment wins."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AliasChoices, AwareDatetime, Field, PlainValidator, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from autoarr import environment
from autoarr.errors import SettingsError

DATABASE_FILE = "autoarr.db"
_POSTGRESQL = {"postgres", "postgresql", "postgresql+asyncpg"}
_SQLITE = {"sqlite", "sqlite+aiosqlite"}
_SECRET_FIELDS = {"anthropic_api_key", "anthropic_base_url", "database_url", "redis_url", "secret_key"}
_API_KEY_NAMES = (f"{environment.PREFIX}ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY")


def parse_database_url(value: str | URL) -> URL:
    """Turn a database URL as people write it into the one SQLAlchemy's async drivers take.

    libpq's ``sslmode`` becomes asyncpg's ``ssl``: hosted databases hand out URLs with the former.
    """
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("it is not a URL") from None
    if url.drivername in _POSTGRESQL:
        ssl = url.query.get("ssl") or url.query.get("sslmode")
        if unknown := sorted(url.query.keys() - {"ssl", "sslmode"}):
            raise ValueError(f"the parameter {', '.join(unknown)} is not supported; only sslmode is")
        if not url.host or not url.database:
            raise ValueError("it names no host or no database")
        return url.set(drivername="postgresql+asyncpg", query={"ssl": ssl} if ssl else {})
    if url.drivername in _SQLITE:
        if url.database in (None, "", ":memory:") or url.query:
            raise ValueError("SQLite needs the path of a file and takes no parameters")
        return url.set(drivername="sqlite+aiosqlite")
    raise ValueError("this kind of database is not supported")


def _check_redis_url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it is not a Redis URL")
    return value


class Settings(BaseSettings):
    """Every setting. A field's description says what is accepted; error messages quote it."""

    model_config = SettingsConfigDict(
        env_prefix=environment.PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    host: str = Field(default=environment.DEFAULT_HOST, description="the address to listen on")
    port: int = Field(
        default=environment.DEFAULT_PORT,
        ge=0,
        le=65535,
        description="a port number up to 65535; 0 picks a free one",
    )
    data_dir: Path = Field(
        default=Path(environment.DEFAULT_DATA_DIR),
        description="the folder that holds everything AutoArr writes",
    )
    ui_dir: Path = Field(
        default=Path(__file__).parent / "ui" / "dist", description="the folder of the built user interface"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="debug, info, warning or error"
    )
    log_format: Literal["json", "text"] = Field(default="json", description="json or text")
    shutdown_grace: int = Field(
        default=2, ge=0, le=600, description="whole seconds, 0 to 600, that open requests have when stopping"
    )
    revision: str | None = Field(default=None, description="the commit this build was made from")
    created: AwareDatetime | None = Field(
        default=None, description="when this build was made, such as 2026-01-31T12:00:00Z"
    )
    database_url: Annotated[URL, NoDecode, PlainValidator(parse_database_url)] = Field(
        default=URL.create("sqlite+aiosqlite"),
        validate_default=False,
        validation_alias="DATABASE_URL",
        description="postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite+aiosqlite:///PATH",
    )
    redis_url: SecretStr | None = Field(
        default=None, validation_alias="REDIS_URL", description="redis://:PASSWORD@HOST:PORT/NUMBER"
    )

    secret_key: SecretStr | None = Field(
        default=None,
        description="random texts of 32 characters or more, separated by commas; the first signs and encrypts. "
        "Without it there is a file secret.key in the data folder",
    )
    trusted_proxies: str = Field(
        default="",
        description="addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas; * for any",
    )
    trash_source: str | None = Field(
        default=None,
        description="the folder of TRaSH-Guides' JSON (docs/json of its repository), or the https address of a .zip or "
        ".tar.gz that holds it",
    )
    mcp_hosts: str = Field(
        default="",
        description="names, with or without a port, by which /mcp may be asked, separated by commas; empty for any",
    )
    mcp_origins: str = Field(
        default="",
        description="addresses of other sites whose pages may ask /mcp, such as https://chat.example.org, separated by "
        "commas",
    )

    anthropic_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices(*_API_KEY_NAMES),
        description="a key of the Anthropic API, from https://platform.claude.com/settings/keys",
    )
    anthropic_base_url: str = Field(
        default="https://api.anthropic.com",
        pattern=r"^https?://[^\s@?#]+$",
        description="the address of the Anthropic API or of a gateway to it, such as https://gateway.example",
    )
    chat_model: str = Field(default="claude-sonnet-5-5", pattern=r"^[\x21-\x7e]{1,64}$", description="a model's id")
    chat_prices: str | None = Field(
        default=None,
        pattern=r"^\d{1,6}(\.\d{1,6})?/\d{1,6}(\.\d{1,6})?$",
        description="US dollars for a million tokens, input/output, such as 2/10",
    )
    chat_calls: int = Field(default=12, ge=1, le=100, description="1 to 100 calls of the model for one message")
    chat_output_tokens: int = Field(
        default=8192, ge=256, le=128_000, description="256 to 128000 tokens, in which one call has to end"
    )
    chat_conversation_tokens: int = Field(default=500_000, ge=0, description="a number of tokens; 0: none at all")
    chat_day_tokens: int = Field(default=2_000_000, ge=0, description="a number of tokens; 0: none at all")
    chat_conversation_usd: float = Field(default=2.0, ge=0, allow_inf_nan=False, description="US dollars, such as 0.5")
    chat_day_usd: float = Field(default=5.0, ge=0, allow_inf_nan=False, description="US dollars, such as 2.5")

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _ignore_case(cls, value: Any, info: Any) -> Any:
        if not isinstance(value, str):
            return value
        return value.upper() if info.field_name == "log_level" else value.lower()

    @field_validator("data_dir", "ui_dir")
    @classmethod
    def _make_absolute(cls, value: Path) -> Path:
        return value.absolute()

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return _check_redis_url(value) if value else None

    @field_validator("secret_key")
    @classmethod
    def _check_secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value and any(len(part.strip()) < 32 for part in value.get_secret_value().split(",")):
            raise ValueError("each part needs 32 characters or more")
        return value

    @field_validator("anthropic_api_key")
    @classmethod
    def _check_api_key(cls, value: SecretStr | None) -> SecretStr | None:
        # It goes into a header, where a line break pasted along would be refused with the key in the message.
        if value and not re.fullmatch(r"[\x21-\x7e]{1,512}", value.get_secret_value()):
            raise ValueError("it has characters that no key has")
        return value

    def model_post_init(self, context: Any, /) -> None:
        """Put the default database into the data folder."""
        if self.database_url.database is None:
            url = self.database_url.set(database=str(self.data_dir / DATABASE_FILE))
            object.__setattr__(self, "database_url", url)

    @property
    def log_level_number(self) -> int:
        """The level as `logging` counts it."""
        return logging.getLevelNamesMapping()[self.log_level]


def load_settings() -> Settings:
    """Read the settings of this process.

    Raises:
        SettingsError: one line for each setting that can't be used: which, why, and what is accepted.
    """
    path = environment.find_env_file()
    try:
        return Settings(_env_file=path, _env_file_encoding="utf-8")  # type: ignore[call-arg]  # hidden from mypy
    except UnicodeDecodeError:
        raise SettingsError(f"{path} can't be used: it is not UTF-8 text") from None
    except ValidationError as error:
        in_file = dotenv_values(path, encoding="utf-8") if path else {}
        lines = [_explain(dict(item), in_file) for item in error.errors(include_url=False)]
        raise SettingsError("\n".join(lines)) from None


def _explain(error: dict[str, Any], in_file: dict[str, str | None]) -> str:
    location = str(error["loc"][0])
    if location in _API_KEY_NAMES:
        location = next((name for name in _API_KEY_NAMES if os.environ.get(name) or in_file.get(name)), location)
        field_name = "anthropic_api_key"
    else:
        field_name = location.lower()
    field = Settings.model_fields[field_name]
    name = location if field.validation_alias else environment.PREFIX + location.upper()
    value = os.environ.get(name) or in_file.get(name)
    shown = name if field_name in _SECRET_FIELDS else f"{name}={value!r}"
    hint = ""
    if value and value.startswith("tcp://"):
        hint = " (Kubernetes sets this for a service called autoarr; switch enableServiceLinks off)"
    reason = error["msg"].removeprefix("Value error, ").replace("Input should", "it should", 1)
    return f"{shown} can't be used: {reason}{hint}; accepted: {field.description}"
