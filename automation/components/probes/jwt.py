"""JSON Web Tokens over cryptography: four algorithms, published vectors, and refusals of everything forged."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from automation.components.probes.harness import Facts, Probe, equal, refused

PROBE = Probe()

SECRET = b"a secret of the probe's own, 32 bytes or more"
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
    """A fresh key to sign and one to verify with, by algorithm."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    ed_key = ed25519.Ed25519PrivateKey.generate()
    return {
        "HS256": (SECRET, SECRET),
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


@PROBE.step("HS256, RS256, ES256, EdDSA")
def algorithms(facts: Facts) -> str:
    """What was signed is read back with the right key, and with no other."""
    claims = {"sub": "probe", "exp": int(time.time()) + 60, "text": "\N{GREEK SMALL LETTER ALPHA}"}
    strangers = keys()
    for name, (private, public) in keys().items():
        token = jwt.encode(claims, private, algorithm=name)
        equal(jwt.decode(token, public, algorithms=[name]), claims, f"the claims of {name}")
        stranger = b"another secret, which is 32 bytes or more" if name == "HS256" else strangers[name][1]
        with refused(f"{name} with another key", jwt.InvalidSignatureError):
            jwt.decode(token, stranger, algorithms=[name])
    return "signed and verified, another key refused"


@PROBE.step("published vectors")
def vectors(facts: Facts) -> str:
    """The examples of the RFCs verify."""
    options: Any = {"verify_exp": False}
    claims = jwt.decode(HS256_EXAMPLE, decode(HS256_KEY), algorithms=["HS256"], options=options)
    equal(claims["iss"], "joe", "the issuer of RFC 7515's token")
    public = ed25519.Ed25519PublicKey.from_public_bytes(decode(EDDSA_KEY))
    payload = jwt.PyJWS().decode(EDDSA_EXAMPLE, public, algorithms=["EdDSA"])
    equal(payload, b"Example of Ed25519 signing", "the payload of RFC 8037's token")
    return "RFC 7515 A.1, RFC 8037 A.4"


@PROBE.step("tampered")
def tampered(facts: Facts) -> str:
    """A changed claim or signature is refused, for each algorithm."""
    for name, (private, public) in keys().items():
        head, body, signature = jwt.encode({"sub": "user"}, private, algorithm=name).split(".")
        forged = encode(json.dumps({"sub": "admin"}).encode())
        with refused(f"{name} with a changed claim", jwt.InvalidSignatureError):
            jwt.decode(f"{head}.{forged}.{signature}", public, algorithms=[name])
        raw = decode(signature)
        flipped = encode(bytes([raw[0] ^ 1]) + raw[1:])
        with refused(f"{name} with a changed signature", jwt.InvalidSignatureError):
            jwt.decode(f"{head}.{body}.{flipped}", public, algorithms=[name])
        with refused(f"{name} without a signature", jwt.InvalidTokenError):
            jwt.decode(f"{head}.{body}.", public, algorithms=[name])
    return "claims and signatures, all four algorithms"


@PROBE.step("expired, not yet valid, for somebody else")
def times(facts: Facts) -> str:
    """Registered claims are checked."""
    now = int(time.time())
    for claims, kind in (
        ({"exp": now - 5}, jwt.ExpiredSignatureError),
        ({"nbf": now + 60}, jwt.ImmatureSignatureError),
        ({"aud": "another"}, jwt.InvalidAudienceError),
    ):
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        with refused(f"a token with {claims}", kind):
            jwt.decode(token, SECRET, algorithms=["HS256"])
    return "exp, nbf, aud"


@PROBE.step("alg:none")
def none(facts: Facts) -> str:
    """A token that says it needs no signature is refused, however it is spelled."""
    body = encode(b'{"sub":"admin"}')
    for algorithm in ("none", "None", "NONE"):
        head = encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
        for signature in ("", encode(b"anything")):
            for key in (SECRET, b"", None):
                with refused(f"alg:{algorithm}", jwt.InvalidTokenError, jwt.InvalidKeyError):
                    jwt.decode(f"{head}.{body}.{signature}", key, algorithms=["HS256", "RS256"])  # type: ignore[arg-type]  # None is the point
    return "refused in three spellings"


@PROBE.step("a public key as a secret")
def confusion(facts: Facts) -> str:
    """A token signed by HMAC with the public key's text is refused, where both kinds are accepted."""
    _, public = keys()["RS256"]
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with refused("a public key as a secret to sign with", jwt.InvalidKeyError):
        jwt.encode({"sub": "admin"}, pem, algorithm="HS256")
    with refused("a public key as a secret to verify with", jwt.InvalidKeyError):
        jwt.decode(jwt.encode({}, SECRET, algorithm="HS256"), pem, algorithms=["HS256", "RS256"])
    return "refused on both sides"
