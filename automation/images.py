"""Construct the build of a variant, run it, start the result once, and say what came out."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from automation import (
    build_cache,
    buildx,
    console,
    containers,
    emulation,
    image_store,
    layers,
    network,
    paths,
    recompression,
    registry,
    requirements,
    scratch,
)
from automation.bases import DEFAULT_VARIANT, NODE, Variant
from automation.engine import Engine
from automation.errors import BuildFailed, EngineUnavailable, UsageError
from automation.git import Commit, commit
from automation.resolver import ResolvedBase, Resolver
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


def version() -> str:
    """The project's version, from pyproject.toml."""
    with paths.PYPROJECT.open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def arguments(base: ResolvedBase, node: ResolvedBase, source: Commit) -> Mapping[str, str]:
    """The build arguments of Dockerfile.optimized.

    SOURCE_DATE_EPOCH is the commit's, so that the date of a build is the date of what was built.
    """
    return {
        "PYTHON_IMAGE": base.reference,
        "NODE_IMAGE": node.reference,
        "AUTOARR_VERSION": version(),
        "AUTOARR_REVISION": source.label,
        "AUTOARR_CREATED": source.created,
        "BASE_NAME": base.reference,
        "BASE_DIGEST": base.digest,
        "SOURCE_DATE_EPOCH": str(source.epoch),
    }


def flags(
    variant: Variant,
    build_arguments: Mapping[str, str],
    *,
    target: str,
    platform: str,
    outputs: list[str],
    tags: list[str],
    root: Path = paths.ROOT,
) -> list[str]:
    """The words after `docker buildx build`, but for the network's and the context. A pure function."""
    words = ["--file", str(root / paths.DOCKERFILE.name), "--target", target, "--platform", platform]
    for name, value in build_arguments.items():
        words += ["--build-arg", f"{name}={value}"]
    words += ["--label", f"{containers.VARIANT_LABEL}={variant.name}"]
    for tag in tags:
        words += ["--tag", tag]
    for output in outputs:
        words += ["--output", output]
    return words


def build_target(
    engine: Engine,
    resolver: Resolver,
    variant: Variant,
    *,
    target: str,
    platform: str,
    outputs: list[str],
    tags: list[str],
    root: Path = paths.ROOT,
    extra: Sequence[str] = (),
) -> tuple[ResolvedBase, buildx.Progress]:
    """Build one target of Dockerfile.optimized on the variant's base.

    Args:
        root: the checkout to build, when it is a copy of this one.
        extra: more words for `docker buildx build`, such as `--no-cache`.

    Raises:
        AutomationError: the base can't be had, or the build failed; see :mod:`automation.buildx`.
    """
    with console.step("resolving the bases"):
        base = resolver.resolve(variant.base, platform)
        node = resolver.resolve(NODE)
        for found in (base, node):
            console.progress(f"{found.base.name}: {found.reference.partition('@')[0]}, {found.story}")
    with console.step(f"building {', '.join(tags) or variant.name}"), scratch.folder() as folder:
        words = flags(
            variant,
            arguments(base, node, commit()),
            target=target,
            platform=platform,
            outputs=outputs,
            tags=tags,
            root=root,
        )
        progress = buildx.build(engine, [*words, *extra, *network.build_flags(folder), str(root)])
    for found in (base, node):
        check_base(found, progress)
    return base, progress


def check_base(resolved: ResolvedBase, progress: buildx.Progress) -> None:
    """What was built on is what was resolved, and not what a registry has under the same name.

    Raises:
        BuildFailed: it is another image.
    """
    used = progress.built_on().get(resolved.reference)
    if used is not None and used != resolved.digest:
        raise BuildFailed(
            f"the build used another {resolved.reference} than the one resolved",
            where=f"{used}, not {resolved.digest}",
            hint="run the command again; if it stays, a registry serves a different image under this name",
        )


