"""What is stated of an image that is released: how it was made, and what it consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from automation import recompression
from automation.release import provenance
from automation.sbom import attestation, documents
from automation.sbom.attestation import Attestation

Bill = Callable[[Path, str], Sequence[Attestation]]


def bill(archive: Path, platform: str) -> Sequence[Attestation]:
    """What the image in an OCI archive consists of, as SPDX and CycloneDX.

    Raises:
        CheckFailed: an image of ours has something that belongs to nobody, or lacks a licence's text.
    """
    account = documents.of_archive(archive, platform=platform)
    documents.require(account)
    return documents.attestations(account.bill)


def state(plain: Path, stated: Path, platform: str, bill: Bill = bill) -> None:
    """Write an archive anew, its layers packed better, with what may be stated of its image; the first is removed.

    Raises:
        CheckFailed: something of it can't be stated, or must not be published.
    """
    (built,) = attestation.images(plain)
    making = provenance.publishable(plain, built.digest)
    recompression.recompress(plain, plain)
    (packed,) = attestation.images(plain)
    attestation.attach(plain, stated, {packed.digest: [making, *bill(plain, platform)]})
    plain.unlink()
