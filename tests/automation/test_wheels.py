from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from automation import network
from automation.errors import CheckFailed, UsageError
from automation.wheels import matrix as wheels
from automation.wheels import table as wheel_table
from automation.wheels import targets as wheel_targets
from automation.wheels.coverage import Cell, State
from automation.wheels.targets import Limits

ALL = ("3.11", "3.12", "3.13", "3.14")


def lock(folder: Path, files: Mapping[str, list[str]], *, pythons: str = ">=3.11", extra: str = "") -> Path:
    """A poetry.lock with packages and their files; a name may carry a marker after a semicolon."""
    parts = []
    for key, names in files.items():
        name, _, marker = key.partition(";")
        parts += ["[[package]]", f'name = "{name}"', 'version = "1.0"', 'python-versions = "*"', 'groups = ["main"]']
        parts += [f"markers = {json.dumps(marker)}"] if marker else []
        parts += [f"files = [{', '.join(f'{{file = {json.dumps(file)}}}' for file in names)}]", extra]
    parts += ["[metadata]", 'lock-version = "2.1"', f'python-versions = "{pythons}"', 'content-hash = "0"']
    path = folder / "poetry.lock"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def cells(folder: Path, *names: str, limits: Limits | None = None) -> dict[str, str]:
    """A package with those files: what each platform comes to, over all Python versions."""
    coverage = wheels.examine(lock(folder, {"x": list(names)}), pythons=ALL, limits=limits)
    (row,) = coverage.rows
    return {name: wheel_table.summary(found, coverage.pythons) for name, found in row.cells.items()}


NONE = dict.fromkeys(
    (f"{system} {arch}" for system in ("musllinux", "manylinux", "macOS", "Windows") for arch in ("x86_64", "aarch64")),
    "none",
)
SOURCE = dict.fromkeys(NONE, "source")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["x-1.0-py3-none-any.whl"], dict.fromkeys(NONE, "pure")),
        (["x-1.0-py2.py3-none-any.whl"], dict.fromkeys(NONE, "pure")),
        (["x-1.0-py2-none-any.whl", "x-1.0.tar.gz"], SOURCE),
        (["x-1.0.zip"], SOURCE),
        (["x-1.0.exe", "x-1.0-py3.11.egg", "not a wheel.whl"], NONE),
        ([], NONE),
        (
            ["x-1.0-cp311-cp311-musllinux_1_1_x86_64.whl", "x-1.0.tar.gz"],
            {**SOURCE, "musllinux x86_64": "3.11, source 3.12-3.14"},
        ),
        (
            ["x-1.0-cp312-abi3-musllinux_1_2_aarch64.whl", "x-1.0-cp311-cp311-musllinux_1_2_aarch64.whl"],
            {**NONE, "musllinux aarch64": "3.11, abi3 3.12-3.14"},
        ),
        (["x-1.0-cp36-abi3-musllinux_1_2_x86_64.whl"], {**NONE, "musllinux x86_64": "abi3"}),
        (["x-1.0-cp36-cp36m-musllinux_1_2_x86_64.whl", "x-1.0-cp310-cp310-musllinux_1_2_x86_64.whl"], NONE),
        (["x-1.0-cp314-cp314t-musllinux_1_2_x86_64.whl", "x-1.0-cp314-abi3t-musllinux_1_2_x86_64.whl"], NONE),
        (["x-1.0-pp311-pypy311_pp73-manylinux_2_17_x86_64.whl"], NONE),
        (["x-1.0-cp313-none-win_amd64.whl"], {**NONE, "Windows x86_64": "none 3.11-3.12, 3.13, none 3.14"}),
        (["x-1.0-py3-none-win_arm64.whl"], {**NONE, "Windows aarch64": "py3"}),
        (["x-1.0-py3-none-musllinux_1_3_x86_64.whl"], NONE),
        (["x-1.0-py3-none-manylinux1_x86_64.whl"], {**NONE, "manylinux x86_64": "py3"}),
        (["x-1.0-py3-none-manylinux2014_aarch64.whl"], {**NONE, "manylinux aarch64": "py3"}),
        (["x-1.0-py3-none-manylinux_2_16_aarch64.whl"], NONE),
        (["x-1.0-py3-none-manylinux_2_5_x86_64.whl"], {**NONE, "manylinux x86_64": "py3"}),
        (["x-1.0-py3-none-manylinux_2_4_x86_64.whl"], NONE),
        (["x-1.0-py3-none-manylinux_2_36_x86_64.whl"], {**NONE, "manylinux x86_64": "py3"}),
        (["x-1.0-py3-none-manylinux_2_39_x86_64.whl"], NONE),
        # It names no libc: pip takes it on any Linux, and in practice it was built on glibc.
        (["x-1.0-py3-none-linux_x86_64.whl"], {**NONE, "manylinux x86_64": "py3"}),
        (
            ["x-1.0-py3-none-macosx_11_0_universal2.whl"],
            {**NONE, "macOS x86_64": "py3", "macOS aarch64": "py3"},
        ),
        (["x-1.0-py3-none-macosx_10_9_x86_64.whl"], {**NONE, "macOS x86_64": "py3"}),
        (["x-1.0-py3-none-macosx_15_0_arm64.whl"], NONE),
        (
            ["x-1.0-py3-none-any.whl", "x-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"],
            {**dict.fromkeys(NONE, "pure"), "manylinux x86_64": "pure 3.11, 3.12, pure 3.13-3.14"},
        ),
    ],
)
def test_what_file_names_come_to(tmp_path: Path, names: list[str], expected: dict[str, str]) -> None:
    assert cells(tmp_path, *names) == expected


