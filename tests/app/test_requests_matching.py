"""Which of the titles found is meant, and where it goes."""

from __future__ import annotations

import uuid
import zlib
from typing import Any

import pytest

from autoarr.models import Service
from autoarr.requests.ledger import visible
from autoarr.requests.matching import MOST_CANDIDATES, match, plain
from autoarr.requests.places import Profile, choose_profile, choose_root, fitting, make_movie, make_series
from autoarr.requests.searching import covers
from autoarr.requests.titles import Title, as_candidate
from autoarr.requests.wish import Candidate, Media, Wish
from autoarr.upstream.models import RootFolder
from tests.app.fakes import radarr_data, sonarr_data


def candidate(title: str, year: int, media: Media = "movie") -> Candidate:
    number = zlib.crc32(f"{title} {year}".encode())
    return Candidate(id=f"{media}:{number}", media=media, title=title, year=year, tmdb_id=number)


DUNES = [
    candidate("Dune", 2021),
    candidate("Dune", 1984),
    candidate("Dune: Part Two", 2024),
    candidate("Dune Drifter", 2020),
]
FARGO = [candidate("Fargo", 1996), candidate("Fargo", 2014, "series"), candidate("Wells Fargo", 1937)]
WONDER = [candidate("Wonder Woman", 2017), candidate("Wonder Woman 1984", 2020)]


@pytest.mark.parametrize(
    ("found", "wish", "chosen"),
    [
        (DUNES, {"title": "dune", "year": 1984}, ("Dune", 1984)),
        (DUNES, {"title": "DUNE - Part Two"}, ("Dune: Part Two", 2024)),
        (DUNES, {"title": "Dune", "year": 2022}, ("Dune", 2021)),
        (WONDER, {"title": "Wonder Woman", "year": 1984}, ("Wonder Woman 1984", 2020)),
        (WONDER, {"title": "wonder woman"}, ("Wonder Woman", 2017)),
        (
            [candidate("The Matrix", 1999), candidate("The Matrix Reloaded", 2003)],
            {"title": "matrix"},
            ("The Matrix", 1999),
        ),
        ([candidate("Amélie", 2001)], {"title": "amelie"}, ("Amélie", 2001)),
        ([candidate("Dark (2017)", 2017, "series")], {"title": "dark"}, ("Dark (2017)", 2017)),
        ([candidate("Alias", 2001)], {"tmdb_id": 7}, ("Alias", 2001)),
    ],
    ids=[
        "year",
        "punctuation",
        "near year",
        "year in the title",
        "no year",
        "article",
        "accent",
        "catalogue",
        "number",
    ],
)
def test_one_is_meant(found: list[Candidate], wish: dict[str, Any], chosen: tuple[str, int]) -> None:
    got = match(Wish(**wish), found).chosen

    assert got is not None
    assert (got.title, got.year) == chosen


@pytest.mark.parametrize(
    ("found", "wish", "asked"),
    [
        (DUNES, {"title": "Dune"}, [2021, 1984]),
        (FARGO, {"title": "Fargo"}, [1996, 2014]),
        (DUNES, {"title": "Dune", "year": 1999}, [2021, 1984]),
        (DUNES, {"title": "Dunes of the desert"}, [2021, 1984, 2024, 2020]),
        ([candidate("Severance", 2022, "series")], {"title": "severence"}, [2022]),
        ([], {"title": "nothing of that name"}, []),
        ([], {"tmdb_id": 7}, []),
    ],
    ids=["same name", "film and series", "no such year", "no such name", "misspelt", "nothing", "no such number"],
)
def test_asked_back(found: list[Candidate], wish: dict[str, Any], asked: list[int]) -> None:
    got = match(Wish(**wish), found)

    assert got.chosen is None
    assert [item.year for item in got.candidates] == asked


def test_no_more_than_a_person_reads() -> None:
    many = [candidate(f"Film {number}", 2000) for number in range(50)]

    assert len(match(Wish(title="film"), many).candidates) == MOST_CANDIDATES
    assert match(Wish(title="film 3"), [many[3], many[3]]).chosen == many[3]


@pytest.mark.parametrize("title", ["The", "A", "!!!", "…", ""], ids=["the", "a", "marks", "dots", "empty"])
def test_a_title_is_never_plainly_nothing(title: str) -> None:
    assert plain(title) == plain(title.upper())
    assert bool(plain(title)) is bool(title)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://image.tmdb.org/t/p/original/x.jpg", True),
        ("javascript:alert(1)", False),
        ("https://x/" + "y" * 2000, False),
        ("https://x/\n", False),
        (None, False),
    ],
    ids=["address", "script", "long", "control", "none"],
)
def test_posters(address: str | None, kept: bool) -> None:
    images = [{"coverType": "fanart", "remoteUrl": "https://f"}, {"coverType": "poster", "remoteUrl": address}]
    title = Title.model_validate(radarr_data.movie(1, title="A\x00 \nB\x1b[31m", images=images))

    made = as_candidate(title, "movie", visible)

    assert made is not None
    assert (made.title, made.poster_url) == ("A B [31m", address if kept else None)


