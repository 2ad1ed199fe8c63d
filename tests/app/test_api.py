"""The API's answers, errors and headers."""

from __future__ import annotations

import logging
import platform
import re
import sysconfig
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.responses import StreamingResponse

from autoarr import __version__
from autoarr.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI
    from starlette.types import Message

    from autoarr.settings import Settings


async def test_health(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_about(client: httpx2.AsyncClient) -> None:
    about = (await client.get("/api/v1/about")).json()

    libc = about.pop("libc")
    assert libc["name"] == ("musl" if "musl" in str(sysconfig.get_config_var("SOABI")) else "glibc")
    assert re.fullmatch(r"\d+\.\d+.*", libc["version"])
    assert uuid.UUID(about.pop("instance_id")).version == 4
    started = datetime.fromisoformat(about.pop("started_at"))
    assert 0 <= (datetime.now(UTC) - started).total_seconds() < 60
    assert 0 <= about.pop("uptime_s") < 60
    assert about.pop("platform") in {"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386"}
    assert about == {
        "name": "AutoArr",
        "version": __version__,
        "revision": None,
        "created": None,
        "python": platform.python_version(),
        "implementation": "CPython",
        "database": "sqlite",
    }


async def test_about_this_build(settings: Settings) -> None:
    created = datetime(2026, 1, 31, 12, tzinfo=UTC)
    built = settings.model_copy(update={"revision": "4c1f3a1", "created": created})
    app = create_app(built)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://autoarr") as client,
    ):
        about = (await client.get("/api/v1/about")).json()

    assert (about["revision"], about["created"]) == ("4c1f3a1", "2026-01-31T12:00:00Z")


def check_problem(answer: httpx2.Response, status: int, title: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "about:blank"
    assert (problem["status"], problem["title"]) == (status, title)
    assert problem["instance"] == answer.request.url.path
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


async def test_not_found(client: httpx2.AsyncClient) -> None:
    problem = check_problem(await client.get("/api/v1/nothing"), 404, "Not Found")

    assert "detail" not in problem


async def test_method_not_allowed(client: httpx2.AsyncClient) -> None:
    for path, allowed in (
        ("/health", "GET"),
        ("/api/openapi.json", "GET, HEAD"),
        ("/api/v1/services", "GET, POST"),
        ("/api/v1/services/test", "POST"),
        (f"/api/v1/users/{uuid.uuid4()}", "DELETE, GET, PATCH"),
        ("/page", "GET, HEAD"),
    ):
        answer = await client.request("PROPFIND", path)
        check_problem(answer, 405, "Method Not Allowed")
        assert answer.headers["allow"] == allowed


async def test_invalid_request_is_not_echoed(app: FastAPI, client: httpx2.AsyncClient) -> None:
    @app.get("/api/v1/page")
    async def get_page(page: int) -> int:
        return page

    problem = check_problem(await client.get("/api/v1/page?page=pa55"), 422, HTTPStatus(422).phrase)

    assert problem["errors"][0]["location"] == ["query", "page"]
    assert "integer" in problem["errors"][0]["message"]
    assert "pa55" not in str(problem)


async def test_unhandled_error(app: FastAPI, client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/api/v1/bug")
    async def get_bug() -> None:
        raise RuntimeError("pa55")

    answer = await client.get("/api/v1/bug")

    problem = check_problem(answer, 500, "Internal Server Error")
    assert "pa55" not in answer.text
    assert "logs" in problem["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "pa55" in str(record.exc_info)


async def test_error_after_the_answer_began(app: FastAPI, client: httpx2.AsyncClient) -> None:
    @app.get("/api/v1/broken")
    async def get_broken() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("cut")

        return StreamingResponse(chunks())

    with pytest.raises(RuntimeError, match="cut"):
        await client.get("/api/v1/broken")


@pytest.mark.parametrize("path", ["/health", "/api/v1/about", "/api/v1/nothing", "/", "/assets/missing.js"])
async def test_security_headers(client: httpx2.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


async def test_unknown_websocket_is_refused(app: FastAPI) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/ws/nothing", "headers": [], "query_string": b""}, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize("given", ["abc-1.2_Z", "x" * 128])
async def test_sane_request_id_is_kept(client: httpx2.AsyncClient, given: str) -> None:
    assert (await client.get("/health", headers={"X-Request-ID": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "a\tb"])
async def test_other_request_id_is_replaced(client: httpx2.AsyncClient, given: str) -> None:
    made = (await client.get("/health", headers={"X-Request-ID": given})).headers["x-request-id"]

    assert re.fullmatch(r"[0-9a-f]{32}", made)


async def test_openapi(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()

    assert document["info"]["version"] == __version__
    assert {path.split("/")[1] for path in document["paths"]} == {"health", "auth", "api"}
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            assert operation["description"], path
            problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert {"type", "title", "status", "detail", "instance"} <= problem["properties"].keys()
        assert_references_resolve(item, document)
    for path in ("/health", "/health/ready", "/api/v1/about"):
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert "example" in document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], path
    unavailable = document["paths"]["/health/ready"]["get"]["responses"]["503"]
    assert unavailable["content"]["application/json"]["example"]["status"] == "unavailable"


def assert_references_resolve(node: object, document: dict[str, Any]) -> None:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            target: Any = document
            for key in reference.removeprefix("#/").split("/"):
                target = target[key]
        for value in node.values():
            assert_references_resolve(value, document)
    elif isinstance(node, list):
        for value in node:
            assert_references_resolve(value, document)


async def test_examples_are_what_the_api_answers(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()

    about = (await client.get("/api/v1/about")).json()
    assert document["components"]["schemas"]["About"]["example"].keys() == about.keys()
    ready = (await client.get("/health/ready")).json()
    assert document["components"]["schemas"]["Readiness"]["example"].keys() == ready.keys()


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/api/docs"])
async def test_no_page_that_loads_from_elsewhere(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert "script" not in answer.text


def test_settings_of_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOARR_DATA_DIR", str(tmp_path / "own"))

    assert create_app().state.context.settings.data_dir == tmp_path / "own"
