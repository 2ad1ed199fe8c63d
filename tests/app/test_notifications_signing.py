"""Webhooks are signed as Standard Webhooks says."""

from __future__ import annotations

import base64

import pytest

from autoarr.notifications.signing import message_id, read_secret, sign


def test_the_published_vector() -> None:
    """Of the reference implementations of Standard Webhooks, which all have it among their tests."""
    secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def whsec(length: int) -> str:
    return f"whsec_{base64.b64encode(b'k' * length).decode()}"


@pytest.mark.parametrize("length", [24, 64])
def test_secrets(length: int) -> None:
    assert read_secret(whsec(length)) == b"k" * length


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins with whsec_"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begins with whsec_"),
        ("whsec_not base64!", "is not base64"),
        (whsec(23), "has 24 to 64 bytes"),
        (whsec(65), "has 24 to 64 bytes"),
    ],
    ids=["empty", "no prefix", "not base64", "too short", "too long"],
)
def test_what_is_no_secret(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_secret(text)


def test_ids_can_be_signed() -> None:
    """Whatever an event is called; and two events have two."""
    first, second = message_id("service.unreachable:1 Ü"), message_id("service.unreachable:2 Ü")

    assert first != second
    assert first == message_id("service.unreachable:1 Ü")
    assert first.startswith("msg_")
    assert first.removeprefix("msg_").isalnum()
