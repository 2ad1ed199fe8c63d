"""A budget fails the image that exceeds it and names who did, goes down by itself, and never up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from automation.errors import CheckFailed
from automation.reports import Verdict
from automation.size import budget
from automation.size.facts import Ledger, Owner, Size

BEFORE = """\
# The project.
[project]
name = "x" # disk = 1

"""
AFTER = """
[tool.other]
disk = 5_000_000 # not ours
"""
MB = 1_000_000


def owner(name: str, disk: int, *, pull: int = 0, kind: str = "python") -> Owner:
    return Owner(
        kind=kind,
        name=name,
        version="1",
        disk_bytes=disk,
        pull_bytes=pull or disk // 3,
        files=1,
        kinds={},
        largest={},
    )


def ledger(*owners: Owner, base: str = "autoarr-base/python:3.11-musl-0123", platform: str = "linux/amd64") -> Ledger:
    found = owners or (owner("big", 20 * MB), owner("middle", 5 * MB), owner("tiny", 40_000), owner("mini", 30_000))
    return Ledger(
        reference="image",
        digest="",
        platform=platform,
        base=base,
        variant="musl-variant",
        disk_bytes=sum(item.disk_bytes for item in found),
        pull_bytes=sum(item.pull_bytes for item in found),
        visible_bytes=0,
        hidden_bytes=0,
        hidden_pull_bytes=0,
        structure_pull_bytes=0,
        config_bytes=0,
        manifest_bytes=0,
        estimated=False,
        owners=found,
        kinds=(),
        layers=(),
        duplicates=(),
        hidden=(),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A pyproject with a budget as `ratchet` makes it, comments added by a person."""
    path = tmp_path / "pyproject.toml"
    path.write_text(BEFORE, encoding="utf-8")
    assert budget.ratchet("musl-variant", ledger(), path) == ["made the size budget of musl-variant"]
    text = path.read_text(encoding="utf-8").replace(
        "disk = 25_070_000\n", "disk = 25_070_000 # measured, disk = ours\n"
    )
    assert "# measured" in text
    path.write_text(text + AFTER, encoding="utf-8")
    return path


def test_what_was_measured_is_within(file: Path) -> None:
    found = budget.require("musl-variant", ledger(), file)
    assert (found.verdict, found.detail) == (Verdict.PASSED, "25.1 MB on disk, 0 B below its budget")


def test_the_table_of_a_variant_that_had_none(file: Path) -> None:
    loaded = budget.load("musl-variant", file)
    assert loaded is not None
    assert (loaded.base, loaded.platform) == ("bootstrapped", "linux/amd64")
    assert loaded.total == Size(disk=25_070_000, pull=8_356_665)
    assert set(loaded.owners) == {"python/big", "python/middle"}
    assert loaded.rest.disk == 70_000
    assert file.read_text(encoding="utf-8").startswith(BEFORE)


@pytest.mark.parametrize(
    ("grown", "named"),
    [
        ([owner("big", 22 * MB), owner("middle", 5 * MB)], "python/big: 22.0 MB on disk, 2.0 MB more than its 20.0 MB"),
        # One grew while another shrank: the sum is as it was.
        ([owner("big", 18 * MB), owner("middle", 7 * MB)], "python/middle: 7.0 MB on disk, 2.0 MB more"),
        ([owner("big", 20 * MB), owner("middle", 5 * MB), owner("new", 3 * MB)], "python/new (3.0 MB)"),
        ([owner("big", 20 * MB, pull=9 * MB), owner("middle", 5 * MB)], "python/big: 9.0 MB to pull, 2.3 MB more"),
        ([owner("big", 20 * MB), owner("middle", 5 * MB), owner("big", 2 * MB, kind="system")], "system/big (2.0 MB)"),
    ],
)
def test_who_is_to_blame_is_named(file: Path, grown: list[Owner], named: str) -> None:
    with pytest.raises(CheckFailed, match="musl-variant is larger than its size budget") as caught:
        budget.require("musl-variant", ledger(*grown), file)
    assert named in caught.value.details
    assert "python/middle: 5.0" not in caught.value.details


