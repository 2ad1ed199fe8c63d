"""A bill as a CycloneDX document: files stand inside their component, and so does what went into them.

Source: the CycloneDX 1.7 specification, JSON.
"""

from __future__ import annotations

from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import is_supported_id
from cyclonedx.validation.json import JsonStrictValidator

from automation.ownership import Kind
from automation.sbom.bill import Bill, File, Part
from automation.sbom.embedded import Embedded

VERSION = "1.7"
SCHEMA = SchemaVersion.V1_7
PREFIX = "autoarr:"
TYPES = {
    Kind.PYTHON: "library",
    Kind.INTERPRETER: "platform",
    Kind.LIBC: "library",
    Kind.SYSTEM: "library",
    Kind.UI: "application",
    Kind.APPLICATION: "application",
    Kind.IMAGE: "data",
    Kind.UNOWNED: "data",
}


def document(bill: Bill) -> dict[str, Any]:
    """The document. The same bill gives the same one."""
    root = {
        "type": "container",
        "bom-ref": bill.source,
        "name": bill.name,
        **({"version": bill.version} if bill.version else {}),
        "hashes": [{"alg": "SHA-256", "content": bill.digest.removeprefix("sha256:")}],
        "purl": bill.source,
        "properties": [{"name": f"{PREFIX}platform", "value": bill.platform}],
    }
    whole = all(part.component.kind is not Kind.UNOWNED for part in bill.parts)
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": VERSION,
        "serialNumber": bill.serial.urn,
        "version": 1,
        "metadata": {
            "timestamp": bill.created,
            "lifecycles": [{"phase": "post-build"}],
            "tools": {"components": [{"type": "application", "name": "autoarr invoke sbom"}]},
            "component": root,
        },
        "components": [_component(part) for part in bill.parts],
        "dependencies": [
            {"ref": bill.source, "dependsOn": [part.ref for part in bill.roots]},
            *(_dependency(part) for part in bill.parts),
        ],
        "compositions": [{"aggregate": "complete" if whole else "incomplete", "assemblies": [bill.source]}],
    }


def problems(text: str) -> list[str]:
    """What the schema finds wrong with a document; the first few."""
    found = JsonStrictValidator(SCHEMA).validate_str(text, all_errors=True)
    return [str(error)[:500] for error, _ in zip(found or (), range(5), strict=False)]


def _component(part: Part) -> dict[str, Any]:
    component = part.component
    inner = [_file(file) for file in part.files]
    inner += [_link(path, target) for path, target in part.links]
    inner += [_embedded(part, one) for one in part.embedded]
    return {
        "type": TYPES[component.kind],
        "bom-ref": part.ref,
        "name": component.name,
        **({"version": component.version} if component.version else {}),
        **_licences(component.licence),
        **_source(component.source),
        "properties": [{"name": f"{PREFIX}kind", "value": str(component.kind)}],
        **({"components": inner} if inner else {}),
    }


def _file(file: File) -> dict[str, Any]:
    hashes = [{"alg": "SHA-1", "content": file.sha1}, {"alg": "SHA-256", "content": file.sha256}]
    return {"type": "file", "name": file.path, "hashes": hashes}


def _link(path: str, target: str) -> dict[str, Any]:
    """A symbolic link; it has no content and so no digest."""
    return {"type": "file", "name": path, "properties": [{"name": f"{PREFIX}link-target", "value": target}]}


def _embedded(part: Part, one: Embedded) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _inner_ref(part, one),
        "name": one.name,
        **({"version": one.version} if one.version else {}),
        **_licences(one.licence),
        **_source(one.source),
    }


def _dependency(part: Part) -> dict[str, Any]:
    return {"ref": part.ref, "dependsOn": [*part.requires, *(_inner_ref(part, one) for one in part.embedded)]}


def _inner_ref(part: Part, one: Embedded) -> str:
    return f"{part.ref}/{one.source or f'{one.name}@{one.version}'}"


def _licences(expression: str) -> dict[str, Any]:
    if not expression:
        return {}
    if is_supported_id(expression):
        return {"licenses": [{"license": {"id": expression, "acknowledgement": "declared"}}]}
    return {"licenses": [{"expression": expression, "acknowledgement": "declared"}]}


def _source(source: str) -> dict[str, Any]:
    if source.startswith("pkg:"):
        return {"purl": source}
    return {"externalReferences": [{"type": "distribution", "url": source}]} if source else {}
