"""Addresses and certificates of services."""

from __future__ import annotations

import pytest

from autoarr.services.address import normalise_ca, normalise_url, origin_of

ONE = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARmgAwIBAgIULt7dsQJH2eFA2FynfjmKBP5wRmowCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDb25lMCAXDTI2MTEyNDE1MTczNloYDzIxMjYxMDMxMTUxNzM2
WjAOMQwwCgYDVQQDDANvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARtVCzs
JQW5U2q87zNp86SrU8n7s6/Le+fVHJ9z71RlTaQwv9e2IMnmGmoSJPpn2a3CE92B
zvtflDiaZo+m2J3co1MwUTAdBgNVHQ4EFgQU7Hc7UPLW3naDDosY0SIwLuCMlgsw
HwYDVR0jBBgwFoAU7Hc7UPLW3naDDosY0SIwLuCMlgswDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNJADBGAiEAvcFfd3SjKByIfex0aSgxxl5+NihMJPwP6JAs
r/9XEnoCIQD2z3vvyIUy/2sFcdWIM5Ydsvbqdp5+GiTYYa2YVHot5g==
-----END CERTIFICATE-----
"""
OTHER = """\
-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUF/pptbUZw4O660Xfna+dMVF6LcUwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTI0MTUxNzM2WhgPMjEyNjEwMzExNTE3
MzZaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
gCgh5KllKZqarE2NzguTojHw2NU0Dnj9wwcASi4c7hGgz8UeaSSTdquwmw+I6Dwc
zalOpSijzlBEQS5RrXuIRaNTMFEwHQYDVR0OBBYEFPdB/EI43lFFvDQbYnofxGGQ
2KAEMB8GA1UdIwQYMBaAFPdB/EI43lFFvDQbYnofxGGQ2KAEMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAJ4cFWoEBnz8DoWeUKc8TWPbfoUfBjEJ
vsofbRZApg+iAiEAoWrqvyBl8kbfR8K+yD4oxALIo98BZNddCrgNNtszh0Q=
-----END CERTIFICATE-----
"""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" http://sonarr:8989/ ", "http://sonarr:8989"),
        ("HTTP://Sonarr:80/Base//x/", "http://sonarr/Base/x"),
        ("https://h:443", "https://h"),
        ("https://h:80", "https://h:80"),
        ("http://media_server.lan.", "http://media_server.lan."),
        ("https://[2001:DB8:0::1]:8989/sonarr/", "https://[2001:db8::1]:8989/sonarr"),
        ("http://192.168.1.5:8989", "http://192.168.1.5:8989"),
        ("http://h:", "http://h"),
    ],
)
def test_an_address_is_kept_in_one_way(given: str, kept: str) -> None:
    assert normalise_url(given) == kept
    assert normalise_url(kept) == kept


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "begins with"),
        ("sonarr:8989", "begins with"),
        ("ftp://sonarr", "begins with"),
        ("file:///etc/passwd", "begins with"),
        ("//sonarr", "begins with"),
        ("http://", "host"),
        ("http://.x", "host"),
        ("http://a..b", "host"),
        ("http://h:70000", "port"),
        ("http://h:x", "port"),
        ("http://h:0", "port 0"),
        ("http://ada:hunter2@h", "without user"),
        ("http://@h", "without user"),
        ("http://h?apikey=1", "query"),
        ("http://h/?", "query"),
        ("http://h/#!/settings", "fragment"),
        ("http://h/a b", "spaces"),
        ("http://h\\@evil", "spaces"),
        ("http://h\x00", "spaces"),
        ("http://h:8\t9", "spaces"),
        ("http://müller", "xn--"),
        ("http://h/../x", "URL base"),
        ("http://h/%2e%2e", "URL base"),
        ("http://[::1", "host"),
        ("http://[::1]x", "host"),
        ("http://[::g]", "IPv6|host"),
        ("http://[v1.x]", "IPv6|host"),
        ("http://[fe80::1%eth0]", "URL base|zone|host"),
        ("http://h/" + "a" * 500, "500"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(given: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        normalise_url(given)

    assert "hunter2" not in str(caught.value)


def test_the_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://h:8989/base/x") == "https://h:8989"
    assert origin_of("https://[::1]") == "https://[::1]"
    assert origin_of("https://h") != origin_of("http://h")


def test_certificates_are_kept_and_the_rest_is_dropped() -> None:
    kept = normalise_ca(f"subject=one\n{ONE}\n# ours\n{OTHER}".replace("\n", "\r\n"))

    assert kept == ONE + OTHER
    assert normalise_ca(kept) == kept


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "no certificate"),
        ("not a certificate", "no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no certificate"),
        ("-----BEGIN CERTIFICATE-----\nää\n-----END CERTIFICATE-----", "no certificate"),
        ("A" * 70_000, "at most"),
    ],
)
def test_what_is_no_certificate_is_refused(given: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        normalise_ca(given)


def test_a_private_key_is_refused() -> None:
    with pytest.raises(ValueError, match="private key"):
        normalise_ca(f"{ONE}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
