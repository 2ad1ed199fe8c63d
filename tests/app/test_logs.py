"""Logs as they reach stdout."""

from __future__ import annotations

import json
import logging
import re
import warnings
from typing import TYPE_CHECKING

import pytest

from autoarr import logs

if TYPE_CHECKING:
    import httpx2

    from autoarr.settings import Settings


pytestmark = pytest.mark.usefixtures("own_root_logger")


def configure(settings: Settings, **update: str) -> None:
    logs.configure_logging(settings.model_copy(update=update))


def test_json(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configure(settings)

    logging.getLogger("autoarr.test").warning("half of %s é", "it", extra={"path": "/x", "color_message": "x"})

    line = json.loads(capsys.readouterr().out)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "warning", "logger": "autoarr.test", "message": "half of it é", "path": "/x"}


def test_one_line_even_for_a_traceback(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configure(settings)
    try:
        raise RuntimeError("cause")
    except RuntimeError:
        logging.getLogger("autoarr.test").exception("failed\nbadly")

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "failed\nbadly"
    assert "RuntimeError: cause" in json.loads(line)["exc_info"]


def test_text(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configure(settings, log_format="text")

    logging.getLogger("autoarr.test").info("half")

    assert re.fullmatch(r"\d{4}-\S+Z INFO    autoarr\.test: half\n", capsys.readouterr().out)


def test_level(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configure(settings, log_level="ERROR")

    logging.getLogger("autoarr.test").warning("half")

    assert capsys.readouterr().out == ""


def test_warnings_and_uvicorn_go_the_same_way(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configure(settings)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)  # again: the context above put Python's own display back
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    logging.getLogger("uvicorn.error").info("started")

    assert [json.loads(line)["logger"] for line in capsys.readouterr().out.splitlines()] == [
        "py.warnings",
        "uvicorn.error",
    ]


async def test_access_line(settings: Settings, client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    configure(settings)

    await client.get("/api/v1/about?token=pa55", headers={"X-Request-ID": "abc"})

    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    (line,) = [line for line in lines if line["logger"].startswith("autoarr")]  # the client logs, too
    assert line.pop("duration_ms") >= 0
    assert line.pop("message").startswith("GET /api/v1/about 200 ")
    del line["time"]
    assert line == {
        "level": "info",
        "logger": "autoarr.access",
        "request_id": "abc",
        "method": "GET",
        "path": "/api/v1/about",
        "status": 200,
    }
    assert "pa55" not in str(line)


async def test_request_id_ends_with_the_request(client: httpx2.AsyncClient) -> None:
    await client.get("/health")

    assert logs.request_id.get() is None