def service(kind: str, name: str, enabled: bool = True) -> Service:
    return Service(id=uuid.uuid4(), kind=kind, name=name, enabled=enabled)


@pytest.mark.parametrize(
    ("names", "quality", "wanted"),
    [
        (["Radarr", "Radarr 4K"], "4K", ["Radarr 4K"]),
        (["Radarr", "Radarr 4K"], None, ["Radarr"]),
        (["Radarr", "Radarr UHD"], "1080p", ["Radarr"]),
        (["Radarr", "Films"], "4K", ["Radarr", "Films"]),
        (["Ultra HD"], "720p", ["Ultra HD"]),
        ([], None, []),
    ],
    ids=["4K", "usual", "1080p", "none for 4K", "only for 4K", "none"],
)
def test_instances(names: list[str], quality: str | None, wanted: list[str]) -> None:
    services = [*(service("radarr", name) for name in names), service("sonarr", "4K"), service("radarr", "4K", False)]

    assert [chosen.name for chosen in fitting(services, "radarr", quality)] == wanted


def profile(number: int, name: str, *resolutions: int) -> Profile:
    items = [{"quality": {"resolution": one}, "allowed": one in resolutions} for one in (480, 720)]
    # WEB-DL and WEBRip are a group, and allowed as one.
    group = {"items": [{"quality": {"resolution": 1080}, "allowed": False}], "allowed": 1080 in resolutions}
    items += [
        group,
        {"quality": {"resolution": 2160}, "allowed": 2160 in resolutions},
        {"quality": {}, "allowed": True},
    ]
    return Profile.model_validate({"id": number, "name": name, "items": items})


PROFILES = [
    profile(1, "Any", 480, 720, 1080, 2160),
    profile(2, "SD", 480),
    profile(3, "HD-720p", 720),
    profile(4, "HD-1080p", 1080),
    profile(5, "Ultra-HD", 2160),
    profile(6, "HD - 720p/1080p", 720, 1080),
]


@pytest.mark.parametrize(
    ("profiles", "quality", "wanted"),
    [
        (PROFILES, "4K", "Ultra-HD"),
        (PROFILES, "1080p", "HD-1080p"),
        (PROFILES, "720p", "HD-720p"),
        (PROFILES, "HD", "HD - 720p/1080p"),
        (PROFILES, "SD", "SD"),
        (PROFILES, None, "HD-1080p"),
        (PROFILES[:1], "4K", "Any"),
        (PROFILES[1:4], "4K", None),
        (PROFILES[2:4], "HD", "HD-720p"),
        (PROFILES[1:3], None, "SD"),
        ([], None, None),
    ],
    ids=["4K", "1080p", "720p", "HD", "SD", "none", "any", "no 4K", "either", "the first", "no profile"],
)
def test_profiles(profiles: list[Profile], quality: str | None, wanted: str | None) -> None:
    chosen = choose_profile(profiles, quality)

    assert (chosen.name if chosen else None) == wanted


def test_root_folders() -> None:
    folders = [
        RootFolder(id=1, path="/small", accessible=True, free_space=10),
        RootFolder(id=2, path="/large", accessible=True, free_space=1000),
        RootFolder(id=3, path="/gone", accessible=False, free_space=10**6),
        RootFolder(id=4, path="/unknown"),
    ]

    assert getattr(choose_root(folders), "path", None) == "/large"
    assert choose_root(folders[2:3]) is None
    assert choose_root([]) is None


def test_a_series_is_added_with_its_seasons_and_no_search() -> None:
    seasons = [{"seasonNumber": number, "monitored": True} for number in (0, 1, 2)]
    described = sonarr_data.series(0, seasons=seasons)
    root = RootFolder(id=1, path="/media/tv")

    some, everything = (make_series(described, PROFILES[0], root, wanted) for wanted in ([2], None))

    assert [season["monitored"] for season in some["seasons"]] == [False, False, True]
    assert [season["monitored"] for season in everything["seasons"]] == [False, True, True]
    assert (some["monitored"], some["rootFolderPath"], some["qualityProfileId"]) == (True, "/media/tv", 1)
    assert not any(value is True for value in some["addOptions"].values())
    assert "path" not in some
    assert "id" not in some


def test_a_film_is_added_without_a_search() -> None:
    made = make_movie(radarr_data.movie(0), PROFILES[3], RootFolder(id=1, path="/media/movies"))

    assert made["addOptions"] == {"monitor": "movieOnly", "searchForMovie": False}
    assert (made["monitored"], made["qualityProfileId"], "path" in made) == (True, 4, False)


@pytest.mark.parametrize(
    ("made", "wanted", "covered"),
    [
        ("season:7:1", "season:7:1", True),
        ("series:7", "season:7:1", True),
        ("series:7", "season:7:0", False),
        ("series:7", "season:71:1", False),
        ("season:7:1", "series:7", False),
        ("season:7:1", "season:7:11", False),
        ("movie:7", "movie:7", True),
    ],
    ids=lambda value: str(value),
)
def test_what_a_search_covers(made: str, wanted: str, covered: bool) -> None:
    assert covers(made, wanted) is covered
