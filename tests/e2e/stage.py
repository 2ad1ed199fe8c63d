"""What happens outside of AutoArr while a test looks at its pages: titles that are known, downloads that fail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.app.fakes.sabnzbd_data import slot
from tests.app.messages_stub import Say, use
from tests.app.recovery_services import MISSING, Services
from tests.app.requests_world import SEVERANCE, know_titles, plex_item
from tests.e2e.api import Api, until

if TYPE_CHECKING:
    from tests.e2e.worlds import World

FAILED = "The.Expanse.S01E01.1080p.WEB-GROUP"
QUEUED = (
    ("Severance.S02E01.1080p.WEB-GROUP", "62"),
    ("Fargo.S03E04.1080p.WEB-GROUP", "35"),
    ("The.Wire.S02E07.720p.BluRay-GROUP", "8"),
)
QUICK = {"poll_every_s": 10}
"""For the policy: services are looked at as often as may be."""


class Downloads(Services):
    """The world's Sonarr, Radarr and SABnzbd, as they work together; their clock is the real one."""

    def __init__(self, world: World) -> None:
        super().__init__(world.sonarr, world.radarr, world.sabnzbd)
        for arr in (self.sonarr, self.radarr):
            arr.clock = lambda: datetime.now(UTC)

    def work(self, *, native: bool = True) -> None:
        """See `Services.work`."""
        self.now = datetime.now(UTC)
        super().work(native=native)

    def fail_unnoticed(self, title: str = FAILED, message: str = MISSING, episode: int = 1) -> str:
        """Have a download fail of an episode that Sonarr is set not to search again; the download's id."""
        self.now = datetime.now(UTC)
        self.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
        download = self.grab(self.sonarr, [episode], title)
        self.fail(download, message)
        self.note_failures(self.sonarr)
        return download


def show_in_plex(world: World, title: str, year: int, *, seasons: tuple[int, ...] = (), key: str = "1") -> None:
    """Have Plex show a film, or a series with an episode of each season."""
    media = world.plex.state.media
    media.append(plex_item("show" if seasons else "movie", key, title, year=year))
    for season in seasons:
        of = {"parentIndex": season, "index": 1, "grandparentRatingKey": key}
        media.append(plex_item("episode", f"{key}{season}", f"Part {season}", **of))


def import_season(world: World, number: int, season: int) -> None:
    """Have Sonarr import a season of a series that was added.

    Args:
        number: TheTVDB's.
    """
    (series,) = [series for series in world.sonarr.state.titles if series["tvdbId"] == number]
    for episode in world.sonarr.missing_episodes:
        if (episode["seriesId"], episode["seasonNumber"]) == (series["id"], season):
            episode["hasFile"] = True


def queue_up(downloads: Downloads) -> None:
    """Have some downloads under way."""
    for number, (title, part) in enumerate(QUEUED, 2):
        download = downloads.grab(downloads.sonarr, [number], title)
        job = next(one for one in downloads.sabnzbd.state.queue if one["nzo_id"] == download)
        left = 1400.0 * (1 - int(part) / 100)
        sizes = {"mb": "1400.00", "mbleft": f"{left:.2f}", "size": "1.4 GB", "sizeleft": f"{left:.0f} MB"}
        job.update(slot(0, nzo_id=download, filename=title, percentage=part, **sizes))


def asking(admin: Api) -> list[Any]:
    """The recoveries that wait for a person."""
    found: list[Any] = admin.get("/recoveries?state=asking")["items"]
    return found


def fill(world: World, admin: Api, requester: Api) -> dict[str, str]:
    """Have something to see on every page, with all services added; where to see it, by what it is.

    It takes up to a minute: failed downloads are looked for by the clock.
    """
    admin.set_policy(**QUICK)
    know_titles(world.sonarr, world.radarr)
    downloads = Downloads(world)
    queue_up(downloads)
    downloads.fail_unnoticed()
    admin.poll()
    admin.audit()
    finding = admin.get("/findings?verdict=failed")["items"][0]
    requester.post("/requests", {"text": "The Matrix"})
    request = requester.post("/requests", {"text": "season 2 of Severance", "tvdb_id": SEVERANCE})
    choosing = requester.post("/requests", {"text": "Dune"})
    world.model.script = [
        Say("I'll look.", use("status")),
        Say("**Four services** answer:\n\n- Sonarr\n- Radarr\n- SABnzbd\n- Plex\n\nOne download failed."),
        Say("I can prepare it.", use("request_media", title="The Matrix", media="movie")),
        Say("Confirm it, and Radarr looks for it."),
    ]
    conversation = converse(admin, "Is everything all right?")
    converse(admin, "Ask for The Matrix, please", conversation)
    recovery = until(lambda: asking(admin), "the failed download asks", 120)[0]
    return {
        "finding": f"/findings/{finding['id']}",
        "recovery": f"/recoveries/{recovery['id']}",
        "request": f"/requests/{request['id']}",
        "choosing": f"/requests/{choosing['id']}",
        "conversation": f"/chat/{conversation}",
    }


def converse(admin: Api, message: str, conversation: str | None = None) -> str:
    """Say something to the model, and wait for the end of its reply; the conversation's id."""
    admin.stream("/chat", {"message": message, "conversation_id": conversation})
    return str(admin.get("/chat")["items"][0]["id"])
