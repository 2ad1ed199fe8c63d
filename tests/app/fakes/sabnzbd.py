"""A stand-in of SABnzbd: one address, and a mode for everything."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.app.fakes import sabnzbd_data as data
from tests.app.fakes.asgi import Answer, Call, Fake, Request
from tests.app.fakes.sabnzbd_config import get_config, set_config
from tests.app.fakes.sabnzbd_data import Object

HTML = "text/html;charset=utf-8"
WRITES = ("set_config", "set_config_default", "del_config", "retry", "retry_all", "pause", "resume", "addurl", "config")


@dataclass
class SabnzbdState:
    """What it knows.

    Attributes:
        config: by section; `servers`, `categories` and `sorters` are lists of objects with a `name`; secrets in clear.
        queue: jobs, in order; `sabnzbd_data.slot` makes one.
        history: jobs, newest first; `sabnzbd_data.history_slot` makes one.
        retried: jobs that were tried again.
    """

    config: dict[str, Any]
    version: str = "4.5.5"
    queue: list[Object] = field(default_factory=list)
    history: list[Object] = field(default_factory=list)
    warnings: list[Object] = field(default_factory=list)
    paused: bool = False
    free_gb: float = 500.0
    total_gb: float = 1000.0
    retried: list[str] = field(default_factory=list)


class FakeSabnzbd(Fake[SabnzbdState]):
    """A stand-in of SABnzbd."""

    def __init__(self, *, api_key: str = "", url_base: str = "/sabnzbd", queued: int = 0) -> None:
        config = {
            "misc": data.misc(api_key or self.default_key),
            "logging": {"log_level": 1, "max_log_size": 5_242_880, "log_backups": 5},
            "servers": [data.server("news.example.invalid")],
            "categories": [
                data.category("*", 0, pp="3", script="None", priority=0),
                *(data.category(name, order) for order, name in enumerate(("movies", "tv", "audio", "software"), 1)),
            ],
            "sorters": [],
        }
        super().__init__(SabnzbdState(config), api_key=api_key, url_base=url_base)
        self.queued = queued
        """Jobs in the queue beside those of the state, each made when asked for."""
        for method in ("GET", "POST"):
            for path in ("/api", "/api/"):
                self.route(method, path, self._mode)

    def is_write(self, request: Request) -> bool:
        """It depends on the mode."""
        fields = {**request.query, **(request.body if isinstance(request.body, dict) else {})}
        mode = fields.get("mode")
        return mode in WRITES or (mode in ("queue", "history") and "name" in fields)

    def target(self, request: Request) -> tuple[str, ...]:
        """The mode, as well as the path."""
        body = request.body if isinstance(request.body, dict) else {}
        return request.path, {**request.query, **body}.get("mode", "")

    def refuse(self, call: Call) -> Answer | None:
        fields = self._fields(call)
        if not call.path.startswith("/api") or fields.get("mode") in ("version", "auth"):
            return None
        if not fields.get("apikey"):
            return self._forbid("API Key Required")
        return None if fields["apikey"] == self.api_key else self._forbid("API Key Incorrect")

    @staticmethod
    def _forbid(message: str) -> Answer:
        # The text is plain, in spite of its type.
        return Answer(message, 403, HTML)

    def missing(self, call: Call) -> Answer:
        return Answer("<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>", 404, HTML)

    def below_url_base(self, path: str) -> str:
        """It answers at the root as well."""
        return super().below_url_base(path) or path

    def outside(self, path: str, query: str) -> Answer:
        raise AssertionError("nothing is outside")

    @staticmethod
    def _fields(call: Call) -> dict[str, str]:
        return {**call.query, **(call.body if isinstance(call.body, dict) else {})}

    def _mode(self, call: Call) -> Answer:
        fields = self._fields(call)
        modes: dict[str, Callable[[dict[str, str]], Object]] = {
            "version": lambda _: {"version": self.state.version},
            "auth": lambda _: {"auth": "apikey"},
            "queue": self._queue,
            "history": self._history,
            "fullstatus": self._full_status,
            "status": self._full_status,
            "warnings": self._warnings,
            "get_config": lambda fields: get_config(self.state.config, fields),
            "set_config": lambda fields: set_config(self.state.config, fields),
            "get_cats": lambda _: {"categories": [entry["name"] for entry in self.state.config["categories"]]},
            "retry": self._retry,
            "pause": lambda _: self._pause(True),
            "resume": lambda _: self._pause(False),
        }
        mode = modes.get(fields.get("mode", ""))
        content = mode(fields) if mode else {"status": False, "error": "not implemented"}
        return Answer(content, content_type="application/json;charset=UTF-8")

    # Jobs.

    @staticmethod
    def _span(fields: dict[str, str], total: int) -> range:
        start = int(fields.get("start") or 0)
        limit = int(fields.get("limit") or 0)
        return range(start, min(start + limit, total) if limit else total)

    def _queue(self, fields: dict[str, str]) -> Object:
        if "name" in fields:
            return self._change_queue(fields)
        own = self.state.queue
        total = len(own) + self.queued
        slots = [own[n] if n < len(own) else data.slot(n) for n in self._span(fields, total)]
        active = "Paused" if self.state.paused else "Downloading" if total else "Idle"
        return {
            "queue": {
                "version": self.state.version,
                "paused": self.state.paused,
                "pause_int": "0",
                "paused_all": False,
                "diskspace1": f"{self.state.free_gb:.2f}",
                "diskspace2": f"{self.state.free_gb:.2f}",
                "diskspace1_norm": f"{self.state.free_gb:.1f} G",
                "diskspace2_norm": f"{self.state.free_gb:.1f} G",
                "diskspacetotal1": f"{self.state.total_gb:.2f}",
                "diskspacetotal2": f"{self.state.total_gb:.2f}",
                "speedlimit": "100",
                "speedlimit_abs": "",
                "have_warnings": str(len(self.state.warnings)),
                "finishaction": None,
                "quota": "0 ",
                "have_quota": False,
                "left_quota": "0 ",
                "cache_art": "0",
                "cache_size": "0 B",
                "kbpersec": "0.00" if active != "Downloading" else "10240.00",
                "speed": "0 " if active != "Downloading" else "10.0 M",
                "mbleft": f"{700.0 * total:.2f}",
                "mb": f"{1400.0 * total:.2f}",
                "sizeleft": f"{0.7 * total:.1f} GB",
                "size": f"{1.4 * total:.1f} GB",
                "noofslots_total": total,
                "noofslots": total,
                "start": int(fields.get("start") or 0),
                "limit": int(fields.get("limit") or 0),
                "finish": 0,
                "status": active,
                "timeleft": "0:10:00",
                "slots": slots,
            }
        }

    def _change_queue(self, fields: dict[str, str]) -> Object:
        ids = [value for value in fields.get("value", "").split(",") if value]
        if fields["name"] == "delete" and not ids:
            return {"status": False, "error": "expects one parameter"}
        chosen = [slot for slot in self.state.queue if slot["nzo_id"] in ids or ids == ["all"]]
        if fields["name"] == "delete":
            self.state.queue = [slot for slot in self.state.queue if slot not in chosen]
        elif fields["name"] in ("pause", "resume"):
            for slot in chosen:
                slot["status"] = "Paused" if fields["name"] == "pause" else "Queued"
        else:
            return {"status": False, "error": "not implemented"}
        return {"status": bool(chosen), "nzo_ids": [slot["nzo_id"] for slot in chosen]}

    def _history(self, fields: dict[str, str]) -> Object:
        if fields.get("name") == "delete":
            ids = fields.get("value", "").split(",")
            self.state.history = [slot for slot in self.state.history if slot["nzo_id"] not in ids]
            return {"status": True}
        update = zlib.crc32(repr(self.state.history).encode()) or 1
        if fields.get("last_history_update") == str(update):
            return {"history": False}
        slots = self.state.history
        if fields.get("failed_only") == "1":
            slots = [slot for slot in slots if slot["status"] == "Failed"]
        elif wanted := fields.get("status"):
            slots = [slot for slot in slots if slot["status"] in wanted.split(",")]
        if wanted := fields.get("nzo_ids"):
            slots = [slot for slot in slots if slot["nzo_id"] in wanted.split(",")]
        if wanted := fields.get("cat") or fields.get("category"):
            slots = [slot for slot in slots if slot["category"] in wanted.split(",")]
        limit = fields.get("limit") or str(self.state.config["misc"]["history_limit"])
        shown = [slots[number] for number in self._span({**fields, "limit": limit}, len(slots))]
        sizes = {"total_size": "1.4 G", "month_size": "1.4 G", "week_size": "1.4 G", "day_size": "0 "}
        more = {"version": self.state.version, "last_history_update": update, "ppslots": 0}
        return {"history": {**sizes, **more, "noofslots": len(slots), "slots": shown}}

    def _retry(self, fields: dict[str, str]) -> Object:
        job = next((slot for slot in self.state.history if slot["nzo_id"] == fields.get("value")), None)
        if job is None or job["status"] != "Failed":
            return {"status": False, "error": "item does not exist"}
        self.state.history.remove(job)
        self.state.retried.append(job["nzo_id"])
        # It is another job from now on.
        again = f"{job['nzo_id']}r{len(self.state.retried)}"
        slot = data.slot(len(self.state.queue), nzo_id=again, filename=job["name"], cat=job["category"])
        self.state.queue.append({**slot, "status": "Queued", "percentage": "0"})
        return {"status": True, "nzo_id": again}

    def _pause(self, paused: bool) -> Object:
        self.state.paused = paused
        return {"status": True}

    # Status and configuration.

    def _full_status(self, _: dict[str, str]) -> Object:
        servers = [
            {
                "servername": entry["displayname"],
                "servertotalconn": entry["connections"],
                "serveractiveconn": 0,
                "serveractive": True,
                "serverssl": entry["ssl"],
                "serverpriority": entry["priority"],
                "serveroptional": entry["optional"],
                "servererror": "",
                "serverbps": "0 ",
                "serverconnections": [],
            }
            for entry in self.state.config["servers"]
        ]
        queue = self._queue({"limit": "1"})["queue"]
        kept = ("version", "paused", "pause_int", "diskspace1", "diskspace2", "diskspacetotal1", "diskspacetotal2")
        misc = self.state.config["misc"]
        folders = {"downloaddir": misc["download_dir"], "completedir": misc["complete_dir"]}
        more = {"uptime": "1d", "loglevel": "1", "folders": [], "internetbandwidth": 0}
        return {"status": {**{name: queue[name] for name in kept}, **folders, **more, "servers": servers}}

    def _warnings(self, fields: dict[str, str]) -> Object:
        if fields.get("name") == "clear":
            self.state.warnings = []
        return {"warnings": self.state.warnings}
