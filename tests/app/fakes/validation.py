"""Whether what a stand-in is asked and answers agrees with its application's official description.

The descriptions are read from `$AUTOARR_SPECS`, or from `../shared/specs` beside the checkout, once and when first
needed. Where they or openapi-core are absent, nothing is looked into. Of a list, only the first items are.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.app.fakes.known_errors import CORRECTIONS, Corrections

if TYPE_CHECKING:
    from openapi_core import OpenAPI

    from tests.app.fakes.asgi import Answer, Call

SPECS = Path(os.environ.get("AUTOARR_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")
SAMPLE = 3
"""Items of a list that are looked into: they are made alike, and each costs milliseconds."""
SERVER = "http://fake"
HEADERS = ("accept", "content-type", "x-api-key", "x-plex-token")
KEYS = frozenset({"apikey", "X-Plex-Token"})


class Evidence(NamedTuple):
    """What is left of a request and its answer, to be looked into when nobody waits for it."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int
    content_type: str
    answer: bytes

    @classmethod
    def of(cls, call: Call, answer: Answer) -> Evidence:
        """Take down a request and its answer, of whose lists only the first items are kept."""
        # The others differ from one client to the next, and are none of an API's.
        headers = ((name, call.headers[name]) for name in HEADERS if name in call.headers)
        return cls(
            call.method,
            call.path,
            tuple(call.pairs),
            tuple(headers),
            call.raw,
            answer.status,
            answer.content_type,
            _sample(answer),
        )


class Checker:
    """One application's description."""

    def __init__(self, description: dict[str, Any], corrections: Corrections) -> None:
        corrections.correct(description)
        self._description = {**description, "servers": [{"url": SERVER}]}
        self._corrections = corrections
        self._results: dict[Evidence, list[str]] = {}
        self._apis: dict[str, OpenAPI] = {}
        # Those without a part that may be anything come first.
        templates = sorted(description["paths"], key=lambda path: str(path).count("{"))
        self._patterns = {path: re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))) for path in templates}

    def check(self, evidence: Evidence) -> list[str]:
        """The violations of a request and its answer, each in a line."""
        # Most of what is asked was asked before.
        if evidence not in self._results:
            self._results[evidence] = list(self._problems(evidence))
        return [f"{evidence.method} {evidence.path}: {problem}" for problem in self._results[evidence]]

    def _problems(self, evidence: Evidence) -> Iterator[str]:
        # Failures are not described, and neither is what doesn't belong to the API.
        if evidence.status >= 300 or not evidence.path.startswith(self._corrections.prefix):
            return
        from openapi_core.testing import MockRequest, MockResponse

        method, path = self._corrections.described_as(evidence.method, evidence.path)
        template = self._template(method.lower(), path)
        if template is None:
            yield "not described"
            return
        api = self._api(template)
        query: Any = evidence.query  # it is made to a MultiDict, whatever the annotation says
        request = MockRequest(
            SERVER,
            method,
            path,
            args=query,
            headers=dict(evidence.headers),
            data=evidence.body,
            content_type=dict(evidence.headers).get("content-type", "application/json"),
        )
        if (evidence.method, evidence.path) not in self._corrections.odd_requests:
            yield from _explain(api.iter_request_errors(request))
            unknown = {name for name, _ in evidence.query} - self._parameters(template, method.lower()) - KEYS
            yield from (f"no parameter {name!r} is described" for name in sorted(unknown))
        if evidence.answer:
            status = self._corrections.statuses.get(evidence.status, evidence.status)
            response = MockResponse(evidence.answer, status, content_type=evidence.content_type)
            for problem in _explain(api.iter_response_errors(request, response)):
                yield f"its answer: {problem}"

    def _template(self, method: str, path: str) -> str | None:
        """The described path that a path is an instance of."""
        paths = self._description["paths"]
        return next((at for at, made in self._patterns.items() if method in paths[at] and made.fullmatch(path)), None)

    def _api(self, template: str) -> OpenAPI:
        """The description of one path: in the whole one, each request would be looked for anew."""
        if template not in self._apis:
            from openapi_core import Config, OpenAPI

            alone = {**self._description, "paths": {template: self._description["paths"][template]}}
            # The descriptions are not free of errors themselves.
            self._apis[template] = OpenAPI.from_dict(alone, config=Config(spec_validator_cls=None))
        return self._apis[template]

    def _parameters(self, template: str, method: str) -> set[str]:
        """The names of an operation's parameters."""
        item = self._description["paths"][template]
        shared = self._description["components"].get("parameters", {})
        listed = [*item.get("parameters", []), *item[method].get("parameters", [])]
        named = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in listed]
        return {parameter["name"] for parameter in named}


@functools.cache
def checker(name: str) -> Checker | None:
    """What looks into ``sonarr``, ``radarr`` or ``plex``; None where it can't."""
    corrections = CORRECTIONS.get(name)
    if corrections is None:
        return None
    try:
        importlib.import_module("openapi_core")
        text = (SPECS / corrections.file).read_text(encoding="utf-8")
        if corrections.file.endswith(".json"):
            return Checker(json.loads(text), corrections)
        import yaml  # type: ignore[import-untyped]  # it brings no types

        # The fast loader is there where libyaml is.
        return Checker(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), corrections)  # noqa: S506 -- both are safe
    except (ImportError, OSError):
        return None


def _sample(answer: Answer) -> bytes:
    """An answer's body, its lists cut short; what is made while it is sent goes on being so."""
    if answer.items is not None:
        first = list(itertools.islice(answer.items, SAMPLE))
        answer.items = itertools.chain(first, answer.items)
        return json.dumps(first).encode()
    if isinstance(answer.body, list):
        return json.dumps(answer.body[:SAMPLE]).encode()
    if isinstance(answer.body, dict) and isinstance(answer.body.get("records"), list):
        return json.dumps({**answer.body, "records": answer.body["records"][:SAMPLE]}).encode()
    return answer.encode()


def _explain(errors: Iterable[Exception]) -> Iterator[str]:
    for error in errors:
        reasons: list[Exception] = list(getattr(error.__cause__, "schema_errors", []))
        for reason in reasons or [error]:
            where = "/".join(map(str, getattr(reason, "absolute_path", [])))
            yield f"{where}: {str(reason).splitlines()[0]}" if where else str(reason).splitlines()[0]
