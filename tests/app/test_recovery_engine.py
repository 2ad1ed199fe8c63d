"""What is done about a failed download, by its cause, with services that answer as the real ones do."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from tests.app.fakes.sabnzbd_data import history_slot
from tests.app.recovery_services import DISK_FULL, ENCRYPTED, MISSING
from tests.app.recovery_world import World


@pytest.fixture
def world(recovery_world: World) -> World:
    return recovery_world


async def test_what_sonarr_recovers_itself_is_left_to_it(world: World) -> None:
    world.releases["sonarr", 1] = 1
    download = world.grab(world.sonarr, [1])
    world.fail(download)
    await world.pass_time(2, native=False)
    await world.pass_time(5)
    recovery = await world.the_one()
    assert (recovery.failure, recovery.state, recovery.action) == ("missing", "verifying", None)
    assert "sonarr itself found another release" in recovery.reason
    world.complete(world.sonarr.state.queue[0]["downloadId"])
    await world.pass_time(5)
    recovery = await world.the_one()
    assert (recovery.state, recovery.next_at) == ("recovered", None)
    assert world.asked() == []
    assert await world.attempts() == []
    assert await world.steps(recovery) == ["seen", "classified", "native_wait", "downloading", "recovered"]


async def test_nothing_found_natively_is_searched_for_with_back_off(world: World) -> None:
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(29)
    assert world.asked() == []
    await world.pass_time(5)
    assert [search["episodeIds"] for search in world.asked()] == [[1]]
    await world.pass_time(10 * 60, step=10)
    at = [datetime.fromisoformat(search["at"]) for search in world.asked()]
    gaps = [(after - before).total_seconds() / 60 for before, after in itertools.pairwise(at)]
    # A fifth more at most, and two steps of the test's clock: in one it is seen that nothing was found.
    assert [low <= gap <= 1.2 * low + 20 for low, gap in zip((15, 60, 360), gaps, strict=True)] == [True] * 3
    recovery = await world.the_one()
    assert (recovery.attempts, recovery.state) == (4, "waiting")
    world.releases["sonarr", 1] = 1
    await world.pass_time(40 * 60, step=30)
    assert (await world.the_one()).state == "verifying"
    world.complete(world.sonarr.state.queue[0]["downloadId"])
    await world.pass_time(10)
    assert (await world.the_one()).state == "recovered"


async def test_it_is_given_up_at_last(world: World) -> None:
    world.fail(world.grab(world.radarr, [3]))
    await world.pass_time(60 * 24 * 8, step=60)
    recovery = await world.the_one()
    assert (recovery.state, recovery.attempts, len(world.asked("radarr"))) == ("given_up", 6, 6)


async def test_a_bad_release_that_radarr_blocklists_is_searched_for_by_radarr(world: World) -> None:
    world.releases["radarr", 3] = 1
    world.fail(world.grab(world.radarr, [3]), ENCRYPTED)
    await world.pass_time(10)
    assert (await world.the_one()).state == "verifying"
    assert world.asked("radarr") == []
    assert len(world.radarr.state.blocklist) == 1


async def test_a_bad_release_that_radarr_does_not_notice_is_blocklisted_and_searched_for_once(world: World) -> None:
    world.releases["radarr", 3] = 1
    world.fail(world.grab(world.radarr, [3]), ENCRYPTED)
    await world.pass_time(35, native=False)
    assert len(world.radarr.state.blocklist) == 1
    assert [search["movieIds"] for search in world.asked("radarr")] == [[3]]
    assert [action for action, _ in await world.attempts()] == ["blocklist", "search"]
    await world.pass_time(5)
    assert (await world.the_one()).state == "verifying"
    assert len(world.radarr.state.commands) == 1


async def test_of_a_grab_in_the_history_only_radarr_searches_itself_after_it_is_blocklisted(world: World) -> None:
    download = world.grab(world.radarr, [3])
    world.fail(download, ENCRYPTED)
    world.radarr.state.queue.clear()
    world.releases["radarr", 3] = 1
    await world.pass_time(35, native=False)
    assert [write.path for write in world.radarr.writes] == ["/api/v3/history/failed/1"]
    await world.pass_time(5)
    assert (await world.the_one()).state == "verifying"
    assert len(world.radarr.state.commands) == 1
    assert [search.state for search in await world.searches()] == ["finished"]


async def test_a_full_disk_is_never_blocklisted_and_waited_for(world: World) -> None:
    world.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    world.sabnzbd.state.free_gb = 0.001
    world.fail(world.grab(world.sonarr, [1]), DISK_FULL)
    await world.pass_time(5, native=False)
    recovery = await world.the_one()
    assert (recovery.failure, recovery.state, world.sabnzbd.state.paused) == ("local", "waiting", True)
    await world.pass_time(120, step=10, native=False)
    assert [action for action, _ in await world.attempts()] == ["pause"]
    world.sabnzbd.state.free_gb = 50
    await world.pass_time(5, native=False)
    assert not world.sabnzbd.state.paused
    assert len(world.sabnzbd.state.retried) == 1
    assert await world.attempts() == [("pause", "verified"), ("resume", "verified"), ("retry", "verified")]
    recovery = await world.the_one()
    assert recovery.state == "verifying"
    assert recovery.download_id == world.sabnzbd.state.queue[0]["nzo_id"]
    world.complete(recovery.download_id or "")
    await world.pass_time(5, native=False)
    assert (await world.the_one()).state == "recovered"
    assert world.sonarr.state.blocklist == []
    assert world.asked() == []


async def test_a_full_disk_whose_release_sonarr_replaced_meanwhile_is_not_tried_again(world: World) -> None:
    world.sabnzbd.state.free_gb = 0.001
    world.releases["sonarr", 1] = 1
    world.fail(world.grab(world.sonarr, [1]), DISK_FULL)
    await world.watch()
    await world.run()
    await world.pass_time(5)
    assert world.sabnzbd.state.paused
    world.sabnzbd.state.free_gb = 50
    await world.pass_time(5)
    assert [action for action, _ in await world.attempts()] == ["pause", "resume"]
    assert (await world.the_one()).state == "verifying"


def block(world: World, why: str) -> str:
    """Have a download be complete, and not be imported."""
    download = world.grab(world.sonarr, [1])
    world.complete(download)
    trouble = {"trackedDownloadState": "importBlocked", "trackedDownloadStatus": "warning", "status": "completed"}
    for row in world.sonarr.state.queue:
        row |= {**trouble, "statusMessages": [{"title": row["title"], "messages": [why]}]}
    return download


async def test_what_is_no_upgrade_is_removed(world: World) -> None:
    download = block(
        world, "Not an upgrade for existing episode file(s). Existing quality: WEBDL-1080p. New Quality HDTV-720p."
    )
    await world.pass_time(5)
    recovery = await world.the_one()
    assert (recovery.failure, recovery.state) == ("not_an_upgrade", "recovered")
    assert world.sonarr.state.removed_from_client == [download]
    assert (world.sonarr.state.blocklist, world.sonarr.state.commands) == ([], [])


async def test_an_unknown_match_is_asked(world: World) -> None:
    block(world, "Found matching series via grab history, but release was matched to series by ID.")
    await world.pass_time(5)
    recovery = await world.the_one()
    assert (recovery.failure, recovery.state, recovery.action) == ("import_blocked", "asking", "remove")
    for row in world.sonarr.state.queue:
        row |= {"trackedDownloadState": "importPending", "trackedDownloadStatus": "ok", "statusMessages": []}
    await world.pass_time(15)
    assert (await world.the_one()).state == "recovered"
    assert await world.attempts() == []


async def test_what_nobody_grabbed_is_cleaned(world: World) -> None:
    slot_ = history_slot(1, status="Failed", fail_message=MISSING, completed=int(world.now.timestamp()), nzo_id="own")
    world.sabnzbd.state.history.append(slot_)
    await world.pass_time(5)
    recovery = await world.the_one()
    assert (recovery.owner_kind, recovery.state) == ("sabnzbd", "recovered")
    assert world.sabnzbd.state.history == []
    assert world.asked() == []


async def test_a_pack_is_searched_for_as_one_and_then_by_episodes(world: World) -> None:
    world.releases |= {("sonarr", episode): 1 for episode in (1, 2, 3)}
    world.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    world.fail(world.grab(world.sonarr, [1, 2, 3]))
    await world.pass_time(3)
    assert [search["name"] for search in world.asked()] == ["SeasonSearch"]
    await world.pass_time(3)
    assert (await world.the_one()).state == "verifying"
    world.fail(world.sonarr.state.queue[0]["downloadId"])
    await world.pass_time(60)
    first, second, *episodes = await world.recoveries()
    assert (first.state, second.state) == ("dismissed", "dismissed")
    assert "episode is recovered by itself" in second.reason
    assert [search["name"] for search in world.asked()] == [
        "SeasonSearch",
        *["EpisodeSearch"] * (len(world.asked()) - 1),
    ]
    assert sorted(one.media["episode_ids"] for one in episodes) == [[1], [2], [3]]
    assert {(one.attempts > 0, one.state) for one in episodes} == {(True, "waiting")}


async def test_what_is_found_in_place_and_fails_goes_on_from_there(world: World) -> None:
    world.releases["sonarr", 1] = 1
    world.sonarr.state.config["downloadclient"]["autoRedownloadFailed"] = False
    world.fail(world.grab(world.sonarr, [1]))
    await world.pass_time(5)
    world.fail(world.sonarr.state.queue[0]["downloadId"])
    await world.pass_time(5)
    first, second = await world.recoveries()
    assert (first.state, second.state, second.attempts) == ("dismissed", "waiting", 1)
    assert len(world.asked()) == 1  # not at once, as that would be the first
