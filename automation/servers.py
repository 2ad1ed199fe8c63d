"""The servers that images are verified against: a real PostgreSQL with TLS and a real Redis, on a network of their own,
and the private authority that vouches for them."""

from __future__ import annotations

import io
import secrets
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from automation import containers
from automation.bases import POSTGRES, REDIS
from automation.errors import EngineUnavailable
from automation.resolver import Resolver

if TYPE_CHECKING:
    from docker.models.containers import Container

TIMEOUT = 60.0
POLL = 0.1
LIFETIME = timedelta(days=2)
# In PostgreSQL's home, which the official image and ours have in the same place.
HOME, FOLDER = "/var/lib/postgresql", "tls"
CERTIFICATE, KEY = f"{HOME}/{FOLDER}/server.pem", f"{HOME}/{FOLDER}/server.key"
# In the container itself, where its administrator needs no password.
PSQL = ("psql", "--username=postgres", "--no-psqlrc", "--quiet")
# It is thrown away with its container, and need not outlive a power failure: tests make hundreds of databases in it.
FORGETFUL = (
    "postgres",
    *(word for name in ("fsync", "synchronous_commit", "full_page_writes") for word in ("-c", f"{name}=off")),
)
TLS_IS_ON = "SELECT 1 / (current_setting('ssl') = 'on')::int"


class Authority:
    """A private certificate authority, good for two days."""

    def __init__(self, name: str = "AutoArr verification") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = _usage(key_cert_sign=True, crl_sign=True)
        made = self._builder(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0), usage)
        self.certificate = made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str) -> tuple[bytes, bytes]:
        """A certificate for one host name and its private key, both in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        usage = _usage(digital_signature=True)
        made = self._builder(subject, key.public_key(), x509.BasicConstraints(ca=False, path_length=None), usage)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        certificate = made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate, private

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        constraints: x509.BasicConstraints,
        usage: x509.KeyUsage,
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            # The engine's clock may be behind this machine's.
            .not_valid_before(now - LIFETIME)
            .not_valid_after(now + LIFETIME)
            .add_extension(constraints, critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(issuer, critical=False)
        )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Both servers, ready; addresses are those that containers on the network see."""

    network: str
    database: Container
    cache: Container
    password: str
    authority: Authority

    @property
    def database_url(self) -> str:
        """PostgreSQL's; it speaks TLS as well, with a certificate for its host name by the authority."""
        return f"postgresql://postgres:{self.password}@{self.database.name}/postgres"

    @property
    def redis_url(self) -> str:
        """Redis's first database."""
        return f"redis://{self.cache.name}/0"


def start(running: containers.Session, resolver: Resolver) -> Servers:
    """Start both servers in a session, which removes them, and wait until they answer.

    Raises:
        BaseUnavailable: one of the images can't be had.
        EngineUnavailable: one of them did not start in time.
    """
    postgres, redis = resolver.resolve(POSTGRES), resolver.resolve(REDIS)
    network = str(running.network().name)
    password, authority = secrets.token_hex(16), Authority()
    database = running.start(
        postgres.reference,
        name=f"{network}-postgres",
        network=network,
        environment={"POSTGRES_PASSWORD": password},
        command=list(FORGETFUL),
    )
    # A client that tells it to shut down gets it back: that is how a restart is verified.
    cache = running.start(redis.reference, name=f"{network}-redis", network=network, restart_policy={"Name": "always"})
    wait_for(database, ["pg_isready", "--host=127.0.0.1"])
    switch_tls_on(database, *authority.issue(str(database.name)))
    wait_for(cache, ["redis-cli", "ping"])
    return Servers(network=network, database=database, cache=cache, password=password, authority=authority)


def switch_tls_on(database: Container, certificate: bytes, key: bytes) -> None:
    """Have a running PostgreSQL speak TLS as well. Works on the official image and on ours: nothing is mounted.

    Raises:
        EngineUnavailable: it refused.
    """
    database.put_archive(HOME, archive({f"{FOLDER}/server.pem": certificate, f"{FOLDER}/server.key": key}, mode=0o600))
    _done(database, ["chown", "-R", "postgres", f"{HOME}/{FOLDER}"], user="root")
    commands = (
        f"ALTER SYSTEM SET ssl_cert_file = '{CERTIFICATE}'",
        f"ALTER SYSTEM SET ssl_key_file = '{KEY}'",
        "ALTER SYSTEM SET ssl = 'on'",
        "SELECT pg_reload_conf()",
    )
    _done(database, [*PSQL, *(f"--command={command}" for command in commands)])
    wait_for(database, [*PSQL, f"--command={TLS_IS_ON}"])


def _done(container: Container, command: list[str], user: str = "") -> None:
    result = container.exec_run(command, user=user)
    if result.exit_code != 0:
        said: Any = result.output  # not a stream: none was asked for
        raise EngineUnavailable(
            f"{container.name} could not be set up",
            where=" ".join(command),
            details=said.decode(errors="replace"),
        )


def archive(files: Mapping[str, bytes], mode: int = 0o644) -> bytes:
    """A tar archive of files, and of the folders that their names need."""
    out = io.BytesIO()
    folders: set[str] = set()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, content in files.items():
            parts = name.split("/")[:-1]
            for folder in ("/".join(parts[: count + 1]) for count in range(len(parts))):
                if folder not in folders:
                    folders.add(folder)
                    entry = tarfile.TarInfo(folder)
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    packed.addfile(entry)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            packed.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def wait_for(container: Container, command: list[str]) -> None:
    """Wait until a command in a container succeeds.

    Raises:
        EngineUnavailable: it did not in time.
    """
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if container.exec_run(command).exit_code == 0:
            return
        time.sleep(POLL)
    raise EngineUnavailable(
        f"{container.name} did not start", where=" ".join(command), details=containers.logs(container)
    )
