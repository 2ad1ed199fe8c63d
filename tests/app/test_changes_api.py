"""Changes over the API, against stand-ins on real ports: made, verified, undone, refused, and told exactly."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx2
import pytest

from autoarr.changes import executor
from autoarr.changes.ledger import unseal
from autoarr.models import Finding, Service
from autoarr.upstream.http import HttpPolicy
from tests.app.changes_stage import CASES, Case, FakeService, Stage, add_finding, all_cases, stored
from tests.app.fakes import FakeSabnzbd, FakeSonarr, Request
from tests.app.services_stage import set_policy

NAMING = CASES[0]
MISC = CASES[3]


whole_objects = pytest.mark.parametrize("case", [NAMING, CASES[2]], ids=str, indirect=True)


@all_cases
async def test_apply_revert_and_revert_of_the_revert(stage: Stage, fake: FakeService, case: Case) -> None:
    original = stored(fake)
    with stage.context.bus.subscribe() as events:
        plan = await stage.preview()
        assert fake.writes == []
        assert [item["field"] for item in plan["fields"]] == list(case.fields)
        assert [item["after"] for item in plan["fields"]] == list(case.fields.values())
        assert not plan["already"]

        answer = await stage.apply(plan["fingerprint"])
        async with asyncio.timeout(30):
            for kind in ("change.changed", "finding.changed"):
                async for event in events:
                    if event.kind == kind:
                        break
    change = answer.json()
    assert (answer.status_code, change["state"], change["error"]) == (200, "applied", None), answer.text
    assert [item["before"] for item in change["fields"]] == [item["before"] for item in plan["fields"]]
    assert all(item["found"] not in (None, item["before"]) for item in change["fields"])
    assert change["actor"] == "Ada"
    applied = stored(fake)
    assert applied != original
    finding = await stage.finding()
    assert finding.verdict == "passed"
    assert isinstance(finding.found, dict)
    assert set(finding.found) == set(case.fields)
    assert (await stage.preview())["already"]
    assert (await stage.apply()).status_code == 409

    seen = (await stage.revert(change["id"], preview=True)).json()
    assert [item["after"] for item in seen["fields"]] == [item["before"] for item in plan["fields"]]
    assert stored(fake) == applied

    undone = (await stage.revert(change["id"])).json()
    assert (undone["state"], undone["reverts_id"], undone["error"]) == ("applied", change["id"], None)
    assert stored(fake) == original
    assert (await stage.finding()).verdict == "failed"
    twice = await stage.revert(change["id"])
    assert (twice.status_code, undone["id"] in twice.json()["detail"]) == (409, True)

    again = (await stage.revert(undone["id"])).json()
    assert (again["state"], again["reverts_id"]) == ("applied", undone["id"])
    assert stored(fake) == applied
    assert (await stage.finding()).verdict == "passed"
    # The first change is in force again, and can be undone again.
    assert (await stage.revert(change["id"])).json()["state"] == "applied"
    assert stored(fake) == original
    activities = [entry for entry in await stage.activities() if entry.outcome == "succeeded"]
    assert [(entry.action, entry.actor) for entry in activities] == [("change.applied", "Ada")] * 4


@all_cases
async def test_nothing_is_written_in_observe_mode(stage: Stage, fake: FakeService) -> None:
    plan = await stage.preview()
    change = (await stage.apply(plan["fingerprint"])).json()
    fake.requests.clear()
    await set_policy(stage.context, mode="observe")

    refused = [await stage.apply(plan["fingerprint"]), await stage.revert(change["id"])]

    for answer in refused:
        assert (answer.status_code, answer.json()["detail"]) == (403, "Nothing is written in observe mode.")
    assert fake.writes == []
    assert await stage.preview()
    assert (await stage.revert(change["id"], preview=True)).status_code == 200
    assert fake.writes == []
    assert [entry.outcome for entry in await stage.activities()] == ["succeeded", "refused", "refused"]


@whole_objects
async def test_another_field_changed_after_the_preview(stage: Stage, fake: FakeSonarr) -> None:
    plan = await stage.preview()
    fake.state.config["naming"]["colonReplacementFormat"] = fake.state.collections["downloadclient"][0]["priority"] = 7

    answer = await stage.apply(plan["fingerprint"])

    assert (answer.status_code, fake.writes) == (409, [])
    assert "not as it was previewed" in answer.json()["detail"]
    assert await stage.changes() == []


async def test_a_field_changed_after_the_preview(stage: Stage, fake: FakeSonarr) -> None:
    plan = await stage.preview()
    fake.state.config["naming"]["replaceIllegalCharacters"] = False

    answer = await stage.apply(plan["fingerprint"])

    assert (answer.status_code, fake.writes) == (409, [])
    assert "(renameEpisodes is false)" in answer.json()["detail"]


async def test_the_fix_became_another_after_the_preview(stage: Stage, fake: FakeSonarr) -> None:
    plan = await stage.preview()
    async with stage.context.database.writing.begin() as session:
        finding = await session.get_one(Finding, stage.finding_id)
        finding.fix = {"resource": "config/naming", "fields": {"renameEpisodes": True}}

    assert (await stage.apply(plan["fingerprint"])).status_code == 409
    assert fake.writes == []


@all_cases
async def test_changed_between_read_and_write(stage: Stage, fake: FakeService, case: Case) -> None:
    """Somebody else writes after the comparison: the last look before our write sees it."""
    fingerprint = (await stage.preview())["fingerprint"]
    fake.requests.clear()
    reads = 0

    def interfere(request: Request) -> None:
        nonlocal reads
        reads += 1
        if reads == 2:
            _change_one(fake, case)

    fake.on_request = interfere
    answer = await stage.apply(fingerprint)

    assert (answer.status_code, "changed by somebody else" in answer.json()["detail"]) == (409, True), answer.text
    assert fake.writes == []
    (change,) = await stage.changes()
    assert change.state == "failed"
    assert change.finished_at


def _change_one(fake: FakeService, case: Case) -> None:
    """What somebody else does in the service itself."""
    section, _, name = case.resource.partition("/")
    state: Any = fake.state
    if case.kind == "plex":
        next(e for e in state.preferences if e["id"] == "ScheduledLibraryUpdateInterval")["value"] = 999
    elif section == "misc":
        state.config["misc"]["cleanup_list"] = ["txt"]
    elif section == "categories":
        next(e for e in state.config["categories"] if e["name"] == name)["dir"] = "x"
    elif section == "downloadclient":
        state.collections["downloadclient"][0]["priority"] = 9
    else:
        state.config[name]["id"] = 9


@all_cases
async def test_accepted_but_not_stored(stage: Stage, fake: FakeService, case: Case) -> None:
    fake.fail(fault="not stored", **case.write)

    change = (await stage.apply()).json()

    assert change["state"] == "failed"
    assert change["error"].count(" is still ") == 2
    assert [item["found"] for item in change["fields"]] == [item["before"] for item in change["fields"]]
    assert (await stage.finding()).verdict == "failed"
    assert (await stage.revert(change["id"])).status_code == 409


@pytest.mark.parametrize("case", [MISC], ids=str, indirect=True)
@pytest.mark.parametrize("second", ["not stored", "answer lost", 503, "disconnect"])
async def test_half_of_it(stage: Stage, fake: FakeSabnzbd, second: Any) -> None:
    """In SABnzbd each value is a write of its own."""
    original = stored(fake)
    writes = 0

    def count(request: Request) -> None:
        nonlocal writes
        if fake.is_write(request):
            writes += 1
            if writes == 2:
                fake.fail("set_config", second, times=1)

    fake.on_request = count
    change = (await stage.apply()).json()

    if second == "answer lost":
        assert change["state"] == "applied"
        return
    first, other = change["fields"]
    if second == "disconnect":
        # Without an answer, the second may still be under way.
        assert change["state"] == "unresolved"
        return
    assert change["state"] == "partly_applied"
    assert first["found"] == first["after"]
    assert other["found"] == other["before"]
    assert "cleanup_list is still []" in change["error"]
    assert "ignore_samples" not in change["error"]
    undone = (await stage.revert(change["id"])).json()
    assert undone["state"] == "applied"
    assert [item["field"] for item in undone["fields"]] == ["ignore_samples"]
    assert stored(fake) == original


@all_cases
@pytest.mark.parametrize("fault", ["answer lost", "stored, then disconnect", "truncated"])
async def test_the_answer_is_lost_after_the_write(stage: Stage, fake: FakeService, case: Case, fault: Any) -> None:
    """Whatever the answer, what counts is what is there; and it is not written again."""
    fake.fail(fault=fault, **case.write)

    change = (await stage.apply()).json()

    if case is MISC:
        # Its first value of two: the second was not even tried.
        assert change["state"] in ("partly_applied", "unresolved")
        assert len(fake.writes) == 1
        return
    assert change["state"] == "applied", change
    # Plex answers a write with nothing, which can't be cut off.
    assert ("no good answer" in (change["error"] or "")) is (fault != "truncated" or case.kind != "plex")
    assert len(fake.writes) == 1
    assert (await stage.finding()).verdict == "passed"


@all_cases
async def test_refused_by_the_service(stage: Stage, fake: FakeService, case: Case) -> None:
    fake.fail(fault=400, **case.write)
    original = stored(fake)

    answer = await stage.apply()

    assert (answer.status_code, stored(fake)) == (502, original)
    assert answer.json()["detail"].startswith("Nothing was written: ")
    (change,) = await stage.changes()
    assert change.state == "failed"
    fake.mend()
    assert (await stage.apply()).json()["state"] == "applied"


@all_cases
async def test_away_before_the_write(stage: Stage, fake: FakeService, case: Case) -> None:
    fingerprint = (await stage.preview())["fingerprint"]
    faults: list[tuple[Any, int]] = [(503, 502), ("hang", 504), (401, 502)]
    for fault, status in faults:
        fake.fail(fault=fault, **case.read)

        answers = [await stage.apply(fingerprint), await stage.post(f"findings/{stage.finding_id}/preview")]

        for answer in answers:
            assert answer.status_code == status
            assert answer.json()["detail"].startswith("Nothing was written: ")
        fake.mend()
    assert fake.writes == []
    assert await stage.changes() == []
    assert (await stage.apply(fingerprint)).status_code == 200


async def test_away_between_the_comparison_and_the_write(stage: Stage, fake: FakeSonarr) -> None:
    fingerprint = (await stage.preview())["fingerprint"]
    fake.requests.clear()

    def leave(request: Request) -> None:
        if len(fake.requests) == 2:
            fake.fail("", 503)

    fake.on_request = leave
    assert (await stage.apply(fingerprint)).status_code == 502
    assert fake.writes == []
    assert [change.state for change in await stage.changes()] == ["failed"]


async def test_what_is_gone(stage: Stage) -> None:
    gone = await add_finding(stage.context, stage.service_id, "downloadclient/99", {"enable": True})

    answer = await stage.post(f"findings/{gone}/preview")

    assert (answer.status_code, answer.json()["detail"]) == (409, "My sonarr has no downloadclient/99 any more.")
    for path, body in (
        (f"findings/{uuid.uuid4()}/preview", None),
        (f"findings/{uuid.uuid4()}/apply", {"fingerprint": "0" * 64}),
        (f"changes/{uuid.uuid4()}/revert", None),
    ):
        assert (await stage.post(path, body)).status_code == 404
    assert (await stage.client.get(f"/api/v1/changes/{uuid.uuid4()}")).status_code == 404


async def test_a_finding_whose_fix_is_no_longer_known(stage: Stage) -> None:
    """An audit keeps no fix of what is as it should be; after the undoing, only another one can tell."""
    change = (await stage.apply()).json()
    async with stage.context.database.writing.begin() as session:
        (await session.get_one(Finding, stage.finding_id)).fix = None

    assert (await stage.revert(change["id"])).json()["state"] == "applied"

    finding = await stage.finding()
    assert (finding.verdict, finding.unknown_because) == (
        "unknown",
        "config/naming was changed since the last audit",
    )


async def test_an_answer_without_an_id(stage: Stage, fake: FakeSonarr) -> None:
    del fake.state.config["naming"]["id"]

    answer = await stage.post(f"findings/{stage.finding_id}/preview")

    assert answer.status_code == 502
    assert "its config/naming has no id" in answer.json()["detail"]


async def test_what_only_a_person_can_do(stage: Stage) -> None:
    finding = await add_finding(stage.context, stage.service_id, "", None)

    for path, body in ((f"findings/{finding}/preview", None), (f"findings/{finding}/apply", {"fingerprint": "0" * 64})):
        answer = await stage.post(path, body)
        assert (answer.status_code, answer.json()["detail"]) == (409, "Only a person can settle this finding.")


async def test_two_at_once(stage: Stage, fake: FakeSonarr) -> None:
    fingerprint = (await stage.preview())["fingerprint"]

    answers = await asyncio.gather(*(stage.apply(fingerprint) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(fake.writes) == 1
    # One that had read before the other wrote, and stored its own change after that, saw it at its last look.
    states = [change.state for change in await stage.changes()]
    assert (states.count("applied"), set(states) <= {"applied", "failed"}) == (1, True)


async def test_two_reverts_at_once(stage: Stage, fake: FakeSonarr) -> None:
    change = (await stage.apply()).json()
    fake.requests.clear()

    answers = await asyncio.gather(*(stage.revert(change["id"]) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(fake.writes) == 1


@all_cases
async def test_revert_of_what_was_changed_since(stage: Stage, fake: FakeService, case: Case) -> None:
    change = (await stage.apply()).json()
    fake.requests.clear()
    fields = {"config/naming": "renameEpisodes", "config/mediamanagement": "recycleBin"}
    last = list(case.fields)[-1]
    _set_wrong(fake, case, fields.get(case.resource, last))

    answer = await stage.revert(change["id"])

    detail = answer.json()["detail"]
    assert (answer.status_code, fake.writes) == (409, [])
    assert detail.startswith(f"{fields.get(case.resource, last)} of {case.resource} is ")
    assert "in My" in detail
    assert "itself or by another program" in detail
    assert (await stage.revert(change["id"], preview=True)).status_code == 409


def _set_wrong(fake: FakeService, case: Case, field: str) -> None:
    section, _, name = case.resource.partition("/")
    state: Any = fake.state
    if case.kind == "plex":
        next(e for e in state.preferences if e["id"] == field)["value"] = 999
    elif section == "config":
        state.config[name][field] = False if field == "renameEpisodes" else "/elsewhere"
    elif section == "downloadclient":
        entry = next(e for e in state.collections["downloadclient"][0]["fields"] if e["name"] == "tvCategory")
        entry["value"] = "other"
    elif section == "misc":
        state.config["misc"][field] = ["other"]
    else:
        next(e for e in state.config["categories"] if e["name"] == name)[field] = "3"


async def test_revert_names_the_later_change(stage: Stage) -> None:
    first = (await stage.apply()).json()
    stage.finding_id = await add_finding(
        stage.context, stage.service_id, "config/naming", {"replaceIllegalCharacters": True}
    )
    second = (await stage.apply()).json()

    detail = (await stage.revert(first["id"])).json()["detail"]

    assert "replaceIllegalCharacters of config/naming is true now, not false" in detail
    assert f"by Ada with the change {second['id']}" in detail
    assert (await stage.revert(second["id"])).status_code == 200
    assert (await stage.revert(first["id"])).status_code == 200


async def test_only_what_differs_is_written_and_undone(stage: Stage, fake: FakeSonarr) -> None:
    fake.state.config["naming"]["replaceIllegalCharacters"] = False

    change = (await stage.apply()).json()
    fake.state.config["naming"]["replaceIllegalCharacters"] = True
    undone = (await stage.revert(change["id"])).json()

    assert [item["field"] for item in undone["fields"]] == ["renameEpisodes"]
    assert fake.state.config["naming"]["replaceIllegalCharacters"] is True


@pytest.mark.parametrize("case", [CASES[2]], ids=str, indirect=True)
async def test_a_value_that_was_absent(stage: Stage, fake: FakeSonarr) -> None:
    entry = next(e for e in fake.state.collections["downloadclient"][0]["fields"] if e["name"] == "tvCategory")
    entry["value"] = None
    original = stored(fake)

    change = (await stage.apply()).json()
    undone = (await stage.revert(change["id"])).json()

    assert (change["state"], undone["state"]) == ("applied", "applied")
    assert change["fields"][1]["before"] is None
    assert json.loads(stored(fake)) == json.loads(original)


@pytest.mark.parametrize("case", [MISC], ids=str, indirect=True)
async def test_a_value_that_a_service_has_not(stage: Stage, fake: FakeSabnzbd) -> None:
    del fake.state.config["misc"]["ignore_samples"]

    plan = await stage.preview()
    answer = await stage.apply()

    assert plan["fields"][0] == {"field": "ignore_samples", "before": None, "after": 1, "found": None}
    assert answer.status_code == 502
    assert [change.state for change in await stage.changes()] == ["failed"]


@pytest.mark.parametrize("case", [CASES[2], CASES[3]], ids=str, indirect=True)
async def test_secrets_stay_secret(stage: Stage, fake: FakeService, caplog: pytest.LogCaptureFixture) -> None:
    secret = "ffeeddccbbaa99887766554433221100"
    if isinstance(fake, FakeSonarr):
        for entry in fake.state.collections["downloadclient"][0]["fields"]:
            if entry["name"] == "apiKey":
                entry["value"] = secret
    change = (await stage.apply()).json()
    undone = (await stage.revert(change["id"])).json()

    assert change["state"] == undone["state"] == "applied"
    assert secret in stored(fake)
    for row in await stage.changes():
        assert secret not in repr([row.fields, row.error, row.pre_image_encrypted, row.wanted_encrypted])
    for entry in await stage.activities():
        assert secret not in repr([entry.message, entry.cause, entry.data])
    assert secret not in caplog.text
    if isinstance(fake, FakeSabnzbd):
        rows = await stage.changes()
        assert secret in repr(unseal(stage.context.keys, rows[0]).pre_image)


@pytest.mark.parametrize("case", [MISC], ids=str, indirect=True)
async def test_a_secret_field_is_blanked(stage: Stage, fake: FakeSabnzbd) -> None:
    stage.finding_id = await add_finding(stage.context, stage.service_id, "misc", {"nzb_key": "n" * 32})

    plan = await stage.preview()
    change = (await stage.apply()).json()

    assert change["state"] == "applied"
    assert fake.state.config["misc"]["nzb_key"] == "n" * 32
    said = repr([plan, change, [[e.message, e.data] for e in await stage.activities()], (await stage.finding()).found])
    assert "nnnn" not in said
    assert "ffee" not in said
    assert (await stage.revert(change["id"])).json()["state"] == "applied"
    assert fake.state.config["misc"]["nzb_key"] == "ffeeddccbbaa99887766554433221100"


async def test_a_deadline_covers_it_all(stage: Stage, fake: FakeSonarr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "DEADLINE", 3.0)
    stage.context.upstreams.policy = HttpPolicy(read=5)
    await stage.context.upstreams.forget(stage.service_id)
    fake.fail("config/naming", "hang", method="GET")

    answer = await stage.apply("0" * 64)

    assert answer.status_code == 504
    fake.mend()
    fake.fail("config/naming", "hang", method="PUT")
    change = (await stage.apply()).json()
    assert change["state"] == "unresolved"
    assert change["finished_at"] is None


async def test_a_finding_names_its_newest_change(stage: Stage) -> None:
    async def newest() -> list[Any]:
        one = (await stage.client.get(f"/api/v1/findings/{stage.finding_id}")).json()
        (listed,) = (await stage.client.get("/api/v1/findings")).json()["items"]
        assert listed["change"] == one["change"]
        return [one["change"] and one["change"][name] for name in ("id", "reverts_id", "state")]

    assert await newest() == [None, None, None]
    change = (await stage.apply()).json()
    assert await newest() == [change["id"], None, "applied"]
    undone = (await stage.revert(change["id"])).json()
    assert await newest() == [undone["id"], change["id"], "applied"]


async def test_lists(stage: Stage) -> None:
    change = (await stage.apply()).json()
    undone = (await stage.revert(change["id"])).json()

    async def listed(**query: Any) -> list[str]:
        answer = await stage.client.get("/api/v1/changes", params=query)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await listed() == [undone["id"], change["id"]]
    assert await listed(page_size=1, page=2) == [change["id"]]
    assert await listed(state="failed") == []
    assert await listed(state="applied", service_id=str(stage.service_id)) == [undone["id"], change["id"]]
    assert await listed(finding_id=str(stage.finding_id)) == [undone["id"], change["id"]]
    assert await listed(finding_id=str(uuid.uuid4())) == []
    one = await stage.client.get(f"/api/v1/changes/{change['id']}")
    assert one.json() == change
    assert (await stage.client.get("/api/v1/changes", params={"state": "x"})).status_code == 422


async def test_a_service_that_was_removed(stage: Stage) -> None:
    change = (await stage.apply()).json()
    async with stage.context.database.writing.begin() as session:
        await session.delete(await session.get_one(Service, stage.service_id))

    answer = await stage.revert(change["id"])

    assert (answer.status_code, answer.json()["detail"]) == (409, "My sonarr was removed.")
    kept = (await stage.client.get(f"/api/v1/changes/{change['id']}")).json()
    assert (kept["service_id"], kept["service_name"], kept["finding_id"]) == (None, "My sonarr", None)


async def test_for_administrators_only(stage: Stage, client: httpx2.AsyncClient, requester: httpx2.AsyncClient) -> None:
    some = uuid.uuid4()
    for method, path in (
        ("POST", f"findings/{some}/preview"),
        ("POST", f"findings/{some}/apply"),
        ("GET", "changes"),
        ("GET", f"changes/{some}"),
        ("POST", f"changes/{some}/revert"),
    ):
        assert (await client.request(method, f"/api/v1/{path}")).status_code == 401
        assert (await requester.request(method, f"/api/v1/{path}")).status_code == 403


async def test_requests_that_are_not_valid(stage: Stage) -> None:
    path = f"findings/{stage.finding_id}/apply"
    for body in (
        None,
        {},
        {"fingerprint": "x"},
        {"fingerprint": "0" * 64, "more": 1},
        {"fingerprint": "0" * 64 + "\n"},
    ):
        assert (await stage.post(path, body)).status_code == 422
    assert (await stage.post(f"changes/{uuid.uuid4()}/revert", {"preview": "x"})).status_code == 422
