"""Every rule: once where it fires, once where it doesn't, and wherever something it needs is missing."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from autoarr.audits.evaluate import clean_value
from autoarr.audits.model import OPINION, Failure, Rule
from autoarr.audits.rules import RULES
from tests.app.audit_world import World, torrent_client, verdicts

Change = Callable[[World, str], Any]
BY_ID = {rule.id: rule for rule in RULES}


@dataclass(frozen=True)
class Case:
    """How a rule is made to fire and how it is left without what it needs.

    Attributes:
        fires: changes the world, given the kind of service that is asked about.
        missing: takes away a field of a part; None where the rule needs nothing that could be missing.
        fix: the resource that is written, and the fields; None where only a person can.
    """

    fires: Change
    missing: Change | None
    fix: tuple[str, dict[str, Any]] | None = None


def put(part: str, field: str, value: Any) -> Change:
    """Set a field of an object."""
    return lambda world, kind: world.parts[kind][part].__setitem__(field, value)


def drop(part: str, field: str) -> Change:
    """Remove a field of an object."""
    return lambda world, kind: world.parts[kind][part].pop(field)


def item(part: str, field: str, value: Any = None, number: int = 0) -> Change:
    """Set a field of an object in a list; remove it without a value."""

    def change(world: World, kind: str) -> None:
        target = world.parts[kind][part][number]
        if value is None:
            del target[field]
        else:
            target[field] = value

    return change


def client_value(field: str | None, value: Any) -> Change:
    """Set a value among a download client's fields; the category where `field` is None."""

    def change(world: World, kind: str) -> None:
        name = field or ("tvCategory" if kind == "sonarr" else "movieCategory")
        for entry in world.parts[kind]["downloadclient"][0]["fields"]:
            if entry["name"] == name:
                entry["value"] = value

    return change


def setting(part: str, field: str, bad: Any, good: Any = None) -> Case:
    """A rule about one field; without `good` it has no fix."""
    return Case(put(part, field, bad), drop(part, field), None if good is None else (part, {field: good}))


def misc(field: str, bad: Any, good: Any = None) -> Case:
    return setting("misc", field, bad, good)


def prefs(field: str, bad: Any, good: Any) -> Case:
    return setting("prefs", field, bad, good)


def rename(world: World, kind: str) -> dict[str, Any]:
    naming: dict[str, Any] = world.parts[kind]["config/naming"]
    return naming


def rename_field(kind: str) -> str:
    return "renameEpisodes" if kind == "sonarr" else "renameMovies"


def unscore(world: World, kind: str) -> None:
    world.parts[kind]["qualityprofile"][0]["formatItems"][0]["score"] = 0


def foreign_category(world: World, kind: str) -> None:
    client_value(None, "audio")(world, kind)


def same_category(world: World, kind: str) -> None:
    for each in ("sonarr", "radarr"):
        client_value(None, "TV" if each == kind else "tv")(world, each)


def other_client_unreadable(world: World, kind: str) -> None:
    del world.parts["radarr" if kind == "sonarr" else "sonarr"]["downloadclient"][0]["fields"]


