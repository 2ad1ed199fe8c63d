"""What Sonarr and Radarr have in common: access, objects and settings of version 3 of their API."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from tests.app.fakes.arr_config import check, error, unreadable
from tests.app.fakes.arr_data import MASK, Object
from tests.app.fakes.asgi import Answer, Call, Fake, NotThereError, Request

API = "/api/v3"
INDEX = "<!doctype html><html><head><title>{name}</title></head><body><div id=root></div></body></html>"


@dataclass
class ArrState:
    """What an instance knows. Objects have the API's own fields; those that are None are left out of answers.

    Attributes:
        config: by name, as `config/NAME` has them.
        collections: by the API's names: ``qualityprofile``, ``customformat``, ``qualitydefinition``,
            ``downloadclient``, ``indexer``, ``rootfolder``; secrets in clear.
        queue: rows; those of a season pack have one ``downloadId``.
        titles: the series or movies that were added.
        known: what a lookup finds, by TVDB's or TMDB's number.
        commands: in order; each reading of one takes it a step further.
        searches: the items that were searched for, by whatever command or follow-up.
        picture: what every poster is.
        proxied: the hashes of the pictures elsewhere that it passes on, until it is started again.
        client_test: the error of a download client's test, which is made when it is saved.
    """

    status: Object
    config: dict[str, Object]
    collections: dict[str, list[Object]]
    health: list[Object] = field(default_factory=list)
    diskspace: list[Object] = field(default_factory=list)
    queue: list[Object] = field(default_factory=list)
    history: list[Object] = field(default_factory=list)
    blocklist: list[Object] = field(default_factory=list)
    titles: list[Object] = field(default_factory=list)
    known: dict[int, Object] = field(default_factory=dict)
    commands: list[Object] = field(default_factory=list)
    searches: list[int] = field(default_factory=list)
    removed_from_client: list[str] = field(default_factory=list)
    picture: bytes = field(default_factory=lambda: make_picture(200, 300))
    proxied: set[str] = field(default_factory=set)
    client_test: str | None = None


def make_picture(width: int, height: int) -> bytes:
    """A PNG, dark above and light below."""
    rows = b"".join(b"\0" + bytes([40 + 120 * row // height, 60, 90]) * width for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def bare(value: Any) -> Any:
    """An object as it is sent: without what is None."""
    if isinstance(value, dict):
        return {name: bare(part) for name, part in value.items() if part is not None}
    return [bare(part) for part in value] if isinstance(value, list) else value


def now(moment: datetime | None = None) -> str:
    """The moment, as they write it."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


