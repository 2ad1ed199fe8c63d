"""A real SABnzbd for tests: Debian's package, unpacked and not installed, on a loopback port with a folder of its own.

It is started as its package starts it, by the system's Python. Where that is not Debian's, or no archive answers, the
error says so, and tests are skipped with it. docs/decisions/verification.md says why this package.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation import apt, paths, ports, process, scratch
from automation.errors import MissingProgram, NetworkUnavailable, Unhealthy

# The suite that has version 4 for each Debian we know with an older one; elsewhere the host's own suite.
SUITES = {"bookworm": "bookworm-backports"}
# unrar is not free, and SABnzbd does not download anything without it.
COMPONENTS = ("main", "contrib", "non-free")
PYTHON = "/usr/bin/python3"
START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
POLL = 0.05
# Another program can take a free port before SABnzbd does.
ATTEMPTS = 3
LOG_LINES = 30

Options = Mapping[str, str | int]
Sections = Mapping[str, Mapping[str, str | int | Options]]
"""A configuration: section, then option or, as in `servers`, the name of an entry with its options."""

# What keeps it to itself: no browser, no wizard, no look for a new release, no announcement on the network. A port
# that is taken ends it, where it would look for another one.
QUIET: Options = {
    "host": "127.0.0.1",
    "fixed_ports": 1,
    "auto_browser": 0,
    "check_new_rel": 0,
    "enable_broadcast": 0,
    "enable_bonjour": 0,
    "notified_new_skin": 2,
    "language": "en",
}


@dataclass(frozen=True, kw_only=True)
class Program:
    """SABnzbd as unpacked into `root`."""

    root: Path

    def environment(self, home: Path) -> dict[str, str]:
        """All that it gets to see of the environment: nothing of the caller's reaches it, proxies included."""
        libraries = sorted({str(path.parent) for path in (self.root / "usr/lib").glob("*/*.so.*")})
        modules = (self.root / "usr/share/sabnzbdplus", self.root / "usr/lib/python3/dist-packages")
        return {
            "PATH": os.pathsep.join([*(str(self.root / name) for name in ("usr/autoarr", "usr/bin")), "/usr/bin:/bin"]),
            "PYTHONPATH": os.pathsep.join(map(str, modules)),
            "LD_LIBRARY_PATH": os.pathsep.join(libraries),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
        }

    def command(self, *words: str) -> list[str]:
        """Its command line, for :meth:`environment`."""
        # As its first line has it, and without what the user has installed.
        return [PYTHON, "-OO", "-s", str(self.root / "usr/bin/sabnzbdplus"), *words]

    def why_not(self) -> str | None:
        """Why it does not run on this machine, or None when it does."""
        if not self.root.exists():
            return "it is not there"
        with scratch.folder() as home:
            result = process.run(
                ["env", "-i", *_assignments(self.environment(home)), *self.command("--version")],
                check=False,
                echo=False,
                timeout=START_TIMEOUT,
            )
        return None if result.code == 0 else result.output or f"exit code {result.code}"


def _assignments(environment: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in environment.items()]


def provision() -> Program:
    """SABnzbd, downloaded unless the cache has it already; the system is read and never changed.

    Raises:
        MissingProgram: there is no system Python, or the packages don't run on it.
        NetworkUnavailable: this is neither Debian nor Ubuntu, or its archive does not answer.
        DiskFull: there is no room.
    """
    host = apt.distribution()
    if host is None:
        raise NetworkUnavailable("SABnzbd comes from a Debian package, and this is neither Debian nor Ubuntu")
    python = process.run(
        [process.find(PYTHON, hint="install the package python3"), "-c", "import sys; print(sys.version)"],
        env={"PYTHONPATH": ""},
        echo=False,
    ).stdout
    suite = SUITES.get(host.codename, host.codename)
    key = hashlib.sha256(repr((host, suite, COMPONENTS, os.uname().machine, python)).encode()).hexdigest()[:16]
    program, reason = apt.provision(
        paths.cache() / "sabnzbd" / key,
        lambda root: Program(root=root),
        lambda work: _unpack(work, suite, host.codename),
        name="SABnzbd",
        size="6 MB",
    )
    if reason is not None:
        raise MissingProgram(
            "Debian's SABnzbd does not run on this machine's Python",
            where=PYTHON,
            hint="its packages fit the Python of the same Debian only",
            details=reason,
        )
    return program


