from __future__ import annotations

from pathlib import Path

import pytest

from automation import apt, binfmt, buildx, emulation, process
from automation.engine import Engine
from automation.errors import BaseUnavailable, BuildFailed, EngineUnavailable, UsageError
from automation.private_engine import PrivateEngine

THEIRS = Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")
OURS = Engine(kind="private", version="1", platform="linux/amd64", image_store="containerd")
NATIVE_ONLY = "Name: default\nPlatforms: linux/amd64, linux/amd64/v2\nLabels:\n Platforms.of.nothing: linux/arm64\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateEngine:
    """A private engine that was never provisioned, with its runtime folder outside /run, which is root's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(PrivateEngine, "run_folder", tmp_path / "run")
    (tmp_path / "run").mkdir()
    return PrivateEngine.default()


def test_platforms_are_read_from_buildx() -> None:
    assert emulation.parse_platforms(NATIVE_ONLY) == {"linux/amd64", "linux/amd64/v2"}
    assert "linux/arm64" in emulation.parse_platforms("Platforms:        linux/amd64, linux/arm64*\n")
    assert emulation.parse_platforms("ERROR: no builder") == frozenset()


def test_the_native_platform_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "platforms", lambda engine, **how: pytest.fail("asked for nothing"))
    emulation.ensure(THEIRS, "linux/amd64")


def test_the_platform_is_the_engines_own_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(emulation, "ensure", lambda engine, platform: asked.append(platform))
    assert emulation.choose(THEIRS, None) == "linux/amd64"
    assert emulation.choose(THEIRS, "linux/arm64") == "linux/arm64"
    assert asked == ["linux/amd64", "linux/arm64"]
    with pytest.raises(UsageError) as caught:
        emulation.choose(THEIRS, "linux/s390x")
    assert "linux/amd64, linux/arm64" in caught.value.hint


def test_an_engine_that_emulates_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "platforms", lambda engine, **how: frozenset({"linux/amd64", "linux/arm64"}))
    monkeypatch.setattr(binfmt, "runs", lambda: True)
    monkeypatch.setattr(binfmt, "register", lambda *words: pytest.fail("changed the machine"))
    emulation.ensure(THEIRS, "linux/arm64")
    emulation.ensure(OURS, "linux/arm64")


def test_a_users_engine_is_never_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "platforms", lambda engine, **how: frozenset({"linux/amd64"}))
    monkeypatch.setattr(binfmt, "register", lambda *words: pytest.fail("changed the machine"))
    with pytest.raises(EngineUnavailable) as caught:
        emulation.ensure(THEIRS, "linux/arm64")
    assert "linux/arm64" in caught.value.what
    for way in ("docker run --privileged --rm tonistiigi/binfmt --install arm64", "qemu-user-static", "DOCKER_HOST"):
        assert way in caught.value.hint


def test_the_private_engine_is_given_an_emulator(cache: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = cache.folder / "emulation" / "qemu-aarch64"
    emulator.parent.mkdir(parents=True)
    emulator.write_bytes(b"there already")
    registered: dict[str, Path] = {}
    answers = [frozenset({"linux/amd64"}), frozenset({"linux/amd64", "linux/arm64"})]
    monkeypatch.setattr(emulation, "platforms", lambda engine, **how: answers.pop(0))
    monkeypatch.setattr(binfmt, "runs", lambda: True)
    monkeypatch.setattr(binfmt, "mount", lambda: True)
    monkeypatch.setattr(binfmt, "register", registered.__setitem__)
    emulation.ensure(OURS, "linux/arm64")
    assert registered == {cache.binfmt_name: emulator}
    assert cache.binfmt_mounted.exists()
    # Stopping the engine takes it all back.
    undone: list[str] = []
    monkeypatch.setattr(binfmt, "unregister", undone.append)
    monkeypatch.setattr(binfmt, "unmount", lambda: undone.append("unmounted"))
    assert not cache.stop()
    assert undone == [cache.binfmt_name, "unmounted"]
    assert not cache.binfmt_mounted.exists()


def test_an_emulator_that_does_not_help_is_no_success(cache: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "platforms", lambda engine, **how: frozenset({"linux/amd64"}))
    monkeypatch.setattr(emulation, "install", lambda folder: folder / "qemu-aarch64")
    monkeypatch.setattr(binfmt, "mount", lambda: False)
    monkeypatch.setattr(binfmt, "register", lambda *words: None)
    with pytest.raises(EngineUnavailable, match="still can't run it"):
        emulation.ensure(OURS, "linux/arm64")


def test_what_buildkit_remembers_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "platforms", lambda engine, **how: frozenset({"linux/amd64", "linux/arm64"}))
    monkeypatch.setattr(binfmt, "runs", lambda: False)
    monkeypatch.setattr(apt, "distribution", lambda: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="only Debian and Ubuntu"):
        emulation.ensure(OURS, "linux/arm64")
    emulation.ensure(THEIRS, "linux/arm64")  # on whatever machine that is


def test_no_emulator_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "distribution", lambda: None)
    with pytest.raises(EngineUnavailable, match="only Debian and Ubuntu"):
        emulation.install(tmp_path / "emulation")


@pytest.mark.parametrize(("content", "static"), [(b"\x7fELF static", True), (b"\x7fELF /lib64/ld-linux-x86-64", False)])
def test_only_a_static_emulator_is_taken(
    content: bytes, static: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Archive:
        def __init__(self, folder: Path, sources: str) -> None: ...

        def update(self) -> None: ...

        def download(self, packages: list[str]) -> list[Path]:
            assert packages == ["qemu-user/trixie"]
            return [Path("qemu.deb")]

    def unpack(packages: list[Path], folder: Path) -> None:
        (folder / "usr/bin").mkdir(parents=True)
        (folder / "usr/bin/qemu-aarch64").write_bytes(content)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(apt, "distribution", lambda: apt.Distribution(id="debian", codename="bookworm"))
    monkeypatch.setattr(apt, "host_sources", lambda suites: "")
    monkeypatch.setattr(apt, "PrivateApt", Archive)
    monkeypatch.setattr(apt, "unpack", unpack)
    folder = tmp_path / "emulation"
    if static:
        assert emulation.install(folder).read_bytes() == content
        assert [path.name for path in folder.iterdir()] == ["qemu-aarch64"]
        monkeypatch.setattr(apt, "unpack", lambda *words: pytest.fail("downloaded again"))
        assert emulation.install(folder).exists()
    else:
        with pytest.raises(EngineUnavailable, match="not statically linked"):
            emulation.install(folder)


def test_the_digest_comes_from_an_image_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    found = f"sha256:{'3' * 64}"

    def build(engine: Engine, flags: list[str]) -> buildx.Progress:
        assert flags[flags.index("--platform") + 1] == "linux/arm64"
        dockerfile = (Path(flags[-1]) / "Dockerfile").read_text(encoding="utf-8")
        assert dockerfile.startswith("FROM python:3.11-alpine\n")
        assert "aarch64" in dockerfile
        progress = buildx.Progress()
        progress.line(f"#4 [1/2] FROM docker.io/library/python:3.11-alpine@{found}")
        return progress

    monkeypatch.setattr(buildx, "build", build)
    assert emulation.digest(OURS, "python:3.11-alpine", "linux/arm64") == found


@pytest.mark.parametrize(
    ("where", "kind"), [('test "$(uname -m)" (exit code: 42)', BaseUnavailable), ("not found", BuildFailed)]
)
def test_an_image_of_another_platform_is_told_from_none(
    where: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(engine: Engine, flags: list[str]) -> buildx.Progress:
        raise BuildFailed("the image did not build", where=where)

    monkeypatch.setattr(buildx, "build", build)
    with pytest.raises(kind):
        emulation.digest(OURS, "python:3.11-alpine", "linux/arm64")


def test_buildx_is_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **options: object) -> process.Result:
        asked.append(command)
        return process.Result(command=tuple(command), code=0, stdout=NATIVE_ONLY, stderr="")

    monkeypatch.setattr(process, "run", run)
    assert emulation.platforms(THEIRS) == {"linux/amd64", "linux/amd64/v2"}
    assert emulation.platforms(THEIRS, start=True) == {"linux/amd64", "linux/amd64/v2"}
    assert asked == [["docker", "buildx", "inspect"], ["docker", "buildx", "inspect", "--bootstrap"]]
