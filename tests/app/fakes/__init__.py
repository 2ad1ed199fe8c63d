"""Stand-ins of Sonarr, Radarr, Plex and SABnzbd that behave as the real ones do, and fail when they are told to.

async def test_it(sonarr: FakeSonarr) -> None:            # fixtures serve one of each: `sonarr.url`
    sonarr.state.config["naming"]["renameEpisodes"] = True
    sonarr.add_to_queue(episodes=10, status="warning")     # ten rows, one `downloadId`
    sonarr.fail("queue", 503, times=2, retry_after=1)
    ...
    assert [write.path for write in sonarr.writes] == ["/api/v3/command"]
"""

from __future__ import annotations

from tests.app.fakes.asgi import Fake, Request
from tests.app.fakes.faults import Fault
from tests.app.fakes.plex import FakePlex
from tests.app.fakes.radarr import FakeRadarr
from tests.app.fakes.sabnzbd import FakeSabnzbd
from tests.app.fakes.serving import serve
from tests.app.fakes.sonarr import FakeSonarr

__all__ = ["Fake", "FakePlex", "FakeRadarr", "FakeSabnzbd", "FakeSonarr", "Fault", "Request", "serve"]