def test_the_limits_are_parameters_and_in_the_result(tmp_path: Path) -> None:
    limits = Limits(musl=(1, 3), glibc=(2, 39), macos=(15, 0))
    for tag, name in (
        ("musllinux_1_3_x86_64", "musllinux x86_64"),
        ("manylinux_2_39_aarch64", "manylinux aarch64"),
        ("macosx_15_0_arm64", "macOS aarch64"),
    ):
        assert cells(tmp_path, f"x-1.0-py3-none-{tag}.whl", limits=limits) == {**NONE, name: "py3"}
    assert wheels.examine(limits=limits).as_dict()["limits"] == {"musl": "1.3", "glibc": "2.39", "macos": "15.0"}
    assert wheels.examine().as_dict()["limits"] == {"musl": "1.2", "glibc": "2.36", "macos": "14.0"}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["x-1.0.tar.gz"], "no wheel at all"),
        ([], "no wheel at all, and no source archive"),
        (["x-1.0-py3-none-win_amd64.whl", "x-1.0.tar.gz"], "no wheel for this system"),
        (["x-1.0-py3-none-musllinux_1_2_aarch64.whl"], "no wheel for this architecture, and no source archive"),
        (["x-1.0-cp310-cp310-musllinux_1_2_x86_64.whl", "x-1.0.tar.gz"], "no wheel for this Python"),
        (
            ["x-1.0-cp312-cp312-musllinux_1_3_x86_64.whl", "x-1.0.tar.gz"],
            "its wheel asks for a newer system (musllinux_1_3_x86_64)",
        ),
    ],
)
def test_reasons(tmp_path: Path, names: list[str], reason: str) -> None:
    coverage = wheels.examine(lock(tmp_path, {"x": names}), pythons=["3.12"])
    gap = next(gap for gap in coverage.gaps if gap.platform.name == "musllinux x86_64")
    assert gap.reason == reason


def test_the_markers_of_each_environment(tmp_path: Path) -> None:
    pure = ["x-1.0-py3-none-any.whl"]
    path = lock(
        tmp_path,
        {
            'linux;sys_platform == "linux" and os_name == "posix"': pure,
            'arm;platform_machine == "aarch64" or platform_machine == "arm64" or platform_machine == "ARM64"': pure,
            'mac;platform_system == "Darwin"': pure,
            'apple;platform_machine == "arm64"': pure,
            'intel;platform_machine == "x86_64" or platform_machine == "AMD64"': pure,
            'young;python_version >= "3.14"': pure,
            'patch;python_full_version < "3.11.3"': pure,
            'other;platform_python_implementation != "CPython" or implementation_name != "cpython"': pure,
        },
    )
    rows = {row.package.name: row for row in wheels.examine(path).rows}
    there = {
        name: {platform for platform, found in row.cells.items() if found[0].state is State.PURE}
        for name, row in rows.items()
    }
    linux = {name for name in NONE if "linux" in name}
    assert there["linux"] == linux
    assert there["arm"] == {name for name in NONE if name.endswith("aarch64")}
    assert there["mac"] == {name for name in NONE if name.startswith("macOS")}
    assert there["apple"] == {"macOS aarch64"}
    assert there["intel"] == {name for name in NONE if name.endswith("x86_64")}
    assert [cell.state for cell in rows["young"].cells["musllinux x86_64"]] == [State.EXCLUDED] * 3 + [State.PURE]
    # The newest patch release is meant, unless one is named.
    assert rows.keys() == {"linux", "arm", "mac", "apple", "intel", "young"}
    assert "patch" in {row.package.name for row in wheels.examine(path, pythons=["3.11.2"]).rows}


