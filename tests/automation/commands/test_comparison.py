"""`invoke compare` on the real engine: with images of moments in place of the real ones, whole and interrupted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from automation.compare.facts import QUESTIONS
from automation.engine import Engine
from tests.automation.conftest import Checkout

pytestmark = pytest.mark.usefixtures("real_engine", "nothing_left")

# What both files have: inputs whose change costs a step, and an answer on /health.
STEPS = r"""
WORKDIR /srv
COPY requirements.txt ./
RUN --mount=type=cache,target=/kept echo "of $(wc -c < requirements.txt)" > /installed
COPY autoarr ./autoarr
RUN echo ok > health
EXPOSE 8088
CMD ["python", "-m", "http.server", "8088"]
"""
PLAIN = f"ARG PYTHON_IMAGE\nFROM ${{PYTHON_IMAGE}}\n{STEPS}\nRUN cp /bin/sh /bin/ksh && chmod 4755 /bin/ksh\n"
OPTIMIZED = f"ARG PYTHON_IMAGE\nFROM ${{PYTHON_IMAGE}} AS runtime\n{STEPS}"


@pytest.fixture
def small(checkout: Checkout) -> Checkout:
    """A copy with images of moments, as a repository of its own."""
    checkout.edit("Dockerfile", lambda text: PLAIN)
    checkout.edit("Dockerfile.optimized", lambda text: OPTIMIZED)
    subprocess.run(["git", "-C", str(checkout.root), "init", "-q"], check=True)
    return checkout


@pytest.mark.thorough
def test_everything_is_asked_of_every_image(small: Checkout, tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    result = small.invoke("compare", "--variants", "alpine", "--json", "--svg", str(picture))
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    plain, alpine = found["results"]
    assert [plain["name"], alpine["name"]] == ["plain", "alpine"]
    for image in (plain, alpine):
        figures = image["figures"]
        assert set(figures) == {question.name for question in QUESTIONS}
        for name in ("disk", "pull", "layers", "files", "cold", "dependencies", "code", "start", "memory", "resident"):
            assert figures[name]["value"] > 0, name
        assert len(figures["start"]["samples"]) == 5
        assert figures["memory"]["value"] >= figures["resident"]["value"]
    assert "/usr/bin/ksh" in plain["figures"]["setuid"]["names"] + plain["figures"]["shells"]["names"]
    assert not any("ksh" in name for name in alpine["figures"]["shells"]["names"])
    assert plain["figures"]["setuid"]["value"] > alpine["figures"]["setuid"]["value"]
    assert {"platform", "engine", "cores", "commit"} <= set(found["facts"])
    ElementTree.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314 - just written
    # Cold is cold: both installed twice, of which the second time with the changed requirements.
    assert len(re.findall(r"\] RUN --mount=type=cache,target=/kept", result.stderr)) == 4
    assert result.stderr.count("--no-cache") == 2


@pytest.mark.thorough
def test_quick_leaves_cold_builds_out_and_says_so(small: Checkout) -> None:
    result = small.invoke("compare", "--variants", "alpine", "--quick", "--json")
    assert result.returncode == 0, result.stderr
    for image in json.loads(result.stdout)["results"]:
        assert image["figures"]["cold"]["value"] is None
        assert image["figures"]["code"]["value"] > 0
    assert "--no-cache" not in result.stderr
    assert "left out by --quick" in result.stderr


@pytest.mark.parametrize("moment", ["alpine: building it with autoarr/cli.py changed", "turn 1 of"])
def test_an_interrupted_comparison_leaves_nothing(small: Checkout, moment: str) -> None:
    run = small.start("compare", "--variants", "alpine", "--quick")
    assert run.stdout is not None
    seen = ""
    for line in run.stdout:
        seen += line
        if moment in line:
            run.send_signal(signal.SIGINT)
            break
    rest, _ = run.communicate(timeout=60)
    assert run.returncode == 130, seen + rest
    assert "interrupted" in rest
    assert "Traceback" not in rest


@pytest.mark.thorough
def test_an_image_that_does_not_answer_is_a_failure_and_no_figure(small: Checkout) -> None:
    small.edit("Dockerfile.optimized", lambda text: text.replace('"http.server", "8088"', '"planted"'))
    result = small.invoke("compare", "--variants", "alpine", "--quick")
    assert result.returncode == 7, result.stderr
    message = result.stderr[result.stderr.rindex("error: ") :]
    assert "alpine" in message
    assert "No module named planted" in message
    assert "Traceback" not in message


def test_options_are_checked_before_anything_is_built(small: Checkout, real_engine: Engine) -> None:
    for words, text in (
        (("--record", "--quick"), "leave --variants and --quick out"),
        (("--variants", "windows"), "no variant 'windows'"),
        (("--svg", "/no/such/folder/x.svg"), "can't be written"),
    ):
        result = small.invoke("compare", *words)
        assert result.returncode == 2, result.stderr
        assert text in result.stderr
        assert "buildx build" not in result.stderr
