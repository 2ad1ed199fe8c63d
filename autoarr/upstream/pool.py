"""One client for each saved service, made when first needed and again when its settings change."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from autoarr.keys import UnreadableSecret
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    import uuid
    from collections.abc import AsyncIterator, Callable

    import httpx2

    from autoarr.database import Database
    from autoarr.keys import KeyRing
    from autoarr.models import Service
    from autoarr.upstream.arr import RadarrClient, SonarrClient
    from autoarr.upstream.connection import Connection
    from autoarr.upstream.http import HttpPolicy
    from autoarr.upstream.plex import PlexClient
    from autoarr.upstream.sabnzbd import SabnzbdClient

    Client: TypeAlias = SonarrClient | RadarrClient | SabnzbdClient | PlexClient


class UpstreamPool:
    """The clients of one process. Making it loads nothing.

    Args:
        keys: gives the keys, once the application has started.

    Attributes:
        transport: makes what is used in place of the network; None for the network.
        policy: of the clients made from now on; None for the usual one.
    """

    def __init__(self, database: Database, keys: Callable[[], KeyRing]) -> None:
        self._database = database
        self._keys = keys
        self._clients: dict[uuid.UUID, tuple[tuple[object, ...], Client]] = {}
        self.transport: Callable[[Connection], httpx2.AsyncBaseTransport] | None = None
        self.policy: HttpPolicy | None = None

    async def client(self, service_id: uuid.UUID) -> Client:
        """Give a service's client, which everybody shares: its breaker and its limits count for all.

        Raises:
            UpstreamError: there is no such service, or its key can't be decrypted.
        """
        from autoarr.models import Service

        async with self._database.sessions() as session:
            service = await session.get(Service, service_id)
        if service is None:
            await self.forget(service_id)
            raise UpstreamError(str(service_id), Cause.NOT_FOUND, "there is no such service")
        # Compared each time: another replica may have changed them.
        settings = _settings(service)
        known = self._clients.get(service_id)
        if known and known[0] == settings:
            return known[1]
        client = self._make(self._connection(service))
        self._clients[service_id] = settings, client
        if known:
            await known[1].upstream.retire()
        return client

    @asynccontextmanager
    async def connect(self, connection: Connection) -> AsyncIterator[Client]:
        """Give a client for a connection that is not saved; it is closed at the end."""
        client = self._make(connection)
        try:
            yield client
        finally:
            await client.upstream.close()

    async def forget(self, service_id: uuid.UUID) -> None:
        """Drop a service's client, and with it its breaker's memory."""
        if known := self._clients.pop(service_id, None):
            await known[1].upstream.retire()

    async def close(self) -> None:
        """Close every connection."""
        clients = [client for _, client in self._clients.values()]
        self._clients.clear()
        await asyncio.gather(*(client.upstream.close() for client in clients))

    def _make(self, connection: Connection) -> Client:
        from autoarr.upstream.arr import RadarrClient, SonarrClient
        from autoarr.upstream.plex import PlexClient
        from autoarr.upstream.sabnzbd import SabnzbdClient

        makers: dict[str, type[Client]] = {
            "sonarr": SonarrClient,
            "radarr": RadarrClient,
            "sabnzbd": SabnzbdClient,
            "plex": PlexClient,
        }
        transport = self.transport(connection) if self.transport else None
        return makers[connection.kind](connection, policy=self.policy, transport=transport)

    def _connection(self, service: Service) -> Connection:
        from autoarr.upstream.connection import Connection

        try:
            api_key = self._keys().decrypt(service.api_key_encrypted)
        except UnreadableSecret as error:
            raise UpstreamError(service.name, Cause.UNREADABLE_KEY, f"its API key can't be read: {error}") from None
        return Connection(
            kind=service.kind,
            name=service.name,
            url=service.url,
            api_key=api_key,
            id=service.id,
            tls_ca=service.tls_ca,
            tls_insecure=service.tls_insecure,
        )


def _settings(service: Service) -> tuple[object, ...]:
    """What a client is made from."""
    return (
        service.kind,
        service.name,
        service.url,
        service.api_key_encrypted,
        service.tls_ca,
        service.tls_insecure,
    )
