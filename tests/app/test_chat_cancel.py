"""Replies that end before their end: cancelled, left, or with the replica that made them; on both databases."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import delete, select, update

from autoarr.chat import limits, reply, store
from autoarr.chat.limits import Total
from autoarr.chat.prices import Usage
from autoarr.context import Context
from autoarr.models import ChatMessage, Conversation, User
from autoarr.tools import registry
from tests.app.chat_stage import Line, look, say
from tests.app.conftest import logged_in
from tests.app.messages_stub import MessagesStub, Say, use
from tests.app.waiting import until

if TYPE_CHECKING:
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("messages_api")

HELD = Say("The answer is forty-two.", fault="hold", after=3)


@pytest.fixture
async def ada(replicas: list[FastAPI]) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada, at the first replica."""
    async with logged_in(replicas[0], "admin", "Ada") as client:
        yield client


@pytest.fixture
async def there(replicas: list[FastAPI], ada: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada, at the second one."""
    transport = httpx2.ASGITransport(app=replicas[1])
    headers = {"authorization": ada.headers["authorization"]}
    async with httpx2.AsyncClient(transport=transport, base_url="http://autoarr", headers=headers) as client:
        yield client


async def kept_texts(client: httpx2.AsyncClient, conversation_id: str) -> list[str]:
    kept = await look(client, conversation_id)
    assert kept["busy"] is False
    return [block["text"] for block in kept["messages"][-1]["content"]]


CUT = ["The answer is ", "The reply was cancelled."]


async def test_leaving_ends_the_reply(
    replicas: list[FastAPI], ada: httpx2.AsyncClient, messages_api: MessagesStub
) -> None:
    messages_api.script = [HELD]
    line = Line(replicas[0], ada, "What is the answer?")
    identifier = (await line.hear("started"))["conversation_id"]
    await line.hear("text")
    await line.hear("text")

    await line.leave()

    assert await kept_texts(ada, identifier) == CUT
    assert (await look(ada, identifier))["input_tokens"] == 100
    await until(lambda: asyncio.sleep(0, messages_api.left == 1))
    assert (await say(ada, "Go on", identifier)).last["stop"] == "end"
    assert messages_api.refused == []


async def test_leaving_while_a_tool_is_called(
    replicas: list[FastAPI], ada: httpx2.AsyncClient, messages_api: MessagesStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = asyncio.Event()

    async def call(*arguments: Any) -> None:
        called.set()
        await asyncio.Event().wait()

    messages_api.script = [Say("Let me see.", use("status"))]
    with monkeypatch.context() as patch:
        patch.setattr(registry, "call", call)
        line = Line(replicas[0], ada, "How is it?")
        identifier = (await line.hear("started"))["conversation_id"]
        await called.wait()
        await line.leave()

    assert await kept_texts(ada, identifier) == ["The reply was cancelled."]
    assert (await say(ada, "Go on", identifier)).last["stop"] == "end"
    assert "interrupted" in messages_api.asked[-1].messages[2]["content"][0]["content"]
    assert messages_api.refused == []


@pytest.mark.parametrize("where", ["the same replica", "another one, over the bus", "another one, without the bus"])
async def test_cancelling(
    replicas: list[FastAPI],
    ada: httpx2.AsyncClient,
    there: httpx2.AsyncClient,
    messages_api: MessagesStub,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    contexts: list[Context] = [app.state.context for app in replicas]
    if where == "another one, over the bus":
        monkeypatch.setattr(contexts[1].bus, "deliver", contexts[0].bus.deliver)
    if where == "another one, without the bus":
        monkeypatch.setattr(reply, "RENEW_S", 0.05)
    messages_api.script = [HELD]
    line = Line(replicas[0], ada, "What is the answer?")
    identifier = (await line.hear("started"))["conversation_id"]
    await line.hear("text")
    await line.hear("text")
    client = ada if where == "the same replica" else there

    assert (await client.post(f"/api/v1/chat/{identifier}/cancel")).status_code == 204

    assert (await line.hear("done"))["stop"] == "cancelled"
    await line.end()
    assert await kept_texts(there, identifier) == CUT
    assert (await client.post(f"/api/v1/chat/{identifier}/cancel")).status_code == 204


async def test_one_reply_at_a_time(
    replicas: list[FastAPI], ada: httpx2.AsyncClient, there: httpx2.AsyncClient, messages_api: MessagesStub
) -> None:
    messages_api.script = [HELD]
    line = Line(replicas[0], ada, "What is the answer?")
    identifier = (await line.hear("started"))["conversation_id"]
    await line.hear("text")

    for client in (ada, there):
        answer = await client.post("/api/v1/chat", json={"message": "Hurry!", "conversation_id": identifier})
        assert answer.status_code == 409
        assert "already" in answer.json()["detail"]
        assert (await look(client, identifier))["busy"] is True
    messages_api.go_on.set()
    await line.hear("done")
    # As soon as its end was heard, the next one may begin.
    assert (await say(there, "Thanks", identifier)).last["stop"] == "end"
    await line.end()
    assert len((await look(ada, identifier))["messages"]) == 4


async def test_of_many_at_once_one_is_made(
    ada: httpx2.AsyncClient, there: httpx2.AsyncClient, messages_api: MessagesStub
) -> None:
    identifier = (await say(ada, "Hello")).conversation_id
    messages_api.rest = HELD

    async def ask(client: httpx2.AsyncClient) -> int:
        body = {"message": "Now", "conversation_id": identifier}
        return (await client.post("/api/v1/chat", json=body)).status_code

    asking = [asyncio.create_task(ask(client)) for client in (ada, there) * 3]
    await asyncio.to_thread(messages_api.held.wait, 10)
    done, _ = await asyncio.wait(asking, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 5:
        done, _ = await asyncio.wait(asking, timeout=0.1)
    messages_api.go_on.set()

    assert sorted(await asyncio.gather(*asking)) == [200, 409, 409, 409, 409, 409]
    assert len((await look(ada, identifier))["messages"]) == 4


async def test_the_lease_is_renewed(
    replicas: list[FastAPI], ada: httpx2.AsyncClient, messages_api: MessagesStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply, "RENEW_S", 0.02)
    messages_api.script = [HELD]
    line = Line(replicas[0], ada, "What is the answer?")
    identifier = uuid.UUID((await line.hear("started"))["conversation_id"])
    context: Context = replicas[1].state.context

    async def lease() -> datetime | None:
        async with context.database.sessions() as session:
            return await session.scalar(select(Conversation.busy_until).where(Conversation.id == identifier))

    first = await lease()
    assert first is not None

    async def renewed() -> bool:
        return (await lease() or first) > first

    await until(renewed)
    messages_api.go_on.set()
    await line.hear("done")
    await line.end()
    assert await lease() is None


async def kill(context: Context, identifier: str, *content: Any) -> None:
    """Have the conversation as a replica leaves it that is killed after it kept these."""
    async with context.database.writing.begin() as session:
        rows = select(ChatMessage).where(ChatMessage.conversation_id == uuid.UUID(identifier))
        ordinal = max(row.ordinal for row in await session.scalars(rows))
        for number, (role, blocks) in enumerate(content):
            session.add(
                ChatMessage(
                    conversation_id=uuid.UUID(identifier),
                    ordinal=ordinal + 1 + number,
                    role=role,
                    content=blocks,
                    at=datetime.now(UTC),
                )
            )
        busy = update(Conversation).where(Conversation.id == uuid.UUID(identifier))
        await session.execute(busy.values(busy_until=datetime.now(UTC) + store.LEASE))


ASKED = ("user", [{"type": "text", "text": "How is it?"}])
CALLED = ("assistant", [use("status", "toolu_a"), use("status", "toolu_b")])
HALF = ("user", [{"type": "tool_result", "tool_use_id": "toolu_b", "content": "{}", "is_error": False}])


@pytest.mark.parametrize("content", [(ASKED,), (ASKED, CALLED), (ASKED, CALLED, HALF)], ids=["1", "2", "3"])
async def test_after_a_replica_was_killed(
    replicas: list[FastAPI],
    ada: httpx2.AsyncClient,
    there: httpx2.AsyncClient,
    messages_api: MessagesStub,
    content: Any,
) -> None:
    context: Context = replicas[0].state.context
    identifier = (await say(ada, "Hello")).conversation_id
    await kill(context, identifier, *content)

    answer = await there.post("/api/v1/chat", json={"message": "Hello?", "conversation_id": identifier})
    assert answer.status_code == 409
    async with context.database.writing.begin() as session:
        # The lease's time passes.
        await session.execute(update(Conversation).values(busy_until=datetime.now(UTC) - timedelta(seconds=1)))

    assert (await say(there, "Hello?", identifier)).last["stop"] == "end"
    assert messages_api.refused == []


async def test_who_lost_the_lease_changes_nothing(
    replicas: list[FastAPI], ada: httpx2.AsyncClient, there: httpx2.AsyncClient, messages_api: MessagesStub
) -> None:
    """A replica that was away for so long that another reply was begun and made."""
    context: Context = replicas[0].state.context
    messages_api.script = [HELD]
    line = Line(replicas[0], ada, "What is the answer?")
    identifier = (await line.hear("started"))["conversation_id"]
    await line.hear("text")
    async with context.database.writing.begin() as session:
        await session.execute(update(Conversation).values(busy_until=None))
    await say(there, "Forget it", identifier)

    messages_api.go_on.set()

    assert (await line.hear("done"))["stop"] == "cancelled"
    await line.end()
    kept = await look(ada, identifier)
    assert [message["role"] for message in kept["messages"]] == ["user", "user", "assistant"]
    # Both were paid for.
    assert (kept["calls"], kept["input_tokens"]) == (2, 200)


@pytest.mark.parametrize("ending", ["deleted", "stopped"])
async def test_deleted_or_stopped_meanwhile(
    replicas: list[FastAPI], ada: httpx2.AsyncClient, there: httpx2.AsyncClient, messages_api: MessagesStub, ending: str
) -> None:
    context: Context = replicas[0].state.context
    messages_api.script = [HELD]
    line = Line(replicas[0], ada, "What is the answer?")
    identifier = (await line.hear("started"))["conversation_id"]
    await line.hear("text")
    await line.hear("text")

    if ending == "deleted":
        assert (await ada.delete(f"/api/v1/chat/{identifier}")).status_code == 204
    else:
        context.bus.end()

    assert (await line.hear("done"))["stop"] == "cancelled"
    await line.end()
    if ending == "deleted":
        assert (await there.get(f"/api/v1/chat/{identifier}")).status_code == 404
    else:
        assert await kept_texts(there, identifier) == CUT
    assert (await there.get("/api/v1/chat/status")).json()["day"]["tokens"] > 100


async def test_the_day_counts_all_replicas_at_once(replicas: list[FastAPI], ada: httpx2.AsyncClient) -> None:
    contexts: list[Context] = [app.state.context for app in replicas]
    identifier = uuid.UUID((await say(ada, "Hello")).conversation_id)
    lease = store.Lease(identifier, datetime.now(UTC), 2)
    now = datetime.now(UTC)
    usage = Usage(input=9, output=1)

    await asyncio.gather(*(store.count(context, lease, usage, 5, now) for context in contexts * 5))

    async with contexts[0].database.sessions() as session:
        assert await limits.read_day(session, now) == Total(110 + 100, 300 + 50)
        row = await session.get_one(Conversation, identifier)
    assert (row.turns, row.input_tokens, row.output_tokens, row.cost_micros) == (11, 190, 20, 350)


async def test_conversations_go_with_their_user(replicas: list[FastAPI], ada: httpx2.AsyncClient) -> None:
    context: Context = replicas[0].state.context
    await say(ada, "Hello")

    async with context.database.writing.begin() as session:
        await session.execute(delete(User).where(User.name == "Ada"))
    async with context.database.sessions() as session:
        assert (await session.scalars(select(ChatMessage))).all() == []
