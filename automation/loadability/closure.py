"""What there is to prove: the compiled files of wheels, laid out as pip would, and the lock's wheels for a platform."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from automation import locks, paths, process, scratch
from automation.bases import Libc
from automation.errors import NetworkUnavailable, UsageError
from automation.loadability import elf
from automation.loadability.elf import Elf
from automation.wheels import coverage as wheel_coverage
from automation.wheels import lockfiles
from automation.wheels import targets as wheel_targets
from automation.wheels.coverage import State
from automation.wheels.targets import Limits, Platform

# Where wheels are laid out. The folder above is what `.data/data` of a wheel goes to.
PREFIX = "/environment"
# What a library's name ends in, with or without a version.
LIBRARY = re.compile(r"\.so(\.\d+)*$")
LINKER_SCRIPT = re.compile(rb"\s*(/\*|INPUT|GROUP|OUTPUT_FORMAT)")
SYSTEMS = {Libc.MUSL: wheel_targets.MUSL, Libc.GLIBC: wheel_targets.GLIBC}


@dataclass(frozen=True, kw_only=True)
class File:
    """A compiled file of a subject.

    Attributes:
        path: where it is once installed, absolute.
        label: how it is called in results.
        elf: None when it can't be read.
        problem: why it can't be read, or how it differs from what its wheel says of it.
        package: the wheel it is of; empty in an image.
    """

    path: str
    label: str
    elf: Elf | None
    problem: str = ""
    package: str = ""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Wheels to prove.

    Attributes:
        pure: wheels without a compiled file.
        left_out: what can't be checked, with the reason.
    """

    name: str
    files: tuple[File, ...]
    pure: tuple[str, ...] = ()
    left_out: Mapping[str, str]


def platform(libc: Libc, arch: str, glibc: str) -> Platform:
    """The platform whose wheels are meant.

    Args:
        glibc: the newest one a wheel may ask for, such as `2.36`.
    """
    major, minor = (int(part) for part in glibc.split(".")[:2])
    limits = Limits(glibc=(major, minor))
    return next(p for p in wheel_targets.platforms(limits) if (p.system, p.arch) == (SYSTEMS[libc], arch))


def wheels_in(folder: Path) -> list[Path]:
    """The wheels in a folder, by name.

    Raises:
        UsageError: there is no such folder, or no wheel in it.
    """
    if not folder.is_dir():
        raise UsageError("no such folder of wheels", where=str(folder), hint="name a folder with .whl files in it")
    found = sorted(folder.glob("*.whl"))
    if not found:
        raise UsageError("no wheel in the folder", where=str(folder), hint="name a folder with .whl files in it")
    return found


def platforms_of(wheels: Iterable[Path]) -> list[tuple[Libc, str]]:
    """The C libraries and architectures that the wheels' own tags name.

    Raises:
        UsageError: a file's name is not a wheel's.
    """
    tags = {tag.platform for wheel in wheels for tag in _tags(wheel)}
    return [
        (libc, arch)
        for libc, system in SYSTEMS.items()
        for arch in (wheel_targets.X86_64, wheel_targets.ARM64)
        if any(re.fullmatch(rf"{system}.*_{arch}|linux_{arch}", tag) for tag in tags if libc is Libc.GLIBC)
        or any(re.fullmatch(rf"{system}.*_{arch}", tag) for tag in tags)
    ]


def _tags(wheel: Path) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(wheel.name)[3]
    except InvalidWheelFilename as error:
        raise UsageError("not the name of a wheel", where=str(wheel), hint=str(error)) from None


def read_wheels(name: str, wheels: Iterable[Path], target: Platform, python: str) -> Subject:
    """The compiled files of the wheels that fit a platform.

    Args:
        name: what the subject is called.
        python: such as `3.11`.

    Raises:
        UsageError: one is not a wheel.
    """
    ranks = wheel_targets.ranks(target.tags, wheel_targets.python(python).minor)
    files: list[File] = []
    pure, left_out = [], {}
    for wheel in wheels:
        tags = _tags(wheel)
        if not tags & ranks.keys():
            left_out[wheel.name] = f"its tags are not for CPython {python} on {target.name}"
            continue
        found = list(_read_wheel(wheel, python))
        files += found
        if not found:
            pure.append(wheel.name)
    return Subject(name=name, files=tuple(files), pure=tuple(pure), left_out=left_out)