MEDIA = "config/mediamanagement"
CASES: dict[str, Case] = {
    "arr.completed-download-handling": setting("config/downloadclient", "enableCompletedDownloadHandling", False, True),
    "arr.redownload-failed": setting("config/downloadclient", "autoRedownloadFailed", False, True),
    "arr.remove-completed": Case(
        item("downloadclient", "removeCompletedDownloads", False),
        item("downloadclient", "removeCompletedDownloads"),
        ("downloadclient/1", {"removeCompletedDownloads": True}),
    ),
    "arr.remove-failed": Case(
        item("downloadclient", "removeFailedDownloads", False),
        item("downloadclient", "removeFailedDownloads"),
        ("downloadclient/1", {"removeFailedDownloads": True}),
    ),
    "arr.rename": Case(
        lambda world, kind: rename(world, kind).__setitem__(rename_field(kind), False),
        lambda world, kind: rename(world, kind).pop(rename_field(kind)),
        ("config/naming", {"{rename}": True}),
    ),
    "arr.propers-and-repacks": setting(MEDIA, "downloadPropersAndRepacks", "preferAndUpgrade", "doNotPrefer"),
    "arr.repack-scored": Case(unscore, item("qualityprofile", "formatItems")),
    "sonarr.episode-title-required": setting(MEDIA, "episodeTitleRequired", "always", "bulkSeasonReleases"),
    "arr.hardlinks": setting(MEDIA, "copyUsingHardlinks", False, True),
    "arr.rescan": setting(MEDIA, "rescanAfterRefresh", "never", "always"),
    "arr.minimum-free-space": setting(MEDIA, "minimumFreeSpaceWhenImporting", 99, 100),
    "arr.free-space-check": setting(MEDIA, "skipFreeSpaceCheckWhenImporting", True, False),
    "arr.recycle-bin": setting(MEDIA, "recycleBin", ""),
    "arr.certificate-validation": setting(
        "config/host", "certificateValidation", "disabledForLocalAddresses", "enabled"
    ),
    "arr.authentication": setting("config/host", "authenticationMethod", "none"),
    "arr.health": Case(
        lambda world, kind: world.parts[kind]["health"].append({"type": "error", "source": "X", "message": "Broken"}),
        lambda world, kind: world.parts[kind]["health"].append({"source": "X", "message": "Broken"}),
    ),
    "sabnzbd.fail-hopeless-jobs": misc("fail_hopeless_jobs", 0, 1),
    "sabnzbd.safe-postproc": misc("safe_postproc", "0", 1),
    "sabnzbd.recursive-unpack": misc("enable_recursive", False, 1),
    "sabnzbd.flat-unpack": misc("flat_unpack", 0, 1),
    "sabnzbd.deobfuscate": misc("deobfuscate_final_filenames", 0, 1),
    "sabnzbd.ignore-samples": misc("ignore_samples", True, 0),
    "sabnzbd.unwanted-extensions": misc("unwanted_extensions", [], BY_ID["sabnzbd.unwanted-extensions"].wanted),
    "sabnzbd.unwanted-extensions-action": misc("action_on_unwanted_extensions", 1, 2),
    "sabnzbd.history-retention": Case(
        put("misc", "history_retention_number", 13),
        drop("misc", "history_retention_option"),
        ("misc", {"history_retention_option": "all"}),
    ),
    "sabnzbd.server-tls": Case(item("servers", "ssl", 0), item("servers", "ssl"), ("servers/news", {"ssl": 1})),
    "sabnzbd.download-free": misc("download_free", "", "1G"),
    "sabnzbd.fulldisk-autoresume": misc("fulldisk_autoresume", 0, 1),
    "sabnzbd.password": Case(put("misc", "password", False), drop("misc", "password")),
    "sabnzbd.sorting": Case(
        item("sorters", "sort_cats", ["TV"]), item("sorters", "sort_cats"), ("sorters/Music", {"is_active": 0})
    ),
    "sabnzbd.job-folders": Case(
        item("categories", "dir", "tv/*", 1), item("categories", "dir", number=1), ("categories/tv", {"dir": "tv/"})
    ),
    "cross.category-set": Case(
        client_value(None, ""),
        item("downloadclient", "fields"),
        ("downloadclient/1", {"fields.{category}": "{default}"}),
    ),
    "cross.category-known": Case(
        foreign_category, lambda world, kind: [one.pop("name") for one in world.parts["sabnzbd"]["categories"]]
    ),
    "cross.category-distinct": Case(same_category, other_client_unreadable),
    "cross.root-folder-in-plex": Case(
        item("rootfolder", "path", "/elsewhere"),
        lambda world, kind: [one.pop("locations") for one in world.parts["plex"]["sections"]],
    ),
    "service.certificate": Case(lambda world, kind: world.services[kind].update(tls_insecure=True), None),
    "plex.scan-on-change": prefs("FSEventLibraryUpdatesEnabled", "0", True),
    "plex.partial-scan": prefs("FSEventLibraryPartialScanEnabled", 0, True),
    "plex.empty-trash": prefs("autoEmptyTrash", False, True),
    "plex.scanner-priority": prefs("ScannerLowPriority", "false", True),
    "plex.periodic-scan": prefs("ScheduledLibraryUpdatesEnabled", 1, False),
    "plex.media-deletion": prefs("allowMediaDeletion", True, False),
    "plex.secure-connections": prefs("secureConnections", 2, 1),
    "plex.preview-thumbnails": prefs("GenerateBIFBehavior", "asap", "never"),
    "trash.quality-size": Case(
        item("qualitydefinition", "minSize", 9),
        item("qualitydefinition", "minSize"),
        ("qualitydefinition/7", {"minSize": 2, "preferredSize": 95, "maxSize": 2000}),
    ),
    "trash.naming": Case(
        lambda world, kind: rename(world, kind).update(dict.fromkeys(rename(world, kind), "own")),
        lambda world, kind: rename(world, kind).clear(),
        ("config/naming", {"{format}": "{scheme}"}),
    ),
    "trash.quality-profile": Case(
        item("qualityprofile", "cutoff", 1),
        item("qualityprofile", "cutoff"),
        ("qualityprofile/4", {"cutoff": 1001}),
    ),
    "trash.custom-formats": Case(
        unscore,
        item("qualityprofile", "formatItems"),
        (
            "qualityprofile/4",
            {
                "formatItems": [
                    {"format": 1, "name": "Repack/Proper", "score": 5},
                    {"format": 2, "name": "Own", "score": 7},
                ]
            },
        ),
    ),
}
SEVERAL = {"sabnzbd.job-folders"}
"""Rules that pass for one thing while another is unknown."""
JUNK: list[Any] = [None, 7, "text", [], [None], [[]], {}, {"id": 1}, float("nan")]
PAIRS = [pytest.param(rule, kind, id=f"{rule.id}-{kind}") for rule in RULES for kind in rule.kinds]


