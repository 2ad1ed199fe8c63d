from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from automation import checkouts, git, paths
from automation.errors import UsageError


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a program, a changed file, a new one, a deleted one, an ignored one and a link."""
    root = tmp_path / "repository"
    (root / "folder").mkdir(parents=True)
    for name, text in {"tool": "#!/bin/sh\n", "folder/kept": "1", "gone": "2", ".gitignore": "secret\n"}.items():
        (root / name).write_text(text)
    (root / "tool").chmod(0o700)
    (root / "link").symlink_to("folder/kept")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "1"]):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    (root / "folder/kept").write_text("changed")
    (root / "folder/new").write_text("new")
    (root / "secret").write_text("ignored")
    (root / "gone").unlink()
    monkeypatch.setattr(paths, "ROOT", root)
    return root


def test_a_copy_is_what_git_has_and_what_changed_since(repository: Path, tmp_path: Path) -> None:
    copy = checkouts.copy(tmp_path / "copy")
    found = {str(path.relative_to(copy.root)) for path in copy.root.rglob("*") if not path.is_dir()}
    assert found == {"tool", "folder/kept", "folder/new", ".gitignore", "link"}
    assert (copy.root / "folder/kept").read_text() == "changed"
    assert (copy.root / "link").readlink() == Path("folder/kept")


@pytest.mark.parametrize(("mask", "file", "program"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700)])
def test_modes_and_times_are_the_copys_own(
    repository: Path, tmp_path: Path, mask: int, file: int, program: int
) -> None:
    before = os.umask(0o002)
    try:
        copy = checkouts.copy(tmp_path / "copy", mask=mask, moment=1e9)
        assert os.umask(0o002) == 0o002
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((copy.root / name).stat().st_mode) for name in ("folder/kept", "tool", "folder")}
    assert modes == {"folder/kept": file, "tool": program, "folder": program}
    assert {path.lstat().st_mtime for path in copy.root.rglob("*")} == {1e9}


def test_edits(repository: Path, tmp_path: Path) -> None:
    copy = checkouts.copy(tmp_path / "copy")
    copy.edit("folder/kept", lambda text: text + "!")
    assert (copy.root / "folder/kept").read_text() == "changed!"
    assert (repository / "folder/kept").read_text() == "changed"
    with pytest.raises(UsageError, match="changes nothing"):
        copy.edit("folder/kept", lambda text: text)
    with pytest.raises(UsageError, match="can't be read"):
        copy.edit("gone", lambda text: text + "!")


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert git.files() == []
    with pytest.raises(UsageError, match="no git repository"):
        checkouts.copy(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert git.files() == []
