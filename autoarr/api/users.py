"""Users, for administrators."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import select

from autoarr import activity
from autoarr.accounts import passwords, users
from autoarr.accounts.principal import AdminDep, AdminSessionDep
from autoarr.actors import Role
from autoarr.api.fields import Name, Password
from autoarr.api.lookup import find, missing
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.models import User

router = APIRouter(prefix="/users", tags=["users"])


class UserView(BaseModel):
    """A user."""

    id: uuid.UUID
    name: str
    role: Role
    disabled: bool
    created_at: AwareDatetime
    password_changed_at: AwareDatetime

    @classmethod
    def of(cls, user: User) -> UserView:
        """Show a user's row."""
        return cls.model_validate(user, from_attributes=True)


class NewUser(BaseModel):
    """A user to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["robin"])
    password: Password
    role: Role = "requester"


class UserPatch(BaseModel):
    """What to change; what is absent or null stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    password: Password | None = None
    role: Role | None = None
    disabled: bool | None = None


def refuse_name_as_password(password: SecretStr, name: str) -> None:
    """Answer with a problem where a password is the user's name."""
    if users.password_is_name(password.get_secret_value(), name):
        raise HTTPException(422, "The password may not be the name.")


@router.get("", summary="Users")
async def list_users(context: ContextDep, _: AdminDep, page: PageDep) -> Page[UserView]:
    """List all users by name."""
    async with context.database.sessions() as session:
        return await read_page(session, select(User).order_by(User.name_key), page, UserView.of)


@router.post("", summary="Make a user", status_code=201)
async def create_user(context: ContextDep, principal: AdminSessionDep, body: NewUser) -> UserView:
    """Make a user with a first password."""
    refuse_name_as_password(body.password, body.name)
    password_hash = await passwords.hash_password(body.password.get_secret_value())
    try:
        async with context.database.writing.begin() as session:
            user = await users.add_user(session, body.name, password_hash, body.role)
            message = f"{principal.name} made the {user.role} {user.name}."
            activity.record(session, principal.actor, "user.created", message, subject=user.name)
    except users.NameTaken as error:
        raise HTTPException(409, str(error)) from None
    await context.bus.publish("user.changed", {"id": str(user.id)})
    return UserView.of(user)


@router.get("/{user_id}", summary="A user")
async def get_user(context: ContextDep, _: AdminDep, user_id: uuid.UUID) -> UserView:
    """Show one user."""
    async with context.database.sessions() as session:
        return UserView.of(await find(session, User, user_id))


@router.patch("/{user_id}", summary="Change a user")
async def change_user(context: ContextDep, principal: AdminSessionDep, user_id: uuid.UUID, body: UserPatch) -> UserView:
    """Change a user. A new password, or disabling, ends all of their sessions."""
    given = body.model_dump(exclude_none=True, exclude={"password"})
    if body.password is not None:
        async with context.database.sessions() as session:
            user = await find(session, User, user_id)
        refuse_name_as_password(body.password, body.name or user.name)
        given["password_hash"] = await passwords.hash_password(body.password.get_secret_value())
    try:
        async with context.database.writing.begin() as session:
            if (changed := await users.change_user(session, user_id, **given)) is None:
                raise missing(User)
            user, ended = changed
            activity.record(
                session,
                principal.actor,
                "user.changed",
                f"{principal.name} changed the user {user.name}; {ended} sessions ended.",
                subject=user.name,
                data={"fields": sorted(body.model_dump(exclude_none=True))},
            )
    except (users.NameTaken, users.LastAdmin) as error:
        raise HTTPException(409, str(error)) from None
    await context.bus.publish("user.changed", {"id": str(user_id)})
    return UserView.of(user)


@router.delete("/{user_id}", summary="Delete a user", status_code=204)
async def delete_user(context: ContextDep, principal: AdminSessionDep, user_id: uuid.UUID) -> None:
    """Delete a user with all their sessions and API tokens; what they did stays in the activity log."""
    try:
        async with context.database.writing.begin() as session:
            if (user := await users.delete_user(session, user_id)) is None:
                raise missing(User)
            message = f"{principal.name} deleted the user {user.name}."
            activity.record(session, principal.actor, "user.deleted", message, subject=user.name)
    except users.LastAdmin as error:
        raise HTTPException(409, str(error)) from None
    await context.bus.publish("user.changed", {"id": str(user_id)})
