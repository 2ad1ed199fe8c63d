from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from automation import building, buildx, console, containers, emulation, images, paths
from automation.bases import ALPINE, variant
from automation.engine import Engine
from automation.errors import BuildFailed, EngineUnavailable, UsageError
from automation.git import Commit
from automation.resolver import Origin, ResolvedBase

DIGEST = f"sha256:{'1' * 64}"
OTHER = f"sha256:{'2' * 64}"
ENGINE = Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")
BASE = ResolvedBase(
    base=ALPINE,
    reference="python:3.11-alpine",
    origin=Origin.REGISTRY,
    official=True,
    platform="linux/amd64",
    digest=DIGEST,
    python="3.11.9",
)
COMMIT = Commit(revision="abc", epoch=1_000_000_000, dirty=True)


def test_arguments_name_the_commit_and_the_base() -> None:
    assert building.arguments(BASE, BASE, COMMIT) == {
        "PYTHON_IMAGE": "python:3.11-alpine",
        "NODE_IMAGE": "python:3.11-alpine",
        "AUTOARR_VERSION": building.version(),
        "AUTOARR_REVISION": "abc-dirty",
        "AUTOARR_CREATED": "2001-09-09T01:46:40Z",
        "BASE_NAME": "python:3.11-alpine",
        "BASE_DIGEST": DIGEST,
        "SOURCE_DATE_EPOCH": "1000000000",
    }


def test_flags() -> None:
    words = building.flags(
        variant("alpine"), {"A": "b"}, target="runtime", platform="linux/amd64", outputs=["type=docker"], tags=["x:y"]
    )
    assert words[words.index("--target") + 1] == "runtime"
    assert words[words.index("--platform") + 1] == "linux/amd64"
    assert words[words.index("--build-arg") + 1] == "A=b"
    assert words[-4:] == ["--tag", "x:y", "--output", "type=docker"]
    assert words[words.index("--file") + 1] == str(paths.DOCKERFILE)


def test_a_copy_of_the_checkout_is_built_by_its_own_dockerfile(tmp_path: Path) -> None:
    words = building.flags(
        variant("alpine"), {}, target="runtime", platform="linux/amd64", outputs=[], tags=[], root=tmp_path
    )
    assert words[words.index("--file") + 1] == str(tmp_path / paths.DOCKERFILE.name)


def test_an_archive_needs_an_engine_that_can() -> None:
    plain = Engine(kind="existing", version="1", platform="linux/amd64", image_store="graph driver")
    with pytest.raises(EngineUnavailable, match="OCI"):
        building.check_output("oci:/tmp/x.tar", plain)
    assert building.check_output("oci:/tmp/x.tar", ENGINE) == "type=oci,dest=/tmp/x.tar,rewrite-timestamp=true"
    with pytest.raises(UsageError, match="no output"):
        building.check_output("oci:", ENGINE)


def progress(digest: str, name: str = "docker.io/library/python:3.11-alpine") -> buildx.Progress:
    followed = buildx.Progress()
    followed.line(f"#5 [python-base 1/2] FROM {name}@{digest}")
    followed.line("#5 DONE 0.1s")
    return followed


def test_a_base_that_a_registry_replaced_is_refused() -> None:
    building.check_base(BASE, progress(DIGEST))
    with pytest.raises(BuildFailed, match="the build used another"):
        building.check_base(BASE, progress(OTHER))


def test_a_mirrors_name_is_recognised() -> None:
    mirrored = ResolvedBase(
        base=ALPINE,
        reference="127.0.0.1:5/hub/python:3.11-alpine",
        origin=Origin.MIRROR,
        official=True,
        platform="linux/amd64",
        digest=DIGEST,
        python=None,
    )
    with pytest.raises(BuildFailed):
        building.check_base(mirrored, progress(OTHER, "127.0.0.1:5/hub/python:3.11-alpine"))


def test_names_of_what_runs_natively_stay_native() -> None:
    default, alpine, slim = variant("distroless"), variant("alpine"), variant("slim")
    assert images.names(ENGINE, default, "linux/amd64", None) == ["autoarr:distroless", "autoarr:latest"]
    assert images.names(ENGINE, alpine, "linux/amd64", None) == ["autoarr:alpine"]
    assert images.names(ENGINE, slim, "linux/amd64", None) == ["autoarr:slim"]
    assert images.names(ENGINE, alpine, "linux/arm64", None) == ["autoarr:alpine-arm64"]
    assert images.names(ENGINE, alpine, "linux/arm64", "mine:1") == ["mine:1"]


def test_an_emulated_start_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, object] = {}

    class Session:
        def start(self, image: str, **options: object) -> str:
            started.update(options)
            return image

    @contextmanager
    def session(engine: Engine) -> Iterator[Session]:
        yield Session()

    waits: list[float] = []

    def wait_healthy(container: object, timeout: float = containers.HEALTHY_TIMEOUT) -> float:
        waits.append(timeout)
        return 1.5

    monkeypatch.setattr(containers, "session", session)
    monkeypatch.setattr(containers, "wait_healthy", wait_healthy)
    assert images.smoke(ENGINE, "x:y", "linux/arm64") == 1.5
    assert waits == [emulation.HEALTHY_TIMEOUT]
    assert (started["platform"], started["healthcheck"]) == ("linux/arm64", emulation.HEALTHCHECK)
    # Hardened as a native one, which keeps the image's own times.
    assert started["read_only"] is True
    started.clear()
    images.smoke(ENGINE, "x:y", "linux/amd64")
    assert waits[1:] == [containers.HEALTHY_TIMEOUT]
    assert "healthcheck" not in started
    assert started["read_only"] is True


def test_only_what_ran_was_rebuilt() -> None:
    followed = progress(DIGEST)
    for line in (
        "#6 [frontend-builder 7/7] RUN pnpm build",
        "#6 CACHED",
        "#7 [app-builder 4/5] COPY autoarr ./autoarr",
        "#7 DONE 0.1s",
        "#8 [app-builder 5/5] RUN pip install",
        "#8 DONE 3.0s",
    ):
        followed.line(line)
    assert images.rebuilt(followed) == ["application"]


def test_an_unknown_is_shown_as_one(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    summary = images.Summary(
        image="x",
        variant="alpine",
        platform="linux/amd64",
        digest=DIGEST,
        base="b",
        base_origin="registry",
        base_digest=DIGEST,
        libc="musl",
        disk_bytes=None,
        pull_bytes=1_000_000,
        layer_count=None,
        build_s=1.0,
        healthy_s=None,
        rebuilt=[],
    )
    images.show(summary)
    shown = capsys.readouterr().err
    assert "unknown" in shown
    assert "1.0 MB" in shown
    assert "not started" in shown
    assert "nothing: all from the cache" in shown
    assert console.megabytes(0) == "0.0 MB"