def _unpack(work: Path, suite: str, host_suite: str) -> None:
    debian = apt.PrivateApt(work / "apt", apt.host_sources(sorted({suite, host_suite}), COMPONENTS))
    debian.update()
    root = work / "root"
    apt.unpack(debian.download_missing([f"sabnzbdplus/{suite}", f"unrar/{host_suite}"]), root)
    # The alternatives system would have made this link.
    links = root / "usr/autoarr"
    links.mkdir(parents=True)
    for name in ("unrar-nonfree", "unrar"):
        if (root / "usr/bin" / name).exists():
            (links / "unrar").symlink_to(Path("../bin") / name)
            break


def render(sections: Sections) -> str:
    """The text of a `sabnzbd.ini`."""
    lines = ["__version__ = 19", "__encoding__ = utf-8"]
    for section, entries in sections.items():
        lines.append(f"[{section}]")
        for name, value in entries.items():
            if isinstance(value, Mapping):
                lines.append(f"[[{name}]]")
                lines += [f"{option} = {given}" for option, given in value.items()]
            else:
                lines.append(f"{name} = {value}")
    return "\n".join([*lines, ""])


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What its API said: the HTTP status, the media type with its parameters, the body."""

    status: int
    content_type: str
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Sabnzbd:
    """One that runs."""

    folder: Path
    port: int
    api_key: str

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.folder / "sabnzbd.ini"

    @property
    def log(self) -> Path:
        """All that it says, with the API's failures."""
        return self.folder / "output.log"

    def ask(self, mode: str, *, api_key: str | None = None, **fields: str | int | list[str]) -> Answer:
        """Call its API; an answer that is a failure is an answer as well.

        Args:
            api_key: instead of its own; an empty one is left out.

        Raises:
            OSError, http.client.HTTPException: nothing answers, or no HTTP.
        """
        key = self.api_key if api_key is None else api_key
        words = {"mode": mode, "output": "json", **({"apikey": key} if key else {}), **fields}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=STOP_TIMEOUT)) as connection:
            connection.request("GET", f"/api?{urllib.parse.urlencode(words, doseq=True)}")
            got = connection.getresponse()
            return Answer(status=got.status, content_type=got.headers.get("Content-Type", ""), body=got.read())

    def answers(self) -> bool:
        """Whether it is this one that answers on its port: only this one has its key."""
        with suppress(OSError, http.client.HTTPException):
            return self.ask("queue").status == 200
        return False


@contextmanager
def running(program: Program, folder: Path, sections: Sections | None = None) -> Iterator[Sabnzbd]:
    """SABnzbd from its first answer on, until the block ends, however it ends.

    Args:
        folder: where it keeps everything, its downloads included; its configuration file is written anew.
        sections: what that is to have beside :data:`QUIET`, over which it has precedence.

    Raises:
        Unhealthy: it ended, or gave no answer in time; the end of its log is shown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = dict(sections or {})
    for attempt in range(1, ATTEMPTS + 1):
        port = ports.free()
        server = Sabnzbd(folder=folder, port=port, api_key=secrets.token_hex(16))
        access: dict[str, str | int] = {"port": port, "api_key": server.api_key, "nzb_key": secrets.token_hex(16)}
        server.config.write_text(
            render({**given, "misc": {**QUIET, **access, **given.get("misc", {})}}), encoding="utf-8"
        )
        words = program.command("--config-file", str(server.config), "--browser", "0", "--console")
        with process.background(words, env=program.environment(folder), cwd=folder, log=server.log) as child:
            deadline = time.monotonic() + START_TIMEOUT
            while child.poll() is None and time.monotonic() < deadline and not server.answers():
                time.sleep(POLL)
            if child.poll() is not None and attempt < ATTEMPTS:
                continue
            if child.poll() is not None or not server.answers():
                raise Unhealthy("SABnzbd did not start", where=str(server.log), details=tail(server.log))
            yield server
            with suppress(OSError, http.client.HTTPException):
                server.ask("shutdown")
                process.has_ended(child, STOP_TIMEOUT)
            return


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])
