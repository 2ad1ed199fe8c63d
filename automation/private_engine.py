"""A container engine of our own, for machines that have none: provisioned, started, found dead, stopped.

Debian's own packages, unpacked into the cache folder and run from there beside whatever the user has: own binaries,
socket, data and configuration. docs/decisions/engine.md says why these packages.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from automation import apt, binfmt, console, locks, paths, process
from automation.errors import DiskFull, EngineUnavailable

# The suite that has an engine with BuildKit and buildx for each Debian we know; elsewhere the host's own suite.
ENGINE_SUITES = {"bookworm": "trixie"}
ENGINE_PACKAGES = ("docker.io", "containerd", "docker-cli", "docker-buildx", "docker-compose")
# Taken from the host's own suite, because they must fit its C library.
HOST_PACKAGES = ("runc", "iptables", "tini")
START_TIMEOUT = 60.0
STOP_TIMEOUT = 30.0
# What a first build needs, in bytes: engine 0.4 GB, bases and build layers about 4 GB.
ROOM_NEEDED = 6_000_000_000


def refusal() -> str | None:
    """Why a private engine can't be had here, or None when it can."""
    if os.environ.get("AUTOARR_ENGINE") == "existing":
        return "AUTOARR_ENGINE=existing forbids a private one"
    if apt.distribution() is None:
        return "only Debian and Ubuntu can provision one"
    if os.geteuid() != 0:
        return "only root can provision one"
    return None


