"""What each client asks, and how it reads the answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from autoarr.upstream.arr import ArrClient, RadarrClient, SonarrClient
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.plex import PlexClient
from autoarr.upstream.sabnzbd import SabnzbdClient

KEY = "0123456789abcdef0123456789abcdef"
SPECS = Path(os.environ.get("AUTOARR_SPECS", Path(__file__).parent / "../../../shared/specs"))


class Service:
    """Answers by path, or with what a function makes of the request; remembers what it was asked."""

    def __init__(self, answers: dict[str, Any] | Callable[[httpx2.Request], httpx2.Response]) -> None:
        self.answers = answers
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if callable(self.answers):
            return self.answers(request)
        answer = self.answers.get(request.url.path, httpx2.Response(404, json={"message": "NotFound"}))
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    @property
    def last(self) -> httpx2.Request:
        return self.requests[-1]

    @property
    def query(self) -> dict[str, str]:
        """The newest request's parameters."""
        return dict(self.last.url.params)

    @property
    def form(self) -> dict[str, list[str]]:
        """The newest request's form."""
        return parse_qs(self.last.content.decode(), keep_blank_values=True, strict_parsing=True)

    def connect(self, maker: Callable[..., Any], kind: str) -> Any:
        connection = Connection(kind=kind, name="It", url="http://media/base", api_key=KEY)
        return maker(connection, transport=httpx2.MockTransport(self))

    def sonarr(self) -> SonarrClient:
        client: SonarrClient = self.connect(SonarrClient, "sonarr")
        return client

    def radarr(self) -> RadarrClient:
        client: RadarrClient = self.connect(RadarrClient, "radarr")
        return client

    def sabnzbd(self) -> SabnzbdClient:
        client: SabnzbdClient = self.connect(SabnzbdClient, "sabnzbd")
        return client

    def plex(self) -> PlexClient:
        client: PlexClient = self.connect(PlexClient, "plex")
        return client


def arr(path: str, answer: Any) -> Service:
    return Service({f"/base/api/v3/{path}": answer})


def sab(answer: Any) -> Service:
    return Service({"/base/api": answer})


def plex(path: str, container: Any) -> Service:
    return Service({f"/base{path}": {"MediaContainer": container}})


STATUS = {"appName": "Sonarr", "version": "4.0.15.2941", "instanceName": "TV", "urlBase": "/base", "isDocker": True}


