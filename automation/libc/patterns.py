"""The code by which a program reaches what libcs do differently, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What ISO C defines, with its E and O modifiers, and `%f` and `%:z`, which Python replaces itself.
_STANDARD = re.compile(r"%(?:[aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZf%]|E[cCxXyY]|O[deHImMSuUVwWy]|:z)")
_DIRECTIVE = re.compile(r"%.?.?")


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One way to reach a behaviour.

    Attributes:
        name: what the catalogue calls it.
        functions: dotted names of modules' members; any mention counts, also without a call.
        methods: names of attributes of any object.
        symbols: C functions that a compiled library imports.
    """

    name: str
    functions: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()


# A function that is the key of a sort in itself; found by :mod:`automation.libc.reach`.
RECURSIVE_KEY = "recursive-sort-key"
# By the format, so found by :func:`format_patterns` rather than by name.
FORMAT_GNU, FORMAT_UNKNOWN, FORMAT_ZONE, FORMAT_YEAR = (
    "strftime-gnu",
    "strftime-unknown",
    "strftime-zone",
    "strftime-year",
)

PATTERNS: tuple[Pattern, ...] = (
    Pattern(name="setlocale", functions=("locale.setlocale",), symbols=("setlocale", "newlocale")),
    Pattern(name="collation", functions=("locale.strcoll", "locale.strxfrm"), symbols=("strcoll", "strxfrm")),
    Pattern(
        name="locale-encoding",
        functions=("locale.getpreferredencoding", "locale.getencoding", "locale.nl_langinfo", "locale.getlocale"),
        symbols=("nl_langinfo",),
    ),
    Pattern(name="utf8-mode", functions=("sys.flags.utf8_mode",)),
    Pattern(name="find_library", functions=("ctypes.util.find_library",)),
    Pattern(name="dlopen", functions=("ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll"), symbols=("dlopen",)),
    Pattern(name="dlclose", functions=("_ctypes.dlclose",), symbols=("dlclose",)),
    Pattern(
        name="libc-identity",
        # platform.platform() puts libc_ver() into its text.
        functions=("platform.libc_ver", "platform.platform", "os.confstr"),
        symbols=("gnu_get_libc_version", "confstr"),
    ),
    Pattern(
        name="build-tag", functions=("sysconfig.get_config_var", "sysconfig.get_config_vars", "sysconfig.get_platform")
    ),
    Pattern(name="native-threads", symbols=("pthread_create", "thrd_create")),
    Pattern(
        name="threads",
        functions=(
            "threading.Thread",
            "concurrent.futures.ThreadPoolExecutor",
            "asyncio.to_thread",
            "anyio.to_thread.run_sync",
        ),
        methods=("run_in_executor",),
    ),
    Pattern(
        name="resolver",
        functions=(
            "socket.getaddrinfo",
            "socket.create_connection",
            "socket.gethostbyname",
            "socket.gethostbyname_ex",
            "asyncio.open_connection",
            "asyncio.start_server",
            "anyio.connect_tcp",
        ),
        methods=("getaddrinfo", "create_connection", "create_server"),
        symbols=("getaddrinfo",),
    ),
    Pattern(
        name="reverse-lookup",
        functions=("socket.getfqdn", "socket.getnameinfo", "socket.gethostbyaddr"),
        methods=("getnameinfo",),
        symbols=("getnameinfo",),
    ),
    Pattern(name="service-names", functions=("socket.getservbyname",), symbols=("getservbyname",)),
    Pattern(name="inet_aton", functions=("socket.inet_aton",), symbols=("inet_aton",)),
    Pattern(
        name="resolver-errors",
        functions=tuple(f"socket.EAI_{name}" for name in ("ADDRFAMILY", "NODATA", "NONAME", "AGAIN")),
    ),
    Pattern(name="error-text", functions=("os.strerror",), methods=("strerror",), symbols=("strerror", "strerror_r")),
    Pattern(name="sysconf", functions=("os.sysconf",), symbols=("sysconf",)),
    Pattern(name="pathconf", functions=("os.pathconf", "os.fpathconf"), symbols=("pathconf", "fpathconf")),
    Pattern(
        name="scheduler",
        functions=("os.sched_getscheduler", "os.sched_setscheduler", "os.sched_getparam", "os.sched_setparam"),
        symbols=("sched_getscheduler", "sched_setscheduler", "sched_getparam", "sched_setparam"),
    ),
    Pattern(name="login-name", functions=("os.getlogin",), symbols=("getlogin", "getlogin_r")),
    Pattern(name="password-hash", functions=("crypt.crypt",), symbols=("crypt", "crypt_r")),
    Pattern(
        name="missing-names",
        functions=(
            "os.getxattr",
            "os.listxattr",
            "os.removexattr",
            "os.setxattr",
            "fcntl.LOCK_MAND",
            "signal.SIGCLD",
            "os.RWF_NOWAIT",
        ),
    ),
    Pattern(name="real-time-signals", functions=("signal.SIGRTMIN", "signal.SIGRTMAX")),
    Pattern(name="time-zone-name", functions=("time.tzname",)),
    Pattern(name="time-zones", functions=("zoneinfo.ZoneInfo", "time.tzset"), symbols=("tzset",)),
    Pattern(
        name="mathematics",
        functions=("math.sin", "math.tanh", "math.gamma", "math.lgamma", "math.sinh", "math.cos", "math.tan"),
        symbols=("sin", "tanh", "tgamma", "lgamma", "sinh"),
    ),
    Pattern(name="c-sort", symbols=("qsort",)),
    Pattern(name="c-random", symbols=("rand", "rand_r")),
    Pattern(name="c-patterns", symbols=("regcomp", "fnmatch", "glob")),
    Pattern(name="c-columns", symbols=("wcwidth", "wcswidth")),
    Pattern(name="iconv", symbols=("iconv_open",)),
    Pattern(
        name="certificates",
        functions=("ssl.create_default_context", "ssl.get_default_verify_paths"),
        methods=("load_default_certs", "set_default_verify_paths"),
    ),
    Pattern(name="legacy-hashes", functions=("hashlib.new",)),
    Pattern(name="openssl-version", functions=("ssl.OPENSSL_VERSION", "ssl.OPENSSL_VERSION_INFO")),
)
NAMES = frozenset(
    {pattern.name for pattern in PATTERNS} | {FORMAT_GNU, FORMAT_UNKNOWN, FORMAT_ZONE, FORMAT_YEAR, RECURSIVE_KEY}
)


def format_patterns(text: str | None) -> set[str]:
    """The patterns of a date format; of one that is only known at run time for None."""
    if text is None:
        return {FORMAT_UNKNOWN}
    found = set()
    rest = _STANDARD.sub("", text)
    if _DIRECTIVE.search(rest):
        found.add(FORMAT_GNU)
    if "%Z" in text:
        found.add(FORMAT_ZONE)
    if re.search(r"%[YGFcx]", text):
        found.add(FORMAT_YEAR)
    return found
