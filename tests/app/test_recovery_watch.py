"""What a look at the services finds: each failed or stuck download once, and nothing where nothing is known."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from autoarr.actors import SYSTEM
from autoarr.context import Context
from autoarr.jobs.registry import JobRun, find_handler
from autoarr.models import Option, Recovery
from autoarr.recovery import watch
from autoarr.recovery.asking import as_bytes
from autoarr.recovery.seen import Media, Seen, dump, load
from autoarr.recovery.watch import KEY, look
from tests.app.fakes import FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.fakes.sabnzbd_data import history_slot, slot
from tests.app.recovery_services import MISSING
from tests.app.services_stage import context_of, context_with

if TYPE_CHECKING:
    from fastapi import FastAPI

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOGIN = "Failed login for server news.example.invalid [481 wrong user or password]"
FULL = "Disk full! Forcing Pause"
BLOCKED: dict[str, Any] = {
    "status": "completed",
    "trackedDownloadStatus": "warning",
    "trackedDownloadState": "importBlocked",
}


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def fail(
    sabnzbd: FakeSabnzbd, download: str, message: str = MISSING, at: datetime = NOW - timedelta(minutes=5), **more: Any
) -> None:
    """Have SABnzbd tell of a failure."""
    moments = {"completed": int(at.timestamp()), "time_added": int(at.timestamp()) - 600}
    fields = {"nzo_id": download, "status": "Failed", "fail_message": message, "retry": True, **moments, **more}
    sabnzbd.state.history.insert(0, history_slot(1, **fields))


def warn(sabnzbd: FakeSabnzbd, text: str, at: datetime) -> None:
    """Have it in SABnzbd's log."""
    sabnzbd.state.warnings.append({"type": "WARNING", "text": text, "time": int(at.timestamp()), "origin": ""})


