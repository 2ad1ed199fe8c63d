"""Building and running for another machine than this one: whether the engine can, and having our own do it.

A user's engine is only asked. The private one gets QEMU's user emulation from Debian, and an entry in the kernel's
table of interpreters for as long as it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automation import apt, binfmt, buildx, console, locks, scratch
from automation.engine import Engine
from automation.errors import BaseUnavailable, BuildFailed, EngineUnavailable, UsageError
from automation.private_engine import ENGINE_SUITES, PrivateEngine

ARM64 = "linux/arm64"
# What `uname -m` says on each platform.
MACHINES = {"linux/amd64": "x86_64", ARM64: "aarch64"}
# The package with statically linked emulators: they have to run in containers that have none of their libraries.
QEMU_PACKAGES = {"debian": "qemu-user", "ubuntu": "qemu-user-static"}
INSTALL_HINT = (
    "let this machine emulate it: `docker run --privileged --rm tonistiigi/binfmt --install arm64`, or on Debian and "
    "Ubuntu the packages qemu-user-static and binfmt-support; or set DOCKER_HOST to an engine that runs it"
)
WRONG_MACHINE = 42
# An emulated start takes many times as long as a native one, and so does every health check.
HEALTHY_TIMEOUT = 300.0
# How many times longer anything emulated may take before it counts as stuck.
PACE = 20.0
# Docker's nanoseconds; what is left out stays as the image has it.
HEALTHCHECK = {"timeout": 60 * 10**9, "start_period": int(HEALTHY_TIMEOUT) * 10**9}


def is_foreign(engine: Engine, platform: str) -> bool:
    """Whether the engine would run this platform emulated."""
    return platform != engine.platform


def start_options(engine: Engine, platform: str) -> dict[str, Any]:
    """docker-py's options for starting an image of this platform, beside those that every container gets."""
    return {"platform": platform, "healthcheck": HEALTHCHECK} if is_foreign(engine, platform) else {}


def patience(engine: Engine, platform: str, native: float) -> float:
    """Seconds to wait for something that is given `native` seconds where nothing is emulated."""
    return max(native, HEALTHY_TIMEOUT) if is_foreign(engine, platform) else native


def platforms(engine: Engine, *, start: bool = False) -> frozenset[str]:
    """The platforms whose programs the engine's builder can run now, such as `linux/arm64`.

    Args:
        start: start a builder that runs in a container of its own, as a build would; until then it lists nothing.
    """
    result = engine.docker(
        "buildx", "inspect", *(("--bootstrap",) if start else ()), check=False, echo=False, timeout=60
    )
    return parse_platforms(result.stdout)


def parse_platforms(text: str) -> frozenset[str]:
    """The platforms in the output of `docker buildx inspect`; an asterisk marks those that somebody configured."""
    found: set[str] = set()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "Platforms":
            found |= {word.strip().rstrip("*") for word in value.split(",")}
    return frozenset(found - {""})


def choose(engine: Engine, platform: str | None) -> str:
    """The platform to build for: the engine's own when none is asked for, and otherwise one that it can run.

    Raises:
        UsageError: no image is made for it.
        EngineUnavailable, NetworkUnavailable, DiskFull: as :func:`ensure` does.
    """
    wanted = platform or engine.platform
    if wanted not in MACHINES:
        raise UsageError(f"no platform {wanted!r}", hint=f"one of: {', '.join(MACHINES)}")
    ensure(engine, wanted)
    return wanted


def ensure(engine: Engine, platform: str) -> None:
    """Make sure that the engine runs programs of this platform.

    Raises:
        EngineUnavailable: it doesn't, and can't be made to from here.
        NetworkUnavailable: the emulator can't be downloaded.
        DiskFull: there is no room for it.
    """
    if not is_foreign(engine, platform) or emulates(engine, platform, start=True):
        return
    if engine.kind != "private" or platform != ARM64:
        raise EngineUnavailable(
            f"this engine runs {engine.platform}, and can't emulate {platform}",
            where="buildx inspect",
            hint=INSTALL_HINT,
        )
    private = PrivateEngine.default()
    with locks.exclusive(private.folder.with_suffix(".lock"), "an emulator is being set up"):
        emulator = install(private.folder / "emulation")
        console.note("arm64 programs now run on this machine, until `invoke engine --stop`")
        if binfmt.mount():
            private.binfmt_mounted.touch()
        binfmt.register(private.binfmt_name, emulator)
    if not emulates(engine, platform, start=True):
        raise EngineUnavailable(
            f"{platform} is registered with the kernel, and the engine still can't run it",
            where=str(binfmt.TABLE / private.binfmt_name),
            hint=binfmt.BY_HAND,
        )


def emulates(engine: Engine, platform: str, *, start: bool = False) -> bool:
    """Whether it does now. BuildKit never forgets what it once could run, so here the kernel is asked too."""
    return platform in platforms(engine, start=start) and (engine.kind != "private" or binfmt.runs())


def install(folder: Path) -> Path:
    """QEMU's emulator for arm64, downloaded unless `folder` has it already.

    Raises:
        EngineUnavailable: this is neither Debian nor Ubuntu, or its package has no static emulator.
        NetworkUnavailable, DiskFull: as they say.
    """
    emulator = folder / "qemu-aarch64"
    if emulator.exists():
        return emulator
    host = apt.distribution()
    if host is None:
        raise EngineUnavailable("only Debian and Ubuntu can provision an emulator", hint=INSTALL_HINT)
    package, suite = QEMU_PACKAGES[host.id], ENGINE_SUITES.get(host.codename, host.codename)
    with (
        console.step("provisioning an emulator for arm64 (once; about 70 MB of Debian packages)"),
        scratch.folder() as work,
    ):
        debian = apt.PrivateApt(work / "apt", apt.host_sources([suite]))
        debian.update()
        apt.unpack(debian.download([f"{package}/{suite}"]), work / "root")
        names = (work / "root/usr/bin" / name for name in ("qemu-aarch64-static", "qemu-aarch64"))
        found = next((path for path in names if path.exists()), None)
        if found is None or b"ld-linux" in found.read_bytes()[:4096]:
            raise EngineUnavailable(
                "the distribution's QEMU is not statically linked", where=f"{package}/{suite}", hint=INSTALL_HINT
            )
        folder.mkdir(parents=True, exist_ok=True)
        found.replace(emulator)
    return emulator


def digest(engine: Engine, reference: str, platform: str) -> str:
    """The digest of the image that the engine's builder finds under a name for a platform.

    BuildKit asks the registry first and takes its own copy where none answers. It also takes an image of any platform
    when a name has only one, so a program of the image has to run and say which machine it is on.

    Raises:
        BaseUnavailable: there is such a name, for another platform.
        AutomationError: there is none, or the build failed otherwise; see :mod:`automation.buildx`.
    """
    with scratch.folder() as folder:
        (folder / "Dockerfile").write_text(
            f'FROM {reference}\nRUN test "$(uname -m)" = {MACHINES[platform]} || exit {WRONG_MACHINE}\n',
            encoding="utf-8",
        )
        try:
            progress = buildx.build(engine, ["--platform", platform, "--output", "type=cacheonly", str(folder)])
        except BuildFailed as error:
            if f"exit code: {WRONG_MACHINE}" in error.where:
                raise BaseUnavailable(f"{reference} is there, and not for {platform}", where=reference) from None
            raise
    return progress.built_on().get(reference, "unknown")
