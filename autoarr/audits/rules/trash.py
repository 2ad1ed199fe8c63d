"""Rules that compare with TRaSH-Guides' data: sizes of qualities, file names, quality profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autoarr.audits.checks import as_bool, as_list, as_number, judge, name_of, need, per_item
from autoarr.audits.model import ARR, Failure, Result, Rule, Seen, Snapshot, Unknown
from autoarr.changes.fix import Fix

TOLERANCE = 0.5
"""Megabytes a minute that a size may differ by."""
_UNLIMITED = {"sonarr": 1000.0, "radarr": 2000.0}
"""From this size on, the applications' sliders mean no limit, which they store as none."""
_SIZES = {"minSize": "min", "preferredSize": "preferred", "maxSize": "max"}
_FORMATS: dict[str, dict[str, tuple[str, ...]]] = {
    "sonarr": {
        "standardEpisodeFormat": ("episodes", "standard"),
        "dailyEpisodeFormat": ("episodes", "daily"),
        "animeEpisodeFormat": ("episodes", "anime"),
        "seriesFolderFormat": ("series",),
        "seasonFolderFormat": ("season",),
    },
    "radarr": {"standardMovieFormat": ("file",), "movieFolderFormat": ("folder",)},
}


def _data(seen: Seen, snapshot: Snapshot) -> dict[str, Any]:
    if isinstance(snapshot.trash, Failure):
        raise Unknown(snapshot.trash.detail)
    return dict(need(dict(snapshot.trash), seen.kind))