class TestArr:
    async def test_it_says_what_it_is(self) -> None:
        service = arr("system/status", STATUS)

        identity = await service.sonarr().identify()

        assert (identity.application, identity.version) == ("Sonarr", "4.0.15.2941")
        assert identity.capabilities == {"instance_name": "TV", "url_base": "/base", "is_docker": True}
        assert service.last.headers["X-Api-Key"] == KEY
        assert KEY not in str(service.last.url)

    @pytest.mark.parametrize("version", ["v3", "v1"])
    async def test_something_else_is_named(self, version: str) -> None:
        answer = {"appName": "Prowlarr", "version": "1.30"}
        service = Service({f"/base/api/{version}/system/status": answer})

        with pytest.raises(UpstreamError) as caught:
            await service.radarr().identify()

        assert caught.value.cause is Cause.UNEXPECTED_APPLICATION
        assert caught.value.detail == "it is Prowlarr 1.30, not Radarr"

    async def test_nothing_of_the_kind(self) -> None:
        with pytest.raises(UpstreamError) as caught:
            await Service({}).radarr().identify()

        assert caught.value.cause is Cause.WRONG_URL_BASE
        assert caught.value.detail == "nothing of Radarr is at this address"

    async def test_a_wrong_key_is_no_other_application(self) -> None:
        with pytest.raises(UpstreamError) as caught:
            await arr("system/status", httpx2.Response(401)).sonarr().identify()

        assert caught.value.cause is Cause.AUTHENTICATION

    @pytest.mark.parametrize(("kind", "thing"), [("sonarr", "Series"), ("radarr", "Movie")])
    async def test_a_page_of_the_queue(self, kind: str, thing: str) -> None:
        record = {
            "id": 7,
            "downloadId": "SABnzbd_nzo_x",
            "size": 5e9,
            "statusMessages": [{"title": "Some", "messages": ["no"]}, {"title": "Other", "messages": None}],
            "added": "2026-01-31T12:00:00Z",
            "somethingNew": {"a": 1},
        }
        service = arr("queue", {"page": 2, "totalRecords": 61, "records": [record, {"id": 8, "statusMessages": None}]})
        client: ArrClient = service.sonarr() if kind == "sonarr" else service.radarr()

        page = await client.queue_page(2, 30)

        assert service.query == {"page": "2", "pageSize": "30", f"includeUnknown{thing}Items": "true"}
        assert (page.page, page.total) == (2, 61)
        first, second = page.records
        assert (first.id, first.download_id, first.size) == (7, "SABnzbd_nzo_x", 5e9)
        assert [message.messages for message in first.status_messages] == [["no"], []]
        assert first.added == datetime(2026, 1, 31, 12, tzinfo=UTC)
        assert second.download_id is None
        assert second.status_messages == []
        assert not hasattr(first, "something_new")

    @pytest.mark.parametrize(
        ("answer", "detail"),
        [
            ({"totalRecords": 1, "records": [{"downloadId": "x"}]}, "its answer has no field records[0].id"),
            (
                {"totalRecords": 2, "records": [{"id": 1}, {"id": 2, "statusMessages": [{"messages": [3]}]}]},
                "its answer's field records[1].statusMessages[0].messages[0] is unusable: "
                "Input should be a valid string",
            ),
            ({"totalRecords": 1, "records": None}, "its answer at records is not a list"),
            ({"totalRecords": 1, "records": ["x"]}, "its answer's field records[0] is unusable"),
            ({"totalRecords": 1}, "its answer has no field records"),
            ({"records": []}, "its answer has no field totalRecords"),
            ({"records": [], "totalRecords": "many"}, "its answer's field totalRecords is not a number"),
            ([], "its answer has no field records"),
            (None, "its answer has no field records"),
        ],
    )
    async def test_a_page_that_is_none(self, answer: Any, detail: str) -> None:
        with pytest.raises(UpstreamError) as caught:
            await arr("queue", answer).sonarr().queue_page()

        assert caught.value.cause is Cause.INVALID_ANSWER
        assert caught.value.detail.startswith(detail)

    async def test_counts_ask_for_one_row(self) -> None:
        service = arr("wanted/missing", {"totalRecords": 200_000})
        assert await service.sonarr().missing_count() == 200_000
        assert service.query == {"page": "1", "pageSize": "1", "monitored": "true"}

        service = arr("queue", {"totalRecords": 50_000, "records": []})
        assert await service.radarr().queue_count() == 50_000
        assert service.query == {"page": "1", "pageSize": "1", "includeUnknownMovieItems": "true"}

    async def test_lists(self) -> None:
        issue = {"source": "A", "type": "warning", "message": "m", "wikiUrl": "https://wiki.example/"}
        assert (await arr("health", [issue]).sonarr().health())[0].wiki_url == "https://wiki.example/"
        disk = {"path": "/tv", "freeSpace": 2**41, "totalSpace": 2**42}
        assert (await arr("diskspace", [disk]).sonarr().diskspace())[0].free_space == 2**41
        folder = {"id": 1, "path": "/tv", "accessible": False, "freeSpace": None, "unmappedFolders": [{"name": "x"}]}
        (found,) = await arr("rootfolder", [folder]).sonarr().root_folders()
        assert (found.path, found.accessible, found.free_space) == ("/tv", False, None)
        assert "unmapped" not in repr(found)

    async def test_history_since(self) -> None:
        event = {"id": 1, "eventType": "downloadFailed", "date": "2026-01-31T11:30:00Z", "data": {"message": None}}
        service = arr("history/since", [event])

        (found,) = await service.sonarr().history_since(datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=1))))

        assert service.query == {"date": "2026-01-31T11:00:00Z"}
        assert (found.event_type, found.data) == ("downloadFailed", {"message": None})

    async def test_raw_objects(self) -> None:
        service = arr("config/naming", {"id": 1, "renameEpisodes": False})
        client = service.sonarr()

        assert await client.get("config/naming") == {"id": 1, "renameEpisodes": False}
        await client.put("config/naming", {"id": 1, "renameEpisodes": True})
        assert (service.last.method, json.loads(service.last.content)) == ("PUT", {"id": 1, "renameEpisodes": True})
        await client.post("config/naming", [])
        assert (service.last.method, service.last.content) == ("POST", b"[]")
        await client.delete("config/naming", {"blocklist": "true"})
        assert (service.last.method, service.query) == ("DELETE", {"blocklist": "true"})

    async def test_commands(self) -> None:
        state = {"id": 5, "name": "MoviesSearch", "status": "queued"}
        service = Service({"/base/api/v3/command": state, "/base/api/v3/command/5": {**state, "status": "completed"}})
        client = service.radarr()

        assert (await client.command("MoviesSearch", movieIds=[3])).id == 5
        assert json.loads(service.last.content) == {"name": "MoviesSearch", "movieIds": [3]}
        assert (await client.command_state(5)).status == "completed"


