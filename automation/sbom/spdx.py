"""A bill as an SPDX document: every component is a package with its files.

Source: the SPDX 2.3 specification, JSON.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Any

from license_expression import get_spdx_licensing  # type: ignore[import-untyped]  # it has no annotations
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from automation.ownership import Kind
from automation.sbom.bill import Bill, File, Part
from automation.sbom.embedded import Embedded

VERSION = "SPDX-2.3"
DOCUMENT, IMAGE = "SPDXRef-DOCUMENT", "SPDXRef-Image"
UNKNOWN = "NOASSERTION"
PURPOSES = {
    Kind.PYTHON: "LIBRARY",
    Kind.INTERPRETER: "APPLICATION",
    Kind.LIBC: "LIBRARY",
    Kind.SYSTEM: "LIBRARY",
    Kind.UI: "APPLICATION",
    Kind.APPLICATION: "APPLICATION",
    Kind.IMAGE: "FILE",
    Kind.UNOWNED: "OTHER",
}
REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
# What the licences mean that SPDX has no name for.
TEXTS = {"LicenseRef-public-domain": "Dedicated to the public domain by its authors."}


def document(bill: Bill) -> dict[str, Any]:
    """The document. The same bill gives the same one."""
    packages = [_image(bill)]
    files = []
    relations = [_relation(DOCUMENT, "DESCRIBES", IMAGE)]
    expressions = []
    for part in bill.parts:
        packages.append(_package(part))
        relations.append(_relation(IMAGE, "CONTAINS", _id(part.ref)))
        relations += [_relation(_id(part.ref), "DEPENDS_ON", _id(ref)) for ref in part.requires]
        expressions.append(part.component.licence)
        files += [_file(file) for file in part.files]
        for one in part.embedded:
            packages.append(_embedded(part, one))
            relations.append(_relation(_id(part.ref), "CONTAINS", _inner_id(part, one)))
            expressions.append(one.licence)
    references = sorted({found for one in expressions for found in REFERENCE.findall(one)})
    return {
        "spdxVersion": VERSION,
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": bill.name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{_plain(bill.name)}-{bill.serial}",
        "creationInfo": {"created": bill.created, "creators": ["Tool: autoarr-invoke-sbom"]},
        **({"hasExtractedLicensingInfos": [_extracted(name) for name in references]} if references else {}),
        "packages": packages,
        "files": files,
        "relationships": relations,
    }


def problems(data: dict[str, Any]) -> list[str]:
    """What SPDX's own parser and validator find wrong with a document; the first few."""
    parser: Any = JsonLikeDictParser  # neither it nor its error is annotated
    try:
        messages = validate_full_spdx_document(parser().parse(data))
    except SPDXParsingError as error:
        return [str(message)[:500] for message in error.messages[:5]]
    return [message.validation_message[:500] for message in messages[:5]]


def _image(bill: Bill) -> dict[str, Any]:
    return {
        "name": bill.name,
        "SPDXID": IMAGE,
        **({"versionInfo": bill.version} if bill.version else {}),
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": "SHA256", "checksumValue": bill.digest.removeprefix("sha256:")}],
        "externalRefs": [_purl(bill.source)],
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "copyrightText": UNKNOWN,
        "comment": f"platform: {bill.platform}",
    }


def _package(part: Part) -> dict[str, Any]:
    component = part.component
    described = _described(_id(part.ref), component.name, component.version, component.licence, component.source)
    # Links have no content, so they are no files of SPDX; they are told here, so that nothing of the image is left out.
    links = "\n".join(f"{path} -> {target}" for path, target in part.links)
    return {
        **described,
        "primaryPackagePurpose": PURPOSES[component.kind],
        "filesAnalyzed": bool(part.files),
        **(_analyzed(part.files) if part.files else {}),
        **({"comment": f"links:\n{links}"} if links else {}),
    }


def _analyzed(files: tuple[File, ...]) -> dict[str, Any]:
    """A package's files, and the digest over all of them that SPDX defines."""
    code = hashlib.sha1("".join(sorted(file.sha1 for file in files)).encode(), usedforsecurity=False).hexdigest()
    return {
        "packageVerificationCode": {"packageVerificationCodeValue": code},
        "hasFiles": [_file_id(file) for file in files],
    }


def _embedded(part: Part, one: Embedded) -> dict[str, Any]:
    return {
        **_described(_inner_id(part, one), one.name, one.version, one.licence, one.source),
        "primaryPackagePurpose": "LIBRARY",
        "filesAnalyzed": False,
    }


def _described(spdx_id: str, name: str, version: str, licence: str, source: str) -> dict[str, Any]:
    is_purl = source.startswith("pkg:")
    return {
        "name": name,
        "SPDXID": spdx_id,
        **({"versionInfo": version} if version else {}),
        "downloadLocation": source if source and not is_purl else UNKNOWN,
        **({"externalRefs": [_purl(source)]} if is_purl else {}),
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": licence if licence and not unknown_licences(licence) else UNKNOWN,
        "copyrightText": UNKNOWN,
    }


def _purl(source: str) -> dict[str, str]:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": source}


def _file(file: File) -> dict[str, Any]:
    return {
        "fileName": f".{file.path}",
        "SPDXID": _file_id(file),
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": file.sha1},
            {"algorithm": "SHA256", "checksumValue": file.sha256},
        ],
    }


def _extracted(reference: str) -> dict[str, str]:
    return {"licenseId": reference, "extractedText": TEXTS.get(reference, "The component's own licence text says it.")}


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


@cache
def unknown_licences(expression: str) -> tuple[str, ...]:
    """The words of an expression that are neither SPDX's licences nor references."""
    unknown = map(str, _licensing().unknown_license_keys(expression))
    return tuple(word for word in unknown if not REFERENCE.fullmatch(word))


@cache
def _licensing() -> Any:
    return get_spdx_licensing()


def _file_id(file: File) -> str:
    """By the path's digest: SPDX's names have no slashes."""
    return f"SPDXRef-File-{hashlib.sha256(file.path.encode()).hexdigest()[:24]}"


def _id(ref: str) -> str:
    """Readable, and unique through the digest, for what SPDX's names can't hold."""
    return f"SPDXRef-{_plain(ref)}-{hashlib.sha256(ref.encode()).hexdigest()[:8]}"


def _inner_id(part: Part, one: Embedded) -> str:
    return _id(f"{part.ref}/{one.source or f'{one.name}@{one.version}'}")


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")
