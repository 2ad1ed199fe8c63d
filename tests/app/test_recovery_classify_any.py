"""From any message to the class of a failure."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from autoarr.recovery.classify import classify
from tests.app.real_messages import ENOSPC, REAL

pytest.importorskip("hypothesis")

from hypothesis import configuration, given, settings
from hypothesis import strategies as st

# Else it makes a folder in the checkout.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")

BLAMING = ("bad_release", "missing")
FIXED = settings(derandomize=True, database=None, deadline=None)


@FIXED
@given(st.text(), st.sampled_from(["sabnzbd", "sonarr", "radarr"]))
def test_what_is_not_known_is_asked_about(text: str, source: str) -> None:
    known = {said.casefold() for _, _, said, _ in REAL}
    if text.strip().casefold() not in known:
        assert classify(source, text).failure not in BLAMING


PARTS = st.lists(
    st.one_of(st.text(max_size=20), st.sampled_from([text for _, _, text, _ in REAL])), min_size=0, max_size=2
)


@FIXED
@given(
    st.sampled_from(ENOSPC),
    PARTS,
    PARTS,
    st.sampled_from([" ", "", ": ", "; ", " - "]),
    st.sampled_from(["sabnzbd", "sonarr", "radarr"]),
    st.sampled_from([str.lower, str.upper, str]),
)
def test_a_fault_of_the_machine_is_never_held_against_a_release(
    fault: str, before: list[str], after: list[str], between: str, source: str, case: type[str]
) -> None:
    text = case(between.join([*before, fault, *after]))
    assert classify(source, text).failure not in BLAMING