@pytest.fixture
async def context(app: FastAPI, sonarr: FakeSonarr, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> Context:
    """Of an application with one of each."""
    return await context_with(app, sonarr=sonarr, radarr=radarr, sabnzbd=sabnzbd)


async def see(context: Context, now: datetime = NOW) -> list[Seen]:
    return (await look(context, now)).seen


async def the_one(context: Context, now: datetime = NOW) -> Seen:
    (seen,) = await see(context, now)
    return seen


async def run(context: Context) -> dict[str, Any]:
    job = JobRun(id=uuid.uuid4(), kind="watch", key="all", payload={}, attempt=1, actor=SYSTEM)
    result = await find_handler("watch").run(context, job)
    assert result is not None
    return result


async def recoveries(context: Context) -> list[Recovery]:
    async with context.database.sessions() as session:
        return list(await session.scalars(select(Recovery).order_by(Recovery.created_at)))


async def test_a_pack_is_one_download_of_its_owner(context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd) -> None:
    rows = sonarr.add_to_queue(episodes=3, status="failed", trackedDownloadState="failedPending", errorMessage=MISSING)
    fail(sabnzbd, rows[0]["downloadId"], name="Pack")
    seen = await the_one(context)
    assert (seen.owner and seen.owner.kind, seen.client and seen.client.kind) == ("sonarr", "sabnzbd")
    assert seen.media == Media(series_id=1, season=1, episode_ids=(1, 2, 3))
    assert (seen.stage, seen.failure, seen.message, seen.title) == ("failed", "missing", MISSING, "Pack")
    assert seen.queue_ids == tuple(row["id"] for row in rows)
    assert (seen.still_in_client, seen.retryable) == (True, True)
    assert seen.occurred_at == NOW - timedelta(minutes=5)
    assert load(dump(seen)) == seen


async def test_what_goes_well_is_not_seen(context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd) -> None:
    sonarr.add_to_queue(episodes=2)
    sonarr.add_to_queue(trackedDownloadStatus="warning", statusMessages=[{"title": "Unable to parse", "messages": []}])
    sabnzbd.state.queue.append(slot(1))
    sabnzbd.state.history.append(history_slot(1, completed=int(NOW.timestamp())))
    assert await see(context) == []


async def test_what_nobody_grabbed_belongs_to_sabnzbd(context: Context, sabnzbd: FakeSabnzbd) -> None:
    fail(sabnzbd, "SABnzbd_nzo_own", "Duplicate NZB", category="software")
    seen = await the_one(context)
    assert (seen.owner, seen.keeper.kind, seen.failure) == (None, "sabnzbd", "duplicate")


async def test_who_grabbed_it_long_ago_is_looked_up(context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> None:
    event = {"downloadId": "SABnzbd_nzo_old", "sourceTitle": "Film", "movieId": 7, "date": iso(NOW - timedelta(days=9))}
    radarr.add_history("grabbed", **event)
    fail(sabnzbd, "SABnzbd_nzo_old")
    seen = await the_one(context)
    assert (seen.owner and seen.owner.kind, seen.media.movie_id) == ("radarr", 7)


async def test_more_than_can_be_looked_up_waits_for_the_next_look(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That somebody's is nobody's is not said before it is known."""
    monkeypatch.setattr(watch, "LOOKUPS", 1)
    now = datetime.now(UTC)
    for number in (1, 2, 3):
        fail(sabnzbd, f"SABnzbd_nzo_{number}", at=now - timedelta(minutes=number))
    found = [await run(context) for _ in range(4)]
    assert [(one["seen"], one["new"]) for one in found] == [(1, 1), (2, 1), (3, 1), (3, 0)]
    asked = [request for request in radarr.requests if "downloadId" in request.query]
    assert len(asked) == 3


@pytest.mark.parametrize("away", ["sonarr", "sabnzbd"])
async def test_a_service_that_is_away_changes_nothing(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd, away: str
) -> None:
    """Nobody owns it, or it is gone: neither is known while one of them is away."""
    fail(sabnzbd, "SABnzbd_nzo_1")
    (sonarr if away == "sonarr" else sabnzbd).fail("", 500)
    found = await look(context, NOW)
    assert found.seen == []
    assert list(found.away) == [away.capitalize()]
    assert len(found.answered) == 2


async def test_the_owner_alone_tells_of_it_while_sabnzbd_is_away(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    sonarr.add_to_queue(status="failed", trackedDownloadState="failedPending", errorMessage=MISSING)
    sabnzbd.fail("", 500)
    seen = await the_one(context)
    assert (seen.failure, seen.client, seen.still_in_client) == ("missing", None, None)


@pytest.mark.parametrize(
    ("messages", "failure", "stage"),
    [
        ([{"title": "S01E01.mkv", "messages": ["Not a quality revision upgrade for existing episode file(s)"]}],
         "not_an_upgrade", "import_blocked"),
        ([{"title": "One or more episodes expected in this release were not imported or missing from the release",
           "messages": []},
          {"title": "S01E01.mkv", "messages": ["Not a quality revision upgrade for existing episode file(s)"]}],
         "not_an_upgrade", "import_blocked"),
        ([{"title": "x", "messages": ["Series title mismatch; automatic import is not possible. Check"]}],
         "import_blocked", "import_blocked"),
        ([{"title": "x", "messages": ["Something that is not known"]}], "import_blocked", "import_blocked"),
        ([{"title": "Not an upgrade for existing movie file", "messages": ["Something else"]}],
         "import_blocked", "import_blocked"),
        ([{"title": "x", "messages": ["Not enough free space"]}], "local", "import_blocked"),
        ([{"title": "x", "messages": ["Caution: Found executable file with extension: '.exe'"]}],
         "bad_release", "import_blocked"),
        ([{"title": "x", "messages": ["Download wasn't grabbed by Sonarr and not in a category, Skipping."]}],
         "not_grabbed", "not_grabbed"),
    ],
    ids=["no upgrade", "a pack, no upgrade", "mismatch", "unknown", "a title", "no room", "program", "not grabbed"],
)  # fmt: skip
async def test_what_is_not_imported_is_told_by_its_messages(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd, messages: list[Any], failure: str, stage: str
) -> None:
    (row,) = sonarr.add_to_queue(statusMessages=messages, **BLOCKED)
    done = int((NOW - timedelta(minutes=40)).timestamp())
    sabnzbd.state.history.append(history_slot(1, nzo_id=row["downloadId"], completed=done))
    seen = await the_one(context)
    assert (seen.failure, seen.stage, seen.still_in_client) == (failure, stage, True)
    assert seen.keeper.kind == "sonarr"
    assert stage == "not_grabbed" or seen.occurred_at == NOW - timedelta(minutes=40)
    assert messages[-1]["messages"][-1] in seen.message


async def test_failed_and_not_grabbed_is_not_grabbed_unless_the_machine_failed(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    said = "Download has failed wasn't grabbed by Sonarr, skipping automatic download handling"
    shared: dict[str, Any] = {"status": "failed", "trackedDownloadStatus": "warning", "grabbed": False}
    first, second = (
        sonarr.add_to_queue(statusMessages=[{"title": "x", "messages": [said]}], **shared)[0]["downloadId"]
        for _ in "12"
    )
    fail(sabnzbd, first)
    fail(sabnzbd, second, "Failed to move files")
    assert {seen.download_id: (seen.failure, seen.stage) for seen in await see(context)} == {
        first: ("not_grabbed", "not_grabbed"),
        second: ("local", "failed"),
    }


async def test_without_a_message_the_log_of_its_processing_counts(context: Context, sabnzbd: FakeSabnzbd) -> None:
    log = [
        {"name": "Download", "actions": ["Downloaded in 1 sec", "3 articles were missing"]},
        {"name": "Unpack", "actions": ["Failed moving /incomplete/x to /complete/x"]},
    ]
    fail(sabnzbd, "SABnzbd_nzo_1", "", stage_log=log)
    seen = await the_one(context)
    assert (seen.failure, seen.message) == ("local", "Failed moving /incomplete/x to /complete/x")


async def test_nothing_said_at_all_is_asked_about(context: Context, sabnzbd: FakeSabnzbd) -> None:
    fail(sabnzbd, "SABnzbd_nzo_1", "")
    seen = await the_one(context)
    assert (seen.failure, seen.message) == ("unclassified", "")


async def test_another_language_is_asked_about_whoever_passes_it_on(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    sabnzbd.state.config["misc"]["language"] = "de"
    said = "Abgebrochen, kann nicht fertiggestellt werden"
    fail(sabnzbd, "SABnzbd_nzo_1", said)
    (row,) = sonarr.add_to_queue(status="failed", trackedDownloadState="failedPending", errorMessage=MISSING)
    seen = {one.download_id: (one.failure, one.message) for one in await see(context)}
    assert seen == {"SABnzbd_nzo_1": ("unclassified", said), row["downloadId"]: ("unclassified", MISSING)}


# What the news server did.


@pytest.mark.parametrize(
    ("warned", "over", "failure"),
    [
        (timedelta(minutes=6), False, "local"),
        (timedelta(minutes=6), True, "local"),
        (timedelta(days=2), False, "local"),
        (timedelta(days=2), True, "missing"),
        (timedelta(minutes=1), False, "missing"),
        (None, False, "local"),
    ],
    ids=["then, still", "then", "since long", "over long ago", "afterwards", "still, nobody knows since when"],
)
async def test_a_refused_login_is_no_missing_article(
    context: Context, sabnzbd: FakeSabnzbd, monkeypatch: pytest.MonkeyPatch, warned: timedelta | None, over: bool,
    failure: str,
) -> None:  # fmt: skip
    if warned:
        warn(sabnzbd, LOGIN, NOW - warned)
    warn(sabnzbd, "Cannot read /x", NOW - timedelta(minutes=6))
    usual = sabnzbd._full_status

    def status(fields: dict[str, str]) -> dict[str, Any]:
        answer = usual(fields)
        answer["status"]["servers"][0]["servererror"] = "" if over else LOGIN
        return answer

    monkeypatch.setattr(sabnzbd, "_full_status", status)
    fail(sabnzbd, "SABnzbd_nzo_1")
    seen = await the_one(context)
    assert seen.failure == failure
    assert seen.message == MISSING
    assert (LOGIN in seen.reason) == (failure == "local")


async def test_once_local_it_stays_local(context: Context, sabnzbd: FakeSabnzbd) -> None:
    fail(sabnzbd, "SABnzbd_nzo_1", at=datetime.now(UTC) - timedelta(minutes=2))
    warn(sabnzbd, LOGIN, datetime.now(UTC) - timedelta(minutes=3))
    await run(context)
    sabnzbd.state.warnings.clear()
    seen = await the_one(context, datetime.now(UTC))
    assert seen.failure == "local"
    assert LOGIN in seen.reason


# What waits in the queue.


@pytest.mark.parametrize(
    ("labels", "status", "failure"),
    [
        (["ENCRYPTED"], "Paused", "bad_release"),
        (["DUPLICATE"], "Paused", "duplicate"),
        (["UNWANTED"], "Paused", "bad_release"),
        (["DUPLICATE"], "Downloading", None),
        (["PROPAGATING 5 min"], "Paused", None),
        ([], "Paused", None),
    ],
    ids=["encrypted", "duplicate", "unwanted", "goes on", "propagating", "a person's"],
)
async def test_what_sabnzbd_holds_back_is_stuck(
    context: Context, sabnzbd: FakeSabnzbd, labels: list[str], status: str, failure: str | None
) -> None:
    sabnzbd.state.queue.append(slot(1, labels=labels, status=status))
    found = {seen.failure: seen.stage for seen in await see(context)}
    assert found == ({failure: "stuck"} if failure else {})


@pytest.mark.parametrize(
    ("paused", "free", "warned", "seen"),
    [
        (True, 0.01, True, True),
        (True, 50.0, True, False),
        (False, 0.01, True, False),
        (True, 0.01, False, False),
    ],
    ids=["full", "paused by somebody since", "goes on", "paused by somebody"],
)
async def test_a_full_disk_holds_up_the_first_of_the_queue(
    context: Context, sabnzbd: FakeSabnzbd, paused: bool, free: float, warned: bool, seen: bool
) -> None:
    sabnzbd.state.queue += [slot(1), slot(2)]
    sabnzbd.state.paused, sabnzbd.state.free_gb = paused, free
    if warned:
        warn(sabnzbd, FULL, NOW - timedelta(minutes=3))
    found = [(one.download_id, one.failure, one.stage, one.message) for one in await see(context)]
    assert found == ([(slot(1)["nzo_id"], "local", "stuck", FULL)] if seen else [])


async def test_room_that_is_wanted_free_counts(context: Context, sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.state.queue.append(slot(1))
    sabnzbd.state.paused, sabnzbd.state.free_gb = True, 15.0
    sabnzbd.state.config["misc"]["download_free"] = "20G"
    warn(sabnzbd, "Too little diskspace forcing PAUSE", NOW - timedelta(minutes=3))
    assert (await the_one(context)).failure == "local"


async def test_one_that_waited_for_room_goes_on(context: Context, sabnzbd: FakeSabnzbd) -> None:
    sabnzbd.state.queue.append(slot(1))
    sabnzbd.state.paused, sabnzbd.state.free_gb = True, 0.0
    now = datetime.now(UTC)
    warn(sabnzbd, FULL, now - timedelta(minutes=3))
    await run(context)
    sabnzbd.state.free_gb = 100.0
    waiting = await the_one(context, now)
    assert (waiting.goes_on, waiting.message) == (False, FULL)
    sabnzbd.state.paused = False
    assert (await the_one(context, now)).goes_on
    sabnzbd.state.queue.clear()
    gone = await the_one(context, now)
    assert (gone.goes_on, gone.still_in_client) == (False, False)


@pytest.mark.parametrize(
    ("size", "number"),
    [("", 0), ("20G", 20 * 2**30), ("1.5 M", 3 * 2**19), ("7", 7), ("x", 0), (None, 0), ("2TB", 2**41)],
)
def test_sizes_are_read_as_sabnzbd_writes_them(size: Any, number: int) -> None:
    assert as_bytes(size) == number


# What Sonarr and Radarr did themselves.


def noted(sonarr: FakeSonarr, rows: list[dict[str, Any]], at: datetime, message: str = MISSING) -> None:
    """Have Sonarr note a failure."""
    for row in rows:
        fields = {name: row[name] for name in ("downloadId", "seriesId", "episodeId")}
        sonarr.add_history(
            "downloadFailed", **fields, sourceTitle=row["title"], date=iso(at), data={"message": message}
        )


async def test_a_failure_that_only_the_history_still_knows(context: Context, sonarr: FakeSonarr) -> None:
    rows = sonarr.add_to_queue(episodes=2)
    sonarr.state.queue.clear()
    noted(sonarr, rows, NOW - timedelta(minutes=4))
    seen = await the_one(context)
    assert (seen.failure, seen.media.episode_ids, seen.still_in_client) == ("missing", (1, 2), False)
    assert seen.native.failed_at == NOW - timedelta(minutes=4)
    assert (seen.native.grabbed_as, seen.native.imported_at) == (None, None)


async def test_what_somebody_marked_as_failed_did_not_fail(context: Context, sonarr: FakeSonarr) -> None:
    rows = sonarr.add_to_queue()
    sonarr.state.queue.clear()
    noted(sonarr, rows, NOW, "Manually marked as failed")
    assert await see(context) == []


async def test_it_counts_as_grabbed_again_only_with_all_its_episodes(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    rows = sonarr.add_to_queue(episodes=2)
    fail(sabnzbd, rows[0]["downloadId"])
    noted(sonarr, rows, NOW - timedelta(minutes=4))

    def happens(kind: str, episode: int, download: str, minutes: int) -> None:
        moment = iso(NOW - timedelta(minutes=minutes))
        sonarr.add_history(kind, seriesId=1, episodeId=episode, downloadId=download, sourceTitle="x", date=moment)

    happens("grabbed", 1, "before", 30)
    happens("grabbed", 2, "before", 30)
    happens("grabbed", 1, "again", 3)
    assert (await the_one(context)).native.grabbed_as is None
    happens("grabbed", 2, "again too", 2)
    native = (await the_one(context)).native
    assert (native.grabbed_as, native.grabbed_at) == ("again too", NOW - timedelta(minutes=2))
    happens("downloadFolderImported", 1, "again", 1)
    assert (await the_one(context)).native.imported_at is None
    happens("downloadFolderImported", 2, "again too", 0)
    assert (await the_one(context)).native.imported_at == NOW


async def test_other_protocols_are_left_alone(context: Context, sonarr: FakeSonarr) -> None:
    sonarr.add_to_queue(status="failed", trackedDownloadState="failed", protocol="torrent")
    assert await see(context) == []


# Keeping it.


async def test_a_look_is_kept_once(context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd) -> None:
    now = datetime.now(UTC)
    rows = sonarr.add_to_queue(episodes=2, status="failed", trackedDownloadState="failedPending", errorMessage=MISSING)
    fail(sabnzbd, rows[0]["downloadId"], at=now - timedelta(minutes=1))
    assert await run(context) == {"seen": 1, "new": 1, "away": {}}
    assert await run(context) == {"seen": 1, "new": 0, "away": {}}
    (recovery,) = await recoveries(context)
    assert (recovery.failure, recovery.owner_kind, recovery.media["episode_ids"]) == ("missing", "sonarr", [1, 2])


async def test_one_that_vanished_is_still_told_of(context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd) -> None:
    now = datetime.now(UTC)
    rows = sonarr.add_to_queue(status="failed", trackedDownloadState="failedPending", errorMessage=MISSING)
    fail(sabnzbd, rows[0]["downloadId"], at=now - timedelta(minutes=1))
    await run(context)
    sonarr.state.queue.clear()
    sabnzbd.state.history.clear()
    seen = await the_one(context, now)
    assert (seen.failure, seen.media.episode_ids) == ("missing", (1,))
    assert (seen.queue_ids, seen.still_in_client, seen.retryable) == ((), False, False)
    sonarr.fail("", 500)
    assert await see(context, now) == []


async def test_a_retry_is_followed_by_its_new_id_and_an_episode_of_a_pack_not_at_all(
    context: Context, sabnzbd: FakeSabnzbd
) -> None:
    now = datetime.now(UTC)
    fail(sabnzbd, "SABnzbd_nzo_1", at=now - timedelta(minutes=1))
    await run(context)
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(download_id="SABnzbd_nzo_2"))
    sabnzbd.state.history.clear()
    sabnzbd.state.queue.append(slot(1, nzo_id="SABnzbd_nzo_2"))
    again = await the_one(context, now)
    assert (again.download_id, again.still_in_client, again.goes_on) == ("SABnzbd_nzo_2", True, True)
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(download_id=None))
    assert await see(context, now) == []


async def test_what_ended_is_not_taken_up_again(context: Context, sabnzbd: FakeSabnzbd) -> None:
    now = datetime.now(UTC)
    fail(sabnzbd, "SABnzbd_nzo_1", at=now - timedelta(minutes=1))
    await run(context)
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(state="given_up", ended_at=now))
    assert await see(context, now + timedelta(minutes=1)) == []
    fail(sabnzbd, "SABnzbd_nzo_2", at=now)
    assert [seen.download_id for seen in await see(context, now + timedelta(minutes=1))] == ["SABnzbd_nzo_2"]


@pytest.mark.parametrize("ended_ago", [timedelta(0), timedelta(days=20)])
async def test_what_is_blocked_for_weeks_is_taken_up_once(
    context: Context, sonarr: FakeSonarr, ended_ago: timedelta
) -> None:
    """SABnzbd has forgotten it, so that nobody tells since when."""
    sonarr.add_to_queue(statusMessages=[{"title": "x", "messages": ["Sample"]}], **BLOCKED)
    await run(context)
    now = datetime.now(UTC)
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(state="dismissed", ended_at=now - ended_ago))
    assert await see(context, now) == []
    assert await run(context) == {"seen": 0, "new": 0, "away": {}}


async def test_a_disk_that_is_full_again_is_news(context: Context, sabnzbd: FakeSabnzbd) -> None:
    now = datetime.now(UTC)
    sabnzbd.state.queue.append(slot(1))
    sabnzbd.state.paused, sabnzbd.state.free_gb = True, 0.0
    warn(sabnzbd, FULL, now - timedelta(hours=3))
    await run(context)
    async with context.database.writing.begin() as session:
        await session.execute(update(Recovery).values(state="recovered", ended_at=now - timedelta(hours=2)))
    assert await see(context, now) == []
    warn(sabnzbd, FULL, now - timedelta(hours=1))
    assert (await the_one(context, now)).occurred_at == (now - timedelta(hours=1)).replace(microsecond=0)


async def test_each_service_is_asked_from_where_its_history_is_known(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    now = datetime.now(UTC)
    fail(sabnzbd, "too old", at=now - timedelta(days=2))
    sonarr.fail("", 500)
    result = await run(context)
    assert (result["seen"], list(result["away"])) == (0, ["Sonarr"])
    async with context.database.sessions() as session:
        kept = await session.get(Option, KEY)
    assert kept is not None
    assert len(kept.value) == 2
    asked = {datetime.fromisoformat(moment) for moment in kept.value.values()}
    assert all(now <= moment <= now + timedelta(minutes=1) for moment in asked)
    # In the meantime, away for two days.
    sonarr.mend()
    later = now + timedelta(days=2)
    fail(sabnzbd, "while away", at=now + timedelta(hours=3))
    assert [seen.download_id for seen in await see(context, later)] == ["while away"]


async def test_nothing_to_look_at(app: FastAPI) -> None:
    assert await run(await context_of(app)) == {"seen": 0, "new": 0, "away": {}}
