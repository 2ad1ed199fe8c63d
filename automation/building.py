"""The builds themselves: a target of Dockerfile.optimized on its base, into the engine or into an OCI archive."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from automation import buildx, console, containers, image_store, network, paths, recompression, scratch
from automation.bases import NODE, Variant
from automation.engine import Engine
from automation.errors import BuildFailed, EngineUnavailable, UsageError
from automation.git import Commit, commit
from automation.resolver import ResolvedBase, Resolver


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
    pack: bool = True,
) -> tuple[ResolvedBase, buildx.Progress]:
    """Build a variant into an OCI archive as users will pull it: a distroless one's layers are packed by zstd.

    Args:
        output: what :func:`check_output` made of the archive's name.
        root: the checkout to build, when it is a copy of this one.
        extra: more words for `docker buildx build`.
        reuse: whether to take layers that were packed before.
        pack: False leaves the layers as BuildKit packs them.

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
    if pack and variant.is_distroless:
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


def build_plain(
    engine: Engine,
    resolver: Resolver,
    variant: Variant,
    platform: str,
    name: str,
    extra: Sequence[str],
    root: Path = paths.ROOT,
) -> tuple[ResolvedBase, buildx.Progress]:
    """Build a variant into the engine, its layers as BuildKit packs them.

    Args:
        root: the checkout to build, when it is a copy of this one.

    Raises:
        AutomationError: the build's failures.
    """
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
    build = build_packed if variant.is_distroless and engine.has_containerd_store else build_plain
    return build(engine, resolver, variant, platform, name, extra, root)
