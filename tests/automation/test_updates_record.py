"""The record of what updates cost: whole or not written, and the page says it in people's units."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automation.errors import CheckFailed, Stale
from automation.updates import record
from automation.updates.measuring import Pulled, Report, Update

CODE = Update(
    name="code",
    title="a line of code",
    change="a line of autoarr/errors.py",
    goal=500_000,
    pull_bytes=450_000,
    documents_bytes=3000,
    layers=(
        Pulled(digest="sha256:1", pull_bytes=400_000, created_by="COPY /opt/app   / # buildkit"),
        Pulled(digest="sha256:2", pull_bytes=50_000, created_by="RUN " + "x" * 100),
    ),
)
UNCHANGED = Update(name="ui", title="the UI", change="nothing", goal=None, pull_bytes=0)
REPORT = Report(
    variant="distroless", platform="linux/amd64", base="base:1", pull_bytes=20_000_000, updates=(CODE, UNCHANGED)
)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(record, "RECORD", tmp_path / "updates.json")
    return tmp_path


def test_the_record_keeps_what_the_next_run_says_again(kept: Path) -> None:
    record.write(REPORT)
    assert [path.name for path in kept.iterdir()] == ["updates.json"]
    data = json.loads(record.RECORD.read_text(encoding="utf-8"))
    assert data == {
        "version": record.VERSION,
        "facts": {"variant": "distroless", "platform": "linux/amd64"},
        "pull": 20_000_000,
        "updates": [
            {
                "title": "a line of code",
                "pull": 450_000,
                "goal": 500_000,
                "layers": [
                    {"pull": 400_000, "made_by": "COPY /opt/app /"},
                    {"pull": 50_000, "made_by": "RUN " + "x" * 65 + "…"},
                ],
            },
            {"title": "the UI", "pull": 0, "goal": None, "layers": []},
        ],
    }


@pytest.mark.parametrize(
    ("updates", "details"),
    [
        ((), ""),
        (
            (CODE, replace(UNCHANGED, pull_bytes=None, change="skipped: no network")),
            "the UI: skipped: no network",
        ),
    ],
)
def test_a_report_with_holes_is_not_recorded(kept: Path, updates: tuple[Update, ...], details: str) -> None:
    with pytest.raises(CheckFailed, match="figures are missing") as caught:
        record.write(replace(REPORT, updates=updates))
    assert caught.value.details == details
    assert list(kept.iterdir()) == []


def test_the_page(kept: Path) -> None:
    record.write(REPORT)
    page = record.page()
    assert page.splitlines() == [
        "| changed since the last release | to pull | of all | layers |",
        "| --- | ---: | ---: | --- |",
        f"| a line of code | 0.5 MB | 2.2 % | `COPY /opt/app /`, `RUN {'x' * 65}…` |",
        "| the UI | 0 B | 0.0 % |  |",
    ]
    assert record.page(json.loads(record.RECORD.read_text(encoding="utf-8"))) == page


@pytest.mark.parametrize("content", [None, "{", "[]", {"version": record.VERSION + 1}])
def test_a_record_that_is_none(kept: Path, content: Any) -> None:
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        record.RECORD.write_text(text, encoding="utf-8")
    with pytest.raises(Stale, match="record") as caught:
        record.page()
    assert caught.value.hint == record.AGAIN
