"""What reaches a build: everything the images need, and nothing else."""

from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

from automation.engine import Engine
from tests.automation.conftest import Checkout

# Planted where a person, a tool or an editor leaves such things.
PLANTED = (
    ".env",
    ".git/config",
    ".venv/secret",
    "autoarr/.env.local",
    "autoarr/__pycache__/app.cpython-311.pyc",
    "autoarr/api/stale.pyc",
    "autoarr/ui/.env.production",
    "autoarr/ui/dist/index.html",
    "autoarr/ui/node_modules/react/index.js",
    "data/autoarr.db",
    "docs/notes.md",
    "id_rsa",
    "requirements/secret.txt",
    "tests/automation/test_secret.py",
)
ALLOWED = re.compile(
    r"LICENSE|README\.md|pyproject\.toml|requirements\.txt|requirements/(build|test)\.txt"
    r"|autoarr/(?!ui/(node_modules|dist|tests)/).+|tests/app/.+"
    # What slims the image, and the probes, whose imports it has to keep.
    r"|automation/(__init__|slimming/\w+|components/(__init__|catalogue)|components/probes/\w+)\.py"
)


def context(checkout: Checkout, engine: Engine, folder: Path) -> set[str]:
    """The files that a build from this checkout would be sent."""
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    archive = folder / "context.tar"
    subprocess.run(
        [
            *("docker", "buildx", "build", "--quiet", "--file", str(folder / "Dockerfile")),
            *("--output", f"type=tar,dest={archive}", str(checkout.root)),
        ],
        env={**checkout.environment(), **engine.environment},
        check=True,
        capture_output=True,
    )
    with tarfile.open(archive) as files:
        return {member.name.removeprefix("./") for member in files if member.isfile()}


def test_the_context_is_an_allow_list(checkout: Checkout, real_engine: Engine, tmp_path: Path) -> None:
    for name in PLANTED:
        (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / name).write_text("planted")
    found = context(checkout, real_engine, tmp_path)
    assert not found & set(PLANTED)
    assert [name for name in sorted(found) if not ALLOWED.fullmatch(name)] == []


def test_everything_that_the_dockerfiles_copy_is_in_the_context(
    checkout: Checkout, real_engine: Engine, tmp_path: Path
) -> None:
    found = context(checkout, real_engine, tmp_path)
    copied: set[str] = set()
    for name in ("Dockerfile", "Dockerfile.optimized"):
        for line in (checkout.root / name).read_text().splitlines():
            if line.startswith("COPY") and "--from=" not in line:
                copied |= {word for word in line.split()[1:-1] if not word.startswith("--")}
    assert copied
    for source in copied:
        assert source in found or any(name.startswith(f"{source}/") for name in found), source
    # Every file of the package that git has is there, so that no kind of file can go missing from the image.
    package = {
        str(path.relative_to(checkout.root))
        for path in (checkout.root / "autoarr").rglob("*")
        if path.is_file() and not path.is_relative_to(checkout.root / "autoarr" / "ui")
    }
    assert package <= found
    assert {"autoarr/ui/index.html", "autoarr/ui/pnpm-lock.yaml", "autoarr/ui/build/precompress.ts"} <= found
