from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from automation import git, paths


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert git.commit() == git.Commit(revision="", epoch=0, dirty=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert git.commit().label == ""


def test_a_commit_and_its_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "x@example.org")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-02-03T04:05:06Z")
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    found = git.commit()
    assert found.created == "2001-02-03T04:05:06Z"
    assert len(found.revision) == 40
    assert found.label == found.revision
    (tmp_path / "new").touch()
    assert git.commit().label == f"{found.revision}-dirty"
