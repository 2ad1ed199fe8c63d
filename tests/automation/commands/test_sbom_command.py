"""`invoke sbom` as a user runs it: images of an engine, archives, planted defects, indexes that answer or don't."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from automation import bases, image_store
from automation.engine import Engine
from automation.resolver import Resolver
from automation.sbom import attestation, cyclonedx, documents, spdx
from tests.automation import accounted
from tests.automation.advisories import answering
from tests.automation.conftest import Checkout, built

Run = Callable[..., subprocess.CompletedProcess[str]]
# Nothing listens on the port of the discard service: Python's index of advisories does not answer.
SILENT = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}


@pytest.fixture
def image(real_engine: Engine) -> Iterator[Callable[[Mapping[str, bytes]], str]]:
    """Makes an image of files; all are removed again."""
    labels = " ".join(f"{name}={json.dumps(value)}" for name, value in accounted.LABELS.items())
    with ExitStack() as made:

        def make(content: Mapping[str, bytes]) -> str:
            dockerfile = f"FROM scratch\nADD layer.tar /\nLABEL {labels}\n"
            return made.enter_context(built(real_engine, dockerfile, {"layer.tar": accounted.layer(content)}))

        yield make


@pytest.fixture
def sbom(checkout: Checkout, tmp_path: Path) -> Run:
    def run(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return checkout.invoke("sbom", "--output", str(tmp_path / "out"), *words, env=env)

    return run


def answer(done: subprocess.CompletedProcess[str], code: int = 0) -> dict[str, Any]:
    """The JSON of a finished command, whose exit code is as expected."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def test_an_image_of_the_engine_and_the_same_one_as_an_archive(
    image: Callable[[Mapping[str, bytes]], str], sbom: Run, real_engine: Engine, tmp_path: Path, nothing_left: None
) -> None:
    reference, archive = image(accounted.files()), tmp_path / "saved.tar"
    data = answer(sbom("--image", reference, "--no-audit", "--json"))
    assert data["gaps"] == []
    assert data["vulnerabilities"] is None
    assert {one["name"] for one in data["components"]} >= {"one", "two", "three", "autoarr", "openssl", "musl"}
    texts = {kind: Path(path).read_text(encoding="utf-8") for kind, path in data["documents"].items()}
    assert cyclonedx.problems(texts["cyclonedx"]) == []
    assert spdx.problems(json.loads(texts["spdx"])) == []

    image_store.save(real_engine, reference, archive)
    again = answer(sbom("--oci", str(archive), "--no-audit", "--json"))
    assert {kind: Path(path).read_text(encoding="utf-8") for kind, path in again["documents"].items()} == texts
    if real_engine.has_containerd_store:  # others save no manifest
        assert data["digest"] in {one.digest for one in attestation.images(archive)}


def test_a_planted_file_fails_the_command_by_its_name(
    image: Callable[[Mapping[str, bytes]], str], sbom: Run, tmp_path: Path, nothing_left: None
) -> None:
    reference = image({**accounted.files(), "/srv/planted.so": b"whose?"})
    done = sbom("--image", reference, "--no-audit", "--json", "--format", "spdx")
    data = answer(done, code=1)
    assert data["gaps"] == [{"lack": "no owner", "component": "unowned", "details": ["/srv/planted.so"]}]
    assert "/srv/planted.so" in done.stderr.rpartition("error:")[2]
    assert list(data["documents"]) == ["spdx"]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_base_of_somebody_elses_is_told_of_and_fails_when_asked_to(real_engine: Engine, sbom: Run) -> None:
    reference = Resolver(real_engine).resolve(bases.ALPINE).reference
    done = sbom("--image", reference, "--no-audit", "--json")
    data = answer(done)
    assert {"musl", "python"} <= {one["name"] for one in data["components"]}
    if not data["gaps"]:
        pytest.skip("this base lacks nothing")
    assert "--strict makes that an error" in done.stderr
    answer(sbom("--image", reference, "--no-audit", "--json", "--strict"), code=1)


def test_known_vulnerabilities(sbom: Run, tmp_path: Path) -> None:
    """A fix fails, an index that does not answer is an unknown and fails nothing."""
    archive = accounted.archive(tmp_path / "image.tar", accounted.files())
    hole = {
        "id": 1100001,
        "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
        "title": "a hole in vite",
        "severity": "high",
        "vulnerable_versions": "<99.0.0",
        "cwe": [],
    }
    for advisories, code, verdict in (({}, 0, "passed"), ({"vite": [hole]}, 1, "failed")):
        with answering(advisories) as (address, asked):
            done = sbom("--oci", str(archive), "--json", env={**SILENT, "pnpm_config_registry": f"{address}/"})
        found = answer(done, code)["vulnerabilities"]
        assert asked
        verdicts = {f"{one['ecosystem']} {one['scope']}": one["verdict"] for one in found["sources"]}
        assert verdicts == {
            "pypi production": "skipped",
            "pypi development": "skipped",
            "npm production": verdict,
            "npm development": "passed",
        }
        assert [one["outcome"] for one in found["findings"]] == ["has a fix"] * code
        assert ("GHSA-aaaa-bbbb-cccc, fixed in >=99.0.0" in done.stderr) is bool(code)


def test_what_the_command_line_may_not_ask(sbom: Run, tmp_path: Path) -> None:
    for words in (
        ("--image", "autoarr:latest", "--oci", "image.tar"),
        ("--oci", str(tmp_path / "nowhere.tar")),
        ("--format", "xml"),
        ("--oci", str(documents.FOLDER), "--format", "both", "--platform", "linux/s390x"),
    ):
        done = sbom(*words, "--no-audit")
        assert done.returncode in (1, 2), done.stderr
        assert done.stderr.count("error:") == 1
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
