"""TRaSH-Guides' data: from folders and archives, kept for later, and what is compared with it."""

from __future__ import annotations

import copy
import io
import json
import os
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from autoarr.audits import trash
from autoarr.audits.model import Failure
from autoarr.audits.rules import RULES
from autoarr.audits.trash import TrashError, load_trash, read_folder
from autoarr.settings import Settings
from tests.app.audit_world import TRASH_ID, World, make_folder, verdicts

SPECS = Path(os.environ.get("AUTOARR_SPECS") or Path(__file__).parents[3] / "shared" / "specs") / "trash"
BY_ID = {rule.id: rule for rule in RULES}
URL = "https://trash.invalid/guides?token=hunter2"
FILES = {
    "sonarr/quality-size/series.json": {"qualities": [{"quality": "SDTV", "min": 2, "preferred": 95, "max": 100}]},
    "sonarr/quality-size/anime.json": {"qualities": []},
    "sonarr/naming/sonarr-naming.json": {"series": {"default": "x"}},
    "sonarr/cf/repack.json": {"trash_id": "repack", "trash_scores": {"default": 5}, "specifications": ["long"]},
    "sonarr/cf/language.json": {"trash_id": "language"},
    "sonarr/quality-profiles/web.json": {"trash_id": TRASH_ID, "name": "WEB", "items": ["long"], "cutoff": "WEB"},
    "sonarr/cf-groups/group.json": {"is": "not read"},
}
EXPECTED = {
    "sonarr": {
        "sizes": [{"quality": "SDTV", "min": 2, "preferred": 95, "max": 100}],
        "naming": {"series": {"default": "x"}},
        "formats": {"repack": {"default": 5}, "language": {}},
        "profiles": [{"trash_id": TRASH_ID, "name": "WEB", "cutoff": "WEB"}],
    }
}
Files = dict[str, Any]


def make_zip(files: Files = FILES, top: str = "Guides-master/docs/json/") -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(top + name, content if isinstance(content, str) else json.dumps(content))
    return archive.getvalue()


