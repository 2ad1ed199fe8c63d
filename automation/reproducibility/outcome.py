"""What a comparison of two images came to: collected from archives, shown, and insisted on."""

from __future__ import annotations

import tarfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from automation import console
from automation.errors import CheckFailed
from automation.reports import Check
from automation.reproducibility import differ, excerpts, snapshot
from automation.reproducibility.facts import Aspect, Difference, layer_name

COLUMNS = ("where", "what", "differs in", "first", "second")
# Rows of the table, and files whose contents are looked into; JSON has every difference.
ROWS = 40
EXCERPTS = 20


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Two images compared.

    Attributes:
        names: what they were read from.
        digests: of the images; equal digests are equal images.
        archives: sha256 of the archives as a whole; empty where there are none.
        differences: what tells the images apart.
        around: what tells the archives apart beside their images.
        checks: what else was asked of them.
    """

    names: tuple[str, str]
    digests: tuple[str, str]
    archives: tuple[str, str]
    differences: tuple[Difference, ...]
    around: tuple[Difference, ...]
    checks: tuple[Check, ...] = ()

    @property
    def same(self) -> bool:
        """Whether it is one image."""
        return self.digests[0] == self.digests[1]

    @property
    def same_archive(self) -> bool | None:
        """Whether the archives are equal as well; None where there are none."""
        return self.archives[0] == self.archives[1] if all(self.archives) else None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "same": self.same, "same_archive": self.same_archive}


def compare(first: Path, second: Path) -> Outcome:
    """Compare the images in two archives. Layers that both have are not read.

    Raises:
        UsageError: there is no such archive.
        CheckFailed: one is broken, or no image.
    """
    shared = snapshot.layer_digests(first) & snapshot.layer_digests(second)
    one, two = snapshot.read(first, known=shared), snapshot.read(second, known=shared)
    return Outcome(
        names=(one.name, two.name),
        digests=(one.digest, two.digest),
        archives=(one.archive, two.archive),
        differences=_explained(differ.differences(one, two), first, second),
        around=differ.archive_differences(one, two),
    )


def _explained(found: tuple[Difference, ...], first: Path, second: Path) -> tuple[Difference, ...]:
    """The same differences, the first contents among them with the place where they part."""
    wanted = [(item.place, item.name) for item in found if item.aspect is Aspect.CONTENT][:EXCERPTS]
    if not wanted:
        return found
    one, two = (_contents(path, frozenset(wanted)) for path in (first, second))
    return tuple(
        replace(item, detail=excerpts.describe(one[key], two[key]))
        if item.aspect is Aspect.CONTENT and (key := (item.place, item.name)) in one.keys() & two.keys()
        else item
        for item in found
    )


def _contents(archive: Path, wanted: frozenset[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    found: dict[tuple[str, str], bytes] = {}

    def see(number: int, path: str, header: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        key = (layer_name(number), path)
        if content is not None and key in wanted:
            found[key] = content.read(excerpts.LIMIT)

    snapshot.look(archive, see)
    return found


def row(item: Difference) -> tuple[str, ...]:
    """A row of the table for people."""
    how = f"{item.aspect}: {item.detail}" if item.detail else str(item.aspect)
    return (item.place, item.name, how, item.first or "-", item.second or "-")


def show(outcome: Outcome) -> None:
    """The comparison for people."""
    facts = [("image", *outcome.digests)]
    if all(outcome.archives):
        facts.append(("archive", *outcome.archives))
    console.table("the same image" if outcome.same else "two images", ("", *outcome.names), facts)
    for title, found in (("differences", outcome.differences), ("around the images", outcome.around)):
        if found:
            console.table(f"{title}: {len(found)}", COLUMNS, [row(item) for item in found[:ROWS]])
        if len(found) > ROWS:
            console.note(f"and {len(found) - ROWS} more; --json lists them all")
    if outcome.checks:
        rows = [(check.name, str(check.verdict), check.detail) for check in outcome.checks]
        console.table("besides", ("check", "verdict", ""), rows)


def named(item: Difference) -> str:
    """A difference in one line."""
    return " ".join(filter(None, (item.place, item.name, f"({item.aspect})", item.detail)))


def require(outcome: Outcome) -> None:
    """It is one image, and no check failed.

    Raises:
        CheckFailed: otherwise; the details name what differs.
    """
    if not outcome.same:
        lines = [named(item) for item in outcome.differences]
        raise CheckFailed(
            f"the images differ in {len(lines)} thing{'s' if len(lines) != 1 else ''}",
            where=" and ".join(outcome.names),
            hint="what is named first is often the cause of the rest: a time, an order, a random name",
            details="\n".join([*lines[:ROWS], *(["…"] if len(lines) > ROWS else [])]),
        )
    failed = [check for check in outcome.checks if check.verdict is check.verdict.FAILED]
    if failed:
        raise CheckFailed(
            f"the images are the same, and {failed[0].name}: no",
            where=outcome.names[0],
            details="\n".join(f"{check.name}: {check.detail}" for check in failed),
        )
