"""What continuous integration runs: the same as a developer, and what failed once more at the end."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from automation import paths

SESSIONS = """
for name in lint tests; do
    echo "nox > Running session $name"
    echo "E   what $name said"
    echo "check/$name │ failed │ a check of a report"
    echo "check/$name │ skipped │ another"
    for i in $(seq 100); do echo "$name line $i"; done
    case " $FAILING " in *" $name "*) echo "nox > Session $name failed." ;; *) echo "nox > Session $name ok." ;; esac
done
echo "nox > Ran 2 sessions" >&2
[ -z "$FAILING" ] || exit 3
"""


def run(folder: Path, failing: str) -> tuple[int, list[str]]:
    """What it ends with and prints, in a checkout whose sessions fail as named."""
    (folder / ".ci").mkdir()
    shutil.copy2(paths.ROOT / ".ci/run", folder / ".ci/run")
    (folder / "dev").write_text(f'#!/bin/sh\n[ "$1" = nox ] || exit 9\nFAILING="{failing}"\n{SESSIONS}')
    (folder / "dev").chmod(0o755)
    (folder / "tmp").mkdir()
    done = subprocess.run(
        [folder / ".ci/run"],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert list((folder / "tmp").iterdir()) == []
    return done.returncode, done.stdout.splitlines()


def test_success_is_said_once(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "")
    assert (code, lines[-1], len(lines)) == (0, "nox > Ran 2 sessions", 211)


@pytest.mark.parametrize(("failing", "other"), [("tests", "lint"), ("lint", "tests")])
def test_what_failed_is_at_the_end(tmp_path: Path, failing: str, other: str) -> None:
    code, lines = run(tmp_path, failing)
    assert code == 3
    again = lines[lines.index("nox > Ran 2 sessions") + 1 :]
    assert again[:3] == ["", f"---- nox > Session {failing} failed.", f"E   what {failing} said"]
    assert again[3] == f"check/{failing} │ failed │ a check of a report"
    assert again[4:] == [*(f"{failing} line {i}" for i in range(62, 101)), f"nox > Session {failing} failed."]
    assert not [line for line in again if other in line]
