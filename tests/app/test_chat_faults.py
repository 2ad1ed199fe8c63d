"""What the Messages API does when it does not answer, and what becomes of the conversation then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest

from autoarr.chat import model
from autoarr.context import Context
from autoarr.logs import configure_logging
from tests.app.chat_stage import look, read_events, say
from tests.app.messages_stub import KEY, MessagesStub, Refuse, Say, think, use

if TYPE_CHECKING:
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("messages_api")


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No test waits; how long it would have."""
    seconds: list[float] = []

    async def sleep(duration: float) -> None:
        seconds.append(duration)

    monkeypatch.setattr(model, "sleep", sleep)
    return seconds


REFUSALS = {
    "a wrong key": (Refuse(401, "authentication_error", "invalid x-api-key"), "key", "AUTOARR_ANTHROPIC_API_KEY"),
    "no permission": (Refuse(403, "permission_error"), "key", "AUTOARR_ANTHROPIC_API_KEY"),
    "no such model": (Refuse(404, "not_found_error", "model: x"), "model", "claude-sonnet-5-5: model: x"),
    "no credit": (Refuse(400, "invalid_request_error", "Your credit balance is too low"), "request", "balance is too"),
    "too large": (Refuse(413, "request_too_large"), "request", "planted"),
    "a long wait": (Refuse(429, "rate_limit_error", retry_after="31"), "rate_limited", "rate limit"),
    "not to be retried": (Refuse(402, "billing_error", "pay first"), "request", "pay first"),
}


@pytest.mark.parametrize(("step", "kind", "part"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_what_no_further_try_helps(
    admin: httpx2.AsyncClient,
    messages_api: MessagesStub,
    slept: list[float],
    step: Refuse,
    kind: str,
    part: str,
) -> None:
    messages_api.script = [step]

    heard = await say(admin, "Hello")

    assert (heard.last["type"], heard.last["kind"]) == ("error", kind)
    assert part in heard.last["message"]
    assert heard.last["retry_after_s"] == (31 if step.retry_after else None)
    assert (len(messages_api.asked), slept) == (1, [])
    assert heard.of("usage") == []
    assert (await say(admin, "And now?", heard.conversation_id)).last["stop"] == "end"
    assert messages_api.refused == []


PASSING = {
    "a rate limit": Refuse(429, "rate_limit_error", retry_after="7"),
    "an overload": Refuse(529, "overloaded_error", retry_after="7"),
    "a failure": Refuse(500, "api_error", retry_after="7"),
}


@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING.keys())
async def test_another_try_after_the_wait_that_is_asked_for(
    admin: httpx2.AsyncClient, messages_api: MessagesStub, slept: list[float], step: Refuse
) -> None:
    messages_api.script = [step, step, Say("At last.")]

    heard = await say(admin, "Hello")

    assert heard.text == "At last."
    assert slept == [7, 7]
    assert [event["seconds"] for event in heard.of("waiting")] == [7, 7]
    assert heard.of("waiting")[0]["reason"]
    assert len(messages_api.asked) == 3


@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING.keys())
async def test_tries_are_bounded(
    admin: httpx2.AsyncClient, messages_api: MessagesStub, slept: list[float], step: Refuse
) -> None:
    messages_api.rest = step

    heard = await say(admin, "Hello")

    assert heard.last["type"] == "error"
    assert heard.last["retry_after_s"] == 7
    assert len(messages_api.asked) == model.ATTEMPTS


async def test_without_a_wait_asked_for_it_backs_off(
    admin: httpx2.AsyncClient, messages_api: MessagesStub, slept: list[float]
) -> None:
    messages_api.script = [Refuse(529, "overloaded_error"), Refuse(529, "overloaded_error", retry_after="soon")]

    await say(admin, "Hello")

    assert len(slept) == 2
    assert all(0.5 <= seconds <= 10 for seconds in slept)


# The first two events of content are the start of the text and a piece of it.
BREAKS = {
    "the connection breaks": "cut",
    "it ends without an end": "end",
    "it is overloaded meanwhile": "overloaded",
    "it is no JSON": "garbage",
}