@dataclass(frozen=True)
class PrivateEngine:
    """The private engine that belongs to one cache folder."""

    folder: Path

    @classmethod
    def default(cls) -> PrivateEngine:
        """The one of this user's cache."""
        return cls(paths.cache() / "engine")

    @property
    def root(self) -> Path:
        """Where the packages are unpacked."""
        return self.folder / "root"

    @property
    def run_folder(self) -> Path:
        """Sockets and pid files. Under /run, because a socket's path may have 107 bytes at the most."""
        return Path("/run") / f"autoarr-engine-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"

    @property
    def host(self) -> str:
        """What DOCKER_HOST has to be."""
        return f"unix://{self.run_folder}/docker.sock"

    @property
    def binfmt_name(self) -> str:
        """What its entry in the kernel's table of interpreters is called, where it has one."""
        return f"{self.run_folder.name}-arm64"

    @property
    def binfmt_mounted(self) -> Path:
        """A file that says that the table was mounted for this engine."""
        return self.run_folder / "binfmt-mounted"

    @property
    def log(self) -> Path:
        """The daemon's log of this start."""
        return self.folder / "dockerd.log"

    @property
    def client_config(self) -> Path:
        """What DOCKER_CONFIG has to be for the packaged client to find its buildx."""
        return self.folder / "client"

    def binaries(self) -> str:
        """The folders to put before PATH."""
        return os.pathsep.join(str(self.root / name) for name in ("usr/autoarr", "usr/sbin", "usr/bin"))

    def client_environment(self) -> dict[str, str]:
        """What the `docker` command needs in its environment to talk to this engine."""
        return {
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.client_config),
            "PATH": f"{self.binaries()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    def pid(self) -> int | None:
        """The daemon's process id, when it runs and is ours (a pid file may be older than the last boot)."""
        try:
            number = int((self.run_folder / "dockerd.pid").read_text(encoding="ascii"))
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return number if str(self.folder / "data").encode() in words else None

    def answers(self) -> bool:
        """Whether the daemon's API answers now."""
        result = process.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            env=self.client_environment(),
            check=False,
            echo=False,
            timeout=10,
        )
        return result.code == 0 and bool(result.stdout.strip())

    def ensure(self) -> None:
        """Make it answer: download and unpack what is missing, and start it when it does not run.

        Raises:
            EngineUnavailable: it can't be had on this machine, or does not start.
            NetworkUnavailable: the packages can't be downloaded.
            DiskFull: there is no room for it.
        """
        if self.pid() is not None and self.answers():
            return
        with locks.exclusive(self.folder.with_suffix(".lock"), "the container engine is being started"):
            if self.pid() is not None and self.answers():
                return
            self._require_room()
            self._install()
            self._start()

    def _require_room(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free
        if (self.folder / "data").exists():
            return  # the heavy part has been made; what is still needed is the build's to say
        if free < ROOM_NEEDED:
            raise DiskFull(
                f"{console.megabytes(free)} free, and a first build needs about {console.megabytes(ROOM_NEEDED)}",
                where=str(self.folder),
                hint="free some space, or point XDG_CACHE_HOME to a larger disk",
            )

    def _install(self) -> None:
        wanted = hashlib.sha256(
            repr((ENGINE_SUITES, ENGINE_PACKAGES, HOST_PACKAGES, apt.distribution())).encode()
        ).hexdigest()
        stamp = self.root / "autoarr-complete"
        if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
            return
        host = apt.distribution()
        if host is None:
            raise EngineUnavailable("only Debian and Ubuntu can provision an engine")
        with console.step("provisioning a container engine (once; about 95 MB of Debian packages)"):
            suite = ENGINE_SUITES.get(host.codename, host.codename)
            work = self.folder / "packages"
            shutil.rmtree(work, ignore_errors=True)
            sources = apt.host_sources(sorted({suite, host.codename}))
            debian = apt.PrivateApt(work, sources)
            debian.update()
            packages = debian.download([f"{name}/{suite}" for name in ENGINE_PACKAGES])
            packages += debian.download_missing([f"{name}/{host.codename}" for name in HOST_PACKAGES])
            fresh = self.folder / "root.new"
            shutil.rmtree(fresh, ignore_errors=True)
            apt.unpack(packages, fresh)
            # The alternatives system would have linked these; the nft variants need no legacy kernel tables.
            links = fresh / "usr/autoarr"
            links.mkdir(parents=True)
            for name in ("iptables", "ip6tables"):
                program = next(fresh.glob(f"**/sbin/{name}-nft"))
                (links / name).symlink_to(Path("..") / program.relative_to(fresh / "usr"))
            shutil.rmtree(self.root, ignore_errors=True)
            fresh.rename(self.root)
            stamp.write_text(wanted, encoding="ascii")
            shutil.rmtree(work, ignore_errors=True)
        self._write_client_config()

    @property
    def plugins(self) -> Path:
        """Where the packages have the client's plugins."""
        return self.root / "usr/libexec/docker/cli-plugins"

    def link_plugins(self) -> None:
        """Have the client find buildx and compose, as far as they are there."""
        links = self.client_config / "cli-plugins"
        links.mkdir(parents=True, exist_ok=True)
        for plugin in self.plugins.glob("docker-*"):
            link = links / plugin.name
            # Left alone where it is right already: a command may be using it.
            if not (link.is_symlink() and link.readlink() == plugin):
                link.unlink(missing_ok=True)
                link.symlink_to(plugin)

    def _write_client_config(self) -> None:
        self.link_plugins()
        # The user's registry logins stay in force.
        user_config = Path.home() / ".docker" / "config.json"
        mine = self.client_config / "config.json"
        if user_config.exists() and not mine.exists():
            mine.symlink_to(user_config)

    def _start(self) -> None:
        self.stop()
        self.run_folder.mkdir(parents=True, exist_ok=True)
        for left in (self.run_folder / "dockerd.pid", self.run_folder / "docker.sock"):
            left.unlink(missing_ok=True)
        config = self.folder / "daemon.json"
        config.write_text(json.dumps({"features": {"containerd-snapshotter": True}}), encoding="ascii")
        self.log.unlink(missing_ok=True)
        libraries = sorted({str(path.parent) for path in self.root.glob("**/lib/*/*.so.*")})
        console.note("starting the private container engine")
        process.spawn_daemon(
            [
                "dockerd",
                f"--config-file={config}",
                "--data-root",
                str(self.folder / "data"),
                "--exec-root",
                str(self.run_folder / "exec"),
                "--pidfile",
                str(self.run_folder / "dockerd.pid"),
                "--host",
                self.host,
            ],
            log=self.log,
            env={
                "PATH": self.client_environment()["PATH"],
                "LD_LIBRARY_PATH": os.pathsep.join(libraries),
                "XTABLES_LIBDIR": str(next(self.root.glob("**/xtables"), self.root)),
            },
        )
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.answers():
                return
            time.sleep(0.2)
        tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        self.stop()
        details = "\n".join(tail)
        if "no space left" in details.lower():
            raise DiskFull("the private engine has no room to start", where=str(self.folder), details=details)
        raise EngineUnavailable(
            f"the private engine did not answer within {START_TIMEOUT:.0f} s",
            where=str(self.log),
            hint="the log's last lines follow; a container without privileges can't run an engine of its own",
            details=details,
        )

    def stop(self) -> bool:
        """End the daemon and wait for it, and undo what it changed on this machine; whether it ran."""
        number = self.pid()
        if number is not None:
            self._end(number)
        binfmt.unregister(self.binfmt_name)
        if self.binfmt_mounted.exists():
            binfmt.unmount()
            self.binfmt_mounted.unlink()
        self._unmount()
        return number is not None

    def _end(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while time.monotonic() < deadline and self.pid() is not None:
            time.sleep(0.1)
        if self.pid() is not None:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def _unmount(self) -> None:
        """The engine mounts its data folder on itself, and containers under it; a killed one can't undo that."""
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
        places = [Path(line.split(" ")[1]) for line in mounts]
        ours = [place for place in places if self.folder in place.parents or self.run_folder in place.parents]
        for place in sorted(ours, reverse=True):
            process.run(["umount", str(place)], check=False, echo=False)
