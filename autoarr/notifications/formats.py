"""A notification as each kind of receiver wants it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autoarr.notifications.signing import message_id, read_secret, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_DISCORD_MARKS = re.compile(r"([\\*_~`|>\[\]()#-])")
_LONGEST_NTFY = 4000
"""Bytes, of the 4096 after which ntfy makes a file of a message."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A request that tells of one event.

    Attributes:
        url: whole.
        body: JSON.
    """

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def make_outgoing(
    kind: str, url: str, secret: str | None, event: str, body: Mapping[str, Any], now: datetime
) -> Outgoing:
    """Make the request.

    Args:
        kind: of the receiver, as `autoarr.notifications.kinds.TargetKind`.
        secret: what a webhook is signed with, or the receiver's token.
        body: as the outbox keeps it.
        now: when it is sent.
    """
    return _MAKERS[kind](url, secret or "", event, body, now)


def split_topic(url: str) -> tuple[str, str]:
    """ntfy's address and the topic, which is the last part of the path.

    Raises:
        ValueError: there is no topic.
    """
    base, _, topic = url.partition("?")[0].rstrip("/").rpartition("/")
    if not urlsplit(url).path.strip("/"):
        raise ValueError("ntfy's address ends with the topic, as in https://ntfy.sh/mytopic")
    return f"{base}/", topic


def _webhook(url: str, secret: str, event: str, body: Mapping[str, Any], now: datetime) -> Outgoing:
    content = {
        "type": event,
        "timestamp": body["at"],
        "data": {**body["data"], "id": body["id"], "title": body["title"], "message": body["message"]},
    }
    raw, identifier, timestamp = _encode(content), message_id(body["id"]), int(now.timestamp())
    headers = {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(read_secret(secret), identifier, timestamp, raw),
    }
    return Outgoing(url=url, body=raw, headers=headers)


def _discord(url: str, secret: str, event: str, body: Mapping[str, Any], now: datetime) -> Outgoing:
    shown = {
        "title": _DISCORD_MARKS.sub(r"\\\1", body["title"])[:256],
        "description": _DISCORD_MARKS.sub(r"\\\1", body["message"])[:4096],
        "timestamp": body["at"],
    }
    # A title from outside that says @everyone is to call nobody.
    return Outgoing(url=url, body=_encode({"embeds": [shown], "allowed_mentions": {"parse": []}}))


def _slack(url: str, secret: str, event: str, body: Mapping[str, Any], now: datetime) -> Outgoing:
    text = f"{body['title']}\n{body['message']}"
    for char, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, escaped)
    return Outgoing(url=url, body=_encode({"text": text, "mrkdwn": False}))


def _ntfy(url: str, secret: str, event: str, body: Mapping[str, Any], now: datetime) -> Outgoing:
    server, topic = split_topic(url)
    message = body["message"].encode()[:_LONGEST_NTFY].decode(errors="ignore")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    content = {"topic": topic, "title": body["title"], "message": message or body["title"]}
    return Outgoing(url=server, body=_encode(content), headers=headers)


def _gotify(url: str, secret: str, event: str, body: Mapping[str, Any], now: datetime) -> Outgoing:
    content = {"title": body["title"], "message": body["message"] or body["title"]}
    return Outgoing(url=f"{url.rstrip('/')}/message", body=_encode(content), headers={"X-Gotify-Key": secret})


def _encode(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


_MAKERS: dict[str, Callable[[str, str, str, Mapping[str, Any], datetime], Outgoing]] = {
    "webhook": _webhook,
    "discord": _discord,
    "slack": _slack,
    "ntfy": _ntfy,
    "gotify": _gotify,
}
