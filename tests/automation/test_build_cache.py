from __future__ import annotations

import pytest

from automation import build_cache
from automation.build_cache import Kind
from automation.errors import UsageError

JOB = {"ACTIONS_RUNTIME_TOKEN": "t", "ACTIONS_RESULTS_URL": "http://127.0.0.1:9/"}


@pytest.mark.parametrize(
    ("text", "writes", "words"),
    [
        ("type=registry,ref=a.example/x:cache", False, ["--cache-from", "type=registry,ref=a.example/x:cache"]),
        ("type=local,src=/c", False, ["--cache-from", "type=local,src=/c"]),
        ("type=local,dest=/c,mode=max", True, ["--cache-to", "type=local,dest=/c,mode=max"]),
        ("mode=max, type=gha", True, ["--cache-to", "type=gha,mode=max"]),
    ],
)
def test_places_reach_buildx_as_they_are(text: str, writes: bool, words: list[str]) -> None:
    assert build_cache.parse(text, writes=writes, environment=JOB).words() == words


@pytest.mark.parametrize(
    ("text", "writes", "said"),
    [
        ("a.example/x:cache", False, "no list of KEY=VALUE"),
        ("type=local,src=a,src=b", False, "no list of KEY=VALUE"),
        ("type=s3,bucket=b", False, "names no kind"),
        ("ref=a.example/x", False, "names no kind"),
        ("type=local,dest=/c", False, "needs src="),
        ("type=local,src=/c", True, "needs dest="),
        ("type=registry", True, "needs ref="),
        ("type=registry,ref=https://a.example/x", True, "no name in a registry"),
        ("type=registry,ref=x", True, "no name in a registry"),
    ],
)
def test_what_is_no_place_is_said_before_the_build(text: str, writes: bool, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        build_cache.parse(text, writes=writes, environment=JOB)
    assert ("--cache-to" if writes else "--cache-from") in str(caught.value)


@pytest.mark.parametrize("missing", sorted(JOB))
def test_the_ci_services_cache_is_for_its_jobs(missing: str) -> None:
    with pytest.raises(UsageError, match="does not answer here"):
        build_cache.parse(
            "type=gha", writes=False, environment={name: value for name, value in JOB.items() if name != missing}
        )
    given = "type=gha,url=http://127.0.0.1:9/,token=t"
    assert build_cache.parse(given, writes=False, environment={}).kind is Kind.SERVICE


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("type=registry,ref=a.example/x:cache", "type=registry,ref=a.example/x:cache-arm64"),
        ("type=registry,ref=a.example:5000/x", "type=registry,ref=a.example:5000/x:cache-arm64"),
        ("type=local,src=/c", "type=local,src=/c/arm64"),
        ("type=gha", "type=gha,scope=buildkit-arm64"),
        ("type=gha,scope=s", "type=gha,scope=s-arm64"),
    ],
)
def test_each_platform_has_a_place_of_its_own(text: str, own: str) -> None:
    place = build_cache.parse(text, writes=False, environment=JOB).of_platform("linux/arm64")
    assert place.words() == ["--cache-from", own]


def test_an_unset_variable_names_no_place() -> None:
    assert build_cache.parse_all([""], ["", "type=local,dest=/c"])[0].writes
    assert len(build_cache.parse_all(["type=local,src=/c"], ["type=local,dest=/c"])) == 2
