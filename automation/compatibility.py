"""What was verified on which libc, as a record in the repository, and the page that is made from it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from automation import paths, records
from automation.bases import Libc
from automation.components.catalogue import COMPONENTS
from automation.libc import differ
from automation.libc.catalogue import BY_PROBE
from automation.reports import Report, Verdict, markdown_row, skipped
from automation.verify import Verification

VERSION = 1
RECORD = paths.ROOT / "docs" / "compatibility.json"
COMPONENTS_AREA = "components"
# Files named in one cell; the record has all.
NAMED = 3
# What two records have to agree on for one to contradict the other: another base may well behave differently.
IDENTITY = ("name", "base", "libc", "python")
# What no verification asks, and why. It is shown beside what was skipped.
NOT_ASKED = (
    "other architectures than the one that the record was made on: `invoke wheels` and `invoke symbols` cover aarch64 "
    "without running anything",
    "Sonarr, Radarr, Plex and the Anthropic API themselves: stubs speak for them",
    "differences in speed",
)


def record(verified: Iterable[Verification], differences: Iterable[differ.Difference]) -> dict[str, Any]:
    """What is worth keeping of a comparison: nothing that the next run of the same versions would change."""
    return {
        "version": VERSION,
        "images": [_image(item) for item in verified],
        "differences": [_difference(item) for item in differences if item.kind is differ.Kind.KNOWN],
    }


def _image(item: Verification) -> dict[str, Any]:
    report = item.report
    return {
        "name": item.variant.name,
        "base": report.facts["kind of base"],
        "libc": item.probes.libc,
        "python": item.probes.python,
        "components": {check.name: str(check.verdict) for check in report.of(COMPONENTS_AREA)},
        "areas": {area: str(_overall(report, area)) for area in report.areas if area != COMPONENTS_AREA},
        "skipped": skipped(report.checks),
    }


def _overall(report: Report, area: str) -> Verdict:
    """Failed where a check did, skipped where none passed."""
    seen = {check.verdict for check in report.of(area)}
    return next(verdict for verdict in (Verdict.FAILED, Verdict.PASSED, Verdict.SKIPPED) if verdict in seen)


def _difference(item: differ.Difference) -> dict[str, Any]:
    return {
        "probe": item.probe,
        "asks": BY_PROBE[item.probe].asks,
        "glibc": differ.said(item.glibc),
        "musl": differ.said(item.musl),
        "effect": str(item.effect),
        # Files without their lines, which every edit moves.
        "reached": sorted({place.file for place in item.reachable}),
        "dismissed": list(item.dismissed),
        "why": item.why,
    }


def load() -> dict[str, Any]:
    """The record.

    Raises:
        Stale: there is none, or it is of another version.
    """
    return records.load(RECORD, VERSION, "run `nox -s parity -- --record`")


def write(made: Mapping[str, Any]) -> None:
    """Replace the record."""
    records.save(RECORD, records.text(made))


def contradicts(made: Mapping[str, Any]) -> bool:
    """Whether the record is of the same bases and versions as what was found now, and judges something else.

    Answers themselves are not compared, and one that does not differ here is no matter: limits and the last bit of a
    sine are the machine's as well.
    """
    kept = load()
    same = [[image[name] for name in IDENTITY] for image in kept["images"]] == [
        [image[name] for name in IDENTITY] for image in made["images"]
    ]
    new = [row for row in _judgements(made) if row not in _judgements(kept)]
    return same and (bool(new) or kept["images"] != made["images"])


def _judgements(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The differences of a record without the answers."""
    return [{name: value for name, value in item.items() if name not in set(Libc)} for item in data["differences"]]


def difference(made: Mapping[str, Any]) -> str:
    """The lines in which the record and what was found now differ."""
    kept, found = (records.text(data).splitlines() for data in (load(), made))
    lines = difflib.unified_diff(kept, found, "recorded", "found", n=1)
    return "\n".join(line.rstrip() for line in lines)


def page(kept: Mapping[str, Any] | None = None) -> str:
    """The generated part of docs/COMPATIBILITY.md."""
    data = kept or load()
    return (
        "\n".join([*_results(data["images"]), *_differences(data["differences"]), *_unchecked(data["images"])]) + "\n"
    )


def _results(images: list[dict[str, Any]]) -> list[str]:
    lines = ["## Components and images", ""]
    lines += [markdown_row("", *(f"`autoarr:{image['name']}`" for image in images)), _rule(len(images) + 1)]
    lines += [markdown_row(f"_{name}_", *(image[name] for image in images)) for name in ("libc", "python", "base")]
    for component in COMPONENTS:
        lines.append(
            markdown_row(
                f"**{component.name}**: {component.asks}",
                *(image["components"].get(component.name, "not asked") for image in images),
            )
        )
    areas = dict.fromkeys(area for image in images for area in image["areas"])
    lines += [
        markdown_row(f"{AREAS.get(area, area)}", *(image["areas"].get(area, "not asked") for image in images))
        for area in areas
    ]
    return lines


AREAS = {
    "tests": "the application's tests, inside the image",
    "container": "what the image promises, from outside",
    "libc": "the C library's answers, each explained",
    "symbols": "every library finds what it needs",
}


def _differences(differences: list[dict[str, Any]]) -> list[str]:
    lines = ["", f"## Where the C libraries differ: {len(differences)} answers", ""]
    lines += [markdown_row("asked", "glibc", "musl", "effect", "reached", "why"), _rule(6)]
    for item in differences:
        reached = ", ".join(f"`{file}`" for file in item["reached"][:NAMED]) or "no"
        if len(item["reached"]) > NAMED:
            reached += f" and {len(item['reached']) - NAMED} more"
        why = "; ".join((item["why"], *item["dismissed"]))
        asked = f"**{item['probe']}**: {item['asks']}"
        lines.append(markdown_row(asked, f"`{item['glibc']}`", f"`{item['musl']}`", item["effect"], reached, why))
    return lines


def _unchecked(images: list[dict[str, Any]]) -> list[str]:
    lines = ["", "## Not checked", ""]
    for image in images:
        lines += [f"- `autoarr:{image['name']}`, {name}: {why}" for name, why in image["skipped"].items()]
    return [*lines, *(f"- {text}" for text in NOT_ASKED)]


def _rule(count: int) -> str:
    return f"|{' --- |' * count}"
