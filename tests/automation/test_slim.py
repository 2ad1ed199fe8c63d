"""The proof of slimming: what an image says otherwise than the plain one speaks against a step, and a step that is
refused is in no image that follows."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from automation import bases, building, containers, importability, layers, verify
from automation.bases import ALPINE, Base, Variant
from automation.engine import Engine
from automation.errors import AutomationError, BuildFailed, CheckFailed, EngineUnavailable, Stale, Unhealthy, UsageError
from automation.importability import Importability
from automation.layers import ImageSize, Layer
from automation.libc.probe_report import Answer, ProbeReport
from automation.reports import Check
from automation.reports import Verdict as Came
from automation.resolver import Origin, ResolvedBase
from automation.size.facts import Size
from automation.slim import evidence, proving, record
from automation.slim.evidence import NAMED, Evidence
from automation.slim.facts import DESCRIBED, FROM_SCRATCH, ORDER, PACKED, VERSION, Proof, Row, Verdict
from automation.slimming.catalogue import Step, steps

ENGINE = Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")
DISTROLESS = bases.VARIANTS["distroless"]


def check(area: str, name: str, verdict: Came = Came.PASSED) -> Check:
    return Check(area=area, name=name, verdict=verdict, detail=f"{name} {verdict}")


LEFT_OUT = Answer(status="skipped", reason="ModuleNotFoundError: No module named 'curses'")
PLAIN = Evidence(
    modules=Importability(modules=frozenset({"os", "json", "idlelib"}), failed={"idlelib": "tkinter"}),
    openapi="{\n}",
    answers={
        "dns.x": Answer(status="ok", value=1),
        "curses.x": Answer(status="ok", value=2),
        evidence.LISTING: Answer(status="ok", value=["winreg", "tkinter"]),
    },
    checks=(check("tests", "a"), check("tests", "b"), check("components", "bcrypt"), check("symbols", "x.so")),
)


def failing(*names: str) -> Importability:
    return Importability(modules=PLAIN.modules.modules, failed=dict.fromkeys(names, "gone"))


def listing(*missing: str) -> Answer:
    return Answer(status="ok", value=list(missing))


# What speaks against an image.


def test_equal_evidence_has_no_problem() -> None:
    assert evidence.problems(PLAIN, PLAIN) == ()


def test_what_no_image_imports_and_what_is_left_out_is_no_problem() -> None:
    found = replace(
        PLAIN,
        modules=Importability(modules=frozenset({"os"}), failed={"idlelib": "another reason", "idlelib.inner": "gone"}),
        answers={**PLAIN.answers, "curses.x": LEFT_OUT, evidence.LISTING: listing("winreg", "pydoc", "curses")},
    )
    assert evidence.problems(found, PLAIN) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"modules": failing("idlelib", "json")}, "json does not import: gone"),
        ({"openapi": "{}"}, "the OpenAPI document differs"),
        (
            {"answers": {**PLAIN.answers, "dns.x": Answer(status="ok", value=3)}},
            "libc probe dns.x: 3, and 1 in the plain image",
        ),
        (
            {"answers": {**PLAIN.answers, "dns.x": Answer(status="skipped", reason="no network")}},
            "libc probe dns.x: skipped: no network, and 1 in the plain image",
        ),
        (
            {"answers": {**PLAIN.answers, "dns.x": replace(LEFT_OUT, reason="No module named 'socket'")}},
            "libc probe dns.x: skipped: No module named 'socket', and 1 in the plain image",
        ),
        (
            {"answers": {**PLAIN.answers, "dns.x": replace(LEFT_OUT, status="error")}},
            f"libc probe dns.x: error: {LEFT_OUT.reason}, and 1 in the plain image",
        ),
        (
            {"answers": {name: answer for name, answer in PLAIN.answers.items() if name != "dns.x"}},
            "libc probe dns.x: not asked, and 1 in the plain image",
        ),
        (
            {"answers": {**PLAIN.answers, evidence.LISTING: listing("winreg", "tkinter", "curses", "json")}},
            'libc probe system.modules: ["winreg", "tkinter", "curses", "json"], '
            'and ["winreg", "tkinter"] in the plain image',
        ),
        (
            {"answers": {**PLAIN.answers, evidence.LISTING: listing("tkinter")}},
            'libc probe system.modules: ["tkinter"], and ["winreg", "tkinter"] in the plain image',
        ),
        (
            {"answers": {**PLAIN.answers, evidence.LISTING: Answer(status="error", reason="broken")}},
            'libc probe system.modules: error: broken, and ["winreg", "tkinter"] in the plain image',
        ),
        (
            {"answers": {**PLAIN.answers, "new.x": Answer(status="ok", value="a")}},
            'libc probe new.x: "a", and not asked in the plain image',
        ),
        ({"checks": (*PLAIN.checks, check("symbols", "y.so", Came.FAILED))}, "symbols/y.so: y.so failed"),
        ({"checks": (check("tests", "a", Came.FAILED), *PLAIN.checks[1:])}, "tests/a: a failed"),
        ({"checks": PLAIN.checks[1:]}, "tests/a: absent, passed in the plain image"),
        ({"checks": (*PLAIN.checks, check("tests", "c"))}, "tests/c: passed, absent in the plain image"),
        (
            {"checks": (*PLAIN.checks[:2], check("components", "bcrypt", Came.SKIPPED), PLAIN.checks[3])},
            "components/bcrypt: skipped, passed in the plain image",
        ),
    ],
)
def test_each_difference_is_one_problem(changes: dict[str, Any], expected: str) -> None:
    assert evidence.problems(replace(PLAIN, **changes), PLAIN) == (expected,)


def test_checks_of_files_that_only_one_image_has_are_not_compared() -> None:
    assert evidence.problems(replace(PLAIN, checks=PLAIN.checks[:3]), PLAIN) == ()


@pytest.mark.parametrize(("more", "last"), [(0, f"m{NAMED - 1} does not import: gone"), (3, "and 3 more")])
def test_many_problems_are_cut(more: int, last: str) -> None:
    found = evidence.problems(replace(PLAIN, modules=failing(*(f"m{number}" for number in range(NAMED + more)))), PLAIN)
    assert len(found) == NAMED + bool(more)
    assert found[-1] == last


def test_what_was_asked_is_counted() -> None:
    counts = replace(PLAIN, checks=(*PLAIN.checks, check("tests", "c", Came.SKIPPED))).counts()
    assert counts == {"modules": 2, "lines of OpenAPI": 2, "tests": 2, "components": 1, "symbols": 1}
    assert evidence.summary({"modules": 2456, "tests": 229}) == "2456 modules, 229 tests"


class Container:
    """One that printed something and ended."""

    def __init__(self, code: int, said: bytes) -> None:
        self.code, self.said = code, said

    def wait(self, timeout: float) -> dict[str, int]:
        return {"StatusCode": self.code}

    def logs(self, *, stdout: bool = True, stderr: bool = True, tail: int | None = None) -> bytes:
        return self.said if not stderr else b"mixed: " + self.said


class Session(containers.Session):
    """One in which every container is the same."""

    def __init__(self, container: Container) -> None:
        self.container = container

    def start(self, image: str, **options: Any) -> Any:
        assert options["command"] == ["python", "-c", evidence.OPENAPI]
        assert options["read_only"]
        return self.container


def asked(monkeypatch: pytest.MonkeyPatch, container: Container) -> Evidence:
    """What is gathered of an image that prints its API's description like this."""

    def examine(*words: Any, promises: bool, thorough: bool, extra: Sequence[str]) -> tuple[list[Check], ProbeReport]:
        assert not promises
        assert thorough
        assert extra == ["--build-arg"]
        return list(PLAIN.checks), ProbeReport(subject="x", python="3.11.2", libc="musl", answers=PLAIN.answers)

    @contextmanager
    def session(engine: Engine) -> Iterator[containers.Session]:
        yield Session(container)

    monkeypatch.setattr(verify, "examine", examine)
    monkeypatch.setattr(importability, "ask", lambda running, image: PLAIN.modules)
    monkeypatch.setattr(containers, "session", session)
    resolver: Any = None
    return evidence.gather(ENGINE, resolver, DISTROLESS, "x:1", ["--build-arg"])


