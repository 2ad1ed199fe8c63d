"""Rows by their ids, and lists narrowed by query parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import HTTPException

from autoarr.models import Base

if TYPE_CHECKING:
    import uuid

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

Row = TypeVar("Row", bound=Base)


def missing(table: type[Base]) -> HTTPException:
    """The problem that there is no row of a table with the id that was asked for."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", table.__name__)
    return HTTPException(404, f"There is no such {words.lower()}.")


async def find(session: AsyncSession, table: type[Row], identifier: uuid.UUID, *, lock: bool = False) -> Row:
    """Read a row.

    Args:
        lock: until the end of the transaction, on PostgreSQL.

    Raises:
        HTTPException: 404, there is none.
    """
    if (row := await session.get(table, identifier, with_for_update=lock or None)) is None:
        raise missing(table)
    return row


def narrow(query: Select[Any], **wanted: Any) -> Select[Any]:
    """Keep the rows whose columns have these values; None asks for nothing."""
    return query.filter_by(**{name: value for name, value in wanted.items() if value is not None})