def make_tar(files: Files = FILES, top: str = "") -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as opened:
        for name, content in files.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(top + name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("radarr/cf/link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        opened.addfile(link)
    return archive.getvalue()


class Server:
    """Answers with an archive, and counts how often it was asked."""

    def __init__(self, body: bytes = b"", status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.body, self.status, self.headers = body, status, headers or {}
        self.asked = 0

    def transport(self) -> httpx2.MockTransport:
        """For a client."""
        return httpx2.MockTransport(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        self.asked += 1
        if request.url.path == "/away":
            raise httpx2.ConnectError("refused")
        return httpx2.Response(self.status, content=self.body, headers=self.headers)


def with_source(settings: Settings, source: str | None) -> Settings:
    return settings.model_copy(update={"trash_source": source})


async def load(settings: Settings, server: Server) -> Any:
    found = await load_trash(with_source(settings, URL), server.transport())
    return found.detail if isinstance(found, Failure) else found


async def test_no_source(settings: Settings) -> None:
    assert await load_trash(settings) == Failure(detail="no TRaSH data: set AUTOARR_TRASH_SOURCE")


async def test_folder(settings: Settings, tmp_path: Path) -> None:
    assert await load_trash(with_source(settings, str(make_folder(tmp_path / "json", FILES)))) == EXPECTED


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "there is no TRaSH data"),
        ({"sonarr/cf/x.json": "{"}, "sonarr/cf/x.json is not as expected"),
        ({"sonarr/cf/x.json": []}, "sonarr/cf/x.json is not as expected"),
        ({"sonarr/cf/x.json": {}}, "sonarr/cf/x.json is not as expected"),
        ({"sonarr/cf/x.json": "[" * 100_000}, "sonarr/cf/x.json is not as expected"),
        ({"sonarr/cf/x.json": " " * (trash.LARGEST_FILE + 1)}, "larger than it can be"),
    ],
)
def test_unusable_folder(files: Files, problem: str, tmp_path: Path) -> None:
    with pytest.raises(TrashError, match=problem):
        read_folder(make_folder(tmp_path / "json", files))


async def test_neither_folder_nor_https(settings: Settings) -> None:
    found = await load_trash(with_source(settings, "http://trash.invalid/x.zip"))

    assert isinstance(found, Failure)
    assert "neither a folder nor an https address" in found.detail


@pytest.mark.parametrize("make", [make_zip, make_tar, lambda: make_zip(top=""), lambda: make_tar(top="a/b/")])
async def test_archive(make: Callable[[], bytes], settings: Settings) -> None:
    assert await load(settings, Server(make())) == EXPECTED


async def test_archive_is_kept_and_used_when_the_source_is_away(settings: Settings, data_dir: Path) -> None:
    server = Server(make_zip())
    await load(settings, server)

    assert await load(settings, server) == EXPECTED
    assert server.asked == 1
    (kept,) = (data_dir / "trash").iterdir()
    assert "hunter2" not in kept.name

    long_ago = time.time() - trash.FRESH_S - 10
    os.utime(kept, (long_ago, long_ago))
    assert await load(settings, Server(status=503)) == EXPECTED
    assert await load(settings, server) == EXPECTED
    assert server.asked == 2
    assert kept.stat().st_mtime > long_ago


async def test_damaged_copy_is_fetched_again(settings: Settings, data_dir: Path) -> None:
    server = Server(make_zip())
    await load(settings, server)
    (kept,) = (data_dir / "trash").iterdir()
    kept.write_text("{", encoding="utf-8")

    assert await load(settings, server) == EXPECTED


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        (Server(status=404), "status 404 from trash.invalid"),
        (Server(b"<html>"), "no .zip and no .tar.gz"),
        (Server(make_zip()[:200]), "no .zip and no .tar.gz"),
        (Server(make_tar()[:100]), "no .zip and no .tar.gz"),
        (Server(make_zip({"README.md": "x"})), "there is no TRaSH data"),
        (Server(status=302, headers={"location": "http://trash.invalid/plain"}), "can't be fetched"),
        (Server(status=302, headers={"location": URL}), "can't be fetched"),
        (Server(status=302, headers={"location": "/away"}), "can't be fetched"),
        (Server(make_zip({"sonarr/cf/x.json": " " * 2_000_000})), "larger than it can be"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_unusable_archive(server: Server, problem: str, settings: Settings, data_dir: Path) -> None:
    found = await load(settings, server)

    assert isinstance(found, str)
    assert problem in found
    assert "hunter2" not in found
    assert list((data_dir / "trash").iterdir()) == []


async def test_archive_beyond_the_bounds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trash, "LARGEST_ARCHIVE", 100)

    assert "larger than 0 MiB" in await load(settings, Server(make_zip()))


async def test_more_than_all_files_can_be(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trash, "LARGEST_TOTAL", 100)

    assert "larger than it can be" in await load(settings, Server(make_zip()))


async def test_names_in_an_archive_lead_nowhere(settings: Settings, data_dir: Path) -> None:
    files = {"../../sonarr/cf/evil.json": {"trash_id": "evil"}, "/sonarr/cf/root.json": {"trash_id": "root"}}
    before = {path for path in data_dir.parent.rglob("*") if path != data_dir}

    await load(settings, Server(make_zip(files, top="")))

    after = {path for path in data_dir.parent.rglob("*") if data_dir not in path.parents and path != data_dir}
    assert after == before


async def test_data_dir_that_cannot_be_written(settings: Settings, made_data_dir: Path) -> None:
    (made_data_dir / "trash").write_text("a file in the folder's place", encoding="utf-8")

    assert "can't be kept" in await load(settings, Server(make_zip()))


# What is compared.


def size(world: World, **fields: Any) -> set[str]:
    world.parts["sonarr"]["qualitydefinition"][0].update(fields)
    return verdicts(world.ask(BY_ID["trash.quality-size"], "sonarr"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"minSize": 2.5}, {"passed"}),
        ({"minSize": 2.6}, {"failed"}),
        ({"preferredSize": 95.5, "maxSize": 2000}, {"passed"}),
        ({"preferredSize": None}, {"failed"}),
        ({"maxSize": 1000}, {"failed"}),
        ({"minSize": "2"}, {"passed"}),
        ({"minSize": "much"}, {"unknown"}),
        ({"quality": {"name": "of no table"}}, set()),
    ],
)
def test_sizes(fields: dict[str, Any], expected: set[str]) -> None:
    assert size(World(), **fields) == expected


@pytest.mark.parametrize(("preferred", "expected"), [(995, {"passed"}), (95, {"failed"})])
def test_no_preferred_size_is_the_upper_end(preferred: int, expected: set[str]) -> None:
    world = World()
    assert isinstance(world.trash, dict)
    world.trash["sonarr"]["sizes"][0]["preferred"] = preferred

    assert size(world, preferredSize=None) == expected


