"""The checks: one short session per question. Everything runs in the environment that ./dev made."""

from __future__ import annotations

from pathlib import Path

import nox

from automation import suites

nox.needs_version = ">=2026.2"
nox.options.default_venv_backend = "none"
nox.options.sessions = [
    "lint",
    "types",
    "tests",
    "automation",
    "sabnzbd",
    "ui",
    "slim",
    "alpine",
    "distroless",
    "parity",
]
nox.options.error_on_external_run = False


@nox.session
def lint(session: nox.Session) -> None:
    """Style, import direction, Dockerfiles, workflows, and that nothing generated is stale."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("hadolint", *map(str, sorted([*Path().glob("Dockerfile*"), *Path("automation").rglob("*.Dockerfile")])))
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    # Whether a workflow can be misused: actions not pinned, too many permissions, text that becomes code.
    session.run("zizmor", "--offline", "--persona", "auditor", "--strict-collection", "--quiet", ".github")
    # Whether files of other programs are what those accept; from schemas that come with the checker.
    schemas = {
        "vendor.github-workflows": workflows,
        "custom.github-workflows-require-timeout": workflows,
        "vendor.dependabot": [".github/dependabot.yml"],
        "vendor.compose-spec": ["compose.yaml"],
    }
    for schema, files in schemas.items():
        session.run("check-jsonschema", "--builtin-schema", schema, *files)
    session.run("invoke", "export", "--check")
    session.run("invoke", "docs", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy in strict mode over everything typed."""
    session.run("mypy")


# One process for all that uses the engine, which is shared, and one for everything else: see its conftest.py.
AUTOMATION = ("tests/automation", "--numprocesses=2")


@nox.session
def tests(session: nox.Session) -> None:
    """The application's tests on this machine, without what takes long: that is in `thorough`."""
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("pytest", "tests/app", *suites.PARALLEL, env=suites.BRIEF)


@nox.session
def automation(session: nox.Session) -> None:
    """The tests of what builds, measures and verifies the images, without what takes minutes: that is in `thorough`."""
    session.run("pytest", *AUTOMATION, *session.posargs, env=suites.BRIEF)


@nox.session
def thorough(session: nox.Session) -> None:
    """Every test, on this machine and in the image that ships, and what is covered: not less than is set."""
    session.run(
        *("pytest", "tests/app", *suites.PARALLEL, "--cov", "--cov-report=", "--cov-fail-under=0"),
        env={"COVERAGE_ALSO": "greenlet"},
    )
    session.run("pytest", *AUTOMATION, "--cov", "--cov-append")
    session.run("python", "-m", "automation.verify", "distroless", "--thorough")


@nox.session
def sabnzbd(session: nox.Session) -> None:
    """AutoArr against the real SABnzbd."""
    session.run("pytest", *(session.posargs or ("tests/sabnzbd",)))


@nox.session
def e2e(session: nox.Session) -> None:
    """A real browser against the image that ships; `-- --host` drives this checkout's own server instead."""
    session.run("python", "-m", "automation.e2e", *session.posargs)


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
def distroless(session: nox.Session) -> None:
    """The same in the image that ships, which has no shell and no sources."""
    session.run("python", "-m", "automation.verify", "distroless")


@nox.session
def parity(session: nox.Session) -> None:
    """slim against alpine: only what differs, whether the application reaches it, and whether it does harm."""
    session.run("python", "-m", "automation.parity", *session.posargs)


@nox.session
def arm64(session: nox.Session) -> None:
    """The musl image for arm64, emulated where it has to be: health, components, the libc, every library."""
    session.run("python", "-m", "automation.verify", "alpine", "--platform", "linux/arm64")
