"""Files."""

from __future__ import annotations

from automation.libc.expectations import same

ENTRIES = (
    same("files.flock", "a second lock on a file by flock", "OSError EAGAIN"),
    same(
        "files.lockf",
        "a second POSIX lock, in this process and in another",
        {"here": None, "elsewhere": "OSError EAGAIN"},
    ),
    same("files.open_file_locks", "a second lock that belongs to the open file", "OSError EAGAIN"),
    same("files.sendfile", "a part of a file sent to another", [5, "23456"]),
    same("files.copy_file_range", "a part of a file copied by the kernel", [4, "0123"]),
    same("files.large", "a file of 5 GiB", [True, True, "end"]),
    same("files.fallocate", "the size of a file with room set aside", 1 << 20),
    same("files.times", "times before 1970, after 2038, and nanoseconds", [True, True]),
    same("files.names", "a name that is not UTF-8", ["'caf\\udce9'", True, True]),
    same("files.links", "a link to itself", ["OSError ELOOP", [[True, False]]]),
    same("files.temporary", "permissions of temporary files and of others", ["0o700", "0o600", "0o640"]),
    same("files.mmap", "a file changed through memory", "here"),
    same("files.fifo", "writing to a pipe that nobody reads", "OSError ENXIO"),
    same("files.vectors", "several buffers in one call", [4, "abc", "OSError EINVAL"]),
)
