"""Login tokens and stored keys, as the application makes them, and the library and cryptography that they rest on."""

from __future__ import annotations

import base64
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from autoarr.accounts.jwt import Claims, InvalidToken, TokenType, issue, verify
from autoarr.keys import KeyRing, UnreadableSecret, new_key
from automation.components.probes.harness import Facts, Probe, equal, refused, require

PROBE = Probe()

SECRET = new_key()
KEYS = KeyRing([SECRET])
INSTALLATION = uuid.uuid4()
# RFC 7515, appendix A.1, and RFC 8037, appendix A.4: published tokens and keys, secret from nobody.
HS256_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
HS256_EXAMPLE = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
EDDSA_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
EDDSA_EXAMPLE = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def keys() -> dict[str, tuple[Any, Any]]:
    """A fresh key to sign and one to verify with, by algorithm: what is compiled in cryptography."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    ed_key = ed25519.Ed25519PrivateKey.generate()
    return {
        "RS256": (rsa_key, rsa_key.public_key()),
        "ES256": (ec_key, ec_key.public_key()),
        "EdDSA": (ed_key, ed_key.public_key()),
    }


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """What base64url without padding stands for."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims() -> Claims:
    """Those of a login, good for a minute; tokens count whole seconds."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    return Claims(user_id=uuid.uuid4(), session_id=uuid.uuid4(), generation=3, expires_at=until)


def read(token: str, kind: TokenType = "access") -> Claims:
    """What the application reads of a token."""
    return verify(KEYS, INSTALLATION, kind, token)


def made(algorithm: str = "HS256", key: Any = None, **changes: Any) -> str:
    """A token as the application's own, signed with its key, but for what is changed; None leaves a claim out."""
    key_id, own = next(iter(KEYS.signing_keys.items()))
    payload = jwt.decode(issue(KEYS, INSTALLATION, "access", claims()), options={"verify_signature": False}) | changes
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        key or own,
        algorithm,
        headers={"kid": key_id},
    )


@PROBE.step("issued and verified")
def issued(facts: Facts) -> str:
    """A token is read back as it was issued; also after another key has come to sign, but not when its own is gone."""
    told = claims()
    token = issue(KEYS, INSTALLATION, "access", told)
    equal(read(token), told, "the claims")
    newer = KeyRing([new_key(), SECRET])
    equal(verify(newer, INSTALLATION, "access", token), told, "the claims after another key has come")
    require(issue(newer, INSTALLATION, "access", told) != token, "the newer key does not sign")
    with refused("a token whose key is gone", InvalidToken):
        verify(KeyRing([new_key()]), INSTALLATION, "access", token)
    return "read back, with an older key as well"


@PROBE.step("RS256, ES256, EdDSA")
def algorithms(facts: Facts) -> str:
    """What was signed is read back with the right key, and with no other."""
    told = {"sub": "probe", "exp": int(time.time()) + 60, "text": "\N{GREEK SMALL LETTER ALPHA}"}
    strangers = keys()
    for name, (private, public) in keys().items():
        token = jwt.encode(told, private, algorithm=name)
        equal(jwt.decode(token, public, algorithms=[name]), told, f"the claims of {name}")
        with refused(f"{name} with another key", jwt.InvalidSignatureError):
            jwt.decode(token, strangers[name][1], algorithms=[name])
    return "signed and verified, another key refused"


@PROBE.step("published vectors")
def vectors(facts: Facts) -> str:
    """The examples of the RFCs verify."""
    options: Any = {"verify_exp": False}
    told = jwt.decode(HS256_EXAMPLE, decode(HS256_KEY), algorithms=["HS256"], options=options)
    equal(told["iss"], "joe", "the issuer of RFC 7515's token")
    public = ed25519.Ed25519PublicKey.from_public_bytes(decode(EDDSA_KEY))
    payload = jwt.PyJWS().decode(EDDSA_EXAMPLE, public, algorithms=["EdDSA"])
    equal(payload, b"Example of Ed25519 signing", "the payload of RFC 8037's token")
    return "RFC 7515 A.1, RFC 8037 A.4"


@PROBE.step("tampered")
def tampered(facts: Facts) -> str:
    """A changed claim or signature is refused."""
    head, body, signature = issue(KEYS, INSTALLATION, "access", claims()).split(".")
    forged = encode(json.dumps(json.loads(decode(body)) | {"sub": str(uuid.uuid4())}).encode())
    with refused("HS256 with a changed claim", InvalidToken):
        read(f"{head}.{forged}.{signature}")
    raw = decode(signature)
    flipped = encode(bytes([raw[0] ^ 1]) + raw[1:])
    for what, changed in (("a changed", flipped), ("half a", signature[:20]), ("no", "")):
        with refused(f"HS256 with {what} signature", InvalidToken):
            read(f"{head}.{body}.{changed}")
    return "claims and signatures"


@PROBE.step("expired, of another type, for somebody else")
def times(facts: Facts) -> str:
    """Each claim is checked, and has to be there."""
    now = int(time.time())
    read(made())
    wrong: tuple[dict[str, Any], ...] = (
        {"exp": now - 5},
        {"nbf": now + 60},
        {"aud": str(uuid.uuid4())},
        {"iss": "another"},
        {"typ": "refresh"},
        *({name: None} for name in ("exp", "iat", "aud", "iss", "sub", "sid", "gen", "typ")),
    )
    for changes in wrong:
        with refused(f"a token with {changes}", InvalidToken):
            read(made(**changes))
    with refused("an access token as one to refresh with", InvalidToken):
        read(made(), "refresh")
    return "exp, nbf, aud, iss, typ, and none of eight may be missing"


@PROBE.step("alg:none and other algorithms")
def other_algorithms(facts: Facts) -> str:
    """A token that says it needs no signature is refused, however it is spelled, and so is any algorithm but one."""
    key_id = next(iter(KEYS.signing_keys))
    body = made().split(".")[1]
    for algorithm in ("none", "None", "NONE"):
        head = encode(json.dumps({"alg": algorithm, "typ": "JWT", "kid": key_id}).encode())
        for signature in ("", encode(b"anything")):
            with refused(f"alg:{algorithm}", InvalidToken):
                read(f"{head}.{body}.{signature}")
    with refused("HS384 with the right key", InvalidToken):
        read(made("HS384"))
    with refused("RS256 with a key of its own", InvalidToken):
        read(made("RS256", keys()["RS256"][0]))
    return "none in three spellings, HS384, RS256"


@PROBE.step("stored keys")
def stored(facts: Facts) -> str:
    """What the database keeps of other services' keys: read back, also after another key has come; damaged, refused."""
    plain = "an API key \N{SNOWMAN}"
    kept = KEYS.encrypt(plain)
    require(plain not in kept and KEYS.encrypt(plain) != kept, "it is not encrypted, or twice the same")
    newer = KeyRing([new_key(), SECRET])
    renewed = newer.renew(kept)
    equal((KEYS.decrypt(kept), newer.decrypt(renewed)), (plain, plain), "what was decrypted")
    for what, given, ring in (
        ("what was encrypted with another key", renewed, KEYS),
        ("a damaged text", kept[:-8] + "AAAAAAA=", KEYS),
        ("no ciphertext at all", "\N{SNOWMAN}", KEYS),
    ):
        with refused(what, UnreadableSecret):
            ring.decrypt(given)
    return "encrypted, renewed, refused with another key"
