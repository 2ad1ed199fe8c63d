"""Which certificates are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autoarr.upstream.errors import Cause

if TYPE_CHECKING:
    import ssl

    from autoarr.upstream.connection import Connection


def make_context(connection: Connection) -> ssl.SSLContext:
    """Trust the system's authorities and the connection's own; nobody needs any where the address is plain HTTP.

    Raises:
        UpstreamError: the connection's certificates are not PEM.
    """
    import ssl

    import httpx2

    if not connection.url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if connection.tls_insecure:
        return httpx2.create_ssl_context(verify=False)
    context = httpx2.create_ssl_context()
    if connection.tls_ca:
        # Remarks between certificates may be in any language.
        pem = connection.tls_ca.encode("ascii", "replace").decode()
        try:
            context.load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError):
            raise connection.failure(
                Cause.TLS, "the certificates to trust can't be read: they are not in PEM form"
            ) from None
    return context
