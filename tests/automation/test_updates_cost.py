"""What an update costs is what N has not; each change really changes the checkout; a goal that is missed fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from automation import checkouts, layers, paths
from automation.checkouts import Checkout
from automation.errors import CheckFailed, NetworkUnavailable
from automation.updates import changes, measuring
from automation.updates.changes import Change
from automation.updates.measuring import Report, Update
from automation.wheels import index
from automation.wheels.graph import File
from automation.wheels.index import Listing
from tests.automation import archives
from tests.automation.archives import file, layer

BASE, OLD, NEW = layer(file("base", b"b" * 9000)), layer(file("app", b"old")), layer(file("app", b"new"))


def contents(path: Path, *stack: bytes) -> layers.Contents:
    steps = [{"created_by": f"step {number}"} for number in range(len(stack))]
    return layers.contents_of_archive(archives.oci(path, *stack, history=steps))


def test_what_n_has_is_not_pulled_again(tmp_path: Path) -> None:
    before, after = contents(tmp_path / "n.tar", BASE, OLD), contents(tmp_path / "m.tar", BASE, NEW, NEW)
    change = Change(name="code", title="code", make=changes.code, goal=10)
    found = measuring.cost(change, "a line", before, after)
    # The new layer occurs twice and is pulled once.
    assert [item.created_by for item in found.layers] == ["step 2"]
    assert found.pull_bytes == after.layers[1].pull_bytes
    assert (found.documents_bytes or 0) > 100
    assert measuring.cost(change, "", before, before).pull_bytes == 0


def report(pulled: int | None, goal: int | None) -> Report:
    update = Update(name="code", title="code", change="x", goal=goal, pull_bytes=pulled)
    return Report(variant="v", platform="linux/amd64", base="", pull_bytes=10**7, updates=(update,))


def test_a_goal_that_is_missed_fails_and_an_unknown_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    for sound in (report(499, 500), report(10**7, None), report(None, 500)):
        measuring.require(sound)
    with pytest.raises(CheckFailed, match="costs more than it should"):
        measuring.require(report(501, 500))
    measuring.show(report(None, 500))
    assert "unknown" in capsys.readouterr().err
    assert report(501, 500).as_dict()["updates"][0]["pull_bytes"] == 501


@pytest.fixture
def copy(tmp_path: Path) -> Checkout:
    return checkouts.copy(tmp_path / "copy")


def differing(copy: Checkout) -> dict[str, int]:
    """The files of the copy that are not as they are here, and how many lines longer they are."""
    found = {}
    for path in copy.root.rglob("*"):
        name = path.relative_to(copy.root)
        if path.is_file() and path.read_bytes() != (paths.ROOT / name).read_bytes():
            found[str(name)] = len(path.read_text().splitlines()) - len((paths.ROOT / name).read_text().splitlines())
    return found


def test_changes_of_code_and_ui_are_a_line_each(tmp_path: Path) -> None:
    for make, name in ((changes.code, "autoarr/errors.py"), (changes.ui, "autoarr/ui/src/main.tsx")):
        copy = checkouts.copy(tmp_path / Path(name).stem)
        assert name in make(copy)
        assert list(differing(copy)) == [name]
        assert 1 <= differing(copy)[name] <= 3


def listing(*versions: str, name: str = "idna-{}-py3-none-any.whl", digest: str = "sha256:00") -> Listing:
    files = {Version(version): (File(name.format(version), digest),) for version in versions}
    return Listing(files=files, yanked={})


def test_a_dependency_gets_the_version_before(copy: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {changes.DEPENDENCY: listing("3.1", "3.2", "3.3rc1", "9999")}
    monkeypatch.setattr(index, "listings", lambda packages: known)
    assert changes.dependency(copy).endswith("→ 3.2")
    assert list(differing(copy)) == ["requirements.txt"]
    text = (copy.root / "requirements.txt").read_text(encoding="utf-8")
    before = (paths.ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert [line.split()[0] for line in text.splitlines() if "==" in line] == [
        "idna==3.2" if line.startswith("idna==") else line.split()[0] for line in before.splitlines() if "==" in line
    ]
    assert "idna==3.2 ; python_version" in text
    assert text.count("--hash=sha256:00\n") == 1


@pytest.mark.parametrize(
    "found",
    [
        listing(),
        listing("4.0"),
        listing("3.0", digest=""),
        listing("3.0", name="idna-{}.tar.gz"),
        Listing(files={}, yanked={}, problem="no answer"),
    ],
)
def test_no_other_version_is_said_and_not_guessed(found: Listing) -> None:
    with pytest.raises(NetworkUnavailable, match="no other version"):
        changes.another(found, "3.7")
