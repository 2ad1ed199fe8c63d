from __future__ import annotations

import pytest

from automation import apt, compose, process
from automation.engine import Engine
from automation.errors import EngineUnavailable


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client has compose."""

    def run(command: list[str], **options: object) -> process.Result:
        assert command[1:] == ["compose", "version"]
        return process.Result(command=tuple(command), code=1, stdout="", stderr="unknown command")

    monkeypatch.setattr(process, "run", run)


def engine(kind: str) -> Engine:
    return Engine(kind=kind, version="1", platform="linux/amd64", image_store="containerd")


@pytest.mark.usefixtures("without")
def test_a_users_engine_is_never_given_anything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compose, "add", lambda private: pytest.fail("it was"))
    with pytest.raises(EngineUnavailable, match="has no compose") as caught:
        compose.ensure(engine("existing"))
    assert "docker-compose-plugin" in caught.value.hint
    compose.offer(engine("existing"))
    assert "no docker compose" in capsys.readouterr().err


@pytest.mark.usefixtures("without")
def test_the_private_engine_elsewhere_than_on_debian(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(apt, "distribution", lambda: None)
    with pytest.raises(EngineUnavailable, match="only Debian and Ubuntu"):
        compose.ensure(engine("private"))
