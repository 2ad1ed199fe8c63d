"""Logins are slowed down by name and by address, in the database: for all replicas, and through a restart."""

from __future__ import annotations

import ipaddress
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, or_, select, update

from autoarr.models import LoginThrottle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.database import Database

FREE_FAILURES = 5
LONGEST_BLOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
MAXIMUM_ROWS = 10_000
"""Beyond that many names and addresses, those that failed longest ago are forgotten."""


class Blocked(Exception):
    """Too many failures: not before `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"blocked for {retry_after} s")
        self.retry_after = retry_after


def name_throttle(name_key: str) -> str:
    """The throttle of a name."""
    return f"name:{name_key}"


def address_throttle(address: str) -> str:
    """The throttle of an address; of IPv6 its network, because one client has all of that."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if parsed.version == 6:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


async def count_attempt(database: Database, keys: Sequence[str], now: datetime) -> None:
    """Count an attempt as failed before it is made: of many at the same time, none gets around the count.

    Args:
        keys: the address's before the name's, as in `forgive`: two that went the other way round could wait for each
            other.

    Raises:
        Blocked: one of them has failed too often; nothing is counted then.
    """
    rows = [{"key": key, "failures": 1, "updated_at": now} for key in keys]
    forgotten = LoginThrottle.updated_at <= now - FORGOTTEN_AFTER
    statement = (
        database.insert(LoginThrottle)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": case((forgotten, 1), else_=LoginThrottle.failures + 1), "updated_at": now},
            where=or_(LoginThrottle.blocked_until.is_(None), LoginThrottle.blocked_until <= now),
        )
        .returning(LoginThrottle.key, LoginThrottle.failures)
    )
    async with database.writing() as session:
        counted = {row.key: row.failures for row in await session.execute(statement)}
        if len(counted) == len(keys):
            for key, failures in counted.items():
                if failures > FREE_FAILURES:
                    block = min(2.0 ** min(failures - FREE_FAILURES - 1, 30), LONGEST_BLOCK.total_seconds())
                    until = now + timedelta(seconds=block)
                    await session.execute(
                        update(LoginThrottle).where(LoginThrottle.key == key).values(blocked_until=until)
                    )
            await session.commit()
    if len(counted) < len(keys):
        raise Blocked(await _seconds_left(database, keys, now))
    if 1 in counted.values():
        await _forget_surplus(database)


async def _seconds_left(database: Database, keys: Sequence[str], now: datetime) -> int:
    async with database.sessions() as session:
        found = await session.scalars(select(LoginThrottle.blocked_until).where(LoginThrottle.key.in_(keys)))
        return max([1, *(math.ceil((until - now).total_seconds()) for until in found if until)])


async def _forget_surplus(database: Database) -> None:
    surplus = select(LoginThrottle.key).order_by(LoginThrottle.updated_at.desc()).offset(MAXIMUM_ROWS)
    async with database.writing.begin() as session:
        # Rows that a login holds at this moment are not waited for: it may hold one and want another.
        keys = (await session.scalars(surplus.with_for_update(skip_locked=True))).all()
        if keys:
            await session.execute(delete(LoginThrottle).where(LoginThrottle.key.in_(keys)))


async def forgive(session: AsyncSession, name: str, address: str | None = None) -> None:
    """After a success, in a transaction of the caller's: forget the name's failures, and this attempt of the address.

    The address's others stay: else whoever has an account could try those of others without end.
    """
    if address:
        values = {"failures": LoginThrottle.failures - 1, "blocked_until": None}
        await session.execute(update(LoginThrottle).where(LoginThrottle.key == address).values(values))
    await session.execute(delete(LoginThrottle).where(LoginThrottle.key == name))
