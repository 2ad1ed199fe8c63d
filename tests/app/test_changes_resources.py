"""Fields by their names, values as services report them, and secrets that nobody is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autoarr.changes.plan import judge, make_plan
from autoarr.changes.resources import ABSENT, MASK, blank, get_field, is_masked, same_value, set_field
from autoarr.errors import Refused

CLIENT = {
    "id": 3,
    "enable": True,
    "nested": {"a": {"b": 1}},
    "fields": [{"name": "host", "value": "sab"}, {"name": "tvCategory"}, {"name": "apiKey", "value": MASK}],
}


def client() -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(CLIENT))
    return copied


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enable", True),
        ("nested.a.b", 1),
        ("fields.host", "sab"),
        ("fields.tvCategory", None),
        ("fields.movieCategory", ABSENT),
        ("nested.x.y", ABSENT),
        ("enable.x", ABSENT),
        ("ENABLE", True),
    ],
)
def test_get_field(field: str, value: object) -> None:
    assert get_field(CLIENT, field) == value


@pytest.mark.parametrize(
    "field", ["enable", "nested.a.b", "nested.c", "fields.host", "fields.tvCategory", "fields.new"]
)
def test_a_field_is_set_and_nothing_else(field: str) -> None:
    changed = client()
    before = get_field(changed, field)

    set_field(changed, field, "new")

    assert get_field(changed, field) == "new"
    set_field(changed, field, before)
    if field != "fields.tvCategory":
        assert changed == CLIENT


def test_a_field_of_nothing_is_not_set() -> None:
    for field in ("nothing.x", "enable.x"):
        with pytest.raises(KeyError):
            set_field(client(), field, 1)


def test_absent_fields_are_removed() -> None:
    changed = client()
    for field in ("fields.host", "nested", "fields.not there", "not there"):
        set_field(changed, field, ABSENT)

    assert changed == {"id": 3, "enable": True, "fields": CLIENT["fields"][1:]}  # type: ignore[index]  # a list


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (True, "1"),
        (True, "true"),
        (False, "False"),
        (0, "0"),
        (0, False),
        (2, "2"),
        (2.0, "2"),
        ("14", 14),
        (["exe", "com"], "exe, com"),
        (["exe", "com"], "exe,com"),
        ([1, 2], "1,2"),
        ([], ""),
        ([], None),
        (None, ""),
        (ABSENT, ""),
        (ABSENT, None),
        ({"a": [True, None]}, {"a": [1, ""]}),
        (["x"], ["x"]),
    ],
)
def test_same(one: object, other: object) -> None:
    assert same_value(one, other)
    assert same_value(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 2),
        (True, False),
        (False, None),
        (False, ABSENT),
        (0, ""),
        ("07", "7"),
        ("a", "A"),
        (["a", "b"], "b,a"),
        (["a"], []),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ("true", "yes"),
    ],
)
def test_different(one: object, other: object) -> None:
    assert not same_value(one, other)
    assert not same_value(other, one)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("fields.apiKey", "0123", MASK),
        ("password", "x", MASK),
        ("PlexOnlineToken", "x", MASK),
        ("clientSecret", "x", MASK),
        ("password", "", ""),
        ("password", None, None),
        ("apiKey", ABSENT, None),
        ("host", "sab", "sab"),
        ("host", ABSENT, None),
        ("useApiKey", True, True),
        ("fields", [{"name": "apiKey", "value": "0123"}, {"name": "host", "value": "sab"}], None),
        ("server", {"password": "x", "host": "sab"}, {"password": MASK, "host": "sab"}),
        ("passwords", ["x", "y"], [MASK, MASK]),
    ],
)
def test_blank(name: str, value: Any, shown: Any) -> None:
    if name == "fields":
        shown = [{"name": "apiKey", "value": MASK}, value[1]]

    assert blank(name, value) == shown


def test_masked() -> None:
    assert is_masked("********")
    assert is_masked("*****")
    assert not any(is_masked(value) for value in ("*", "tv*", "", None, 8))


def test_plan() -> None:
    current = {"id": 1, "a": False, "b": 2, "apiKey": "0123456789"}

    plan = make_plan("sonarr", "config/naming", current, {"a": True, "b": "2", "new": "x"})

    assert plan.before == {"a": False, "new": ABSENT}
    assert plan.after == {"a": True, "new": "x"}
    assert plan.shown == [
        {"field": "a", "before": False, "after": True},
        {"field": "new", "before": None, "after": "x"},
    ]
    assert plan.call == 'PUT /api/v3/config/naming/1 {..., "a": true, "new": "x"}'
    assert current == {"id": 1, "a": False, "b": 2, "apiKey": "0123456789"}


def test_calls_of_the_others() -> None:
    misc = make_plan("sabnzbd", "misc", {"a": 0, "ext": []}, {"a": True, "ext": ["exe", "com"]})
    named = make_plan("sabnzbd", "servers/one", {"name": "one", "ssl": 0}, {"ssl": 1})
    quota = make_plan("sabnzbd", "servers/one", {"name": "one", "ssl": 0, "quota": "5G"}, {"ssl": 1})
    plex = make_plan("plex", "prefs", {"FSEvent": False}, {"FSEvent": True})

    assert misc.call.splitlines() == [
        "POST /api mode=set_config&section=misc&keyword=a&value=1",
        "POST /api mode=set_config&section=misc&keyword=ext&value=exe,com",
    ]
    assert named.call == "POST /api mode=set_config&section=servers&keyword=one&ssl=1"
    assert quota.call == "POST /api mode=set_config&section=servers&keyword=one&quota=5G&ssl=1"
    assert plex.call == "PUT /:/prefs?FSEvent=1"


def test_what_changes_a_fingerprint() -> None:
    def of(kind: str, current: dict[str, Any], wanted: dict[str, Any] | None = None, resource: str = "x/1") -> str:
        return make_plan(kind, resource, current, wanted or {"a": 1}).fingerprint

    base = {"id": 1, "a": 0, "b": 0}
    for kind in ("sonarr", "radarr", "sabnzbd", "plex"):
        assert of(kind, base) == of(kind, {"b": 0, "a": 0, "id": 1})
        assert of(kind, base) != of(kind, {**base, "a": 2})
        assert of(kind, base) != of(kind, base, {"a": 3})
        assert of(kind, base) != of(kind, base, resource="x/2")
    # The first two take whole objects, so somebody else's change of another field counts.
    assert of("sonarr", base) != of("sonarr", {**base, "b": 1})
    assert of("sabnzbd", base) == of("sabnzbd", {**base, "b": 1})


def test_what_can_not_be_read_back_is_for_a_person() -> None:
    for wanted in ({"fields.apiKey": "new"}, {"fields.host": MASK}, {"enable.x": 1}):
        with pytest.raises(Refused, match="only a person"):
            make_plan("sonarr", "downloadclient/3", client(), wanted)


def test_a_category_with_capitals_is_for_a_person() -> None:
    with pytest.raises(Refused, match="capital letters"):
        make_plan("sabnzbd", "categories/TV", {"name": "TV", "dir": ""}, {"dir": "tv"})


@pytest.mark.parametrize(
    ("found", "state", "text"),
    [
        ({"a": 1, "b": "1"}, "applied", None),
        ({"a": 0, "b": False}, "failed", "a is still 0; b is still false."),
        ({"a": 1, "b": 0}, "partly_applied", "b is still 0."),
        ({"a": 0, "b": 7}, "partly_applied", "a is still 0; b is 7, neither as before nor as written."),
        ({"a": 1, "b": ABSENT}, "partly_applied", "b is absent, neither as before nor as written."),
    ],
)
def test_judge(found: dict[str, Any], state: str, text: str | None) -> None:
    assert judge({"a": 0, "b": 0}, {"a": 1, "b": True}, found) == (state, text)
