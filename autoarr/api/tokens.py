"""API tokens: a user's own, for programs."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select

from autoarr import activity
from autoarr.accounts.principal import API_TOKEN_PREFIX, PrincipalDep, SessionDep, hash_api_token
from autoarr.actors import Role
from autoarr.api.fields import Name
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.models import ApiToken, User

router = APIRouter(prefix="/tokens", tags=["tokens"])

_HINT_LENGTH = len(API_TOKEN_PREFIX) + 4


class TokenView(BaseModel):
    """An API token, without itself."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    role: Role = Field(description="What it may do at most; never more than its user.")
    hint: str = Field(description="Its first characters, to tell tokens apart.")
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    expires_at: AwareDatetime | None

    @classmethod
    def of(cls, token: ApiToken) -> TokenView:
        """Show a token's row."""
        return cls.model_validate(token, from_attributes=True)


class CreatedToken(BaseModel):
    """A new API token."""

    token: str = Field(description="Shown this once; only its hash is kept.")
    details: TokenView


class NewToken(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["phone"])
    role: Role = "requester"
    expires_in_days: int | None = Field(default=None, ge=1, le=3650, description="Never, when absent.")


@router.get("", summary="API tokens")
async def list_tokens(
    context: ContextDep,
    principal: PrincipalDep,
    page: PageDep,
    every: Annotated[bool, Query(alias="all", description="Everybody's; for administrators.")] = False,
) -> Page[TokenView]:
    """List one's own API tokens, the newest first."""
    query = select(ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id)
    if every and principal.role != "admin":
        raise HTTPException(403, "Everybody's tokens are for administrators.")
    if not every:
        query = query.where(ApiToken.user_id == principal.user_id)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, TokenView.of)


@router.post("", summary="Make an API token", status_code=201)
async def create_token(context: ContextDep, principal: SessionDep, body: NewToken) -> CreatedToken:
    """Make an API token of one's own."""
    if body.role == "admin" and principal.role != "admin":
        raise HTTPException(403, "A token may do no more than its user.")
    text = API_TOKEN_PREFIX + secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    token = ApiToken(
        user_id=principal.user_id,
        name=body.name,
        role=body.role,
        hint=text[:_HINT_LENGTH],
        token_hash=hash_api_token(text),
        created_at=now,
        expires_at=now + timedelta(days=body.expires_in_days) if body.expires_in_days else None,
    )
    async with context.database.writing.begin() as session:
        if await session.get(User, principal.user_id, with_for_update=True) is None:
            raise HTTPException(401, "The user has just been deleted.")
        session.add(token)
        await session.flush()
        activity.record(
            session,
            principal.actor,
            "token.created",
            f"{principal.name} made the API token {token.name}.",
            subject=token.name,
            data={"id": str(token.id), "role": token.role},
        )
    await context.bus.publish("token.changed", {"id": str(token.id)})
    return CreatedToken(token=text, details=TokenView.of(token))


@router.delete("/{token_id}", summary="Delete an API token", status_code=204)
async def delete_token(context: ContextDep, principal: PrincipalDep, token_id: uuid.UUID) -> None:
    """Delete one of one's own API tokens, or, as an administrator, anybody's; it is refused from then on."""
    async with context.database.writing.begin() as session:
        token = await session.get(ApiToken, token_id, with_for_update=True)
        if token is None or (token.user_id != principal.user_id and principal.role != "admin"):
            raise HTTPException(404, "There is no such token.")
        await session.delete(token)
        activity.record(
            session,
            principal.actor,
            "token.deleted",
            f"{principal.name} deleted the API token {token.name}.",
            subject=token.name,
            data={"id": str(token.id)},
        )
    await context.bus.publish("token.changed", {"id": str(token_id)})
