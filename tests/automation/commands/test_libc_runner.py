"""The probes in the images that ship, and the images side by side."""

from __future__ import annotations

import json

import pytest

from automation import bases, containers, image_store, images
from automation.bases import Libc
from automation.engine import Engine
from automation.errors import CheckFailed
from automation.libc import bundle, conformance, differ, reach, runner
from automation.libc.catalogue import BY_PROBE
from automation.libc.probe_report import Answer, ProbeReport
from automation.reports import Check, Verdict

pytestmark = pytest.mark.usefixtures("real_engine")


@pytest.fixture(scope="module")
def reports(real_engine: Engine) -> dict[Libc, ProbeReport]:
    """What the probes answer in each variant."""
    made = {}
    with containers.session(real_engine) as running:
        for variant in (bases.variant("alpine"), bases.variant("slim")):
            if image_store.inspect(real_engine, variant.tag) is None:
                images.build(real_engine, variant)
            if variant.base.libc is not None:
                made[variant.base.libc] = runner.collect(running, variant.tag)
    return made


def told(checks: tuple[Check, ...], verdict: Verdict) -> dict[str, str]:
    return {check.name: check.detail for check in checks if check.verdict is verdict}


@pytest.mark.parametrize("libc", list(Libc))
def test_each_image_does_what_is_known_of_its_libc(libc: Libc, reports: dict[Libc, ProbeReport]) -> None:
    report = reports[libc]
    assert report.libc.startswith(libc)
    checks = conformance.checks(report, libc)
    assert told(checks, Verdict.FAILED) == {}
    # Everything but what depends on a module that a Python may lack is asked in the image that ships.
    assert set(told(checks, Verdict.SKIPPED)) <= {"system.crypt"}
    assert len(told(checks, Verdict.PASSED)) >= len(BY_PROBE) - 1


@pytest.mark.parametrize("libc", list(Libc))
def test_an_altered_answer_fails_for_every_probe(libc: Libc, reports: dict[Libc, ProbeReport]) -> None:
    for name, answer in reports[libc].answers.items():
        if answer.status == "ok":
            assert not conformance.explained(BY_PROBE[name], Answer(status="ok", value={"altered": True}), libc), name
            assert conformance.explained(BY_PROBE[name], answer, libc), name


def test_the_application_reaches_no_harmful_difference(reports: dict[Libc, ProbeReport]) -> None:
    sources = {**reach.application(), **reach.closure()}
    differences = differ.compare(reports[Libc.GLIBC], reports[Libc.MUSL], reach.scan(sources))
    checks = differ.checks(differences)
    assert told(checks, Verdict.FAILED) == {}
    assert len(told(checks, Verdict.PASSED)) > 30
    names = {difference.probe for difference in differences}
    # The differences that people meet.
    assert {"dns.aaaa_nxdomain", "dns.search_dotted", "time.strftime_gnu", "loading.find_library"} <= names


@pytest.mark.usefixtures("nothing_left")
def test_probes_that_can_not_run_say_so(real_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bases.variant(bases.DEFAULT_VARIANT).tag
    with containers.session(real_engine) as running:
        monkeypatch.setattr(bundle, "program", lambda: "import sys; sys.exit('no such luck')")
        with pytest.raises(CheckFailed, match="exit code 1") as caught:
            runner.collect(running, image)
        assert "no such luck" in caught.value.details
        monkeypatch.setattr(bundle, "program", lambda: "print('nonsense')")
        with pytest.raises(CheckFailed, match="something else than a report"):
            runner.collect(running, image)
        monkeypatch.setattr(bundle, "program", lambda: "import time; time.sleep(60)")
        monkeypatch.setattr(runner, "TIMEOUT", 0.2)
        with pytest.raises(CheckFailed, match=r"did not end within 0 s"):
            runner.collect(running, image)


def test_dns_is_skipped_with_its_reason_where_the_stub_is_not_the_server(
    real_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network of the engine's, where Docker answers itself."""
    options = {key: value for key, value in runner.OPTIONS.items() if not key.startswith("dns")}
    monkeypatch.setattr(runner, "OPTIONS", {**options, "network_mode": "bridge"})
    program = bundle.program()
    monkeypatch.setattr(bundle, "program", lambda: f"import sys; sys.argv.append('dns.aaaa_nxdomain'); {program}")
    with containers.session(real_engine) as running:
        report = runner.collect(running, bases.variant(bases.DEFAULT_VARIANT).tag)
    (answer,) = report.answers.values()
    assert answer.status == "skipped"
    assert "does not name the stub's servers" in answer.reason, json.dumps(answer.reason)


def test_a_server_that_answers_otherwise_fails_every_dns_probe(
    real_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probes ask the libc for real: with another address for every name none of their answers stays right."""
    right = "self._replies.get((name, kind), Reply(NXDOMAIN))"
    wrong = "Reply(NOERROR, ((A, '192.0.2.9'),) if kind == A else ())"
    source = bundle.source()
    assert right in source
    monkeypatch.setattr(bundle, "source", lambda: source.replace(right, wrong.replace("'", "\\'")))
    names = sorted(name for name in BY_PROBE if name.startswith("dns.") and name != "dns.no_server")
    program = bundle.program()
    monkeypatch.setattr(bundle, "program", lambda: f"import sys; sys.argv += {names!r}; {program}")
    variant = bases.variant(bases.DEFAULT_VARIANT)
    with containers.session(real_engine) as running:
        report = runner.collect(running, variant.tag)
    assert report.answers["dns.aaaa_empty"].value == ["192.0.2.9"]
    assert variant.base.libc is not None
    checks = [check for check in conformance.checks(report, variant.base.libc) if check.name in names]
    assert len(checks) == len(names) > 20
    assert {check.name for check in checks if check.verdict is not Verdict.FAILED} == set()
