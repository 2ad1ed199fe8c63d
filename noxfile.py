"""The checks: one short session per question. Everything runs in the environment that ./dev made."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2026.2"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests", "ui", "slim", "alpine", "parity"]
nox.options.error_on_external_run = False


@nox.session
def lint(session: nox.Session) -> None:
    """Style, import direction, Dockerfiles, and that nothing generated is stale."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("hadolint", *map(str, sorted([*Path().glob("Dockerfile*"), *Path("automation").rglob("*.Dockerfile")])))
    session.run("invoke", "export", "--check")
    session.run("invoke", "docs", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy in strict mode over everything typed."""
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite on this machine, with branch coverage."""
    session.run("pytest", "--cov", *session.posargs)


@nox.session
def ui(session: nox.Session) -> None:
    """Lint, types, tests and build of the user interface."""
    session.run("python", "-m", "automation.frontend")


@nox.session
def slim(session: nox.Session) -> None:
    """The application, its test suite, ten components, the libc and every library, in the glibc image."""
    session.run("python", "-m", "automation.verify", "slim")


@nox.session
def alpine(session: nox.Session) -> None:
    """The same in the musl image."""
    session.run("python", "-m", "automation.verify", "alpine")


@nox.session
def parity(session: nox.Session) -> None:
    """slim against alpine: only what differs, whether the application reaches it, and whether it does harm."""
    session.run("python", "-m", "automation.parity", *session.posargs)


@nox.session
def arm64(session: nox.Session) -> None:
    """The musl image for arm64, emulated where it has to be: health, components, the libc, every library."""
    session.run("python", "-m", "automation.verify", "alpine", "--platform", "linux/arm64")