class ArrBase(Fake[ArrState]):
    """Access, objects and settings.

    Attributes:
        clock: for tests in which time passes.
    """

    name: str
    clock: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def __init__(self, state: ArrState, *, api_key: str = "", url_base: str = "") -> None:
        super().__init__(state, api_key=api_key, url_base=url_base)
        state.config["host"]["apiKey"] = self.api_key
        state.config["host"]["urlBase"] = state.status["urlBase"] = self.url_base
        self.route("GET", f"{API}/system/status", lambda _: Answer(bare(self.state.status)))
        self.route("GET", f"{API}/health", lambda _: Answer(bare(self.state.health)))
        self.route("GET", f"{API}/diskspace", lambda _: Answer(bare(self.state.diskspace)))
        self.route("GET", f"{API}/mediacover/{{id}}/{{name}}", self._get_picture)
        self.route("GET", "/MediaCoverProxy/{name}/poster.jpg", self._get_proxied)
        for name in state.collections:
            self.route("GET", f"{API}/{name}", partial(self._get_items, name))
            self.route("GET", f"{API}/{name}/{{id}}", partial(self._get_item, name))
            if name != "rootfolder":
                self.route("PUT", f"{API}/{name}/{{id}}", partial(self._put_item, name))
        for name in state.config:
            self.route("GET", f"{API}/config/{name}", partial(self._get_config, name))
            self.route("GET", f"{API}/config/{name}/{{id}}", partial(self._get_config, name))
            self.route("PUT", f"{API}/config/{name}/{{id}}", partial(self._put_config, name))

    def now(self) -> str:
        """The moment by its clock."""
        return now(self.clock())

    # Access, and what is not there.

    def refuse(self, call: Call) -> Answer | None:
        if not call.path.startswith("/api"):
            return None
        given = call.headers.get("x-api-key") or call.query.get("apikey") or call.headers.get("authorization", "")[7:]
        return None if given == self.api_key else Answer(status=401, content_type="text/plain")

    def missing(self, call: Call) -> Answer:
        if call.path.startswith("/api"):
            return Answer({"message": "NotFound"}, 404)
        if self.state.config["host"]["authenticationMethod"] == "forms":
            where = f"{self.url_base}/login?returnUrl={quote(self.url_base + call.path, safe='')}"
            return Answer(status=302, content_type="text/html", headers={"location": where})
        return Answer(INDEX.format(name=self.name), content_type="text/html")

    def outside(self, path: str, query: str) -> Answer:
        where = f"{self.url_base}{path}" + (f"?{query}" if query else "")
        return Answer(status=307, content_type="text/plain", headers={"location": where})

    def target(self, request: Request) -> tuple[str, ...]:
        """With or without ``/api/v3/``."""
        return request.path, request.path.removeprefix(f"{API}/")

    # Objects.

    def _find(self, name: str, number: int) -> Object:
        found = next((item for item in self.state.collections[name] if item["id"] == number), None)
        if found is None:
            raise NotThereError
        return found

    @staticmethod
    def _outward(item: Object) -> Object:
        """With secrets masked."""
        if "fields" not in item:
            return item
        secret = ("apiKey", "password")
        fields = [
            {**one, "value": MASK} if one["privacy"] in secret and one.get("value") else one for one in item["fields"]
        ]
        return {**item, "fields": fields}

    def _get_items(self, name: str, _: Call) -> Answer:
        return Answer(bare([self._outward(item) for item in self.state.collections[name]]))

    def _get_item(self, name: str, call: Call) -> Answer:
        return Answer(bare(self._outward(self._find(name, call.id))))

    def _get_config(self, name: str, _: Call) -> Answer:
        return Answer(bare(self.state.config[name]))

    def _put_item(self, name: str, call: Call) -> Answer:
        current = self._find(name, call.id)
        refused, wanted = check(self.name, name, call.body, current, self.state)
        if refused:
            return refused
        items = self.state.collections[name]
        if "name" in wanted and any(item["name"] == wanted["name"] for item in items if item is not current):
            return Answer([error("name", wanted["name"], "Should be unique")], 400)
        kept = {entry["name"]: entry.get("value") for entry in current.get("fields", [])}
        for entry in wanted.get("fields", []):
            if entry.get("value") == MASK:
                entry["value"] = kept.get(entry["name"])
        wanted["id"] = call.id
        # It asks a download client before it saves it, unless there is nothing to save.
        tested = name == "downloadclient" and wanted["enable"] and wanted != current and not call.flag("forceSave")
        if tested and self.state.client_test:
            return Answer([error("host", None, self.state.client_test)], 400)
        items[items.index(current)] = wanted
        return Answer(bare(self._outward(wanted)), 202)

    def _put_config(self, name: str, call: Call) -> Answer:
        current = self.state.config[name]
        refused, wanted = check(self.name, f"config/{name}", call.body, current, self.state)
        if refused:
            return refused
        if name == "host":
            wanted["apiKey"] = self.api_key  # can only be made anew, by a command
        self.state.config[name] = {**wanted, "id": 1}
        return Answer(bare(self.state.config[name]), 202)

    # Pictures.

    def with_pictures(self, title: Object) -> Object:
        """A title as it is sent: its pictures are here, or passed on from elsewhere where it wasn't added."""
        images = []
        for image in title.get("images", []):
            remote = image.get("remoteUrl")
            if title.get("id"):
                url = f"{self.url_base}/MediaCover/{title['id']}/{image['coverType']}.jpg?lastWrite=638000000000000000"
            elif remote:
                name = hashlib.sha256(remote.encode()).hexdigest()
                self.state.proxied.add(name)
                url = f"{self.url_base}/MediaCoverProxy/{name}/{image['coverType']}.jpg"
            else:
                continue
            images.append({**image, "url": url})
        return {**title, "images": images}

    def _get_picture(self, call: Call) -> Answer:
        if not any(title["id"] == call.id and title.get("images") for title in self.state.titles):
            raise NotThereError
        return Answer(self.state.picture, content_type="image/jpeg")

    def _get_proxied(self, call: Call) -> Answer:
        # It belongs to its own pages, which the key opens for nobody.
        method = self.state.config["host"]["authenticationMethod"]
        if method in ("basic", "forms"):
            return Answer(status=401, content_type="text/plain") if method == "basic" else self.missing(call)
        if call.params["name"] not in self.state.proxied:
            return Answer({"message": "Url no longer in cache"}, 500)
        return Answer(self.state.picture, content_type="image/jpeg")

    def refuse_title(self, call: Call, key: str, code: str, exists: str) -> Answer | None:
        """The answer to a series or movie that can't be added."""
        body = call.body
        if not isinstance(body, dict):
            return unreadable("$", "The JSON value could not be converted")
        errors = [] if body.get(key) else [error(key, body.get(key), "must not be empty.")]
        if any(title[key] == body.get(key) for title in self.state.titles):
            errors.append({**error(key, body[key], exists), "errorCode": code})
        if not body.get("title"):
            errors.append(error("title", body.get("title"), "must not be empty."))
        roots = [root["path"].rstrip("/") for root in self.state.collections["rootfolder"]]
        if not body.get("path") and str(body.get("rootFolderPath")).rstrip("/") not in roots:
            errors.append(error("rootFolderPath", body.get("rootFolderPath"), "Root folder path does not exist"))
        if body.get("qualityProfileId") not in [profile["id"] for profile in self.state.collections["qualityprofile"]]:
            errors.append(error("qualityProfileId", body.get("qualityProfileId"), "Quality Profile does not exist"))
        return Answer(errors, 400) if errors else None