def test_every_rule_has_its_cases() -> None:
    assert len(BY_ID) == len(RULES)
    assert set(CASES) == set(BY_ID)
    assert [name for name, case in CASES.items() if case.missing is None] == ["service.certificate"]


def assert_fewer_pass(world: World, rule: Rule, kind: str) -> None:
    """Nothing passes of what could not be read."""
    passed, before = (
        {result.subject for result in each.ask(rule, kind).results if result.verdict == "passed"}
        for each in (world, World())
    )
    assert passed < before if rule.id in SEVERAL else not passed


@pytest.mark.parametrize(("rule", "kind"), PAIRS)
def test_passes(rule: Rule, kind: str) -> None:
    evaluation = World().ask(rule, kind)

    assert verdicts(evaluation) == {"passed"}
    assert all(result.fix is None for result in evaluation.results)


@pytest.mark.parametrize(("rule", "kind"), PAIRS)
def test_fires(rule: Rule, kind: str) -> None:
    world = World()
    CASES[rule.id].fires(world, kind)

    failed = [result for result in world.ask(rule, kind).results if result.verdict == "failed"]

    assert failed
    expected = CASES[rule.id].fix
    written = [(result.fix.resource, result.fix.fields) for result in failed if result.fix]
    if expected is None:
        assert not written
        return
    names = {
        "{rename}": rename_field(kind),
        "fields.{category}": "fields.tvCategory" if kind == "sonarr" else "fields.movieCategory",
        "{default}": "tv" if kind == "sonarr" else "movies",
        "{format}": "standardEpisodeFormat" if kind == "sonarr" else "standardMovieFormat",
        "{scheme}": "standard" if kind == "sonarr" else "file",
    }
    fields = {
        names.get(name, name): names.get(value, value) if isinstance(value, str) else value
        for name, value in expected[1].items()
    }
    assert (expected[0], fields) in written


@pytest.mark.parametrize(("rule", "kind"), [pair for pair in PAIRS if CASES[getattr(pair.values[0], "id", "")].missing])
def test_missing_field_is_unknown(rule: Rule, kind: str) -> None:
    world = World()
    missing = CASES[rule.id].missing
    assert missing
    missing(world, kind)

    assert "unknown" in verdicts(world.ask(rule, kind))
    assert_fewer_pass(world, rule, kind)


