"""Run `docker buildx build`, show its progress, and turn its ways to fail into ours."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from automation import console, owner, process
from automation.engine import Engine
from automation.errors import AutomationError, BuildFailed, DiskFull, EngineUnavailable, NetworkUnavailable, Stale

STEP = re.compile(r"^#(\d+) \[(?!internal\])(.+?)\] (.+)$")
DONE = re.compile(r"^#(\d+) DONE ([\d.]+)s$")
CACHED = re.compile(r"^#(\d+) CACHED$")
HEARTBEAT = 10.0
WIDTH = 110
# What the names of cache mounts begin with that belong to one run.
MOUNTS = "autoarr-"
FROM = re.compile(r"^\[.+\] FROM (?:docker\.io/)?(?:library/)?(\S+)@(sha256:[0-9a-f]{64})$")

ENGINE_GONE = (
    "error reading from server",
    "failed to receive status",
    "cannot connect to the docker daemon",
    "is the docker daemon running",
    "error during connect",
    "transport is closing",
    "connection refused",
    "no active session",
    "failed to connect to the docker api",
)
NO_NETWORK = (
    "temporary failure in name resolution",
    "temporary failure resolving",
    "could not resolve",
    "name or service not known",
    "network is unreachable",
    "failed to establish a new connection",
    "enotfound",
    "eai_again",
    "etimedout",
    "econnrefused",
    "read timed out",
    "unable to connect to",
    "(from versions: none)",  # pip, when no index answered
)


@dataclass
class Progress:
    """Follows BuildKit's plain progress: one short line a step, its time when it took long, signs of life between."""

    titles: dict[str, str] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    _announced: str | None = None
    _spoke: float = field(default_factory=time.monotonic)
    _started: float = field(default_factory=time.monotonic)

    def line(self, text: str) -> None:
        """Take one line of BuildKit's output."""
        if match := CACHED.match(text):
            self.cached.add(match[1])
            if self._announced == match[1]:
                self._announced = None
            return
        if self._announced is not None:  # only now is it known that the step really runs
            self._say(self.titles[self._announced])
            self._announced = None
        if (match := STEP.match(text)) and match[1] not in self.titles:
            self.titles[match[1]] = f"[{match[2]}] {match[3]}"
            self._announced = match[1]
        elif (match := DONE.match(text)) and match[1] in self.titles:
            self.finished.add(match[1])
            if float(match[2]) >= 5:
                self._say(f"{self._stage(match[1])} took {console.duration(float(match[2]))}")

    def beat(self) -> None:
        """Say what is at work, unless something was said a moment ago."""
        if time.monotonic() - self._spoke < HEARTBEAT:
            return
        running = [number for number in self.titles if number not in self.cached | self.finished]
        if running:
            elapsed = console.duration(time.monotonic() - self._started)
            self._say(f"{elapsed}: at work on {', '.join(self._stage(number) for number in running)}")

    def built_on(self) -> dict[str, str]:
        """Which images the build really started from: name to digest, as BuildKit resolved them."""
        found = (FROM.match(title) for title in self.titles.values())
        return {match[1]: match[2] for match in found if match is not None}

    def _stage(self, number: str) -> str:
        return self.titles[number].split("]")[0] + "]"

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        console.progress(text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…")


def build(engine: Engine, flags: Sequence[str]) -> Progress:
    """Build with these words after `docker buildx build`; which steps ran and which came from the cache.

    Raises:
        BuildFailed: a step failed; its output is in the details.
        EngineUnavailable: the engine went away.
        DiskFull, NetworkUnavailable: the step's output says so.
    """
    progress = Progress()
    result = process.run(
        ["docker", "buildx", "build", "--progress=plain", *flags],
        env={**engine.environment, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
        on_line=progress.line,
        on_silence=progress.beat,
        check=False,
    )
    if result.code != 0:
        raise diagnose(engine, result)
    return progress


@contextmanager
def fresh_cache_mounts(engine: Engine) -> Iterator[tuple[str, ...]]:
    """Words with which a build's cache mounts begin empty, `--no-cache` or not; they are removed on the way out."""
    namespace = f"{MOUNTS}{owner.name()}-{secrets.token_hex(3)}"
    _remove_cache_mounts(engine, lambda name: owner.is_gone(name.removeprefix(MOUNTS)))
    try:
        yield ("--build-arg", f"BUILDKIT_CACHE_MOUNT_NS={namespace}")
    finally:
        _remove_cache_mounts(engine, lambda name: name == namespace)


def _remove_cache_mounts(engine: Engine, unwanted: Callable[[str], bool]) -> None:
    listing = engine.docker("buildx", "du", "--verbose", check=False, echo=False).stdout
    for record, namespace in cache_mounts(listing):
        if unwanted(namespace):
            engine.docker("buildx", "prune", "--force", "--filter", f"id={record}", check=False, echo=False)


def cache_mounts(listing: str) -> list[tuple[str, str]]:
    """The cache mounts of :func:`fresh_cache_mounts` in the output of `buildx du --verbose`: record and namespace."""
    found = []
    for block in listing.split("\n\n"):
        record = re.search(r"^ID:\s*(\w+)", block, re.MULTILINE)
        namespace = re.search(rf'^Description:.* with id "({MOUNTS}[^/"]+)/', block, re.MULTILINE)
        if record is not None and namespace is not None:
            found.append((record[1], namespace[1]))
    return found


def diagnose(engine: Engine, result: process.Result) -> AutomationError:
    """The failure behind a build's output."""
    lines = result.output.splitlines()
    low = result.output.lower()
    error = next((line.removeprefix("ERROR: ") for line in reversed(lines) if line.startswith("ERROR: ")), "")
    details = "\n".join(failing_step(lines) or lines[-30:])
    if "no space left on device" in low or "enospc" in low:
        return DiskFull(
            "the engine's disk is full", hint="free some space, or `invoke clean` to drop build caches", details=details
        )
    if "err_pnpm_outdated_lockfile" in low:
        return Stale(
            "pnpm-lock.yaml does not fit package.json",
            hint="run `pnpm install` in autoarr/ui and commit the lockfile",
            details=details,
        )
    # Looking a base up fails with the same words when it is the registry that does not answer.
    lookup = "failed to resolve source metadata" in error
    gone = (not lookup and any(sign in error.lower() for sign in ENGINE_GONE)) or (
        "did not complete successfully" not in error
        and engine.docker("version", "--format", "{{.Server.Version}}", check=False, echo=False, timeout=10).code != 0
    )
    if gone:
        return EngineUnavailable(
            "the container engine went away during the build",
            hint="run the command again: a private engine is restarted; otherwise start yours",
            details="\n".join(lines[-6:]),
        )
    # Python's FileNotFoundError has npm's ENOTFOUND in it.
    if any(re.search(rf"(?<![a-z]){re.escape(sign)}", low) for sign in NO_NETWORK):
        return NetworkUnavailable(
            "a package index can't be reached from inside the build",
            hint="check the network, HTTPS_PROXY, and pip's and npm's index settings; `invoke doctor` tells more",
            details=details,
        )
    return BuildFailed("the image did not build", where=short(error), details=details)


def short(error: str) -> str:
    """BuildKit's error without the program text that it repeats."""
    match = re.match(r'failed to solve: process "(.+)" did not complete successfully: (.+)', error)
    if match is None:
        return error[:300]
    return f"{match[1][:200]} ({match[2]})"


def failing_step(lines: Sequence[str]) -> list[str]:
    """The output of the step that failed: what BuildKit prints between its dashed lines, or that step's last lines."""
    failed = next((re.match(r"^#(\d+) ERROR", line) for line in lines if re.match(r"^#\d+ ERROR", line)), None)
    if failed is None:
        return []
    number = failed[1]
    # `#12 3.4 text` is what the step said; `#12 [stage 1/2] RUN …` and `#12 ERROR: …` are BuildKit's own lines.
    said = re.compile(rf"^#{number} \d+\.\d+ (.*)$")
    return [match[1] for line in lines if (match := said.match(line))][-30:]
