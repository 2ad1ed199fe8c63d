"""Build N, and N+1 for each change, as releases would be built, and compare their layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from automation import building, checkouts, console, git, layers, requirements, scratch
from automation.bases import Variant
from automation.engine import Engine
from automation.errors import CheckFailed, NetworkUnavailable
from automation.layers import Contents
from automation.resolver import Resolver
from automation.size.tables import made_by, size
from automation.updates.changes import CHANGES, Change

# N is a commit of the day before: releases never have one date, and a date that gets into a layer makes it new.
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """A layer that N+1 has and N has not."""

    digest: str
    pull_bytes: int
    created_by: str


@dataclass(frozen=True, kw_only=True)
class Update:
    """What one change costs.

    Attributes:
        change: what was changed, or why nothing was.
        pull_bytes: of layers; None where it could not be measured.
        documents_bytes: the manifest and configuration, which every update pulls.
        layers: those to pull, lowest first.
    """

    name: str
    title: str
    change: str
    goal: int | None
    pull_bytes: int | None = None
    documents_bytes: int | None = None
    layers: tuple[Pulled, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """The cost of updates of one variant; `pull_bytes` is what somebody pulls who has nothing."""

    variant: str
    platform: str
    base: str
    pull_bytes: int
    updates: tuple[Update, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def measure(engine: Engine, variant: Variant, *, only: Sequence[str] = ()) -> Report:
    """Build everything in scratch folders and measure it; nothing stays in the engine but its build cache.

    Args:
        only: names of changes; all of them when empty.

    Raises:
        AutomationError: a base can't be had, or a build failed.
    """
    requirements.check_image_inputs()
    now = git.commit()
    resolver = Resolver(engine)
    with scratch.folder() as folder:
        before = _build(engine, resolver, variant, folder / "n", _release(now, -DAY), checkouts.copy(folder / "n"))
        updates = []
        for change in CHANGES:
            if only and change.name not in only:
                continue
            copy = checkouts.copy(folder / change.name)
            try:
                said = change.make(copy)
            except NetworkUnavailable as error:
                skipped = f"skipped: {error.what}"
                updates.append(Update(name=change.name, title=change.title, change=skipped, goal=change.goal))
                continue
            after = _build(engine, resolver, variant, folder / change.name, _release(now, 0), copy)
            updates.append(cost(change, said, before, after))
    return Report(
        variant=variant.name,
        platform=engine.platform,
        base=resolver.resolve(variant.base).reference,
        pull_bytes=before.size.pull_bytes,
        updates=tuple(updates),
    )


def _release(now: git.Commit, offset: int) -> list[str]:
    """The build arguments that tell one commit from another."""
    commit = replace(now, revision=f"{now.epoch + offset:040x}", epoch=now.epoch + offset, dirty=False)
    values = {
        "SOURCE_DATE_EPOCH": str(commit.epoch),
        "AUTOARR_REVISION": commit.label,
        "AUTOARR_CREATED": commit.created,
    }
    return [word for name, value in values.items() for word in ("--build-arg", f"{name}={value}")]


def _build(
    engine: Engine, resolver: Resolver, variant: Variant, folder: Path, release: list[str], copy: checkouts.Checkout
) -> Contents:
    archive = folder.with_suffix(".tar")
    building.build_archive(
        engine,
        resolver,
        variant,
        building.check_output(f"oci:{archive}", engine),
        platform=engine.platform,
        tags=[],
        root=copy.root,
        extra=release,
    )
    contents = layers.contents_of_archive(archive)
    archive.unlink()
    return contents


def cost(change: Change, said: str, before: Contents, after: Contents) -> Update:
    """What somebody pulls who has the image before. A pure function."""
    known = {layer.digest for layer in before.layers}
    new = {layer.digest: layer for layer in after.layers if layer.digest not in known}
    pulled = tuple(
        Pulled(digest=layer.digest, pull_bytes=layer.pull_bytes, created_by=layer.created_by) for layer in new.values()
    )
    return Update(
        name=change.name,
        title=change.title,
        change=said,
        goal=change.goal,
        pull_bytes=sum(layer.pull_bytes for layer in pulled),
        documents_bytes=after.config_bytes + after.manifest_bytes,
        layers=pulled,
    )


def show(report: Report) -> None:
    """The report for people."""
    rows = [
        (
            item.title,
            "unknown" if item.pull_bytes is None else size(item.pull_bytes),
            "" if item.pull_bytes is None else f"{100 * item.pull_bytes / max(report.pull_bytes, 1):.1f} %",
            item.change,
        )
        for item in report.updates
    ]
    title = f"updates of {report.variant}, {size(report.pull_bytes)} to pull as a whole"
    console.table(title, ("changed", "to pull", "of all", "what"), rows)
    pulled = [
        (item.name, size(layer.pull_bytes), made_by(layer.created_by))
        for item in report.updates
        for layer in item.layers
    ]
    if pulled:
        console.table("layers to pull", ("changed", "to pull", "layer"), pulled)


def require(report: Report) -> None:
    """No change costs more than its goal. What could not be measured says nothing.

    Raises:
        CheckFailed: one does; names the layers.
    """
    over = [item for item in report.updates if item.goal is not None and (item.pull_bytes or 0) > item.goal]
    if over:
        lines = [
            f"{item.title}: {size(item.pull_bytes or 0)}, of {size(item.goal or 0)}\n"
            + "\n".join(f"  {size(layer.pull_bytes)} {made_by(layer.created_by)}" for layer in item.layers)
            for item in over
        ]
        raise CheckFailed(
            "an update costs more than it should",
            where=report.variant,
            hint="a layer that did not change must stay the same: its files' times, order and content",
            details="\n".join(lines),
        )
