"""A notification as each kind of receiver wants it, and what an address may be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from autoarr.notifications.address import normalise_target_url, secret_parts
from autoarr.notifications.formats import make_outgoing, split_topic
from autoarr.notifications.outbox import LONGEST_MESSAGE, LONGEST_TITLE, make_body
from autoarr.notifications.signing import message_id, read_secret, sign
from tests.app.receiver import SECRET

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOSTILE = "@everyone <!channel> <https://evil.invalid|click> **bold** [a](https://evil.invalid) Ümläut"


def body(title: str = "A title", message: str = "A message", **data: Any) -> dict[str, Any]:
    return make_body("recovery.asking:1", title, message, data, NOW)


def outgoing(kind: str, url: str, secret: str | None = None, **values: Any) -> tuple[Any, Any]:
    made = make_outgoing(kind, url, secret, "recovery.asking", body(**values), NOW)
    return made, json.loads(made.body)


def test_webhook() -> None:
    made, content = outgoing("webhook", "https://home.invalid/hook/?a=b", SECRET, recovery_id=7)

    assert made.url == "https://home.invalid/hook/?a=b"
    assert content == {
        "type": "recovery.asking",
        "timestamp": "2026-01-31T12:00:00+00:00",
        "data": {"recovery_id": 7, "id": "recovery.asking:1", "title": "A title", "message": "A message"},
    }
    identifier, timestamp = message_id("recovery.asking:1"), int(NOW.timestamp())
    assert made.headers == {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(read_secret(SECRET), identifier, timestamp, made.body),
    }


def test_discord_calls_nobody() -> None:
    made, content = outgoing("discord", "https://discord.invalid/api/webhooks/1/x", title=HOSTILE)

    assert content["allowed_mentions"] == {"parse": []}
    assert content["embeds"][0]["title"].startswith("@everyone <!channel\\>")
    assert "\\*\\*bold\\*\\*" in content["embeds"][0]["title"]
    assert "\\[a\\]\\(" in content["embeds"][0]["title"]
    assert made.headers == {}


def test_discord_is_not_too_long() -> None:
    content = outgoing("discord", "https://discord.invalid/1/x", title="*" * 300, message="*" * 3000)[1]

    assert len(content["embeds"][0]["title"]) <= 256
    assert len(content["embeds"][0]["description"]) <= 4096


def test_slack_calls_nobody() -> None:
    content = outgoing("slack", "https://hooks.invalid/x", title=HOSTILE, message="a & b")[1]

    assert content["mrkdwn"] is False
    assert "<" not in content["text"]
    assert content["text"].endswith("Ümläut\na &amp; b")
    assert "&lt;!channel&gt;" in content["text"]


@pytest.mark.parametrize("secret", [None, "tk_token"])
def test_ntfy(secret: str | None) -> None:
    made, content = outgoing("ntfy", "https://ntfy.invalid/base/mytopic", secret, message="ä" * 3000)

    assert made.url == "https://ntfy.invalid/base/"
    assert content["topic"] == "mytopic"
    assert content["title"] == "A title"
    assert set(content["message"]) <= {"ä", "…"}
    assert len(content["message"].encode()) < 4096
    assert made.headers == ({"Authorization": "Bearer tk_token"} if secret else {})


def test_gotify() -> None:
    made, content = outgoing("gotify", "https://gotify.invalid/base/", "token", message="")

    assert made.url == "https://gotify.invalid/base/message"
    assert content == {"title": "A title", "message": "A title"}
    assert made.headers == {"X-Gotify-Key": "token"}


def test_a_request_does_not_show_its_secrets() -> None:
    made = outgoing("gotify", "https://gotify.invalid/some-secret-path", "some-token")[0]

    assert "some" not in repr(made)


def test_what_is_kept_is_bounded_and_visible() -> None:
    kept = body("a\nb\x1b[31m\u202e\0c" + "t" * 300, "one\r\ntwo\0" + "m" * 3000)

    assert kept["title"].startswith("a b [31m c")
    assert len(kept["title"]) == LONGEST_TITLE
    assert kept["message"].startswith("one \ntwo m")
    assert len(kept["message"]) == LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" HTTPS://Home.Invalid:443/Hook/ ", "https://home.invalid/Hook/"),
        ("http://home.invalid", "http://home.invalid"),
        ("http://home.invalid/a?sig=x%20y&b=/", "http://home.invalid/a?sig=x%20y&b=/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ],
)
def test_addresses(given: str, kept: str) -> None:
    assert normalise_target_url(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "ftp://home.invalid/",
        "http://me:password@home.invalid/",
        "http://home.invalid/a#b",
        "http://home.invalid/?a#b",
        "http://home.invalid/?a b",
        "http://home.invalid/?a\r\nX: y",
        "http://home.invalid/a/../b",
        "http://" + "a" * 600,
        "http://home.invalid/" + "a" * 600,
        "http://home.invalid/?" + "a" * 600,
        "",
    ],
    ids=["ftp", "password", "#", "?#", "space", "line", "..", "host", "long path", "long query", "empty"],
)
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        normalise_target_url(given)


@pytest.mark.parametrize("url", ["https://ntfy.invalid", "https://ntfy.invalid/", "https://ntfy.invalid?a=/b"])
def test_ntfy_needs_a_topic(url: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        split_topic(url)


def test_parts_of_an_address_that_are_secret() -> None:
    parts = secret_parts("https://hooks.invalid/api/T0123456/secret?sig=abcdefgh&v=1")

    assert {"T0123456", "secret", "abcdefgh", "/api/T0123456/secret", "sig=abcdefgh&v=1"} <= set(parts)
    assert "api" not in parts
    assert parts == sorted(parts, key=len, reverse=True)
