"""What this machine has, what is missing, and the exact fix for each."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from automation import console, emulation, engine, network, paths, process, service
from automation.errors import AutomationError, CheckFailed
from automation.frontend import DIST
from automation.private_engine import ROOM_NEEDED, refusal

NETWORK_TIMEOUT = 10.0


class Status(StrEnum):
    """The outcome of one look. `skipped` is an unknown, never a pass."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at: what was found, and what to do when it is not right."""

    name: str
    status: Status
    found: str
    fix: str = ""


def _python() -> Finding:
    version = platform.python_version()
    return Finding(name="Python", status=Status.OK, found=f"{version} at {sys.executable}")


def _program(name: str, words: tuple[str, ...], fix: str) -> Finding:
    if shutil.which(name) is None:
        return Finding(name=name, status=Status.MISSING, found="not on PATH", fix=fix)
    result = process.run([name, *words], check=False, echo=False, timeout=30)
    if result.code != 0:
        return Finding(name=name, status=Status.MISSING, found=f"exit code {result.code}", fix=fix)
    return Finding(name=name, status=Status.OK, found=result.output.splitlines()[0])


def _engine() -> Finding:
    found = engine.present()
    if found is not None:
        store = "containerd image store" if found.has_containerd_store else "no containerd image store: no OCI output"
        return Finding(
            name="engine", status=Status.OK, found=f"{found.kind}, {found.version}, {found.platform}, {store}"
        )
    reason = refusal()
    if reason is None:
        return Finding(
            name="engine", status=Status.WARNING, found="none answers; a private one starts with the first build"
        )
    return Finding(name="engine", status=Status.MISSING, found=f"none answers, and {reason}", fix=engine.INSTALL_HINT)


def _emulation() -> Finding:
    found = engine.present()
    if found is None:
        return Finding(name="arm64", status=Status.SKIPPED, found="no engine answers, so it can't be asked")
    if found.platform == emulation.ARM64:
        return Finding(name="arm64", status=Status.OK, found="native")
    if emulation.emulates(found, emulation.ARM64):
        return Finding(name="arm64", status=Status.OK, found="emulated")
    if found.kind == "private":
        return Finding(
            name="arm64", status=Status.SKIPPED, found="not emulated yet: the first build for it tries to set it up"
        )
    return Finding(
        name="arm64", status=Status.SKIPPED, found="this engine does not emulate it", fix=emulation.INSTALL_HINT
    )


def _disk() -> Finding:
    folder = paths.cache()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < ROOM_NEEDED:
        return Finding(
            name="disk",
            status=Status.WARNING,
            found=f"{console.megabytes(free)} free under {folder}",
            fix=f"a first build needs about {console.megabytes(ROOM_NEEDED)}: free some, or move XDG_CACHE_HOME",
        )
    return Finding(name="disk", status=Status.OK, found=f"{console.megabytes(free)} free under {folder}")


def _answers(address: str) -> str | None:
    """None when the address answers, else why not."""
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - an index's address
    try:
        with urllib.request.urlopen(request, timeout=NETWORK_TIMEOUT):  # noqa: S310 - likewise
            return None
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def _index() -> Finding:
    problem = _answers(f"{network.simple_index().rstrip('/')}/pip/")
    if problem is None:
        return Finding(name="package index", status=Status.OK, found="answers")
    return Finding(
        name="package index",
        status=Status.MISSING,
        found=problem,
        fix="check the network, HTTPS_PROXY, SSL_CERT_FILE and pip's index settings",
    )


def _poetry_api() -> Finding:
    base = network.simple_index().rstrip("/").removesuffix("/simple")
    problem = _answers(f"{base}/pypi/pip/25.0/json")
    if problem is None:
        return Finding(name="index's JSON API", status=Status.OK, found="answers, so plain `poetry lock` works")
    return Finding(
        name="index's JSON API",
        status=Status.WARNING,
        found=f"{problem}: plain `poetry lock` would say that packages are not found",
        fix="use `invoke lock`, which goes through the simple index",
    )


def _certificates() -> Finding:
    bundle = network.ca_bundle()
    if bundle is None:
        return Finding(
            name="certificates",
            status=Status.WARNING,
            found="no bundle found",
            fix="install ca-certificates, or set SSL_CERT_FILE; builds then trust what the base image trusts",
        )
    return Finding(name="certificates", status=Status.OK, found=f"{bundle} is passed to builds as a secret")


def _port() -> Finding:
    if service.port_is_free(service.PORT):
        return Finding(name=f"port {service.PORT}", status=Status.OK, found="free")
    return Finding(
        name=f"port {service.PORT}",
        status=Status.WARNING,
        found="in use",
        fix="`invoke stop` if it is AutoArr; otherwise `invoke run --port N`",
    )


def _ui() -> Finding:
    if any((DIST / name).exists() for name in ("index.html", "index.html.gz")):
        return Finding(name="UI on the host", status=Status.OK, found=f"built in {DIST.relative_to(paths.ROOT)}")
    return Finding(
        name="UI on the host",
        status=Status.SKIPPED,
        found="not built; images build their own, only `autoarr serve` from the checkout misses it",
        fix="`invoke ui`",
    )


LOOKS: tuple[Callable[[], Finding], ...] = (
    _python,
    lambda: _program("node", ("--version",), "run through ./dev: it installs Node"),
    lambda: _program("pnpm", ("--version",), "run through ./dev: it installs pnpm"),
    lambda: _program("git", ("--version",), "install git; without it images carry no revision"),
    _engine,
    _emulation,
    _disk,
    _certificates,
    _index,
    _poetry_api,
    _port,
    _ui,
)


def examine() -> list[Finding]:
    """Look at everything. A look that fails in a way nobody foresaw is an unknown, with the reason."""
    findings = []
    for look in LOOKS:
        try:
            findings.append(look())
        except AutomationError as error:
            findings.append(
                Finding(name=look.__name__.strip("_"), status=Status.SKIPPED, found=error.what, fix=error.hint)
            )
    return findings


def as_dict(findings: list[Finding]) -> dict[str, object]:
    """For `--json`."""
    return {"user": "root" if os.geteuid() == 0 else "not root", "findings": [asdict(found) for found in findings]}


def show(findings: list[Finding]) -> None:
    """The table for people.

    Raises:
        CheckFailed: something needed is missing.
    """
    rows = [(found.name, str(found.status), found.found, found.fix) for found in findings]
    console.table("this machine", ("", "status", "found", "fix"), rows)


def require(findings: list[Finding]) -> None:
    """Fail when something needed is missing.

    Raises:
        CheckFailed: with the fixes.
    """
    missing = [found for found in findings if found.status is Status.MISSING]
    if missing:
        raise CheckFailed(
            f"missing: {', '.join(found.name for found in missing)}",
            hint="; ".join(found.fix for found in missing if found.fix),
        )
