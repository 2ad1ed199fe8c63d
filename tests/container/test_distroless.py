"""What is not in a distroless image, seen in its layers, and that it runs for anybody."""

from __future__ import annotations

import json
import stat

import pytest

from automation import containers, importability, layers
from automation.bases import Variant
from automation.engine import Engine
from automation.layers import Contents, EntryKind
from tests.container.client import ask

SHELLS = {"sh", "ash", "bash", "dash", "busybox", "zsh"}
PACKAGE_MANAGERS = {"apk", "apt", "apt-get", "dpkg", "pip", "pip3", "poetry", "ensurepip"}
COMPILERS = {"cc", "gcc", "g++", "clang", "ld", "as", "cargo", "rustc", "tcc"}
PROGRAMS = {"autoarr", "python", "python3", "python3.11"}

# Packages that some module can use and that nothing of ours requires.
OPTIONAL = {
    *("IPython", "_dbm", "_gdbm", "aiohttp", "h2", "pygments", "requests", "socksio", "tornado", "trio", "watchfiles"),
    *("wsproto", "zttp", "zuvloop"),
}
# Modules for other systems.
ELSEWHERE = {"click._winconsole", "encodings.mbcs", "encodings.oem", "truststore._macos", "truststore._windows"}


@pytest.fixture(scope="module")
def contents(found: Engine, variant: Variant) -> Contents:
    return layers.contents(found, variant.tag)


def test_no_shell_no_package_manager_no_compiler(contents: Contents) -> None:
    names = {path.rpartition("/")[2] for path in contents.entries}
    assert not names & (SHELLS | PACKAGE_MANAGERS | COMPILERS)


def test_python_is_the_only_program(contents: Contents) -> None:
    programs = {path.rpartition("/")[2] for path in contents.entries if "/bin/" in path or "/sbin/" in path}
    assert programs == PROGRAMS


def test_nothing_gains_a_privilege(contents: Contents) -> None:
    assert not [path for path, entry in contents.entries.items() if entry.mode & (stat.S_ISUID | stat.S_ISGID)]


def test_nothing_is_writable_for_everybody_but_tmp(contents: Contents) -> None:
    open_ones = [path for path, entry in contents.entries.items() if entry.mode & stat.S_IWOTH]
    folders = {path for path in open_ones if contents.entries[path].kind is EntryKind.FOLDER}
    rest = [path for path in open_ones if contents.entries[path].kind is not EntryKind.LINK and path not in folders]
    assert (rest, [path for path in folders if not contents.entries[path].mode & stat.S_ISVTX]) == ([], [])


def test_bytecode_has_taken_the_place_of_sources(contents: Contents) -> None:
    sources = [path for path in contents.entries if path.endswith(".py")]
    assert sources == []


def test_runs_as_any_user(session: containers.Session, variant: Variant) -> None:
    """A user that no file of the image names, with nothing writable but its data."""
    container = session.start(
        variant.tag,
        user="54321:54321",
        tmpfs={"/data": "rw,size=64m,uid=54321,gid=54321,mode=700", "/tmp": "rw,size=16m"},  # noqa: S108 - a container's
        ports={"8088/tcp": ("127.0.0.1", None)},
        **containers.HARDENED,
    )
    containers.wait_healthy(container)
    assert ask(container, "/health/ready").status == 200
    found = container.exec_run(
        ["python", "-c", "import json, os; print(json.dumps([os.getuid(), os.listdir('/tmp')]))"]
    )
    assert isinstance(found.output, bytes)
    assert json.loads(found.output) == [54321, []]


def test_every_module_imports(session: containers.Session, variant: Variant) -> None:
    """All that is left of the standard library and of every package, compiled modules included: none misses anything
    that was left out."""
    found = importability.ask(session, variant.tag)
    assert len(found.modules) > 2000
    missing = {name: why for name, why in found.failed.items() if name not in ELSEWHERE and why not in OPTIONAL}
    assert missing == {}


def test_a_traceback_names_file_and_line(session: containers.Session, variant: Variant) -> None:
    program = "import json.decoder; json.decoder.JSONDecoder().decode('x')"
    container = session.start(variant.tag, command=["python", "-c", program], **containers.HARDENED)
    container.wait(timeout=30)
    said = containers.logs(container)
    assert '/json/decoder.py", line ' in said
