"""The application's own files, its imports, and the check of everything that they lead to."""

from __future__ import annotations

import marshal
import zipfile
from pathlib import Path
from types import CodeType

import pytest

from automation.slimming import application, catalogue, distributions, modules, standard
from automation.slimming.catalogue import Cut, Step
from automation.slimming.errors import Refused
from automation.slimming.modules import Import, Module
from tests.automation import slimmable

SOURCE = '"""The service."""\n\n\ndef answer():\n    """Says it."""\n    assert True\n    return 42\n'


def read(folder: Path, **sources: str) -> dict[str, Module]:
    """The modules of an application called `app` with these sources."""
    slimmable.write(folder, {"app/__init__.py": "", **{f"app/{name}.py": text for name, text in sources.items()}})
    return modules.index(folder)


def refusal(found: dict[str, Module], *, available: set[str] | None = None, **removed: str) -> list[str]:
    with pytest.raises(Refused) as caught:
        application.check(found, available or set(), removed, ("sys",))
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("step", "advice"),
    [
        (Step.STANDARD_LIBRARY, "take it out of STANDARD_LIBRARY in automation/slimming/catalogue.py"),
        (Step.NEVER_CODE, "list its folder in CODE_AFTER_ALL in automation/slimming/catalogue.py"),
        (Step.UNREACHED, "the import has to be one that can be read from the source"),
    ],
)
def test_an_import_of_something_left_out(tmp_path: Path, step: Step, advice: str) -> None:
    found = read(tmp_path, web="import sys\n\n\ndef help():\n    from pydoc import locate\n")
    assert refusal(found, pydoc=step) == [
        f"app.web, line 5: imports pydoc, which the step {step} leaves out; {advice}",
        f"app.web, line 5: imports pydoc.locate, which the step {step} leaves out; {advice}",
    ]


def test_an_import_below_something_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, web="import pydoc.parts\n")
    assert refusal(found, pydoc=Step.STANDARD_LIBRARY)[0].startswith("app.web, line 1: imports pydoc.parts, which")


def test_what_is_there_may_be_imported(tmp_path: Path) -> None:
    found = read(tmp_path, web="import sys, alpha.used\nfrom app import other\nfrom alpha import VALUE\n", other="")
    application.check(found, {"alpha", "alpha.used"}, {"alpha.unused": "unreached"}, ("sys",))


def test_a_name_that_is_no_module_anywhere_is_not_ours_to_judge(tmp_path: Path) -> None:
    application.check(read(tmp_path, web="import optional_thing\n"), set(), {"pydoc": "unreached"}, ())


def test_the_name_of_a_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = Cut(module="vendor._client", scope="*.beta", target="vendor.beta*", names=("beta",), why="a test")
    monkeypatch.setattr(catalogue, "CUTS", (cut,))
    found = read(tmp_path, web="import vendor\n\n\nvendor.beta.messages()\n")
    said = refusal(found, available={"vendor"})
    assert said[0].startswith("app.web, line 4: uses beta of vendor, which leads to vendor.beta*; that was left out")
    assert "(a test): remove the cut from CUTS" in said[0]
    # The same word of another library is none of the cut's business.
    application.check(read(tmp_path, web="import other\nother.beta()\n"), {"other"}, {}, ())


def test_a_dynamic_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(tmp_path, web="def load(name):\n    __import__(name)\n", top="import_module(NAME)\n")
    assert [line.partition(" imports")[0] for line in refusal(found)] == [
        "app.top: import_module(NAME)",
        "app.web, load: __import__(name)",
    ]
    monkeypatch.setattr(catalogue, "DYNAMIC", {"app.web": (), "app.top": ()})
    application.check(found, set(), {}, ())


def test_edits_that_import_nothing_new_change_nothing(tmp_path: Path) -> None:
    first = read(tmp_path / "1", web="import os\nfrom alpha import b, a\nfrom app import other\n", other="")
    edited = (
        "# A comment.\nfrom app import other\nimport json\n\nfrom alpha import a, b\n\n\ndef new():\n    return 1\n"
    )
    second = read(tmp_path / "2", web=edited, other="")
    assert application.external(first) == application.external(second) == [Import(target="alpha", names=("a", "b"))]
    third = read(tmp_path / "3", web=f"{edited}import beta\n", other="")
    assert application.external(third) != application.external(first)


def test_imports_survive_their_file(tmp_path: Path) -> None:
    imports = [Import(target="alpha", names=("a", "b")), Import(target="beta")]
    application.save_imports(imports, tmp_path / "imports.json")
    assert application.load_imports(tmp_path / "imports.json") == imports


