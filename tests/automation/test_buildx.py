from __future__ import annotations

from collections.abc import Callable

import pytest

from automation import buildx, owner, process
from automation.engine import Engine
from automation.errors import BuildFailed, DiskFull, EngineUnavailable, NetworkUnavailable, Stale

OUTPUT = """\
#5 [python-builder 2/4] RUN pip install
#5 1.2 Collecting something
#5 1.3 ERROR: pip's own word
#5 ERROR: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
------
 > [python-builder 2/4] RUN pip install:
------
ERROR: failed to solve: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Engine]:
    """An engine whose `docker version` ends with the given code."""

    def make(code: int) -> Engine:
        def run(command: list[str], **options: object) -> process.Result:
            return process.Result(command=tuple(command), code=code, stdout="", stderr="")

        monkeypatch.setattr(process, "run", run)
        return Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")

    return make


def result(text: str) -> process.Result:
    return process.Result(command=("docker",), code=1, stdout="", stderr=text)


def test_a_failing_step(engine: Callable[[int], Engine]) -> None:
    error = buildx.diagnose(engine(0), result(OUTPUT))
    assert isinstance(error, BuildFailed)
    assert error.where == "/bin/sh -c pip install (exit code: 1)"
    assert error.details == "Collecting something\nERROR: pip's own word"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("#5 2.0 dd: error writing '/t/x': No space left on device", DiskFull),
        ("#5 2.0 Temporary failure in name resolution", NetworkUnavailable),
        ("#5 2.0 npm error code EAI_AGAIN", NetworkUnavailable),
        ("#5 2.0 npm error code ENOTFOUND", NetworkUnavailable),
        ("#5 2.0 FileNotFoundError: [Errno 2] No such file or directory: 'x'", BuildFailed),
        ("#5 2.0  ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with frozen-lockfile", Stale),
    ],
)
def test_what_a_step_said(engine: Callable[[int], Engine], line: str, kind: type[Exception]) -> None:
    text = OUTPUT.replace("#5 1.2 Collecting something", line)
    error = buildx.diagnose(engine(0), result(text))
    assert type(error) is kind
    assert line.split(" ", 2)[-1] in getattr(error, "details", "")


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
        "ERROR: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
    ],
)
def test_an_engine_that_went_away_by_its_words(engine: Callable[[int], Engine], text: str) -> None:
    assert isinstance(buildx.diagnose(engine(0), result(text)), EngineUnavailable)


def test_an_engine_that_went_away_without_a_word(engine: Callable[[int], Engine]) -> None:
    assert isinstance(buildx.diagnose(engine(1), result("")), EngineUnavailable)


def test_a_registry_that_does_not_answer_is_not_the_engine(engine: Callable[[int], Engine]) -> None:
    text = (
        "ERROR: failed to solve: x/y: failed to resolve source metadata for x/y: dial tcp: connect: connection refused"
    )
    assert isinstance(buildx.diagnose(engine(0), result(text)), BuildFailed)
    assert isinstance(buildx.diagnose(engine(1), result(text)), EngineUnavailable)


def test_an_unknown_failure_shows_the_last_lines(engine: Callable[[int], Engine]) -> None:
    error = buildx.diagnose(engine(0), result("ERROR: something else\n"))
    assert isinstance(error, BuildFailed)
    assert error.where == "something else"
    assert "something else" in error.details


def test_progress(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buildx, "HEARTBEAT", 0.0)
    progress = buildx.Progress()
    for line in (
        "#1 [internal] load build definition",
        "#7 [runtime 1/2] FROM base",
        "#7 CACHED",
        "#8 [app-builder 3/4] RUN " + "x" * 200,
        "#8 3.1 working",
    ):
        progress.line(line)
    progress.beat()
    progress.line("#8 DONE 12.5s")
    progress.beat()
    assert progress.cached == {"7"}
    assert progress.finished == {"8"}
    shown = capsys.readouterr().err
    assert "load build definition" not in shown
    assert "[app-builder 3/4] took 12 s" in shown
    assert shown.count("at work on [app-builder 3/4]") == 1
    assert max(map(len, shown.splitlines())) < 120


LISTING = """\
ID:\t\taaa1
Type:\t\texec.cachemount
Description:\tcached mount /root/.npm from exec /bin/sh -c npm install "pnpm" with id "autoarr-12-34-ab//root/.npm"

ID:\t\tbbb2
Type:\t\texec.cachemount
Description:\tcached mount /root/.npm from exec /bin/sh -c npm install "pnpm" with id "//root/.npm"

ID:\t\tccc3
Description:\tlocal source for context
"""


def test_cache_mounts_of_one_run_and_no_other() -> None:
    assert buildx.cache_mounts(LISTING) == [("aaa1", "autoarr-12-34-ab")]


def test_fresh_cache_mounts_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[tuple[str, ...]] = []
    present: list[str] = ["autoarr-1-0-dead", f"autoarr-{owner.name()}-mine"]

    def run(command: list[str], **options: object) -> process.Result:
        commands.append(tuple(command[1:]))
        listing = "\n\n".join(
            f'ID:\tx{number}\nDescription:\tcached mount /p from exec x with id "{name}//p"'
            for number, name in enumerate(present)
        )
        return process.Result(command=tuple(command), code=0, stdout=listing, stderr="")

    monkeypatch.setattr(process, "run", run)
    engine = Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")
    with buildx.fresh_cache_mounts(engine) as (word, argument):
        assert word == "--build-arg"
        name, _, namespace = argument.partition("=")
        assert name == "BUILDKIT_CACHE_MOUNT_NS"
        # What a killed run left goes, what another run of this process uses stays.
        assert [command for command in commands if "prune" in command] == [
            ("buildx", "prune", "--force", "--filter", "id=x0")
        ]
        commands.clear()
        present.append(namespace)
    assert [command[-1] for command in commands if "prune" in command] == ["id=x2"]