@pytest.mark.parametrize(("rule", "kind"), PAIRS)
def test_missing_part_is_unknown(rule: Rule, kind: str) -> None:
    """Whatever part of whatever service a rule looks at, it knows nothing without it, and says what was missing."""
    whole = World()
    whole.ask(rule, kind)
    asked = [(service, part) for service, parts in whole.asked.items() for part in parts]
    assert asked or CASES[rule.id].missing is None

    for service, part in asked:
        world = World()
        world.parts[service][part] = Failure(detail="it is away")
        evaluation = world.ask(rule, kind)
        reasons = [result.because for result in evaluation.results] + [evaluation.because]
        assert "unknown" in verdicts(evaluation), (service, part)
        assert_fewer_pass(world, rule, kind)
        assert f"My {service}: it is away" in reasons, (service, part)


@pytest.mark.parametrize(("rule", "kind"), PAIRS)
def test_junk_never_passes(rule: Rule, kind: str) -> None:
    """An answer of another form is no reason to stop, and none to pass."""
    whole = World()
    whole.ask(rule, kind)
    asked = [(service, part) for service, parts in whole.asked.items() for part in parts]
    for (service, part), junk in itertools.product(asked, JUNK):
        world = World()
        world.parts[service][part] = copy.deepcopy(junk)
        if junk == []:  # may well be the answer
            world.ask(rule, kind)
        else:
            assert_fewer_pass(world, rule, kind)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES if rule.id.startswith("trash.")])
def test_without_trash_data(rule: Rule) -> None:
    world = World()
    world.trash = Failure(detail="no TRaSH data: set AUTOARR_TRASH_SOURCE")

    evaluation = world.ask(rule, "sonarr")

    assert evaluation.because == "no TRaSH data: set AUTOARR_TRASH_SOURCE"
    assert evaluation.results == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES])
def test_words(rule: Rule) -> None:
    assert len(rule.id) <= 80
    assert len(rule.title) <= 300
    assert rule.reason.endswith(".")
    for kind in rule.kinds:
        source = rule.source_for(kind)
        assert "{" not in source
        assert source == OPINION or source.startswith(
            ("https://trash-guides.info/", "https://wiki.servarr.com/", "https://sabnzbd.org/")
        )


def ask(rule: str, kind: str, *changes: Change) -> set[tuple[str, str]]:
    """Subjects and verdicts of a rule in a changed world."""
    world = World()
    for change in changes:
        change(world, kind)
    evaluation = world.ask(BY_ID[rule], kind)
    unknown = {("*", "unknown")} if evaluation.because else set()
    return {(result.subject, result.verdict) for result in evaluation.results} | unknown


def test_no_torrents_no_hardlinks() -> None:
    changes = (item("downloadclient", "enable", False, 1), put(MEDIA, "copyUsingHardlinks", False))

    assert ask("arr.hardlinks", "sonarr", *changes) == set()


def test_propers_are_left_alone_until_the_repack_format_is_scored() -> None:
    changes = (unscore, put(MEDIA, "downloadPropersAndRepacks", "preferAndUpgrade"))

    assert ask("arr.propers-and-repacks", "radarr", *changes) == set()
    assert ask("arr.repack-scored", "radarr", *changes) == {("", "failed")}


def test_disabled_client_is_not_judged() -> None:
    changes = (item("downloadclient", "enable", False), item("downloadclient", "removeFailedDownloads", False))

    assert ask("arr.remove-failed", "sonarr", *changes) == set()


def test_one_client_unknown_leaves_the_others() -> None:
    def add(world: World, kind: str) -> None:
        other = copy.deepcopy(world.parts[kind]["downloadclient"][0]) | {"name": "Other", "id": 9}
        del other["removeFailedDownloads"]
        world.parts[kind]["downloadclient"].insert(0, other)

    assert ask("arr.remove-failed", "sonarr", add) == {("Other", "unknown"), ("SABnzbd", "passed")}


def test_two_things_of_one_name() -> None:
    def add(world: World, kind: str) -> None:
        world.parts[kind]["downloadclient"].append(copy.deepcopy(world.parts[kind]["downloadclient"][0]))

    assert ask("arr.remove-failed", "sonarr", add) == {("SABnzbd", "passed"), ("SABnzbd (2)", "passed")}


