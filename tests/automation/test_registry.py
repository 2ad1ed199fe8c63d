from __future__ import annotations

from collections.abc import Callable

import pytest

from automation import process, registry
from automation.engine import Engine
from automation.errors import DiskFull, EngineUnavailable, RegistryRefused

NAME = "r.example:5000/team/autoarr:1"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engine]:
    """An engine whose client says this of a registry; it answers `docker version` unless it is dead."""

    def make(said: str, *, alive: bool = True) -> Engine:
        def run(command: list[str], **options: object) -> process.Result:
            code = int(not alive) if command[1] == "version" else 1
            return process.Result(command=tuple(command), code=code, stdout="", stderr=said)

        monkeypatch.setattr(process, "run", run)
        return Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")

    return make


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        (NAME, "r.example:5000"),
        ("localhost/autoarr", "localhost"),
        ("team/autoarr:1", "docker.io"),
        ("autoarr", "docker.io"),
    ],
)
def test_host(reference: str, host: str) -> None:
    assert registry.host(reference) == host


@pytest.mark.parametrize(
    ("said", "what", "hint"),
    [
        ("unauthorized: authentication required", "does not let you in", "docker login r.example:5000"),
        ("denied: requested access to the resource is denied", "does not let you in", "docker login r.example:5000"),
        ("Get https://…: x509: certificate signed by unknown authority", "no trusted connection", "ca.crt"),
        ("http: server gave HTTP response to HTTPS client", "no trusted connection", "port"),
        ("failed to do request: Put …: EOF", "went away half-way", "not sent a second time"),
        ("dial tcp 127.0.0.1:9: connect: connection refused", "does not answer", "run it again"),
        ("dial tcp 127.0.0.1:40123: connect: connection refused", "does not answer", "run it again"),
        ("unexpected status from PUT request to https://…: 401 Unauthorized", "does not let you in", "docker login"),
        ("manifest unknown", f"has no {NAME}", "name"),
        ("toomanyrequests: slow down", "refused", "own words"),
    ],
)
def test_ways_to_be_refused(engine: Callable[..., Engine], said: str, what: str, hint: str) -> None:
    with pytest.raises(RegistryRefused) as caught:
        registry.push(engine(said), NAME)
    assert caught.value.exit_code == 12
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert (caught.value.where, caught.value.details) == (NAME, said)


def test_the_engines_own_trouble_is_not_the_registrys(engine: Callable[..., Engine]) -> None:
    with pytest.raises(DiskFull):
        registry.push(engine("write /x: no space left on device"), NAME)
    with pytest.raises(EngineUnavailable, match="went away"):
        registry.push(engine("error during connect: EOF", alive=False), NAME)


def test_what_is_not_there_yet_is_no_failure(engine: Callable[..., Engine]) -> None:
    assert registry.find(engine("ERROR: r.example:5000/team/autoarr:1: not found"), NAME) is None
    with pytest.raises(RegistryRefused, match="let you in"):
        registry.find(engine("unauthorized"), NAME)
