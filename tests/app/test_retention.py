"""What is kept for how long."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from autoarr import retention
from autoarr.actors import SYSTEM
from autoarr.context import Context
from autoarr.database import Database
from autoarr.jobs.registry import JobRun
from autoarr.models import (
    Activity,
    Attempt,
    Audit,
    ChatMessage,
    Confirmation,
    Conversation,
    Finding,
    Job,
    LoginSession,
    LoginThrottle,
    MediaRequest,
    Notification,
    NotificationTarget,
    Recovery,
    RecoveryStep,
    RequestStep,
    Search,
    Service,
    User,
)
from autoarr.settings import Settings
from tests.app.services_stage import set_policy

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RUN = JobRun(id=uuid.uuid4(), kind="retention", key="all", payload={}, attempt=1, actor=SYSTEM)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
async def context(database_url: URL, settings: Settings) -> AsyncIterator[Context]:
    database = Database(database_url)
    yield Context(settings, database)
    await database.close()


async def add(context: Context, *rows: Any) -> None:
    async with context.database.writing.begin() as session:
        session.add_all(rows)


async def kept(context: Context, column: Any) -> list[Any]:
    async with context.database.sessions() as session:
        return sorted(await session.scalars(select(column)))


def entry(days: float, message: str) -> Activity:
    return Activity(at=ago(days), actor="Ada", via="session", action="a.b", outcome="succeeded", message=message)


def job(key: str, state: str, finished: float | None) -> Job:
    finished_at = None if finished is None else ago(finished)
    moments = {"run_at": ago(99), "created_at": ago(99), "finished_at": finished_at}
    return Job(kind="poll", key=key, payload={}, state=state, actor="system", **moments)


async def test_activity(context: Context) -> None:
    await add(context, entry(89, "young"), entry(91, "old"), entry(9, "fresh"))
    assert (await retention.clean(context, RUN, NOW))["activity"] == 1
    await set_policy(context, activity_days=30)
    assert (await retention.clean(context, RUN, NOW))["activity"] == 1

    told = "Deleted 1 records that were past their time."
    assert await kept(context, Activity.message) == [told, told, "fresh"]


async def test_nothing_to_do_leaves_no_trace(context: Context) -> None:
    assert set((await retention.clean(context, RUN, NOW)).values()) == {0}
    assert await kept(context, Activity.message) == []


async def test_jobs(context: Context) -> None:
    await add(
        context,
        job("old", "finished", 8),
        job("old failed", "failed", 8),
        job("old cancelled", "cancelled", 8),
        job("young", "finished", 6),
        job("waits", "queued", None),
        job("runs", "running", None),
    )

    assert (await retention.clean(context, RUN, NOW))["jobs"] == 3
    assert await kept(context, Job.key) == ["runs", "waits", "young"]


def audit(days: float, state: str = "finished") -> Audit:
    moment = ago(days)
    done = moment if state in ("finished", "failed") else None
    return Audit(id=uuid.uuid4(), state=state, created_at=moment, finished_at=done, counts={})


def service() -> Service:
    return Service(
        id=uuid.uuid4(),
        kind="sonarr",
        name="Sonarr",
        name_key="sonarr",
        url="http://sonarr",
        api_key_encrypted="",
        created_at=NOW,
        updated_at=NOW,
    )


def user() -> User:
    moments = {"created_at": NOW, "password_changed_at": NOW}
    return User(id=uuid.uuid4(), name="Ada", name_key="ada", password_hash="!", role="admin", **moments)


async def test_audits(context: Context) -> None:
    """The newest stays however old it is, and so does what findings come from."""
    old, newest, cited, queued = audit(300), audit(100), audit(200), audit(300, "queued")
    sonarr = service()
    await add(context, old, newest, cited, queued, audit(150, "failed"), sonarr)
    finding = Finding(
        audit_id=cited.id,
        service_id=sonarr.id,
        rule="r",
        verdict="passed",
        severity="notice",
        title="t",
        reason="r",
        source="s",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    await add(context, finding)

    assert (await retention.clean(context, RUN, NOW))["audits"] == 2
    assert await kept(context, Audit.id) == sorted([newest.id, cited.id, queued.id])


async def test_logins(context: Context) -> None:
    ada = user()
    await add(context, ada)
    logins = [LoginSession(user_id=ada.id, created_at=NOW, last_used_at=NOW, expires_at=ago(days)) for days in (1, -1)]
    await add(context, *logins, LoginThrottle(key="old", failures=1, updated_at=ago(60)))

    assert (await retention.clean(context, RUN, NOW))["logins"] == 2
    assert len(await kept(context, LoginSession.id)) == 1


def recovery(title: str, ended: float | None) -> Recovery:
    state = "waiting" if ended is None else "recovered"
    moments = {"failed_at": ago(200), "created_at": ago(200), "updated_at": ago(200)}
    return Recovery(
        id=uuid.uuid4(),
        identity=title,
        owner_kind="sonarr",
        owner_name="Sonarr",
        title=title,
        failure="missing",
        message="",
        state=state,
        reason="",
        ended_at=None if ended is None else ago(ended),
        **moments,
    )


async def test_recoveries(context: Context) -> None:
    """With all that belongs to them."""
    old, young, unfinished = recovery("old", 91), recovery("young", 89), recovery("unfinished", None)
    await add(context, old, young, unfinished)
    for one in (old, young):
        await add(
            context,
            RecoveryStep(recovery_id=one.id, at=ago(200), step="seen", message=one.title),
            Attempt(recovery_id=one.id, action=one.title, state="verified", target={}, created_at=ago(200)),
        )

    assert (await retention.clean(context, RUN, NOW))["recoveries"] == 1
    assert await kept(context, Recovery.title) == ["unfinished", "young"]
    assert await kept(context, RecoveryStep.message) == ["young"]
    assert await kept(context, Attempt.action) == ["young"]


def asked_for(title: str, ended: float | None) -> MediaRequest:
    moments = {"created_at": ago(200), "updated_at": ago(200), "ended_at": None if ended is None else ago(ended)}
    state = "searching" if ended is None else "in_plex"
    return MediaRequest(
        id=uuid.uuid4(), user_name="Ada", text="", title=title, identity=title, state=state, reason="", **moments
    )


async def test_requests(context: Context) -> None:
    old, young, unfinished = asked_for("old", 91), asked_for("young", 89), asked_for("unfinished", None)
    await add(context, old, young, unfinished)
    await add(context, RequestStep(request_id=old.id, at=ago(200), step="asked", message="old"))

    assert (await retention.clean(context, RUN, NOW))["requests"] == 1
    assert await kept(context, MediaRequest.title) == ["unfinished", "young"]
    assert await kept(context, RequestStep.message) == []


async def test_a_week_of_work_is_kept_in_any_case(context: Context) -> None:
    """The quota counts it, and a failure that SABnzbd still shows is not a new one."""
    await add(context, asked_for("counts", 6.9), asked_for("old", 9), recovery("counts", 6.9), recovery("old", 9))
    await set_policy(context, activity_days=1)

    await retention.clean(context, RUN, NOW)
    assert await kept(context, MediaRequest.title) == ["counts"]
    assert await kept(context, Recovery.title) == ["counts"]


async def test_searches(context: Context) -> None:
    """Those of what goes on are kept: by them it is known that it was searched for."""
    sonarr, asked, failed = service(), asked_for("unfinished", None), recovery("unfinished", None)
    await add(context, sonarr, asked, failed)

    def search(subject: str, finished: float | None, origin: uuid.UUID | None) -> Search:
        moments = {"created_at": ago(200), "finished_at": None if finished is None else ago(finished)}
        state = "sent" if finished is None else "finished"
        more: dict[str, Any] = {"origin": "person", "origin_id": origin, "command": {}, "state": state}
        return Search(service_id=sonarr.id, subject=subject, **more, **moments)

    await add(
        context,
        search("old", 91, None),
        search("old, of what ended", 91, uuid.uuid4()),
        search("of a request", 91, asked.id),
        search("of a recovery", 91, failed.id),
        search("young", 89, None),
        search("runs", None, None),
    )

    assert (await retention.clean(context, RUN, NOW))["searches"] == 2
    assert await kept(context, Search.subject) == ["of a recovery", "of a request", "runs", "young"]


async def test_notifications(context: Context) -> None:
    target = NotificationTarget(
        id=uuid.uuid4(), kind="slack", name="s", name_key="s", url_encrypted="", created_at=NOW, updated_at=NOW
    )
    await add(context, target)

    def told(event: str, finished: float | None) -> Notification:
        moments = {"created_at": ago(200), "finished_at": None if finished is None else ago(finished)}
        state = "queued" if finished is None else "failed"
        return Notification(target_id=target.id, event_id=event, event="test", body={}, state=state, **moments)

    await add(context, told("old", 91), told("young", 89), told("waits", None))

    assert (await retention.clean(context, RUN, NOW))["notifications"] == 1
    assert await kept(context, Notification.event_id) == ["waits", "young"]


async def test_conversations_and_confirmations(context: Context) -> None:
    ada = user()
    old, young = (
        Conversation(id=uuid.uuid4(), user_id=ada.id, title=title, model="m", created_at=ago(200), updated_at=ago(days))
        for title, days in (("old", 91), ("young", 89))
    )
    await add(context, ada)
    await add(context, old, young)
    await add(context, ChatMessage(conversation_id=old.id, ordinal=0, role="user", content=[], at=ago(200)))

    def confirmation(tool: str, state: str, expired: float) -> Confirmation:
        more: dict[str, Any] = {
            "arguments": {},
            "preview": {},
            "fingerprint": "",
            "origin": "chat",
            "conversation_id": old.id,
        }
        moments = {"created_at": ago(200), "expires_at": ago(expired)}
        return Confirmation(user_id=ada.id, tool=tool, state=state, **more, **moments)

    await add(
        context,
        confirmation("old", "done", 91),
        confirmation("old, open", "open", 91),
        confirmation("runs", "running", 91),
        confirmation("young", "done", 89),
    )

    deleted = await retention.clean(context, RUN, NOW)
    assert (deleted["conversations"], deleted["confirmations"]) == (1, 2)
    assert await kept(context, Conversation.title) == ["young"]
    assert await kept(context, ChatMessage.id) == []
    assert await kept(context, Confirmation.tool) == ["runs", "young"]


async def test_many_rows_in_batches(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    await add(context, *(entry(100, str(number)) for number in range(7)), entry(1, "fresh"))

    assert (await retention.clean(context, RUN, NOW))["activity"] == 7
    async with context.database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Activity)) == 2


async def test_the_job(context: Context) -> None:
    counts = await retention.run(context, RUN)
    assert counts is not None
    assert set(counts.values()) == {0}
    assert {"activity", "jobs", "audits", "logins", "recoveries", "requests", "notifications"} < counts.keys()
