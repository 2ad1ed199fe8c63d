"""What Sonarr and Radarr have in common: queue, history and commands."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.app.fakes.arr import API, ArrBase, ArrState, bare
from tests.app.fakes.arr_config import error, unreadable
from tests.app.fakes.arr_data import ENGLISH, Object
from tests.app.fakes.asgi import Answer, Call, NotThereError


class FakeArr(ArrBase):
    """Either of the two; what differs is in `FakeSonarr` and `FakeRadarr`.

    Attributes:
        queued: rows of the queue beside those of the state, each made when asked for.
        unknown_flag: the query's word for queue rows that belong to no title.
        title_id: the field of queue rows and history that names the series or movie.
        item_id: the field that names what is searched for.
        event_types: of the history, by their numbers.
        goes_on_when_read: whether a command is a step further each time it is read.
    """

    unknown_flag: str
    title_id: str
    item_id: str
    known_commands: frozenset[str]
    event_types: tuple[str, ...]
    goes_on_when_read = True

    def __init__(self, state: ArrState, *, api_key: str = "", url_base: str = "", queued: int = 0) -> None:
        super().__init__(state, api_key=api_key, url_base=url_base)
        self.queued = queued
        self._rows_added = 0
        self.route("GET", f"{API}/queue", self._get_queue)
        self.route("GET", f"{API}/queue/details", self._get_queue_details)
        self.route("DELETE", f"{API}/queue/{{id}}", self._delete_queue)
        self.route("GET", f"{API}/history", self._get_history)
        self.route("GET", f"{API}/history/since", self._get_history_since)
        self.route("POST", f"{API}/history/failed/{{id}}", self._fail_history)
        self.route("POST", f"{API}/command", self._post_command)
        self.route("GET", f"{API}/command", self._get_commands)
        self.route("GET", f"{API}/command/{{id}}", self._get_command)

    # Queue.

    def page(self, call: Call, items: Any, total: int, key: str) -> Answer:
        """A page; `items` gives those from one number up to another."""
        page, size = max(call.number("page", 1), 1), max(call.number("pageSize", 10), 1)
        records = [bare(item) for item in items((page - 1) * size, min(page * size, total))]
        direction = call.query.get("sortDirection", "default")
        head = {"page": page, "pageSize": size, "sortKey": call.query.get("sortKey", key), "sortDirection": direction}
        return Answer({**head, "totalRecords": total, "records": records})

    def make_queue_row(self, number: int) -> Object:
        """A row of the queue that is there only when asked for, from 1."""
        raise NotImplementedError

    def _get_queue(self, call: Call) -> Answer:
        unknown = call.flag(self.unknown_flag)
        # A delayed release is shown in any case.
        rows = [row for row in self.state.queue if unknown or row.get(self.title_id) or row["status"] == "delay"]

        def items(start: int, stop: int) -> Any:
            made = (self.make_queue_row(number + 1 - len(rows)) for number in range(max(start, len(rows)), stop))
            return itertools.chain(rows[start:stop], made)

        total, size = len(rows) + self.queued, max(call.number("pageSize", 10), 1)
        if (call.number("page", 1) - 1) * size >= total:
            # There is no empty page after the last one: whoever asks for it gets an earlier one again.
            call.query["page"] = str(max(total // size, 1))
        return self.page(call, items, total, "timeleft")

    def _get_queue_details(self, call: Call) -> Answer:
        wanted = call.query.get(self.title_id)
        return Answer(bare([row for row in self.state.queue if wanted in (None, str(row.get(self.title_id)))]))

    def _delete_queue(self, call: Call) -> Answer:
        row = next((row for row in self.state.queue if row["id"] == call.id), None)
        if row is None:
            raise NotThereError
        # The rows of a pack are one download.
        rows = [other for other in self.state.queue if other is row or other.get("downloadId") == row.get("downloadId")]
        self.state.queue = [other for other in self.state.queue if other not in rows]
        if call.flag("removeFromClient", default=True):
            self.state.removed_from_client.append(row.get("downloadId", ""))
        if call.flag("blocklist"):
            # What it did not grab itself is not blocklisted, nor searched for again.
            self._failed(self._grabbed(row.get("downloadId")), search=not call.flag("skipRedownload"))
        return Answer({})

    def next_row(self) -> int:
        """The number of the row that is added next: none is given twice, as with downloads."""
        return self._rows_added + 1

    def queue_up(self, rows: list[Object], *, grabbed: bool) -> None:
        """Add the rows of a download, and to the history that it was grabbed."""
        self.state.queue += rows
        self._rows_added += len(rows)
        for row in rows if grabbed else ():
            kept = {name: row[name] for name in ("quality", "languages", self.title_id, self.item_id) if row.get(name)}
            where = {"downloadClient": row["downloadClient"], "indexer": row["indexer"]}
            event = {"sourceTitle": row["title"], "downloadId": row["downloadId"], "date": row["added"], "data": where}
            self.add_history("grabbed", **kept, **event)

    def _grabbed(self, download: str | None) -> list[Object]:
        events = [event for event in self.state.history if event["eventType"] == "grabbed"]
        return [event for event in events if download and event.get("downloadId") == download]

    def _failed(self, grabbed: list[Object], *, search: bool) -> None:
        """What follows a failed download: history, blocklist and, if it is configured, another search."""
        message = "Manually marked as failed"
        for row in grabbed:
            title = row["sourceTitle"]
            kept = {name: row[name] for name in ("quality", "languages", self.title_id, self.item_id) if row.get(name)}
            event = {"sourceTitle": title, "downloadId": row.get("downloadId"), "date": self.now()}
            self.add_history("downloadFailed", **kept, **event, data={"message": message})
            self.state.blocklist.append({**kept, "sourceTitle": title, "date": self.now(), "message": message})
        if search and self.state.config["downloadclient"]["autoRedownloadFailed"]:
            self.search([row[self.item_id] for row in grabbed if row.get(self.item_id)])

    def search(self, items: list[int]) -> None:
        """Search on its own account, as after a failed download."""
        raise NotImplementedError

    def add_history(self, event_type: str, **fields: Any) -> Object:
        """Add an event, with a number of its own, and give it."""
        event = {
            "id": max((event["id"] for event in self.state.history), default=0) + 1,
            "languages": [ENGLISH],
            "customFormats": [],
            "customFormatScore": 0,
            "qualityCutoffNotMet": False,
            "date": self.now(),
            "eventType": event_type,
            "data": {},
            **fields,
        }
        self.state.history.append(event)
        return event

    # History.

    def _get_history(self, call: Call) -> Answer:
        events = sorted(self.state.history, key=lambda event: str(event["date"]), reverse=True)
        numbers = [value for name, value in call.pairs if name == "eventType"]
        if not all(value.isdigit() and int(value) < len(self.event_types) for value in numbers):
            return unreadable("eventType", "The value is not valid.")
        kinds = [self.event_types[int(value)] for value in numbers]
        for name in ("downloadId", "episodeId"):
            if name in call.query:
                events = [event for event in events if str(event.get(name)) == call.query[name]]
        events = [event for event in events if not kinds or event["eventType"] in kinds]
        return self.page(call, lambda start, stop: events[start:stop], len(events), "date")

    def _get_history_since(self, call: Call) -> Answer:
        try:
            since = datetime.fromisoformat(call.query.get("date", "0001-01-01"))
        except ValueError:
            return unreadable("date", "The value is not valid.")
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        events = [event for event in self.state.history if datetime.fromisoformat(event["date"]) >= since]
        return Answer(bare(sorted(events, key=lambda event: str(event["date"]))))

    def _fail_history(self, call: Call) -> Answer:
        event = next((event for event in self.state.history if event["id"] == call.id), None)
        if event is None:
            raise NotThereError
        download = event.get("downloadId")
        self.state.queue = [row for row in self.state.queue if not download or row.get("downloadId") != download]
        self._failed(self._grabbed(download) or [event], search=True)
        return Answer({})

    # Commands.

    def _post_command(self, call: Call) -> Answer:
        name = call.body.get("name") if isinstance(call.body, dict) else None
        if not name:
            return Answer([error("name", name, "must not be empty.")], 400)
        if name not in self.known_commands:
            return Answer(
                {"message": "Sequence contains no matching element", "description": "System.InvalidOperationException"},
                500,
            )
        return Answer(bare(self.start_command(name, "manual", call.body)), 201)

    def start_command(self, name: str, trigger: str, body: Object) -> Object:
        """Have a command in the list, and give it."""
        own = {field: value for field, value in body.items() if field not in ("name", "id")}
        words = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
        command: Object = {
            "id": len(self.state.commands) + 1,
            "name": name,
            "commandName": words,
            "body": {"sendUpdatesToClient": True, "updateScheduledTask": True, "name": name, "trigger": trigger, **own},
            "priority": "normal",
            "status": "queued",
            "result": "unknown",
            "queued": self.now(),
            "trigger": trigger,
            "sendUpdatesToClient": True,
            "updateScheduledTask": True,
        }
        self.state.commands.append(command)
        self.state.searches += self.searched(name, own)
        return command

    def searched(self, name: str, body: Object) -> list[int]:
        """The items a command searches for."""
        raise NotImplementedError

    def _get_commands(self, _: Call) -> Answer:
        # What ended is forgotten after some minutes.
        until = (self.clock() - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Answer(bare([one for one in self.state.commands if one.get("ended", "9") >= until]))

    def _get_command(self, call: Call) -> Answer:
        command = next((command for command in self.state.commands if command["id"] == call.id), None)
        if command is None:
            raise NotThereError
        answer = Answer(bare(command))
        if not self.goes_on_when_read:
            return answer
        if command["status"] == "queued":
            command |= {"status": "started", "started": self.now()}
        elif command["status"] == "started":
            command |= {"status": "completed", "result": "successful", "ended": self.now(), "duration": "00:00:01.5"}
        return answer
