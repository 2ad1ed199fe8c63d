"""A Sonarr, a Radarr and a SABnzbd that work together: what is grabbed, fails, is searched for and imported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.app.fakes import FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.fakes.sabnzbd_data import history_slot, slot

if TYPE_CHECKING:
    from collections.abc import Sequence

FakeArr = FakeSonarr | FakeRadarr
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MISSING = "Aborted, cannot be completed - https://sabnzbd.org/not-complete"
ENCRYPTED = "Aborted, encryption detected"
DISK_FULL = "Unpacking failed, write error or disk is full?"
SEARCHES = ("EpisodeSearch", "SeasonSearch", "MoviesSearch")


class Services:
    """All three, with a clock of their own.

    Args:
        sonarr, radarr, sabnzbd: those that there are already, if there are some.

    Attributes:
        now: the moment.
        releases: how many releases the indexers still have of an item.
        native: numbers of commands that an application gave itself.
    """

    def __init__(
        self,
        sonarr: FakeSonarr | None = None,
        radarr: FakeRadarr | None = None,
        sabnzbd: FakeSabnzbd | None = None,
    ) -> None:
        self.now = START
        self.releases: dict[tuple[str, int], int] = {}
        self.native: set[tuple[str, int]] = set()
        self._downloads = 0
        self._searched: set[tuple[str, int]] = set()
        self.sonarr, self.radarr = sonarr or FakeSonarr(), radarr or FakeRadarr()
        self.sabnzbd = sabnzbd or FakeSabnzbd()
        self.fakes: dict[str, Any] = {"sonarr": self.sonarr, "radarr": self.radarr, "sabnzbd": self.sabnzbd}
        self.sonarr.missing_episodes += [self.sonarr.make_episode(number, seriesId=1) for number in range(1, 9)]
        for arr in (self.sonarr, self.radarr):
            arr.clock = lambda: self.now
            arr.goes_on_when_read = False

    def work(self, *, native: bool = True) -> None:
        """What Sonarr and Radarr do each minute: search what they were told to, note failures, import."""
        for name, arr in (("sonarr", self.sonarr), ("radarr", self.radarr)):
            if native:
                self.note_failures(arr)
            self.import_(arr)
            self.search(name, arr)

    def _new_id(self) -> str:
        self._downloads += 1
        return f"SABnzbd_nzo_w{self._downloads:04}"

    def grab(self, arr: FakeArr, items: Sequence[int], title: str | None = None) -> str:
        """Have an application send a download to SABnzbd; give its id."""
        download = self._new_id()
        title = title or f"Release.{self._downloads}.1080p.WEB-GROUP"
        shared = {"downloadId": download, "title": title, "added": arr.now(), "estimatedCompletionTime": None}
        if isinstance(arr, FakeSonarr):
            first = arr.next_row()
            rows = [
                arr.make_queue_row(number, **{**shared, "id": first + count, "seasonNumber": 1, "seriesId": 1})
                for count, number in enumerate(items)
            ]
        else:
            rows = [arr.make_queue_row(number, **{**shared, "id": arr.next_row()}) for number in items]
        arr.queue_up(rows, grabbed=True)
        self.sabnzbd.state.queue.append(slot(0, nzo_id=download, filename=title, mb="10.00", mbleft="10.00"))
        return download

    def _end(self, download: str, **fields: Any) -> None:
        """Move a job of SABnzbd from its queue to its history."""
        state = self.sabnzbd.state
        job = next(one for one in state.queue if one["nzo_id"] == download)
        state.queue.remove(job)
        moments = {"completed": int(self.now.timestamp()), "time_added": int(self.now.timestamp()) - 600}
        more = {"nzo_id": download, "name": job["filename"], "bytes": 10 * 2**20, "retry": True, **moments, **fields}
        state.history.insert(0, history_slot(0, **more))

    def fail(self, download: str, message: str = MISSING) -> None:
        """Have a download fail."""
        self._end(download, status="Failed", fail_message=message)

    def complete(self, download: str) -> None:
        """Have a download complete."""
        self._end(download)

    def note_failures(self, arr: FakeArr) -> None:
        """What an application does by itself about downloads of its own that failed."""
        failed = {one["nzo_id"]: one for one in self.sabnzbd.state.history if one["status"] == "Failed"}
        for download in {row.get("downloadId") for row in arr.state.queue} & failed.keys():
            grabbed = arr._grabbed(download)
            arr.state.queue = [row for row in arr.state.queue if row.get("downloadId") != download]
            before = len(arr.state.commands)
            arr._failed(grabbed, search=True)
            for event in arr.state.history:
                if event["eventType"] == "downloadFailed" and event.get("downloadId") == download:
                    event["data"] = {"message": failed[download]["fail_message"]}
            self.native |= {(arr.name.lower(), number + 1) for number in range(before, len(arr.state.commands))}
            if arr.state.collections["downloadclient"][0]["removeFailedDownloads"]:
                self.sabnzbd.state.history.remove(failed[download])

    def import_(self, arr: FakeArr) -> None:
        """Have an application import what is complete, unless it says that it can't."""
        done = {one["nzo_id"] for one in self.sabnzbd.state.history if one["status"] == "Completed"}
        for row in list(arr.state.queue):
            if row.get("downloadId") in done and row["trackedDownloadState"] != "importBlocked":
                arr.state.queue.remove(row)
                kept = {
                    name: row[name] for name in ("quality", "languages", arr.title_id, arr.item_id) if row.get(name)
                }
                more = {"sourceTitle": row["title"], "downloadId": row["downloadId"]}
                arr.add_history("downloadFolderImported", **kept, **more)

    def search(self, name: str, arr: FakeArr) -> None:
        """Have an application do the searches that it was told to."""
        for command in arr.state.commands:
            if command["name"] in SEARCHES and (name, command["id"]) not in self._searched:
                self._searched.add((name, command["id"]))
                command |= {"status": "completed", "result": "successful", "ended": arr.now(), "duration": "00:00:01.5"}
                items = self._items(command)
                found = [item for item in items if self.releases.get((name, item), 0) > 0]
                if found:
                    for item in found:
                        self.releases[name, item] -= 1
                    for group in [found] if command["name"] == "SeasonSearch" else [[item] for item in found]:
                        self.grab(arr, group)

    def _items(self, command: dict[str, Any]) -> list[int]:
        body = command["body"]
        if command["name"] == "SeasonSearch":
            return sorted({event["episodeId"] for event in self.sonarr.state.history if "episodeId" in event})
        return list(body.get("episodeIds") or body.get("movieIds") or [])

    def _commands(self, name: str) -> list[dict[str, Any]]:
        """All searches at an application, in order."""
        return [
            {
                "name": one["name"],
                "at": one["queued"],
                "ours": (name, one["id"]) not in self.native,
                "running": (name, one["id"]) not in self._searched,
                **_ids(one["body"]),
            }
            for one in self.fakes[name].state.commands
            if one["name"] in SEARCHES
        ]

    def asked(self, name: str = "sonarr") -> list[dict[str, Any]]:
        """The searches that AutoArr asked for, or caused."""
        return [one for one in self._commands(name) if one["ours"]]

    def running(self, name: str) -> list[dict[str, Any]]:
        """The searches that have not ended, whoever asked for them."""
        return [one for one in self._commands(name) if one["running"]]


def _ids(body: dict[str, Any]) -> dict[str, Any]:
    return {key: body[key] for key in ("episodeIds", "movieIds", "seriesId", "seasonNumber") if key in body}
