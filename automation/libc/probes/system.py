"""What the system says of itself: limits, users, environment, features."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH111

from __future__ import annotations

import ctypes
import fcntl
import getpass
import grp
import importlib.util
import os
import pty
import pwd
import resource
import select
import signal
import socket
import time
import warnings
from typing import Any

from automation.libc.probes import native
from automation.libc.probes.harness import Skip, outcome, outcomes, probe

# What the application, its dependencies, or programs like them use where it is there.
FEATURES = {
    os: (
        "copy_file_range", "eventfd", "fork", "getloadavg", "getrandom", "getxattr", "memfd_create", "mkfifo",
        "pidfd_open", "posix_fadvise", "posix_fallocate", "posix_spawn", "posix_spawnp", "preadv", "pwritev",
        "sched_getaffinity", "sched_setscheduler", "sendfile", "splice", "statvfs", "RWF_NOWAIT", "SCHED_BATCH",
        "POSIX_SPAWN_CLOSE", "O_TMPFILE", "O_PATH", "CLD_EXITED", "login_tty", "unshare",
    ),
    socket: (
        "AF_ALG", "AF_NETLINK", "AF_PACKET", "AF_UNIX", "AF_VSOCK", "CMSG_SPACE", "SO_INCOMING_CPU", "SO_PEERCRED",
        "SO_REUSEPORT", "TCP_FASTOPEN", "TCP_INFO", "TCP_KEEPIDLE", "TCP_QUICKACK", "TCP_USER_TIMEOUT",
        "IP_TRANSPARENT", "EAI_ADDRFAMILY", "EAI_NODATA", "AI_ADDRCONFIG", "IPV6_V6ONLY",
    ),
    signal: ("pidfd_send_signal", "pthread_kill", "pthread_sigmask", "set_wakeup_fd", "setitimer", "sigtimedwait",
             "sigwaitinfo", "SIGPOLL", "SIGSTKFLT", "SIGCLD"),
    resource: ("prlimit", "RLIMIT_MSGQUEUE", "RLIMIT_NPROC", "RUSAGE_THREAD"),
    select: ("epoll", "poll", "EPOLLEXCLUSIVE"),
    fcntl: ("F_OFD_SETLK", "F_GETPIPE_SZ", "F_ADD_SEALS", "F_NOTIFY", "LOCK_MAND", "FD_CLOEXEC"),
    time: ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC_RAW", "CLOCK_TAI", "pthread_getcpuclockid", "tzset"),
}  # fmt: skip
SYSCONF = (
    "SC_ARG_MAX", "SC_CLK_TCK", "SC_GETGR_R_SIZE_MAX", "SC_GETPW_R_SIZE_MAX", "SC_IOV_MAX", "SC_LINE_MAX",
    "SC_LOGIN_NAME_MAX", "SC_NGROUPS_MAX", "SC_PAGESIZE", "SC_THREAD_STACK_MIN", "SC_TTY_NAME_MAX",
    "SC_2_VERSION", "SC_VERSION",
)  # fmt: skip
UNUSED_ID = 54321


@probe("system.features")
def features() -> Any:
    """Which of :data:`FEATURES` this Python was built without."""
    wanted = [(module, name) for module, names in FEATURES.items() for name in names]
    return sorted(f"{module.__name__}.{name}" for module, name in wanted if not hasattr(module, name))


@probe("system.modules")
def modules() -> Any:
    """Which of the standard library's compiled modules are missing."""
    names = ("_bz2", "_ctypes", "_curses", "_dbm", "_gdbm", "_hashlib", "_lzma", "_sqlite3", "_ssl", "_tkinter",
             "_uuid", "_zoneinfo", "fcntl", "grp", "nis", "readline", "resource", "spwd", "syslog", "zlib")  # fmt: skip
    return [name for name in names if importlib.util.find_spec(name) is None]


@probe("system.sysconf")
def sysconf() -> Any:
    return outcomes(SYSCONF, os.sysconf)


@probe("system.processors")
def processors() -> Any:
    """Whether the counts of processors agree with those this process may run on."""
    allowed = len(os.sched_getaffinity(0))
    return [allowed >= 1, (os.cpu_count() or 0) >= 1, os.sysconf("SC_NPROCESSORS_ONLN") >= 1]


