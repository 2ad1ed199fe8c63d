"""SABnzbd: one address for everything, with the key among the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autoarr.upstream.client import ServiceClient
from autoarr.upstream.connection import Identity
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.models import SabHistory, SabQueue, SabWarning
from autoarr.upstream.parsing import parse, parse_list, pick

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMED_SECTIONS = frozenset({"servers", "categories", "sorters", "rss"})
"""Sections of the configuration that hold objects with names; `misc` and the others hold values."""


class SabnzbdClient(ServiceClient):
    """A SABnzbd, whose key is among the parameters."""

    application = "SABnzbd"

    async def _identify(self) -> Identity:
        version = await self.version()
        # Anybody may ask its version; its queue needs the key.
        await self.queue(0, 1)
        return Identity(application=self.application, version=version)

    async def version(self) -> str:
        """Its version; needs no key."""
        return str(pick(self.connection, await self._get("version"), "version"))

    async def queue(self, start: int = 0, limit: int = 100) -> SabQueue:
        """Its state and one page of downloads. A `limit` of 0 would mean all of them."""
        raw = await self._get("queue", start=start, limit=max(limit, 1))
        return parse(self.connection, SabQueue, pick(self.connection, raw, "queue"), "queue")

    async def history(self, start: int = 0, limit: int = 100, failed_only: bool = False) -> SabHistory:
        """One page of downloads that ended, the newest first."""
        raw = await self._get("history", start=start, limit=max(limit, 1), failed_only=int(failed_only))
        return parse(self.connection, SabHistory, pick(self.connection, raw, "history"), "history")

    async def full_status(self) -> dict[str, Any]:
        """Its folders, servers and load; without what takes it long to find out."""
        status = pick(self.connection, await self._get("fullstatus", skip_dashboard=1), "status")
        return self._object(status, "status")

    async def warnings(self) -> list[SabWarning]:
        """What it warns of."""
        raw = pick(self.connection, await self._get("warnings"), "warnings")
        return parse_list(self.connection, SabWarning, raw, "warnings")

    async def get_config(self, section: str | None = None, keyword: str | None = None) -> dict[str, Any]:
        """Read its configuration: ``{"misc": {...}, "servers": [...], ...}``, or as much as was asked for.

        Passwords come back as asterisks.
        """
        params = {name: value for name, value in (("section", section), ("keyword", keyword)) if value}
        return self._object(pick(self.connection, await self._get("get_config", **params), "config"), "config")

    async def set_config(self, section: str, values: Mapping[str, Any], keyword: str | None = None) -> dict[str, Any]:
        """Write values, and give what it answers that they are now, as `get_config` does.

        Args:
            keyword: the name of the object, in one of `NAMED_SECTIONS`.

        Raises:
            UpstreamError: it refused. In a section without names each value is a write of its own: `sent`
                says whether one before it may have been made, too.
        """
        if keyword is not None:
            return await self._write_config(section, {**_form(values), "keyword": keyword})
        now: dict[str, Any] = {}
        written = False
        for name, value in _form(values).items():
            try:
                answer = await self._write_config(section, {"keyword": name, "value": value})
                written = True
                now.update(self._object(answer.get(section, {}), f"config.{section}"))
            except UpstreamError as error:
                error.sent = error.sent or written
                raise
        return {section: now}

    async def retry(self, nzo_id: str) -> str | None:
        """Download a failed one again; give its new id."""
        new = (await self._post("retry", value=nzo_id)).get("nzo_id")
        return new if isinstance(new, str) else None

    async def pause(self) -> None:
        """Pause all downloading."""
        await self._post("pause")

    async def resume(self) -> None:
        """Go on."""
        await self._post("resume")

    async def delete(self, nzo_id: str) -> None:
        """Take a download out of the queue, and delete what it has of it."""
        await self._post("queue", name="delete", value=nzo_id, del_files=1)

    async def delete_ended(self, nzo_id: str) -> None:
        """Take a download that ended out of the history, and delete what is left of one that failed."""
        await self._post("history", name="delete", value=nzo_id, del_files=1)

    async def _write_config(self, section: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer = await self._post("set_config", **{**fields, "section": section})
        return self._object(pick(self.connection, answer, "config"), "config")

    async def _get(self, mode: str, **params: Any) -> dict[str, Any]:
        return self._check(await self.upstream.request("GET", "/api", params=self._complete(mode, params)))

    async def _post(self, mode: str, **form: Any) -> dict[str, Any]:
        # A form keeps the key, and passwords that are written, out of addresses and so out of proxies' logs.
        return self._check(await self.upstream.request("POST", "/api", form=self._complete(mode, form)))

    def _complete(self, mode: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**fields, "mode": mode, "output": "json", "apikey": self.connection.api_key}

    def _check(self, answer: Any) -> dict[str, Any]:
        """Its failures come with status 200 and a text."""
        fields = self._object(answer, "")
        if fields.get("status", True):
            return fields
        said = str(fields.get("error") or "it did nothing")
        if "api key" in said.lower():
            raise self.connection.failure(Cause.AUTHENTICATION, f"it refused the key: {said}")
        missing = said == "it did nothing" or "does not exist" in said
        cause = Cause.NOT_FOUND if missing else Cause.REJECTED
        raise self.connection.failure(cause, f"it refused: {said}")

    def _object(self, raw: Any, name: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            detail = f"its answer{f' at {name}' if name else ''} is not an object"
            raise self.connection.failure(Cause.INVALID_ANSWER, detail)
        return raw


def _form(values: Mapping[str, Any]) -> dict[str, Any]:
    """As its forms have them: booleans are 0 and 1, lists have commas between."""
    return {name: as_text(value) for name, value in values.items()}


def as_text(value: Any) -> str:
    """A value as it goes into a form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (list, tuple)):
        # It takes a text without commas apart at its spaces.
        return ",".join(map(str, value)) + ("," if len(value) == 1 and " " in str(value[0]) else "")
    return str(value)
