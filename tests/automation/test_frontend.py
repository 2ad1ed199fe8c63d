from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its annotations are a package of their own

from automation import frontend, paths, process
from automation.errors import BuildFailed, Stale
from automation.sbom import embedded


@pytest.fixture
def ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the UI without what was installed or built."""
    folder = tmp_path / "ui"
    shutil.copytree(paths.UI, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    monkeypatch.setattr(paths, "UI", folder)
    return folder


def test_install_build_and_a_failing_script(ui: Path) -> None:
    frontend.build()
    assert (ui / "dist" / "index.html.gz").is_file()
    (ui / "src" / "main.tsx").write_text("const wrong: number = 'text'\n")
    with pytest.raises(BuildFailed) as caught:
        frontend.pnpm("typecheck", hint="mend it")
    assert "TS2322" in caught.value.details
    assert caught.value.hint == "mend it"


def digests(folder: Path) -> dict[str, str]:
    """What is in a folder: the hash of each file's bytes, by its path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_sources_give_the_same_bytes(ui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever they are, and whatever was built there before."""
    elsewhere = tmp_path / "a longer way" / "to another place"
    shutil.copytree(ui, elsewhere)
    frontend.build()
    first = digests(ui / "dist")
    assert "index.html.gz" in first
    frontend.build()
    assert digests(ui / "dist") == first
    monkeypatch.setattr(paths, "UI", elsewhere)
    monkeypatch.setattr(frontend, "DIST", elsewhere / "dist")
    frontend.build()
    assert digests(elsewhere / "dist") == first


def test_types_that_are_not_those_of_the_api(ui: Path) -> None:
    types = ui / "src" / "api" / "schema.d.ts"
    true = types.read_text(encoding="utf-8")
    types.write_text(true.replace("last_seen_at", "seen_at"), encoding="utf-8")
    with pytest.raises(Stale) as caught:
        frontend.api_types(check=True)
    assert "invoke schema" in caught.value.hint
    assert "seen_at" in types.read_text(encoding="utf-8"), "a check changed it"
    assert frontend.api_types()
    assert types.read_text(encoding="utf-8") == true
    assert not frontend.api_types(check=True)


def production() -> set[str]:
    """What a build of the UI installs, as `name@version`: the lockfile's closure of `dependencies`."""
    lock = list(yaml.safe_load_all((paths.UI / "pnpm-lock.yaml").read_text(encoding="utf-8")))[-1]
    waiting = [(name, one["version"]) for name, one in lock["importers"]["."]["dependencies"].items()]
    seen: set[str] = set()
    while waiting:
        key = "@".join(waiting.pop())
        if key not in seen:
            seen.add(key)
            snapshot = lock["snapshots"][key]
            waiting += [*snapshot.get("dependencies", {}).items(), *snapshot.get("optionalDependencies", {}).items()]
    return {key.partition("(")[0] for key in seen}


def test_what_the_build_says_it_bundled_is_what_is_locked(ui: Path) -> None:
    """The image's documents take it from there."""
    frontend.build()
    said = embedded.bundled(gzip.decompress((ui / "dist" / "licenses.txt.gz").read_bytes()).decode())
    bundled = {f"{one.name}@{one.version}": one.licence for one in said}
    assert {name.rpartition("@")[0] for name in bundled} >= {"react", "react-dom"}
    assert set(bundled) < production()
    assert all(bundled.values())


def test_a_lockfile_out_of_step(ui: Path) -> None:
    manifest = ui / "package.json"
    manifest.write_text(manifest.read_text().replace('"vite": "8', '"vite": "7'))
    with pytest.raises(Stale) as caught:
        frontend.install()
    assert caught.value.exit_code == 8
    assert "pnpm install" in caught.value.hint
    assert not (ui / "dist").exists()


def test_what_judges_pages_is_installed_apart(tmp_path: Path) -> None:
    folder = tmp_path / "e2e"
    folder.mkdir()
    for name in ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"):
        shutil.copy(paths.E2E / name, folder)
    frontend.install(folder)
    assert (folder / "node_modules/axe-core/axe.min.js").is_file()
    shared = [json.loads((where / "package.json").read_text())["packageManager"] for where in (paths.UI, paths.E2E)]
    assert shared[0] == shared[1]


def test_an_installation_that_fails_for_another_reason(ui: Path) -> None:
    (ui / "pnpm-lock.yaml").write_text("not: [a lockfile")
    with pytest.raises(BuildFailed, match="could not be installed"):
        frontend.install()


def test_the_checks_are_lint_types_tests_and_build(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def api_types(*, check: bool) -> bool:
        ran.append("api types" if check else "api types written")
        return False

    def run(command: list[str], **options: object) -> process.Result:
        ran.append(command[1])
        return process.Result(command=tuple(command), code=0, stdout="", stderr="")

    monkeypatch.setattr(frontend, "api_types", api_types)
    monkeypatch.setattr(process, "run", run)
    frontend.check()
    assert ran == ["api types", "lint", "typecheck", "test", "build"]
