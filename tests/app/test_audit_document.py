"""docs/audit-rules.md says what the rules say. To renew it:

./dev python -c "from autoarr.audits.document import render; print(render(), end='')" > docs/audit-rules.md
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autoarr.audits.document import render
from autoarr.audits.rules import RULES

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit-rules.md"


def test_document_is_current() -> None:
    if not DOCUMENT.exists():
        pytest.skip("the documents are not here: this is an image")
    assert DOCUMENT.read_text(encoding="utf-8") == render(), __doc__


def test_document_is_a_table_of_all_rules() -> None:
    rows = [line for line in render().splitlines() if line.startswith("| `")]

    assert [row.split("`")[1] for row in rows] == [rule.id for rule in RULES]
    assert {row.count("|") for row in rows} == {8}