def test_the_project_has_wheels_everywhere() -> None:
    coverage = wheels.examine()
    assert coverage.missing == ()
    assert coverage.unknown == ()
    wheels.require(coverage)
    data = coverage.as_dict()
    assert data["covered"]
    assert data["pythons"] == list(ALL)
    names = {package["name"]: package for package in data["packages"]}
    assert {"fastapi", "cryptography", "uvloop"} <= names.keys()
    assert not {"pytest", "ruff", "docker"} & names.keys(), "development tools are not in the runtime closure"
    cell = names["uvloop"]["platforms"]["musllinux aarch64"]["3.14"]
    assert cell["state"] == "wheel"
    assert cell["tag"].startswith("cp314-cp314-musllinux_")
    assert cell["file"].endswith("_aarch64.whl")
    json.dumps(data)


def test_a_gap_fails_after_it_was_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lock(
        tmp_path,
        {
            "broad": ["broad-1.0-py3-none-any.whl"],
            "narrow": ["narrow-1.0-cp311-abi3-manylinux_2_17_x86_64.whl", "narrow-1.0.tar.gz"],
        },
    )
    coverage = wheels.examine(path)
    wheels.show(coverage)
    shown = capsys.readouterr().err
    assert "narrow 1.0" in shown
    assert "musllinux, manylinux aarch64" not in shown, "their reasons differ"
    assert "no wheel for this system" in shown
    assert "broad" not in shown.split("would need a compiler")[0].split("native wheels")[1]
    with pytest.raises(CheckFailed, match=r"no wheel on a supported platform: narrow 1\.0") as caught:
        wheels.require(coverage)
    assert caught.value.exit_code == 1
    data = coverage.as_dict()
    assert not data["covered"]
    assert {gap["platform"] for gap in data["gaps"] if gap["supported"]} == {
        "musllinux x86_64",
        "musllinux aarch64",
        "manylinux aarch64",
    }
    assert data["gaps"][0]["pythons"] == list(ALL)
    assert next(one for one in data["platforms"] if one["name"] == "manylinux x86_64")["packages"] == {
        "wheel": 1, "pure": 1, "source": 0, "none": 0, "excluded": 0, "unknown": 0
    }  # fmt: skip


def test_a_gap_elsewhere_is_only_shown(tmp_path: Path) -> None:
    linux = [
        f"x-1.0-py3-none-{libc}_{arch}.whl"
        for libc in ("musllinux_1_2", "manylinux_2_17")
        for arch in ("x86_64", "aarch64")
    ]
    coverage = wheels.examine(lock(tmp_path, {"x": linux}))
    assert len(coverage.gaps) == 4
    wheels.require(coverage)


def test_many_gaps_are_named_in_part(tmp_path: Path) -> None:
    coverage = wheels.examine(lock(tmp_path, {f"x{number}": [] for number in range(23)}))
    with pytest.raises(CheckFailed, match=r"x6 1\.0, and 3 more\n"):
        wheels.require(coverage)


def test_the_table_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    environment = {"COLUMNS": "80", "PATH": "/usr/bin:/bin"}
    code = "from automation.wheels import matrix; matrix.show(matrix.examine())"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True, cwd=Path.cwd()
    )
    assert result.stdout == ""
    assert max(map(len, result.stderr.splitlines())) <= 80
    assert "3.11-3.14" in result.stderr


