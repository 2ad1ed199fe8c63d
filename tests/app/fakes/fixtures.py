"""One of each application, served on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve


@pytest.fixture
def sonarr() -> Iterator[FakeSonarr]:
    """A fresh Sonarr."""
    fake = FakeSonarr()
    with serve(fake):
        yield fake


@pytest.fixture
def radarr() -> Iterator[FakeRadarr]:
    """A fresh Radarr."""
    fake = FakeRadarr()
    with serve(fake):
        yield fake


@pytest.fixture
def plex() -> Iterator[FakePlex]:
    """A fresh Plex Media Server."""
    fake = FakePlex()
    with serve(fake):
        yield fake


@pytest.fixture
def sabnzbd() -> Iterator[FakeSabnzbd]:
    """A fresh SABnzbd."""
    fake = FakeSabnzbd()
    with serve(fake):
        yield fake
