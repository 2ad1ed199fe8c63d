"""Lists in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM = 200
Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Some items of a list."""

    items: list[Item]
    total: int = Field(description="How many there are in all pages.")
    page: int
    page_size: int


@dataclass(frozen=True)
class PageQuery:
    """Which page, from query parameters."""

    page: Annotated[int, Query(ge=1, le=1_000_000, description="Counted from 1.")] = 1
    page_size: Annotated[int, Query(ge=1, le=MAXIMUM)] = 50

    @property
    def start(self) -> int:
        """How many items are before it."""
        return (self.page - 1) * self.page_size


PageDep = Annotated[PageQuery, Depends()]


async def read_page(
    session: AsyncSession, query: Select[Any], wanted: PageQuery, convert: Callable[[Any], Item]
) -> Page[Item]:
    """Read one page of an ordered query for one entity."""
    total = await session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    rows = await session.scalars(query.limit(wanted.page_size).offset(wanted.start))
    return Page(items=[convert(row) for row in rows], total=total or 0, page=wanted.page, page_size=wanted.page_size)
