"""`invoke updates` builds two releases, and a change of code makes only the application's layer new."""

from __future__ import annotations

import json

import pytest

from automation import bases
from automation.updates.changes import CODE_GOAL
from tests.automation.conftest import Checkout

pytestmark = pytest.mark.usefixtures("nothing_left")
# Half a megabyte that has nothing to do with the application, and is as old as the build.
UNARRANGED = """
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE} AS made
RUN mkdir /out && dd if=/dev/urandom of=/out/dependencies bs=1000 count=600
FROM scratch AS runtime
COPY --from=made /out /opt
COPY autoarr/errors.py /
FROM runtime AS distroless
"""


def test_a_change_of_code_is_a_small_update(repository: Checkout) -> None:
    if bases.DEFAULT_VARIANT != "distroless":
        pytest.skip("the layers of the other variants are not arranged for updates")
    result = repository.invoke("updates", "--only", "code", "--json", timeout=3600)
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert data["variant"] == bases.DEFAULT_VARIANT
    (update,) = data["updates"]
    assert 0 < update["pull_bytes"] < CODE_GOAL
    # More than nothing, and less than all: the two releases are different ones.
    assert update["pull_bytes"] < data["pull_bytes"] / 20


def test_layers_that_change_with_the_date_are_found_out(repository: Checkout) -> None:
    repository.edit("Dockerfile.optimized", lambda text: UNARRANGED)
    result = repository.invoke("updates", "--only", "code", "--json")
    assert result.returncode == 1, result.stderr
    assert "an update costs more than it should" in result.stderr
    assert "0.6 MB COPY /out /opt" in result.stderr
    assert "Traceback" not in result.stderr
    assert json.loads(result.stdout)["updates"][0]["pull_bytes"] > CODE_GOAL