def test_an_image_is_asked_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, Container(0, b"{\n}")) == PLAIN


def test_an_image_that_does_not_print_its_api(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckFailed, match="exit code 3") as caught:
        asked(monkeypatch, Container(3, b"no module"))
    assert caught.value.details == "mixed: no module"


# The steps.


def test_steps_by_their_names() -> None:
    assert proving.chosen("") == tuple(Step)
    assert proving.chosen(" strip, bytecode,,") == (Step.BYTECODE, Step.STRIP)
    with pytest.raises(UsageError, match="no step sleep, zap") as caught:
        proving.chosen("strip,zap,sleep")
    assert "never-code" in caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "said"), [((), "none"), ((Step.STRIP,), "strip"), ((Step.BYTECODE, Step.STRIP), "bytecode,strip")]
)
def test_the_build_takes_the_words_for_the_same_steps(wanted: tuple[Step, ...], said: str) -> None:
    flag, argument, *afresh = proving.words(wanted)
    assert (flag, argument) == ("--build-arg", f"SLIM_STEPS={said}")
    assert afresh == ["--no-cache-filter", DISTROLESS.target]
    assert steps(said) == frozenset(wanted)


# Proofs, on images that are nothing but figures.

MB = 1_000_000
BASE, PLAIN_SIZE = Size(disk=50 * MB, pull=20 * MB), Size(disk=300 * MB, pull=100 * MB)
SCRATCH, PACKED_SIZE = Size(disk=200 * MB, pull=80 * MB), Size(disk=200 * MB, pull=60 * MB)
SAVES = Size(disk=2_250_000, pull=MB)


