"""Films and series: searched for, and their posters."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import Response

from autoarr.accounts.principal import PrincipalDep
from autoarr.context import ContextDep
from autoarr.posters import NoPoster
from autoarr.requests.found import Found
from autoarr.requests.wish import Media
from autoarr.upstream.errors import UpstreamError

router = APIRouter(prefix="/media", tags=["requests"])

LONGEST_QUERY = 300
KEPT_S = 86_400
"""Seconds that a browser keeps a poster."""
BLANK_KEPT_S = 300
BLANK = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNgYAAAAAMAASsJTYQAAAAASUVORK5CYII=")
"""A PNG of one transparent pixel."""

PICTURES = {
    name: {"schema": {"type": "string", "format": "binary"}} for name in ("image/jpeg", "image/png", "image/webp")
}


@router.get("/search", summary="Search for films and series")
async def search_media(
    context: ContextDep,
    principal: PrincipalDep,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=LONGEST_QUERY,
            pattern=r"^[^\x00]*$",
            description="A title, with a year where it is known; a number or an address at a catalogue; a whole wish.",
            examples=["the matrix"],
        ),
    ],
    media: Annotated[Media | None, Query(description="Only films, or only series.")] = None,
) -> Found:
    """Ask Sonarr, Radarr and Plex now, and join what they know; at most 16 seconds.

    What one of them could not tell is unknown, not empty: `unknown` tells. 422 when nothing is named. A title is asked
    for by its `media`, its number and, of a series, its seasons.
    """
    # Loaded with the first search: what it takes to understand one.
    from autoarr.requests.search import search

    return await search(context, principal, q, media)


@router.get(
    "/posters/{sealed}",
    summary="A poster",
    response_class=Response,
    responses={200: {"description": "The picture", "content": PICTURES}},
)
async def get_poster(
    context: ContextDep,
    sealed: Annotated[str, Path(max_length=2000)],
    blank: Annotated[bool, Query(description="Give one transparent pixel in place of 404 and 502.")] = False,
) -> Response:
    """Give a poster by the address that another answer named: the address alone is enough, for a day or two.

    404 when it is too old or there is no picture, 502 when the service can't be asked or gives something else.
    """
    # Loaded with the first poster.
    from autoarr.requests.pictures import fetch

    try:
        picture, media_type = await fetch(context, sealed)
    except (NoPoster, UpstreamError) as error:
        if blank:
            # A page that draws something else behind it has nothing to complain of.
            return _picture(BLANK, "image/png", BLANK_KEPT_S)
        if isinstance(error, UpstreamError):
            why = error.cause.replace("_", " ")
            raise HTTPException(502, f"{error.service} can't be asked for it: {why}.") from None
        raise HTTPException(404, "There is no poster at this address, or no longer.") from None
    return _picture(picture, media_type, KEPT_S)


def _picture(content: bytes, media_type: str, kept_s: int) -> Response:
    # As a page of its own it is a picture and nothing else.
    headers = {"Cache-Control": f"private, max-age={kept_s}", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(content, media_type=media_type, headers=headers)
