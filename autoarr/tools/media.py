"""Films and series: looked up, and asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from autoarr.errors import Refused
from autoarr.requests.ledger import visible
from autoarr.requests.matching import match
from autoarr.requests.parse import parse
from autoarr.requests.places import fitting
from autoarr.requests.titles import as_candidate, look_up
from autoarr.requests.wish import MOST_SEASONS, Media, Number, Quality, Wish
from autoarr.requests.work import KINDS, connect
from autoarr.services.registry import list_enabled
from autoarr.tools.fencing import Own
from autoarr.tools.model import Arguments, Call, NotNow, Paged, Preview, Tool, Words
from autoarr.tools.trimming import page
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from autoarr.requests.wish import Candidate

_MOST_TOLD = 10


class SearchMedia(Paged):
    """What to look for."""

    query: Annotated[Words, Field(min_length=1, description="A title, with a year where it is known.")]
    media: Media | None = Field(default=None, description="Only films, or only series.")


class RequestMedia(Arguments):
    """What is wanted."""

    text: Words = Field(default="", description="In plain language: the second season of Severance in 4K.")
    title: Words = Field(default="", description="A title, in place of text.")
    year: int | None = Field(default=None, ge=1870, le=2200)
    media: Media | None = Field(default=None, description="A film or a series; left out: either.")
    quality: Quality | None = Field(default=None, description="Left out: as the service's profiles have it.")
    seasons: list[Annotated[int, Field(ge=0, le=10_000)]] | None = Field(
        default=None, min_length=1, max_length=MOST_SEASONS, description="Of a series; left out: all of them."
    )
    latest_season: bool = Field(default=False, description="Of a series: the newest one only.")
    tmdb_id: Number | None = Field(default=None, description="Of a film: its number at themoviedb.org.")
    tvdb_id: Number | None = Field(default=None, description="Of a series: its number at thetvdb.com.")

    @property
    def wish(self) -> Wish:
        """As requests have it; what is given by itself counts more than the words."""
        said = parse(self.text) if self.text and not (self.title or self.tmdb_id or self.tvdb_id) else Wish()
        names = ("title", "year", "media", "quality", "seasons", "tmdb_id", "tvdb_id")
        given = {name: value for name in names if (value := getattr(self, name))}
        if self.latest_season:
            given["seasons"] = "latest"
        return Wish.model_validate(said.model_dump(exclude_none=True) | given)


async def find_titles(call: Call, wish: Wish) -> tuple[list[tuple[Candidate, bool]], list[UpstreamError]]:
    """What a wish may mean and whether it is in a library already, and who could not be asked.

    Raises:
        NotNow: there is nobody to ask.
    """
    async with call.context.database.sessions() as session:
        services = await list_enabled(session)
    found: list[tuple[Candidate, bool]] = []
    failures: list[UpstreamError] = []
    wanted = wish.possible_media
    able = [media for media in wanted if any(service.kind == KINDS[media] for service in services)]
    if not able:
        names = " or ".join(KINDS[media].capitalize() for media in wanted)
        raise NotNow(Own(f"It can't be looked up: no {names} is connected."))
    for media in able:
        for service in fitting(services, KINDS[media], wish.quality):
            try:
                titles = await look_up(await connect(call.context, service.id), media, wish)
            except UpstreamError as error:
                failures.append(error)
                continue
            candidates = ((as_candidate(title, media, visible), bool(title.id)) for title in titles)
            found += [(candidate, known) for candidate, known in candidates if candidate]
            break
    return found, failures


async def _search_media(call: Call, arguments: SearchMedia) -> dict[str, Any]:
    wish = parse(arguments.query)
    if arguments.media:
        wish = wish.model_copy(update={"media": arguments.media})
    if not wish.names_something:
        raise NotNow(Own("Name a title."))
    found, failures = await find_titles(call, wish)
    if not found and failures:
        raise failures[0]
    shown = found[arguments.offset : arguments.offset + arguments.limit]
    return {
        **page([{**show(candidate), "in_library": known} for candidate, known in shown], len(found), arguments.offset),
        "complete": not failures,
    }


def show(candidate: Candidate) -> dict[str, Any]:
    """A title, as tools give it."""
    return {
        "media": Own(candidate.media),
        "title": candidate.title,
        "year": candidate.year,
        "tmdb_id": candidate.tmdb_id,
        "tvdb_id": candidate.tvdb_id,
        "seasons": candidate.seasons,
        "overview": candidate.overview,
        "poster_url": candidate.poster_url,
    }


async def _preview_request(call: Call, arguments: RequestMedia) -> Preview:
    wish = arguments.wish
    if not wish.names_something:
        raise NotNow(Own("Say which film or series is wanted: its title, or its number."))
    found, failures = await find_titles(call, wish)
    matched = match(wish, [candidate for candidate, _ in found])
    if matched.chosen is None and matched.candidates:
        told = [_name(candidate) for candidate in matched.candidates[:_MOST_TOLD]]
        message = "Several titles may be meant: ask the person which one, then call it with that title's number."
        raise NotNow(Own(message), told)
    if matched.chosen is None and not failures:
        raise Refused(f"Nothing of that name was found: {wish.title}", 404)
    understood = _settle(arguments, wish, matched.chosen)
    name = _name(matched.chosen) if matched.chosen else wish.title or "a title that could not be looked up now"
    more = [
        f"in {wish.quality}" if wish.quality else "",
        "the newest season" if wish.seasons == "latest" else "",
        f"seasons {', '.join(map(str, wish.seasons))}" if isinstance(wish.seasons, list) else "",
    ]
    return Preview(
        summary=f"Ask for {', '.join(filter(None, [name, *more]))}.",
        details={
            "title": show(matched.chosen) if matched.chosen else None,
            "in_library": next((known for candidate, known in found if candidate == matched.chosen), None),
            "could_not_ask": [error.service for error in failures],
        },
        # What is asked for stands in the arguments alone; where it is by now is looked up again.
        basis=None,
        understood=understood,
    )


def _settle(arguments: RequestMedia, wish: Wish, chosen: Candidate | None) -> RequestMedia:
    """The arguments that name one title by its number, where it is known; those that do already stay as they are."""
    if chosen is None or arguments.tmdb_id or arguments.tvdb_id:
        return arguments
    return RequestMedia(
        text=arguments.text,
        title=chosen.title[:300],
        year=chosen.year,
        media=chosen.media,
        quality=wish.quality,
        seasons=wish.seasons if isinstance(wish.seasons, list) else None,
        latest_season=wish.seasons == "latest",
        **chosen.ids,
    )


def _name(candidate: Candidate) -> str:
    ((kind, number),) = candidate.ids.items()
    year = f" ({candidate.year})" if candidate.year else ""
    return f"{candidate.title}{year}, {'film' if candidate.media == 'movie' else 'series'}, {kind} {number}"


TOOLS = (
    Tool(
        name="search_media",
        title="Search for films and series",
        description="Look up films and series by title, as Radarr and Sonarr know them: year, numbers at "
        "themoviedb.org and thetvdb.com, seasons, and whether it is in the library already. complete is false where "
        "one of the two could not be asked. Paged by limit and offset.",
        arguments=SearchMedia,
        role="requester",
        run=_search_media,
    ),
    Tool(
        name="request_media",
        title="Request",
        description="Propose to ask for a film or a series, in plain language (text) or by title, year, quality, "
        "seasons and numbers. Where several titles may be meant, they are given back instead: ask the person. Nothing "
        "is asked for by this call: it gives a preview and a confirmation that the person has to give within 15 "
        "minutes; after that an administrator may have to approve it.",
        arguments=RequestMedia,
        role="requester",
        preview=_preview_request,
        read_only=False,
        idempotent=False,
    ),
)
