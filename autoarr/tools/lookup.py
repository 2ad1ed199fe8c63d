"""Services by what people call them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from autoarr.models import Service
from autoarr.models.base import name_key
from autoarr.tools.fencing import Own
from autoarr.tools.model import NotNow

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def find_service(session: AsyncSession, called: str) -> Service:
    """Find a service by its id, its name, or its kind where there is one of that kind only.

    Raises:
        NotNow: there is none, or several.
    """
    try:
        condition = Service.id == uuid.UUID(called)
    except ValueError:
        condition = or_(Service.name_key == name_key(called), Service.kind == called.casefold())
    found = list(await session.scalars(select(Service).where(condition)))
    named = [service for service in found if service.name_key == name_key(called)] or found
    if len(named) != 1:
        several = "Several services are called so" if named else "There is no service called so"
        raise NotNow(Own(f"{several}: status lists them with their ids."))
    return named[0]
