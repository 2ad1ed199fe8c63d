"""Debian packages without installing them: downloaded with private apt settings, unpacked into a folder of ours.

The system's apt configuration, package lists and installed packages are read and never changed. Addresses come from
the host's own apt sources, so a corporate mirror set up there is used here as well.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from automation import console, locks, process, scratch
from automation.errors import AutomationError, DiskFull, NetworkUnavailable

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What is free and needs nothing that is not.
COMPONENTS = ("main",)
BACKPORTS = "-backports"


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """What /etc/os-release says: `id` such as debian or ubuntu, `codename` such as bookworm."""

    id: str
    codename: str


def distribution(os_release: Path = Path("/etc/os-release")) -> Distribution | None:
    """The running distribution, or None where it is not of Debian's family or has no apt."""
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    name = fields.get("ID", "").strip('"')
    codename = fields.get("VERSION_CODENAME", "").strip('"')
    if name not in ("debian", "ubuntu") or not codename or shutil.which("apt-get") is None:
        return None
    return Distribution(id=name, codename=codename)


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Where this host gets Debian from: the archive, and the security archive when one is configured."""

    archive: str
    security: str | None

    def sources(self, suite: str, *, source_packages: bool = False, components: Sequence[str] = COMPONENTS) -> str:
        """An apt sources list for `suite`, with its updates and security suites where a suite has them."""
        parts = " ".join(components)
        lines = [f"{self.archive} {suite} {parts}"]
        if not suite.endswith(BACKPORTS):
            lines.append(f"{self.archive} {suite}-updates {parts}")
            if self.security:
                lines.append(f"{self.security} {suite}-security {parts}")
        kinds = ("deb", "deb-src") if source_packages else ("deb",)
        return "".join(f"{kind} {line}\n" for kind in kinds for line in lines)


def mirror() -> Mirror:
    """Debian's archive as this host reaches it; `AUTOARR_DEBIAN_MIRROR` names another one.

    Raises:
        NetworkUnavailable: neither the environment nor the host's apt sources name a Debian archive.
    """
    named = os.environ.get("AUTOARR_DEBIAN_MIRROR", "").rstrip("/")
    if named:
        return Mirror(archive=named, security=os.environ.get("AUTOARR_DEBIAN_SECURITY_MIRROR") or None)
    archive = security = None
    if shutil.which("apt-get") is not None:
        listing = process.run(
            ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(SUITE)|$(REPO_URI)", "Created-By: Packages"],
            echo=False,
            check=False,
        ).stdout
        for line in listing.splitlines():
            origin, suite, address = [*line.split("|"), "", ""][:3]
            if origin != "Debian":
                continue
            if "-security" in suite or address.rstrip("/").endswith("-security"):
                security = security or address.rstrip("/")
            elif "backports" not in suite:
                archive = archive or address.rstrip("/")
    if archive is None:
        raise NetworkUnavailable(
            "no Debian archive is known to this machine",
            hint="run `apt-get update` on a Debian host, or set AUTOARR_DEBIAN_MIRROR to an archive you can reach",
        )
    return Mirror(archive=archive, security=security)


def host_suite() -> str:
    """The codename of the running Debian or Ubuntu.

    Raises:
        NetworkUnavailable: it is neither, so there is no archive to download packages from.
    """
    here = distribution()
    if here is None:
        raise NetworkUnavailable("this is neither Debian nor Ubuntu, so no package archive is known")
    return here.codename


def host_sources(suites: Sequence[str], components: Sequence[str] = COMPONENTS) -> str:
    """Sources for the host's own distribution: on Debian its mirror with these suites, on Ubuntu its own lists.

    Args:
        components: the parts of Debian's archive to take from; Ubuntu's lists have what they have.
    """
    here = distribution()
    if here is not None and here.id == "debian":
        found = mirror()
        return "".join(found.sources(suite, components=components) for suite in suites)
    listing = process.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        echo=False,
    ).stdout
    return "".join(f"deb {line}\n" for line in sorted(set(listing.splitlines())))


class PrivateApt:
    """apt with its state in a folder of ours. `folder` may be deleted at any time."""

    def __init__(self, folder: Path, sources: str) -> None:
        self.folder = folder
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        signed = (
            f"[signed-by={KEYRING}] " if KEYRING.exists() and (here := distribution()) and here.id == "debian" else ""
        )
        (folder / "sources.list").write_text(
            "".join(f"{kind} {signed}{rest}\n" for kind, rest in (line.split(" ", 1) for line in sources.splitlines())),
            encoding="utf-8",
        )
        (folder / "apt.conf").write_text(
            f'Dir::State "{folder}/state/";\n'
            f'Dir::Cache "{folder}/cache/";\n'
            f'Dir::Etc::sourcelist "{folder}/sources.list";\n'
            'Dir::State::status "/var/lib/dpkg/status";\n'
            'Dir::Etc::sourceparts "/dev/null";\n'
            'Dir::Etc::preferences "/dev/null";\n'
            'Dir::Etc::preferencesparts "/dev/null";\n'
            'Acquire::Languages "none";\n'
            'Acquire::Retries "3";\n'
            'APT::Sandbox::User "root";\n'
            'Debug::NoLocking "1";\n',
            encoding="utf-8",
        )

    def _run(self, *words: str) -> str:
        result = process.run(words, env={"APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"}, check=False)
        if result.code == 0:
            return result.stdout
        lines = [line for line in result.output.splitlines() if line.startswith(("E:", "Err:"))]
        if "No space left" in result.output or "enough free space" in result.output:
            raise DiskFull("no space left for downloading packages", where=str(self.folder), details="\n".join(lines))
        raise NetworkUnavailable(
            "Debian packages could not be downloaded",
            where=" ".join(words),
            hint="check the network and the host's apt sources, or set AUTOARR_DEBIAN_MIRROR",
            details="\n".join(lines[-8:]),
        )

    def update(self) -> None:
        """Fetch the package lists.

        Raises:
            NetworkUnavailable: an archive does not answer.
        """
        self._run("apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update")

    def download(self, packages: Sequence[str]) -> list[Path]:
        """Download exactly these packages (`name/suite`), without their dependencies."""
        archives = self.folder / "cache" / "archives"
        before = set(archives.glob("*.deb"))
        process_folder = self.folder / "download"
        process_folder.mkdir(exist_ok=True)
        self._run("sh", "-c", 'cd "$0" && exec apt-get -q download "$@"', str(process_folder), *packages)
        for deb in process_folder.glob("*.deb"):
            deb.replace(archives / deb.name)
        return sorted(set(archives.glob("*.deb")) - before)

    def download_missing(self, packages: Sequence[str]) -> list[Path]:
        """Download these packages and those of their dependencies that the host does not have installed."""
        archives = self.folder / "cache" / "archives"
        before = set(archives.glob("*.deb"))
        self._run(
            "apt-get", "-q", "-y", "--no-install-recommends", "--download-only", "--reinstall", "install", *packages
        )
        return sorted(set(archives.glob("*.deb")) - before)


def unpack(packages: Sequence[Path], folder: Path) -> None:
    """Unpack downloaded packages into `folder`, running none of their scripts.

    Raises:
        DiskFull: there is no room.
    """
    for package in packages:
        try:
            process.run(["dpkg", "-x", str(package), str(folder)], echo=False)
        except AutomationError as error:
            if "No space left" in str(error):
                raise DiskFull(f"no space left to unpack {package.name}", where=str(folder)) from None
            raise


class Unpacked(Protocol):
    """A program that was unpacked and not installed."""

    def why_not(self) -> str | None:
        """Why it does not run on this machine, or None when it does."""


Program = TypeVar("Program", bound=Unpacked)


def provision(
    root: Path, at: Callable[[Path], Program], fill: Callable[[Path], None], *, name: str, size: str
) -> tuple[Program, str | None]:
    """A program in a folder of the cache: the one that is there, unless it does not run; and why it does not, if so.

    Args:
        root: the program's folder, in one that is for all its versions.
        at: finds the program in its folder.
        fill: unpacks it into `root` of a temporary folder that it is given.
        name, size: what is provisioned, and how much is downloaded, for people.
    """
    home = root.parent
    with locks.exclusive(home.with_suffix(".lock"), f"{name} is being provisioned"):
        # Asked each time: what it needs of the host's own packages may be gone since.
        if (found := at(root)).why_not() is None:
            return found, None
        step = f"provisioning {name} (once; about {size} of Debian packages)"
        with console.step(step), scratch.folder() as work:
            fill(work)
            shutil.rmtree(root, ignore_errors=True)
            home.mkdir(parents=True, exist_ok=True)
            # Found at its final place only when it is whole.
            (work / "root").rename(root)
        made = at(root)
        return made, made.why_not()
