"""What is kept of a proof in the repository, and the tables and the picture that are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automation import charts, console, paths, records
from automation.errors import CheckFailed, Stale
from automation.reports import markdown_row
from automation.size.facts import Size
from automation.slim import evidence
from automation.slim.facts import DESCRIBED, ORDER, VERSION, Proof, Verdict, row_from_dict

RECORD = paths.ROOT / "docs" / "slimming.json"
PICTURE = paths.ROOT / "docs" / "slimming.svg"
# The part of a size by which two measurements of one image may differ: dates are packed with it.
ALIKE = 0.001
AGAIN = "run `invoke slim --prove --record`"
COLUMNS = ("step", "what it does", "on disk", "saved", "to pull", "saved", "verdict")


def require(proof: Proof) -> None:
    """No step was refused.

    Raises:
        CheckFailed: with the steps, and what speaks against each.
    """
    if proof.refused:
        raise CheckFailed(
            f"{len(proof.refused)} of {len(proof.rows)} steps may not stay",
            where="automation/slimming/catalogue.py",
            hint="mend the step, or take it out of the catalogue",
            details="\n".join(f"{row.step}: {problem}" for row in proof.refused for problem in row.problems),
        )


def _alike(one: Size | None, other: Size | None) -> bool:
    """Whether two sizes may be of one image."""
    if one is None or other is None:
        return False
    pairs = ((one.disk, other.disk), (one.pull, other.pull))
    return all(abs(left - right) <= ALIKE * right for left, right in pairs)


def completed(proof: Proof) -> Proof:
    """A proof of the last steps together with the recorded rows of those before them, whose images are as recorded.

    Raises:
        CheckFailed: steps in between are missing, or the record is of other images.
        Stale: there is no whole record.
    """
    names = tuple(row.step for row in proof.rows)
    if names == ORDER:
        return proof
    if not names or names != ORDER[-len(names) :]:
        missing = "\n".join(name for name in ORDER if name not in names)
        raise CheckFailed(
            "not recorded: steps are missing", hint="prove all steps, or all from one on", details=missing
        )
    kept = load()
    head = [row_from_dict(row) for row in kept["rows"][: -len(names)]]
    first = proof.rows[0]
    before = None if first.size is None or first.saved is None else first.size + first.saved
    pairs = [
        (proof.base, Size(**kept["base"])),
        (proof.plain, Size(**kept["plain"])),
        (before, head[-1].size),
    ]
    if dict(proof.facts) != kept["facts"] or not all(_alike(*pair) for pair in pairs):
        raise CheckFailed("not recorded: the images before these steps are others than the recorded ones", hint=AGAIN)
    return replace(proof, rows=(*head, *proof.rows))


def write(proof: Proof) -> None:
    """Replace the record and its picture by a proof in which every step may stay.

    Raises:
        CheckFailed: a step was refused or not asked.
        Stale: it is of some steps alone, and there is no record to complete it from.
    """
    require(proof)
    made = completed(proof).as_dict()
    records.save(RECORD, records.text(made))
    records.save(PICTURE, picture(made))


def load() -> dict[str, Any]:
    """The record.

    Raises:
        Stale: there is none, it is of another version, or of other steps than those of the catalogue.
    """
    data = records.load(RECORD, VERSION, AGAIN)
    rows = data.get("rows") or []
    steps = tuple(row["step"] for row in rows)
    if steps != ORDER or any(row["verdict"] != Verdict.KEPT for row in rows):
        raise Stale("the record is not of the catalogue's steps, each of them kept", where=str(RECORD), hint=AGAIN)
    return data


def rows(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A line for each state of the image: step, what it does, size on disk, saved, size to pull, saved, verdict."""
    plain = data["plain"]
    lines: list[tuple[str, ...]] = [("", "the plain image", *_sizes(plain, None), "")]
    lines += [
        (row["step"], DESCRIBED[row["step"]], *_sizes(row["size"], row["saved"]), row["verdict"])
        for row in data["rows"]
    ]
    return lines


def _sizes(size: Mapping[str, int] | None, saved: Mapping[str, int] | None) -> tuple[str, str, str, str]:
    def said(which: Mapping[str, int] | None, kind: str) -> str:
        return "" if which is None else _megabytes(which[kind])

    return said(size, "disk"), said(saved, "disk"), said(size, "pull"), said(saved, "pull")


def _megabytes(amount: int) -> str:
    """Two decimals: some steps save less than a tenth of a megabyte."""
    return f"{amount / 1_000_000:.2f} MB"


def show(data: Mapping[str, Any]) -> None:
    """The ledger for people."""
    facts = ", ".join(f"{name} {value}" for name, value in data["facts"].items())
    shown = [(name, *sizes) for name, _, *sizes in rows(data)]
    console.table(f"{data['variant']}, step by step ({facts})", (COLUMNS[0], *COLUMNS[2:]), shown)


def page(kept: Mapping[str, Any] | None = None) -> str:
    """The ledger as Markdown."""
    data = kept or load()
    base = data["base"]
    lines = [markdown_row(*COLUMNS), "| --- | --- | ---: | ---: | ---: | ---: | --- |"]
    lines += [markdown_row(*(f"`{name}`" if name else "", *rest)) for name, *rest in rows(data)]
    lines += [
        "",
        f"The bare base has {_megabytes(base['disk'])} on disk, {_megabytes(base['pull'])} to pull "
        f"({data['facts']['base']}, {data['facts']['platform']}). Asked after every step, with the same answers as "
        f"in the plain image: {evidence.summary(data['checked'])} (counted in the last image).",
    ]
    return "\n".join(lines) + "\n"


def picture(data: Mapping[str, Any]) -> str:
    """The image's size after each step, as SVG."""
    states = [("plain", data["plain"]), *((row["step"], row["size"]) for row in data["rows"])]

    def bars(kind: str, title: str) -> charts.Block:
        return charts.bars(
            [charts.Row(label=name, parts=(charts.Part(label=title, value=size[kind]),)) for name, size in states],
            unit=console.megabytes,
            title=title,
            marks=(charts.Mark(label="bare base", value=data["base"][kind]),),
            key=False,
            width=charts.HALF,
        )

    return charts.page(
        "The whole application, step by step, against its bare base",
        charts.beside(bars("disk", "on disk"), bars("pull", "to pull")),
        subtitle=" · ".join(f"{name} {value}" for name, value in data["facts"].items()),
    )
