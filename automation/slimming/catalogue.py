"""What is left out of the distroless image and why, as data; the code that does it is beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from automation.slimming.modules import Import


class Step(StrEnum):
    """A way to make the image smaller. The order is that of the proof: each is added to those before it. Parts of the
    standard library go after the modules of packages that need them and that nobody reaches."""

    NEVER_CODE = "never-code"
    METADATA = "metadata"
    BYTECODE = "bytecode"
    BRANCHES = "branches"
    UNREACHED = "unreached"
    DEFERRED = "deferred"
    STANDARD_LIBRARY = "standard-library"
    STRIP = "strip"
    RELOCATIONS = "relocations"
    UNWIND_TABLES = "unwind-tables"
    EQUAL_FILES = "equal-files"
    COMPRESSED = "compressed"


DESCRIPTIONS: dict[Step, str] = {
    Step.NEVER_CODE: "type stubs, C and Cython sources, headers, tests, templates and documentation inside packages; "
    "pip, setuptools and scripts that nobody runs",
    Step.METADATA: "long descriptions of packages; names, versions, requirements and licences stay",
    Step.BYTECODE: "bytecode in place of sources, without docstrings, assertions and column numbers",
    Step.BRANCHES: "branches for type checkers, other Pythons and other systems; replaced @overload declarations",
    Step.UNREACHED: "modules of packages that no import of the application leads to",
    Step.DEFERRED: "re-exports resolved when first used, and what nobody then asks for",
    Step.STANDARD_LIBRARY: "parts of the standard library that no application in a container uses",
    Step.STRIP: "symbols, debug data and section headers of compiled files",
    Step.RELOCATIONS: "relative relocations packed (DT_RELR); musl only",
    Step.UNWIND_TABLES: "unwind tables of libraries written in C; musl only",
    Step.EQUAL_FILES: "equal files stored once",
    Step.COMPRESSED: "what a start does not load, of packages and of the standard library, as zip files that Python "
    "imports from",
}


def steps(wanted: str) -> frozenset[Step]:
    """The steps that a build argument names: `all`, `none`, or names separated by commas.

    Raises:
        ValueError: there is no such step.
    """
    if wanted in ("all", "none"):
        return frozenset(Step) if wanted == "all" else frozenset()
    return frozenset(Step(name.strip()) for name in wanted.split(",") if name.strip())


@dataclass(frozen=True, kw_only=True)
class Cut:
    """An import that the application never gets to.

    Attributes:
        module: who imports, as a pattern.
        scope: the function that does, as a pattern; empty for an import as the module loads, which no cut can be of.
        target: what it imports, as a pattern.
        names: what leads there; the build fails when the application's sources mention one of them together with
            the library.
    """

    module: str
    scope: str
    target: str
    names: tuple[str, ...]
    why: str

    def matches(self, module: str, link: Import) -> bool:
        """Whether an import of a module is this one."""
        return (
            bool(link.scope)
            and fnmatchcase(module, self.module)
            and fnmatchcase(link.scope, self.scope)
            and any(
                fnmatchcase(name, self.target) for name in (link.target, *(f"{link.target}.{n}" for n in link.names))
            )
        )


@dataclass(frozen=True, kw_only=True)
class Deferral:
    """A package whose re-exports are resolved when they are first used; see :mod:`automation.slimming.deferral`.

    Attributes:
        package: which one, as a pattern.
        targets: the modules whose names are deferred; `*` for all, in packages that consist of re-exports alone.
    """

    package: str
    targets: tuple[str, ...]
    why: str


DEFERRALS = (
    Deferral(
        package="anthropic.*",
        targets=("*",),
        why="the SDK loads all of its 2,900 modules at once; a conversation needs a third of them",
    ),
    Deferral(
        package="anthropic",
        targets=(
            *("anthropic.lib.aws", "anthropic.lib.bedrock", "anthropic.lib.foundry", "anthropic.lib.google_cloud"),
            "anthropic.lib.vertex",
        ),
        why="clients of other vendors' platforms",
    ),
    Deferral(
        package="redis",
        targets=("redis.cluster", "redis.keyspace_notifications", "redis.sentinel"),
        why="AutoArr talks to one server",
    ),
    Deferral(
        package="redis.asyncio",
        targets=("redis.asyncio.cluster", "redis.asyncio.keyspace_notifications", "redis.asyncio.sentinel"),
        why="AutoArr talks to one server",
    ),
    Deferral(package="uvicorn", targets=("uvicorn.main",), why="its command line, which AutoArr has its own of"),
)

_RESOURCES = ("beta", "files", "organization", "skills", "user_profiles")
CUTS = (
    *(
        Cut(
            module="anthropic._client",
            scope=f"*.{name}",
            target=f"anthropic.resources.{name}*",
            names=(name,),
            why="a part of the Anthropic API that AutoArr does not use",
        )
        for name in _RESOURCES
    ),
    Cut(
        module="fastapi._compat.shared",
        scope="is_pydantic_v1_model_*",
        target="pydantic.v1",
        names=(),
        why="asks whether a model is one of Pydantic 1, and takes its absence for no",
    ),
    Cut(
        module="pydantic._internal.*",
        scope="*",
        target="pydantic.v1*",
        names=("__get_validators__",),
        why="reached by classes with Pydantic 1's hook alone",
    ),
    Cut(
        module="redis.commands.*",
        scope="*",
        target="redis.commands.*",
        names=("bf", "cf", "cms", "ft", "tdigest", "topk", "ts", "vset"),
        why="commands of the server's optional modules",
    ),
    Cut(
        module="redis.*client",
        scope="*keyspace_notifications",
        target="redis.*keyspace_notifications",
        names=("keyspace_notifications",),
        why="AutoArr talks to one server and publishes its events itself",
    ),
    Cut(
        module="sqlalchemy.dialects",
        scope="_auto_fn",
        target="sqlalchemy.dialects.mysql*",
        names=("mysql", "mariadb"),
        why="AutoArr knows SQLite and PostgreSQL",
    ),
    Cut(
        module="_cffi_backend",
        scope="(compiled)",
        target="cffi*",
        names=(),
        why="cryptography uses the compiled part alone; the rest parses C declarations",
    ),
)

# What modules import under names that are made at run time; everything below a package with `.*`, but not what follows
# a minus. A kept module that does so and is not listed here fails the build.
DYNAMIC: dict[str, tuple[str, ...]] = {
    "alembic.util.pyfiles": (),  # migration scripts, which are the application's
    "autoarr.jobs.registry": (),  # modules with handlers, which are the application's
    "anyio._core._eventloop": ("anyio._backends._asyncio",),
    "anyio._lazyimport": ("anyio.*", "-anyio._backends._trio", "-anyio.pytest_plugin"),
    "httpx2._alias": (),  # the old name of the library itself
    "mako.runtime": (),  # in templates, and there are none
    "mako.util": (),  # plug-ins
    "opentelemetry.context": ("opentelemetry.context.contextvars_context",),  # an entry point
    "pydantic": ("pydantic.*", "-pydantic.v1", "-pydantic.mypy", "-pydantic._internal._docs_extraction"),
    "pydantic._internal._validators": (),  # the type ImportString
    "sqlalchemy.dialects": ("sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.dialects.postgresql.asyncpg"),
    "sqlalchemy.engine.default": (),  # SQLAlchemy's own test suite
    "sqlalchemy.util.langhelpers": (),  # dialects under other names
    "sqlalchemy.util.preloaded": (),  # modules that SQLAlchemy imports anyway
    "uvicorn.config": (
        *("uvicorn.lifespan.*", "uvicorn.loops.*", "uvicorn.protocols.*"),
        "-uvicorn.protocols.websockets.wsproto_impl",
    ),
    "uvicorn.importer": (),  # the application, and what uvicorn.config names
    "websockets.imports": (),  # names at the top of websockets, which Uvicorn does not use
}
# What is reached without any import: the command's own module, and what users of an interactive Python expect.
ROOTS = ("_cffi_backend", "bcrypt", "jwt")

# ---- the standard library: what no application in a container uses. Whatever imports one of these fails the build,
# unless it is listed below.
STANDARD_LIBRARY: dict[str, tuple[str, ...]] = {
    "installs and builds packages": ("distutils", "ensurepip", "lib2to3", "venv", "zipapp"),
    "desktop programs": (
        "curses",
        "idlelib",
        "tkinter",
        "turtle",
        "turtledemo",
        "_curses",
        "_curses_panel",
        "_tkinter",
    ),
    "documentation and tests": ("doctest", "pydoc", "pydoc_data", "test", "unittest", "_testcapi", "_testbuffer"),
    "debugs and profiles": (
        *(
            "bdb",
            "cProfile",
            "modulefinder",
            "pdb",
            "pickletools",
            "profile",
            "pstats",
            "pyclbr",
            "symtable",
            "tabnanny",
        ),
        *("trace", "_lsprof", "xxlimited", "xxlimited_35", "_xxsubinterpreters", "_xxtestfuzz", "_ctypes_test"),
    ),
    "old network protocols and servers": (
        *("asynchat", "asyncore", "cgi", "cgitb", "ftplib", "imaplib", "mailbox", "mailcap", "nntplib", "poplib"),
        *("smtpd", "telnetlib", "wsgiref", "xmlrpc", "nis"),
    ),
    "sound and picture formats": ("aifc", "audioop", "chunk", "imghdr", "ossaudiodev", "sndhdr", "sunau", "wave"),
    "what the compiled twin replaces": ("_pydecimal", "_pyio"),
    "removed from later Pythons": ("crypt", "imp", "pipes", "spwd", "uu", "xdrlib", "_crypt"),
    "for other systems": (
        *("_aix_support", "_bootsubprocess", "_osx_support", "asyncio.proactor_events", "asyncio.windows_events"),
        *("asyncio.windows_utils", "ctypes.macholib", "msilib", "multiprocessing.popen_spawn_win32", "nturl2path"),
    ),
    "character sets of East Asia other than Unicode": (
        *("_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw", "_multibytecodec"),
        *("encodings.big5", "encodings.big5hkscs", "encodings.cp932", "encodings.cp949", "encodings.cp950"),
        *("encodings.euc_jis_2004", "encodings.euc_jisx0213", "encodings.euc_jp", "encodings.euc_kr"),
        *("encodings.gb18030", "encodings.gb2312", "encodings.gbk", "encodings.hz", "encodings.johab"),
        *("encodings.iso2022_jp", "encodings.iso2022_jp_1", "encodings.iso2022_jp_2", "encodings.iso2022_jp_2004"),
        *("encodings.iso2022_jp_3", "encodings.iso2022_jp_ext", "encodings.iso2022_kr"),
        *("encodings.shift_jis", "encodings.shift_jis_2004", "encodings.shift_jisx0213"),
    ),
    "jokes": ("__hello__", "__phello__", "antigravity", "this"),
}
# Imports of those that stay in the image and are never got to, or take the absence as an answer.
# As "module:function", and what it imports, both patterns.
TOLERATED: dict[tuple[str, str], str] = {
    ("_sitebuiltins:*", "pydoc"): "help() of an interactive Python",
    ("decimal:", "_pydecimal"): "where the compiled twin is missing",
    ("*:_test", "doctest"): "a module's test of itself",
    ("multiprocessing.connection:*", "xmlrpc.client"): "connections that speak XML-RPC, which nobody asks for",
    ("asyncio.__main__:*", "*"): "the interactive asyncio",
    ("*", "asyncio.windows_*"): "on Windows",
    ("sysconfig:get_platform", "_*_support"): "on AIX and macOS",
    ("pkgutil:_import_imp", "imp"): "importers of before Python 3.3",
    ("urllib.request:*", "ftplib"): "ftp: addresses, which AutoArr does not have",
}

# ---- files of packages that are no code, by name. Licences and metadata stay, whatever they are called.
NEVER_CODE = (
    *("*.pyi", "*.pyx", "*.pxd", "*.pxi", "*.c", "*.h", "*.cpp", "*.hpp", "*.cc", "*.a", "*.o", "*.md", "*.rst"),
    *("py.typed", "*.mako", "*.cfg", "_testbase.py"),
)
NEVER_CODE_FOLDERS = ("tests", "test", "testing", "_testbase", "benchmarks", "templates", ".agents", "__pycache__")
# Folders of those names that hold code an application runs.
CODE_AFTER_ALL = ("starlette/templating", "sqlalchemy/testing")
# In the interpreter's own folders.
INTERPRETER_JUNK = ("config-3.*", "site-packages", "__pycache__", "test", "tests")
ZONEINFO_JUNK = ("*.tab", "*.zi", "leapseconds", "leap-seconds.list", "posix", "right", "posixrules", "localtime")

# Packages, and parts of packages, that are stored compressed: pure Python, and not loaded by a start on SQLite.
COMPRESSED = (
    *("alembic", "anthropic", "attr", "docstring_parser", "h11", "httpcore2", "httpx2", "idna", "jsonschema"),
    *("jwt", "mako", "mcp", "mcp_types", "purgatory", "redis", "referencing", "sse_starlette", "tenacity"),
    *("sqlalchemy.dialects.postgresql", "truststore"),
)
# Likewise of the standard library: modules and packages at its top.
COMPRESSED_STANDARD = (
    *("_markupbase", "_py_abc", "_strptime", "_threading_local", "cmd", "code", "codeop", "compileall", "ctypes"),
    *("dbm", "difflib", "filecmp", "fileinput", "getopt", "getpass", "glob", "graphlib", "gzip", "netrc", "optparse"),
    *("pkgutil", "plistlib", "pprint", "pty", "py_compile", "rlcompleter", "runpy", "sched", "shelve", "smtplib"),
    *("statistics", "tarfile", "tracemalloc", "webbrowser", "xml"),
)
