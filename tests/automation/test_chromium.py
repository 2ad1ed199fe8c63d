from __future__ import annotations

from pathlib import Path

import pytest

from automation import apt, chromium, paths
from automation.errors import AutomationError, MissingProgram, NetworkUnavailable


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no Chromium that the user named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    return paths.cache()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_it_runs_scripts_in_pages() -> None:
    try:
        program = chromium.provision()
    except AutomationError as error:
        pytest.skip(f"no Chromium: {error.what}")
    assert program.why_not() is None
    assert chromium.provision() == program


def test_one_that_is_named_is_taken(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = script(tmp_path / "chrome", "echo '<p id=p>42</p>'")
    monkeypatch.setenv(chromium.VARIABLE, str(named))
    assert chromium.provision() == chromium.Program(executable=named)


def test_one_that_does_not_run_says_why(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chromium.VARIABLE, str(script(tmp_path / "chrome", "echo no libnss3.so >&2; exit 127")))
    with pytest.raises(MissingProgram) as caught:
        chromium.provision()
    assert "no libnss3.so" in caught.value.details


def test_elsewhere_than_on_debian(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "distribution", lambda: apt.Distribution(id="ubuntu", codename="noble"))
    # As Ubuntu's package is: a program that says where to get it.
    script(tmp_path / "bin/chromium-browser", "echo 'requires the chromium snap' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setattr(chromium, "INSTALLED", ("chromium-browser", "our-chrome"))
    with pytest.raises(NetworkUnavailable, match="has none of its own"):
        chromium.provision()
    found = script(tmp_path / "bin/our-chrome", "echo '<p id=p>42</p>'")
    assert chromium.provision().executable == found


def test_an_archive_that_does_not_answer_leaves_nothing_half_made(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = apt.distribution()
    if here is None or here.id != "debian":
        pytest.skip("this is no Debian")
    monkeypatch.setenv("AUTOARR_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(NetworkUnavailable):
        chromium.provision()
    assert list(cache.glob("chromium/*")) == list(cache.glob("tmp/*")) == []