SLOT = {"nzo_id": "n1", "filename": "A", "status": "Downloading", "mb": "10.5", "priority": 0, "password": "secret"}
QUEUE = {"paused": 1, "noofslots_total": "3", "diskspace1": "2.5", "slots": [SLOT]}


class TestSabnzbd:
    async def test_it_says_what_it_is(self) -> None:
        service = sab({"version": "4.5.1", "queue": QUEUE})

        identity = await service.sabnzbd().identify()

        assert (identity.application, identity.version) == ("SABnzbd", "4.5.1")
        assert [dict(request.url.params)["mode"] for request in service.requests] == ["version", "queue"]

    async def test_a_wrong_key(self) -> None:
        def answer(request: httpx2.Request) -> httpx2.Response:
            if request.url.params["mode"] == "version":
                return httpx2.Response(200, json={"version": "4.5.1"})
            return httpx2.Response(403, headers={"Content-Type": "text/html;charset=utf-8"}, text="API Key Incorrect")

        with pytest.raises(UpstreamError) as caught:
            await Service(answer).sabnzbd().identify()

        assert caught.value.cause is Cause.AUTHENTICATION
        assert caught.value.detail == "it refused access (403): API Key Incorrect"

    @pytest.mark.parametrize(
        ("answer", "cause"),
        [
            ({"current": "v3"}, Cause.UNEXPECTED_APPLICATION),
            (httpx2.Response(404), Cause.WRONG_URL_BASE),
            (httpx2.Response(200, text="<html>"), Cause.WRONG_URL_BASE),
        ],
    )
    async def test_something_else(self, answer: Any, cause: Cause) -> None:
        with pytest.raises(UpstreamError) as caught:
            await sab(answer).sabnzbd().identify()

        assert caught.value.cause is cause

    async def test_its_queue(self) -> None:
        service = sab({"queue": QUEUE})

        queue = await service.sabnzbd().queue(20, 10)

        assert service.query == {"start": "20", "limit": "10", "mode": "queue", "output": "json", "apikey": KEY}
        assert (queue.paused, queue.total, queue.diskspace1) == (True, 3, 2.5)
        (slot,) = queue.slots
        assert (slot.nzo_id, slot.mb, slot.priority) == ("n1", 10.5, "0")
        assert "secret" not in repr(queue)

    async def test_never_all_of_it(self) -> None:
        service = sab({"queue": QUEUE, "history": {"noofslots": 0, "slots": []}})
        client = service.sabnzbd()

        await client.queue(0, 0)
        assert service.query["limit"] == "1"
        await client.history(0, 0)
        assert service.query["limit"] == "1"

    async def test_its_history(self) -> None:
        slot = {"nzo_id": "n", "name": "A", "status": "Failed", "fail_message": "Aborted", "bytes": 5, "completed": 6}
        service = sab({"history": {"noofslots": 9, "slots": [slot]}})

        history = await service.sabnzbd().history(failed_only=True)

        assert service.query["failed_only"] == "1"
        assert (history.total, history.slots[0].fail_message) == (9, "Aborted")

    async def test_its_state_and_warnings(self) -> None:
        assert await sab({"status": {"loglevel": "1"}}).sabnzbd().full_status() == {"loglevel": "1"}
        answer = {"warnings": [{"type": "WARNING", "text": "disk", "time": 1}]}
        assert (await sab(answer).sabnzbd().warnings())[0].text == "disk"

    async def test_its_configuration(self) -> None:
        service = sab({"config": {"misc": {"port": "8080"}}})

        assert await service.sabnzbd().get_config("misc", "port") == {"misc": {"port": "8080"}}
        assert (service.query["section"], service.query["keyword"]) == ("misc", "port")
        await service.sabnzbd().get_config()
        assert service.query == {"mode": "get_config", "output": "json", "apikey": KEY}

    async def test_values_are_written_one_by_one(self) -> None:
        def answer(request: httpx2.Request) -> httpx2.Response:
            form = parse_qs(request.content.decode(), keep_blank_values=True)
            return httpx2.Response(200, json={"config": {"misc": {form["keyword"][0]: form["value"][0]}}})

        service = Service(answer)
        values = {"flat_unpack": True, "unwanted_extensions": ["exe", "com"], "download_free": "10G", "email_to": None}

        now = await service.sabnzbd().set_config("misc", values)

        expected = {"flat_unpack": "1", "unwanted_extensions": "exe,com", "download_free": "10G", "email_to": ""}
        assert now == {"misc": expected}
        assert len(service.requests) == 4
        assert service.form == {
            "keyword": ["email_to"],
            "value": [""],
            "section": ["misc"],
            "mode": ["set_config"],
            "output": ["json"],
            "apikey": [KEY],
        }
        assert service.last.method == "POST"
        assert KEY not in str(service.last.url)

    async def test_objects_are_written_by_name(self) -> None:
        service = sab({"config": {"sorters": [{"name": "Series"}]}})

        await service.sabnzbd().set_config("sorters", {"is_active": False, "sort_cats": ["my tv"]}, keyword="Series")

        assert service.form["keyword"] == ["Series"]
        assert (service.form["is_active"], service.form["sort_cats"]) == (["0"], ["my tv,"])
        assert len(service.requests) == 1

    async def test_some_values_were_written(self) -> None:
        def answer(request: httpx2.Request) -> httpx2.Response:
            if len(service.requests) == 1:
                return httpx2.Response(200, json={"config": {"misc": {"a": 1}}})
            return httpx2.Response(200, json={"status": False, "error": "Configuration locked"})

        service = Service(answer)
        with pytest.raises(UpstreamError) as caught:
            await service.sabnzbd().set_config("misc", {"a": 1, "b": 2})

        assert (caught.value.cause, caught.value.sent) == (Cause.REJECTED, True)
        assert caught.value.detail == "it refused: Configuration locked"

    @pytest.mark.parametrize(
        ("answer", "cause"),
        [
            ({"status": False, "error": "not implemented"}, Cause.REJECTED),
            ({"status": 0, "error": "item does not exist"}, Cause.NOT_FOUND),
            ({"status": False, "error": "Config item does not exist"}, Cause.NOT_FOUND),
            ({"status": False, "nzo_ids": []}, Cause.NOT_FOUND),
            ({"status": False, "error": "API Key Incorrect"}, Cause.AUTHENTICATION),
            ([], Cause.INVALID_ANSWER),
            ("ok", Cause.INVALID_ANSWER),
        ],
    )
    async def test_a_success_that_is_none(self, answer: Any, cause: Cause) -> None:
        with pytest.raises(UpstreamError) as caught:
            await sab(answer).sabnzbd().pause()

        assert caught.value.cause is cause

    async def test_what_it_does(self) -> None:
        service = sab({"status": True, "nzo_id": "new"})
        client = service.sabnzbd()

        assert await client.retry("old") == "new"
        assert (service.form["mode"], service.form["value"]) == (["retry"], ["old"])
        await client.pause()
        await client.resume()
        assert service.form["mode"] == ["resume"]
        await client.delete("n1")
        assert [service.form[name] for name in ("mode", "name", "value")] == [["queue"], ["delete"], ["n1"]]


