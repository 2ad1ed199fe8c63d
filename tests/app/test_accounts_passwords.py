"""Passwords: all of them counts, and a name that doesn't exist takes as long as one that does."""

from __future__ import annotations

import time

import pytest

from autoarr.accounts import passwords


@pytest.mark.parametrize("password", ["correct horse", "ß" * 256, "nul\0inside", "x" * 72 + "y"])
@pytest.mark.usefixtures("cheap_passwords")
async def test_the_right_one_only(password: str) -> None:
    stored = await passwords.hash_password(password)

    assert await passwords.check_password(password, stored)
    assert not await passwords.check_password(password[:-1], stored)
    assert not await passwords.check_password(password + "x", stored)
    assert password not in stored


@pytest.mark.usefixtures("cheap_passwords")
async def test_salted() -> None:
    assert await passwords.hash_password("same") != await passwords.hash_password("same")


@pytest.mark.parametrize("stored", [None, "!", "$2b$04$short"])
@pytest.mark.usefixtures("cheap_passwords")
async def test_without_a_hash_nothing_is_right(stored: str | None) -> None:
    assert not await passwords.check_password("", stored)


async def test_cost_of_a_stranger() -> None:
    """An unknown name must not be answered faster; a cost of 12 takes 4096 rounds, whoever it is."""
    stored = await passwords.hash_password("correct horse")
    assert stored.startswith("$2b$12$")

    seconds = []
    for given in (stored, None):
        start = time.process_time()
        await passwords.check_password("wrong", given)
        seconds.append(time.process_time() - start)

    assert seconds[1] > seconds[0] / 2
    assert seconds[1] > 0.02
