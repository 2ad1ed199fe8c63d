"""Texts that come in: bounded, and holding nothing that a database or a page can't take."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

# Controls, and what is invisible or turns the direction of what follows: with these, two names would look the same.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_NAME = rf"^[^\s{_UNSEEN}]([^{_UNSEEN}]*[^\s{_UNSEEN}])?$"


def _check_name(value: str) -> str:
    # Not trimmed silently: the API's description, which says this pattern, is to be exact.
    if not re.fullmatch(_NAME, value):
        raise ValueError("it has to begin and end with a visible character and may hold no control characters")
    return value


Name = Annotated[
    str,
    Field(min_length=1, max_length=64, json_schema_extra={"pattern": _NAME}),
    AfterValidator(_check_name),
]
"""What something is called: 1 to 64 visible characters, no white space at its ends."""

Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
"""Up to 2000 characters, several lines allowed; PostgreSQL takes no NUL."""


def _check_secret(value: SecretStr) -> SecretStr:
    try:
        value.get_secret_value().encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can express
        raise ValueError("it is not valid Unicode") from None
    if len(value) > 256:
        raise ValueError("it has more than 256 characters")
    return value


def _check_password(value: SecretStr) -> SecretStr:
    if len(value) < 8:
        raise ValueError("it needs 8 characters or more")
    return value


GivenPassword = Annotated[SecretStr, Field(json_schema_extra={"maxLength": 256}), AfterValidator(_check_secret)]
"""A password that somebody logs in with: up to 256 characters."""

Password = Annotated[
    SecretStr,
    Field(json_schema_extra={"minLength": 8, "maxLength": 256}),
    AfterValidator(_check_secret),
    AfterValidator(_check_password),
]
"""A password to be set: 8 to 256 characters."""
