"""The test suites of an image: the application's own, run inside it, and what the image promises, seen from outside."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from automation import console, containers, paths, process, reports, scratch
from automation.bases import Variant
from automation.reports import Check, Verdict

INSIDE, OUTSIDE = "tests", "container"
# On the volume that the image declares: a file of a stopped container can be read there, and not in a tmpfs.
JUNIT = "/data/junit.xml"
# The application's tests share nothing, so they run on several processors. Those of the automation share an engine.
PARALLEL = ("--numprocesses=auto", "--maxprocesses=4")
# What was never closed is found when memory is cleaned up, and then fails whichever test comes next. On this machine it
# does; in an image, where servers and processes end under the tests' hands, it is told of and no more.
FORGIVING = ("-W", "default::pytest.PytestUnraisableExceptionWarning")
# What takes long is asked of the image that ships, and on this machine, by `nox -s thorough`.
BRIEF = {"AUTOARR_TEST_BRIEF": "1"}
# What pytest needs writable in a container whose root is read-only.
SCRATCH = {"/tmp": "rw,exec,size=512m,mode=1777"}  # noqa: S108 - a container's


def inside(running: containers.Session, image: str, network: str, environment: Mapping[str, str]) -> tuple[Check, ...]:
    """Run the test layer of an image beside the servers that `environment` names; a check for each test."""
    container = running.start(
        image,
        network=network,
        tmpfs=SCRATCH,
        environment={**environment, "PYTEST_ADDOPTS": f"--junitxml={JUNIT} {' '.join((*PARALLEL, *FORGIVING))}"},
        **containers.HARDENED,
    )
    for line in container.logs(stream=True, follow=True):
        console.progress(line.decode(errors="replace").rstrip())
    code = int(container.wait()["StatusCode"])
    found = containers.read_file(container, JUNIT)
    return results(INSIDE, code, None if found is None else found.decode(errors="replace"))


def outside(chosen: Variant) -> tuple[Check, ...]:
    """Run tests/container against a built image; a check for each test."""
    with scratch.folder() as folder:
        file = folder / "junit.xml"
        result = process.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={file}"),
                *("tests/container", "--variant", chosen.name),
            ],
            cwd=paths.ROOT,
            on_line=console.progress,
            check=False,
        )
        return results(OUTSIDE, result.code, file.read_text(encoding="utf-8") if file.exists() else None)


def results(area: str, code: int, junit: str | None) -> tuple[Check, ...]:
    """The checks of a suite that ended with an exit code and left a JUnit report, or none.

    A suite that died, or failed without any test that did, has a failed check of its own.
    """
    checks = () if junit is None else reports.from_junit(area, junit)
    if junit is None or (code != 0 and not any(check.verdict is Verdict.FAILED for check in checks)):
        left = "no report" if junit is None else "no failed test"
        detail = f"exit code {code} and {left}; what it printed is above"
        checks += (Check(area=area, name="suite", verdict=Verdict.FAILED, detail=detail),)
    return checks
