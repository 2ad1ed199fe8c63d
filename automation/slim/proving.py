"""Apply the steps one after the other, each to the image that those before it gave, and ask each image everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from automation import bases, building, console, containers, layers
from automation.bases import Variant
from automation.engine import Engine
from automation.errors import BuildFailed, CheckFailed, Unhealthy, UsageError
from automation.resolver import Resolver
from automation.size.facts import Size
from automation.slim import evidence
from automation.slim.evidence import Evidence
from automation.slim.facts import FROM_SCRATCH, PACKED, Proof, Row, Verdict
from automation.slimming.catalogue import DESCRIPTIONS, Step

# What speaks against a step; any other error speaks of the machine, and ends the proof.
REFUSING = (BuildFailed, CheckFailed, Unhealthy)
NO_CHANGE = "it makes the image smaller neither on disk nor to pull"


def words(steps: Sequence[Step]) -> list[str]:
    """How a build is told which steps to apply.

    BuildKit knows files by their content: two of the same content and one with two names are the same to its cache, so
    the stage that copies them is made anew each time.
    """
    return ["--build-arg", f"SLIM_STEPS={','.join(steps) or 'none'}", "--no-cache-filter", "distroless"]


def chosen(names: str) -> tuple[Step, ...]:
    """The steps of these names with commas between, in the order of the proof; all when there is no name.

    Raises:
        UsageError: there is no such step.
    """
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    unknown = wanted - set(Step)
    if unknown:
        raise UsageError(f"no step {', '.join(sorted(unknown))}", hint=f"one of: {', '.join(Step)}")
    return tuple(step for step in Step if not wanted or step in wanted)


def prove(engine: Engine, variant: Variant, steps: Sequence[Step]) -> Proof:
    """Measure and examine the plain image, then the variant with one more step at a time.

    A step that is refused is left out of the images that follow. Nothing stays but the build cache.

    Args:
        variant: a distroless one.
        steps: those to prove; each is applied to the image with all that come before it.

    Raises:
        UsageError: the variant is not slimmed.
        AutomationError: the plain image can't be built or examined, or the engine went away.
    """
    if not variant.is_distroless:
        raise UsageError(
            f"{variant.name} is not slimmed",
            hint="one of: " + ", ".join(name for name, item in bases.VARIANTS.items() if item.is_distroless),
        )
    containers.sweep(engine)
    resolver = Resolver(engine)
    return _Proving(engine, resolver, variant).run(tuple(steps))


class _Proving:
    """One run: what stays the same from step to step."""

    def __init__(self, engine: Engine, resolver: Resolver, variant: Variant) -> None:
        self.engine, self.resolver, self.variant = engine, resolver, variant
        self.checked: Mapping[str, int] = {}
        # The layer of tests on top of an image is a candidate as well, and takes the variant's own name.
        self.state = replace(variant, name=f"{variant.name}-slimming")

    def run(self, steps: tuple[Step, ...]) -> Proof:
        base = self.resolver.resolve(self.variant.base)
        plain = bases.plain(self.variant.base)
        with containers.candidate(self.engine, replace(plain, name=f"{plain.name}-slimming")) as name:
            console.note(f"{plain.name}: what everything is compared with")
            self._build(plain, name, ())
            plain_size = self._measured(name)
            reference = evidence.gather(self.engine, self.resolver, plain, name)
        rows: list[Row] = []
        kept: list[Step] = []
        before: Size | None = None
        if steps == tuple(Step):
            rows += self._start(reference, plain_size)
            before = rows[-1].size
        for step in Step:
            if step not in steps:
                kept.append(step)
                before = None
                continue
            if before is None:
                before = self._size_of(kept)
            console.note(f"{step}: {DESCRIPTIONS[step]}")
            row = self._row(step, [*kept, step], before, reference)
            rows.append(row)
            if row.verdict is Verdict.KEPT and row.size is not None:
                kept.append(step)
                before = row.size
        facts = {"platform": self.engine.platform, "base": base.kind, "libc": str(self.variant.libc)}
        return Proof(
            variant=self.variant.name,
            facts=facts,
            base=self._measured(base.reference),
            plain=plain_size,
            rows=tuple(rows),
            checked=self.checked,
        )

    def _start(self, reference: Evidence, plain: Size) -> list[Row]:
        """The two rows before the first step: from nothing, and packed."""
        console.note("from nothing, without any step")
        first = self._row(FROM_SCRATCH, (), plain, reference, packed=False)
        if first.size is None:
            return [first]
        packed = self._size_of(())
        # The same files: what was asked of the image before holds for this one.
        saved = first.size - packed
        problems = () if saved.pull > 0 else (NO_CHANGE,)
        return [first, Row(step=PACKED, size=packed, saved=saved, problems=problems)]

    def _row(self, step: str, steps: Sequence[Step], before: Size, reference: Evidence, *, packed: bool = True) -> Row:
        with containers.candidate(self.engine, self.state) as name:
            try:
                self._build(self.variant, name, words(steps), packed=packed)
                size = self._measured(name)
                found = evidence.gather(self.engine, self.resolver, self.variant, name, words(steps))
            except REFUSING as error:
                return Row(step=step, size=None, saved=None, problems=(str(error),))
        return self._judged(step, size, before, found, reference)

    def _judged(self, step: str, size: Size, before: Size, found: Evidence, reference: Evidence) -> Row:
        saved = before - size
        found_problems = evidence.problems(found, reference)
        if saved.disk <= 0 and saved.pull <= 0:
            found_problems = (*found_problems, NO_CHANGE)
        self.checked = found.counts()
        row = Row(step=step, size=size, saved=saved, problems=found_problems)
        change = f"{console.megabytes(saved.disk)} on disk, {console.megabytes(saved.pull)} to pull"
        console.note(f"{step}: {row.verdict}, saves {change}" + "".join(f"\n  {problem}" for problem in row.problems))
        return row

    def _size_of(self, steps: Sequence[Step]) -> Size:
        with containers.candidate(self.engine, self.state) as name:
            self._build(self.variant, name, words(steps))
            return self._measured(name)

    def _build(self, variant: Variant, name: str, extra: Sequence[str], *, packed: bool = True) -> None:
        build = building.build_packed if packed and variant.is_distroless else building.build_plain
        build(self.engine, self.resolver, variant, self.engine.platform, name, extra)

    def _measured(self, image: str) -> Size:
        found = layers.measure(self.engine, image)
        return Size(disk=found.disk_bytes, pull=found.pull_bytes)