SECTION = {"key": "2", "title": "TV", "type": "show", "Location": [{"id": 3, "path": "/tv"}, {"id": 4, "path": "/b"}]}


class TestPlex:
    async def test_it_says_what_it_is(self) -> None:
        identity = {"machineIdentifier": "abc", "version": "1.41.0", "claimed": True}
        service = Service(
            {
                "/base/identity": {"MediaContainer": identity},
                "/base/library/sections": {"MediaContainer": {"size": 1, "Directory": [SECTION]}},
            }
        )

        found = await service.plex().identify()

        assert (found.application, found.version) == ("Plex Media Server", "1.41.0")
        assert found.capabilities == {"machine_identifier": "abc", "libraries": 1}
        assert service.last.headers["X-Plex-Token"] == KEY
        assert KEY not in str(service.last.url)

    async def test_a_wrong_token(self) -> None:
        identity = {"machineIdentifier": "abc", "version": "1.41.0"}
        refusal = httpx2.Response(401, text="<html><head><title>Unauthorized</title>")
        service = Service({"/base/identity": {"MediaContainer": identity}, "/base/library/sections": refusal})

        with pytest.raises(UpstreamError) as caught:
            await service.plex().identify()

        assert caught.value.cause is Cause.AUTHENTICATION

    @pytest.mark.parametrize(
        ("answer", "cause"),
        [
            ({"version": "4"}, Cause.UNEXPECTED_APPLICATION),
            ({"MediaContainer": {"version": "4"}}, Cause.UNEXPECTED_APPLICATION),
            (httpx2.Response(200, text="<!doctype html><title>Sonarr</title>"), Cause.WRONG_URL_BASE),
            (httpx2.Response(404), Cause.WRONG_URL_BASE),
        ],
    )
    async def test_something_else(self, answer: Any, cause: Cause) -> None:
        with pytest.raises(UpstreamError) as caught:
            await Service({"/base/identity": answer}).plex().identify()

        assert caught.value.cause is cause

    async def test_its_libraries(self) -> None:
        (section,) = await plex("/library/sections", {"size": 1, "Directory": [SECTION]}).plex().sections()
        assert (section.key, section.type, section.paths) == ("2", "show", ["/tv", "/b"])
        assert await plex("/library/sections", {"size": 0}).plex().sections() == []

    @pytest.mark.parametrize(
        ("container", "detail"),
        [
            ({"size": 1}, "its answer has no field MediaContainer.Directory"),
            ({}, "its answer has no field MediaContainer.size"),
            ({"Directory": [{"key": "1", "title": "T"}]}, "its answer has no field MediaContainer.Directory[0].type"),
            ([], "its answer's MediaContainer is not an object"),
        ],
    )
    async def test_libraries_that_are_none(self, container: Any, detail: str) -> None:
        with pytest.raises(UpstreamError) as caught:
            await plex("/library/sections", container).plex().sections()

        assert (caught.value.cause, caught.value.detail) == (Cause.INVALID_ANSWER, detail)

    async def test_looking_for_changes(self) -> None:
        service = Service({"/base/library/sections/2/refresh": httpx2.Response(200)})

        await service.plex().refresh_section("2", "/tv/A & B")
        assert service.query == {"path": "/tv/A & B"}
        await service.plex().refresh_section("2")
        assert service.query == {}

    async def test_who_watches(self) -> None:
        session = {
            "title": "Pilot",
            "type": "episode",
            "grandparentTitle": "Show",
            "ratingKey": 5,
            "viewOffset": 1000,
            "User": {"title": "ada"},
            "Player": {"title": "TV", "state": "playing"},
            "TranscodeSession": {"videoDecision": "transcode"},
        }
        service = plex("/status/sessions", {"size": 2, "Metadata": [session, {"title": "Film", "type": "movie"}]})

        first, second = await service.plex().sessions()

        assert (first.user, first.player, first.state, first.decision) == ("ada", "TV", "playing", "transcode")
        assert (first.rating_key, first.grandparent_title, first.view_offset) == ("5", "Show", 1000)
        assert (second.user, second.decision) == (None, None)

    async def test_searching(self) -> None:
        hubs = [
            {"type": "actor", "Directory": [{"tag": "x"}]},
            {"type": "movie", "Metadata": [{"title": "Film", "type": "movie", "year": 1999, "ratingKey": "7"}]},
            {"type": "show"},
        ]
        service = plex("/hubs/search", {"size": 3, "Hub": hubs})

        (found,) = await service.plex().search("fi lm", 3)

        assert service.query == {"query": "fi lm", "limit": "3"}
        assert (found.title, found.year, found.rating_key) == ("Film", 1999, "7")

    async def test_its_settings(self) -> None:
        settings = [{"id": "FSEvent", "value": False}, {"id": "Butler", "value": 2}, {"id": "name", "value": ""}]
        service = plex("/:/prefs", {"size": 3, "Setting": settings})

        assert await service.plex().prefs() == {"FSEvent": False, "Butler": 2, "name": ""}
        await service.plex().put_prefs({"FSEvent": True, "Butler": 3})
        assert (service.last.method, service.query) == ("PUT", {"FSEvent": "1", "Butler": "3"})


