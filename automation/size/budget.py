"""How large an image may be: a table in pyproject.toml that only ever goes down by itself.

    [tool.autoarr.size-budget.VARIANT]
    base = "bootstrapped"       # or "official"; what it was measured on,
    platform = "linux/amd64"    # and for; elsewhere it says nothing
    disk = 185_830_568          # bytes of the whole image
    pull = 61_941_450
    rest = { disk = 9_700_000, pull = 3_200_000 }   # everything that has no row, together

    [tool.autoarr.size-budget.VARIANT.owners]
    "python/sqlalchemy" = { disk = 25_647_583, pull = 8_200_000 }

A figure may be exceeded by the slack (see :data:`SLACK`), since equal builds differ by some bytes of compressed data
and a change of a line is no reason to fail. It is lowered once it is undercut by more than that.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation import paths
from automation.bootstrap.recipes import RECIPES
from automation.errors import CheckFailed
from automation.reports import Check, Verdict
from automation.size.facts import Ledger, Size
from automation.size.tables import size

# Half a percent, and at least 16 KiB.
SLACK, SLACK_FLOOR = 0.005, 16 << 10
# From this size on a component gets a row of its own when a table is made.
ROW_BYTES = 500_000
AREA = "size-budget"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a variant may weigh, on one base and platform. `owners` has `KIND/NAME`, `rest` all without a row."""

    variant: str
    base: str
    platform: str
    total: Size
    rest: Size
    owners: Mapping[str, Size] = field(default_factory=dict)


def slack(limit: int) -> int:
    """How far a figure may be exceeded, or undercut without being lowered."""
    return max(int(limit * SLACK), SLACK_FLOOR)


def base_kind(ledger: Ledger) -> str:
    """`bootstrapped`, `official`, or `unknown` where the image does not say what it was built on."""
    if not ledger.base:
        return "unknown"
    made = {recipe.image.partition(":")[0] for recipe in RECIPES.values()}
    return "bootstrapped" if ledger.base.partition(":")[0] in made else "official"


