from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from automation.errors import UsageError
from automation.wheels import constraints as wheel_constraints
from automation.wheels import graph as wheel_graph
from automation.wheels import lockfiles
from automation.wheels import targets as wheel_targets
from automation.wheels.graph import GIT, OWN, Lock

PLATFORMS = {platform.name: platform for platform in wheel_targets.platforms(wheel_targets.Limits())}


def environment(platform: str = "musllinux x86_64", python: str = "3.12") -> Mapping[str, str]:
    return wheel_targets.environment(PLATFORMS[platform], wheel_targets.python(python))


def installed(lock: Lock, platform: str = "musllinux x86_64", python: str = "3.12") -> list[str]:
    """The closure as `name version`, sorted."""
    numbers = wheel_graph.closure(lock, environment(platform, python))
    return sorted(f"{lock.packages[number].name} {lock.packages[number].version}".strip() for number in numbers)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


POETRY_METADATA = """
[metadata]
lock-version = "{version}"
python-versions = "^3.10"
content-hash = "0"
"""

POETRY_GROUPS = """
[[package]]
name = "Runtime_One"
version = "1.0"
optional = false
python-versions = ">=3.9"
groups = ["main", "test"]
files = [
    {file = "runtime_one-1.0-py3-none-any.whl", hash = "sha256:aa"},
    {file = "runtime_one-1.0.tar.gz", hash = "sha256:bb"},
]

[[package]]
name = "windows-only"
version = "2"
optional = false
python-versions = "*"
groups = ["main"]
markers = "sys_platform == \\"win32\\""
files = []

[[package]]
name = "by-group"
version = "3"
optional = false
python-versions = "*"
groups = ["main", "test"]
markers = {main = "python_version < \\"3.12\\"", test = "python_version >= \\"3.12\\""}
files = []

[[package]]
name = "free-in-main"
version = "3.5"
optional = false
python-versions = "*"
groups = ["main", "test"]
markers = {test = "python_version < \\"3\\""}
files = []

[[package]]
name = "for-tests"
version = "4"
optional = false
python-versions = "*"
groups = ["test"]
files = []

[[package]]
name = "chosen"
version = "5"
optional = true
python-versions = "*"
groups = ["main"]
markers = "extra == \\"fast\\""
files = []

[extras]
fast = ["chosen"]
""" + POETRY_METADATA.format(version="2.1")


def test_poetry_with_groups(tmp_path: Path) -> None:
    path = written(tmp_path, "poetry.lock", POETRY_GROUPS)
    lock = lockfiles.read(path)
    assert lock.format == "poetry.lock 2.1"
    assert lock.requires_python == (">=3.10,<4",)
    assert installed(lock) == ["free-in-main 3.5", "runtime-one 1.0"]
    assert installed(lock, python="3.11") == ["by-group 3", "free-in-main 3.5", "runtime-one 1.0"]
    assert installed(lock, "Windows x86_64") == ["free-in-main 3.5", "runtime-one 1.0", "windows-only 2"]
    assert installed(lockfiles.read(path, extras=["fast"])) == ["chosen 5", "free-in-main 3.5", "runtime-one 1.0"]
    first = lock.packages[0]
    assert [file.name for file in first.files] == ["runtime_one-1.0-py3-none-any.whl", "runtime_one-1.0.tar.gz"]
    assert first.requires_python == ">=3.9"
    with pytest.raises(UsageError, match="no extra slow") as caught:
        lockfiles.read(path, extras=["slow"])
    assert "it has fast" in caught.value.hint


