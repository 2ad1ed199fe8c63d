"""How much a conversation, and all of them in a day, may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autoarr.chat.prices import find_price
from autoarr.models import Conversation, Option

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.database import Database
    from autoarr.settings import Settings

DAY_KEY = "chat.day"
MICROS = 1_000_000


@dataclass(frozen=True)
class Total:
    """What was used.

    Attributes:
        micros: millionths of a US dollar, as far as the price was known.
    """

    tokens: int = 0
    micros: int = 0

    def __add__(self, other: Total) -> Total:
        return Total(self.tokens + other.tokens, self.micros + other.micros)


def total_of(conversation: Conversation) -> Total:
    """What a conversation used."""
    return Total(conversation.input_tokens + conversation.output_tokens, conversation.cost_micros)


def dollars(settings: Settings, micros: int) -> float | None:
    """US dollars; None where nothing is known of the cost."""
    return None if not micros and find_price(settings) is None else micros / MICROS


async def read_day(session: AsyncSession, now: datetime) -> Total:
    """What all conversations used in this day, by UTC."""
    kept = await session.get(Option, DAY_KEY, populate_existing=True)
    return _of_today(kept, now)


async def add_to_day(session: AsyncSession, database: Database, used: Total, now: datetime) -> Total:
    """Count what was used, in a writing transaction of the caller's."""
    empty = {"key": DAY_KEY, "value": {}, "updated_at": now, "updated_by": "system"}
    await session.execute(database.insert(Option).values(**empty).on_conflict_do_nothing())
    kept = await session.get_one(Option, DAY_KEY, populate_existing=True, with_for_update=True)
    total = _of_today(kept, now) + used
    kept.value = {"day": _name(now), "tokens": total.tokens, "micros": total.micros}
    kept.updated_at = now
    return total


def reached(settings: Settings, conversation: Total, day: Total) -> str | None:
    """Which limit there is no more room in, for a person; None while there is."""
    for used, tokens, usd, whose, names in (
        (
            conversation,
            settings.chat_conversation_tokens,
            settings.chat_conversation_usd,
            "This conversation has used",
            "AUTOARR_CHAT_CONVERSATION",
        ),
        (day, settings.chat_day_tokens, settings.chat_day_usd, "Today's conversations have used", "AUTOARR_CHAT_DAY"),
    ):
        way_on = "start another one" if used is conversation else "it goes on tomorrow (UTC)"
        if used.tokens >= tokens:
            return f"{whose} the {tokens:,} tokens that it may: {way_on}, or raise {names}_TOKENS."
        if find_price(settings) is not None and used.micros >= usd * MICROS:
            return f"{whose} the ${usd:g} that it may: {way_on}, or raise {names}_USD."
    return None


def _of_today(kept: Option | None, now: datetime) -> Total:
    value: Any = kept.value if kept else {}
    return Total(value["tokens"], value["micros"]) if value.get("day") == _name(now) else Total()


def _name(now: datetime) -> str:
    return now.date().isoformat()
