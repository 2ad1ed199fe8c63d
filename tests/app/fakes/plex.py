"""A stand-in of Plex Media Server: what AutoArr asks of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.app.fakes.asgi import Answer, Call, Fake, NotThereError, Request

Object = dict[str, Any]
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<MediaContainer size="{size}"></MediaContainer>\n'
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def preference(name: str, kind: str, value: Any, group: str, choices: str = "") -> Object:
    """A setting of `/:/prefs`; `choices` is as Plex writes it: ``value:label|value:label``."""
    base: Object = {
        "id": name,
        "label": name,
        "summary": "",
        "type": kind,
        "default": value,
    }
    more = {"enumValues": choices} if choices else {}
    return {**base, "value": value, "hidden": False, "advanced": False, "group": group, **more}


def fresh_preferences() -> list[Object]:
    """The settings the audit looks at, and a few others, as a new server has them."""
    when = "never:never|scheduled:as a scheduled task|asap:as a scheduled task and when media is added"
    return [
        preference("FriendlyName", "text", "", "general"),
        preference("FSEventLibraryUpdatesEnabled", "bool", False, "library"),
        preference("FSEventLibraryPartialScanEnabled", "bool", False, "library"),
        preference("ScheduledLibraryUpdatesEnabled", "bool", False, "library"),
        preference("ScheduledLibraryUpdateInterval", "int", 3600, "library"),
        preference("autoEmptyTrash", "bool", True, "library"),
        preference("allowMediaDeletion", "bool", True, "library"),
        preference("ScannerLowPriority", "bool", False, "library"),
        preference("GenerateBIFBehavior", "text", "never", "library", choices=when),
        preference("GenerateIntroMarkerBehavior", "text", "asap", "library", choices=when),
        preference("secureConnections", "int", 1, "network", choices="0:Required|1:Preferred|2:Disabled"),
        preference("allowedNetworks", "text", "", "network"),
        preference("TranscoderQuality", "int", 0, "transcoder", choices="0:Automatic|1:Fast|2:Quality|3:Hurt"),
    ]


def fresh_sections() -> list[Object]:
    """A library of movies and one of series."""
    base = {"composite": "", "language": "en-US", "refreshing": False, "filters": True, "hidden": 0, "allowSync": True}
    movies = {"key": "1", "type": "movie", "title": "Movies", "agent": "tv.plex.agents.movie", "scanner": "Plex Movie"}
    series = {
        "key": "2",
        "type": "show",
        "title": "TV Shows",
        "agent": "tv.plex.agents.series",
        "scanner": "Plex TV Series",
    }
    uuids = {"1": "11111111-1111-4111-8111-111111111111", "2": "22222222-2222-4222-8222-222222222222"}
    return [
        {**base, **section, "uuid": uuids[section["key"]], "Location": [{"id": int(section["key"]), "path": path}]}
        for section, path in ((movies, "/media/movies"), (series, "/media/tv"))
    ]


@dataclass
class PlexState:
    """What the server knows.

    Attributes:
        sections: libraries, with their locations.
        sessions: what is being played.
        media: what a search finds: `type` movie, show or episode, `title`, `ratingKey` ...
        refreshed: the section and the path of each scan that was asked for.
    """

    machine_id: str = "abcdef0123456789abcdef0123456789abcdef01"
    version: str = "1.42.2.10156-f737b826c"
    preferences: list[Object] = field(default_factory=fresh_preferences)
    sections: list[Object] = field(default_factory=fresh_sections)
    sessions: list[Object] = field(default_factory=list)
    media: list[Object] = field(default_factory=list)
    refreshed: list[tuple[str, str | None]] = field(default_factory=list)


class FakePlex(Fake[PlexState]):
    """A stand-in of Plex Media Server; `api_key` is the token."""

    default_key = "plex-token-0123456789"
    description = "plex"

    def __init__(self, *, api_key: str = "", url_base: str = "") -> None:
        super().__init__(PlexState(), api_key=api_key, url_base=url_base)
        self.route("GET", "/identity", self._identity)
        self.route("GET", "/", self._identity)
        self.route("GET", "/library/sections", self._sections)
        self.route("GET", "/library/sections/all", self._sections)
        self.route("GET", "/library/sections/{id}/refresh", self._refresh)
        self.route("POST", "/library/sections/{id}/refresh", self._refresh)
        self.route("GET", "/status/sessions", lambda _: self._container(Metadata=self.state.sessions))
        self.route("GET", "/hubs/search", self._search)
        self.route("GET", "/library/metadata/{id}/allLeaves", self._episodes)
        self.route("GET", "/:/prefs", lambda _: self._container(Setting=self.state.preferences))
        self.route("PUT", "/:/prefs", self._put_preferences)

    def preference(self, name: str) -> Any:
        """A setting's value."""
        return next(entry for entry in self.state.preferences if entry["id"] == name)["value"]

    def is_write(self, request: Request) -> bool:
        """Scanning is a GET."""
        return super().is_write(request) or request.path.endswith("/refresh")

    def refuse(self, call: Call) -> Answer | None:
        given = call.headers.get("x-plex-token") or call.query.get("X-Plex-Token")
        if call.path == "/identity" or given == self.api_key:
            return None
        return self._page("Unauthorized", 401)

    def missing(self, call: Call) -> Answer:
        return self._page("Not Found", 404)

    def outside(self, path: str, query: str) -> Answer:
        return self._page("Not Found", 404)

    @staticmethod
    def _page(title: str, status: int) -> Answer:
        return Answer(PAGE.format(title), status, "text/html")

    def answer(self, call: Call) -> Answer:
        """XML for those who don't ask for JSON."""
        answer = super().answer(call)
        if answer.content_type == "application/json" and "application/json" not in call.headers.get("accept", ""):
            size = answer.body["MediaContainer"]["size"] if answer.body else 0
            return Answer(XML.format(size=size), answer.status, "text/xml;charset=utf-8")
        return answer

    def _container(self, **fields: Any) -> Answer:
        """Lists that are empty are left out, as Plex does."""
        lists = {name: value for name, value in fields.items() if isinstance(value, list)}
        size = sum(len(value) for value in lists.values())
        kept = {name: value for name, value in fields.items() if name not in lists or value}
        return Answer({"MediaContainer": {"size": size, **kept}})

    def _identity(self, _: Call) -> Answer:
        return self._container(claimed=True, machineIdentifier=self.state.machine_id, version=self.state.version)

    def _sections(self, _: Call) -> Answer:
        return self._container(allowSync=False, title1="Plex Library", Directory=self.state.sections)

    def _refresh(self, call: Call) -> Answer:
        section = next((section for section in self.state.sections if section["key"] == call.params["id"]), None)
        if section is None:
            raise NotThereError
        self.state.refreshed.append((section["key"], call.query.get("path")))
        return Answer(None, content_type="text/html")

    def _search(self, call: Call) -> Answer:
        words = call.query.get("query", "").lower()
        found = [item for item in self.state.media if words and words in item["title"].lower()]
        hubs = []
        for kind, title in (("movie", "Movies"), ("show", "Shows"), ("episode", "Episodes")):
            items = [item for item in found if item["type"] == kind][: call.number("limit", 3)]
            hub: Object = {
                "title": title,
                "type": kind,
                "hubIdentifier": kind,
                "context": f"hub.{kind}",
                "size": len(items),
            }
            hubs.append({**hub, "more": False, "style": "shelf", **({"Metadata": items} if items else {})})
        return self._container(Hub=hubs)

    def _episodes(self, call: Call) -> Answer:
        of_series = [item for item in self.state.media if item.get("grandparentRatingKey") == call.params["id"]]
        return self._container(Metadata=of_series)

    def _put_preferences(self, call: Call) -> Answer:
        by_name = {entry["id"]: entry for entry in self.state.preferences}
        changed: dict[str, Any] = {}
        for name, value in call.pairs:
            if name.startswith("X-Plex-"):
                continue
            if name not in by_name:
                return self._page("Bad Request", 400)
            changed[name] = self._read(by_name[name], value)
        for name, value in changed.items():
            by_name[name]["value"] = value
        return Answer(None, content_type="text/html")

    @staticmethod
    def _read(entry: Object, value: str) -> Any:
        if entry["type"] == "bool":
            return value.lower() in ("1", "true")
        return int(value) if entry["type"] == "int" and re.fullmatch(r"-?\d+", value) else value
