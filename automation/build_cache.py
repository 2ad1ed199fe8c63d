"""Where a build's cache comes from and goes to: a registry, a folder, the CI service. Checked, then given to buildx."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from automation.errors import UsageError

# The CI service's cache answers only inside its jobs, which are given these.
SERVICE_TOKEN = "ACTIONS_RUNTIME_TOKEN"  # noqa: S105 - a variable's name
SERVICE_ADDRESSES = ("ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL")
FORMS = "type=registry,ref=HOST/NAME:TAG, type=local,src=FOLDER (to: dest=FOLDER) or type=gha"


class Kind(StrEnum):
    """What keeps the cache."""

    REGISTRY = "registry"
    LOCAL = "local"
    SERVICE = "gha"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place, as `--cache-from` or `--cache-to` names it; `options` are buildx's own."""

    kind: Kind
    options: Mapping[str, str]
    writes: bool

    @property
    def flag(self) -> str:
        """The word before it."""
        return "--cache-to" if self.writes else "--cache-from"

    def words(self) -> list[str]:
        """For `docker buildx build`."""
        return [self.flag, ",".join(f"{key}={value}" for key, value in {"type": self.kind, **self.options}.items())]

    def of_platform(self, platform: str) -> Place:
        """A place of its own for each platform: builds that are exported one after another replace each other."""
        machine = platform.rpartition("/")[2]
        key = _key(self.kind, self.writes)
        value = self.options.get(key, "buildkit")
        if self.kind is Kind.REGISTRY and ":" not in value.rpartition("/")[2]:
            value += ":cache"
        joint = "/" if self.kind is Kind.LOCAL else "-"
        return Place(kind=self.kind, options={**self.options, key: f"{value}{joint}{machine}"}, writes=self.writes)


def _key(kind: Kind, writes: bool) -> str:
    """The option that says where within its kind."""
    return {Kind.REGISTRY: "ref", Kind.LOCAL: "dest" if writes else "src", Kind.SERVICE: "scope"}[kind]


def parse(text: str, *, writes: bool, environment: Mapping[str, str] = os.environ) -> Place:
    """One place.

    Raises:
        UsageError: it is none, or the CI service's from outside its jobs.
    """
    flag = "--cache-to" if writes else "--cache-from"
    pairs = [word.partition("=") for word in text.split(",")]
    options = {key.strip(): value.strip() for key, _, value in pairs}
    if not all(separator for _, separator, _ in pairs) or len(options) != len(pairs):
        raise UsageError(f"{flag} {text!r} is no list of KEY=VALUE", hint=f"one of: {FORMS}")
    try:
        kind = Kind(options.pop("type", ""))
    except ValueError:
        raise UsageError(f"{flag} {text!r} names no kind of cache", hint=f"one of: {FORMS}") from None
    key = _key(kind, writes)
    if kind is not Kind.SERVICE and not options.get(key):
        raise UsageError(f"{flag} type={kind} needs {key}=", where=text, hint=f"one of: {FORMS}")
    if kind is Kind.REGISTRY and not re.fullmatch(r"[\w.-]+(:\d+)?/[a-z0-9][a-z0-9._/-]*(:[\w.-]+)?", options["ref"]):
        raise UsageError(f"{flag}: {options['ref']!r} is no name in a registry", hint="HOST/NAME:TAG")
    if kind is Kind.SERVICE and not _service(options, environment):
        raise UsageError(
            f"{flag} type=gha: the CI service's cache does not answer here",
            where=f"{SERVICE_TOKEN} and one of {', '.join(SERVICE_ADDRESSES)} are not set",
            hint="it is for the service's own jobs; elsewhere type=registry or type=local",
        )
    return Place(kind=kind, options=options, writes=writes)


def _service(options: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    address = any(options.get(key) for key in ("url", "url_v2")) or any(map(environment.get, SERVICE_ADDRESSES))
    return bool(address and (options.get("token") or environment.get(SERVICE_TOKEN)))


def parse_all(
    sources: Sequence[str], targets: Sequence[str], *, environment: Mapping[str, str] = os.environ
) -> list[Place]:
    """Every place of a command line; empty words, which a CI's unset variable gives, name none.

    Raises:
        UsageError: as :func:`parse`.
    """
    found = [parse(text, writes=False, environment=environment) for text in sources if text]
    return found + [parse(text, writes=True, environment=environment) for text in targets if text]