@dataclass
class World:
    """What the engine would have.

    Attributes:
        saves: what a step saves where it is not SAVES.
        wrong: the steps after which an image says something else.
        unbuilt, unasked: what building or asking an image with a step raises.
        built: the name of the variant and its steps, for each build; None for the plain image and the unpacked one.
        names: the names that are taken now.
    """

    saves: dict[Step, Size] = field(default_factory=dict)
    wrong: frozenset[Step] = frozenset()
    unbuilt: dict[Step, AutomationError] = field(default_factory=dict)
    unasked: dict[Step | None, AutomationError] = field(default_factory=dict)
    built: list[tuple[str, tuple[Step, ...] | None]] = field(default_factory=list)
    sizes: dict[str, Size] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    swept: int = 0

    def size(self, applied: Sequence[Step]) -> Size:
        saved = [self.saves.get(step, SAVES) for step in applied]
        return Size(
            disk=PACKED_SIZE.disk - sum(one.disk for one in saved),
            pull=PACKED_SIZE.pull - sum(one.pull for one in saved),
        )

    def build_packed(
        self, engine: Engine, resolver: object, variant: Variant, platform: str, name: str, extra: Sequence[str]
    ) -> None:
        wanted = steps(extra[1].removeprefix("SLIM_STEPS="))
        applied = tuple(step for step in Step if step in wanted)
        self.built.append((variant.name, applied))
        for step in applied:
            if step in self.unbuilt:
                raise self.unbuilt[step]
        self.sizes[name] = self.size(applied)

    def build_target(
        self,
        engine: Engine,
        resolver: object,
        variant: Variant,
        *,
        target: str,
        platform: str,
        outputs: list[str],
        tags: list[str],
        root: Path,
        extra: Sequence[str],
    ) -> None:
        assert target == variant.target
        assert list(extra) == (proving.words(()) if variant.is_distroless else [])
        self.built.append((variant.name, None))
        self.sizes[tags[0]] = SCRATCH if variant.is_distroless else PLAIN_SIZE

    def gather(
        self, engine: Engine, resolver: object, chosen: Variant, image: str, extra: Sequence[str] = ()
    ) -> Evidence:
        assert image in self.names
        applied = steps(extra[1].removeprefix("SLIM_STEPS=")) if extra else frozenset()
        for step in applied or ({None} if chosen.is_distroless else ()):
            if step in self.unasked:
                raise self.unasked[step]
        return replace(PLAIN, openapi="changed") if applied & self.wrong else PLAIN

    def measure(self, engine: Engine, image: str) -> ImageSize:
        found = BASE if image == "base:1" else self.sizes[image]
        return ImageSize(layers=(Layer(digest="sha256:1", disk_bytes=found.disk, pull_bytes=found.pull),))

    @contextmanager
    def candidate(self, engine: Engine, variant: Variant) -> Iterator[str]:
        name = f"candidate:{variant.name}"
        assert name not in self.names
        self.names.add(name)
        try:
            yield name
        finally:
            self.names.remove(name)
            self.sizes.pop(name, None)

    def sweep(self, engine: Engine) -> int:
        self.swept += 1
        return 0