POETRY_OLD = """
[[package]]
name = "web"
version = "1"
description = ""
category = "main"
optional = false
python-versions = ">=3.7"

[package.dependencies]
colours = {version = "*", markers = "sys_platform == \\"win32\\""}
loop = {version = ">=1", optional = true, markers = "sys_platform != \\"win32\\" and extra == \\"standard\\""}
plain = {version = "*", optional = true}

[package.extras]
standard = ["loop (>=1) ; sys_platform != \\"win32\\"", "plain"]

[[package]]
name = "colours"
version = "2"
category = "main"
optional = false
python-versions = "*"

[[package]]
name = "loop"
version = "3"
category = "main"
optional = false
python-versions = "*"

[[package]]
name = "plain"
version = "3.1"
category = "main"
optional = false
python-versions = "*"

[[package]]
name = "twice"
version = "4.0"
category = "main"
optional = false
python-versions = "*"

[[package]]
name = "twice"
version = "5.0"
category = "main"
optional = false
python-versions = "*"

[[package]]
name = "driver"
version = "6"
category = "main"
optional = true
python-versions = "*"

[[package]]
name = "tests"
version = "7"
category = "dev"
optional = false
python-versions = "*"

[[package]]
name = "fork"
version = "8"
category = "main"
optional = false
python-versions = "*"

[package.source]
type = "git"
url = "https://git.example/fork"
reference = "main"

[[package]]
name = "sister"
version = "9"
category = "main"
optional = false
python-versions = "*"

[package.source]
type = "directory"
url = "../sister"

[[package]]
name = "built"
version = "10"
category = "main"
optional = false
python-versions = "*"

[package.source]
type = "url"
url = "https://files.example/built-10%2Bcpu-py3-none-any.whl"

[extras]
postgres = ["driver"]

[metadata]
lock-version = "1.1"
python-versions = "^3.7"
content-hash = "0"

[metadata.files]
web = [{file = "web-1-py3-none-any.whl", hash = "sha256:aa"}]
twice = [
    {file = "twice-4.0-py3-none-any.whl", hash = "sha256:bb"},
    {file = "twice-5.0-py3-none-any.whl", hash = "sha256:cc"},
]
"""

PYPROJECT_OLD = """
[tool.poetry.dependencies]
python = "^3.7"
web = {version = "^1", extras = ["standard"]}
twice = [
    {version = "^4", python = "<3.12"},
    {version = "^5", python = "^3.12"},
]
driver = {version = "*", optional = true}
fork = {git = "https://git.example/fork"}
sister = {path = "../sister"}
built = {url = "https://files.example/built-10-py3-none-any.whl", platform = "linux"}
unlocked = {version = "*", markers = "python_version < \\"3\\""}
"""


def test_an_old_poetry_lock_is_walked_from_its_project(tmp_path: Path) -> None:
    path = written(tmp_path, "poetry.lock", POETRY_OLD)
    written(tmp_path, "pyproject.toml", PYPROJECT_OLD)
    lock = lockfiles.read(path)
    always = ["fork 8", "plain 3.1", "sister 9"]
    assert installed(lock) == sorted([*always, "built 10", "loop 3", "twice 5.0", "web 1"])
    assert "twice 4.0" in installed(lock, python="3.11")
    assert installed(lock, "Windows x86_64") == sorted([*always, "colours 2", "twice 5.0", "web 1"])
    assert "driver 6" in installed(lockfiles.read(path, extras=["postgres"]))
    packages = {f"{package.name} {package.version}": package for package in lock.packages}
    # Before 2.0, the files of all versions are together.
    assert [file.name for file in packages["twice 5.0"].files] == ["twice-5.0-py3-none-any.whl"]
    assert packages["fork 8"].origin == GIT
    assert packages["sister 9"].origin == OWN
    assert packages["built 10"].files[0].name == "built-10+cpu-py3-none-any.whl"
    assert lock.notes == ()


@pytest.mark.parametrize("pyproject", [None, "[project]\nname = 'x'\n", "not TOML"])
def test_an_old_poetry_lock_alone(tmp_path: Path, pyproject: str | None) -> None:
    path = written(tmp_path, "poetry.lock", POETRY_OLD)
    if pyproject is not None:
        written(tmp_path, "pyproject.toml", pyproject)
    lock = lockfiles.read(path)
    found = installed(lock)
    assert "colours 2" in found
    assert "tests 7" not in found
    assert "driver 6" not in found
    assert "driver 6" in installed(lockfiles.read(path, extras=["postgres"]))
    assert lock.notes == (
        "no pyproject.toml of Poetry beside it: every package of the category main counts, in every environment",
    )


def test_a_poetry_lock_that_tells_nothing_about_groups(tmp_path: Path) -> None:
    text = POETRY_OLD.replace('"1.1"', '"2.0"').replace('category = "main"\n', "").replace('category = "dev"\n', "")
    lock = lockfiles.read(written(tmp_path, "poetry.lock", text))
    assert "tests 7" in installed(lock)
    assert "every package counts" in lock.notes[0]


