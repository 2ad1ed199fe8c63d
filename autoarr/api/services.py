"""The services: which there are, and whether they can be reached."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import select

from autoarr.accounts.principal import AdminDep
from autoarr.api.fields import Name, Text
from autoarr.api.lookup import find, narrow
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import Context, ContextDep
from autoarr.models import Service
from autoarr.services import registry, testing
from autoarr.services.address import MAXIMUM_CA, MAXIMUM_URL, normalise_ca, normalise_url
from autoarr.services.testing import TestResult
from autoarr.upstream.connection import Connection, Kind

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor

router = APIRouter(prefix="/services", tags=["services"])

INSECURE = "The certificate of this service is not verified: whoever stands between can read and use its API key."


def _check_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]{1,512}", value.get_secret_value()):
        raise ValueError("an API key has 1 to 512 letters, digits and signs, and no spaces")
    return value


Url = Annotated[
    str,
    Field(
        max_length=MAXIMUM_URL,
        description="Scheme, host, port and URL base: no user and password, no query, no fragment.",
        examples=["http://sonarr:8989/sonarr"],
        json_schema_extra={"pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\s\\]+(/[^?#\s\\]*)?\s*$"},
    ),
    AfterValidator(normalise_url),
]
Ca = Annotated[
    str,
    Field(
        max_length=MAXIMUM_CA,
        description="Certificates (PEM) that are trusted beside the system's.",
        json_schema_extra={"pattern": "-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----"},
    ),
    AfterValidator(normalise_ca),
]
Key = Annotated[
    SecretStr,
    Field(json_schema_extra={"minLength": 1, "maxLength": 512, "pattern": r"^[\x21-\x7e]+$"}),
    AfterValidator(_check_key),
]


class PathMapping(BaseModel):
    """How a folder of the service is called elsewhere."""

    model_config = ConfigDict(extra="forbid")

    remote: Annotated[Text, Field(min_length=1, description="As the service calls it.", examples=["/tv"])]
    local: Annotated[Text, Field(min_length=1, description="As the others call it.", examples=["/data/tv"])]


Mappings = Annotated[list[PathMapping], Field(max_length=50)]


class Address(BaseModel):
    """How a service is reached."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    url: Url
    api_key: Key
    tls_ca: Ca | None = None
    tls_insecure: bool = Field(default=False, description="Don't verify its certificate.")


class NewService(Address):
    """A service to be added."""

    name: Name
    enabled: bool = True
    path_mappings: Mappings = []


class ServicePatch(BaseModel):
    """What is to be changed; what is absent or null stays, but for `tls_ca`, which null removes."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Url | None = Field(default=None, description="With another scheme, host or port it needs the API key with it.")
    api_key: Key | None = None
    enabled: bool | None = None
    tls_ca: Ca | None = None
    tls_insecure: bool | None = None
    path_mappings: Mappings | None = None


class ServiceView(BaseModel):
    """A service, without its API key."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    kind: Kind
    name: str
    url: str
    api_key_set: bool = True
    enabled: bool
    tls_ca: str | None
    tls_insecure: bool
    warning: str | None = Field(default=None, examples=[INSECURE])
    path_mappings: list[PathMapping]
    version: str | None = Field(description="As it last said; null until it has.")
    capabilities: dict[str, Any]
    discovered_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


def _view(service: Service) -> ServiceView:
    view = ServiceView.model_validate(service)
    view.warning = INSECURE if view.tls_insecure else None
    return view


async def _find(context: Context, service_id: uuid.UUID) -> Service:
    async with context.database.sessions() as session:
        return await find(session, Service, service_id)


async def _queue_poll(context: Context, session: AsyncSession, service: Service, actor: Actor) -> None:
    """Have the dashboard filled before the next poll by the clock."""
    if service.enabled:
        payload = {"service_id": str(service.id)}
        await context.jobs.enqueue(session, "poll", str(service.id), payload, actor=actor)


