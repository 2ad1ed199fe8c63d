"""What can go wrong between two applications, to be planted in a stand-in by `Fake.fail`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from tests.app.fakes.asgi import Call, Fake, Receive, Send

Fault = Literal[
    "hang",  # no answer until the client leaves
    "html",  # 200 with a page to log in, as a proxy in front gives
    "redirect",  # 302 to that page
    "slow",  # the right answer, byte by byte
    "truncated",  # the right answer's first half, complete as HTTP goes
    "wrong content",  # another application's answer
    "not JSON",  # 200 and JSON's type, but something else
    "disconnect",  # the connection ends in the middle of the answer; nothing is stored
    "not stored",  # a write is answered as if it had been made
    "answer lost",  # a write is made, and the answer is 500
    "stored, then disconnect",  # a write is made, and the connection ends in the middle of the answer
]

LOGIN_PAGE = "<!doctype html><html><head><title>Log in</title></head><body><form method=post></form></body></html>"
OTHER_APPLICATION = {"application": "Another", "links": {"self": "/"}, "items": []}


@dataclass(kw_only=True)
class Planted:
    """A fault, and the requests it is for."""

    path: str
    fault: Fault | int
    times: int | None = None
    method: str | None = None
    retry_after: str | int | None = None
    seconds: float = 0.05

    def takes(self, method: str, targets: tuple[str, ...]) -> bool:
        """Whether it is for a request, which then counts."""
        if self.times == 0 or (self.method or method) != method:
            return False
        if not any(target.startswith(self.path) for target in targets):
            return False
        if self.times is not None:
            self.times -= 1
        return True


def body_of(raw: bytes, content_type: str) -> Any:
    """A request's body as JSON or as a form's fields; None if it is neither."""
    if "form-urlencoded" in content_type:
        return dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


async def carry_out(planted: Planted, fake: Fake[Any], call: Call, receive: Receive, send: Send) -> None:
    """Answer a request wrongly."""
    fault = planted.fault
    status, content_type, body, promised = 200, "application/json", b"", 0
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(fault, int):
        status, content_type, body = fault, "text/plain", f"Error {fault}".encode()
        if planted.retry_after is not None:
            headers.append((b"retry-after", str(planted.retry_after).encode()))
    elif fault == "hang":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    elif fault == "html":
        content_type, body = "text/html; charset=utf-8", LOGIN_PAGE.encode()
    elif fault == "redirect":
        status, content_type = 302, "text/html"
        headers.append((b"location", b"/login"))
    elif fault == "wrong content":
        body = json.dumps(OTHER_APPLICATION).encode()
    elif fault == "not JSON":
        body = b"\x00\xff never JSON"
    elif fault == "answer lost":
        fake.answer(call)
        status, content_type, body = 500, "application/json", b'{"message": "Internal Server Error"}'
    elif fault == "disconnect":
        body, promised = b'{"', 1000
    elif fault == "stored, then disconnect":
        fake.answer(call)
        body, promised = b'{"', 1000
    else:
        answer = fake.answer_without_storing(call) if fault == "not stored" else fake.answer(call)
        status, content_type, body = answer.status, answer.content_type, b"".join(answer.chunks())
        if fault == "truncated":
            body = body[: len(body) // 2]
    headers += [(b"content-type", content_type.encode()), (b"content-length", str(promised or len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if fault == "slow":
        for byte in body[:-1]:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(planted.seconds)
        body = body[-1:]
    await send({"type": "http.response.body", "body": body, "more_body": bool(promised)})
    if promised:
        raise ConnectionResetError("planted: the connection ends in the middle of the answer")
