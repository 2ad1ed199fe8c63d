"""What the clients of all services have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from autoarr.upstream.http import HttpPolicy, Upstream
from autoarr.upstream.identify import identify

if TYPE_CHECKING:
    import httpx2

    from autoarr.upstream.connection import Connection, Identity


class ServiceClient(ABC):
    """One service. Every method raises `UpstreamError` when there is no usable answer.

    Attributes:
        application: its own name.
        key_header: the header that its key goes into; None where it goes elsewhere.
    """

    application: ClassVar[str]
    key_header: ClassVar[str | None] = None

    def __init__(
        self,
        connection: Connection,
        *,
        policy: HttpPolicy | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection = connection
        headers = {self.key_header: connection.api_key} if self.key_header else None
        self.upstream = Upstream(connection, headers, policy=policy, transport=transport)

    async def identify(self) -> Identity:
        """Ask what it is, with the key.

        Raises:
            UpstreamError: it is something else, or can't be asked.
        """
        return await identify(self.upstream, self.application, self._identify)

    @abstractmethod
    async def _identify(self) -> Identity: ...