def test_the_oldest_poetry_lock_has_digests_only(tmp_path: Path) -> None:
    text = POETRY_OLD[: POETRY_OLD.index("[metadata.files]")] + '[metadata.hashes]\nweb = ["aa", "bb"]\n'
    lock = lockfiles.read(written(tmp_path, "poetry.lock", text.replace('"1.1"', '"1.0"')))
    assert [(file.name, file.digest) for file in lock.packages[0].files] == [("", "sha256:aa"), ("", "sha256:bb")]


UV = """
version = 1
revision = 3
requires-python = ">=3.10"
resolution-markers = ["python_full_version >= '3.12'", "python_full_version < '3.12'"]
supported-markers = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]

[manifest]
members = ["project", "helper"]

[[package]]
name = "project"
version = "0.1"
source = { editable = "." }
dependencies = [
    { name = "web", extra = ["standard"] },
    { name = "twice", version = "1.0", source = { registry = "https://index.example/simple" }, marker = "python_full_version < '3.12'" },
    { name = "twice", version = "2.0", source = { registry = "https://index.example/simple" }, marker = "python_full_version >= '3.12'" },
    { name = "either", version = "1", source = { registry = "https://index.example/simple" }, marker = "extra == 'extra-7-project-old'" },
    { name = "either", version = "2", source = { registry = "https://index.example/simple" }, marker = "extra != 'extra-7-project-old'" },
]

[package.optional-dependencies]
old = [{ name = "only-old" }]

[package.dev-dependencies]
dev = [{ name = "tester" }]

[[package]]
name = "helper"
version = "0.1"
source = { virtual = "helper" }

[[package]]
name = "web"
version = "3"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/web-3.tar.gz", hash = "sha256:aa" }
wheels = [
    { url = "https://files.example/web-3%2Bcpu-py3-none-any.whl", hash = "sha256:bb" },
    { path = "folder/web-3-cp312-cp312-win_amd64.whl", hash = "sha256:cc" },
]

[package.optional-dependencies]
standard = [{ name = "loop", marker = "sys_platform != 'win32'" }]

[[package]]
name = "loop"
version = "4"
source = { git = "https://git.example/loop#abc" }
dependencies = [{ name = "web" }]

[[package]]
name = "twice"
version = "1.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "twice"
version = "2.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "either"
version = "1"
source = { registry = "https://index.example/simple" }

[[package]]
name = "either"
version = "2"
source = { registry = "https://index.example/simple" }

[[package]]
name = "only-old"
version = "6"
source = { path = "wheels/only_old-6-py3-none-any.whl" }
wheels = [{ filename = "only_old-6-py3-none-any.whl", hash = "sha256:dd" }]

[[package]]
name = "tester"
version = "5"
source = { url = "https://files.example/tester-5.zip" }
sdist = { hash = "sha256:ee" }
"""  # noqa: E501 - as uv writes them


def test_uv_is_walked_from_the_project(tmp_path: Path) -> None:
    path = written(tmp_path, "uv.lock", UV)
    lock = lockfiles.read(path)
    assert lock.format == "uv.lock 1, revision 3"
    assert lock.requires_python == (">=3.10",)
    assert installed(lock) == ["either 2", "loop 4", "project 0.1", "twice 2.0", "web 3"]
    assert "twice 1.0" in installed(lock, python="3.11")
    assert "loop 4" not in installed(lock, "Windows x86_64")
    assert lock.notes == ("left out, as members of the workspace beside the project: helper",)
    packages = {f"{package.name} {package.version}": package for package in lock.packages}
    assert sorted(file.name for file in packages["web 3"].files) == [
        "web-3+cpu-py3-none-any.whl",
        "web-3-cp312-cp312-win_amd64.whl",
        "web-3.tar.gz",
    ]
    assert packages["loop 4"].origin == GIT
    assert packages["project 0.1"].origin == OWN
    assert packages["tester 5"].files[0].name == "tester-5.zip"


def test_extras_that_conflict(tmp_path: Path) -> None:
    lock = lockfiles.read(written(tmp_path, "uv.lock", UV), extras=["old"])
    found = installed(lock)
    assert "either 1" in found
    assert "either 2" not in found
    assert "only-old 6" in found