def _read_wheel(wheel: Path, python: str) -> Iterator[File]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            record = _record(archive)
            for member in archive.infolist():
                if not member.is_dir() and (file := _read_member(archive, member, wheel.name, python, record)):
                    yield file
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise UsageError(f"not a wheel: {error}", where=str(wheel), hint="download or build it again") from None


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, wheel: str, python: str, record: Mapping[str, str]
) -> File | None:
    path = installed_path(member.filename, python)
    label = f"{wheel}: {member.filename}"
    try:
        with archive.open(member) as stream:
            head = stream.read(64)
            if not head.startswith(elf.MAGIC) and not (LIBRARY.search(member.filename) and not is_script(head)):
                return None
            content = head + stream.read()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        return File(path=path, label=label, elf=None, problem=f"it can't be unpacked: {error}", package=wheel)
    try:
        parsed = elf.read(content)
    except elf.Malformed as error:
        return File(path=path, label=label, elf=None, problem=str(error), package=wheel)
    problem = ""
    if (wanted := record.get(member.filename)) and wanted != _digest(content):
        problem = "its content is not what the wheel's RECORD says"
    return File(path=path, label=label, elf=parsed, problem=problem, package=wheel)


def is_script(head: bytes) -> bool:
    """Whether a file named as a library is text for the linker, as development packages have."""
    return LINKER_SCRIPT.match(head) is not None


def _record(archive: zipfile.ZipFile) -> dict[str, str]:
    """The digests that a wheel states of its files, by name; only those in sha256."""
    name = next((n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/RECORD", n)), None)
    if name is None:
        return {}
    rows = csv.reader(io.StringIO(archive.read(name).decode("utf-8", "replace")))
    return {row[0]: row[1].removeprefix("sha256=") for row in rows if len(row) > 1 and row[1].startswith("sha256=")}


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def site_packages(python: str) -> str:
    """Where wheels are laid out, for a Python such as `3.11`."""
    return f"{PREFIX}/lib/python{python}/site-packages"


def installed_path(name: str, python: str) -> str:
    """Where pip puts a file of a wheel.

    >>> installed_path("a-1.data/scripts/tool", "3.11")
    '/environment/bin/tool'
    """
    site = site_packages(python)
    match = re.fullmatch(r"[^/]+\.data/([^/]+)/(.+)", name)
    if match is None:
        return f"{site}/{PurePosixPath(name)}"
    home = {"scripts": f"{PREFIX}/bin", "data": PREFIX, "headers": f"{PREFIX}/include"}.get(match[1], site)
    return f"{home}/{PurePosixPath(match[2])}"


def locked(target: Platform, python: str) -> tuple[list[Path], dict[str, str]]:
    """The wheels of the project's own lock for a platform, fetched where they are not here yet.

    Returns:
        The wheels, and the packages that have none, each with the reason.

    Raises:
        NetworkUnavailable: the index has not got one, or can't be reached.
    """
    lock = lockfiles.read(paths.ROOT / "poetry.lock")
    rows = wheel_coverage.rows(lock, [target], [wheel_targets.python(python)])
    wanted: dict[str, str] = {}
    requirements, without = [], {}
    for row in rows:
        [cell] = row.cells[target.name]
        if cell.state is State.EXCLUDED:
            continue
        label = f"{row.package.name} {row.package.version}"
        digests = {file.name: file.digest for file in row.package.files}
        if not (digest := digests.get(cell.file, "")):
            without[label] = cell.reason or "the lock does not give its digest"
            continue
        wanted[cell.file] = digest.removeprefix("sha256:")
        if not _kept(cell.file, wanted[cell.file]).exists():
            requirements.append(f"{row.package.name}=={row.package.version} --hash={digest}")
    if requirements:
        with locks.exclusive(paths.cache() / "wheels" / ".lock", "the lock's wheels are being fetched"):
            _fetch(requirements, target, python, wanted)
    return [_kept(name, digest) for name, digest in sorted(wanted.items())], without


def _kept(name: str, digest: str) -> Path:
    return paths.cache() / "wheels" / digest / name


def _fetch(requirements: list[str], target: Platform, python: str, wanted: Mapping[str, str]) -> None:
    """Have pip download wheels and check their digests; they appear in the cache whole or not at all."""
    with scratch.folder() as folder:
        listing = folder / "requirements.txt"
        listing.write_text("\n".join([*requirements, ""]), encoding="utf-8")
        words = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp"]
        words += [f"--python-version={python}", f"--abi=cp{python.replace('.', '')}", "--abi=abi3", "--abi=none"]
        words += [f"--platform={tag}" for tag in target.tags]
        process_result = process.run(
            [sys.executable, "-m", "pip", "download", *words, "--dest", str(folder / "wheels"), "-r", str(listing)],
            echo=False,
            check=False,
        )
        if process_result.code != 0:
            raise NetworkUnavailable(
                f"the lock's wheels for {target.name} could not be fetched",
                hint="check the network and pip's index settings",
                details="\n".join(process_result.output.splitlines()[-10:]),
            )
        for wheel in (folder / "wheels").glob("*.whl"):
            home = _kept(wheel.name, wanted[wheel.name])
            home.parent.mkdir(parents=True, exist_ok=True)
            wheel.replace(home)
