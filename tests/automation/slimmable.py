"""A small virtual environment and a small standard library, for tests of what makes images smaller."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from automation.slimming.packages import Environment

SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nA long page about {name}.\n"
LIBRARY = {
    "os.py": "import sys\n",
    "decimal.py": "try:\n    from _decimal import *\nexcept ImportError:\n    from _pydecimal import *\n",
    "_pydecimal.py": "",
    "pydoc.py": "import os\n",
    "pydoc_data/__init__.py": "",
    "pydoc_data/topics.py": "",
    "pydoc_data/_pydoc.css": "body {}",
    "email/__init__.py": '"""Mail."""\n',
    "email/architecture.rst": "words",
    "test/__init__.py": "",
    "config-3.11/Makefile": "all:",
    "LICENSE.txt": "the terms",
    "__pycache__/os.cpython-311.pyc": "old",
    "site-packages/pip/__init__.py": "",
}
ALPHA = {
    "alpha/__init__.py": '"""Alpha."""\nimport os\n',
    "alpha/used.py": "VALUE = 1\n",
    "alpha/unused.py": "VALUE = 2\n",
    "alpha/lazy.py": "def load():\n    import os\n",
    "alpha/data.json": '{"equal": true}',
    "alpha/same.json": '{"equal": true}',
    "alpha/fast.h": "int fast;",
    "alpha/templates/page.py": "PAGE = 1\n",
    "alpha/templates/page.html": "<p>",
    "alpha/tests/test_it.py": "import unittest\n",
    "../../../bin/alpha": "#!/usr/bin/python\n",
}
BETA = {
    "beta/__init__.py": "NAME = __name__\n",
    "beta/inner.py": "from . import NAME\n",
    "beta/spread/part.py": "PART = 3\n",
    "beta/words.txt": "words",
}
DELTA = {
    "delta/__init__.py": "from .first import First\nfrom .second import Second\n",
    "delta/first.py": "class First: ...\n",
    "delta/second.py": "class Second: ...\n",
}
LONELY = {"lonely.py": "ALONE = True\n", "lonely_data/page.txt": "nobody reads this"}


def compiled() -> bytes:
    """A small extension module that is installed here; it exports PyInit__speedups."""
    found = importlib.util.find_spec("markupsafe._speedups")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_bytes()


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def distribution(packages: Path, name: str, files: Mapping[str, str | bytes]) -> None:
    """Install a distribution as pip does."""
    info = f"{name}-1.0.dist-info"
    everything = {
        **files,
        f"{info}/METADATA": METADATA.format(name=name),
        f"{info}/INSTALLER": "pip\n",
        f"{info}/licenses/LICENSE": f"the terms of {name}",
    }
    write(packages, everything)
    write(packages, {f"{info}/RECORD": "".join(f"{path},,\n" for path in [*everything, f"{info}/RECORD"])})


def environment(root: Path) -> Environment:
    """A virtual environment at opt/venv of a root, and a standard library at usr/local/lib."""
    home, library = root / "opt/venv", root / "usr/local/lib/python3.11"
    packages = home / "lib/python3.11/site-packages"
    write(library, LIBRARY)
    write(library, {f"lib-dynload/_speedups{SUFFIX}": compiled()})
    write(home, {"pyvenv.cfg": "home = /usr/local/bin\n", "bin/activate": "# a script"})
    (home / "bin/python").symlink_to("/usr/local/bin/python3.11")
    distribution(packages, "alpha", ALPHA)
    distribution(packages, "beta", BETA)
    distribution(packages, "gamma", {"gamma/__init__.py": "", f"gamma/_speedups{SUFFIX}": compiled()})
    distribution(packages, "delta", DELTA)
    distribution(packages, "lonely", LONELY)
    write(packages, {"alpha/__pycache__/used.cpython-311.pyc": "old"})
    return Environment.at(home, library)


def names(folder: Path) -> set[str]:
    """The files and links below a folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


def owners(packages: Path) -> dict[str, list[str]]:
    """Who claims which file, by path relative to the packages, after checking each claim's digest and size."""
    found: dict[str, list[str]] = {}
    for record in sorted(packages.glob("*.dist-info/RECORD")):
        for name, digest, size in csv.reader(record.read_text(encoding="utf-8").splitlines()):
            found.setdefault(name, []).append(record.parent.name)
            content = (packages / name).read_bytes()
            if name == f"{record.parent.name}/RECORD":
                assert (digest, size) == ("", "")
                continue
            hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={hashed}", str(len(content))), name
    return found
