"""Login tokens: signed, short-lived, each of one type only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from autoarr.keys import KeyRing

ALGORITHM = "HS256"
ISSUER = "autoarr"
ACCESS_LIFETIME = timedelta(minutes=10)
TokenType = Literal["access", "refresh"]


class InvalidToken(Exception):
    """A login token that is not ours, not of this type, or no longer valid."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a login token says.

    Attributes:
        generation: which of its session's refresh tokens it is.
    """

    user_id: uuid.UUID
    session_id: uuid.UUID
    generation: int
    expires_at: datetime


def issue(keys: KeyRing, audience: uuid.UUID, token_type: TokenType, claims: Claims) -> str:
    """Sign a token.

    Args:
        audience: the installation's id: no other installation accepts it, even one with the same key.
    """
    import jwt

    key_id, key = next(iter(keys.signing_keys.items()))
    payload = {
        "iss": ISSUER,
        "aud": str(audience),
        "typ": token_type,
        "sub": str(claims.user_id),
        "sid": str(claims.session_id),
        "gen": claims.generation,
        "jti": uuid.uuid4().hex,
        "iat": datetime.now(UTC),
        "exp": claims.expires_at,
    }
    return jwt.encode(payload, key, ALGORITHM, headers={"kid": key_id})


def verify(keys: KeyRing, audience: uuid.UUID, token_type: TokenType, token: str) -> Claims:
    """Read a token.

    Raises:
        InvalidToken: its signature, key, algorithm, issuer, audience, type or time is not as it has to be.
    """
    import jwt

    try:
        key = keys.signing_keys[jwt.get_unverified_header(token)["kid"]]
        payload = jwt.decode(
            token,
            key,
            [ALGORITHM],
            audience=str(audience),
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "sid", "gen", "typ"]},
        )
        if payload["typ"] != token_type:
            raise InvalidToken("it is of another type")
        return Claims(
            user_id=uuid.UUID(payload["sub"]),
            session_id=uuid.UUID(payload["sid"]),
            generation=int(payload["gen"]),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        )
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
        raise InvalidToken(str(error)) from None
