"""This installation's own row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from autoarr import __version__
from autoarr.models import Instance

if TYPE_CHECKING:
    import uuid

    from autoarr.database import Database


async def register_start(database: Database) -> uuid.UUID:
    """Note that this version started.

    Returns:
        The installation's id, which stays the same as long as its database.
    """
    async with database.writing.begin() as session:
        instance = (await session.scalars(select(Instance))).one()
        instance.version = __version__
        return instance.id
