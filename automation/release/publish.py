"""Make a release: build each platform, state what it is, push one index, pull it back, and only then move the tags."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from automation import build_cache, console, containers, image_store, images, registry, scratch
from automation.engine import Engine
from automation.errors import EngineUnavailable, UsageError
from automation.release import index as indexes
from automation.release import provenance, published, statements
from automation.release.index import Index
from automation.release.plan import Plan, bullets, require_engine, require_releasable
from automation.sbom.attestation import CYCLONEDX, SPDX

KINDS = {SPDX: "SBOM (SPDX)", CYCLONEDX: "SBOM (CycloneDX)"}


@dataclass(frozen=True, kw_only=True)
class Released:
    """What came of a release.

    `summaries` are of the builds, in the order of the platforms; `tags` those that name it in the registry now, none
    in a rehearsal; `kept` the moving tags that stay with a later version, which is given.
    """

    plan: Plan
    index: Index
    summaries: tuple[images.Summary, ...]
    tags: tuple[str, ...] = ()
    kept: dict[str, str] = field(default_factory=dict)
    layout: Path | None = None

    def as_dict(self) -> dict[str, object]:
        """For `--json`; `version` is that of the report."""
        return {
            "release": str(self.plan.version),
            "variant": self.plan.variant.name,
            "repository": self.plan.repository,
            "digest": self.index.digest,
            "pushed": bool(self.tags),
            "tags": list(self.tags or (self.plan.tags.own, *self.plan.tags.moving)),
            "kept": self.kept,
            "objections": list(self.plan.objections),
            "layout": None if self.layout is None else str(self.layout),
            "platforms": [
                {
                    "platform": member.platform,
                    "digest": member.digest,
                    "statements": list(member.stated),
                    "base": summary.base,
                    "base_origin": summary.base_origin,
                    "disk_bytes": summary.disk_bytes,
                    "pull_bytes": summary.pull_bytes,
                    "healthy_s": summary.healthy_s,
                }
                for member, summary in zip(self.index.members, self.summaries, strict=True)
            ],
        }


def release(
    engine: Engine,
    planned: Plan,
    *,
    dry_run: bool = False,
    cache: Sequence[build_cache.Place] = (),
    output: Path | None = None,
    bill: statements.Bill = statements.bill,
) -> Released:
    """Make a release.

    Args:
        dry_run: build and check all of it, and push nothing.
        cache: where builds' caches come from and go to; each platform has a place of its own.
        output: a folder that gets the OCI layout.
        bill: what an image in an archive consists of, as statements.

    Raises:
        CheckFailed: this checkout is not the version, or the version is published with other images.
        RegistryRefused: the registry did not take it.
        AutomationError: a build failed, or an image did not get healthy; nothing was pushed.
    """
    if dry_run and planned.objections:
        console.warning(f"a release of {planned.version} would be refused:\n{bullets(planned.objections)}")
    if not dry_run:
        require_releasable(planned)
    require_engine(engine)
    check_output(output)
    if not dry_run:
        published.existing(engine, planned.reference(planned.tags.own))  # that it answers, before minutes of building
    with scratch.folder() as work:
        built = [build(engine, planned, platform, work, cache, bill) for platform in planned.platforms]
        with console.step(f"one index of {', '.join(planned.platforms)}"):
            index = indexes.merge([archive for archive, _ in built], work / "layout")
        if output is not None:
            shutil.copytree(work / "layout", output, dirs_exist_ok=True)
        summaries = tuple(summary for _, summary in built)
        done = Released(plan=planned, index=index, summaries=summaries, layout=output)
        return done if dry_run else push(engine, done, work)


def check_output(output: Path | None) -> None:
    """The folder of a layout is made, or empty.

    Raises:
        UsageError: something else is there, or nothing can be made there.
    """
    if output is None:
        return
    if output.is_dir() and not any(output.iterdir()):
        return
    if output.exists() or not output.parent.is_dir():
        raise UsageError(f"{output} can't become an OCI layout", hint="name a new folder in a folder that exists")


def build(
    engine: Engine, planned: Plan, platform: str, work: Path, cache: Sequence[build_cache.Place], bill: statements.Bill
) -> tuple[Path, images.Summary]:
    """Build one platform, healthy once, as an OCI archive that carries its statements."""
    machine = platform.rpartition("/")[2]
    plain, stated = work / f"{machine}.plain.tar", work / f"{machine}.tar"
    places = [place.of_platform(platform) for place in cache]
    with containers.candidate(engine, replace(planned.variant, name=f"release-{machine}")) as name:
        summary = images.build(
            engine,
            planned.variant,
            platform=platform,
            tag=name,
            output=f"oci:{plain}",
            cache=places,
            attest=provenance.flags(),
        )
        if image_store.contents(engine, name) != indexes.contents(plain):
            start(engine, name, plain, platform)
    with console.step(f"stating what it is made of, for {platform}"):
        statements.state(plain, stated, platform, bill)
    return stated, summary


def start(engine: Engine, name: str, archive: Path, platform: str) -> None:
    """Start what will be pushed, where the build's own start was of other content; nothing is pushed unstarted.

    Raises:
        Unhealthy: it did not get healthy.
        EngineUnavailable: the engine does not take it.
    """
    with console.step(f"starting what will be pushed for {platform}"):
        load(engine, archive, name)
        if image_store.contents(engine, name) != indexes.contents(archive):
            raise EngineUnavailable("the engine keeps another image than the archive has", where=name)
        images.smoke(engine, name, platform)


def load(engine: Engine, archive: Path, name: str) -> None:
    """Have the engine keep an archive that carries a name.

    Raises:
        EngineUnavailable: it does not take it.
    """
    problem = image_store.load(engine, archive)
    if problem is not None:
        raise EngineUnavailable("the engine does not take the image", where=name, details=problem)


def push(engine: Engine, done: Released, work: Path) -> Released:
    """Push the index under the version's own tag, pull it back, then move the other tags."""
    planned, index = done.plan, done.index
    own = planned.reference(planned.tags.own)
    published.require_unchanged(engine, own, index)
    with console.step(f"pushing {own}"):
        archive = work / "index.tar"
        indexes.pack(work / "layout", index, own, archive)
        had = image_store.inspect(engine, own)
        load(engine, archive, own)
        try:
            registry.push(engine, own)
        finally:
            if had is None:
                image_store.remove(engine, own)
    with console.step("pulling it back"):
        published.require(engine, own, index)
    moving: list[str] = []
    kept: dict[str, str] = {}
    for tag in planned.tags.moving:
        later = published.newer(engine, planned.reference(tag), planned.version)
        if later is None:
            moving.append(tag)
        else:
            kept[tag] = later
    if moving:
        with console.step(f"moving {', '.join(moving)}"):
            at = f"{planned.repository}@{index.digest}"
            registry.name(engine, at, [planned.reference(tag) for tag in moving])
            for tag in moving:
                published.require(engine, planned.reference(tag), index)
    return replace(done, tags=(planned.tags.own, *moving), kept=kept)


def show(done: Released) -> None:
    """The release for people."""
    planned = done.plan
    rows = [
        (
            member.platform,
            member.digest[:19],
            "unknown" if summary.pull_bytes is None else console.megabytes(summary.pull_bytes),
            f"{summary.healthy_s:.2f} s" if summary.healthy_s is not None else "not started",
            ", ".join(KINDS.get(kind, "provenance") for kind in member.stated),
        )
        for member, summary in zip(done.index.members, done.summaries, strict=True)
    ]
    console.table(
        f"{planned.reference(planned.tags.own)}@{done.index.digest}",
        ("platform", "image", "to pull", "healthy", "states"),
        rows,
    )
    names = ", ".join(done.tags or (planned.tags.own, *planned.tags.moving))
    console.note(f"pushed as {names}" if done.tags else f"nothing was pushed; it would be {names}")
    for tag, later in done.kept.items():
        console.note(f"{tag} stays with {later}, which is later")