def check_output(output: str, engine: Engine) -> str:
    """`oci:PATH` as buildx wants it.

    Raises:
        UsageError: another kind of output, or a folder that does not exist.
        EngineUnavailable: the engine can't write OCI archives.
    """
    kind, _, place = output.partition(":")
    if kind != "oci" or not place:
        raise UsageError(f"no output {output!r}", hint="oci:PATH writes an OCI archive to PATH")
    target = Path(place).expanduser().resolve()
    if not target.parent.is_dir() or target.is_dir():
        raise UsageError(f"{target} can't be written", hint="name a file in a folder that exists")
    if not engine.has_containerd_store:
        raise EngineUnavailable(
            "this engine can't write OCI archives",
            hint="turn on its containerd image store, or set AUTOARR_ENGINE=private",
        )
    return f"type=oci,dest={target},rewrite-timestamp=true"


def archive_path(output: str) -> Path:
    """The file that :func:`check_output` chose."""
    return Path(output.partition("dest=")[2].partition(",")[0])


def build_archive(
    engine: Engine,
    resolver: Resolver,
    variant: Variant,
    output: str,
    *,
    platform: str,
    tags: list[str],
    root: Path = paths.ROOT,
    extra: Sequence[str] = (),
    reuse: bool = True,
) -> tuple[ResolvedBase, buildx.Progress]:
    """Build a variant into an OCI archive as users will pull it: a distroless one's layers are packed by zstd.

    Args:
        output: what :func:`check_output` made of the archive's name.
        root: the checkout to build, when it is a copy of this one.
        extra: more words for `docker buildx build`.
        reuse: whether to take layers that were packed before.

    Raises:
        AutomationError: the build's failures.
    """
    made = build_target(
        engine,
        resolver,
        variant,
        target=variant.target,
        platform=platform,
        outputs=[output],
        tags=tags,
        root=root,
        extra=extra,
    )
    if variant.is_distroless:
        with console.step("packing its layers"):
            recompression.recompress(archive_path(output), archive_path(output), reuse=reuse)
    return made


def build_packed(
    engine: Engine,
    resolver: Resolver,
    variant: Variant,
    platform: str,
    name: str,
    extra: Sequence[str],
    root: Path = paths.ROOT,
) -> tuple[ResolvedBase, buildx.Progress]:
    """Build a variant and give it to the engine as users will pull it, by way of an archive.

    Args:
        root: the checkout to build, when it is a copy of this one.

    Raises:
        AutomationError: the build's failures.
    """
    with scratch.folder() as folder:
        archive = folder / "image.tar"
        made = build_archive(
            engine,
            resolver,
            variant,
            check_output(f"oci:{archive}", engine),
            platform=platform,
            tags=[name],
            root=root,
            extra=extra,
            reuse="--no-cache" not in extra,
        )
        problem = image_store.load(engine, archive)
        if problem is not None:
            raise BuildFailed("the engine did not take the image", where=problem)
    return made


def build_loaded(
    engine: Engine,
    resolver: Resolver,
    variant: Variant,
    platform: str,
    name: str,
    extra: Sequence[str],
    root: Path = paths.ROOT,
) -> tuple[ResolvedBase, buildx.Progress]:
    """Build a variant into the engine: packed, where it is to be and the engine can hold it so.

    Args:
        root: the checkout to build, when it is a copy of this one.

    Raises:
        AutomationError: the build's failures.
    """
    if variant.is_distroless and engine.has_containerd_store:
        return build_packed(engine, resolver, variant, platform, name, extra, root)
    return build_target(
        engine,
        resolver,
        variant,
        target=variant.target,
        platform=platform,
        outputs=["type=docker"],
        tags=[name],
        root=root,
        extra=extra,
    )


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
    archive = None if output is None else check_output(output, engine)
    name, *others = names(engine, variant, chosen, tag)
    started = time.monotonic()
    resolver = Resolver(engine)
    requirements.check_image_inputs()
    containers.sweep(engine)
    # The name is given only to an image that got healthy; until then it is a candidate of this run.
    with containers.candidate(engine, variant) as candidate:
        words = [word for place in cache for word in place.words()]
        base, progress = build_loaded(engine, resolver, variant, chosen, candidate, words)
        if archive is not None and attest:
            # What is stated names the image as it was built; whoever asked for it packs the layers afterwards.
            build_target(
                engine,
                resolver,
                variant,
                target=variant.target,
                platform=chosen,
                outputs=[archive],
                tags=[name],
                extra=attest,
            )
        elif archive is not None:
            build_archive(engine, resolver, variant, archive, platform=chosen, tags=[name])
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
