"""The activity log over the API: filters, pages, files."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from autoarr.api import activity
from autoarr.models import Activity

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def fill(app: FastAPI, *rows: dict[str, Any]) -> None:
    """Replace the log; entries are a minute apart."""
    async with app.state.context.database.writing.begin() as session:
        await session.execute(delete(Activity))
        for number, row in enumerate(rows):
            usual = {"actor": "Ada", "via": "session", "action": "a.b", "outcome": "succeeded", "message": str(number)}
            session.add(Activity(at=START + timedelta(minutes=number), **(usual | row)))


async def messages(admin: httpx2.AsyncClient, **query: Any) -> list[str]:
    answer = await admin.get("/api/v1/activity", params=query)
    assert answer.status_code == 200, answer.text
    return [item["message"] for item in answer.json()["items"]]


async def test_newest_first_in_pages(app: FastAPI, admin: httpx2.AsyncClient) -> None:
    await fill(app, *({} for _ in range(5)))

    assert await messages(admin) == ["4", "3", "2", "1", "0"]
    assert await messages(admin, page=2, page_size=2) == ["2", "1"]


async def test_filters(app: FastAPI, admin: httpx2.AsyncClient) -> None:
    await fill(
        app,
        {"actor": "Robin", "action": "login.failed", "outcome": "refused"},
        {"action": "service.created", "subject": "Sonarr", "message": "Created 100% of Ärger"},
        {"action": "service_created", "outcome": "failed"},
    )

    assert await messages(admin, actor="Robin") == ["0"]
    assert await messages(admin, actor="robin") == []
    assert await messages(admin, action="service.") == ["Created 100% of Ärger"]
    assert await messages(admin, action="service_") == ["2"]  # no wildcard
    assert await messages(admin, outcome="failed") == ["2"]
    assert await messages(admin, subject="Sonarr", text="100% OF") == ["Created 100% of Ärger"]
    assert await messages(admin, text="1%0") == []
    assert await messages(admin, since="2026-01-31T13:01:00+01:00") == ["2", "Created 100% of Ärger"]
    assert await messages(admin, until="2026-01-31T12:01:00Z") == ["0"]


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "since=2026-01-31T12:00:00",
        "since=1769860800",
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        "text=%00",
        "outcome=well",
        "actor=" + "x" * 2001,
    ],
)
async def test_invalid_queries(admin: httpx2.AsyncClient, query: str) -> None:
    for path in ("", "/export"):
        assert (await admin.get(f"/api/v1/activity{path}?{query}")).status_code == 422


async def test_for_administrators(client: httpx2.AsyncClient, requester: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/activity", "/api/v1/activity/export"):
        assert (await client.get(path)).status_code == 401
        assert (await requester.get(path)).status_code == 403


async def test_csv(app: FastAPI, admin: httpx2.AsyncClient) -> None:
    strange = ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\tx", 'a "b", c', "two\nlines", "Ärger"]
    await fill(app, *({"message": text, "data": {"n": 1}} for text in strange))

    answer = await admin.get("/api/v1/activity/export")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="autoarr-activity.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    harmless = [f"'{text}" if text[0] in "=+-@\t" else text for text in strange]
    assert [row["message"] for row in rows] == harmless[::-1]
    assert rows[0]["data"] == '{"n": 1}'
    assert (rows[0]["actor"], rows[0]["subject"]) == ("Ada", "")
    assert datetime.fromisoformat(rows[-1]["at"]) == START


async def test_json_lines_with_filters(app: FastAPI, admin: httpx2.AsyncClient) -> None:
    await fill(app, {"actor": "Robin"}, {}, {"data": {"n": 1}})

    answer = await admin.get("/api/v1/activity/export?format=jsonl&actor=Ada")

    assert answer.headers["content-type"] == "application/jsonl"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["message"], line["data"]) for line in lines] == [("2", {"n": 1}), ("1", None)]


@pytest.mark.parametrize("count", [0, 2, 4, 5])
async def test_export_goes_through_all(
    app: FastAPI, admin: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(activity, "EXPORTED_AT_ONCE", 2)
    await fill(app, *({} for _ in range(count)))

    answer = await admin.get("/api/v1/activity/export?format=jsonl")

    assert [json.loads(line)["message"] for line in answer.text.splitlines()] == [str(n) for n in range(count)][::-1]
