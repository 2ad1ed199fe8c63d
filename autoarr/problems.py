"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from autoarr import logs
from autoarr.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request
    from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class InvalidField(BaseModel):
    """One part of a request that is not as it should be."""

    location: list[str | int] = Field(examples=[["query", "page"]])
    message: str = Field(examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """What went wrong, for a program and for a person (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "There is nothing here.",
                "instance": "/api/v1/nothing",
                "request_id": "0a4f2be2c3ce4be6a2ae1f47a3d7e3e5",
            }
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    instance: str | None = Field(default=None, description="The path of the request.")
    request_id: str | None = Field(default=None, description="Look for it in the logs.")
    errors: list[InvalidField] | None = None


def _inline_schema() -> dict[str, Any]:
    """Problem's schema without references: FastAPI registers only models of its own media type."""
    schema = Problem.model_json_schema()
    definitions = schema.pop("$defs")
    for choice in schema["properties"]["errors"]["anyOf"]:
        if "items" in choice:
            choice["items"] = definitions[InvalidField.__name__]
    return schema


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem", "content": {MEDIA_TYPE: {"schema": _inline_schema()}}}
}
"""For every operation's OpenAPI description."""


def problem_response(
    path: str,
    status: int,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[InvalidField] | None = None,
) -> Response:
    """Answer with a problem."""
    title = HTTPStatus(status).phrase
    problem = Problem(
        title=title,
        status=status,
        detail=None if detail == title else detail,
        instance=path,
        request_id=logs.request_id.get(),
        errors=errors,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
    path, headers = request.url.path, error.headers
    # The route that refused names its own methods only, and others may have the same path.
    routes = iter_route_contexts(request.app.routes) if error.status_code == 405 else ()
    if allowed := {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}:
        headers = {"Allow": ", ".join(sorted(allowed))}
    return problem_response(path, error.status_code, error.detail, headers=headers)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for nothing else
    # Without the rejected input: it may be a password.
    errors = [InvalidField(location=list(item["loc"]), message=item["msg"]) for item in error.errors()]
    return problem_response(request.url.path, 422, "The request is not valid.", errors=errors)


def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 -- registered for nothing else
    return problem_response(request.url.path, error.status, str(error))


def add_problem_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with a problem. Unhandled ones are `autoarr.middleware`'s."""
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(Refused, _on_refusal)
