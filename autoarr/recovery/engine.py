"""Brings recoveries on: each that is due is looked at, decided, and written down or acted on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from autoarr.models import Recovery
from autoarr.recovery.decide import SOON, WRITES, Decision, decide
from autoarr.recovery.gather import Reader, gather
from autoarr.recovery.holds import Hold, Lost, held, take_hold
from autoarr.recovery.timeline import ENDED, UNFINISHED, add_step, enter
from autoarr.recovery.writing import find_out, write
from autoarr.searches import ledger

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context
    from autoarr.recovery.facts import Facts

AT_ONCE = 200
"""Recoveries looked at in one round."""
ROUNDS = 4
"""What was done leads to what is next, as blocklisting to a search; the rest is for the next run."""
_STATES = {"wait": "waiting", "verify": "verifying", "ask": "asking", "split": "dismissed"}


class Engine:
    """Brings recoveries on, in any number of processes at a time.

    Args:
        clock: the wall clock.
    """

    def __init__(self, context: Context, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._context = context
        self._clock = clock

    async def run(self) -> int:
        """Follow all searches, and bring on every recovery that is due; give how many looks that took."""
        await ledger.follow(self._context, self._clock())
        looks, errors = 0, []
        for _ in range(ROUNDS):
            due = Recovery.state.in_(UNFINISHED) & (Recovery.next_at <= self._clock())
            async with self._context.database.sessions() as session:
                query = select(Recovery).where(due).order_by(Recovery.next_at).limit(AT_ONCE)
                found = list(await session.scalars(query))
            if not found:
                break
            reader = Reader(self._context, min(recovery.failed_at for recovery in found))
            for recovery in found:
                try:
                    looks += await self._bring_on(recovery.id, reader)
                except Exception as error:  # noqa: BLE001 -- whatever it is, the others are brought on
                    errors.append(error)
        if errors:
            raise errors[0]
        return looks

    async def bring_on(self, recovery_id: uuid.UUID) -> bool:
        """Bring on one recovery; False where it is not due, or somebody else works at it."""
        async with self._context.database.sessions() as session:
            recovery = await session.get(Recovery, recovery_id)
        if recovery is None:
            return False
        return await self._bring_on(recovery_id, Reader(self._context, recovery.failed_at))

    async def _bring_on(self, recovery_id: uuid.UUID, reader: Reader) -> bool:
        hold = await take_hold(self._context, recovery_id, self._clock())
        if hold is None:
            return False
        try:
            if hold.state == "acting":
                await find_out(self._context, reader, hold, self._clock)
                return True
            facts = await gather(self._context, reader, hold.recovery, self._clock())
            decision = decide(hold.recovery, facts, hold.policy, self._clock())
            if decision.action in WRITES:
                await write(self._context, reader, hold, decision, facts, self._clock)
            else:
                await self._note(hold, decision, facts)
        except Lost:
            return False
        return True

    async def _note(self, hold: Hold, decision: Decision, facts: Facts) -> None:
        """Write down what is decided, where nothing is written to a service."""
        now = self._clock()
        async with held(self._context, hold) as (session, recovery):
            # One line for each thing that it waits for, not one for each look.
            if (decision.step, decision.reason) != (facts.last_step, recovery.reason):
                data = {"proposed": decision.proposed} if decision.proposed else None
                add_step(session, recovery, decision.step, decision.reason, now, data)
            recovery.action = decision.proposed or recovery.action
            if decision.action == "split":
                await split(session, recovery, facts, now)
            await enter(session, recovery, _STATES.get(decision.action, decision.action), decision.reason, now)
            if recovery.state not in ENDED:
                recovery.next_at = decision.next_at or now + SOON


async def split(session: AsyncSession, pack: Recovery, facts: Facts, now: datetime) -> None:
    """Make a recovery of each episode of a pack that is missing still."""
    columns = ("owner_id", "owner_kind", "owner_name", "client_id", "title", "failure", "message", "seen")
    for _, number in sorted(facts.missing):
        episode = Recovery(
            **{column: getattr(pack, column) for column in columns},
            identity=f"{pack.identity}:{number}",
            media={**pack.media, "episode_ids": [number], "pack_failures": 0},
            state="waiting",
            reason="It is one episode of a pack of which nothing came.",
            attempts=0,
            next_at=now,
            failed_at=pack.failed_at,
            created_at=now,
            updated_at=now,
        )
        session.add(episode)
        await session.flush()
        add_step(session, episode, "seen", f"{pack.title}: {episode.reason}", now, {"pack": str(pack.id)})