class Resolver:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def resolve(self, base: Base) -> ResolvedBase:
        return ResolvedBase(
            base=base,
            reference="base:1",
            origin=Origin.REGISTRY,
            official=True,
            platform=self.engine.platform,
            digest="sha256:2",
            python="3.11.2",
        )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(building, "build_packed", made.build_packed)
    monkeypatch.setattr(building, "build_target", made.build_target)
    monkeypatch.setattr(layers, "measure", made.measure)
    monkeypatch.setattr(evidence, "gather", made.gather)
    monkeypatch.setattr(containers, "candidate", made.candidate)
    monkeypatch.setattr(containers, "sweep", made.sweep)
    monkeypatch.setattr(proving, "Resolver", Resolver)
    return made


def prove(wanted: Sequence[Step] = tuple(Step)) -> Proof:
    return proving.prove(ENGINE, DISTROLESS, wanted)


def by_step(proof: Proof) -> Mapping[str, Row]:
    assert len({row.step for row in proof.rows}) == len(proof.rows)
    return {row.step: row for row in proof.rows}


def test_a_proof_has_a_row_for_each_step_in_its_order(world: World) -> None:
    proof = prove()
    assert tuple(row.step for row in proof.rows) == ORDER
    assert (proof.variant, proof.base, proof.plain, proof.refused) == ("distroless", BASE, PLAIN_SIZE, ())
    assert proof.facts == {"platform": "linux/amd64", "base": ALPINE.image, "libc": "musl"}
    first, second, *rest = proof.rows
    assert (first.size, first.saved) == (SCRATCH, Size(disk=100 * MB, pull=20 * MB))
    assert (second.size, second.saved) == (PACKED_SIZE, Size(disk=0, pull=20 * MB))
    for number, row in enumerate(rest, 1):
        assert (row.size, row.saved) == (world.size(tuple(Step)[:number]), SAVES)
    saved = [row.saved for row in proof.rows if row.saved is not None]
    assert PLAIN_SIZE.disk - sum(one.disk for one in saved) == world.size(tuple(Step)).disk
    assert proof.checked == PLAIN.counts()


def test_each_image_has_one_step_more_and_none_stays(world: World) -> None:
    prove()
    state = "distroless-slimming"
    assert world.built == [
        (bases.plain(ALPINE).name, None),
        (DISTROLESS.name, None),
        *((DISTROLESS.name, tuple(Step)[:number]) for number in range(len(Step) + 1)),
    ]
    assert world.names == set()
    assert state not in bases.VARIANTS
    assert world.swept == 1


def refused(world: World, step: Step, reason: str) -> Row:
    """The row of a step that all others follow without."""
    rows = by_step(prove())
    assert {name for name, row in rows.items() if row.verdict is Verdict.REFUSED} == {step}
    assert rows[step].problems == (reason,)
    place = list(Step).index(step)
    kept = tuple(other for other in Step if other is not step)
    assert [applied for _, applied in world.built if applied is not None and step in applied] == [
        tuple(Step)[: place + 1]
    ]
    assert world.built[-1] == (DISTROLESS.name, kept)
    assert rows[tuple(Step)[-1]].size == world.size(kept)
    for other in kept:
        assert rows[other].saved == world.saves.get(other, SAVES)
    return rows[step]


def test_a_step_that_changes_what_the_image_says_is_refused(world: World) -> None:
    world.wrong = frozenset({Step.BRANCHES})
    row = refused(world, Step.BRANCHES, "the OpenAPI document differs")
    assert row.saved == SAVES


@pytest.mark.parametrize("kind", [BuildFailed, CheckFailed, Unhealthy])
@pytest.mark.parametrize("when", ["unbuilt", "unasked"])
def test_a_step_without_a_working_image_is_refused(world: World, when: str, kind: type[AutomationError]) -> None:
    getattr(world, when)[Step.STRIP] = kind("it broke", where="here")
    row = refused(world, Step.STRIP, "it broke\n  where: here")
    assert (row.size, row.saved) == (None, None)


@pytest.mark.parametrize("saved", [Size(disk=0, pull=0), Size(disk=-5, pull=-5)])
def test_a_step_that_saves_nothing_is_refused(world: World, saved: Size) -> None:
    world.saves[Step.DEFERRED] = saved
    assert refused(world, Step.DEFERRED, proving.NO_CHANGE).saved == saved


@pytest.mark.parametrize("saved", [Size(disk=0, pull=1), Size(disk=1, pull=-1)])
def test_a_step_that_saves_on_one_side_stays(world: World, saved: Size) -> None:
    world.saves[Step.COMPRESSED] = saved
    proof = prove()
    assert proof.refused == ()
    assert by_step(proof)[Step.COMPRESSED].saved == saved


