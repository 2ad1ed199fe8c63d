"""The private engine from nothing: provisioned, started, found dead, stopped, all beside the one in use."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation import cleaning, compose, engine, image_store, paths
from automation.private_engine import PrivateEngine, refusal


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateEngine]:
    monkeypatch.delenv("AUTOARR_ENGINE", raising=False)
    if (reason := refusal()) is not None:
        pytest.skip(reason)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = PrivateEngine.default()
    yield made
    made.stop()
    shutil.rmtree(made.run_folder, ignore_errors=True)


def test_from_nothing_to_gone(private: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_ENGINE", "private")
    assert engine.present() is None
    found = engine.ensure()
    assert found.kind == "private"
    assert found.has_containerd_store
    assert not (private.folder / "packages").exists()
    first = private.pid()
    assert first is not None
    assert compose.works(found)
    # One that was provisioned without compose gets it while it runs, and goes on running.
    (private.plugins / "docker-compose").unlink()
    assert not compose.works(found)
    compose.ensure(found)
    assert compose.works(found)
    # Used as it is while it answers.
    private.ensure()
    assert private.pid() == first
    # Found dead, it is started again, without being provisioned again.
    stamp = (private.root / "autoarr-complete").stat().st_mtime
    os.kill(first, signal.SIGKILL)
    while private.pid() is not None:
        time.sleep(0.05)
    assert engine.ensure().version == found.version
    assert private.pid() not in (None, first)
    assert (private.root / "autoarr-complete").stat().st_mtime == stamp
    assert image_store.inspect(found, "autoarr:never-built") is None
    # `clean --all` stops it and leaves nothing of it.
    cleaning.clean(everything=True)
    assert private.pid() is None
    assert not private.run_folder.exists()
    assert not private.folder.exists()


def test_clean_without_an_engine_starts_none(private: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "present", lambda: None)
    cleaning.clean()
    assert private.pid() is None
    assert not (paths.cache() / "engine" / "root").exists()
