"""A release, on the real engine and against a real registry on loopback."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from automation import containers, image_store, process
from automation import registry as registries
from automation.bases import DEFAULT_VARIANT
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.building import version as project_version
from automation.emulation import ARM64
from automation.engine import Engine
from automation.errors import CheckFailed, EngineUnavailable, RegistryRefused, Unhealthy
from automation.images import Summary
from automation.release import index as indexes
from automation.release import plan, provenance, publish, statements, versions
from automation.release.index import images_of
from automation.sbom.attestation import CYCLONEDX, SPDX, Attestation
from tests.automation.conftest import Checkout, built
from tests.automation.test_release_versions import planned

PLATFORMS = ("linux/amd64", "linux/arm64")
DOCUMENT = Attestation(predicate_type=SPDX, predicate={"spdxVersion": "SPDX-2.3", "name": "tiny", "packages": []})
# The proxy is on this machine's loopback and nobody's: nothing is fetched by the builds that get it.
PROXY = "http://anna:hidden@127.0.0.1:9"


def tiny(engine: Engine, folder: Path, content: bytes) -> list[Path]:
    """Archives of an image for each platform that nothing has to run for, stated as the release states its own."""
    folder.mkdir()
    (folder / "Dockerfile").write_text(
        "FROM scratch\nCOPY content /\nLABEL org.opencontainers.image.version=1.2.3\nARG SOME=thing\n"
    )
    (folder / "content").write_bytes(content)
    archives = []
    for platform in PLATFORMS:
        plain, stated = folder / "plain.tar", folder / f"{platform.rpartition('/')[2]}.tar"
        process.run(
            [
                *("docker", "buildx", "build", "--platform", platform, "--build-arg", "https_proxy"),
                *("--build-arg", "SOURCE_DATE_EPOCH=1000000000"),
                *("--output", f"type=oci,dest={plain},rewrite-timestamp=true", *provenance.flags({}), str(folder)),
            ],
            env={**engine.environment, "https_proxy": PROXY, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
        )
        assert b"anna:hidden" in plain.read_bytes(), "the proxy is not in what BuildKit states, so this tests nothing"
        statements.state(plain, stated, platform, lambda archive, machine: [DOCUMENT])
        archives.append(stated)
    return archives


def summary(platform: str) -> Summary:
    facts: dict[str, Any] = dict.fromkeys(Summary.__dataclass_fields__)
    return Summary(**{**facts, "platform": platform})


def prepared(engine: Engine, folder: Path, content: bytes, planned_: plan.Plan) -> publish.Released:
    archives = tiny(engine, folder, content)
    index = indexes.merge(archives, folder / "layout")
    return publish.Released(plan=planned_, index=index, summaries=tuple(map(summary, PLATFORMS)))


@pytest.mark.usefixtures("nothing_left")
def test_two_platforms_under_every_tag(real_engine: Engine, registry: str, tmp_path: Path) -> None:
    plan.require_engine(real_engine)
    repository = f"{registry}/two/autoarr"
    first = prepared(real_engine, tmp_path / "first", b"one", planned(repository=repository))
    done = publish.push(real_engine, first, tmp_path / "first")
    assert done.tags == ("1.2.3", "1.2", "1", "latest")
    for tag in done.tags:
        content = registries.manifest(real_engine, f"{repository}:{tag}")
        assert registries.digest(content) == done.index.digest
        assert tuple(images_of(json.loads(content))) == PLATFORMS
    # As buildx finds them, and without what is this network's own.
    stated = registries.stated(real_engine, f"{repository}:1.2.3", "Provenance")
    assert set(stated) == set(PLATFORMS)
    assert "anna" not in json.dumps(stated)
    assert "SOME" not in json.dumps(stated[PLATFORMS[0]]["SLSA"]["invocation"])
    bills = registries.stated(real_engine, f"{repository}:1.2.3", "SBOM")
    assert bills[ARM64]["SPDX"]["name"] == "tiny"
    assert image_store.inspect(real_engine, f"{repository}:1.2.3") is None

    # Again, as after a push that broke off: the same images are taken.
    again = prepared(real_engine, tmp_path / "again", b"one", planned(repository=repository))
    assert publish.push(real_engine, again, tmp_path / "again").tags == done.tags
    # Other images under the same version are not.
    other = prepared(real_engine, tmp_path / "other", b"two", planned(repository=repository))
    with pytest.raises(CheckFailed, match="published already"):
        publish.push(real_engine, other, tmp_path / "other")
    assert registries.digest(registries.manifest(real_engine, f"{repository}:1.2.3")) == again.index.digest

    # A patch of an older line: what it shares with the later version stays there.
    version = versions.parse("1.1.9")
    older = publish.Released(
        plan=plan.Plan(
            version=version,
            variant=first.plan.variant,
            platforms=PLATFORMS,
            repository=repository,
            tags=versions.tags(version, first.plan.variant),
            objections=(),
        ),
        index=other.index,
        summaries=other.summaries,
    )
    patched = publish.push(real_engine, older, tmp_path / "other")
    assert patched.tags == ("1.1.9", "1.1")
    assert patched.kept == {"1": "1.2.3", "latest": "1.2.3"}
    assert registries.digest(registries.manifest(real_engine, f"{repository}:latest")) == again.index.digest


@pytest.fixture
def repository(checkout: Checkout) -> Checkout:
    """The copy as a git checkout whose commit is tagged as its version."""

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=checkout.root, env=identity, check=True, capture_output=True)

    names = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")
    dates = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
    identity = {**os.environ, **dict.fromkeys(names, "test@example"), **dates}
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--no-gpg-sign", "--message", "a release")
    git("tag", f"v{project_version()}")
    return checkout


@pytest.mark.usefixtures("nothing_left")
def test_the_whole_way(real_engine: Engine, repository: Checkout, registry: str, tmp_path: Path) -> None:
    words = ("release", "--registry", f"{registry}/team", "--platforms", real_engine.platform, "--json")
    result = repository.invoke(*words, "--output", str(tmp_path / "layout"))
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    version = versions.parse(report["release"])
    named = versions.tags(version, planned().variant)
    assert report["tags"] == [named.own, *named.moving]
    assert report["objections"] == []
    (made,) = report["platforms"]
    assert made["statements"][0].startswith(provenance.PREFIX)
    assert made["statements"][1:] == [SPDX, CYCLONEDX]
    assert (tmp_path / "layout" / "blobs" / report["digest"].replace(":", "/")).is_file()
    reference = f"{registry}/team/autoarr:{named.moving[-1]}"
    assert registries.digest(registries.manifest(real_engine, reference)) == report["digest"]
    document = registries.stated(real_engine, reference, "SBOM")["SPDX"]
    assert "autoarr" in {package["name"] for package in document["packages"]}
    # What a user gets: pulled, run as told, healthy, and it says which commit it is.
    assert image_store.pull(real_engine, reference) is None
    try:
        facts = image_store.inspect(real_engine, reference)
        assert facts is not None
        assert facts.labels["org.opencontainers.image.version"] == project_version()
        assert not facts.labels["org.opencontainers.image.revision"].endswith("-dirty")
        with containers.session(real_engine) as running:
            containers.wait_healthy(running.start(reference, **containers.HARDENED))
    finally:
        image_store.remove(real_engine, reference)

    # A registry that is not there is told of before anything is built.
    nowhere = repository.invoke("release", "--registry", "127.0.0.1:9/team", "--platforms", real_engine.platform)
    assert nowhere.returncode == 12, nowhere.stderr
    assert "does not answer" in nowhere.stderr
    assert "building" not in nowhere.stderr

    # A tree that is not the version's is refused, and a rehearsal says so.
    repository.edit("README.md", lambda text: f"{text}\n")
    refused = repository.invoke(*words)
    assert refused.returncode == 1, refused.stderr
    assert "can't be released from this checkout" in refused.stderr
    assert "the tree has changes" in refused.stderr
    assert "Traceback" not in refused.stderr
    wrong = repository.invoke(*words, "--version", "9.9.9")
    assert wrong.returncode == 1
    assert f"pyproject.toml says {project_version()}, not 9.9.9" in wrong.stderr
    assert "has no tag v9.9.9" in wrong.stderr


@pytest.mark.usefixtures("nothing_left")
def test_a_rehearsal_pushes_nothing(real_engine: Engine, checkout: Checkout, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    words = ("release", "--dry-run", "--platforms", real_engine.platform, "--json")
    result = checkout.invoke(*words, "--cache-to", f"type=local,dest={cache}")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["pushed"], report["repository"], report["variant"]) == (False, "", DEFAULT_VARIANT)
    assert report["objections"] == ["this is no git checkout, so nothing says what would be released"]
    assert "nothing was pushed; it would be" in result.stderr
    (made,) = report["platforms"]
    assert made["healthy_s"] > 0
    assert any(kind.startswith(provenance.PREFIX) for kind in made["statements"])
    # Each platform's cache is in a place of its own, and the next build reads it.
    machine = real_engine.platform.rpartition("/")[2]
    assert (cache / machine / "index.json").is_file()
    again = checkout.invoke(
        "build", "--tag", "autoarr-test:cached", "--cache-from", f"type=local,src={cache}/{machine}"
    )
    image_store.remove(real_engine, "autoarr-test:cached")
    assert again.returncode == 0, again.stderr


@pytest.mark.usefixtures("nothing_left")
def test_only_what_was_started_is_pushed(real_engine: Engine, tmp_path: Path) -> None:
    """An image that the engine keeps under the archive's name counts only when its content is the archive's."""
    name = f"autoarr-test:started-{os.getpid()}"
    with built(real_engine, "FROM scratch\nCOPY content /\n", {"content": b"other"}) as other:
        image_store.tag(real_engine, other, name)
        try:
            archive = tmp_path / "image.tar"
            folder = tmp_path / "context"
            folder.mkdir()
            (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
            process.run(
                [
                    *("docker", "buildx", "build", "--platform", real_engine.platform, "--tag", name),
                    *("--output", f"type=oci,dest={archive}", str(folder)),
                ],
                env={**real_engine.environment, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
            )
            assert image_store.contents(real_engine, name) != indexes.contents(archive)
            # It has nothing that could get healthy: taken in place of the other, started, and told of.
            with pytest.raises((Unhealthy, EngineUnavailable)):
                publish.start(real_engine, name, archive, real_engine.platform)
            assert image_store.contents(real_engine, name) == indexes.contents(archive)
        finally:
            image_store.remove(real_engine, name)


@pytest.mark.usefixtures("nothing_left")
def test_both_platforms_for_real(real_engine: Engine, checkout: Checkout, tmp_path: Path) -> None:
    made = driver.existing(real_engine, RECIPES["python-musl"], ARM64)
    if real_engine.platform == ARM64 or (made is None and not os.environ.get("AUTOARR_ARM64")):
        pytest.skip("no base for arm64 here yet, and making one takes minutes: set AUTOARR_ARM64=1 to have it made")
    result = checkout.invoke("release", "--dry-run", "--json", "--output", str(tmp_path / "layout"), timeout=3600)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["platforms"]
    assert tuple(item["platform"] for item in found) == PLATFORMS
    assert all(item["healthy_s"] > 0 and SPDX in item["statements"] for item in found)


@pytest.mark.usefixtures("nothing_left")
def test_a_registry_that_is_not_there(real_engine: Engine, registry: str, tmp_path: Path) -> None:
    nowhere = planned(repository="127.0.0.1:9/team/autoarr")
    made = prepared(real_engine, tmp_path / "made", b"one", nowhere)
    with pytest.raises(RegistryRefused, match="does not answer"):
        publish.push(real_engine, made, tmp_path / "made")
    assert image_store.inspect(real_engine, "127.0.0.1:9/team/autoarr:1.2.3") is None
