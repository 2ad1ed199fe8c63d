"""Make an image's documents, say what they lack, and attach them to the image."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from automation import console, layers, ownership, paths
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.sbom import attestation, bill, cyclonedx, embedded, gaps, spdx
from automation.sbom.attestation import Attestation
from automation.sbom.bill import Bill
from automation.sbom.gaps import Gap

DEFAULT_IMAGE = "autoarr:latest"
FOLDER = paths.ROOT / "reports"
CHUNK = 1 << 20
SHOWN = 5


class Format(StrEnum):
    """A kind of document."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


PREDICATES = {Format.SPDX: attestation.SPDX, Format.CYCLONEDX: attestation.CYCLONEDX}
ENDINGS = {Format.CYCLONEDX: "cdx.json", Format.SPDX: "spdx.json"}


@dataclass(frozen=True, kw_only=True)
class Account:
    """An image accounted for: its bill, what it lacks, and where its documents are."""

    reference: str
    bill: Bill
    gaps: tuple[Gap, ...]
    written: Mapping[Format, Path]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "image": self.reference,
            "digest": self.bill.digest,
            "platform": self.bill.platform,
            "components": [
                {
                    **asdict(part.component),
                    "files": len(part.files),
                    "links": len(part.links),
                    "embedded": len(part.embedded),
                    "licence_texts": list(gaps.texts(part, self.bill)),
                }
                for part in self.bill.parts
            ],
            "gaps": [asdict(gap) for gap in self.gaps],
            "documents": {str(kind): str(path) for kind, path in self.written.items()},
        }


def formats(word: str) -> tuple[Format, ...]:
    """What `--format` asks for.

    Raises:
        UsageError: neither `both` nor a format.
    """
    if word == "both":
        return tuple(Format)
    if word not in tuple(Format):
        raise UsageError(f"no format {word!r}", hint=f"there are {', '.join(Format)} and both")
    return (Format(word),)


def make(
    engine: Callable[[], Engine],
    *,
    image: str = "",
    oci: str = "",
    platform: str = "",
    kinds: tuple[Format, ...] = tuple(Format),
    output: Path = FOLDER,
) -> Account:
    """Account for an image and write its documents.

    Args:
        engine: gives the engine; only called when the image is in one.
        oci: an archive or a folder instead, in OCI layout or of `docker save`.
        output: the folder for the documents, made when there is none.

    Raises:
        UsageError: both are named, or there is none of that name, or an output that is no folder.
        CheckFailed: the image is broken, or a document would not be valid. Nothing is written then.
    """
    if image and oci:
        raise UsageError("--image and --oci name two images", hint="give one of them")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is no folder", hint="name a folder for the documents")
    reference = oci or image or DEFAULT_IMAGE
    with console.step(f"reading {reference}"):
        if oci:
            account = of_archive(Path(oci).expanduser(), platform=platform or None)
        else:
            with layers.saved(engine(), reference) as archive:
                account = of_archive(archive, platform=platform or None)
        texts = {kind: render(account.bill, kind) for kind in kinds}
    stem = re.sub(r"[^\w.]+", "-", Path(oci).stem if oci else reference).strip("-.") or "image"
    written = {kind: output / f"{stem}.{ENDINGS[kind]}" for kind in kinds}
    output.mkdir(parents=True, exist_ok=True)
    for kind, path in written.items():
        _write(path, texts[kind])
    return replace(account, reference=reference, written=written)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def of_archive(archive: Path, *, platform: str | None = None) -> Account:
    """Account for an image in an archive; no documents are written.

    Raises:
        UsageError, CheckFailed: as :func:`automation.layers.view`.
    """
    view = layers.view(archive, _sha1, platform=platform, keep=wanted)
    found = bill.make(view, ownership.owners(view.contents))
    return Account(reference=str(archive), bill=found, gaps=gaps.find(found), written={})


def wanted(path: str) -> bool:
    """Whether the content of a file is needed to make a bill."""
    return ownership.wanted(path) or embedded.wanted(path)


def _sha1(path: str, stream: IO[bytes]) -> str:
    """SPDX demands it of every file."""
    digest = hashlib.sha1(usedforsecurity=False)
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def render(found: Bill, kind: Format) -> str:
    """A document's text, of a document that the format's own validator accepts.

    Raises:
        CheckFailed: it does not.
    """
    part = bill.sample(found)
    if kind is Format.SPDX:
        data, problems = spdx.document(found), spdx.problems(spdx.document(part))
    else:
        data, problems = cyclonedx.document(found), cyclonedx.problems(json.dumps(cyclonedx.document(part)))
    if problems:
        raise CheckFailed(f"the {kind} document is not valid", details="\n".join(problems))
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def attestations(found: Bill) -> tuple[Attestation, ...]:
    """An image's documents as statements about it, for :func:`automation.sbom.attestation.attach`.

    Raises:
        CheckFailed: a document would not be valid.
    """
    return tuple(
        Attestation(predicate_type=address, predicate=json.loads(render(found, kind)))
        for kind, address in PREDICATES.items()
    )


def show(account: Account) -> None:
    """For people: the components, what is missing, and where the documents are."""
    parts = account.bill.parts
    console.table(
        f"{account.reference} ({account.bill.platform})",
        ("component", "version", "licence", "files", "embedded"),
        [
            (
                f"{part.component.name} ({part.component.kind})",
                part.component.version,
                part.component.licence,
                str(len(part.files) + len(part.links)),
                str(len(part.embedded) or ""),
            )
            for part in parts
        ],
    )
    if account.gaps:
        console.table("missing", ("component", "what", ""), [_row(gap) for gap in account.gaps])
    files, links = sum(len(part.files) for part in parts), sum(len(part.links) for part in parts)
    console.note(f"{files} files and {links} links belong to {len(parts)} components")
    for path in account.written.values():
        console.note(f"written: {path}")


def require(account: Account, *, strict: bool = False) -> None:
    """Nothing is missing. An image that does not describe itself is built on somebody else's; it is only told of.

    Args:
        strict: ask it of any image.

    Raises:
        CheckFailed: something is.
    """
    if not account.gaps:
        return
    count = f"{len(account.gaps)} things are missing to account for {account.reference}"
    if not strict and not account.bill.describes_itself:
        console.warning(f"{count}; --strict makes that an error")
        return
    raise CheckFailed(
        count,
        hint="name owners in the image's inventory, and ship licence texts in /usr/share/licenses/NAME",
        details="\n".join(
            ": ".join(filter(None, (gap.component, str(gap.lack), _row(gap)[2]))) for gap in account.gaps
        ),
    )


def _row(gap: Gap) -> tuple[str, str, str]:
    rest = f" and {len(gap.details) - SHOWN} more" if len(gap.details) > SHOWN else ""
    return gap.component, str(gap.lack), ", ".join(gap.details[:SHOWN]) + rest
