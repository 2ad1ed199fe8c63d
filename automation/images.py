"""Build a variant, start the result once, hold it against its budget, name it, and say what came out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from automation import (
    build_cache,
    building,
    buildx,
    console,
    containers,
    emulation,
    image_store,
    layers,
    registry,
    requirements,
)
from automation.bases import DEFAULT_VARIANT, Variant
from automation.engine import Engine
from automation.errors import EngineUnavailable, UsageError
from automation.resolver import Resolver
from automation.size import budget, reading

LATEST = "autoarr:latest"
STEP_NAMES = {
    "frontend-builder": "UI",
    "python-builder": "dependencies",
    "slim-base": "base",
    "slim-packages": "dependencies",
    "app-builder": "application",
    "slim-application": "application",
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a build gave: sizes in bytes, times in seconds.

    `healthy_s` is the time from start to the first healthy answer; None where the image was not started. `pushed` is
    the name with the digest under which a registry has it.
    """

    image: str
    variant: str
    platform: str
    digest: str
    base: str
    base_origin: str
    base_digest: str
    libc: str
    disk_bytes: int | None
    pull_bytes: int | None
    layer_count: int | None
    build_s: float
    healthy_s: float | None
    rebuilt: list[str]
    pushed: str | None = None

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self)


def build(
    engine: Engine,
    variant: Variant,
    *,
    platform: str | None = None,
    tag: str | None = None,
    output: str | None = None,
    push: bool = False,
    cache: Sequence[build_cache.Place] = (),
    attest: Sequence[str] = (),
) -> Summary:
    """`invoke build`: build the variant, start it once and wait for healthy, measure it.

    Args:
        platform: another one than the engine's is built emulated, as `autoarr:VARIANT-arm64`.
        tag: a name in place of `autoarr:VARIANT` (and `autoarr:latest` for the default variant).
        output: `oci:PATH` writes an archive besides.
        push: push it under `tag` once it is healthy.
        cache: where the build's cache comes from and goes to.
        attest: BuildKit's words for what it states of the archive, such as `--provenance=mode=max`.
    """
    if push and tag is None:
        raise UsageError("--push needs a name in a registry", hint="--tag HOST/NAMESPACE/NAME:TAG")
    chosen = emulation.choose(engine, platform)
    archive = None if output is None else building.check_output(output, engine)
    name, *others = names(engine, variant, chosen, tag)
    started = time.monotonic()
    resolver = Resolver(engine)
    requirements.check_image_inputs()
    containers.sweep(engine)
    # The name is given only to an image that got healthy; until then it is a candidate of this run.
    with containers.candidate(engine, variant) as candidate:
        words = [word for place in cache for word in place.words()]
        base, progress = building.build_loaded(engine, resolver, variant, chosen, candidate, words)
        if archive is not None:
            building.build_archive(
                engine,
                resolver,
                variant,
                archive,
                platform=chosen,
                tags=[name],
                extra=attest,
                # What is stated names the image as it was built; whoever asked for it packs the layers afterwards.
                pack=not attest,
            )
        built = time.monotonic() - started
        with console.step("starting it once"):
            healthy = smoke(engine, candidate, chosen)
            console.progress(f"healthy after {console.duration(healthy)}")
        size = layers.measure(engine, candidate)
        hold_to_budget(engine, variant, candidate, chosen)
        for given in (name, *others):
            image_store.tag(engine, candidate, given)
    facts = image_store.inspect(engine, name)
    if facts is None:
        raise EngineUnavailable(f"{name} is gone right after its build")
    pushed = None
    if push:
        with console.step(f"pushing {name}"):
            registry.push(engine, name)
            pushed = f"{name}@{registry.digest(registry.manifest(engine, name))}"
    return Summary(
        image=name,
        variant=variant.name,
        platform=chosen,
        digest=facts.digest,
        base=base.reference,
        base_origin=base.story,
        base_digest=base.digest,
        libc=str(variant.base.libc),
        disk_bytes=size.disk_bytes,
        pull_bytes=size.pull_bytes,
        layer_count=len(size.layers),
        build_s=round(built, 2),
        healthy_s=round(healthy, 3),
        rebuilt=rebuilt(progress),
        pushed=pushed,
    )


def names(engine: Engine, variant: Variant, platform: str, tag: str | None) -> list[str]:
    """The names that a healthy image gets, first the one to show. An emulated one takes no native image's name."""
    if tag is not None:
        return [tag]
    if emulation.is_foreign(engine, platform):
        return [variant.foreign_tag(platform)]
    return [variant.tag, LATEST] if variant.name == DEFAULT_VARIANT else [variant.tag]


def hold_to_budget(engine: Engine, variant: Variant, image: str, platform: str) -> None:
    """Hold an image against its variant's size budget, where pyproject.toml has one.

    Raises:
        CheckFailed: it is too large; the packages responsible are named.
    """
    if budget.load(variant.name) is not None:
        with console.step("holding it against its size budget"):
            ledger = reading.find(lambda: engine, image=image, platform=platform)
            found = budget.require(variant.name, ledger)
            console.progress(f"{found.verdict}: {found.detail}")


def smoke(engine: Engine, image: str, platform: str) -> float:
    """Start an image once as users are told to run it; the seconds until it was healthy.

    Raises:
        Unhealthy: it did not get healthy. Emulated, it gets more time, and so does its health check.
    """
    with containers.session(engine) as running:
        container = running.start(image, **containers.HARDENED, **emulation.start_options(engine, platform))
        patience = emulation.patience(engine, platform, containers.HEALTHY_TIMEOUT)
        return containers.wait_healthy(container, patience)


def rebuilt(progress: buildx.Progress) -> list[str]:
    """Which parts of the image were made in this run rather than taken from the cache."""
    parts = []
    for number in sorted(progress.finished - progress.cached, key=int):
        title = progress.titles[number]
        part = STEP_NAMES.get(title[1:].split(" ", 1)[0])
        # Only what runs makes something; BuildKit reports FROM as done in every build.
        if part is not None and "] RUN " in title and part not in parts:
            parts.append(part)
    return parts


def show(summary: Summary) -> None:
    """The summary for people, and what to do next."""

    def size(value: int | None) -> str:
        return "unknown" if value is None else console.megabytes(value)

    console.table(
        summary.image,
        ("", ""),
        [
            ("platform", summary.platform),
            ("digest", summary.digest),
            ("base", f"{summary.base} ({summary.libc}), {summary.base_origin}"),
            ("on disk", size(summary.disk_bytes)),
            ("to pull", size(summary.pull_bytes)),
            ("layers", str(summary.layer_count)),
            ("rebuilt", ", ".join(summary.rebuilt) or "nothing: all from the cache"),
            ("built in", console.duration(summary.build_s)),
            ("healthy", f"{summary.healthy_s:.2f} s after start" if summary.healthy_s is not None else "not started"),
            *([("pushed", summary.pushed)] if summary.pushed else []),
        ],
    )
    console.note(f"next: `invoke run` serves it on http://localhost:8088, `nox -s {summary.variant}` verifies it")
