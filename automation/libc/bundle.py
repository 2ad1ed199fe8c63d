"""One file of the probes, for a container that has nothing but Python.

It holds every module of the package under its own name, so that nothing has to be written anywhere: a container's root
may be read-only, and an engine may be elsewhere.
"""

from __future__ import annotations

import base64
import zlib

from automation import paths

PACKAGE = "automation.libc.probes"
FOLDER = paths.ROOT / "automation" / "libc" / "probes"
# Each module after those that it imports; the last one runs.
MODULES = (
    "harness",
    "native",
    "identity",
    "loading",
    "recursion",
    "threads",
    "dns_stub",
    "dns",
    "names",
    "text",
    "times",
    "numbers",
    "files",
    "sockets",
    "system",
    "processes",
    "crypto",
)
START = """\
import sys
import types


def module(name, source):
    made = sys.modules[name] = types.ModuleType(name)
    made.__package__ = name.rpartition(".")[0]
    exec(compile(source, name.replace(".", "/") + ".py", "exec"), made.__dict__)
    setattr(sys.modules[made.__package__], name.rpartition(".")[2], made)


for name in {packages!r}:
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
"""


def source() -> str:
    """The file's text."""
    names = PACKAGE.split(".")
    parts = [START.format(packages=[".".join(names[: end + 1]) for end in range(len(names))])]
    parts += [f"module({PACKAGE + '.' + name!r}, {_read(name)!r})" for name in MODULES]
    parts.append(f"exec(compile({_read('__main__')!r}, '__main__.py', 'exec'), {{'__name__': '__main__'}})")
    return "\n".join(parts) + "\n"


def program() -> str:
    """The file as an argument for `python -c`. Packed, because Linux takes no argument of more than 128 KiB."""
    packed = base64.b64encode(zlib.compress(source().encode(), 9)).decode("ascii")
    return f"import base64, zlib; exec(zlib.decompress(base64.b64decode({packed!r})).decode())"


def _read(name: str) -> str:
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8")