def test_health_keeps_its_severity_and_address() -> None:
    world = World()
    world.parts["sonarr"]["health"] = [
        {"type": "notice", "source": "A", "message": "New\0 update", "wikiUrl": "https://wiki.servarr.com/x"},
        {"type": "warning", "source": "B", "message": "m" * 500, "wikiUrl": "javascript:alert(1)"},
        {"type": "ok", "source": "C", "message": "Fine"},
    ]

    notice, warning = world.ask(BY_ID["arr.health"], "sonarr").results

    assert (notice.severity, notice.source, notice.title) == ("notice", "https://wiki.servarr.com/x", "New update")
    assert (warning.severity, warning.source, len(warning.subject)) == ("warning", None, 200)


@pytest.mark.parametrize(
    ("option", "number", "verdict"),
    [
        ("all", 1, "passed"),
        ("days-archive", 14, "passed"),
        ("days-archive", "13", "failed"),
        ("number-delete", 500, "failed"),
        ("all-delete", 1, "failed"),
        ("days-delete", None, "unknown"),
    ],
)
def test_history_retention(option: str, number: Any, verdict: str) -> None:
    changes = (put("misc", "history_retention_option", option), put("misc", "history_retention_number", number))
    expected = {("*", verdict)} if verdict == "unknown" else {("", verdict)}

    assert ask("sabnzbd.history-retention", "sabnzbd", *changes) == expected


@pytest.mark.parametrize(
    ("kept", "verdict"), [("", "passed"), ("0", "passed"), ("15d", "passed"), ("7d", "failed"), ("20", "failed")]
)
def test_history_retention_before_4_3(kept: str, verdict: str) -> None:
    changes = (drop("misc", "history_retention_option"), put("misc", "history_retention", kept))

    assert ask("sabnzbd.history-retention", "sabnzbd", *changes) == {("", verdict)}


def test_an_allow_list_gets_no_list_of_programs() -> None:
    world = World()
    world.parts["sabnzbd"]["misc"] |= {"unwanted_extensions": [], "unwanted_extensions_mode": 1}

    (result,) = world.ask(BY_ID["sabnzbd.unwanted-extensions"], "sabnzbd").results

    assert (result.verdict, result.fix) == ("failed", None)


def test_plain_news_server_moves_to_the_port_for_tls() -> None:
    world = World()
    world.parts["sabnzbd"]["servers"] = [
        {"name": "a", "enable": 1, "port": 119, "ssl": 0},
        {"name": "b", "enable": 0, "port": 119, "ssl": 0},
    ]

    (result,) = world.ask(BY_ID["sabnzbd.server-tls"], "sabnzbd").results

    assert result.fix
    assert (result.fix.resource, result.fix.fields) == ("servers/a", {"ssl": 1, "port": 563})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_no_password_is_needed_where_nobody_gets(host: str) -> None:
    changes = (put("misc", "host", host), put("misc", "password", False))

    assert ask("sabnzbd.password", "sabnzbd", *changes) == {("", "passed")}


def test_sorters_of_old_versions() -> None:
    old = {"enable_tv_sorting": 1, "tv_categories": "tv, x", "enable_movie_sorting": 0, "enable_date_sorting": 0}
    world = World()
    world.parts["sabnzbd"]["misc"] |= old

    results = {result.subject: result for result in world.ask(BY_ID["sabnzbd.sorting"], "sabnzbd").results}

    assert {name: result.verdict for name, result in results.items()} == {
        "tv sorting": "failed",
        "movie sorting": "passed",
        "date sorting": "passed",
    }
    fix = results["tv sorting"].fix
    assert fix
    assert fix.fields == {"enable_tv_sorting": 0}


def test_no_sorters() -> None:
    assert ask("sabnzbd.sorting", "sabnzbd", lambda world, kind: world.parts[kind].update(sorters=[])) == {
        ("", "passed")
    }


