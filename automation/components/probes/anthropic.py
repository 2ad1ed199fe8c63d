"""The Anthropic SDK against a stub of the Messages API: streaming with tool use, retries, errors."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anthropic

from automation.components.probes import served, stubs
from automation.components.probes.harness import Facts, Probe, equal, refused, require
from automation.components.probes.messages_stub import ARGUMENTS, FINAL, TEXT, TOOL, MessagesApi, error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROBE = Probe()

QUESTION: Any = {"model": "probe", "max_tokens": 100, "messages": [{"role": "user", "content": "Is it there?"}]}
TOOLS: Any = [{"name": TOOL, "input_schema": {"type": "object", "properties": {"title": {"type": "string"}}}}]
RETRY_AFTER = 1
SAID = {"message": "How is everything?"}


@contextmanager
def connected(api: MessagesApi, retries: int = 2) -> Iterator[anthropic.AsyncAnthropic]:
    """A client of the stub."""
    with stubs.http(api) as port:
        yield anthropic.AsyncAnthropic(
            api_key="probe", base_url=f"http://127.0.0.1:{port}", max_retries=retries, timeout=5
        )


def sends_key(headers: Mapping[str, str]) -> bool:
    """Whether a request has the key; the SDK has sent it both ways."""
    return headers.get("x-api-key") == "probe" or headers.get("authorization") == "Bearer probe"


@PROBE.step("streaming with tool use")
async def streaming(facts: Facts) -> str:
    """Text and arguments arrive in pieces, the message is put together, and the tool's result goes back."""
    api = MessagesApi()
    with connected(api) as client:
        async with client.messages.stream(**QUESTION, tools=TOOLS) as stream:
            events = [event async for event in stream]
            message = await stream.get_final_message()
        texts = [event.text for event in events if event.type == "text"]
        equal(tuple(texts), TEXT, "the pieces of text")
        require(any(event.type == "message_stop" for event in events), "the end of the message was not seen")
        text, call = message.content
        equal((text.type, getattr(text, "text", "")), ("text", "".join(TEXT)), "the text")
        equal((call.type, getattr(call, "input", None)), ("tool_use", ARGUMENTS), "the tool's arguments")
        equal((message.stop_reason, message.usage.output_tokens), ("tool_use", 42), "the end of the message")
        result = {"type": "tool_result", "tool_use_id": getattr(call, "id", ""), "content": "found"}
        follow: Any = [*QUESTION["messages"], {"role": "assistant", "content": message.content}]
        follow.append({"role": "user", "content": [result]})
        final = await client.messages.create(**{**QUESTION, "messages": follow}, tools=TOOLS)
    equal(getattr(final.content[0], "text", ""), FINAL, "the final text")
    sent = json.loads(api.asked[1].body)["messages"][1]["content"][1]
    equal((sent["type"], sent["input"]), ("tool_use", ARGUMENTS), "the call as it was sent back")
    headers = api.asked[0].headers
    equal(api.asked[0].target, "/v1/messages", "the path")
    require(sends_key(headers), "the key is not sent")
    require("anthropic-version" in headers, "the version of the API is not sent")
    return f"{len(events)} events, the tool's result sent back"


@PROBE.step("the application's chat")
def chat(facts: Facts) -> str:
    """A reply that uses a tool, as AutoArr streams it to a browser; without a key it says how to get one."""
    api = MessagesApi(tool="status", arguments={})
    with stubs.http(api) as port:
        settings = {
            "AUTOARR_ANTHROPIC_API_KEY": "probe",
            "AUTOARR_ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
        }
        with served.served(settings) as application:
            reply = application.ask("/api/v1/chat", method="POST", token=application.log_in(), body=SAID)
    equal(reply.status, 200, "the status of the chat")
    events = [json.loads(line[6:]) for line in reply.body.decode().splitlines() if line.startswith("data: ")]
    equal("".join(event["text"] for event in events if event["type"] == "text"), f"{''.join(TEXT)}{FINAL}", "the text")
    answers = [event["ok"] for event in events if event["type"] == "tool_result"]
    equal((answers, events[-1]["type"]), ([True], "done"), "the tool's answer and the end")
    equal([sends_key(request.headers) for request in api.asked], [True, True], "the requests with the key")
    with served.served({}) as application:
        refusal = application.ask("/api/v1/chat", method="POST", token=application.log_in(), body=SAID)
    require(b"AUTOARR_ANTHROPIC_API_KEY" in refusal.body, f"without a key it says {refusal.body!r}")
    return f"{len(events)} events with a tool's answer; without a key it says how to get one"


@PROBE.step("retries on 429 and 529")
async def retries(facts: Facts) -> str:
    """Tried again after a limit and an overload, not before Retry-After, and no more often than was said."""
    api = MessagesApi(
        error(429, "rate_limit_error", **{"Retry-After": str(RETRY_AFTER)}),
        error(529, "overloaded_error", **{"Retry-After-Ms": "50"}),
    )
    with connected(api) as client:
        started = time.monotonic()
        async with client.messages.stream(**QUESTION, tools=TOOLS) as stream:
            message = await stream.get_final_message()
        taken = time.monotonic() - started
    equal((message.stop_reason, len(api.asked)), ("tool_use", 3), "the end and the number of requests")
    require(RETRY_AFTER <= taken < RETRY_AFTER + 10, f"it took {taken:.1f} s with Retry-After: {RETRY_AFTER}")
    counts = [request.headers["x-stainless-retry-count"] for request in api.asked]
    equal(counts, ["0", "1", "2"], "the retries as they were counted")
    overloaded = [error(529, "overloaded_error", **{"Retry-After-Ms": "1"}) for _ in range(5)]
    api = MessagesApi(*overloaded)
    with connected(api, retries=1) as client, refused("an overload that does not end", anthropic.OverloadedError):
        await client.messages.create(**QUESTION)
    equal(len(api.asked), 2, "the requests with one retry")
    return f"third try after {taken:.1f} s, Retry-After kept"


@PROBE.step("errors")
async def errors(facts: Facts) -> str:
    """Each kind of failure has its exception; those that can't get better are not tried again."""
    kinds: tuple[tuple[int, str, type[anthropic.APIStatusError]], ...] = (
        (400, "invalid_request_error", anthropic.BadRequestError),
        (401, "authentication_error", anthropic.AuthenticationError),
        (403, "permission_error", anthropic.PermissionDeniedError),
        (404, "not_found_error", anthropic.NotFoundError),
    )
    for status, kind, wanted in kinds:
        api = MessagesApi(error(status, kind))
        with connected(api) as client, refused(f"status {status}", wanted) as caught:
            await client.messages.create(**QUESTION)
        failure: Any = caught[0]
        equal((failure.status_code, failure.body["error"]["type"]), (status, kind), "the error")
        equal(len(api.asked), 1, f"the requests after status {status}")
    with connected(MessagesApi()) as client, refused("an error within a stream", anthropic.APIStatusError) as caught:
        async with client.messages.stream(**{**QUESTION, "model": "broken"}) as stream:
            await stream.get_final_message()
    require("Overloaded" in str(caught[0]), f"the error within the stream says {caught[0]}")
    with stubs.deaf() as port:
        client = anthropic.AsyncAnthropic(
            api_key="probe", base_url=f"http://127.0.0.1:{port}", max_retries=0, timeout=0.3
        )
        with refused("a service that does not answer", anthropic.APITimeoutError):
            await client.messages.create(**QUESTION)
    return f"{len(kinds)} statuses, an error within a stream, a time-out"