@pytest.mark.parametrize("when", ["unbuilt", "unasked"])
def test_an_engine_that_went_away_ends_the_proof(world: World, when: str) -> None:
    getattr(world, when)[Step.METADATA] = EngineUnavailable("gone")
    with pytest.raises(EngineUnavailable):
        prove()
    assert world.names == set()
    steps = list(Step)
    assert world.built[-1] == (DISTROLESS.name, tuple(steps[: steps.index(Step.METADATA) + 1]))


@pytest.mark.parametrize("name", ["alpine", "slim", "debug"])
def test_only_distroless_variants_are_slimmed(world: World, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is not slimmed") as caught:
        proving.prove(ENGINE, bases.VARIANTS[name], tuple(Step))
    assert caught.value.hint == "one of: distroless, distroless-slim"
    assert world.built == []


def test_an_image_from_nothing_that_does_not_work_is_refused(world: World) -> None:
    world.unasked[None] = Unhealthy("it does not start")
    proof = prove()
    assert [row.step for row in proof.rows] == [FROM_SCRATCH, *Step]
    assert (proof.rows[0].size, proof.rows[0].problems) == (None, ("it does not start",))
    # What follows is measured against the image without any step all the same.
    assert by_step(proof)[Step.NEVER_CODE].saved == SAVES


def test_some_steps_are_proved_on_top_of_all_that_come_before(world: World) -> None:
    order = tuple(Step)
    place = order.index(Step.STRIP)
    proof = prove((Step.STRIP,))
    assert [(row.step, row.size, row.saved) for row in proof.rows] == [
        (Step.STRIP, world.size(order[: place + 1]), SAVES)
    ]
    assert world.built[1:] == [(DISTROLESS.name, order[:place]), (DISTROLESS.name, order[: place + 1])]


def test_a_refused_step_is_not_below_one_that_is_proved_later(world: World) -> None:
    world.wrong = frozenset({Step.METADATA})
    proof = prove((Step.METADATA, Step.STRIP))
    assert [(row.step, row.verdict) for row in proof.rows] == [
        (Step.METADATA, Verdict.REFUSED),
        (Step.STRIP, Verdict.KEPT),
    ]
    below = tuple(step for step in tuple(Step)[: list(Step).index(Step.STRIP)] if step is not Step.METADATA)
    assert world.built[-2:] == [(DISTROLESS.name, below), (DISTROLESS.name, (*below, Step.STRIP))]
    assert proof.rows[1].saved == SAVES


# The record, its page and its picture.


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the record and the picture."""
    monkeypatch.setattr(record, "RECORD", tmp_path / "slimming.json")
    monkeypatch.setattr(record, "PICTURE", tmp_path / "slimming.svg")
    return tmp_path


def test_a_proof_with_a_refused_step_is_not_recorded(world: World, kept: Path) -> None:
    world.wrong = frozenset({Step.BRANCHES})
    with pytest.raises(CheckFailed, match=f"1 of {len(ORDER)} steps may not stay") as caught:
        record.write(prove())
    assert caught.value.details == "branches: the OpenAPI document differs"
    assert list(kept.iterdir()) == []


def test_a_part_of_a_proof_is_not_recorded(world: World, kept: Path) -> None:
    proof = prove((Step.STRIP,))
    record.require(proof)
    with pytest.raises(CheckFailed, match="steps are missing") as caught:
        record.write(proof)
    assert caught.value.details.splitlines() == [name for name in ORDER if name != Step.STRIP]
    assert list(kept.iterdir()) == []


def test_a_proof_is_recorded_with_its_picture(world: World, kept: Path) -> None:
    proof = prove()
    record.write(proof)
    assert sorted(path.name for path in kept.iterdir()) == ["slimming.json", "slimming.svg"]
    assert record.load() == json.loads(json.dumps(proof.as_dict()))
    assert record.load()["version"] == VERSION
    assert record.PICTURE.read_text(encoding="utf-8") == record.picture(record.load())


def test_the_last_steps_alone_complete_a_record(world: World, kept: Path) -> None:
    record.write(prove())
    world.saves[Step.COMPRESSED] = Size(disk=3 * MB, pull=0)
    again = prove(tuple(Step)[-2:])
    record.write(again)
    assert record.load()["rows"] == json.loads(json.dumps(prove().as_dict()))["rows"]


def test_the_last_steps_of_other_images_do_not(world: World, kept: Path) -> None:
    record.write(prove())
    before = record.RECORD.read_bytes()
    world.saves[Step.METADATA] = Size(disk=3 * MB, pull=0)
    with pytest.raises(CheckFailed, match="others than the recorded ones"):
        record.write(prove(tuple(Step)[-2:]))
    assert record.RECORD.read_bytes() == before


def test_the_last_steps_without_a_record_are_stale(world: World, kept: Path) -> None:
    with pytest.raises(Stale, match="no record"):
        record.write(prove(tuple(Step)[-1:]))


def without_last(data: dict[str, Any]) -> None:
    del data["rows"][-1]


def turned(data: dict[str, Any]) -> None:
    data["rows"].reverse()


def other_step(data: dict[str, Any]) -> None:
    data["rows"][3]["step"] = "zap"


def refused_step(data: dict[str, Any]) -> None:
    data["rows"][3]["verdict"] = "refused"


def other_version(data: dict[str, Any]) -> None:
    data["version"] = VERSION + 1


@pytest.mark.parametrize("change", [without_last, turned, other_step, refused_step, other_version])
def test_a_record_of_something_else_is_stale(
    world: World, kept: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    data = json.loads(json.dumps(prove().as_dict()))
    record.RECORD.write_text(json.dumps(data), encoding="utf-8")
    assert record.load() == data
    change(data)
    record.RECORD.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(Stale) as caught:
        record.load()
    assert caught.value.hint == record.AGAIN


def test_no_record_is_stale(kept: Path) -> None:
    with pytest.raises(Stale, match="no record"):
        record.page()


def test_the_page_has_a_row_for_each_step(world: World, kept: Path) -> None:
    proof = prove()
    record.write(proof)
    page = record.page()
    assert page == record.page(proof.as_dict())
    table, _, below = page.partition("\n\n")
    lines = table.splitlines()
    assert lines[0] == "| step | what it does | on disk | saved | to pull | saved | verdict |"
    assert lines[2] == "|  | the plain image | 300.00 MB |  | 100.00 MB |  |  |"
    assert (
        lines[3]
        == f"| `{FROM_SCRATCH}` | {DESCRIBED[FROM_SCRATCH]} | 200.00 MB | 100.00 MB | 80.00 MB | 20.00 MB | kept |"
    )
    assert lines[4] == f"| `{PACKED}` | {DESCRIBED[PACKED]} | 200.00 MB | 0.00 MB | 60.00 MB | 20.00 MB | kept |"
    assert lines[5] == f"| `never-code` | {DESCRIBED['never-code']} | 197.75 MB | 2.25 MB | 59.00 MB | 1.00 MB | kept |"
    assert [line.split("`")[1] for line in lines[3:]] == list(ORDER)
    assert "The bare base has 50.00 MB on disk, 20.00 MB to pull (python:3.11-alpine, linux/amd64)." in below
    assert "2 modules, 2 lines of OpenAPI, 2 tests, 1 components, 1 symbols (counted in the last image)" in below


def test_the_picture_shows_every_state_and_the_bare_base(world: World) -> None:
    root = ElementTree.fromstring(record.picture(prove().as_dict()))  # noqa: S314 - ours
    said = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for name in ("plain", *ORDER):
        assert said.count(name) == 2, name
    for words in ("300.0 MB", "100.0 MB", "197.8 MB", "bare base 50.0 MB", "bare base 20.0 MB"):
        assert words in said
    assert "platform linux/amd64 · base python:3.11-alpine · libc musl" in said


def test_a_refused_step_without_a_size_is_shown(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.unbuilt[Step.STRIP] = BuildFailed("it broke")
    data = prove().as_dict()
    capsys.readouterr()
    record.show(data)
    said = capsys.readouterr().err
    title = "distroless, step by step (platform linux/amd64, base python:3.11-alpine, libc musl)"
    assert " ".join(said.split()).startswith(title)
    shown = {name: sizes for name, *sizes in ([cell.strip() for cell in line.split("│")] for line in said.splitlines())}
    assert shown["strip"] == ["", "", "", "", "refused"]
    assert shown[PACKED] == ["200.00 MB", "0.00 MB", "60.00 MB", "20.00 MB", "kept"]
    assert set(ORDER) <= shown.keys()