def test_an_active_sorter_without_sonarr_and_radarr_is_unknown() -> None:
    def alone(world: World, kind: str) -> None:
        del world.parts["sonarr"], world.parts["radarr"]

    assert ask("sabnzbd.sorting", "sabnzbd", alone) == {("Music", "unknown")}


def test_which_sabnzbd_is_told_by_host_and_port() -> None:
    """The one at another address may have that category; but where there is only one of both, it is that one."""
    assert ask("cross.category-known", "sonarr") == {("SABnzbd", "passed")}

    def second_client(world: World, kind: str) -> None:
        other = copy.deepcopy(world.parts[kind]["downloadclient"][0]) | {"name": "Other", "id": 9}
        world.parts[kind]["downloadclient"].append(other)
        client_value("host", "outside")(world, kind)
        client_value("port", "443")(world, kind)

    assert ask("cross.category-known", "sonarr", second_client) == {("SABnzbd", "passed"), ("Other", "unknown")}


def test_one_category_in_two_sabnzbds_is_no_clash() -> None:
    def elsewhere(world: World, kind: str) -> None:
        same_category(world, kind)
        client_value("host", "other")(world, "radarr")
        world.parts["radarr"]["downloadclient"].append(
            copy.deepcopy(world.parts["radarr"]["downloadclient"][0]) | {"name": "Second"}
        )

    # Which of the two Radarr means can't be told.
    assert ask("cross.category-distinct", "sonarr", elsewhere) == {("SABnzbd", "unknown")}


@pytest.mark.parametrize(
    ("root", "library", "verdict"),
    [
        ("/data/media/tv", "/data/media/tv", "passed"),
        ("/tv/anime", "/data/media/tv/", "passed"),
        ("/data/media/tv", "/data/media/", "passed"),
        ("/data/media/tv2", "/data/media/tv", "failed"),
        ("/data/media", "/data/media/tv", "failed"),
        ("D:\\TV", "d:/tv/", "passed"),
        ("\\\\nas\\Media\\TV", "//NAS/media", "failed"),
        ("\\\\nas\\Media\\TV", "\\\\NAS\\media", "passed"),
        ("/Data", "/data", "failed"),
        ("/data/media/tv", "/", "passed"),
    ],
)
def test_root_folders(root: str, library: str, verdict: str) -> None:
    def places(world: World, kind: str) -> None:
        world.parts[kind]["rootfolder"][0]["path"] = root
        world.parts["plex"]["sections"][0]["locations"] = [library]

    assert ask("cross.root-folder-in-plex", "sonarr", places) == {(root, verdict)}


def test_a_library_of_films_is_no_place_for_series() -> None:
    def swap(world: World, kind: str) -> None:
        world.parts["plex"]["sections"][0]["type"] = "movie"

    assert ask("cross.root-folder-in-plex", "sonarr", swap) == {("/tv/", "failed")}


def test_no_plex() -> None:
    world = World()
    del world.parts["plex"]

    (result,) = world.ask(BY_ID["cross.root-folder-in-plex"], "radarr").results

    assert (result.verdict, result.because) == ("unknown", "no Plex is connected")


def test_plex_spells_its_settings_as_it_likes() -> None:
    world = World()
    prefs = world.parts["plex"]["prefs"]
    del prefs["autoEmptyTrash"]
    prefs["AutoEmptyTrash"] = False

    (result,) = world.ask(BY_ID["plex.empty-trash"], "plex").results

    assert result.fix
    assert result.fix.fields == {"AutoEmptyTrash": True}


def test_torrents_are_no_concern_of_sabnzbd() -> None:
    def only_torrents(world: World, kind: str) -> None:
        world.parts[kind]["downloadclient"] = [torrent_client()]

    for rule in ("cross.category-set", "cross.category-known", "cross.category-distinct"):
        assert ask(rule, "sonarr", only_torrents) == set()


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("a\0\ud800b", "a?b"),
        ({"k\0": [float("inf"), 1.5, None, True, "\0"]}, {"k": [None, 1.5, None, True, ""]}),
    ],
)
def test_found_values_are_fit_for_databases_and_answers(value: Any, clean: Any) -> None:
    assert clean_value(value) == clean
