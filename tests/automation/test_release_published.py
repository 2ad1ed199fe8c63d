from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automation import registry
from automation.errors import CheckFailed, RegistryRefused, UsageError
from automation.release import index as indexes
from automation.release import publish, published
from automation.release.index import VERSION_LABEL, Index
from automation.release.versions import parse
from automation.sbom import attestation
from automation.sbom.attestation import SPDX, Attestation
from tests.automation.oci import archive
from tests.automation.test_images import ENGINE

NAME = "r.example/team/autoarr:1.2.3"
PROVENANCE = "https://slsa.dev/provenance/v0.2"


class Registry:
    """A registry that holds one index under every name, or refuses."""

    def __init__(self, content: bytes, *, stated: dict[str, Any], refusal: RegistryRefused | None = None) -> None:
        self.content, self.statements, self.refusal = content, stated, refusal

    def manifest(self, engine: object, reference: str) -> bytes:
        if self.refusal:
            raise self.refusal
        return self.content

    def stated(self, engine: object, reference: str, what: str) -> Any:
        return self.statements.get(what, {})


@pytest.fixture
def pushed(tmp_path: Path) -> Index:
    """An index of two platforms with statements about both."""
    archives = []
    for machine in ("amd64", "arm64"):
        digest = archive(tmp_path / "plain.tar", f"linux/{machine}", content=machine.encode())
        kinds = [Attestation(predicate_type=kind, predicate={}) for kind in (PROVENANCE, SPDX)]
        attestation.attach(tmp_path / "plain.tar", tmp_path / f"{machine}.tar", {digest: kinds})
        archives.append(tmp_path / f"{machine}.tar")
        (tmp_path / "plain.tar").unlink()
        (tmp_path / "plain.layout").rename(tmp_path / f"{machine}.layout")
    return indexes.merge(archives, tmp_path / "layout")


@pytest.fixture
def holding(pushed: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the registry hold the index pushed, with this changed."""
    content = (tmp_path / "layout" / "blobs" / pushed.digest.replace(":", "/")).read_bytes()

    def make(
        change: Callable[[dict[str, Any]], object] | None = None,
        *,
        without: str = "",
        refusal: RegistryRefused | None = None,
    ) -> None:
        data = json.loads(content)
        if change is not None:
            change(data)
        platforms = {"linux/amd64": {"x": 1}, "linux/arm64": {"x": 1}}
        stated = {what: dict(platforms) for what in ("Provenance", "SBOM")}
        if without:
            what, platform = without.split(" ")
            del stated[what][platform]
        fake = Registry(json.dumps(data).encode() if change else content, stated=stated, refusal=refusal)
        monkeypatch.setattr(registry, "manifest", fake.manifest)
        monkeypatch.setattr(registry, "stated", fake.stated)

    return make


def test_what_was_pushed_is_there(pushed: Index, holding: Callable[..., None]) -> None:
    holding()
    published.require(ENGINE, NAME, pushed)


def test_another_index_is_noticed(pushed: Index, holding: Callable[..., None]) -> None:
    holding(lambda data: data["manifests"].pop())
    with pytest.raises(CheckFailed, match="another index"):
        published.require(ENGINE, NAME, pushed)


@pytest.mark.parametrize("without", ["Provenance linux/arm64", "SBOM linux/amd64"])
def test_a_statement_that_does_not_arrive_is_noticed(pushed: Index, holding: Callable[..., None], without: str) -> None:
    holding(without=without)
    with pytest.raises(CheckFailed, match=f"gives no {without.replace(' ', ' of ')}"):
        published.require(ENGINE, NAME, pushed)


def test_a_published_version_stays_what_it_is(pushed: Index, holding: Callable[..., None]) -> None:
    holding()
    published.require_unchanged(ENGINE, NAME, pushed)
    # New statements about the same images are no change: a push that broke off can be completed.
    holding(lambda data: data["manifests"].pop())
    published.require_unchanged(ENGINE, NAME, pushed)
    holding(lambda data: data["manifests"][0].update(digest="sha256:" + "0" * 64))
    with pytest.raises(CheckFailed, match="published already"):
        published.require_unchanged(ENGINE, NAME, pushed)


@pytest.mark.parametrize(
    ("there", "ours", "kept"),
    [
        ("2.0.0", "1.2.4", "2.0.0"),
        ("1.10.0", "1.9.0", "1.10.0"),
        ("1.2.3", "1.2.4", None),
        ("1.2.3", "1.2.3", None),
        ("1.2.3rc1", "1.2.3", None),
        ("nightly", "1.2.3", None),
        ("", "1.2.3", None),
    ],
)
def test_a_moving_tag_never_goes_back(holding: Callable[..., None], there: str, ours: str, kept: str | None) -> None:
    holding(lambda data: data.setdefault("annotations", {}).update({VERSION_LABEL: there}))
    assert published.newer(ENGINE, NAME, parse(ours)) == kept


@pytest.mark.parametrize("said", ["manifest unknown: not found", "denied: insufficient scope"])
def test_a_name_that_is_not_there_yet(pushed: Index, holding: Callable[..., None], said: str) -> None:
    holding(refusal=RegistryRefused("no", details=said))
    assert published.existing(ENGINE, NAME) is None
    published.require_unchanged(ENGINE, NAME, pushed)
    with pytest.raises(RegistryRefused):
        published.require(ENGINE, NAME, pushed)


def test_a_registry_that_does_not_answer_is_noticed_before_the_push(holding: Callable[..., None]) -> None:
    holding(refusal=RegistryRefused("no", details="dial tcp 127.0.0.1:9: connect: connection refused"))
    with pytest.raises(RegistryRefused):
        published.existing(ENGINE, NAME)


def test_where_a_layout_goes(tmp_path: Path) -> None:
    publish.check_output(None)
    publish.check_output(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    publish.check_output(tmp_path / "empty")
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file", tmp_path / "none" / "new"):
        with pytest.raises(UsageError, match="OCI layout"):
            publish.check_output(place)