def test_only_profiles_with_a_name_of_trash_are_compared() -> None:
    world = World()
    profile = world.parts["sonarr"]["qualityprofile"][0]
    own = copy.deepcopy(profile) | {"name": "My own", "cutoff": 1}
    tagged = copy.deepcopy(profile) | {"name": f"Mine ({TRASH_ID})", "cutoff": 1}
    world.parts["sonarr"]["qualityprofile"] += [own, tagged]

    results = world.ask(BY_ID["trash.quality-profile"], "sonarr").results

    assert [(result.subject, result.verdict) for result in results] == [
        ("WEB-1080p", "passed"),
        (f"Mine ({TRASH_ID})", "failed"),
    ]


def test_missing_custom_format_is_for_a_person() -> None:
    world = World()
    world.parts["sonarr"]["qualityprofile"][0]["formatItems"] = []

    (result,) = world.ask(BY_ID["trash.custom-formats"], "sonarr").results

    assert (result.verdict, result.found, result.fix) == ("failed", {"Repack/Proper": None}, None)


def test_scores_of_another_set() -> None:
    world = World()
    assert isinstance(world.trash, dict)
    world.trash["sonarr"]["profiles"][0]["trash_score_set"] = "anime"

    (result,) = world.ask(BY_ID["trash.custom-formats"], "sonarr").results

    assert (result.found, result.wanted) == ({"Repack/Proper": 5}, {"Repack/Proper": 1})


def test_cutoff_that_the_profile_has_not_is_for_a_person() -> None:
    world = World()
    assert isinstance(world.trash, dict)
    world.trash["sonarr"]["profiles"][0]["cutoff"] = "Bluray"

    (result,) = world.ask(BY_ID["trash.quality-profile"], "sonarr").results

    assert (result.verdict, result.fix) == ("failed", None)


# The guides themselves.


@pytest.fixture(scope="module")
def guides() -> dict[str, Any]:
    """The published data."""
    if not SPECS.is_dir():
        pytest.skip("the guides' data is not here")
    return read_folder(SPECS)


@pytest.mark.parametrize("kind", ["sonarr", "radarr"])
def test_configuration_as_in_the_guides_passes(guides: dict[str, Any], kind: str) -> None:
    world = World()
    world.trash = guides
    data, parts = guides[kind], world.parts[kind]
    profile = next(one for one in data["profiles"] if "trash_score_set" not in one)
    scores = {name: data["formats"][identifier].get("default") for name, identifier in profile["formatItems"].items()}
    parts["qualityprofile"] = [
        {
            **{field: profile[field] for field in ("name", "upgradeAllowed", "minFormatScore", "cutoffFormatScore")},
            "id": 1,
            "cutoff": 1001,
            "items": [{"id": 1001, "name": profile["cutoff"]}],
            "formatItems": [{"name": name, "score": score or 0} for name, score in scores.items()],
        }
    ]
    parts["qualitydefinition"] = [
        {
            "id": number,
            "quality": {"name": entry["quality"]},
            "minSize": entry["min"],
            "preferredSize": entry["preferred"],
            "maxSize": entry["max"],
        }
        for number, entry in enumerate(data["sizes"])
    ]
    naming = data["naming"]
    parts["config/naming"] = (
        {
            "standardEpisodeFormat": naming["episodes"]["standard"]["default"],
            "dailyEpisodeFormat": naming["episodes"]["daily"]["default"],
            "animeEpisodeFormat": naming["episodes"]["anime"]["default"],
            "seriesFolderFormat": naming["series"]["plex-tvdb"],
            "seasonFolderFormat": naming["season"]["default"],
        }
        if kind == "sonarr"
        else {"standardMovieFormat": naming["file"]["plex-imdb"], "movieFolderFormat": naming["folder"]["default"]}
    )

    for rule in RULES:
        if rule.id.startswith("trash."):
            evaluation = world.ask(rule, kind)
            assert verdicts(evaluation) == {"passed"}, evaluation
    assert len(world.ask(BY_ID["trash.quality-size"], kind).results) > 10


@pytest.mark.parametrize("kind", ["sonarr", "radarr"])
def test_unlimited_sizes_are_the_guides_upper_end(guides: dict[str, Any], kind: str) -> None:
    world = World()
    world.trash = guides
    unlimited = [entry for entry in guides[kind]["sizes"] if entry["max"] in (1000, 2000)]
    world.parts[kind]["qualitydefinition"] = [
        {"id": number, "quality": {"name": entry["quality"]}, "minSize": entry["min"]}
        for number, entry in enumerate(unlimited)
    ]

    assert unlimited
    assert verdicts(world.ask(BY_ID["trash.quality-size"], kind)) == {"passed"}