def _sizes(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    limit = _UNLIMITED[seen.kind]
    wanted_of = {entry["quality"]: entry for entry in need(_data(seen, snapshot), "sizes")}

    def same(value: Any, wanted: float) -> bool:
        # No preferred size is the upper end, which TRaSH writes as a little below the limit.
        return wanted >= limit - 5 if value is None else abs(as_number(value) - wanted) <= TOLERANCE

    def one(definition: dict[str, Any]) -> Iterator[Result]:
        name = name_of(need(definition, "quality"))
        if name not in wanted_of:
            return
        need(definition, "minSize")
        found = {field: definition.get(field) for field in _SIZES}
        wanted = {field: wanted_of[name][key] for field, key in _SIZES.items()}
        good = all(same(found[field], wanted[field]) for field in _SIZES)
        fix = Fix(resource=f"qualitydefinition/{need(definition, 'id')}", fields=wanted)
        yield judge(good, found, fix, subject=name, wanted=wanted)

    yield from per_item(as_list(seen["qualitydefinition"]), lambda item: name_of(need(item, "quality")), one)


def _formats(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    naming, trash = seen["config/naming"], need(_data(seen, snapshot), "naming")

    def one(field: str) -> Iterator[Result]:
        schemes = trash
        for key in _FORMATS[seen.kind][field]:
            schemes = need(schemes, key)
        found = str(need(naming, field))
        wanted = schemes.get("default") or need(schemes, "standard")
        fix = Fix(resource="config/naming", fields={field: wanted})
        yield judge(found.strip() in schemes.values(), found, fix, subject=field, wanted=wanted)

    yield from per_item(_FORMATS[seen.kind], str, one)


def _claimed(seen: Seen, snapshot: Snapshot) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The profiles that have the name of one of TRaSH's, or its id in their name; each with TRaSH's."""
    theirs = need(_data(seen, snapshot), "profiles")
    for profile in as_list(seen["qualityprofile"]):
        name = name_of(profile).casefold()
        if found := next((one for one in theirs if one["name"].casefold() == name or one["trash_id"] in name), None):
            yield profile, found


def _cutoff_name(profile: dict[str, Any], cutoff: int) -> str:
    for item in as_list(need(profile, "items")):
        quality = item.get("quality") or {}
        if cutoff == (quality.get("id") if quality else item.get("id")):
            return name_of(quality or item)
    raise Unknown(f"{name_of(profile)} has nothing with the id of its cutoff")


def _cutoff_id(profile: dict[str, Any], name: str) -> int | None:
    for item in as_list(need(profile, "items")):
        entry = item.get("quality") or item
        if entry.get("name") == name and isinstance(entry.get("id"), int):
            return int(entry["id"])
    return None


def _profiles(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    def one(pair: tuple[dict[str, Any], dict[str, Any]]) -> Iterator[Result]:
        profile, theirs = pair
        cutoff = _cutoff_name(profile, need(profile, "cutoff"))
        found: dict[str, Any] = {"cutoff": cutoff, "upgradeAllowed": as_bool(need(profile, "upgradeAllowed"))}
        found |= {field: int(as_number(need(profile, field))) for field in ("minFormatScore", "cutoffFormatScore")}
        wanted = {field: need(theirs, field) for field in found}
        fields = {field: value for field, value in wanted.items() if found[field] != value}
        if "cutoff" in fields:
            fields["cutoff"] = _cutoff_id(profile, wanted["cutoff"])
        possible = None not in fields.values()
        fix = Fix(resource=f"qualityprofile/{need(profile, 'id')}", fields=fields) if possible else None
        yield judge(found == wanted, found, fix, subject=name_of(profile), wanted=wanted)

    yield from per_item(_claimed(seen, snapshot), lambda pair: name_of(pair[0]), one)


def _format_scores(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    formats = need(_data(seen, snapshot), "formats")

    def one(pair: tuple[dict[str, Any], dict[str, Any]]) -> Iterator[Result]:
        profile, theirs = pair
        score_set = theirs.get("trash_score_set", "default")
        wanted: dict[str, int] = {}
        for name, trash_id in need(theirs, "formatItems").items():
            scores = formats.get(trash_id, {})
            if (score := scores.get(score_set, scores.get("default"))) is not None:
                wanted[name] = score
        items = as_list(need(profile, "formatItems"))
        scores_of = {name_of(item): int(as_number(need(item, "score"))) for item in items}
        found = {name: scores_of.get(name) for name in wanted}
        better = [item | {"score": wanted.get(name_of(item), item["score"])} for item in items]
        # A custom format that isn't there has to be imported first.
        fix = Fix(resource=f"qualityprofile/{need(profile, 'id')}", fields={"formatItems": better})
        differs = {name: found[name] for name in wanted if found[name] != wanted[name]}
        yield judge(
            not differs,
            differs,
            None if None in differs.values() else fix,
            subject=name_of(profile),
            wanted={name: wanted[name] for name in differs} if differs else None,
        )

    yield from per_item(_claimed(seen, snapshot), lambda pair: name_of(pair[0]), one)


RULES = (
    Rule(
        id="trash.quality-size",
        kinds=ARR,
        severity="notice",
        title="Sizes of a quality are as TRaSH-Guides has them",
        wanted="min, preferred and max of TRaSH's table for series or films",
        reason="Too wide limits let in fakes and bloated files, too narrow ones shut out good releases.",
        source="https://trash-guides.info/{Kind}/{Kind}-Quality-Settings-File-Size/",
        check=_sizes,
    ),
    Rule(
        id="trash.naming",
        kinds=ARR,
        severity="notice",
        title="Names are made as TRaSH-Guides recommends",
        wanted="one of TRaSH's naming schemes",
        reason="They keep in a file's name what is needed to recognise its quality when the library is read again.",
        source="https://trash-guides.info/{Kind}/{Kind}-recommended-naming-scheme/",
        check=_formats,
    ),
    Rule(
        id="trash.quality-profile",
        kinds=ARR,
        severity="warning",
        title="A profile with a TRaSH name upgrades as TRaSH's does",
        wanted="TRaSH's cutoff, upgrades and score limits",
        reason="A profile that is called like TRaSH's is expected to choose like it.",
        source="https://trash-guides.info/{Kind}/{kind}-setup-quality-profiles/",
        check=_profiles,
    ),
    Rule(
        id="trash.custom-formats",
        kinds=ARR,
        severity="warning",
        title="A profile with a TRaSH name scores custom formats as TRaSH's does",
        wanted="TRaSH's custom formats with their scores",
        reason="The scores are made to be used together: one that differs or lacks changes which release wins.",
        source="https://trash-guides.info/{Kind}/{kind}-setup-quality-profiles/",
        check=_format_scores,
    ),
)
