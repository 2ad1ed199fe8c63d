"""`invoke reproduce` on the real engine: the image comes out the same, and what would differ is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automation import image_store
from automation.engine import Engine
from tests.automation.conftest import Checkout, built

pytestmark = pytest.mark.usefixtures("nothing_left")

# The variant of the one stage that a planted Dockerfile has.
PLANTED = "alpine"


def plant(checkout: Checkout, *steps: str) -> None:
    """A Dockerfile of moments, with these steps in its only stage."""
    lines = ["ARG PYTHON_IMAGE", "FROM ${PYTHON_IMAGE} AS runtime", "ARG SOURCE_DATE_EPOCH", *steps]
    checkout.edit("Dockerfile.optimized", lambda text: "\n".join([*lines, ""]))


@pytest.mark.thorough
def test_two_independent_builds_agree(repository: Checkout) -> None:
    result = repository.invoke("reproduce", "--json", timeout=1800)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["same"] is True
    assert found["same_archive"] is True
    # And on another day: nothing of today is in it.
    assert [check["verdict"] for check in found["checks"]] == ["passed"]
    # Both were made, step by step.
    assert result.stderr.count("RUN pnpm build") == 2


def test_what_differs_is_named(repository: Checkout) -> None:
    plant(repository, "RUN date +%s.%N > /stamp && echo same > /same", "COPY LICENSE /", "ENV X=1")
    result = repository.invoke("reproduce", "--json", "--variant", PLANTED)
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    message = result.stderr[result.stderr.rindex("error: ") :]
    assert "/stamp (content) line 1: " in message
    # Its mode is the umask's of whoever cloned it, and its time is older than the commit's, so that it was kept.
    assert "/LICENSE (mode)" in message
    assert "/same" not in message
    found = json.loads(result.stdout)
    assert [(item["name"], item["aspect"]) for item in found["differences"]] == [
        ("/stamp", "content"),
        ("/LICENSE", "mode"),
        ("/LICENSE", "time"),
    ]


def test_a_date_that_both_builds_agree_in_is_found(repository: Checkout) -> None:
    plant(repository, "RUN date +%F > /day")
    result = repository.invoke("reproduce", "--json", "--variant", PLANTED)
    assert result.returncode == 1, result.stderr
    assert json.loads(result.stdout)["same"] is True
    message = result.stderr[result.stderr.rindex("error: ") :]
    assert "carries no date of its build: no" in message
    assert "/day: " in message


def test_two_images_that_are_there(checkout: Checkout, real_engine: Engine, tmp_path: Path) -> None:
    dockerfile = "FROM scratch\nCOPY file /\n"
    archive = tmp_path / "image.tar"
    with (
        built(real_engine, dockerfile, {"file": b"one"}) as first,
        built(real_engine, dockerfile, {"file": b"two"}) as second,
    ):
        image_store.save(real_engine, first, archive)
        for words, code, text in (
            (f"{first},{archive}", 0, "the same image"),
            (f"oci:{archive},{second}", 1, "layer 1 /file (content) line 1: 'one' and 'two'"),
            (f"{first}", 2, "not two images"),
            (f"{first},autoarr:never", 2, "no image autoarr:never"),
            (f"{first},{checkout.root / 'README.md'}", 1, "error: "),
        ):
            result = checkout.invoke("reproduce", "--images", words)
            assert result.returncode == code, result.stderr
            assert text in result.stderr
            assert "Traceback" not in result.stderr
