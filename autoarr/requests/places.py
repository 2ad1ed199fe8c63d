"""Where a title goes: which Sonarr or Radarr, which quality profile, which root folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field

from autoarr.upstream.models import ArrModel, Listed, RootFolder
from autoarr.upstream.parsing import parse_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autoarr.models import Service
    from autoarr.requests.wish import Quality
    from autoarr.upstream.arr import ArrClient

_FOR_4K = re.compile(r"4k|uhd|2160|ultra", re.IGNORECASE)
WANTED: dict[str, frozenset[int]] = {
    "4K": frozenset({2160}),
    "1080p": frozenset({1080}),
    "720p": frozenset({720}),
    "HD": frozenset({720, 1080}),
    "SD": frozenset({480, 576}),
}
"""The resolutions that each quality means."""


class _Quality(ArrModel):
    resolution: int | None = None


class _Item(ArrModel):
    quality: _Quality | None = None
    items: Listed[_Item] = Field(default=[])
    allowed: bool = False


class Profile(ArrModel):
    """A quality profile."""

    id: int
    name: str
    items: Listed[_Item] = Field(default=[])

    @property
    def resolutions(self) -> frozenset[int]:
        """Those that it allows; what has none, as DVDs, isn't counted."""
        return frozenset(_allowed(self.items)) - {0}


def _allowed(items: Iterable[_Item]) -> Iterable[int]:
    for item in items:
        if item.allowed:
            yield from (part.quality.resolution or 0 for part in (item, *item.items) if part.quality)


def fitting(services: Sequence[Service], kind: str, quality: Quality | str | None) -> list[Service]:
    """The instances of a kind that a wish may go to: for 4K those named so, for anything else the others; all of them
    where that leaves none."""
    of_kind = [service for service in services if service.kind == kind and service.enabled]
    right = [service for service in of_kind if bool(_FOR_4K.search(service.name)) == (quality == "4K")]
    return right or of_kind


def choose_profile(profiles: Sequence[Profile], quality: Quality | str | None) -> Profile | None:
    """The profile that allows all that is wished for and the least beside it; None where none does.

    Without a wish: as if it were 1080p, and where no profile allows that, the first.
    """
    wanted = WANTED[quality or "1080p"]
    named = _FOR_4K if quality == "4K" else re.compile(re.escape(quality or "1080p"), re.IGNORECASE)

    def cost(profile: Profile) -> tuple[int, bool, int]:
        return len(profile.resolutions - wanted), not named.search(profile.name), profile.id

    able = [profile for profile in profiles if wanted & profile.resolutions]
    # Who wants HD takes one that allows both of what that means, where there is one.
    whole = [profile for profile in able if wanted <= profile.resolutions] or able
    if not whole and quality is None:
        return min(profiles, key=lambda profile: profile.id, default=None)
    return min(whole, key=cost, default=None)


async def read_profiles(client: ArrClient) -> list[Profile]:
    """The quality profiles of an instance."""
    return parse_list(client.connection, Profile, await client.get("qualityprofile"))


def choose_root(folders: Sequence[RootFolder]) -> RootFolder | None:
    """The root folder with the most free space, of those that can be reached; None where there is none."""
    reachable = [folder for folder in folders if folder.accessible is not False]
    return max(reachable, key=lambda folder: (folder.free_space or 0, -(folder.id or 0)), default=None)


def make_series(
    described: dict[str, Any], profile: Profile, root: RootFolder, seasons: Sequence[int] | None
) -> dict[str, Any]:
    """A series as it is added: only these seasons monitored, nothing searched by itself."""
    marked = [{**season, "monitored": is_wanted(season["seasonNumber"], seasons)} for season in described["seasons"]]
    # "skip": the seasons' own marks count, and nothing else decides which episodes are monitored.
    options = {"monitor": "skip", "searchForMissingEpisodes": False, "searchForCutoffUnmetEpisodes": False}
    return _make(described, profile, root) | {"seasons": marked, "seasonFolder": True, "addOptions": options}


def make_movie(described: dict[str, Any], profile: Profile, root: RootFolder) -> dict[str, Any]:
    """A film as it is added: monitored, nothing searched by itself."""
    options = {"monitor": "movieOnly", "searchForMovie": False}
    return _make(described, profile, root) | {"minimumAvailability": "released", "addOptions": options}


def _make(described: dict[str, Any], profile: Profile, root: RootFolder) -> dict[str, Any]:
    kept = {name: value for name, value in described.items() if name not in ("id", "path", "folder")}
    return kept | {"qualityProfileId": profile.id, "rootFolderPath": root.path, "monitored": True}


def is_wanted(season: int, seasons: Sequence[int] | None) -> bool:
    """Whether a season is among those wanted; None is all but the specials."""
    return season > 0 if seasons is None else season in seasons
