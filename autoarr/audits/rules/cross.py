"""Rules about how the services fit together, and how AutoArr reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autoarr.audits.checks import as_bool, as_list, judge, name_of, need, per_item
from autoarr.audits.matching import (
    CATEGORY,
    DEFAULT_CATEGORY,
    category_of,
    find_sabnzbd,
    lies_under,
    outside_path,
    sabnzbd_clients,
    use_of,
    uses,
)
from autoarr.audits.model import ARR, OPINION, Result, Rule, Seen, Snapshot, Unknown
from autoarr.changes.fix import Fix

_LIBRARY = {"sonarr": "show", "radarr": "movie"}
_OLD_SORTERS = {"tv": "tv_categories", "movie": "movie_categories", "date": "date_categories"}


def _names(sabnzbd: Seen) -> set[str]:
    return {name_of(category).casefold() for category in as_list(sabnzbd["categories"])}


def _category_set(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    def one(client: dict[str, Any]) -> Iterator[Result]:
        category = category_of(seen, client)
        yield judge(bool(category), category, None if category else fix(client), subject=name_of(client))

    def fix(client: dict[str, Any]) -> Fix | None:
        default = DEFAULT_CATEGORY[seen.kind]
        try:
            known = default in _names(find_sabnzbd(seen, client, snapshot))
        except Unknown:
            return None
        fields = {f"fields.{CATEGORY[seen.kind]}": default}
        return Fix(resource=f"downloadclient/{need(client, 'id')}", fields=fields) if known else None

    yield from per_item(sabnzbd_clients(seen), name_of, one)


def _category_known(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    def one(client: dict[str, Any]) -> Iterator[Result]:
        if category := category_of(seen, client):
            known = category.casefold() in _names(find_sabnzbd(seen, client, snapshot))
            yield judge(known, category, subject=name_of(client))

    yield from per_item(sabnzbd_clients(seen), name_of, one)


def _category_distinct(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    everybody, missing = uses(snapshot)

    def one(client: dict[str, Any]) -> Iterator[Result]:
        own = use_of(seen, client, snapshot)
        if not own.category:
            return
        others = [use for use in everybody if use.arr.id != seen.id and use.category == own.category]
        sharing = sorted({use.arr.name for use in others if own.same_sabnzbd(use)})
        if not sharing and any(own.same_sabnzbd(use) is None for use in others):
            raise Unknown(
                f"{others[0].arr.name} uses {own.category} too, and it can't be told whether in the same SABnzbd"
            )
        if not sharing and missing:
            raise Unknown(missing)
        found = f"{own.category}, also used by {', '.join(sharing)}" if sharing else own.category
        yield judge(not sharing, found, subject=name_of(client))

    yield from per_item(sabnzbd_clients(seen), name_of, one)


def _used_in(sabnzbd: Seen, snapshot: Snapshot) -> tuple[set[str], str | None]:
    """The categories that Sonarr and Radarr use in a SABnzbd, and why there may be more."""
    everybody, missing = uses(snapshot)
    if not snapshot.of(*ARR):
        missing = "no Sonarr or Radarr is connected"
    # A client of which it can't be told is taken for one of this SABnzbd: its category may well be here.
    return {use.category for use in everybody if use.sabnzbd is None or use.sabnzbd is sabnzbd}, missing


def _sorting(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    used, missing = _used_in(seen, snapshot)

    def one(name: str, active: bool, categories: Any, fix: Fix) -> Iterator[Result]:
        texts = categories.split(",") if isinstance(categories, str) else as_list(categories)
        sorted_here = {str(text).strip().casefold() for text in texts} & used if active else set()
        if active and not sorted_here and missing:
            raise Unknown(missing)
        found = f"sorts {', '.join(sorted(sorted_here))}" if sorted_here else "active" if active else "off"
        yield judge(not sorted_here, found, fix, subject=name)

    def sorter(item: dict[str, Any]) -> Iterator[Result]:
        name = name_of(item)
        fix = Fix(resource=f"sorters/{name}", fields={"is_active": 0})
        yield from one(name, as_bool(need(item, "is_active")), need(item, "sort_cats"), fix)

    def old_sorter(kind: str) -> Iterator[Result]:
        field = f"enable_{kind}_sorting"
        active = as_bool(need(seen["misc"], field))
        categories = need(seen["misc"], _OLD_SORTERS[kind]) if active else []
        yield from one(f"{kind} sorting", active, categories, Fix(resource="misc", fields={field: 0}))

    need(seen["misc"], "host")  # every version has it: what lacks it is no configuration, of which absence says nothing
    # Since version 4 sorters are a list, which isn't answered at all until there was one; before, they are switches.
    if "enable_tv_sorting" in seen["misc"]:
        yield from per_item(_OLD_SORTERS, lambda kind: f"{kind} sorting", old_sorter)
    elif sorters := as_list(seen["sorters"]):
        yield from per_item(sorters, name_of, sorter)
    else:
        yield judge(True, "no sorters")


def _job_folders(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    used, missing = _used_in(seen, snapshot)

    def one(category: dict[str, Any]) -> Iterator[Result]:
        name = name_of(category)
        folder = str(need(category, "dir"))
        flat = folder.rstrip().endswith("*")
        if name.casefold() not in used:
            if flat and missing:
                raise Unknown(missing)
            return
        fix = Fix(resource=f"categories/{name}", fields={"dir": folder.rstrip(" *")})
        yield judge(not flat, folder, fix, subject=name)

    yield from per_item(as_list(seen["categories"]), name_of, one)


def _root_folders(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    libraries, missing = [], None if snapshot.of("plex") else "no Plex is connected"
    for plex in snapshot.of("plex"):
        try:
            for section in as_list(plex["sections"]):
                if need(section, "type") == _LIBRARY[seen.kind]:
                    libraries += [outside_path(plex, path) for path in as_list(need(section, "locations"))]
        except Unknown as unknown:
            missing = str(unknown)

    def one(folder: dict[str, Any]) -> Iterator[Result]:
        path = str(need(folder, "path"))
        good = any(lies_under(outside_path(seen, path), library) for library in libraries)
        if not good and missing:
            raise Unknown(missing)
        yield judge(good, path, subject=path, wanted=None if good else {"under one of": libraries})

    yield from per_item(as_list(seen["rootfolder"]), lambda folder: str(need(folder, "path")), one)


def _certificate(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    if seen.tls_insecure:
        yield judge(False, "not verified")
    else:
        yield judge(True, "verified" if seen.url.startswith("https:") else "no TLS")


RULES = (
    Rule(
        id="cross.category-set",
        kinds=ARR,
        severity="error",
        title="Downloads in SABnzbd have a category",
        wanted="a category",
        reason="Without one, everything in SABnzbd is taken for its own, whoever put it there.",
        source="https://wiki.servarr.com/{kind}/settings#usenet-client-settings",
        check=_category_set,
    ),
    Rule(
        id="cross.category-known",
        kinds=ARR,
        severity="error",
        title="The category exists in SABnzbd",
        wanted="a category that SABnzbd has",
        reason="SABnzbd puts jobs of a category it doesn't know into its default one, and they are not found there.",
        source="https://trash-guides.info/Downloaders/SABnzbd/Paths-and-Categories/",
        check=_category_known,
    ),
    Rule(
        id="cross.category-distinct",
        kinds=ARR,
        severity="error",
        title="No two applications share a category",
        wanted="a category of its own",
        reason="Each would try to import what the other one downloads, and report what it can't.",
        source=OPINION,
        check=_category_distinct,
    ),
    Rule(
        id="sabnzbd.sorting",
        kinds=("sabnzbd",),
        severity="error",
        title="SABnzbd doesn't sort what Sonarr and Radarr import",
        wanted="off for their categories",
        reason="Sorting moves and renames files before they are imported, so that they are no longer found.",
        source="https://trash-guides.info/Downloaders/SABnzbd/Basic-Setup/#sorting",
        check=_sorting,
    ),
    Rule(
        id="sabnzbd.job-folders",
        kinds=("sabnzbd",),
        severity="error",
        title="Each job has a folder of its own",
        wanted="a folder without * at its end",
        reason="A * at the end puts all jobs into one folder; Sonarr and Radarr then can't tell them apart.",
        source="https://sabnzbd.org/wiki/configuration/5.1/categories",
        check=_job_folders,
    ),
    Rule(
        id="cross.root-folder-in-plex",
        kinds=ARR,
        severity="warning",
        title="Root folders belong to a library of Plex",
        wanted="under a library's folder",
        reason="What is imported elsewhere never appears in Plex. Where the two call a folder differently, "
        "the service's path mappings say so.",
        source=OPINION,
        check=_root_folders,
    ),
    Rule(
        id="service.certificate",
        kinds=("sonarr", "radarr", "sabnzbd", "plex"),
        severity="warning",
        title="AutoArr verifies the service's certificate",
        wanted="verified",
        reason="Without verification, whoever is on the way can read the service's key. Add the authority's "
        "certificate to the service instead.",
        source=OPINION,
        check=_certificate,
    ),
)
