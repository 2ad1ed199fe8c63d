from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from automation import paths, process, requirements
from automation.errors import NetworkUnavailable, Stale


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what Poetry reads and what is exported from it."""
    for name in ("pyproject.toml", "poetry.lock", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy2(paths.ROOT / name, tmp_path / name)
    monkeypatch.setattr(
        requirements,
        "EXPORTS",
        (
            requirements.Export(path=tmp_path / "requirements.txt", groups=("main",)),
            requirements.Export(path=tmp_path / "requirements" / "build.txt", groups=("build",)),
        ),
    )
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return tmp_path


def test_what_is_committed_is_what_the_lock_says(project: Path) -> None:
    requirements.check_image_inputs()
    written = requirements.export_all()
    assert written == [project / "requirements" / "build.txt"]
    assert requirements.export_all() == []
    requirements.export_all(check=True)
    assert "--hash=sha256:" in (project / "requirements.txt").read_text()


def test_a_stale_export_says_what_differs(project: Path) -> None:
    requirements.export_all()
    file = project / "requirements.txt"
    file.write_text(file.read_text().replace("uvicorn==", "uvicorn==9", 1))
    with pytest.raises(Stale) as caught:
        requirements.export_all(check=True)
    assert caught.value.exit_code == 8
    assert "uvicorn==9" in caught.value.details
    # Only comparing wrote nothing; exporting mends it.
    assert "uvicorn==9" in file.read_text()
    assert requirements.export_all() == [file]


def test_a_lock_out_of_step(project: Path) -> None:
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('"aiosqlite (>=', '"anyio (>=4)",\n  "aiosqlite (>=', 1))
    with pytest.raises(Stale, match=r"poetry\.lock does not fit"):
        requirements.check_lock()


def test_lock_tries_the_simple_index_when_the_json_api_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(requirements.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr("automation.network.simple_index", lambda: "https://index.example/simple")
    seen: list[object] = []

    def run(command: list[str], **options: object) -> process.Result:
        seen.append(options.get("env"))
        return process.Result(command=tuple(command), code=0 if options.get("env") else 1, stdout="", stderr="no")

    monkeypatch.setattr(process, "run", run)
    requirements.lock()
    assert seen == [None, {requirements.MIRROR_VARIABLE: "https://index.example/simple"}]


def test_lock_without_any_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(requirements.MIRROR_VARIABLE, "https://index.example/simple")

    def run(command: list[str], **options: object) -> process.Result:
        return process.Result(command=tuple(command), code=1, stdout="", stderr="Package x not found")

    monkeypatch.setattr(process, "run", run)
    with pytest.raises(NetworkUnavailable) as caught:
        requirements.lock()
    assert "Package x not found" in caught.value.details
