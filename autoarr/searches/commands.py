"""What can be searched for: the command for it, and the subject that there is one search of at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A search.

    Attributes:
        command: as Sonarr and Radarr take it.
    """

    subject: str
    command: Mapping[str, Any]


def movie(number: int) -> Wanted:
    """One movie, by Radarr's number."""
    return Wanted(subject=f"movie:{number}", command={"name": "MoviesSearch", "movieIds": [number]})


def episodes(numbers: Iterable[int]) -> Wanted:
    """Episodes, by Sonarr's numbers; it searches for each by itself."""
    ids = sorted(set(numbers))
    subject = f"episodes:{','.join(map(str, ids))}"
    return Wanted(subject=subject, command={"name": "EpisodeSearch", "episodeIds": ids})


def season(series_id: int, number: int) -> Wanted:
    """What is missing of a season; it prefers packs."""
    command = {"name": "SeasonSearch", "seriesId": series_id, "seasonNumber": number}
    return Wanted(subject=f"season:{series_id}:{number}", command=command)


def series(number: int) -> Wanted:
    """What is missing of a series."""
    return Wanted(subject=f"series:{number}", command={"name": "SeriesSearch", "seriesId": number})


def overlap(one: str, other: str) -> bool:
    """Whether two subjects of a service have something in common. Of a season it is not known which episodes it has."""
    (kind, _, what), (other_kind, _, other_what) = one.partition(":"), other.partition(":")
    if kind == other_kind == "episodes":
        return bool({*what.split(",")} & {*other_what.split(",")})
    if {kind, other_kind} == {"series", "season"}:
        return what.partition(":")[0] == other_what.partition(":")[0]
    return one == other


def is_same(command: Mapping[str, Any], name: str, body: Mapping[str, Any]) -> bool:
    """Whether a command, as Sonarr or Radarr lists it, is for the same."""
    fields = (field for field in command if field != "name")
    return name == command["name"] and all(_plain(body.get(field)) == _plain(command[field]) for field in fields)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
