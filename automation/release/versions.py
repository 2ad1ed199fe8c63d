"""What a version is called in a registry, and whether this checkout may be released as it.

Source: Semantic Versioning 2.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import packaging.version
from packaging.version import InvalidVersion

from automation.bases import DEFAULT_VARIANT, Variant
from automation.errors import UsageError
from automation.git import Commit

NUMBER = r"(0|[1-9]\d*)"
WORD = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
SEMANTIC = re.compile(rf"{NUMBER}\.{NUMBER}\.{NUMBER}(?:-({WORD}(?:\.{WORD})*))?")
# What PEP 440 calls a pre-release, and what semantic versions do.
PRE_RELEASES = {"a": "alpha", "b": "beta", "rc": "rc"}
HINT = "MAJOR.MINOR.PATCH, such as 1.2.3, or 1.3.0-rc.1 before it"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A semantic version; `pre` is empty for a final one."""

    major: int
    minor: int
    patch: int
    pre: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{self.pre and f'-{self.pre}'}"

    @property
    def python(self) -> packaging.version.Version | None:
        """The same by Python's rules, which pyproject.toml follows and which order versions, or None."""
        try:
            return packaging.version.Version(str(self))
        except InvalidVersion:
            return None


def parse(text: str) -> Version:
    """A semantic version.

    Raises:
        UsageError: it is none, or carries build metadata, which no tag can.
    """
    match = SEMANTIC.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no semantic version", hint=HINT)
    return Version(major=int(match[1]), minor=int(match[2]), patch=int(match[3]), pre=match[4] or "")


def of_project(text: str) -> Version:
    """pyproject.toml's version as a semantic one.

    Raises:
        UsageError: it is a development, post or local version, which no release has.
    """
    known = packaging.version.Version(text)
    if known.dev is not None or known.post is not None or known.local or known.epoch or len(known.release) > 3:
        raise UsageError(f"pyproject.toml's version {text} is none that can be released", hint=HINT)
    major, minor, patch = (*known.release, 0, 0)[:3]
    pre = f"{PRE_RELEASES[known.pre[0]]}.{known.pre[1]}" if known.pre else ""
    return Version(major=major, minor=minor, patch=patch, pre=pre)


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a release: its own, which never changes, and those that move on with each release."""

    own: str
    moving: tuple[str, ...]


def tags(version: Version, variant: Variant) -> Tags:
    """1.2.3 is also 1.2, 1 and latest; 0.2.3 is 0.2 and latest, as any 0.x may break; a pre-release is only itself."""
    suffix = "" if variant.name == DEFAULT_VARIANT else f"-{variant.name}"
    moving: list[str] = []
    if not version.pre:
        moving = [f"{version.major}.{version.minor}", *([str(version.major)] if version.major else []), "latest"]
    return Tags(own=f"{version}{suffix}", moving=tuple(f"{name}{suffix}" for name in moving))


def objections(version: Version, project: str, source: Commit, commit_tags: Sequence[str]) -> list[str]:
    """Why this checkout can't be released as that version; nothing where all agree.

    Args:
        project: pyproject.toml's version.
        commit_tags: git's tags of the checked-out commit.
    """
    found: list[str] = []
    if not source.revision:
        return ["this is no git checkout, so nothing says what would be released"]
    if source.dirty:
        found.append("the tree has changes that no commit names")
    if version.python != packaging.version.Version(project):
        found.append(f"pyproject.toml says {project}, not {version}")
    if not {f"v{version}", str(version)} & set(commit_tags):
        others = f"; it has {', '.join(commit_tags)}" if commit_tags else ""
        found.append(f"the commit {source.revision[:12]} has no tag v{version}{others}")
    return found
