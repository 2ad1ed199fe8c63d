"""Addresses and certificates of services, as a person gives them and as they are kept."""

from __future__ import annotations

import ipaddress
import re
import ssl
from urllib.parse import urlsplit

MAXIMUM_URL = 500
MAXIMUM_CA = 64 * 1024

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?")
_BRACKETED = re.compile(r"\[[^\]]*\](:\d*)?")
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


def normalise_url(text: str) -> str:
    """Write an address in the one way it is kept: lower-case host, no default port, no slash at its end.

    Raises:
        ValueError: it is none that a service can be reached at.
    """
    text = text.strip()
    # Before it is parsed: the parser drops tabs and line ends, and an empty query or fragment.
    if "?" in text or "#" in text:
        raise ValueError("give the address without a query (?) and without a fragment (#)")
    if not text.isascii() or not text.isprintable() or "\\" in text or " " in text:
        raise ValueError("an address has no spaces, and an international host name is written as xn--...")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("it is not an address: the host or the port can't be read") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("an address begins with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("give the address without user and password; the API key has its own field")
    if port == 0:
        raise ValueError("there is no port 0")
    path = re.sub("/+", "/", parts.path).rstrip("/")
    if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise ValueError("the URL base has characters that it can't have")
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    url = f"{parts.scheme}://{_normalise_host(host, parts.netloc)}{shown_port}{path}"
    if len(url) > MAXIMUM_URL:
        raise ValueError(f"an address has {MAXIMUM_URL} characters at most")
    return url


def _normalise_host(host: str, netloc: str) -> str:
    if "[" in netloc:
        if not _BRACKETED.fullmatch(netloc):
            raise ValueError("it is not an address: the host can't be read")
        try:
            address = ipaddress.IPv6Address(host)
        except ValueError:
            raise ValueError("what is in brackets is not an IPv6 address") from None
        if address.scope_id:
            raise ValueError("an IPv6 address with a zone can't be used")
        return f"[{address}]"
    if not _HOST.fullmatch(host) or ".." in host:
        raise ValueError("it is not an address: the host can't be read")
    return host


def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised address: whoever a key is sent to."""
    return "/".join(url.split("/", 3)[:3])


def normalise_ca(text: str) -> str:
    """Keep the certificates of a PEM text, and nothing else that stands in it.

    Raises:
        ValueError: it holds none, one that can't be read, or a private key.
    """
    if len(text) > MAXIMUM_CA:
        raise ValueError(f"certificates have {MAXIMUM_CA} characters at most")
    if "PRIVATE KEY" in text:
        raise ValueError("it holds a private key, which AutoArr must not have; give the certificates only")
    kept = "\n".join(_CERTIFICATE.findall(text.replace("\r\n", "\n")))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=kept)
    except (ssl.SSLError, ValueError, TypeError):
        raise ValueError("it holds no certificate in PEM that can be read") from None
    return f"{kept}\n"
