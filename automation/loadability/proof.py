"""The loadability proof: every compiled file of some wheels or an image resolves against the libc it will meet.

Nothing is started. The files are linked on paper, as the loader of that libc would do it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from automation import console, reports
from automation.bases import Libc
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.loadability import closure, image_files, symbols
from automation.loadability.closure import Subject
from automation.loadability.elf import Elf
from automation.loadability.findings import Weight
from automation.loadability.linking import Linker, Target, Tree
from automation.loadability.resolution import Judge, Judged, Minimum
from automation.reports import Check, Verdict
from automation.wheels import targets as wheel_targets

AREA = "symbols"
ARCHITECTURES = ("x86_64", "aarch64")
# What wheels are proved against where there is no image: the C libraries of Alpine 3.20 and newer, and of Debian 12.
DEFAULT_VERSIONS = {Libc.MUSL: "1.2.5", Libc.GLIBC: "2.36"}
DEFAULT_PYTHON = "3.11"
ZLIB = "libz.so.1"
# What a running Python has loaded besides itself, in glibc; what else it may have is not to be relied on.
STARTED = ("libm.so.6", "libc.so.6")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What came of one subject on one target.

    Attributes:
        left_out: what could not be checked, with the reason.
        pure: wheels without a compiled file, which have nothing to prove.
        assumed: what was taken as given, for people.
    """

    subject: str
    target: Target
    judged: tuple[Judged, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    pure: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def minimum(self) -> Minimum | None:
        """The oldest C library that has all that is asked for; None where nothing asks."""
        known = [judged.minimum for judged in self.judged if judged.minimum is not None]
        return max(known, key=lambda found: symbols.number(found.version), default=None)

    @property
    def minimum_libc(self) -> str:
        """That library's version, such as `1.2.4`; `1.2.2 or older` for the oldest that is known; empty for none."""
        if self.minimum is None:
            return ""
        oldest = symbols.musl_versions()[0]
        older = self.target.libc is Libc.MUSL and self.minimum.version == oldest
        return f"{oldest} or older" if older else self.minimum.version

    def checks(self) -> tuple[Check, ...]:
        """A check for each compiled file, each pure wheel, and each thing that could not be looked at."""
        return tuple(
            Check(area=AREA, name=name, verdict=verdict, detail=detail) for name, verdict, detail in self._rows()
        )

    def _rows(self) -> Iterator[tuple[str, Verdict, str]]:
        for judged in self.judged:
            weights = {finding.weight for finding in judged.findings}
            verdict = Verdict.PASSED
            if Weight.FAILURE in weights:
                verdict = Verdict.FAILED
            elif Weight.UNKNOWN in weights:
                verdict = Verdict.SKIPPED
            yield judged.file.label, verdict, "; ".join(finding.detail for finding in judged.findings)
        for name in self.pure:
            yield name, Verdict.PASSED, "no compiled file"
        for name, reason in self.left_out.items():
            yield name, Verdict.SKIPPED, reason

    def as_dict(self) -> dict[str, Any]:
        """For JSON; only files with something to say about are listed with it."""
        rows = self.checks()
        return {
            "subject": self.subject,
            "libc": str(self.target.libc),
            "libc_version": self.target.libc_version,
            "arch": self.target.arch,
            "python": self.target.python,
            "assumed": list(self.assumed),
            "minimum_libc": self.minimum_libc,
            "minimum_because": self.minimum.because if self.minimum else "",
            "files": len(self.judged),
            "undefined_symbols": sum(len(j.file.elf.undefined) for j in self.judged if j.file.elf is not None),
            "counts": {str(verdict): sum(row.verdict is verdict for row in rows) for verdict in Verdict},
            "checks": [{"name": row.name, "verdict": str(row.verdict), "detail": row.detail} for row in rows],
        }


def target_of_wheels(libc: Libc, arch: str, python: str) -> tuple[Target, tuple[str, ...]]:
    """The target that wheels without an image are proved against, and what is assumed of it.

    Raises:
        UsageError: the architecture is not known.
    """
    if arch not in ARCHITECTURES:
        raise UsageError(f"no architecture {arch!r}", hint=f"one of: {', '.join(ARCHITECTURES)}")
    version = DEFAULT_VERSIONS[libc]
    libraries: dict[str, Elf] = {}
    started: list[Elf] = []
    assumed = [f"{libc} {version}"]
    known = symbols.python(arch, python)
    if known is not None:
        started.append(known)
        libraries[str(known.soname)] = known
        assumed.append(f"CPython {python}")
    if libc is Libc.MUSL:
        only = symbols.musl(arch, version)
        libraries[str(only.soname)] = only
        started.append(only)
        # Python's own zlib module needs it, so musllinux wheels may.
        libraries[ZLIB] = replace(symbols.runtime(arch)[ZLIB], needed=())
        assumed.append(ZLIB)
    else:
        own = symbols.glibc(arch, version)
        libraries |= {**symbols.runtime(arch), **own}
        started += [own[name] for name in (*STARTED, symbols.LOADERS["glibc", arch])]
        assumed.append(f"{', '.join(sorted(symbols.runtime(arch)))} of Debian 12")
    target = Target(
        libc=libc,
        arch=arch,
        libc_version=version,
        python=python,
        libraries=libraries,
        started=tuple(started),
        knows_python=known is not None,
    )
    return target, tuple(assumed)


def prove_wheels(folder: Path, libc: Libc, arch: str, python: str = DEFAULT_PYTHON) -> Proof:
    """Prove the wheels of a folder that fit a target; the others are left out, and said to be.

    Raises:
        UsageError: there is no such folder, no wheel in it, or one that is none; or the target is not known.
    """
    target, assumed = target_of_wheels(libc, arch, python)
    platform = closure.platform(libc, arch, DEFAULT_VERSIONS[Libc.GLIBC])
    subject = closure.read_wheels(str(folder), closure.wheels_in(folder), platform, python)
    return _prove(subject, target, assumed)


def prove_closure(libc: Libc, arch: str, python: str = DEFAULT_PYTHON) -> Proof:
    """Prove the wheels that the project's own lock has for a target, fetched by their digests.

    Raises:
        UsageError: the target is not known.
        NetworkUnavailable: a wheel that is not here yet can't be had.
    """
    target, assumed = target_of_wheels(libc, arch, python)
    platform = closure.platform(libc, arch, DEFAULT_VERSIONS[Libc.GLIBC])
    wheels, without = closure.locked(platform, python)
    subject = closure.read_wheels("poetry.lock", wheels, platform, python)
    left_out = {**subject.left_out, **without}
    return _prove(
        Subject(name=subject.name, files=subject.files, pure=subject.pure, left_out=left_out), target, assumed
    )


def _prove(subject: Subject, target: Target, assumed: tuple[str, ...]) -> Proof:
    tree = Tree(files={f.path: f.elf for f in subject.files if f.elf is not None and f.elf.machine == target.arch})
    linker = Linker(tree, target)
    # What a wheel may name in an RPATH: its neighbours, and the folders of the environment that wheels bring files to.
    folders = frozenset(file.path.rpartition("/")[0] for file in subject.files)
    judged = Judge(
        subject.files, lambda _: linker, prefix=closure.site_packages(target.python or DEFAULT_PYTHON), known=folders
    ).judge()
    return Proof(
        subject=subject.name,
        target=target,
        judged=judged,
        left_out=subject.left_out,
        pure=subject.pure,
        assumed=assumed,
    )


def prove_image(engine: Engine, reference: str) -> Proof:
    """Prove every compiled file in an image of the engine, against the image's own libraries.

    Raises:
        UsageError: the engine has no such image.
        CheckFailed: it can't be read.
    """
    image = image_files.read(engine, reference)
    judged = Judge(image.files, image.linker_of, prefix="/", known=image.folders).judge()
    target = image.linkers[image.python or ""].target
    return Proof(
        subject=reference, target=target, judged=judged, assumed=("nothing: every library is the image's own",)
    )


def targets(libc: str, arch: str, known: Iterable[tuple[Libc, str]]) -> list[tuple[Libc, str]]:
    """The known targets that were asked for; empty words ask for all.

    Raises:
        UsageError: a word is not known, or no target fits.
    """
    if libc and libc not in set(Libc):
        raise UsageError(f"no C library {libc!r}", hint=f"one of: {', '.join(Libc)}")
    if arch and arch not in ARCHITECTURES:
        raise UsageError(f"no architecture {arch!r}", hint=f"one of: {', '.join(ARCHITECTURES)}")
    return [(kind, machine) for kind, machine in known if libc in ("", kind) and arch in ("", machine)]


def prove(
    engine: Callable[[], Engine],
    *,
    image: str = "",
    wheels: str = "",
    libc: str = "",
    arch: str = "",
    python: str = DEFAULT_PYTHON,
) -> tuple[Proof, ...]:
    """What `invoke symbols` asks for: an image, a folder of wheels, or by default the locked closure.

    Args:
        engine: gives the engine, asked only for an image.
        libc: `musl` or `glibc`; both where it is empty (of wheels: those that their tags name).
        arch: likewise.

    Raises:
        UsageError: the question makes no sense, or its subject does not exist.
    """
    if image and (wheels or libc or arch):
        raise UsageError("an image has its own libc and architecture", hint="use --image alone")
    every = [(kind, machine) for kind in Libc for machine in ARCHITECTURES]
    asked = targets(libc, arch, every)
    wheel_targets.python(python)
    if image:
        return (prove_image(engine(), image),)
    if wheels:
        folder = Path(wheels)
        named = targets(libc, arch, closure.platforms_of(closure.wheels_in(folder)))
        return tuple(prove_wheels(folder, *target, python) for target in named or asked)
    return tuple(prove_closure(*target, python) for target in asked)


def show(proof: Proof) -> None:
    """The proof for people: what it is about, its sums, and every file that did not pass or has a warning."""
    rows = proof.checks()
    target = proof.target
    because = f" ({proof.minimum.because})" if proof.minimum else ""
    facts = [
        ("target", f"{target.libc} {target.libc_version}, {target.arch}, CPython {target.python or 'none'}"),
        ("taken as given", "; ".join(proof.assumed)),
        ("compiled files", str(len(proof.judged))),
        ("came to", reports.counts(rows)),
        (f"needs {target.libc}", f"{proof.minimum_libc}{because}" if proof.minimum else "not at all"),
    ]
    console.table(f"loadability of {proof.subject}", ("", ""), facts)
    notable = [row for row in rows if row.verdict is not Verdict.PASSED]
    if notable:
        console.table("not passed", ("file", "verdict", "why"), [(r.name, str(r.verdict), r.detail) for r in notable])
    warnings = Counter(
        finding.detail for judged in proof.judged for finding in judged.findings if finding.weight is Weight.WARNING
    )
    if warnings:
        console.table("warnings", ("files", ""), [(str(count), detail) for detail, count in warnings.most_common()])


def require(proof: Proof) -> None:
    """Fail when a file can't be loaded, or when there was nothing that could be checked.

    Raises:
        CheckFailed: with the files.
    """
    rows = proof.checks()
    failed = [row for row in rows if row.verdict is Verdict.FAILED]
    where = f"{proof.subject}, {proof.target.libc} {proof.target.arch}"
    if failed:
        raise CheckFailed(
            f"{len(failed)} of {len(rows)} files are not fit to be loaded",
            where=where,
            hint="take a version of the package that is built for this platform, or report it to its authors",
            details="\n".join(f"{row.name}: {row.detail}" for row in failed),
        )
    if not any(row.verdict is Verdict.PASSED for row in rows):
        raise CheckFailed(
            "nothing could be checked", where=where, details="\n".join(f"{row.name}: {row.detail}" for row in rows)
        )