def load(variant: str, file: Path = paths.PYPROJECT) -> Budget | None:
    """A variant's budget; None where there is none.

    Raises:
        CheckFailed: the table is not as it should be.
    """
    with file.open("rb") as opened:
        tables = tomllib.load(opened).get("tool", {}).get("autoarr", {}).get("size-budget", {})
    if variant not in tables:
        return None
    table = tables[variant]
    try:
        return Budget(
            variant=variant,
            base=str(table["base"]),
            platform=str(table["platform"]),
            total=_limit(table),
            rest=_limit(table["rest"]),
            owners={name: _limit(limit) for name, limit in table.get("owners", {}).items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckFailed(
            f"the size budget of {variant} is not a budget: {error!r}",
            where=str(file),
            hint="`invoke size --ratchet` makes one where the table is not there",
        ) from None


def _limit(table: Mapping[str, Any]) -> Size:
    return Size(disk=int(table["disk"]), pull=int(table["pull"]))


def measured(ledger: Ledger, rows: Mapping[str, object]) -> tuple[dict[str, Size], Size]:
    """What the components with a row weigh, and all the rest together: what is hidden and no file belongs to it."""
    found = {name: Size(disk=0, pull=0) for name in rows}
    rest = Size(disk=ledger.hidden_bytes, pull=ledger.hidden_pull_bytes + ledger.structure_pull_bytes)
    for owner in ledger.owners:
        name = "/".join(owner.key)
        if name in found:
            found[name] += Size(disk=owner.disk_bytes, pull=owner.pull_bytes)
        else:
            rest += Size(disk=owner.disk_bytes, pull=owner.pull_bytes)
    return found, rest


def reason_to_skip(ledger: Ledger, budget: Budget) -> str:
    """Why the budget says nothing of this image; empty when it does."""
    if ledger.platform != budget.platform:
        return f"the budget is for {budget.platform}, and this image is for {ledger.platform or 'an unknown platform'}"
    if base_kind(ledger) != budget.base:
        return f"the budget is for {budget.base} bases, and this image is on one that is {base_kind(ledger)}"
    return ""


def check(ledger: Ledger, budget: Budget) -> None:
    """The image is within its budget.

    Raises:
        CheckFailed: it is not; says which components are to blame, and by how much.
    """
    rows, rest = measured(ledger, budget.owners)
    over = [
        *_over("the image", Size(disk=ledger.disk_bytes, pull=ledger.pull_bytes), budget.total),
        *(line for name, limit in budget.owners.items() for line in _over(name, rows[name], limit)),
    ]
    rest_over = _over("components without a row", rest, budget.rest)
    if not over and not rest_over:
        return
    if rest_over:
        over += rest_over
        small = [owner for owner in ledger.owners if "/".join(owner.key) not in budget.owners][:5]
        largest = ", ".join(f"{'/'.join(owner.key)} ({size(owner.disk_bytes)})" for owner in small)
        over.append(f"  the largest of them: {largest}")
    raise CheckFailed(
        f"{budget.variant} is larger than its size budget",
        where=ledger.reference,
        hint="make it smaller (`invoke size` says what would help), or raise the figure in pyproject.toml by hand, "
        "with the reason",
        details="\n".join(over),
    )


def _over(name: str, has: Size, limit: Size) -> list[str]:
    lines = []
    for word, value, allowed in (("on disk", has.disk, limit.disk), ("to pull", has.pull, limit.pull)):
        if value > allowed + slack(allowed):
            lines.append(f"{name}: {size(value)} {word}, {size(value - allowed)} more than its {size(allowed)}")
    return lines


def require(variant: str, ledger: Ledger, file: Path = paths.PYPROJECT) -> Check:
    """What came of holding an image against its variant's budget: passed, or skipped with the reason.

    Raises:
        CheckFailed: it is too large; names the components responsible.
    """
    budget = load(variant, file)
    reason = f"{variant or 'the image'} has no size budget" if budget is None else reason_to_skip(ledger, budget)
    if budget is None or reason:
        return Check(area=AREA, name=variant or "none", verdict=Verdict.SKIPPED, detail=reason)
    check(ledger, budget)
    left = budget.total.disk - ledger.disk_bytes
    said = (
        f"{size(ledger.disk_bytes)} on disk, {size(abs(left))} {'below' if left >= 0 else 'above, within the slack of'}"
    )
    return Check(area=AREA, name=variant, verdict=Verdict.PASSED, detail=f"{said} its budget")


def ratchet(variant: str, ledger: Ledger, file: Path = paths.PYPROJECT) -> list[str]:
    """Lower the figures that the image undercuts, or make the table where there is none; what was done, a line each.

    Nothing is ever raised, and nothing else in the file changes.

    Raises:
        CheckFailed: the image is over its budget, or the budget is for another base or platform.
    """
    budget = load(variant, file)
    text = file.read_text(encoding="utf-8")
    if budget is None:
        if not variant or base_kind(ledger) == "unknown":
            raise CheckFailed("not an image of ours: its labels name neither variant nor base", where=ledger.reference)
        _write(file, text.rstrip("\n") + "\n\n" + new_table(variant, ledger))
        return [f"made the size budget of {variant}"]
    if reason := reason_to_skip(ledger, budget):
        raise CheckFailed(reason, where=ledger.reference, hint="ratchet with an image that it is for")
    check(ledger, budget)
    rows, rest = measured(ledger, budget.owners)
    pairs = [
        ("", "", Size(disk=ledger.disk_bytes, pull=ledger.pull_bytes), budget.total),
        ("", "rest", rest, budget.rest),
        *(("owners", name, rows[name], limit) for name, limit in budget.owners.items()),
    ]
    done = []
    for section, name, has, limit in pairs:
        for word in ("disk", "pull"):
            value, allowed = getattr(has, word), getattr(limit, word)
            if value < allowed - slack(allowed):
                text = lowered(text, variant, section, name, word, value)
                done.append(f"{name or 'the image'}: {word} {size(allowed)} → {size(value)}")
    if done:
        _write(file, text)
    return done


def lowered(text: str, variant: str, section: str, name: str, word: str, value: int) -> str:
    """The file with one number of one table replaced.

    Args:
        name: the key of an inline table that has the number; empty where the number has a line of its own.

    Raises:
        CheckFailed: it is not written where it was read.
    """
    header = re.escape(f"[tool.autoarr.size-budget.{variant}{'.' + section if section else ''}]")
    key = rf'(?:"{re.escape(name)}"|{re.escape(name)})[ \t]*=[ \t]*\{{[^}}\n]*?\b' if name else ""
    pattern = re.compile(rf"(^{header}[ \t]*(?:#.*)?\n(?:(?!\[).*\n)*?{key}{word}[ \t]*=[ \t]*)[\d_]+", re.MULTILINE)
    changed, count = pattern.subn(rf"\g<1>{value:_}", text, count=1)
    if count != 1:
        raise CheckFailed(
            f"{name or variant}: {word} was not found where it should stand",
            where=str(paths.PYPROJECT),
            hint="write the table as automation/size/budget.py shows it",
        )
    return changed


def new_table(variant: str, ledger: Ledger) -> str:
    """The table of a variant that had none, from what it weighs now."""
    own = {"/".join(owner.key): None for owner in ledger.owners if owner.disk_bytes >= ROW_BYTES}
    rows, rest = measured(ledger, own)
    lines = [
        f"[tool.autoarr.size-budget.{variant}]",
        f'base = "{base_kind(ledger)}"',
        f'platform = "{ledger.platform}"',
        f"disk = {ledger.disk_bytes:_}",
        f"pull = {ledger.pull_bytes:_}",
        f"rest = {_inline(rest)}",
        "",
        f"[tool.autoarr.size-budget.{variant}.owners]",
        *(f'"{name}" = {_inline(limit)}' for name, limit in sorted(rows.items())),
    ]
    return "\n".join(lines) + "\n"


def _inline(limit: Size) -> str:
    return f"{{ disk = {limit.disk:_}, pull = {limit.pull:_} }}"


def _write(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)
