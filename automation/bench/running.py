"""The benchmark, run in an image as users run it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from automation import console, containers, paths, servers
from automation.bases import Variant
from automation.bench import facts
from automation.bench.facts import Result
from automation.engine import Engine

# On a volume of the session's own: the root is read-only, and a remote engine has no folder of ours to mount.
PLACE = "/bench"
# What the script is made of: itself, and the services that stand in for real ones.
SHIPPED = ("tests/bench/*.py", "tests/app/fakes/*.py")
COMMAND = ("python", "-m", "tests.bench.inside")
TMPFS = {"/tmp": "rw,size=64m,mode=1777"}  # noqa: S108 - a container's
# The first process does nothing; its end, after these seconds, ends all others.
LIMIT = 3600
IDLE = f"import signal; signal.sigtimedwait([signal.SIGTERM], {LIMIT})"


def measure(engine: Engine, variant: Variant, image: str) -> Result:
    """Measure an image of a variant, in a container of its own that is removed again.

    Raises:
        CheckFailed: the script ended without its figures.
    """
    with containers.session(engine) as running:
        container = running.start(
            image,
            command=["python", "-c", IDLE],
            tmpfs=TMPFS,
            volumes={running.volume(): {"bind": PLACE, "mode": "rw"}},
            # Its own checks would compete with what is measured.
            healthcheck={"test": ["NONE"]},
            **containers.HARDENED,
        )
        container.put_archive(PLACE, servers.archive(sources()))
        streams: Any = container.exec_run(list(COMMAND), workdir=PLACE, stream=True, demux=True).output
        answer, said = follow(streams)
    return facts.parse(answer, name=variant.name, libc=str(variant.libc), said=said)


def follow(streams: Iterable[tuple[bytes | None, bytes | None]]) -> tuple[str, str]:
    """Show what is said on stderr as it comes; both outputs."""
    out, errors = b"", b""
    for answer, said in streams:
        out += answer or b""
        errors += said or b""
        for line in (said or b"").decode(errors="replace").splitlines():
            console.progress(line)
    return out.decode(errors="replace"), errors.decode(errors="replace")


def sources() -> dict[str, bytes]:
    """The script, as files below the place that it runs in."""
    files = sorted(path for pattern in SHIPPED for path in paths.ROOT.glob(pattern))
    return {path.relative_to(paths.ROOT).as_posix(): path.read_bytes() for path in files}
