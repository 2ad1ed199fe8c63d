"""npm packages: `pnpm audit`, which asks the registry's advisories about what pnpm-lock.yaml names.

Source: pnpm's documentation, `pnpm audit`; the registry's bulk advisory endpoint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from automation import network, paths, process
from automation.vulnerabilities.findings import Answer, Ecosystem, Finding, Scope, in_short

TIMEOUT = 300.0
SOURCE = "npm registry"
WORDS = {Scope.PRODUCTION: "--prod", Scope.DEVELOPMENT: "--dev"}
# What older answers put in place of a range when no version is free of the vulnerability.
NO_VERSION = "<0.0.0"
DRAWING = re.compile(r"^\W+")


def ask(scope: Scope, folder: Path = paths.UI) -> Answer:
    """What the registry knows of the packages of a scope.

    Raises:
        MissingProgram: there is no pnpm; ./dev installs the right one.
    """
    command = ["pnpm", "audit", "--json", WORDS[scope]]
    result = process.run(
        command, cwd=folder, env=network.npm_settings(), check=False, echo=False, timeout=TIMEOUT, hint="run ./dev"
    )
    try:
        return read(json.loads(result.stdout), scope)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Answer(ecosystem=Ecosystem.NPM, scope=scope, source=SOURCE, reason=_why(result))


def read(data: Mapping[str, Any], scope: Scope) -> Answer:
    """pnpm's JSON.

    Raises:
        LookupError: it is something else, such as an error; so are TypeError, AttributeError and ValueError.
    """
    return Answer(
        ecosystem=Ecosystem.NPM,
        scope=scope,
        source=SOURCE,
        packages=int(data["metadata"]["totalDependencies"]),
        findings=tuple(
            _finding(advisory, version, scope)
            for advisory in data["advisories"].values()
            for version in sorted({str(found["version"]) for found in advisory["findings"]})
        ),
    )


def without(answer: Answer, other: Answer) -> Answer:
    """An answer without what another one says as well: a package that production needs is not development's."""
    said = {(finding.id, finding.package, finding.version) for finding in other.findings}
    rest = (one for one in answer.findings if (one.id, one.package, one.version) not in said)
    return replace(answer, findings=tuple(rest))


def _finding(data: Mapping[str, Any], version: str, scope: Scope) -> Finding:
    number, github = str(data["id"]), str(data.get("github_advisory_id") or "")
    names = [name for name in (github, *map(str, data.get("cves") or ()), number) if name]
    ranges = [part.strip() for part in str(data.get("patched_versions") or "").split("||")]
    return Finding(
        ecosystem=Ecosystem.NPM,
        scope=scope,
        package=str(data["module_name"]),
        version=version,
        id=names[0],
        aliases=tuple(names[1:]),
        fixed=tuple(part for part in ranges if part and part != NO_VERSION),
        severity=str(data.get("severity") or ""),
        summary=in_short(str(data.get("title") or "")),
        address=str(data.get("url") or ""),
        source=SOURCE,
    )


def _why(result: process.Result) -> str:
    """Why there is no answer, in one line; pnpm draws its errors as a tree."""
    if result.code < 0:
        return f"no answer within {TIMEOUT:.0f} s"
    return (
        in_short(" ".join(DRAWING.sub("", line) for line in result.output.splitlines())) or f"exit code {result.code}"
    )
