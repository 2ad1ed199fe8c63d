"""This installation's own row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from autoarr import __version__
from autoarr.errors import StartupError
from autoarr.keys import CHECK_WORD, KeyRing
from autoarr.models import Instance

if TYPE_CHECKING:
    import uuid

    from autoarr.database import Database


async def register_start(database: Database, keys: KeyRing) -> uuid.UUID:
    """Note that this version started.

    Returns:
        The installation's id, which stays the same as long as its database.

    Raises:
        StartupError: the database was written with other keys.
    """
    async with database.writing.begin() as session:
        instance = (await session.scalars(select(Instance))).one()
        if instance.key_check is None:
            instance.key_check = keys.encrypt(CHECK_WORD)
        elif not keys.reads(instance.key_check):
            raise StartupError(
                "this database was written with other secret keys than those of this process: give every replica the "
                "same AUTOARR_SECRET_KEY, or restore secret.key in the data folder; if the keys are lost, "
                "`autoarr reset-keys` forgets what only they can read"
            )
        instance.version = __version__
        return instance.id
