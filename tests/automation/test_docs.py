from __future__ import annotations

from pathlib import Path

import pytest

from automation import docs
from automation.errors import Stale


def test_generated_parts_are_made_anew_and_the_rest_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- generated: tasks -->\nwhat stood there before\n<!-- end -->\nafter\n")
    monkeypatch.setattr(docs, "DOCUMENTS", (page,))
    with pytest.raises(Stale, match=r"page\.md"):
        docs.write_all(check=True)
    assert docs.write_all() == [page]
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| `invoke build` | Build the image" in text
    assert "what stood there before" not in text
    assert docs.write_all() == []
    docs.write_all(check=True)


@pytest.mark.parametrize("name", sorted(docs.GENERATORS))
def test_every_generator_makes_tables(name: str) -> None:
    blocks = docs.GENERATORS[name]().replace("\\|", "").split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert tables
    for lines in tables:
        assert len(lines) > 3
        assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_what_is_committed_is_current() -> None:
    docs.write_all(check=True)
