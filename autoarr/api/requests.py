"""What people ask for: made, chosen, approved, and followed."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from autoarr import posters
from autoarr.accounts.principal import AdminDep, PrincipalDep
from autoarr.api.fields import Text
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import Context, ContextDep
from autoarr.models import MediaRequest
from autoarr.requests import service
from autoarr.requests.wish import Candidate, Media, Wish

router = APIRouter(prefix="/requests", tags=["requests"])

RequestState = Literal[
    "asked",
    "choosing",
    "awaiting_approval",
    "approved",
    "adding",
    "searching",
    "downloading",
    "imported",
    "in_plex",
    "already_there",
    "denied",
    "cancelled",
    "failed",
]


class NewRequest(Wish):
    """A film or a series, in plain English or by fields; where any field is given, the words aren't looked into."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "season 1 and 2 of Severance, in 4K"}, {"tmdb_id": 603}]}
    )

    text: Text = Field(default="", description="As a person would say it; or an address at themoviedb.org, ...")


POSTER = "Its poster, for `src` of an image: a relative address that needs no token; null where none is known."


class CandidateView(Candidate):
    """One title that a request may mean."""

    poster_source: str | None = Field(default=None, exclude=True)
    poster: str | None = Field(default=None, description=POSTER)


class RequestView(BaseModel):
    """A request and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    user_id: uuid.UUID | None = Field(description="null when the user was removed.")
    user_name: str
    text: str
    wish: dict[str, Any] = Field(description="What was understood.")
    media: Media | None
    title: str
    year: int | None
    tmdb_id: int | None
    tvdb_id: int | None
    seasons: list[int] | None = Field(description="null for all but the specials, and for films.")
    quality: str | None
    poster_url: str | None
    poster: str | None = Field(default=None, description=POSTER)
    candidates: list[CandidateView] = Field(description="Of which one has to be chosen, in the state choosing.")
    service_id: uuid.UUID | None = Field(description="The Sonarr or Radarr that it goes to.")
    state: RequestState = Field(
        description="asked: being looked up. choosing: several titles fit. awaiting_approval, approved, adding, "
        "searching, downloading: on its way. imported: in the library; where ended_at is set, Plex has no part "
        "in it. in_plex: done. already_there, denied, cancelled, failed: ended as `reason` says."
    )
    reason: str = Field(description="What it waits for, or why it ended.")
    next_at: AwareDatetime | None = Field(description="When it is looked at again; null while a person has to decide.")
    decided_by: str | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    ended_at: AwareDatetime | None


class StepView(BaseModel):
    """A line of the timeline."""

    model_config = ConfigDict(from_attributes=True)

    at: AwareDatetime
    step: str
    message: str
    data: dict[str, Any] | None


class RequestWithTimeline(RequestView):
    """A request with everything that happened to it, the oldest first."""

    timeline: list[StepView] = []


class Choice(BaseModel):
    """Which one is meant."""

    model_config = ConfigDict(extra="forbid")

    candidate: Annotated[Text, Field(description="A candidate's id.", examples=["movie:tmdb:603"])]


class Denial(BaseModel):
    """Why not."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(min_length=1)]


def _fill(context: Context, row: MediaRequest, view: RequestView) -> None:
    """Give a view its posters: of the title in the library, once it is there."""
    source = row.poster_source
    if row.service_id and row.external_id:
        source = posters.of_title(row.service_id, "movie" if row.media == "movie" else "series", row.external_id)
    view.poster = posters.address(context.keys, source)
    for candidate in view.candidates:
        candidate.poster = posters.address(context.keys, candidate.poster_source)


def _view(context: Context, row: MediaRequest) -> RequestView:
    view = RequestView.model_validate(row)
    _fill(context, row, view)
    return view


@router.post("", summary="Ask for a film or a series", status_code=201)
async def create_request(context: ContextDep, principal: PrincipalDep, body: NewRequest) -> RequestView:
    """Ask, and hear which title was found; where several fit, the state is `choosing`.

    Where Sonarr or Radarr can't be asked now, the request waits for them. 422 when nothing is named, 429 when the
    quota is used up.
    """
    fields = body.model_dump(exclude={"text"}, exclude_unset=True)
    made = await service.create(context, principal, text=body.text, wish=Wish(**fields) if fields else None)
    return _view(context, made)


@router.get("", summary="Requests, the newest first")
async def list_requests(
    context: ContextDep,
    principal: PrincipalDep,
    page: PageDep,
    state: RequestState | None = None,
    media: Media | None = None,
    user_id: uuid.UUID | None = None,
    unfinished: bool | None = None,
) -> Page[RequestView]:
    """List one's own requests; for administrators, everybody's."""
    query = service.select_requests(principal, unfinished=unfinished, state=state, media=media, user_id=user_id)
    async with context.database.sessions() as session:
        return await read_page(session, query, page, lambda row: _view(context, row))


@router.get("/{request_id}", summary="One request and its timeline")
async def get_request(context: ContextDep, principal: PrincipalDep, request_id: uuid.UUID) -> RequestWithTimeline:
    """Tell how far a request is, with each step and each delay; 404 for those of others, but for administrators."""
    row, steps = await service.get(context, principal, request_id)
    view = RequestWithTimeline.model_validate(row)
    _fill(context, row, view)
    view.timeline = [StepView.model_validate(step) for step in steps]
    return view


@router.post("/{request_id}/choose", summary="Say which title is meant")
async def choose_candidate(
    context: ContextDep, principal: PrincipalDep, request_id: uuid.UUID, body: Choice
) -> RequestView:
    """Choose one of the candidates. 409 where there is nothing to choose, 422 where it is none of them."""
    return _view(context, await service.choose(context, principal, request_id, body.candidate))


@router.post("/{request_id}/approve", summary="Approve a request")
async def approve_request(context: ContextDep, principal: AdminDep, request_id: uuid.UUID) -> RequestView:
    """Let a request go on; 409 where it doesn't wait for that."""
    return _view(context, await service.approve(context, principal, request_id))


@router.post("/{request_id}/deny", summary="Deny a request")
async def deny_request(context: ContextDep, principal: AdminDep, request_id: uuid.UUID, body: Denial) -> RequestView:
    """Say no, and why; 409 where it is being added already, or ended."""
    return _view(context, await service.deny(context, principal, request_id, body.reason))


@router.post("/{request_id}/cancel", summary="Cancel a request")
async def cancel_request(context: ContextDep, principal: PrincipalDep, request_id: uuid.UUID) -> RequestView:
    """Follow it no longer. What was added or is being downloaded already stays as it is. 409 where it ended."""
    return _view(context, await service.cancel(context, principal, request_id))