def test_what_an_image_can_import(tmp_path: Path) -> None:
    library, packages = "/usr/local/lib/python3.11", "/opt/packages"
    slimmable.write(
        tmp_path,
        {
            "usr/local/lib/python3.11/os.pyc": b"",
            "usr/local/lib/python3.11/email/__init__.pyc": b"",
            "usr/local/lib/python3.11/site-packages/pip.py": b"",
            f"usr/local/lib/python3.11/lib-dynload/_zlib{slimmable.SUFFIX}": b"",
        },
    )
    assert application.present(tmp_path, library, packages) == {"os", "email", "_zlib"}
    slimmable.write(tmp_path, {"opt/packages/alpha/used.pyc": b""})
    with zipfile.ZipFile(tmp_path / "opt/packages/beta.zip", "w") as archive:
        for name in ("beta/", "beta/__init__.pyc", "beta/inner.py", "beta/words.txt"):
            archive.writestr(name, b"")
    found = application.present(tmp_path, library, packages)
    assert found == {"os", "email", "_zlib", "alpha.used", "beta", "beta.inner"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "opt/app"
    slimmable.distribution(
        folder,
        "autoarr",
        {
            "autoarr/__init__.py": SOURCE,
            "autoarr/migrations/script.py.mako": "${message}",
            "autoarr/data.json": "{}",
        },
    )
    slimmable.write(folder, {"autoarr/__pycache__/__init__.cpython-311.pyc": "old"})
    return folder


def test_the_application_with_all_steps(source: Path, tmp_path: Path) -> None:
    application.build(source, tmp_path / "out", frozenset(Step))
    built = tmp_path / "out" / source.relative_to("/")
    info = "autoarr-1.0.dist-info"
    expected = {
        *("autoarr/__init__.pyc", "autoarr/data.json", f"{info}/METADATA", f"{info}/RECORD"),
        *(f"{info}/licenses/LICENSE", "autoarr/migrations/script.py.mako"),
    }
    assert slimmable.names(built) == expected
    assert slimmable.owners(built) == {name: [info] for name in expected}
    assert "A long page" not in (built / info / "METADATA").read_text()
    code = marshal.loads((built / "autoarr/__init__.pyc").read_bytes()[16:])  # noqa: S302 - what was written above
    assert isinstance(code, CodeType)
    assert code.co_filename == str(source / "autoarr/__init__.py")
    space: dict[str, object] = {}
    exec(code, space)  # noqa: S102 - what was compiled above
    answer = space["answer"]
    assert (space["__doc__"], answer.__doc__) == ("The service.", "Says it.")


def test_the_application_without_steps(source: Path, tmp_path: Path) -> None:
    application.build(source, tmp_path / "out", frozenset())
    built = tmp_path / "out" / source.relative_to("/")
    assert slimmable.names(built) == {name for name in slimmable.names(source) if "__pycache__" not in name}
    assert (built / "autoarr/__init__.py").read_text() == SOURCE
    assert slimmable.owners(built).keys() == slimmable.names(built)


def test_metadata_without_its_body() -> None:
    assert distributions.trimmed_metadata("Name: a\nVersion: 1\n\nWords.\n\nMore.\n") == "Name: a\nVersion: 1\n"
    assert distributions.trimmed_metadata("Name: a\n") == "Name: a\n"


def test_metadata_with_its_page_in_a_header() -> None:
    url = f"Project-URL: Documentation, https://example.org/{'long/' * 30}"
    before = f"Name: a\nAuthor: Zoë\nDescription: A page\n        of lines\n       |\n{url}\nVersion: 1\n"
    assert distributions.trimmed_metadata(before) == f"Name: a\nAuthor: Zoë\n{url}\nVersion: 1\n"


def test_a_distribution_without_a_record(tmp_path: Path) -> None:
    assert distributions.recorded(tmp_path) == []


def test_a_record_names_files_outside(tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.11/site-packages"
    slimmable.write(tmp_path, {"bin/a": "x", "lib/python3.11/site-packages/a-1.dist-info/METADATA": ""})
    info = packages / "a-1.dist-info"
    distributions.write_record(info, [tmp_path / "bin/a", info / "METADATA"], packages)
    assert distributions.recorded(info) == ["../../../bin/a", "a-1.dist-info/METADATA", "a-1.dist-info/RECORD"]
    assert slimmable.owners(packages)["../../../bin/a"] == ["a-1.dist-info"]


def test_parts_of_what_is_unwanted() -> None:
    assert standard.is_unwanted("pydoc_data.topics")
    assert standard.is_unwanted("asyncio.windows_events")
    assert not standard.is_unwanted("asyncio")
    assert standard.left_out(["os", "test.support"], frozenset({Step.STANDARD_LIBRARY})) == {
        "test.support": "standard-library"
    }
    assert standard.left_out(["os", "test.support"], frozenset()) == {}


def test_an_import_that_is_tolerated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slimmable.write(tmp_path, {"a.py": "def _test():\n    import doctest\n", "b.py": "from test import support\n"})
    found = modules.index(tmp_path).values()
    assert standard.check(found, {"doctest", "test.support"}) == ["b: imports test.support"]
    monkeypatch.setattr(catalogue, "TOLERATED", {})
    assert standard.check(found, {"doctest"}) == ["a, _test: imports doctest"]