def test_a_workspace_without_a_project_of_its_own(tmp_path: Path) -> None:
    text = UV.replace('source = { editable = "." }', 'source = { editable = "project" }')
    lock = lockfiles.read(written(tmp_path, "uv.lock", text))
    assert {"helper 0.1", "project 0.1"} <= set(installed(lock))
    assert lock.notes == ("the workspace's root needs nothing itself: all its members count",)


def test_a_project_alone_in_its_workspace(tmp_path: Path) -> None:
    manifest = '[manifest]\nmembers = ["project", "helper"]\n'
    lock = lockfiles.read(written(tmp_path, "uv.lock", UV.replace(manifest, "")))
    assert lock.notes == ()
    elsewhere = UV.replace(manifest, "").replace('{ editable = "." }', '{ editable = "project" }')
    lock = lockfiles.read(written(tmp_path, "uv.lock", elsewhere))
    assert {"helper 0.1", "project 0.1"} <= set(installed(lock))


def test_the_lock_of_a_script(tmp_path: Path) -> None:
    text = """
version = 1
requires-python = ">=3.10"

[manifest]
requirements = [{ name = "web", specifier = ">=3" }]

[[package]]
name = "web"
version = "3"
source = { registry = "https://index.example/simple" }
"""
    assert installed(lockfiles.read(written(tmp_path, "script.py.lock", text))) == ["web 3"]


DIGEST = "a" * 64

REQUIREMENTS = f"""\
--index-url https://index.example/simple
Web_One[standard]==1.0 ; python_version >= "3.10" \\
    --hash=sha256:{DIGEST} \\
    --hash sha256:{"b" * 64}
    # via -r requirements.in
colours==2 ; sys_platform == "win32"   # a comment
-c constraints.txt
-e ./here
./there
-r more.txt
built @ https://files.example/built-3-py3-none-any.whl --hash=sha256:{"c" * 64}
"""


def test_requirements(tmp_path: Path) -> None:
    path = written(tmp_path, "requirements.txt", REQUIREMENTS)
    written(tmp_path, "more.txt", "-r requirements.txt\nexact===4.0.0\n")
    lock = lockfiles.read(path)
    assert lock.format == "requirements file"
    found = installed(lock)
    assert [name for name in found if not name.startswith(".")] == ["built", "exact 4.0.0", "web-one 1.0"]
    assert "colours 2" in installed(lock, "Windows x86_64")
    assert [package.name for package in lock.packages if package.origin == OWN] == ["./here", "./there"]
    packages = {package.name: package for package in lock.packages}
    assert [file.digest[:8] for file in packages["web-one"].files] == ["sha256:a", "sha256:b"]
    assert packages["exact"].files == (wheel_graph.File("", ""),)
    assert packages["built"].files[0].name == "built-3-py3-none-any.whl"


@pytest.mark.parametrize("below", ["", "requirements"])
def test_a_sibling_lock_names_the_files(tmp_path: Path, below: str) -> None:
    written(tmp_path, "poetry.lock", POETRY_GROUPS.replace("sha256:aa", f"sha256:{DIGEST}"))
    (tmp_path / below).mkdir(exist_ok=True)
    text = f"runtime-one==1.0 --hash=sha256:{DIGEST} --hash=sha256:{'b' * 64}\n"
    lock = lockfiles.read(written(tmp_path / below, "requirements.txt", text))
    assert [file.name for file in lock.packages[0].files] == ["runtime_one-1.0-py3-none-any.whl", ""]
    assert lock.notes == (f"file names by their digests from {tmp_path / 'poetry.lock'}",)


