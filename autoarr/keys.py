"""The installation's secret keys: they sign login tokens and encrypt what is stored of other services' secrets."""

from __future__ import annotations

import base64
import contextlib
import hmac
import logging
import os
import secrets
from functools import cached_property
from typing import TYPE_CHECKING

from autoarr.errors import AutoArrError, StartupError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.fernet import MultiFernet

    from autoarr.settings import Settings

KEY_FILE = "secret.key"
CHECK_WORD = "autoarr"
"""What `Instance.key_check` says, encrypted."""
MINIMUM_LENGTH = 32

log = logging.getLogger(__name__)


class UnreadableSecret(AutoArrError):
    """A stored secret was encrypted with a key that this process doesn't have."""


class KeyRing:
    """One or several secrets; the first signs and encrypts, all of them verify and decrypt.

    Args:
        given: texts of at least 32 characters.
        source: the file they are from. When it is written again, a running process follows: it is looked at, not read,
            at each use.
    """

    def __init__(self, given: Sequence[str], source: Path | None = None) -> None:
        self._given = [text.encode() for text in given]
        self._source = source
        self._seen: tuple[int, int] | None = None

    def _follow_source(self) -> None:
        if self._source is None:
            return
        with contextlib.suppress(OSError):  # without a readable file, the keys stay what they are
            status = self._source.stat()
            if self._seen == (seen := (status.st_mtime_ns, status.st_ino)):
                return
            self._seen = seen
            try:
                given = [text.encode() for text in _parse(self._source)]
            except StartupError as error:
                log.warning("%s; the keys read before stay in use", error)
                return
            if given != self._given:
                self._given = given
                for name in ("_signing_keys", "_sealing_keys", "_fernet"):
                    vars(self).pop(name, None)

    def _derive(self, secret: bytes, purpose: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=f"autoarr {purpose}".encode()).derive(secret)

    @property
    def signing_keys(self) -> dict[str, bytes]:
        """The keys of login tokens by their ids (the `kid` of a JWT), the one that signs first."""
        self._follow_source()
        return self._signing_keys

    @cached_property
    def _signing_keys(self) -> dict[str, bytes]:
        return {
            self._derive(secret, "key id").hex()[:16]: self._derive(secret, "login tokens") for secret in self._given
        }

    def seal(self, text: str) -> str:
        """Sign a text for an address: letters, digits, `-`, `_` and a dot; the same each time, and not secret."""
        self._follow_source()
        return f"{_to_base64(text.encode())}.{_to_base64(self._seal_of(text, self._sealing_keys[0]))}"

    def unseal(self, sealed: str) -> str:
        """Give back what `seal` was given.

        Raises:
            UnreadableSecret: it was sealed with another key, or is no seal.
        """
        self._follow_source()
        text, _, given = sealed.partition(".")
        with contextlib.suppress(ValueError):
            found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            seals = (_to_base64(self._seal_of(found, key)) for key in self._sealing_keys)
            if _to_base64(found.encode()) == text and any(hmac.compare_digest(seal, given) for seal in seals):
                return found
        raise UnreadableSecret("it was not sealed by any of this process's keys")

    @cached_property
    def _sealing_keys(self) -> list[bytes]:
        return [self._derive(secret, "sealed addresses") for secret in self._given]

    @staticmethod
    def _seal_of(text: str, key: bytes) -> bytes:
        return hmac.digest(key, text.encode(), "sha256")[:16]

    @cached_property
    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        keys = (base64.urlsafe_b64encode(self._derive(secret, "stored secrets")) for secret in self._given)
        return MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, text: str) -> str:
        """Encrypt a text for the database."""
        self._follow_source()
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """Give back what `encrypt` was given.

        Raises:
            UnreadableSecret: it was encrypted with another key, or damaged.
        """
        from cryptography.fernet import InvalidToken

        self._follow_source()
        try:
            return self._fernet.decrypt(stored.encode()).decode()
        except (InvalidToken, ValueError):
            raise UnreadableSecret("it was encrypted with a key that is not among this process's keys") from None

    def reads(self, stored: str) -> bool:
        """Whether `decrypt` would give back what was encrypted."""
        try:
            self.decrypt(stored)
        except UnreadableSecret:
            return False
        return True

    def renew(self, stored: str) -> str:
        """Encrypt with the first key what was encrypted with any."""
        return self.encrypt(self.decrypt(stored))


def load_key_ring(settings: Settings) -> KeyRing:
    """Take the keys from the settings, else from the data folder, where the first start puts a new one.

    Raises:
        StartupError: the file can't be read or written, or holds no key.
    """
    if settings.secret_key is not None:
        return KeyRing([part.strip() for part in settings.secret_key.get_secret_value().split(",")])
    file = settings.data_dir / KEY_FILE
    return KeyRing(read_key_file(file), file)


def read_key_file(path: Path) -> list[str]:
    """Read the keys of a file, a line each; make the file, with a new key, where there is none."""
    try:
        with contextlib.suppress(FileNotFoundError):
            return _parse(path)
        write_key_file(path, [new_key()], replace=False)
        return _parse(path)
    except OSError as error:
        raise StartupError(
            f"the keys in {path} can't be used: {error.strerror}; make the file readable for user {os.geteuid()}, or "
            "set AUTOARR_SECRET_KEY"
        ) from error


def _parse(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    if not (found := [line for line in lines if line]) or any(len(line) < MINIMUM_LENGTH for line in found):
        raise StartupError(
            f"{path} holds no usable key: each line needs {MINIMUM_LENGTH} characters or more; restore it"
        )
    return found


def _to_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def new_key() -> str:
    """A new random key."""
    return secrets.token_urlsafe(48)


def write_key_file(path: Path, keys: Sequence[str], *, replace: bool = True) -> None:
    """Write keys so that the file is whole or absent; without `replace`, an existing file wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(f"{key}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        if replace:
            scratch.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(scratch)
    finally:
        scratch.unlink(missing_ok=True)