@probe("system.memory")
def memory() -> Any:
    """Whether the pages of memory, which some programs size their caches by, are plausible: 64 MiB or more."""
    return outcome(lambda: os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE") >= 1 << 26)


@probe("system.scheduler")
def scheduler() -> Any:
    """The scheduling policy of this process."""
    return outcome(lambda: os.sched_getscheduler(0))


@probe("system.priority")
def priority() -> Any:
    before = os.nice(0)
    return [os.nice(3) - before, os.getpriority(os.PRIO_PROCESS, 0) - before]


@probe("system.load")
def load() -> Any:
    return outcome(lambda: [value >= 0 for value in os.getloadavg()])


@probe("system.random")
def random() -> Any:
    """Whether the kernel's randomness comes in the length asked for, and never twice."""
    return [len(os.getrandom(32)), os.getrandom(16, os.GRND_NONBLOCK) != os.getrandom(16), len(os.urandom(100_000))]


@probe("system.unknown_user")
def unknown_user() -> Any:
    return [
        outcome(lambda: pwd.getpwuid(UNUSED_ID)),
        outcome(lambda: pwd.getpwnam("autoarr-nobody")),
        outcome(lambda: grp.getgrgid(UNUSED_ID)),
        outcome(lambda: grp.getgrnam("autoarr-nobody")),
    ]


@probe("system.root_user")
def root_user() -> Any:
    return [pwd.getpwnam("root").pw_uid, pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name]


@probe("system.home")
def home() -> Any:
    """The home of a user unknown to the system, with and without HOME."""
    os.environ["HOME"] = "/somewhere"
    return [os.path.expanduser("~"), os.path.expanduser("~autoarr-nobody")]


@probe("system.group_list")
def group_list() -> Any:
    return outcome(lambda: os.getgrouplist("autoarr-nobody", UNUSED_ID))


@probe("system.login_name")
def login_name() -> Any:
    """The user of a terminal that is not there: LOGNAME is not asked for it by POSIX."""
    os.setsid() if os.getpid() != os.getsid(0) else None
    os.environ["LOGNAME"] = "from-the-environment"
    return [outcome(os.getlogin), getpass.getuser()]


@probe("system.environment")
def environment() -> Any:
    """Whether the libc sees what `os.environ` changes, and which names it refuses."""
    get = native.function("getenv", ctypes.c_char_p, ctypes.c_char_p)
    os.environ["AUTOARR_PROBE"] = "set"
    seen = get(b"AUTOARR_PROBE").decode()
    del os.environ["AUTOARR_PROBE"]
    return [seen, get(b"AUTOARR_PROBE"), outcome(lambda: os.putenv("a=b", "c")), outcome(lambda: os.putenv("", "c"))]


@probe("system.descriptor_limit")
def descriptor_limit() -> Any:
    """What happens when there are no more descriptors."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))

    def exhaust() -> None:
        while True:
            os.dup(0)

    return outcome(exhaust)


@probe("system.memory_limit")
def memory_limit() -> Any:
    """What happens when there is no more memory: an exception, not a crash."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return outcome(lambda: len(bytearray(2 << 30)))


@probe("system.allocation")
def allocation() -> Any:
    """Whether nothing can be allocated, and whether memory is aligned for every type."""
    allocate = native.function("malloc", ctypes.c_void_p, ctypes.c_size_t)
    free = native.function("free", None, ctypes.c_void_p)
    none, some = allocate(0), allocate(100)
    result = [none is not None, some % 16]
    free(none)
    free(some)
    return result


@probe("system.terminal")
def terminal() -> Any:
    """A pseudo-terminal: its name, and what goes through it."""
    try:
        master, slave = pty.openpty()
    except OSError as error:
        raise Skip(f"no pseudo-terminal can be had: {error}") from None
    os.write(slave, b"line\n")
    return [os.isatty(slave), os.ttyname(slave).startswith("/dev/pts/"), os.read(master, 20).decode()]


@probe("system.crypt")
def crypt() -> Any:
    """The libc's password hashes: the methods, and a known answer of SHA-512."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import crypt as module  # gone from Python 3.13 on
        except ImportError as error:
            raise Skip(f"this Python has no module crypt: {error}") from None
    known = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
    return {
        "sha512": module.crypt("Hello world!", "$6$saltstring") == known,
        "methods": [method.name for method in module.methods],
    }


@probe("system.path_limits")
def path_limits() -> Any:
    return outcomes(("PC_NAME_MAX", "PC_PATH_MAX", "PC_PIPE_BUF"), lambda name: os.pathconf("/", name))


@probe("system.link_limit")
def link_limit() -> Any:
    """How many links a file can have, as the libc says."""
    return outcome(lambda: os.pathconf("/proc", "PC_LINK_MAX"))