def test_a_broken_sibling_is_said(tmp_path: Path) -> None:
    written(tmp_path, "poetry.lock", "[")
    lock = lockfiles.read(written(tmp_path, "requirements.txt", "web==1\n"))
    assert lock.notes[0].startswith("poetry.lock gives no file names: not TOML")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("poetry.lock", "", "empty"),
        ("requirements.txt", " \n", "empty"),
        ("poetry.lock", POETRY_GROUPS[:200], r"not TOML: .*line 10"),
        ("poetry.lock", "a = 1\nb = = 2\n", r"not TOML: .*line 2"),
        ("poetry.lock", POETRY_GROUPS[: POETRY_GROUPS.index("[metadata]")], "neither a poetry.lock"),
        ("poetry.lock", POETRY_GROUPS.replace('"2.1"', '"9.0"'), "poetry.lock version 9.0 is not known"),
        ("poetry.lock", POETRY_GROUPS.replace('lock-version = "2.1"', ""), "version without a number is not known"),
        ("poetry.lock", POETRY_GROUPS.replace('name = "for-tests"\n', ""), "malformed lock file: 'name' is missing"),
        ("poetry.lock", POETRY_GROUPS.replace('groups = ["main"]\n', ""), "malformed lock file: 'groups' is missing"),
        ("poetry.lock", POETRY_GROUPS.replace("^3.10", "^x"), "not a version constraint"),
        ("uv.lock", UV.replace("version = 1\n", "version = 7\n", 1), "uv.lock version 7 is not known"),
        ("uv.lock", UV[: UV.index('[[package]]\nname = "twice"')], "twice is needed and not in it"),
        ("uv.lock", UV[: UV.index("[manifest]")], "no project to start from"),
        ("uv.lock", UV.replace('source = { virtual = "helper" }', "source = 3"), "malformed lock file"),
        ("Pipfile.lock", '{"default": {}}', "JSON"),
        ("other.lock", "version = 3\n", "neither a poetry.lock"),
        ("requirements.txt", "web>=1\n", "web is not pinned"),
        ("requirements.txt", "web==1.*\n", "web is not pinned"),
        ("requirements.txt", "This is prose.\n", "not a requirement"),
        ("requirements.txt", "web==1 \\\n", "ends in the middle"),
        ("requirements.txt", "web==1 --hash=sha256:abc\n", "a digest of web is cut short"),
        ("requirements.txt", "-r missing.txt\n", "missing.txt, which it includes, can't be read"),
        ("requirements.txt", "# nothing\n", "holds no requirement"),
    ],
)
def test_what_is_no_lock(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(UsageError, match=message) as caught:
        lockfiles.read(path)
    assert caught.value.exit_code == 2
    assert str(path) in caught.value.where


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such lock file"):
        lockfiles.read(tmp_path / "poetry.lock")
    with pytest.raises(UsageError, match="a folder, not a lock file"):
        lockfiles.read(tmp_path)
    binary = tmp_path / "poetry.lock"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(UsageError, match="not a text file"):
        lockfiles.read(binary)
    with pytest.raises(UsageError, match="can't be read"):
        lockfiles.read(binary / "below")


def test_a_lock_by_any_other_name(tmp_path: Path) -> None:
    assert lockfiles.read(written(tmp_path, "copy", "\ufeff" + POETRY_GROUPS)).format == "poetry.lock 2.1"


def test_a_marker_nobody_understands(tmp_path: Path) -> None:
    text = POETRY_GROUPS.replace("sys_platform ==", "no_such_thing ==")
    lock = lockfiles.read(written(tmp_path, "poetry.lock", text))
    with pytest.raises(UsageError, match="a marker in the lock can't be understood: no_such_thing"):
        installed(lock)


@pytest.mark.parametrize(
    ("constraint", "fitting", "unfit"),
    [
        ("*", "3.12", ""),
        ("^3.10", "3.14.99", "4.0"),
        ("^0.2.3", "0.2.9", "0.3"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0", "0.9", "1"),
        ("~3.8", "3.8.5", "3.9"),
        ("~1", "1.9", "2"),
        ("~1.2.3", "1.2.9", "1.3"),
        ("~=3.8", "3.9", "4"),
        (">=2.7,<2.8 || >=3.5", "3.6", "3.4"),
        (">=2.7,<2.8|>=3.5", "2.7.18", "3.4"),
        (">= 3.8 , < 4", "3.11", "4"),
        (">=3.8 <4", "3.11", "4"),
        ("!=3.9.7", "3.9.8", "3.9.7"),
        ("3.12.*", "3.12.4", "3.11"),
        ("3.12.4", "3.12.4", "3.12.5"),
    ],
)
def test_constraints(constraint: str, fitting: str, unfit: str) -> None:
    alternatives = wheel_constraints.specifiers(constraint)
    assert wheel_constraints.fits(fitting, alternatives)
    assert not unfit or not wheel_constraints.fits(unfit, alternatives)


@pytest.mark.parametrize("constraint", ["^x.y", ">=?"])
def test_what_is_no_constraint(constraint: str) -> None:
    with pytest.raises(ValueError, match="not a version constraint"):
        wheel_constraints.specifiers(constraint)
