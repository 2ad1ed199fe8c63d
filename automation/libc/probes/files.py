"""Files: locks, sizes, copies, times, names."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH106, PTH108, PTH110, PTH116, PTH118, PTH208, PTH211

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import struct
import tempfile
from typing import TYPE_CHECKING, Any

from automation.libc.probes.harness import Skip, apart, outcome, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

GIB = 1 << 30
# Of Linux; Python names it from 3.9 on.
F_OFD_SETLK = 37


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """A folder of the probe's own.

    Raises:
        Skip: nowhere is a folder that may be written to.
    """
    try:
        made = tempfile.mkdtemp()
    except OSError as error:
        raise Skip(f"no folder can be written to: {error}") from None
    try:
        yield made
    finally:
        for name in os.listdir(os.fsencode(made)):
            os.unlink(os.path.join(os.fsencode(made), name))
        os.rmdir(made)


@contextlib.contextmanager
def two_handles() -> Iterator[tuple[int, int]]:
    """Two descriptors of one file, each opened by itself."""
    with folder() as place:
        path = os.path.join(place, "file")
        one = os.open(path, os.O_RDWR | os.O_CREAT)
        other = os.open(path, os.O_RDWR)
        try:
            yield one, other
        finally:
            os.close(one)
            os.close(other)


@probe("files.flock")
def flock() -> Any:
    with two_handles() as (one, other):
        fcntl.flock(one, fcntl.LOCK_EX)
        return outcome(lambda: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB))


@probe("files.lockf")
def lockf() -> Any:
    """POSIX locks: held against other processes, not against this one."""
    with two_handles() as (one, other):
        fcntl.lockf(one, fcntl.LOCK_EX)

        def again() -> Any:
            return outcome(lambda: fcntl.lockf(other, fcntl.LOCK_EX | fcntl.LOCK_NB))

        return {"here": again(), "elsewhere": str(apart(again)).replace("EACCES", "EAGAIN")}


@probe("files.open_file_locks")
def open_file_locks() -> Any:
    """Linux's locks that belong to the open file."""
    with two_handles() as (one, other):
        whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
        fcntl.fcntl(one, F_OFD_SETLK, whole)
        return outcome(lambda: len(fcntl.fcntl(other, F_OFD_SETLK, whole)))


@probe("files.sendfile")
def sendfile() -> Any:
    with two_handles() as (one, other), folder() as place:
        os.write(one, b"0123456789")
        target = os.open(os.path.join(place, "target"), os.O_RDWR | os.O_CREAT)
        try:
            sent = os.sendfile(target, other, 2, 5)
            return [sent, os.pread(target, 20, 0).decode()]
        finally:
            os.close(target)


@probe("files.copy_file_range")
def copy_file_range() -> Any:
    if not hasattr(os, "copy_file_range"):
        return "missing"
    with two_handles() as (one, other), folder() as place:
        os.write(one, b"0123456789")
        target = os.open(os.path.join(place, "target"), os.O_RDWR | os.O_CREAT)
        try:
            return [os.copy_file_range(other, target, 4), os.pread(target, 20, 0).decode()]
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL):
                raise Skip(f"the kernel or the file system has no copy_file_range: {error}") from None
            raise
        finally:
            os.close(target)


@probe("files.large")
def large() -> Any:
    """A file of more than 4 GiB, almost all of it a hole."""
    with two_handles() as (one, other):
        try:
            os.ftruncate(one, 5 * GIB)
            os.pwrite(one, b"end", 5 * GIB - 3)
        except OSError as error:
            raise Skip(f"no room for a sparse file of 5 GiB: {error}") from None
        at = os.lseek(other, -3, os.SEEK_END)
        return [os.fstat(other).st_size == 5 * GIB, at == 5 * GIB - 3, os.read(other, 9).decode()]


@probe("files.fallocate")
def fallocate() -> Any:
    with two_handles() as (one, other):
        os.posix_fallocate(one, 0, 1 << 20)
        return os.fstat(other).st_size


@probe("files.times")
def times() -> Any:
    """Times before 1970, after 2038, and nanoseconds."""
    with folder() as place:
        path = os.path.join(place, "file")
        os.close(os.open(path, os.O_CREAT))
        seen = []
        for moment in (-1_000_000_000, (1 << 33) * 10**9 + 123_456_789):
            os.utime(path, ns=(moment, moment))
            seen.append(os.stat(path).st_mtime_ns == moment)
        return seen


@probe("files.names")
def names() -> Any:
    """A name that is not UTF-8 there and back."""
    with folder() as place:
        raw = b"caf\xe9"
        os.close(os.open(os.path.join(os.fsencode(place), raw), os.O_CREAT))
        (name,) = os.listdir(place)
        return [ascii(name), os.fsencode(name) == raw, os.path.exists(os.path.join(place, name))]


@probe("files.links")
def links() -> Any:
    """A link to itself, and what `scandir` knows of it."""
    with folder() as place:
        path = os.path.join(place, "loop")
        os.symlink(path, path)
        with os.scandir(place) as entries:
            kinds = [(entry.is_symlink(), entry.is_dir(follow_symlinks=False)) for entry in entries]
        return [outcome(lambda: os.close(os.open(path, os.O_RDONLY))), kinds]


@probe("files.temporary")
def temporary() -> Any:
    """The permissions of temporary files and folders, whatever the umask, and of others."""
    os.umask(0)
    with folder() as place:
        descriptor, path = tempfile.mkstemp(dir=place)
        os.close(descriptor)
        os.umask(0o027)
        other = os.path.join(place, "other")
        os.close(os.open(other, os.O_CREAT, 0o666))
        return [oct(os.stat(name).st_mode & 0o777) for name in (place, path, other)]


@probe("files.mmap")
def mapped() -> Any:
    with two_handles() as (one, other):
        os.write(one, b"0" * mmap.PAGESIZE)
        with mmap.mmap(one, mmap.PAGESIZE) as memory:
            memory[0:4] = b"here"
            memory.flush()
        return os.pread(other, 4, 0).decode()


@probe("files.fifo")
def fifo() -> Any:
    """Opening one for writing when nobody reads."""
    with folder() as place:
        path = os.path.join(place, "fifo")
        os.mkfifo(path)
        return outcome(lambda: os.open(path, os.O_WRONLY | os.O_NONBLOCK))


@probe("files.vectors")
def vectors() -> Any:
    """Several buffers in one call, and more than a call takes."""
    with two_handles() as (one, other):
        os.writev(one, [b"ab", b"cd"])
        first, second = bytearray(3), bytearray(3)
        got = os.preadv(other, [first, second], 0)
        return [got, bytes(first).decode(), outcome(lambda: os.writev(one, [b"x"] * 1025))]
