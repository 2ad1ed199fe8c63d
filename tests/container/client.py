"""Ask a container over HTTP, with nothing between that could hide what it said."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docker.models.containers import Container


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer: headers by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(container: Container, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
    """Ask a container that publishes port 8088."""
    container.reload()
    published = container.ports["8088/tcp"]
    assert published, "the container publishes no port"
    port = int(published[0]["HostPort"])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=response.read(),
        )
    finally:
        connection.close()
