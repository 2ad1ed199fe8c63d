"""The stand-ins of other applications, on their ports."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import threading
import time
import tracemalloc
from pathlib import Path

import httpx2
import pytest

from tests.app.asking import ask
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve


def test_each_has_a_port_of_its_own(
    sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex, sabnzbd: FakeSabnzbd
) -> None:
    assert len({fake.url for fake in (sonarr, radarr, plex, sabnzbd)}) == 4
    for fake in (sonarr, radarr):
        assert ask(fake, "GET", "/api/v3/system/status").json()["appName"] == fake.name
    assert ask(plex, "GET", "/identity").json()["MediaContainer"]["machineIdentifier"] == plex.state.machine_id
    answer = ask(sabnzbd, "GET", "/api", params={"mode": "version", "output": "json"})
    assert answer.json() == {"version": sabnzbd.state.version}


async def test_without_a_port() -> None:
    fake = FakeSonarr()
    transport = httpx2.ASGITransport(app=fake)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sonarr") as client:
        answer = await client.get("/api/v3/health", headers={"X-Api-Key": fake.api_key})
    assert answer.json() == []
    assert fake.violations == []


def test_it_stops_at_once_and_drops_what_is_open() -> None:
    fake = FakeSonarr()
    fake.fail("", "hang")
    before = set(threading.enumerate())
    with serve(fake) as url:
        host, port = url.removeprefix("http://").split(":")
        idle = socket.create_connection((host, int(port)))
        asking = socket.create_connection((host, int(port)))
        asking.sendall(b"GET /api/v3/health HTTP/1.1\r\nHost: x\r\n\r\n")
        while not fake.requests:
            time.sleep(0.001)
        start = time.perf_counter()
    assert time.perf_counter() - start < 10
    for connection in (idle, asking):
        # A reset or an end in order, but no answer.
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert set(threading.enumerate()) == before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)))


def test_over_tls(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    fake = FakePlex()
    with serve(fake, certificate=certificate, key=key, host="localhost") as url:
        assert url.startswith("https://localhost:")
        trusting = ssl.create_default_context(cafile=certificate)
        headers = {"Accept": "application/json"}
        assert httpx2.get(f"{url}/identity", headers=headers, verify=trusting).json()["MediaContainer"]["claimed"]
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            httpx2.get(f"{url}/identity", headers=headers)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that vouches for itself, and its key."""
    pytest.importorskip("cryptography.x509", exc_type=ImportError)
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(builder.sign(private, hashes.SHA256()).public_bytes(pem))
    key.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return certificate, key


def test_large_ones_take_no_memory() -> None:
    gc.collect()
    tracemalloc.start()
    sonarr, radarr = FakeSonarr(episodes_missing=200_000, queued=100_000), FakeRadarr(movies=50_000)
    with serve(sonarr), serve(radarr):
        for page, number in ((1, 1), (4000, 199_951)):
            missing = ask(sonarr, "GET", "/api/v3/wanted/missing", params={"page": page, "pageSize": 50}).json()
            assert (missing["totalRecords"], len(missing["records"]), missing["records"][0]["id"]) == (
                200_000,
                50,
                number,
            )
        assert (
            ask(sonarr, "GET", "/api/v3/wanted/missing", params={"page": 4001, "pageSize": 50}).json()["records"] == []
        )
        queue = ask(sonarr, "GET", "/api/v3/queue", params={"page": 1000, "pageSize": 100}).json()
        assert (queue["totalRecords"], queue["records"][-1]["episodeId"]) == (100_000, 100_000)
        assert ask(radarr, "GET", "/api/v3/wanted/missing", params={"pageSize": 1}).json()["totalRecords"] == 50_000
        assert ask(radarr, "GET", "/api/v3/movie", params={"tmdbId": 549_999}).json()[0]["id"] == 49_999
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