def test_noise_is_no_failure_and_no_progress(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    for change in (60_000, -60_000):
        near = ledger(owner("big", 20 * MB + change), owner("middle", 5 * MB), owner("tiny", 70_000))
        assert budget.require("musl-variant", near, file).verdict is Verdict.PASSED
        assert budget.ratchet("musl-variant", near, file) == []
    assert file.read_text(encoding="utf-8") == before


def test_the_budget_goes_down_and_only_the_numbers_change(file: Path) -> None:
    before = file.read_text(encoding="utf-8").splitlines()
    smaller = ledger(owner("big", 12 * MB, pull=4 * MB), owner("middle", 5 * MB), owner("tiny", 70_000))
    done = budget.ratchet("musl-variant", smaller, file)
    assert [line.partition(":")[0] for line in done] == ["the image"] * 2 + ["python/big"] * 2
    after = file.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        ("disk = 25_070_000 # measured, disk = ours", "disk = 17_070_000 # measured, disk = ours"),
        ("pull = 8_356_665", "pull = 5_689_999"),
        (
            '"python/big" = { disk = 20_000_000, pull = 6_666_666 }',
            '"python/big" = { disk = 12_000_000, pull = 4_000_000 }',
        ),
    ]
    # Growing back is what it forbids now, and what it never does itself.
    for action in (budget.require, budget.ratchet):
        with pytest.raises(CheckFailed, match="larger"):
            action("musl-variant", ledger(), file)
    assert file.read_text(encoding="utf-8").splitlines() == after


def test_what_was_removed_stays_removed(file: Path) -> None:
    budget.ratchet("musl-variant", ledger(owner("big", 20 * MB)), file)
    assert '"python/middle" = { disk = 0, pull = 0 }' in file.read_text(encoding="utf-8")
    with pytest.raises(CheckFailed) as caught:
        budget.require("musl-variant", ledger(owner("big", 20 * MB), owner("middle", 1 * MB)), file)
    assert "python/middle" in caught.value.details


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (lambda found: replace(found, platform="linux/arm64"), "for linux/amd64, and this image is for linux/arm64"),
        (
            lambda found: replace(found, base="python:3.11-alpine"),
            "bootstrapped bases, and this image is on",
        ),
        (lambda found: replace(found, base=""), "unknown"),
    ],
)
def test_elsewhere_it_says_nothing(file: Path, other: Callable[[Ledger], Ledger], reason: str) -> None:
    huge = other(ledger(owner("big", 90 * MB)))
    found = budget.require("musl-variant", huge, file)
    assert found.verdict is Verdict.SKIPPED
    assert reason in found.detail
    before = file.read_text(encoding="utf-8")
    with pytest.raises(CheckFailed):
        budget.ratchet("musl-variant", huge, file)
    assert file.read_text(encoding="utf-8") == before


def test_no_budget_is_skipped_with_that_reason(file: Path) -> None:
    found = budget.require("other", ledger(), file)
    assert (found.verdict, found.detail) == (Verdict.SKIPPED, "other has no size budget")
    with pytest.raises(CheckFailed, match="neither variant nor base"):
        budget.ratchet("", ledger(), file)


@pytest.mark.parametrize("change", ['disk = "much"\npull = 1', "disk = 1", "disk = 1\npull = 1\nrest = 5"])
def test_a_table_that_is_none(tmp_path: Path, change: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        f'[tool.autoarr.size-budget.v]\nbase = "official"\nplatform = "linux/amd64"\n{change}\n', encoding="utf-8"
    )
    with pytest.raises(CheckFailed, match="not a budget"):
        budget.load("v", path)


def test_a_table_written_in_another_way_is_not_rewritten_wrongly(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    text = (
        '[tool.autoarr.size-budget]\nv = { base = "bootstrapped", platform = "linux/amd64", '
        "disk = 90_000_000, pull = 90_000_000, rest = { disk = 90_000_000, pull = 90_000_000 } }\n"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CheckFailed, match="not found where it should stand"):
        budget.ratchet("v", ledger(), path)
    assert path.read_text(encoding="utf-8") == text


def test_this_repositorys_budgets_are_sound() -> None:
    from automation import bases

    for name in bases.VARIANTS:
        budget.load(name)
