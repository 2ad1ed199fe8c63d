"""What calls of a model cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoarr.settings import Settings

CACHE_WRITE, CACHE_READ = 1.25, 0.1
"""What writing and reading the prompt's cache costs, in terms of the same tokens as input. Some models' reads cost
less: the count is never too low."""


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, which is as many millionths of a dollar for one.

    Attributes:
        long_from: tokens of a prompt, beyond which everything costs `long_times` as much.
    """

    input: float
    output: float
    long_from: int | None = None
    long_times: float = 1


PRICES = {
    "claude-fable-5-1": Price(10, 50),
    "claude-haiku-5-5": Price(0.1, 0.5, long_from=100_000, long_times=5),
    "claude-opus-5-5": Price(4, 20),
    "claude-sonnet-5": Price(2, 10),
    "claude-sonnet-5-5": Price(2, 10),
}
"""As https://platform.claude.com/docs/en/about-claude/pricing has them, in November 2026."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The tokens of one call, as the API counts them.

    Attributes:
        input: what was read anew.
        cached: what was read from the prompt's cache.
        stored: what was written to it.
        estimated: the call was cut off before the API had said how much it wrote.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    stored: int = 0
    estimated: bool = False

    @property
    def prompt(self) -> int:
        """Everything that was read."""
        return self.input + self.cached + self.stored

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input=self.input + other.input,
            output=self.output + other.output,
            cached=self.cached + other.cached,
            stored=self.stored + other.stored,
            estimated=self.estimated or other.estimated,
        )

    @property
    def total(self) -> int:
        """As limits count it."""
        return self.prompt + self.output


def find_price(settings: Settings) -> Price | None:
    """The price of the model in use; None where nobody said it."""
    if settings.chat_prices:
        read, written = settings.chat_prices.split("/")
        return Price(float(read), float(written))
    return PRICES.get(settings.chat_model)


def cost_micros(price: Price | None, usage: Usage) -> int:
    """Millionths of a US dollar, rounded up; 0 where no price is known."""
    if price is None:
        return 0
    read = usage.input + usage.cached * CACHE_READ + usage.stored * CACHE_WRITE
    times = price.long_times if price.long_from is not None and usage.prompt > price.long_from else 1
    return math.ceil(round((read * price.input + usage.output * price.output) * times, 6))
