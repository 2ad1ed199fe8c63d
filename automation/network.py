"""How a build reaches package indexes from this network: certificates, proxies, indexes, none of it left in an image.

Certificates and index addresses (which may carry a password) enter RUN steps as one BuildKit secret, proxies as
BuildKit's predefined build arguments; neither ends up in a layer, in the history or in the cache's key.
"""

from __future__ import annotations

import ast
import os
import shlex
import ssl
import sys
from pathlib import Path

from automation import process

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY")
SECRET_CA = "ca"  # noqa: S105 - a mount's name
SECRET_SETTINGS = "network"  # noqa: S105 - a mount's name
# Where the two secrets appear inside a RUN step. The settings are a shell file to be sourced.
CA_TARGET = "/run/secrets/ca"


def ca_bundle() -> Path | None:
    """The certificates this machine trusts: `SSL_CERT_FILE` when set, else the system's bundle, if there is one."""
    named = os.environ.get("SSL_CERT_FILE")
    candidates = [Path(named)] if named else []
    default = ssl.get_default_verify_paths().openssl_cafile
    candidates += [Path("/etc/ssl/certs/ca-certificates.crt"), Path(default)]
    return next((path for path in candidates if path.is_file() and path.stat().st_size > 0), None)


def index_settings() -> dict[str, str]:
    """Package index settings of this host that a container can use too: addresses, never folders."""
    settings: dict[str, str] = {}
    listing = process.run([sys.executable, "-m", "pip", "config", "list"], echo=False, check=False).stdout
    names = {"index-url": "PIP_INDEX_URL", "extra-index-url": "PIP_EXTRA_INDEX_URL", "trusted-host": "PIP_TRUSTED_HOST"}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        # The environment outranks files in pip, and comes last in its listing.
        variable = names.get(key.rsplit(".", 1)[-1])
        if variable is None:
            continue
        # pip prints values as Python literals; a list of addresses is separated by white space.
        addresses = [word for word in ast.literal_eval(value).split() if "://" not in word or word.startswith("http")]
        if addresses:
            settings[variable] = " ".join(addresses)
    return settings | npm_settings()


def npm_settings() -> dict[str, str]:
    """The registry that this host's npm or pnpm is set to, for both: pnpm from 11 on has a variable of its own."""
    given = {name.lower(): value for name, value in os.environ.items() if value}  # both read it in either case
    npm, pnpm = given.get("npm_config_registry"), given.get("pnpm_config_registry")
    settings = {"npm_config_registry": npm or pnpm, "pnpm_config_registry": pnpm or npm}
    return {name: value for name, value in settings.items() if value}


def simple_index() -> str:
    """The simple index that pip uses here, its built-in default included."""
    from pip._internal.models.index import PyPI

    return index_settings().get("PIP_INDEX_URL", PyPI.simple_url)


def build_flags(folder: Path) -> list[str]:
    """The `docker buildx build` words that give RUN steps this host's network settings.

    Args:
        folder: a temporary folder that outlives the build; the settings are written there.
    """
    flags: list[str] = []
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(index_settings().items())]
    bundle = ca_bundle()
    if bundle is not None:
        flags += ["--secret", f"id={SECRET_CA},src={bundle}"]
        lines += [f"export {name}={CA_TARGET}" for name in ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")]
    settings = folder / "network.sh"
    settings.write_text("\n".join([*lines, ""]), encoding="utf-8")
    settings.chmod(0o600)
    flags += ["--secret", f"id={SECRET_SETTINGS},src={settings}"]
    return flags + proxy_flags()


def proxy_flags() -> list[str]:
    """The words that pass this host's proxies to RUN steps, through BuildKit's predefined arguments."""
    flags: list[str] = []
    for name in PROXIES:
        value = os.environ.get(name) or os.environ.get(name.lower())
        if value:
            # By name only: buildx reads the value from the environment, so it never shows in the echoed command.
            flags += ["--build-arg", name if os.environ.get(name) else name.lower()]
    return flags
