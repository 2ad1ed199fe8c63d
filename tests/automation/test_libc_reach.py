"""What the scan of sources and libraries finds, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation import paths
from automation.errors import CheckFailed
from automation.libc import reach
from automation.libc.dismissals import DISMISSED, dismissal
from automation.libc.patterns import NAMES, PATTERNS, format_patterns
from automation.libc.reach import Place, Reach


def found(text: str) -> set[str]:
    return {name for name, _ in reach.source(text.encode())}


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("import locale\nlocale.setlocale(0, 'de')", "setlocale"),
        ("from locale import setlocale as choose", "setlocale"),
        ("import locale as words\nwords.setlocale(0)", "setlocale"),
        ("import ctypes.util\nctypes.util.find_library('c')", "find_library"),
        ("from ctypes import util\nutil.find_library('c')", "find_library"),
        ("import ctypes.util as finder\nfinder.find_library('c')", "find_library"),
        ("import socket\nask = socket.getaddrinfo", "resolver"),
        ("async def ask(loop): await loop.getaddrinfo('x', 1)", "resolver"),
        ("import os\nos.confstr('x')", "libc-identity"),
        ("import platform\nprint(platform.platform())", "libc-identity"),
        ("import os\ntry:\n    os.sched_getscheduler(0)\nexcept OSError: pass", "scheduler"),
        ("import time\ntime.strftime('%k')", "strftime-gnu"),
        ("from datetime import date\ndate.today().strftime('%d %P')", "strftime-gnu"),
        ("import time\ntime.strftime(format='%-d')", "strftime-gnu"),
        ("from time import strftime as write\nwrite('%l')", "strftime-gnu"),
        ("print(f'{now:%H:%k}')", "strftime-gnu"),
        ("print(f'{now:%d %Z}')", "strftime-zone"),
        ("print(now.strftime(wanted))", "strftime-unknown"),
        ("def order(x):\n    return sorted(x, key=order)", "recursive-sort-key"),
        ("def order(x):\n    return sorted(x, key=lambda y: order(y.inner))", "recursive-sort-key"),
        ("class A:\n    def order(self, x):\n        x.sort(key=self.order)", "recursive-sort-key"),
    ],
)
def test_code_that_reaches_a_difference_is_found(text: str, pattern: str) -> None:
    assert pattern in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.strftime('%H:%M')",
        "print(now.strftime('%d %B'))",
        "print(f'{share:.1%} {name:>10}')",
        "print('%k' % 1, 'setlocale')",
        "setlocale = 1\nprint(setlocale)",
        "from .locale import setlocale",
        "def order(x):\n    return sorted(x, key=len)",
        "def rank(x):\n    return x\ndef order(x):\n    return sorted(x, key=rank)",
        "this is not python: setlocale",
    ],
)
def test_other_code_is_not(text: str) -> None:
    assert found(text) == set()


def test_lines_are_told() -> None:
    assert set(reach.source(b"import os\n\n\nos.sysconf('x')\n")) == {("sysconf", 4)}


@pytest.mark.parametrize(
    "directive", ["%k", "%l", "%P", "%N", "%+", "%-d", "%_H", "%^a", "%#Z", "%J", "%", "%Q", "%:::z"]
)
def test_directives_that_iso_c_has_not(directive: str) -> None:
    assert "strftime-gnu" in format_patterns(f"a {directive}")


@pytest.mark.parametrize("directive", [*"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZf%", "Ey", "Od", ":z"])
def test_directives_that_iso_c_or_python_has(directive: str) -> None:
    assert "strftime-gnu" not in format_patterns(f"a %{directive} 100%% b")


def test_formats_with_a_year() -> None:
    assert format_patterns("%Y-%m-%d") == {"strftime-year"}
    assert format_patterns("%H:%M") == set()


def test_libraries_are_searched_for_whole_names() -> None:
    assert ("setlocale", 0) in set(reach.library(b"\x7fELF..\0printf\0setlocale\0"))
    assert set(reach.library(b"\x7fELF..\0my_setlocale\0setlocale_again\0")) == set()


def test_a_scan_tells_owners_places_and_what_it_could_not_see(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "other"
    package.mkdir(parents=True)
    (package / "code.py").write_text("import os\nos.sysconf('x')\n")
    (package / "fast.so").write_bytes(b"\0sysconf\0")
    files = [package / "code.py", package / "fast.so", package / "gone.py"]
    seen = reach.scan({"other": files, "absent": [], reach.APPLICATION: [paths.ROOT / "autoarr" / "server.py"]})
    assert seen.places["sysconf"] == (
        Place(owner="other", file="other/code.py", line=2),
        Place(owner="other", file="other/fast.so"),
    )
    assert seen.unscanned == ("absent",)
    # The application's own come first, and each place once.
    places = seen.of(["sysconf", "resolver", "resolver"])
    assert [place.owner for place in places] == [reach.APPLICATION, "other", "other"]
    assert str(places[0]).startswith("autoarr/server.py:")
    assert str(places[2]) == "other/fast.so"
    assert seen.of(["setlocale"]) == ()


def test_the_application_is_scanned() -> None:
    """It does reach the resolver, and what it does not reach is not there because nothing was looked at."""
    sources = reach.application()
    assert len(sources[reach.APPLICATION]) > 10
    seen = reach.scan(sources)
    assert seen.places["resolver"]
    assert not seen.unscanned
    assert set(seen.places) <= NAMES


def test_the_closure_is_that_of_the_requirements(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "# a comment\n"
        'click==1.0 ; python_version >= "3.11" \\\n    --hash=sha256:00\n'
        'colorama==1.0 ; sys_platform == "win32"\n'
        "autoarr-no-such-package==1.0\n"
    )
    files = reach.closure(requirements)
    assert set(files) == {"click", "autoarr-no-such-package"}
    assert any(path.name == "core.py" for path in files["click"])
    assert all(path.is_file() for path in files["click"])
    assert reach.scan({"autoarr-no-such-package": files["autoarr-no-such-package"]}).unscanned
    with pytest.raises(CheckFailed, match="can't be read"):
        reach.closure(tmp_path / "nothing")


def test_no_pattern_is_looked_for_twice() -> None:
    for kind in ("functions", "methods", "symbols"):
        names = [name for pattern in PATTERNS for name in getattr(pattern, kind)]
        assert len(names) == len(set(names)), kind
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)


def test_a_dismissal_holds_for_its_pattern_and_file_only() -> None:
    place = Place(owner="truststore", file="truststore/_macos.py", line=17)
    assert dismissal("find_library", place) == "for macOS only"
    assert dismissal("setlocale", place) is None
    assert dismissal("find_library", Place(owner="x", file="x/truststore.py", line=1)) is None
    library = Place(owner="uvloop", file="uvloop/loop.cpython-314-aarch64-linux-gnu.so")
    assert dismissal("native-threads", library) is not None


def test_dismissals_are_of_patterns_that_exist() -> None:
    assert {pattern for pattern, _ in DISMISSED} <= NAMES
    assert Reach(places={}).of(NAMES) == ()
