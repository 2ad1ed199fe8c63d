"""Structured logs: one JSON object a line on stdout, or plain text for a terminal."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from autoarr.settings import Settings

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being answered; every log line written meanwhile carries it."""


def rfc3339(moment: float) -> str:
    """Write seconds since the epoch as RFC 3339 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class _JsonFormatter(JsonFormatter):
    def __init__(self) -> None:
        # Uvicorn adds a copy of its message with terminal colours to each record.
        super().__init__(reserved_attrs=[*RESERVED_ATTRS, "color_message"], json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = rfc3339(record.created)
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["message"] = record.getMessage()
        if identifier := request_id.get():
            log_data["request_id"] = identifier
        super().add_fields(log_data, record, message_dict)


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return rfc3339(record.created)


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every logger's records to `stream`, else to stdout, in the format and from the level that the settings
    name."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_JsonFormatter() if settings.log_format == "json" else _TextFormatter())
    logging.basicConfig(handlers=[handler], level=settings.log_level_number, force=True)
    logging.captureWarnings(True)
    # Their records of single statements and plans are of no use to who runs AutoArr.
    for name in ("alembic", "aiosqlite"):
        logging.getLogger(name).setLevel(logging.WARNING)
