from __future__ import annotations

import pytest

from automation.bases import DEFAULT_VARIANT, VARIANTS, variant
from automation.errors import CheckFailed, EngineUnavailable, UsageError
from automation.git import Commit
from automation.release import plan, versions
from automation.release.versions import Version
from tests.automation.test_images import ENGINE

COMMIT = Commit(revision="a" * 40, epoch=1, dirty=False)
DEFAULT = variant(DEFAULT_VARIANT)
OTHER = next(item for item in VARIANTS.values() if item is not DEFAULT)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("1.2.3", ["1.2.3", "1.2", "1", "latest"]),
        ("10.0.0", ["10.0.0", "10.0", "10", "latest"]),
        ("0.4.1", ["0.4.1", "0.4", "latest"]),
        ("1.3.0-rc.1", ["1.3.0-rc.1"]),
        ("0.1.0-alpha", ["0.1.0-alpha"]),
    ],
)
def test_tags(text: str, tags: list[str]) -> None:
    named = versions.tags(versions.parse(text), DEFAULT)
    assert [named.own, *named.moving] == tags
    suffixed = versions.tags(versions.parse(text), OTHER)
    assert [suffixed.own, *suffixed.moving] == [f"{tag}-{OTHER.name}" for tag in tags]


@pytest.mark.parametrize(
    "text", ["1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+build", "latest", ""]
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(UsageError, match="no semantic version"):
        versions.parse(text)


@pytest.mark.parametrize(
    ("project", "version"), [("0.1.0", "0.1.0"), ("1.2", "1.2.0"), ("1.3.0rc2", "1.3.0-rc.2"), ("2a1", "2.0.0-alpha.1")]
)
def test_the_projects_version_is_the_default(project: str, version: str) -> None:
    found = versions.of_project(project)
    assert str(found) == version
    assert versions.objections(found, project, COMMIT, [f"v{version}"]) == []


@pytest.mark.parametrize("project", ["1.0.dev1", "1.0.post1", "1.0+local", "1!1.0", "1.2.3.4"])
def test_a_project_version_that_is_no_release(project: str) -> None:
    with pytest.raises(UsageError, match="none that can be released"):
        versions.of_project(project)


@pytest.mark.parametrize(
    ("version", "project", "commit", "tags", "said"),
    [
        ("1.2.3", "1.2.3", COMMIT, ["v1.2.3"], []),
        ("1.2.3", "1.2.3", COMMIT, ["nightly", "1.2.3"], []),
        ("1.2.3", "1.2.3", COMMIT, [], ["has no tag v1.2.3"]),
        ("1.2.3", "1.2.3", COMMIT, ["v1.2.4"], ["it has v1.2.4"]),
        ("1.2.3", "1.2.4", COMMIT, ["v1.2.3"], ["pyproject.toml says 1.2.4, not 1.2.3"]),
        ("1.2.3-next", "1.2.3", COMMIT, ["v1.2.3-next"], ["pyproject.toml says 1.2.3"]),
        ("1.2.3", "1.2.3", Commit(revision="a", epoch=1, dirty=True), ["v1.2.3"], ["no commit names"]),
        ("1.2.3", "1.2.3", Commit(revision="", epoch=0, dirty=False), [], ["no git checkout"]),
    ],
)
def test_objections(version: str, project: str, commit: Commit, tags: list[str], said: list[str]) -> None:
    found = versions.objections(versions.parse(version), project, commit, tags)
    assert len(found) == len(said)
    for line, part in zip(found, said, strict=True):
        assert part in line


@pytest.mark.parametrize(
    "registry", ["r.example/team", "r.example:5000/team/sub", "localhost/team", "127.0.0.1:5000/a-b", "docker.io/me"]
)
def test_a_registry(registry: str) -> None:
    assert plan.repository(registry) == f"{registry}/autoarr"


@pytest.mark.parametrize(
    "registry",
    ["r.example", "team/sub", "https://r.example/team", "r.example/Team", "r.example/team/", "r.example/a:1"],
)
def test_what_is_no_registry(registry: str) -> None:
    with pytest.raises(UsageError, match="no registry"):
        plan.repository(registry)


def test_platforms() -> None:
    assert plan.platforms("") == ("linux/amd64", "linux/arm64")
    assert plan.platforms(" linux/arm64,") == ("linux/arm64",)
    for text in ("linux/s390x", "linux/amd64,linux/amd64", "amd64"):
        with pytest.raises(UsageError, match="no platforms"):
            plan.platforms(text)


def planned(*, objections: tuple[str, ...] = (), repository: str = "r.example/team/autoarr") -> plan.Plan:
    version = Version(major=1, minor=2, patch=3)
    return plan.Plan(
        version=version,
        variant=DEFAULT,
        platforms=("linux/amd64",),
        repository=repository,
        tags=versions.tags(version, DEFAULT),
        objections=objections,
    )


def test_only_what_is_the_version_is_pushed() -> None:
    plan.require_releasable(planned())
    with pytest.raises(CheckFailed, match=r"can't be released") as caught:
        plan.require_releasable(planned(objections=("one thing", "another")))
    assert caught.value.details == "- one thing\n- another"
    assert "git tag v1.2.3" in caught.value.hint
    with pytest.raises(UsageError, match="no registry to push to"):
        plan.require_releasable(planned(repository=""))


def test_an_engine_that_keeps_one_platform_under_a_name() -> None:
    plan.require_engine(ENGINE)
    with pytest.raises(EngineUnavailable, match="several platforms"):
        plan.require_engine(type(ENGINE)(kind="existing", version="1", platform="linux/amd64", image_store="overlay2"))


def test_references() -> None:
    assert planned().reference("1.2") == "r.example/team/autoarr:1.2"
    assert planned(repository="").reference("latest") == "autoarr:latest"
