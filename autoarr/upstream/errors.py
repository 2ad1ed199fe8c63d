"""Why a service could not be asked."""

from __future__ import annotations

from enum import StrEnum

from autoarr.errors import AutoArrError


class Cause(StrEnum):
    """The kinds of failure, each with a remedy of its own."""

    AUTHENTICATION = "authentication"
    WRONG_URL_BASE = "wrong_url_base"
    UNEXPECTED_APPLICATION = "unexpected_application"
    TLS = "tls"
    DNS = "dns"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    INVALID_ANSWER = "invalid_answer"
    CIRCUIT_OPEN = "circuit_open"
    UNREADABLE_KEY = "unreadable_key"


ADVICE = {
    Cause.AUTHENTICATION: "check its API key, and whether something in between asks for a login",
    Cause.WRONG_URL_BASE: "check the address: its port, and the URL base that the service is set to",
    Cause.UNEXPECTED_APPLICATION: "check the address, or choose the kind of service that is there",
    Cause.TLS: "check the certificate, add its authority's, or see whether http:// is meant",
    Cause.DNS: "check the host's name, and that AutoArr's network can resolve it",
    Cause.CONNECT: "check that it runs, its port, and any firewall between",
    Cause.TIMEOUT: "see whether it is overloaded, starting, or behind a firewall",
    Cause.RATE_LIMITED: "wait; it refuses more requests for now",
    Cause.SERVER_ERROR: "see its own log",
    Cause.REJECTED: "change what its message names",
    Cause.NOT_FOUND: "it may have been removed, or this version doesn't have it",
    Cause.INVALID_ANSWER: "check that its version is supported, and what lies between",
    Cause.CIRCUIT_OPEN: "solve what made it fail; it is tried again by itself",
    Cause.UNREADABLE_KEY: "enter its API key again, or give AutoArr the secret key it was encrypted with",
}
"""What to do about each of them."""


class UpstreamError(AutoArrError):
    """A service did not do what it was asked.

    Attributes:
        service: its name.
        cause: the kind of failure.
        detail: what happened, in a sentence; no secrets.
        advice: what to do about it; that of the cause where none is given.
        status: of its HTTP answer, where there was one.
        sent: whether the request may have reached it: a write then may or may not have been made. Where it
            answered that it refuses (a status from 300 to 499) nothing was written, and this is False.
        retry_after: seconds that it asked to wait, where it did.
    """

    def __init__(
        self,
        service: str,
        cause: Cause,
        detail: str,
        *,
        advice: str = "",
        status: int | None = None,
        sent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        advice = advice or ADVICE[cause]
        super().__init__(f"{service}: {detail}; {advice}")
        self.service = service
        self.cause = cause
        self.detail = detail
        self.advice = advice
        self.status = status
        self.sent = sent
        self.retry_after = retry_after
