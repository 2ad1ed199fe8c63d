"""The workflows: pinned, calling what a developer calls, and watched by linters that notice when they are not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from automation import docs, paths

FOLDER = paths.ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
USES = re.compile(r"uses: *(.+)")
PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def text(name: str) -> str:
    return (FOLDER / "workflows" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(workflow: Path) -> None:
    used = USES.findall(workflow.read_text(encoding="utf-8"))
    assert used
    assert [name for name in used if not PINNED.fullmatch(name)] == []


def test_one_action_is_one_version_everywhere() -> None:
    used = {name for workflow in WORKFLOWS for name in USES.findall(workflow.read_text(encoding="utf-8"))}
    names = [name.partition("@")[0] for name in used]
    assert sorted(names) == sorted(set(names))


def program(name: str) -> str:
    """A linter of this environment, or skip."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [
        program("zizmor"),
        "--offline",
        "--persona",
        "auditor",
        "--strict-collection",
        "--no-progress",
        str(folder),
    ]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pattern", "planted", "audit"),
    [
        (r"(uses: actions/checkout)@[0-9a-f]{40} # v[\d.]+", r"\1@v7", "unpinned-uses"),
        (r"permissions: \{\}\n\nconcurrency", "permissions: write-all\n\nconcurrency", "excessive-permissions"),
        (r"run: \./dev nox -s \$\{SESSIONS\}", "run: ./dev nox -s ${{ github.head_ref }}", "template-injection"),
        (r"persist-credentials: false", "persist-credentials: true", "artipacked"),
    ],
)
def test_the_linter_notices(tmp_path: Path, pattern: str, planted: str, audit: str) -> None:
    copy = tmp_path / ".github"
    shutil.copytree(FOLDER, copy)
    assert zizmor(copy).returncode == 0
    workflow = copy / "workflows" / "ci.yml"
    changed, count = re.subn(pattern, planted, workflow.read_text(encoding="utf-8"))
    assert count, "the test's edit changed nothing"
    workflow.write_text(changed, encoding="utf-8")
    result = zizmor(copy)
    assert result.returncode != 0
    assert audit in result.stdout


@pytest.mark.parametrize(
    ("schema", "pattern", "planted"),
    [
        ("vendor.github-workflows", r"runs-on:", "runs-where:"),
        ("custom.github-workflows-require-timeout", r" *timeout-minutes: .*\n", ""),
    ],
)
def test_the_schema_notices(tmp_path: Path, schema: str, pattern: str, planted: str) -> None:
    def check(content: str) -> int:
        (tmp_path / "ci.yml").write_text(content, encoding="utf-8")
        words = [program("check-jsonschema"), "--builtin-schema", schema, str(tmp_path / "ci.yml")]
        return subprocess.run(words, capture_output=True, check=False).returncode

    assert check(text("ci.yml")) == 0
    assert check(re.sub(pattern, planted, text("ci.yml"))) == 1


def test_ci_runs_every_session_of_nox_once() -> None:
    found = re.search(r"sessions: \[(.*)\]", text("ci.yml"))
    assert found is not None
    docs.sessions()  # reads noxfile.py
    import nox

    # What takes long has a job of its own there, and no place in everybody's run.
    assert sorted(found[1].replace(",", " ").split()) == sorted([*(nox.options.sessions or ()), "e2e", "thorough"])


def test_one_gate_waits_for_every_job_and_runs_whatever_they_came_to() -> None:
    jobs = re.findall(r"^  ([\w-]+):$", text("ci.yml").partition("\njobs:\n")[2], re.MULTILINE)
    *others, gate = jobs
    assert gate == "gate"
    last = text("ci.yml").partition("  gate:\n")[2]
    assert f"needs: {', '.join(others)}" in last
    assert "if: always()" in last


def test_nothing_is_decided_in_yaml() -> None:
    """A step runs one command of ours, or one that could not be one: a login, and the gate's question."""
    runs = [run for workflow in WORKFLOWS for run in re.findall(r"run: (.+)", workflow.read_text(encoding="utf-8"))]
    assert len(runs) == 5
    allowed = re.compile(r"\./dev (nox|invoke) [^|;&]*|docker login [^|;&]*|test \"\$\{RESULT\}\" = success")
    assert [run for run in runs if not allowed.fullmatch(run)] == []


def test_a_registry_is_never_named() -> None:
    named = re.compile(r"\b(?:ghcr|docker|quay|gcr|mcr)\.(?:io|com)\b|\.azurecr\.|\.amazonaws\.")
    for file in (*WORKFLOWS, FOLDER / "dependabot.yml"):
        assert named.search(file.read_text(encoding="utf-8")) is None