def recorded(file: str) -> Any:
    path = SPECS / "exportarr" / file
    if not path.exists():
        pytest.skip("the recorded answers are not here")
    return json.loads(path.read_text(encoding="utf-8"))


class TestRecorded:
    """Answers of real services, as exportarr's own tests have them."""

    async def test_status(self) -> None:
        status = await arr("system/status", recorded("arr/testdata/common/v3_system_status.json")).radarr().identify()
        assert (status.application, status.version) == ("Radarr", "5.0.3.8127")

    async def test_queue(self) -> None:
        service = arr("queue", recorded("arr/testdata/common/v3_queue.json"))
        page = await service.radarr().queue_page()
        assert page.total == 3
        assert page.records[0].download_id == "SABnzbd_nzo_asdf1234"
        assert page.records[0].tracked_download_status == "warning"
        assert page.records[0].status_messages[0].messages

    async def test_lists(self) -> None:
        common = "arr/testdata/common"
        assert len(await arr("health", recorded(f"{common}/v3_health.json")).sonarr().health()) == 1
        assert len(await arr("diskspace", recorded(f"{common}/v3_diskspace.json")).sonarr().diskspace()) == 2
        assert len(await arr("rootfolder", recorded(f"{common}/v3_rootfolder.json")).sonarr().root_folders()) == 1

    async def test_missing(self) -> None:
        service = arr("wanted/missing", recorded("arr/testdata/sonarr/v3_wanted_missing.json"))
        assert await service.sonarr().missing_count() == 1179

    async def test_sabnzbd(self) -> None:
        queue = await sab(recorded("sabnzbd/testdata/queue.json")).sabnzbd().queue()
        assert (queue.total, queue.paused, queue.mb, queue.diskspace1) == (2, False, 3062.97, 34773.6)
