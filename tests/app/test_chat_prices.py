"""What calls of a model cost, and when there is no room for another one."""

from __future__ import annotations

from typing import Any

import pytest

from autoarr.chat.limits import Total, dollars, reached
from autoarr.chat.prices import PRICES, Price, Usage, cost_micros, find_price
from autoarr.settings import Settings

MILLION = 1_000_000


def settings(**values: Any) -> Settings:
    return Settings(**values)


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(input=MILLION), 2),
        (Usage(output=MILLION), 10),
        (Usage(cached=MILLION), 0.2),
        (Usage(stored=MILLION), 2.5),
        (Usage(input=MILLION, output=MILLION, cached=MILLION, stored=MILLION), 14.7),
        (Usage(), 0),
    ],
)
def test_by_kind_of_token(usage: Usage, dollars: float) -> None:
    assert cost_micros(PRICES["claude-sonnet-5-5"], usage) == dollars * MILLION


def test_never_rounded_down() -> None:
    assert cost_micros(Price(0.1, 0.5), Usage(input=1)) == 1
    assert cost_micros(Price(0.1, 0.5), Usage(input=10)) == 1
    assert cost_micros(Price(0.1, 0.5), Usage(input=11)) == 2


def test_long_prompts_cost_more_where_they_do() -> None:
    price = PRICES["claude-haiku-5-5"]

    assert cost_micros(price, Usage(input=100_000, output=1000)) == 10_000 + 500
    # Everything does then; what was cached counts as a part of the prompt.
    assert cost_micros(price, Usage(input=50_000, cached=50_010, output=1000)) == 25_000 + 2_501 + 2_500


def test_the_default_model_has_a_price() -> None:
    assert find_price(settings()) == Price(2, 10)


def test_a_price_of_ones_own() -> None:
    assert find_price(settings(chat_model="of-a-gateway", chat_prices="0.25/1.5")) == Price(0.25, 1.5)
    assert find_price(settings(chat_prices="3/15")) == Price(3, 15)
    assert find_price(settings(chat_model="of-a-gateway")) is None


def test_without_a_price_nothing_is_known_of_the_cost() -> None:
    unknown = settings(chat_model="of-a-gateway")

    assert cost_micros(None, Usage(input=MILLION)) == 0
    assert dollars(unknown, 0) is None
    assert dollars(unknown, 5) == 5e-6  # of when another model was set
    assert dollars(settings(), 0) == 0


@pytest.mark.parametrize(
    ("conversation", "day", "part"),
    [
        (Total(99, 999_999), Total(199, 1_999_999), None),
        (Total(100, 0), Total(), "AUTOARR_CHAT_CONVERSATION_TOKENS"),
        (Total(0, 1_000_000), Total(), "AUTOARR_CHAT_CONVERSATION_USD"),
        (Total(), Total(200, 0), "AUTOARR_CHAT_DAY_TOKENS"),
        (Total(), Total(0, 2_000_000), "AUTOARR_CHAT_DAY_USD"),
    ],
)
def test_limits(conversation: Total, day: Total, part: str | None) -> None:
    limits = {"chat_conversation_tokens": 100, "chat_day_tokens": 200}
    limited = settings(**limits, chat_conversation_usd=1.0, chat_day_usd=2.0)

    told = reached(limited, conversation, day)

    assert told is None if part is None else part in (told or "")
    if part and "USD" in part:
        # Of no price, no cost can be limited.
        unknown = limited.model_copy(update={"chat_model": "of-a-gateway"})
        assert reached(unknown, conversation, day) is None