def test_offline_nothing_of_the_network_is_loaded() -> None:
    code = (
        "import sys; from automation.wheels import matrix; matrix.examine();"
        "print(sorted({'httpx2', 'docker', 'pip', 'automation.network', 'automation.process'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert result.stdout.strip() == "[]"


UV_LOCK = """
version = 1
requires-python = ">=3.11"
{markers}
[[package]]
name = "project"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "x" }}]
[[package]]
name = "x"
version = "1.0"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [{{ url = "https://files.example/x-1.0-py3-none-any.whl", hash = "sha256:aa" }}]
"""


def test_a_platform_the_lock_is_not_resolved_for(tmp_path: Path) -> None:
    path = tmp_path / "uv.lock"
    path.write_text(
        UV_LOCK.format(markers="supported-markers = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]")
    )
    coverage = wheels.examine(path)
    assert [row.package.name for row in coverage.rows] == ["x"]
    assert {gap.platform.name for gap in coverage.unknown} == {"musllinux aarch64", "manylinux aarch64"}
    assert coverage.missing == ()
    with pytest.raises(CheckFailed, match=r"not known .*x 1\.0 \(the lock is not resolved for musllinux aarch64"):
        wheels.require(coverage)
    assert coverage.notes == ("folders of the project, installed from where they are: project",)


def test_a_package_from_git_is_built_on_the_spot(tmp_path: Path) -> None:
    source = '[package.source]\ntype = "git"\nurl = "https://git.example/x"'
    coverage = wheels.examine(lock(tmp_path, {"x": []}, extra=source))
    assert {(gap.state, gap.reason) for gap in coverage.gaps} == {
        (State.SOURCE, "from git, so built where it is installed")
    }


def test_a_package_for_other_pythons(tmp_path: Path) -> None:
    path = lock(tmp_path, {"x": ["x-1.0-py3-none-any.whl"]})
    path.write_text(path.read_text().replace('python-versions = "*"', 'python-versions = "<3.13"'))
    (gap, *_) = wheels.examine(path).gaps
    assert ([str(python) for python in gap.pythons], gap.state) == (["3.13", "3.14"], State.NONE)
    assert gap.reason == "it is for Python <3.13"
    path.write_text(path.read_text().replace('python-versions = "<3.13"', 'python-versions = ">=3.*.x"'))
    assert wheels.examine(path).gaps == ()


def test_an_empty_closure_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coverage = wheels.examine(lock(tmp_path, {}))
    assert coverage.notes == ("the runtime closure is empty: the project needs no package",)
    wheels.show(coverage)
    assert "closure is empty" in capsys.readouterr().err


class TestPythons:
    @pytest.mark.parametrize("asked", ["3.99", "2.7", "cp312", "3", "", "3.7", "3.12.x"])
    def test_unknown(self, asked: str) -> None:
        with pytest.raises(UsageError, match="is not known") as caught:
            wheels.examine(pythons=[asked])
        assert caught.value.exit_code == 2

    def test_free_threaded(self) -> None:
        with pytest.raises(UsageError, match="free-threaded builds take other wheels"):
            wheels.examine(pythons=["3.14t"])

    def test_outside_the_lock(self, tmp_path: Path) -> None:
        path = lock(tmp_path, {}, pythons=">=3.12,<3.14")
        coverage = wheels.examine(path)
        assert [str(python) for python in coverage.pythons] == ["3.12", "3.13"]
        assert coverage.notes[0] == "the lock is not for Python 3.11, 3.14"
        with pytest.raises(UsageError, match=r"the lock is for Python >=3\.12,<3\.14, not 3\.11"):
            wheels.examine(path, pythons=["3.11", "3.12"])
        with pytest.raises(UsageError, match=r"the lock is for Python <3\.10"):
            wheels.examine(lock(tmp_path, {}, pythons="<3.10"))

    def test_once_and_in_order(self) -> None:
        assert [str(one) for one in wheels.examine(pythons=["3.13", "3.12", "3.13"]).pythons] == ["3.12", "3.13"]

    @pytest.mark.parametrize(
        ("allowed", "expected"), [("==3.12.3", "3.12.3"), ("<=3.12.7,>=3.12", "3.12.7"), (">=3.12", "3.12.99"),
                                  (">=3.11,<3.12.1", "3.12.0"), ("==3.12.*", "3.12.99")]
    )  # fmt: skip
    def test_a_patch_release_that_the_lock_is_for(self, allowed: str, expected: str) -> None:
        (found,) = wheel_targets.pythons(["3.12"], (allowed,), "")
        assert found.full_version == expected


def test_summaries() -> None:
    pythons = wheel_targets.pythons((), (), "")
    wheel = Cell(state=State.WHEEL, tag="cp311-cp311-any")
    left_out, unknown = Cell(state=State.EXCLUDED), Cell(state=State.UNKNOWN)
    assert wheel_table.summary([left_out] * 4, pythons) == "-"
    assert wheel_table.summary([wheel, *[left_out] * 3], pythons) == "3.11"
    assert wheel_table.summary([unknown] * 4, pythons) == "?"
    # Nothing is said of a version that was not asked about.
    assert wheel_table.span([pythons[0], pythons[1], pythons[3]]) == "3.11-3.12, 3.14"
    assert wheel_table.summary([wheel, wheel, unknown, left_out], pythons) == "3.11-3.12, ? 3.13"


@dataclass
class PackageIndex:
    """A package index on this machine, which tests fill."""

    address: str
    pages: dict[str, tuple[str, str]]
    asked: list[str]

    def add(self, name: str, *files: Mapping[str, object]) -> None:
        page = {"files": [{"hashes": {}, **file} for file in files]}
        self.pages[name] = "application/vnd.pypi.simple.v1+json", json.dumps(page)


@pytest.fixture
def package_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    pages: dict[str, tuple[str, str]] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            kind, text = pages.get(self.path.strip("/").split("/")[-1], ("", ""))
            self.send_response(int(kind) if kind.isdigit() else 200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://user:secret@127.0.0.1:{server.server_address[1]}/simple/"
    for name in (*network.PROXIES, *map(str.lower, network.PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(network, "index_settings", lambda: {"PIP_INDEX_URL": address})
    try:
        yield PackageIndex(address=address, pages=pages, asked=asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def requirements(folder: Path, text: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text(text)
    return path


A, B = "a" * 64, "b" * 64


def test_digests_alone_are_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coverage = wheels.examine(requirements(tmp_path, f"x==1.0 --hash=sha256:{A}\n"))
    assert {cell.state for cells in coverage.rows[0].cells.values() for cell in cells} == {State.UNKNOWN}
    wheels.show(coverage)
    assert "not known: x 1.0" in capsys.readouterr().err
    with pytest.raises(CheckFailed, match="not known whether every package has a wheel") as caught:
        wheels.require(coverage)
    assert "--index" in caught.value.hint


def test_the_index_names_files(tmp_path: Path, package_index: PackageIndex) -> None:
    package_index.add(
        "x",
        {"filename": "x-1.0-py3-none-any.whl", "hashes": {"sha256": A}, "requires-python": "<3.13"},
        {"filename": "x-1.0-py3-none-musllinux_1_2_x86_64.whl", "hashes": {"sha256": "f" * 64}},
        {"filename": "x-1.0.tar.gz", "hashes": {"sha256": B}},
    )
    path = requirements(tmp_path, f"x==1.0 --hash=sha256:{A} --hash=sha256:{B}\n")
    coverage = wheels.examine(path, index=True)
    # A wheel without its digest in the lock does not count: pip would refuse it.
    assert [cell.state for cell in coverage.rows[0].cells["musllinux x86_64"]] == [State.PURE] * 2 + [State.SOURCE] * 2
    assert coverage.missing[0].reason == "no wheel for this Python"
    assert coverage.notes == ()


def test_without_digests_all_files_of_the_version_count(tmp_path: Path, package_index: PackageIndex) -> None:
    package_index.add(
        "x",
        {"filename": "x-1.0.post1-py3-none-any.whl"},
        {"filename": "x-1.0-cp311-abi3-musllinux_1_2_x86_64.whl", "yanked": "broken"},
    )
    coverage = wheels.examine(requirements(tmp_path, "x==1\n"), index=True, pythons=["3.12"])
    assert {name: found[0].state for name, found in coverage.rows[0].cells.items()} == {
        **dict.fromkeys(NONE, State.NONE),
        "musllinux x86_64": State.WHEEL,
    }


def test_the_newest_version_with_a_wheel(tmp_path: Path, package_index: PackageIndex) -> None:
    musl = "py3-none-musllinux_1_2_x86_64.musllinux_1_2_aarch64.whl"
    package_index.add(
        "x",
        {"filename": "x-1.0.tar.gz"},
        {"filename": f"x-1.5-{musl}"},
        {"filename": f"x-1.10-{musl}"},
        {"filename": f"x-1.11-{musl}", "requires-python": "<3.12"},
        {"filename": f"x-1.12-{musl}", "yanked": True},
        {"filename": f"x-2.0rc1-{musl}"},
        {"filename": "x-2.0.tar.gz"},
        {"filename": "no version at all.zip"},
    )
    coverage = wheels.examine(lock(tmp_path, {"x": ["x-1.0.tar.gz"]}), index=True)
    newest = {gap.platform.name: gap.newest for gap in coverage.missing}
    assert newest["musllinux x86_64"] == newest["musllinux aarch64"] == "1.10"
    assert newest["manylinux x86_64"] == ""
    lines = wheel_table.gap_lines(coverage.missing)
    assert lines == [
        ("x 1.0", "musllinux: 3.11-3.14", "no wheel at all; 1.10 has one"),
        ("x 1.0", "manylinux: 3.11-3.14", "no wheel at all; no version has one"),
    ]


def test_an_index_in_html(tmp_path: Path, package_index: PackageIndex) -> None:
    page = (
        '<a name="top"></a>'
        f'<a href="../x/x-1.0%2Bcpu-py3-none-any.whl#sha256={A}" data-requires-python="&gt;=3.12">x</a>'
        '<a href="x-1.0%2Bcpu.tar.gz" data-yanked="">x</a>'
    )
    package_index.pages["x"] = "text/html", page
    coverage = wheels.examine(requirements(tmp_path, f"x==1.0+cpu --hash=sha256:{A}\n"), index=True)
    assert [cell.state for cell in coverage.rows[0].cells["musllinux x86_64"]] == [State.NONE] + [State.PURE] * 3


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (None, "the index, asked for x: no index has it"),
        (("500", ""), "the index, asked for x: 127.0.0.1: answers 500"),
        (("application/json", "{"), "the index, asked for x: 127.0.0.1: JSONDecodeError"),
        (("application/json", "{}"), "the index, asked for x: 127.0.0.1: KeyError"),
    ],
)
def test_an_index_that_can_not_tell(
    tmp_path: Path, package_index: PackageIndex, page: tuple[str, str] | None, said: str
) -> None:
    if page is not None:
        package_index.pages["x"] = page
    coverage = wheels.examine(requirements(tmp_path, "x==1.0\n"), index=True)
    assert coverage.notes == (said,)
    assert len(coverage.unknown) == 4
    assert all(gap.newest is None for gap in coverage.unknown)
    assert "secret" not in json.dumps(coverage.as_dict())


def test_no_index_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "index_settings", lambda: {"PIP_INDEX_URL": "http://127.0.0.1:9/simple"})
    coverage = wheels.examine(lock(tmp_path, {"x": ["x-1.0.tar.gz"]}), index=True)
    assert coverage.notes == ("the index, asked for x: 127.0.0.1: ConnectError",)
    # What the lock tells stays: it needs no index. Of newer versions nothing is said.
    assert [(gap.state, gap.newest) for gap in coverage.missing] == [(State.SOURCE, None)] * 4


def test_a_package_with_an_index_of_its_own(tmp_path: Path, package_index: PackageIndex) -> None:
    package_index.add("x", {"filename": "x-1.0-py3-none-any.whl"})
    other = package_index.address.replace("/simple", "/other")
    source = f'[package.source]\ntype = "legacy"\nurl = "{other}"\nreference = "other"'
    coverage = wheels.examine(lock(tmp_path, {"x": ["x-1.0.tar.gz"]}, extra=source), index=True)
    assert [gap.newest for gap in coverage.missing] == ["1.0"] * 4
    assert package_index.asked == ["/other/x/"]


def test_the_index_says_which_pythons_a_file_is_for(tmp_path: Path, package_index: PackageIndex) -> None:
    """A uv.lock does not."""
    package_index.add("x", {"filename": "x-1.0-py3-none-any.whl", "requires-python": "<3.14"})
    path = tmp_path / "uv.lock"
    path.write_text(UV_LOCK.format(markers=""))
    assert wheels.examine(path).gaps == ()
    assert {str(python) for gap in wheels.examine(path, index=True).missing for python in gap.pythons} == {"3.14"}


def test_a_version_from_before_the_specifications(tmp_path: Path, package_index: PackageIndex) -> None:
    package_index.add("x", {"filename": "x-2.0-py3-none-any.whl"})
    path = lock(tmp_path, {"x": ["x-2004d.tar.gz"]})
    path.write_text(path.read_text().replace('version = "1.0"', 'version = "2004d-old"'))
    coverage = wheels.examine(path, index=True)
    assert [gap.newest for gap in coverage.missing] == ["2.0"] * 4
