"""Build one commit twice, as two people would: other folders, other settings, nothing left of earlier builds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from automation import (
    building,
    buildx,
    checkouts,
    console,
    containers,
    git,
    layers,
    requirements,
    scratch,
)
from automation.bases import Variant
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.reports import Check, Verdict
from automation.reproducibility import dates, outcome, snapshot
from automation.reproducibility.dates import Dated
from automation.reproducibility.outcome import Outcome
from automation.resolver import ResolvedBase, Resolver

AREA = "reproducibility"
# The steps that can differ from one run to the next; BuildKit takes a WORKDIR from the cache whatever it is told.
MAKES = re.compile(r"\] (RUN|COPY|ADD) ")
DATE_CHECK = "it carries no date of its build"


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a build's result must not depend on.

    Attributes:
        folder: the checkout's, below a temporary one.
        mask: the umask that the checkout was made under, and that the build runs under.
        moment: the time of every file of the checkout; None for now.
        environment: of the build's client.
    """

    folder: str
    mask: int
    moment: float | None
    environment: Mapping[str, str] = field(default_factory=dict)


HERE = Circumstances(
    folder="here",
    mask=0o022,
    moment=None,
    environment={"TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
)
# Files older than any commit: a build that kept their times would be found out.
THERE = Circumstances(
    folder="a longer/path to it",
    mask=0o077,
    moment=600_000_000.0,
    environment={"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"},
)


def reproduce(engine: Engine, variant: Variant) -> Outcome:
    """Build the variant twice, one after the other, and compare.

    Raises:
        AutomationError: a base can't be had, or a build failed; differences raise nothing.
    """
    requirements.check_image_inputs()
    containers.sweep(engine)
    resolver = Resolver(engine)
    with scratch.folder() as folder:
        started = time.time()
        # Not at the same time: BuildKit would run a step that both have only once.
        first, _ = _build(engine, resolver, variant, HERE, folder)
        with buildx.fresh_cache_mounts(engine) as words:
            second, base = _build(engine, resolver, variant, THERE, folder, *words)
        with console.step("comparing"):
            found = outcome.compare(first, second)
            checks = (date_check(engine, base, first, started=started, ended=time.time()),)
    return replace(found, names=(HERE.folder, THERE.folder), checks=checks)


def given(engine: Callable[[], Engine], words: str) -> Outcome:
    """Compare two images that are there: archives by path, or names in the engine, with a comma between.

    Args:
        engine: asked only for names that are no archives.

    Raises:
        UsageError: they are not two, or one is not there.
        CheckFailed: one is broken, or no image.
    """
    names = [word.strip().removeprefix("oci:") for word in words.split(",")]
    if len(names) != 2 or not all(names):
        raise UsageError(
            f"{words!r} are not two images", hint="--images FIRST,SECOND, each a name or an archive's path"
        )
    with ExitStack() as stack:
        first, second = (
            Path(name) if Path(name).exists() else stack.enter_context(layers.saved(engine(), name)) for name in names
        )
        found = outcome.compare(first, second)
    # How the engine packs what it saves is no property of the image.
    kept = tuple(digest if Path(name).exists() else "" for name, digest in zip(names, found.archives, strict=True))
    around = found.around if all(kept) else ()
    return replace(found, names=(names[0], names[1]), archives=(kept[0], kept[1]), around=around)


def _build(
    engine: Engine, resolver: Resolver, variant: Variant, around: Circumstances, folder: Path, *words: str
) -> tuple[Path, ResolvedBase]:
    archive = folder / f"{around.mask:03o}.tar"
    copy = checkouts.copy(folder / around.folder, mask=around.mask, moment=around.moment)
    with checkouts.umask(around.mask):
        base, progress = building.build_archive(
            replace(engine, environment={**engine.environment, **around.environment}),
            resolver,
            variant,
            building.check_output(f"oci:{archive}", engine),
            platform=engine.platform,
            tags=[variant.tag],
            root=copy.root,
            extra=("--no-cache", *words),
        )
    require_made(progress)
    return archive, base


def require_made(progress: buildx.Progress) -> None:
    """Every step that makes something was run, and none answered from the cache.

    Raises:
        CheckFailed: one was; two builds that share a step are not independent.
    """
    titles = [progress.titles[number] for number in sorted(progress.cached, key=int)]
    reused = [title for title in titles if MAKES.search(title)]
    if reused or not any("] RUN " in title for title in progress.titles.values()):
        raise CheckFailed("the build without cache used it", details="\n".join(reused or ["no step was run"]))


def date_check(engine: Engine, base: ResolvedBase, archive: Path, *, started: float, ended: float) -> Check:
    """Whether the image carries the day of its build. Two builds of one day agree in that and prove nothing."""
    commit = git.commit()
    today = dates.days(started, ended)
    if dates.days(commit.epoch, commit.epoch) & today:
        why = "the commit is of today, so its date can't be told from the build's; on a later day it can"
        return Check(area=AREA, name=DATE_CHECK, verdict=Verdict.SKIPPED, detail=why)
    sought = dates.pattern(today)
    with layers.saved(engine, base.reference) as of_base:
        # A base may be of today as well. What it says of itself is its own: its digest is in the image's labels.
        known = snapshot.layer_digests(of_base)
        found = _dated(archive, sought, known, newest=commit.epoch)
        if found:
            own = _dated(of_base, sought)
            files, texts = {item.place for item in own if item.place.startswith("/")}, {item.text for item in own}
            found = [item for item in found if item.place not in files and item.text not in texts]
    if found:
        said = "; ".join(f"{item.place}: {item.text}" for item in found[: outcome.EXCERPTS])
        return Check(area=AREA, name=DATE_CHECK, verdict=Verdict.FAILED, detail=said)
    return Check(
        area=AREA, name=DATE_CHECK, verdict=Verdict.PASSED, detail=f"none of {', '.join(sorted(map(str, today)))}"
    )


def _dated(
    archive: Path, sought: re.Pattern[bytes], known: frozenset[str] = frozenset(), *, newest: float | None = None
) -> list[Dated]:
    image = snapshot.read(archive, known=snapshot.layer_digests(archive))
    return dates.in_documents(image, sought) + dates.in_files(archive, sought, known=known, newest=newest)
