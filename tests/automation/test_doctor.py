from __future__ import annotations

import pytest

from automation import doctor, emulation, engine
from automation.doctor import Status


def look(found: engine.Engine | None, monkeypatch: pytest.MonkeyPatch, *, emulates: bool = False) -> doctor.Finding:
    monkeypatch.setattr(engine, "present", lambda: found)
    monkeypatch.setattr(emulation, "emulates", lambda engine, platform: emulates)
    return next(finding for finding in doctor.examine() if finding.name == "arm64")


@pytest.fixture(autouse=True)
def only_this_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (doctor._emulation,))


@pytest.mark.parametrize(
    ("kind", "platform", "emulates", "status", "said"),
    [
        ("existing", "linux/arm64", False, Status.OK, "native"),
        ("existing", "linux/amd64", True, Status.OK, "emulated"),
        ("private", "linux/amd64", False, Status.SKIPPED, "the first build"),
        ("existing", "linux/amd64", False, Status.SKIPPED, "does not emulate"),
    ],
)
def test_arm64(
    kind: str, platform: str, emulates: bool, status: Status, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = engine.Engine(kind=kind, version="1", platform=platform, image_store="containerd")
    finding = look(found, monkeypatch, emulates=emulates)
    assert finding.status is status
    assert said in finding.found
    assert bool(finding.fix) is (said == "does not emulate")


def test_without_an_engine_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(None, monkeypatch).status is Status.SKIPPED
