"""What a start does not load, in zip files: Python imports it from there, and nothing else changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from automation.slimming import application, catalogue, compression
from automation.slimming.errors import Refused
from tests.automation import slimmable

LIBRARY = {
    "one.py": "VALUE = 1\n",
    "two/__init__.py": "from .inner import VALUE\n",
    "two/inner.py": "VALUE = 2\n",
    "three.py": "VALUE = 3\n",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules, of which two may be compressed."""
    monkeypatch.setattr(catalogue, "COMPRESSED_STANDARD", ("absent", "one", "two"))
    slimmable.write(tmp_path / "python3.11", LIBRARY)
    return tmp_path / "python3.11"


def test_parts_of_the_standard_library(library: Path) -> None:
    compression.compress_standard(library)

    archive = library.parent / "python311.zip"
    assert compression.standard_archive(library) == archive
    assert slimmable.names(library) == {"three.py"}
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import json, one, two, three;"
        "print(json.dumps([[m.VALUE, m.__file__] for m in (one, two, three)]))"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code, str(archive), str(library)],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(said.stdout) == [
        [1, f"{archive}/one.py"],
        [2, f"{archive}/two/__init__.py"],
        [3, f"{library}/three.py"],
    ]
    assert application.present(library.parent, "python3.11", "packages") == {"one", "two", "two.inner", "three"}


def test_nothing_to_compress_leaves_no_file(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "COMPRESSED_STANDARD", ("absent",))
    compression.compress_standard(library)
    assert slimmable.names(library) == set(LIBRARY)
    assert not compression.standard_archive(library).exists()


def test_a_standard_package_with_compiled_files_is_refused(library: Path) -> None:
    slimmable.write(library, {"two/fast.so": slimmable.compiled()})
    with pytest.raises(Refused, match=r"two holds compiled files.*COMPRESSED_STANDARD"):
        compression.compress_standard(library)


def test_a_package_inside_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "COMPRESSED", ("outer.inner",))
    files = {"outer/__init__.py": "", "outer/inner/__init__.py": "", "outer/inner/deep.py": "VALUE = 4\n"}
    slimmable.write(tmp_path, files)
    line = compression.path_file(tmp_path, tmp_path)
    compression.compress_package(tmp_path, "outer.inner")

    assert slimmable.names(tmp_path) == {"outer/__init__.py", "outer.inner.zip"}
    slimmable.write(tmp_path, {f"{compression.FINDER}.py": compression.FINDER_SOURCE})
    code = f"import sys; sys.path[:0] = sys.argv[1:]; {line}\nimport outer.inner.deep as d; print(d.VALUE, d.__file__)"
    said = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code, str(tmp_path)], capture_output=True, check=True, text=True, timeout=60
    )
    assert said.stdout.split() == ["4", f"{tmp_path}/outer.inner.zip/inner/deep.py"]
    found = application.present(tmp_path, "nowhere", ".")
    assert {"outer", "outer.inner", "outer.inner.deep"} <= found
    assert "inner" not in found


def test_the_standard_library_has_what_the_catalogue_names() -> None:
    assert {name for name in catalogue.COMPRESSED_STANDARD if name not in sys.stdlib_module_names} == set()
