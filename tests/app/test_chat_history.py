"""A kept conversation is one that the Messages API takes, however its replies ended."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from autoarr.chat.history import INTERRUPTED, decided, for_api, note, told, with_cache, without_thoughts
from tests.app.messages_rules import find_disorder
from tests.app.messages_stub import think, use


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": [text(block) if isinstance(block, str) else block for block in blocks]}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [text(block) if isinstance(block, str) else block for block in blocks]}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def result(identifier: str, said: str = "{}") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": identifier, "content": said, "is_error": False}


def roles(messages: list[dict[str, Any]]) -> str:
    return "".join(message["role"][0] for message in messages)


def test_as_it_should_be() -> None:
    whole = [
        user("Hello"),
        assistant(think("hm"), "Let me see.", use("status", "a"), use("status", "b")),
        user(result("a"), result("b")),
        assistant("All is well."),
        user("Thanks"),
    ]

    assert for_api(whole) == whole
    assert find_disorder(whole) is None


def test_killed_before_the_results() -> None:
    made = for_api([user("Hello"), assistant("Let me see.", use("status", "a"))])

    assert roles(made) == "uau"
    (missing,) = made[-1]["content"]
    assert (missing["tool_use_id"], missing["content"], missing["is_error"]) == ("a", INTERRUPTED, True)


def test_killed_before_the_results_and_gone_on() -> None:
    made = for_api([user("Hello"), assistant(use("status", "a")), user("Are you there?")])

    assert [block["type"] for block in made[-1]["content"]] == ["tool_result", "text"]
    assert find_disorder(made) is None


def test_killed_after_some_results() -> None:
    made = for_api([user("Hello"), assistant(use("x", "a"), use("x", "b")), user(result("b", "there")), user("And?")])

    assert [block.get("content") for block in made[-1]["content"]] == [INTERRUPTED, "there", None]
    assert find_disorder(made) is None


def test_stopped_after_the_results() -> None:
    made = for_api([user("Hello"), assistant(use("x", "a")), user(result("a")), user("Go on")])

    assert roles(made) == "uau"
    assert [block["type"] for block in made[-1]["content"]] == ["tool_result", "text"]


def test_no_answer_at_all() -> None:
    made = for_api([user("Hello"), user("Hello?")])

    assert made == [user("Hello", "Hello?")]


def test_what_a_refusal_takes_with_it() -> None:
    before = [user("Hello"), assistant("Hello.")]
    refused = [user("Something bad"), assistant(use("x", "a")), user(result("a")), assistant(note("refusal", "No."))]

    assert for_api([*before, *refused, user("Something good")]) == [*before, user("Something good")]
    assert for_api([*refused, user("Something good")]) == [user("Something good")]


def test_notes_are_words() -> None:
    made = for_api([user("Hello"), assistant("I am", note("cancelled", "The reply was cancelled.")), user("Go on")])

    assert made[1] == assistant("I am", "[The reply was cancelled.]")


def test_decisions_are_words_once() -> None:
    news = decided("1", "recover", "failed", {"title": {"untrusted": "x"}}, {"untrusted": "y"})

    made = for_api([user(news, "How did it go?")])

    said = made[0]["content"][0]["text"]
    assert json.loads(said.removeprefix("[AutoArr: ").removesuffix("]")) == {
        "tool": "recover",
        "state": "failed",
        "result": {"title": {"untrusted": "x"}},
        "error": {"untrusted": "y"},
    }
    assert told([user(news)]) == {"1"}


def test_thoughts_can_be_left_out() -> None:
    content = [think("hm"), {"type": "redacted_thinking", "data": "x"}, text("Hello")]

    assert without_thoughts(content) == [text("Hello")]


def test_the_cache_is_marked_at_the_end() -> None:
    messages = [user("a"), assistant("b"), user("c", "d")]
    before = copy.deepcopy(messages)

    marked = with_cache(messages)

    assert marked[-1]["content"][-1] == {**text("d"), "cache_control": {"type": "ephemeral"}}
    assert json.dumps(marked).count("cache_control") == 1
    assert messages == before


def test_nothing_can_be_kept_that_the_api_refuses() -> None:
    hypothesis = pytest.importorskip("hypothesis")
    from hypothesis import strategies

    identifiers = strategies.sampled_from("abc")
    words = strategies.sampled_from(["Hello", " ", ""]).map(text)
    spoken = words | strategies.just(note("cancelled", "Stopped.")) | strategies.just(note("refusal", "No."))
    users = strategies.lists(words | identifiers.map(result) | strategies.just(decided("1", "x", "done", None, None)))
    # Of one conversation, no two calls have the same id.
    models = strategies.lists(spoken | strategies.just(think("hm")) | strategies.just(use("status")), max_size=4)
    messages = strategies.lists(
        users.map(lambda content: {"role": "user", "content": content})
        | models.map(lambda content: {"role": "assistant", "content": content}),
        max_size=8,
    )

    @hypothesis.settings(max_examples=500, deadline=None, database=None, derandomize=True)  # type: ignore[untyped-decorator]  # importorskip
    @hypothesis.given(messages)  # type: ignore[untyped-decorator]
    def check(kept: list[dict[str, Any]]) -> None:
        number = 0
        for message in kept:
            for index, block in enumerate(message["content"]):
                if block["type"] == "tool_use":
                    number += 1
                    message["content"][index] = {**block, "id": "abcdefghijklmnopqrstuvwxyz"[number % 26] * number}
        before = copy.deepcopy(kept)

        made = for_api([*kept, user("And now?")])

        assert find_disorder(made) is None, made
        assert made[-1]["content"][-1] == text("And now?")
        assert kept == before

    check()
