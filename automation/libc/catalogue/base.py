"""The system, its limits, users and features; TLS and hashes."""

from __future__ import annotations

import re

from automation.libc.expectations import differs, environment, harmful, harmless, same, such_that

_SYSCONF = "musl: src/conf/sysconf.c"
_BUILD = "the base decides which optional modules it builds; those that the application needs are there"
# By the Python version: names that came with 3.10 to 3.12.
_NEWER = {"os.eventfd", "os.login_tty", "os.splice", "os.unshare"}
_NOT_IN_MUSL = {"fcntl.LOCK_MAND", "os.RWF_NOWAIT", "os.getxattr", "signal.SIGCLD"}
_REQUIRED_MODULES = {"_bz2", "_ctypes", "_hashlib", "_lzma", "_sqlite3", "_ssl", "_zoneinfo", "fcntl", "grp", "zlib"}

ENTRIES = (
    differs(
        "system.features",
        "which functions and constants of Linux this Python lacks",
        glibc=such_that("none but those of newer Pythons", lambda seen: set(seen) <= _NEWER),
        musl=such_that("besides these only names that have a pattern", lambda seen: set(seen) <= _NEWER | _NOT_IN_MUSL),
        known=harmful("not in musl's headers when Python was built", "musl: include", "using the name fails"),
        reached_by=("missing-names",),
    ),
    environment(
        "system.modules",
        "which modules of the standard library this Python lacks",
        such_that("none that is needed", lambda seen: isinstance(seen, list) and not _REQUIRED_MODULES & set(seen)),
        why=_BUILD,
    ),
    differs(
        "system.sysconf",
        "limits as sysconf() tells them",
        glibc=such_that(
            "pages and clock ticks", lambda seen: seen["SC_CLK_TCK"] == 100 and seen["SC_PAGESIZE"] >= 4096
        ),
        musl=such_that(
            "pages and clock ticks", lambda seen: seen["SC_CLK_TCK"] == 100 and seen["SC_GETPW_R_SIZE_MAX"] == -1
        ),
        known=harmless(
            "musl answers with what POSIX guarantees, or -1 for no limit, where glibc asks the kernel",
            _SYSCONF,
            "Python's own modules take -1 for a default; the size of pages and the clock's ticks are the same",
        ),
        reached_by=("sysconf",),
    ),
    same("system.processors", "whether there are processors", [True, True, True]),
    same("system.memory", "whether the memory's size is plausible", True),
    differs(
        "system.scheduler",
        "the scheduling policy of a process",
        glibc=such_that("a number", lambda seen: isinstance(seen, int)),
        musl="OSError ENOSYS",
        known=harmful(
            "Linux's call is for threads, POSIX's for processes, so musl has none",
            "musl: src/sched/sched_getscheduler.c",
            "the call fails",
        ),
        reached_by=("scheduler",),
    ),
    same("system.priority", "a lower priority", [3, 3]),
    same("system.load", "the load", [True, True, True]),
    same("system.random", "the kernel's randomness", [32, True, 100_000]),
    same("system.unknown_user", "users and groups that are not there", ["KeyError"] * 4),
    same("system.root_user", "root", [0, "root", "root"]),
    same("system.home", "the home of this user, and of one that is not there", ["/somewhere", "~autoarr-nobody"]),
    same("system.group_list", "the groups of a user that is not there", [54321]),
    differs(
        "system.login_name",
        "the user of a terminal that is not there",
        glibc=such_that("an error", lambda seen: seen[0].startswith("OSError") and seen[1] == "from-the-environment"),
        musl=["from-the-environment", "from-the-environment"],
        known=harmful(
            "musl's getlogin gives LOGNAME", "musl: src/unistd/getlogin.c", "who sets the variable sets the name"
        ),
        reached_by=("login-name",),
    ),
    same(
        "system.environment",
        "whether the libc sees changed variables, and what is refused",
        ["set", None, "ValueError", "OSError EINVAL"],
    ),
    same("system.descriptor_limit", "no more descriptors", "OSError EMFILE"),
    same("system.memory_limit", "no more memory", "MemoryError"),
    same("system.allocation", "nothing allocated, and alignment", [True, 0]),
    same("system.terminal", "a pseudo-terminal", [True, True, "line\r\n"]),
    environment(
        "system.crypt",
        "the libc's password hashes",
        such_that("SHA-512 is right", lambda seen: seen["sha512"] is True and "SHA512" in seen["methods"]),
        why="the methods besides SHA-512 are the libc's choice; passwords are hashed by bcrypt",
        reached_by=("password-hash",),
    ),
    same("system.path_limits", "limits of paths", {"PC_NAME_MAX": 255, "PC_PATH_MAX": 4096, "PC_PIPE_BUF": 4096}),
    differs(
        "system.link_limit",
        "how many links a file can have, as the libc says",
        glibc=such_that("8 or more", lambda seen: seen >= 8),
        musl=8,
        known=harmless(
            "musl answers with POSIX's minimum", "musl: src/conf/fpathconf.c", "the kernel allows more in both"
        ),
        reached_by=("pathconf",),
    ),
    environment(
        "crypto.openssl",
        "which OpenSSL",
        such_that("1.1.1 or newer", lambda seen: bool(re.match(r"OpenSSL (1\.1\.1|[3-9]\.)", seen))),
        why="the base's; the known answers below hold for it",
        reached_by=("openssl-version",),
    ),
    same(
        "crypto.hashes",
        "known answers of hashes",
        {
            "md5": "900150983cd24fb0",
            "sha1": "a9993e364706816a",
            "sha256": "ba7816bf8f01cfea",
            "sha512": "ddaf35a193617aba",
            "sha3_256": "3a985da74fe225b2",
            "blake2b": "ba80a53f981c4d0d",
        },
    ),
    environment(
        "crypto.legacy_hashes",
        "old hashes",
        such_that(
            "the known answer, or refused",
            lambda seen: (
                seen["md4"] in ("ValueError", "a448017aaf21d852")
                and seen["ripemd160"] in ("ValueError", "8eb208f7e05d987a")
                and seen["sm3"] in ("ValueError", "66c7f0f462eeedd9")
            ),
        ),
        why="the base's OpenSSL decides; nothing asks for them",
        reached_by=("legacy-hashes",),
    ),
    same(
        "crypto.derivations",
        "known answers of PBKDF2, scrypt and HMAC",
        ["c5e478d59288c841", "fdbabe1c9d347200", "5bdcc146bf60754e"],
    ),
    same(
        "crypto.tls_versions",
        "what a default TLS context speaks and verifies",
        [True, True, "TLSv1_2", "CERT_REQUIRED", True],
    ),
    same(
        "crypto.ciphers",
        "the ciphers of TLS 1.3",
        such_that(
            "AES-GCM and ChaCha20", lambda seen: {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"} <= set(seen)
        ),
    ),
    environment(
        "crypto.certificate_paths",
        "where certificates are looked for",
        such_that("two absolute paths", lambda seen: len(seen) == 2 and all(path.startswith("/") for path in seen)),
        why="each base has its place; whether certificates are found there is a probe of its own",
        reached_by=("certificates",),
    ),
    same("crypto.certificates", "whether there are certificates to verify servers with", True),
    same("crypto.random", "whether a forked child's random numbers are its own", True),
)
