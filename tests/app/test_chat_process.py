"""Replies of a real process: left over a real connection, stopped in order, and killed; on both databases."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy.engine import URL

from tests.app.accounts import PASSWORD, bearer
from tests.app.chat_stage import Heard, read_events
from tests.app.messages_stub import MessagesStub, Say, use

if TYPE_CHECKING:
    from tests.app.conftest import Process, Start

pytestmark = pytest.mark.thorough

HELD = Say("The answer is forty-two.", use("status"), fault="hold", after=3)
CUT = ["The answer is ", "The reply was cancelled."]


class Server:
    """A process, and Ada."""

    def __init__(self, process: Process, token: str | None = None) -> None:
        self.process = process
        url = f"http://127.0.0.1:{process.wait_until_listening()}"
        self.client = httpx2.Client(base_url=url, verify=False, timeout=20)
        if token is None:
            ada = {"name": "ada", "password": PASSWORD}
            assert self.client.post("/auth/setup", json=ada).status_code == 201
            token = self.client.post("/auth/login", json=ada).json()["access_token"]
        self.token = token
        self.client.headers.update(bearer(token))

    def begin(self, message: str) -> tuple[Any, str]:
        """Say something; give the answer that is under way, from its first words on, and the conversation."""
        request = self.client.build_request("POST", "/api/v1/chat", json={"message": message})
        answer = self.client.send(request, stream=True)
        text = ""
        for piece in answer.iter_text():
            text += piece
            if text.count("event: text\n") == 2 and text.endswith("\n\n"):
                break
        return answer, read_events(text)[0]["conversation_id"]

    def say(self, message: str, conversation_id: str) -> Heard:
        """Say something and hear the reply to its end."""
        body = {"message": message, "conversation_id": conversation_id}
        answer = self.client.post("/api/v1/chat", json=body)
        assert answer.status_code == 200, answer.text
        return Heard(read_events(answer.text))

    def texts(self, conversation_id: str) -> list[str]:
        """What is kept of the last message."""
        kept = self.client.get(f"/api/v1/chat/{conversation_id}").json()
        assert kept["busy"] is False
        return [block["text"] for block in kept["messages"][-1]["content"]]


@pytest.fixture
def serve(start: Start, messages_api: MessagesStub, database_url: URL) -> Iterator[Any]:
    """Start a server on the database; again, for Ada's token."""
    servers = []

    def serve(token: str | None = None) -> Server:
        url = database_url.render_as_string(hide_password=False)
        servers.append(Server(start("serve", DATABASE_URL=url), token))
        return servers[-1]

    yield serve
    for server in servers:
        server.client.close()


def test_left_over_a_connection(serve: Any, messages_api: MessagesStub) -> None:
    server = serve()
    messages_api.script = [HELD]
    answer, identifier = server.begin("What is the answer?")

    answer.close()

    # The next one may begin as soon as the last one was ended.
    for _ in range(200):
        if not server.client.get(f"/api/v1/chat/{identifier}").json()["busy"]:
            break
    assert server.texts(identifier) == CUT
    assert server.say("Go on", identifier).last["stop"] == "end"
    assert messages_api.refused == []


def test_stopped_in_order(serve: Any, messages_api: MessagesStub) -> None:
    server = serve()
    messages_api.script = [HELD]
    answer, identifier = server.begin("What is the answer?")

    code, _ = server.process.stop()
    answer.close()

    assert code == 0
    assert not [line for line in server.process.logs if line["level"] == "error"]
    again = serve(server.token)
    assert again.texts(identifier) == CUT
    assert again.say("Go on", identifier).last["stop"] == "end"
    assert messages_api.refused == []


def test_killed(serve: Any, messages_api: MessagesStub) -> None:
    """What it had not kept is lost; whoever does not want to wait for the lease's end cancels the dead reply."""
    server = serve()
    messages_api.script = [Say(use("status")), HELD]
    answer, identifier = server.begin("What is the answer?")
    server.process.stop(signal.SIGKILL)
    answer.close()

    again = serve(server.token)
    body = {"message": "Hello?", "conversation_id": identifier}
    assert again.client.post("/api/v1/chat", json=body).status_code == 409
    assert again.client.post(f"/api/v1/chat/{identifier}/cancel").status_code == 204

    assert again.say("Hello?", identifier).last["stop"] == "end"
    kept = again.client.get(f"/api/v1/chat/{identifier}").json()
    assert [message["role"] for message in kept["messages"]] == ["user", "assistant", "user", "user", "assistant"]
    assert messages_api.refused == []
