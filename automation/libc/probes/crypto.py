"""TLS and hashes: OpenSSL's, but the base decides which OpenSSL, how it was built, and where certificates are."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH208

from __future__ import annotations

import hashlib
import hmac
import os
import ssl
from typing import Any

from automation.libc.probes.harness import outcomes, probe


@probe("crypto.openssl")
def openssl() -> Any:
    return ssl.OPENSSL_VERSION


@probe("crypto.hashes")
def hashes() -> Any:
    """Known answers of the hashes in use."""
    names = ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b")
    return {name: hashlib.new(name, b"abc").hexdigest()[:16] for name in names}


@probe("crypto.legacy_hashes")
def legacy_hashes() -> Any:
    return outcomes(("md4", "ripemd160", "sm3"), lambda name: hashlib.new(name, b"abc").hexdigest()[:16])


@probe("crypto.derivations")
def derivations() -> Any:
    """Known answers of PBKDF2 (RFC 6070's, with SHA-256), scrypt (RFC 7914) and HMAC (RFC 4231)."""
    return [
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 4096).hex()[:16],
        hashlib.scrypt(b"password", salt=b"NaCl", n=1024, r=8, p=16, dklen=64).hex()[:16],
        hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256").hexdigest()[:16],
    ]


@probe("crypto.tls_versions")
def tls_versions() -> Any:
    """Which versions a default context speaks."""
    context = ssl.create_default_context()
    return [
        ssl.HAS_TLSv1_2,
        ssl.HAS_TLSv1_3,
        context.minimum_version.name,
        context.verify_mode.name,
        context.check_hostname,
    ]


@probe("crypto.ciphers")
def ciphers() -> Any:
    """The ciphers of TLS 1.3 in a default context."""
    offered = ssl.create_default_context().get_ciphers()
    return sorted(cipher["name"] for cipher in offered if cipher["protocol"] == "TLSv1.3")


@probe("crypto.certificate_paths")
def certificate_paths() -> Any:
    paths = ssl.get_default_verify_paths()
    return [paths.openssl_cafile, paths.openssl_capath]


@probe("crypto.certificates")
def certificates() -> Any:
    """Whether there are certificates to verify the internet's servers with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    if context.cert_store_stats()["x509_ca"]:
        return True
    folder = ssl.get_default_verify_paths().capath  # OpenSSL reads these one by one, when it needs one
    return bool(folder and os.listdir(folder))


@probe("crypto.random")
def random() -> Any:
    """Whether a forked child's random numbers are its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, ssl.RAND_bytes(32))
        os._exit(0)
    os.waitpid(child, 0)
    return os.read(reading, 32) != ssl.RAND_bytes(32)