async def _discover(context: Context, service: Service) -> ServiceView:
    """Let a service say what it is, should it answer soon."""
    if service.enabled:
        await testing.try_service(context, service, testing.DISCOVERY_DEADLINE)
    return _view(await _find(context, service.id))


@router.post("", status_code=201, summary="Add a service")
async def create_service(new: NewService, admin: AdminDep, context: ContextDep) -> ServiceView:
    """Add a service; it need not be running. One that answers within some seconds is shown with its version."""
    values = new.model_dump(exclude={"kind", "api_key"})
    api_key = new.api_key.get_secret_value()
    try:
        async with context.database.writing.begin() as session:
            service = await registry.create(
                session, context.keys, admin.actor, kind=new.kind, api_key=api_key, **values
            )
            await _queue_poll(context, session, service, admin.actor)
    except registry.NameTaken as error:
        raise HTTPException(409, str(error)) from None
    await context.bus.publish("service.changed", {"id": str(service.id)})
    return await _discover(context, service)


@router.get("", summary="The services")
async def list_services(
    admin: AdminDep, context: ContextDep, page: PageDep, kind: Kind | None = None
) -> Page[ServiceView]:
    """List the services by name."""
    query = narrow(select(Service), kind=kind).order_by(Service.name_key)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, _view)


@router.post("/test", summary="Test a service that is not saved")
async def check_address(address: Address, admin: AdminDep, context: ContextDep) -> TestResult:
    """Ask a service what it is, before it is added. The answer is 200 for a failed test too: it says the cause."""
    connection = Connection(
        name=address.kind.capitalize(),
        api_key=address.api_key.get_secret_value(),
        **address.model_dump(exclude={"api_key"}),
    )
    return await testing.try_connection(context, connection, testing.DEADLINE)


@router.get("/{service_id:uuid}", summary="One service")
async def get_service(service_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> ServiceView:
    """Show a service."""
    return _view(await _find(context, service_id))


@router.patch("/{service_id:uuid}", summary="Change a service")
async def change_service(
    service_id: uuid.UUID, patch: ServicePatch, admin: AdminDep, context: ContextDep
) -> ServiceView:
    """Change a service. Without an API key the stored one stays, unless the address leads elsewhere."""
    given = patch.model_dump(exclude_unset=True, exclude={"api_key"})
    values = {field: value for field, value in given.items() if value is not None or field == "tls_ca"}
    api_key = patch.api_key.get_secret_value() if patch.api_key else None
    try:
        async with context.database.writing.begin() as session:
            service = await find(session, Service, service_id, lock=True)
            outdated = await registry.update(session, context.keys, admin.actor, service, api_key=api_key, **values)
            if outdated:
                await _queue_poll(context, session, service, admin.actor)
    except registry.NameTaken as error:
        raise HTTPException(409, str(error)) from None
    except registry.KeyNeeded as error:
        raise HTTPException(422, str(error)) from None
    await context.upstreams.forget(service_id)
    await context.bus.publish("service.changed", {"id": str(service_id)})
    return await _discover(context, service) if outdated else _view(service)


@router.delete("/{service_id:uuid}", status_code=204, summary="Remove a service")
async def delete_service(service_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> None:
    """Remove a service, its findings and what was last seen of it. Its changes and the activity stay."""
    async with context.database.writing.begin() as session:
        service = await find(session, Service, service_id, lock=True)
        await registry.remove(session, admin.actor, service)
    await context.upstreams.forget(service_id)
    await context.bus.publish("service.changed", {"id": str(service_id)})


@router.post("/{service_id:uuid}/test", summary="Test a service")
async def check_service(service_id: uuid.UUID, admin: AdminDep, context: ContextDep) -> TestResult:
    """Ask a service what it is. The answer is 200 for a failed test too: it says the cause."""
    return await testing.try_service(context, await _find(context, service_id), testing.DEADLINE)