@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS.keys())
async def test_what_came_is_kept(admin: httpx2.AsyncClient, messages_api: MessagesStub, fault: str) -> None:
    messages_api.script = [Say("The answer is forty-two.", use("status"), fault=fault, after=3)]

    heard = await say(admin, "What is the answer?")

    assert (heard.last["type"], heard.last["kind"]) == ("error", "overloaded" if fault == "overloaded" else "broken")
    assert heard.text == "The answer is "
    # Nothing is said twice.
    assert len(messages_api.asked) == 1
    kept = (await look(admin, heard.conversation_id))["messages"]
    assert [block["text"] for block in kept[-1]["content"]] == ["The answer is ", heard.last["message"]]
    (used,) = heard.of("usage")
    assert (used["input_tokens"], used["output_tokens"], used["estimated"]) == (100, 4, True)

    again = await say(admin, "Go on", heard.conversation_id)

    assert again.last["stop"] == "end"
    said = [block["text"] for block in messages_api.asked[-1].messages[1]["content"]]
    assert said == ["The answer is ", f"[{heard.last['message']}]"]
    assert messages_api.refused == []


@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS.keys())
async def test_before_a_word_it_is_tried_again(
    admin: httpx2.AsyncClient, messages_api: MessagesStub, fault: str
) -> None:
    """Both tries are paid for."""
    messages_api.script = [Say(think("hmmmmm"), use("status"), fault=fault, after=5), Say("Hello.")]

    heard = await say(admin, "Hello")

    assert heard.text == "Hello."
    assert heard.of("tool_call") == []
    (used,) = heard.of("usage")
    assert used["input_tokens"] == 200
    assert used["estimated"]
    assert messages_api.refused == []


async def test_nobody_there(app: FastAPI, admin: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    context: Context = app.state.context
    context.settings = context.settings.model_copy(update={"anthropic_base_url": "http://127.0.0.1:1"})

    heard = await say(admin, "Hello")

    assert heard.last["kind"] == "unreachable"
    assert "127.0.0.1" not in heard.last["message"]  # it may be for a requester
    assert "http://127.0.0.1:1 gave no answer: Connect" in caplog.text


async def test_silence(admin: httpx2.AsyncClient, messages_api: MessagesStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "SILENCE_S", 0.2)
    messages_api.script = [Say("I think", fault="hold", after=2)]

    heard = await say(admin, "Hello")

    assert heard.last["kind"] == "broken"
    assert heard.text == "I think"


async def test_no_end(admin: httpx2.AsyncClient, messages_api: MessagesStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "CALL_S", 0.2)
    messages_api.script = [Say("I think", fault="hold", after=2)]

    heard = await say(admin, "Hello")

    assert heard.last["kind"] == "broken"
    assert "0.2 s" in heard.last["message"]
    assert len(messages_api.asked) == 1


async def test_the_key_shows_nowhere(
    app: FastAPI,
    admin: httpx2.AsyncClient,
    messages_api: MessagesStub,
    own_root_logger: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A gateway may well repeat the key that it refuses."""
    context: Context = app.state.context
    configure_logging(context.settings.model_copy(update={"log_level": "DEBUG"}))
    told = [Refuse(401, "authentication_error", f"the key {KEY} is wrong"), Refuse(400, "x", "x" * 8 + f"{KEY} " * 100)]
    messages_api.script = [*told, Refuse(500, "api_error", KEY), Say("Hello", use("status")), Say("a", fault="cut")]
    with context.bus.subscribe() as subscription:
        answers = [await admin.post("/api/v1/chat", json={"message": "a private word"}) for _ in range(4)]
        changed = {"anthropic_base_url": "http://127.0.0.1:1"}
        context.settings = context.settings.model_copy(update=changed)
        answers.append(await admin.post("/api/v1/chat", json={"message": "Hello"}))
        started = [read_events(answer.text)[0]["conversation_id"] for answer in answers]
        paths = [*(f"chat/{identifier}" for identifier in started), "chat", "chat/status", "about", "activity", "jobs"]
        answers += [await admin.get(f"/api/v1/{path}") for path in paths]
        context.bus.end()
        events = [repr(event) async for event in subscription]

    log = capsys.readouterr().out
    assert "the key *** is wrong" in "".join(answer.text for answer in answers)
    assert "autoarr.chat.model" in {json.loads(line)["logger"] for line in log.splitlines()}
    for text in (log, repr(context.settings), *events, *(answer.text for answer in answers)):
        assert KEY[:12] not in text
    assert "a private word" not in log
    assert KEY in repr([one.headers for one in messages_api.asked])
    assert KEY not in repr([one.body for one in messages_api.asked])
