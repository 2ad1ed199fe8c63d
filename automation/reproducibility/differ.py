"""Two images compared: pure functions from two snapshots to the list of their differences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from automation.reproducibility.facts import Aspect, Difference, LayerFacts, Member, Snapshot, layer_name

# Fields that only repeat what a layer or the configuration is: they differ when and because that does.
CONSEQUENCES = {
    "manifest": re.compile(r"(config|layers\[\d+\])\.(digest|size)"),
    "config": re.compile(r"rootfs\.diff_ids\[\d+\]"),
    "index": re.compile(r"manifests\[\d+\]\.(digest|size)"),
}


def differences(first: Snapshot, second: Snapshot) -> tuple[Difference, ...]:
    """Everything that tells two images apart. None at all when and only when their digests are the same."""
    if first.digest == second.digest:
        return ()
    found = [
        *fields("config", first.config, second.config),
        *fields("manifest", first.manifest, second.manifest),
        *_layers(first.layers, second.layers),
    ]
    if not found:
        # The same facts in other bytes: another order of keys or other white space.
        found = [
            Difference(place="manifest", name="", aspect=Aspect.ENCODING, first=first.digest, second=second.digest)
        ]
    return tuple(found)


def archive_differences(first: Snapshot, second: Snapshot) -> tuple[Difference, ...]:
    """What tells the archives apart beside the images in them; their images' digests say nothing of it."""
    if first.archive == second.archive:
        return ()
    found = list(fields("index", first.index, second.index))
    if not found and first.digest == second.digest:
        found = [
            Difference(place="archive", name="", aspect=Aspect.ENCODING, first=first.archive, second=second.archive)
        ]
    return tuple(found)


def fields(place: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    """The fields of a document that differ, but for those that repeat another difference."""
    one, two = dict(_flat(first)), dict(_flat(second))
    for name in sorted(one.keys() | two.keys(), key=_natural):
        if one.get(name) != two.get(name) and not CONSEQUENCES[place].fullmatch(name):
            missing = name not in one or name not in two
            yield Difference(
                place=place,
                name=name,
                aspect=Aspect.ONLY_IN_ONE if missing else Aspect.VALUE,
                first=one.get(name, ""),
                second=two.get(name, ""),
            )


def _flat(data: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each value of a document that is no object or list, as JSON, by its path."""
    if isinstance(data, Mapping) and data:
        for name, value in data.items():
            yield from _flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from _flat(value, f"{path}[{index}]")
    else:
        yield path, data if isinstance(data, str) else json.dumps(data)


def _natural(name: str) -> list[tuple[int, str]]:
    """`history[2]` before `history[10]`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[\[\]]", name)]


def _layers(first: tuple[LayerFacts, ...], second: tuple[LayerFacts, ...]) -> Iterator[Difference]:
    for number, (one, two) in enumerate(zip_longest(first, second), start=1):
        place = layer_name(number)
        if one is None or two is None:
            yield Difference(
                place=place,
                name="",
                aspect=Aspect.ONLY_IN_ONE,
                first="" if one is None else one.digest,
                second="" if two is None else two.digest,
            )
        elif one.unpacked == two.unpacked and one.digest != two.digest:
            yield Difference(place=place, name="", aspect=Aspect.COMPRESSION, first=one.digest, second=two.digest)
        elif one.digest != two.digest:
            yield from layer(place, one, two)


def layer(place: str, first: LayerFacts, second: LayerFacts) -> Iterator[Difference]:
    """The members that two layers differ in; the layers as a whole where every member is the same."""
    found = False
    for path in sorted(first.members.keys() | second.members.keys()):
        one, two = first.members.get(path), second.members.get(path)
        if one is None or two is None:
            found = True
            yield Difference(
                place=place,
                name=path,
                aspect=Aspect.ONLY_IN_ONE,
                first="" if one is None else one.kind,
                second="" if two is None else two.kind,
            )
            continue
        for aspect, a, b in member(one, two):
            found = True
            yield Difference(place=place, name=path, aspect=aspect, first=a, second=b)
    both = [path for path in first.members if path in second.members]
    other = [path for path in second.members if path in first.members]
    for one_path, two_path in zip(both, other, strict=True):
        if one_path != two_path:
            found = True
            yield Difference(place=place, name=one_path, aspect=Aspect.ORDER, first=one_path, second=two_path)
            break
    if not found:
        yield Difference(place=place, name="", aspect=Aspect.ENCODING, first=first.unpacked, second=second.unpacked)


def member(first: Member, second: Member) -> Iterator[tuple[Aspect, str, str]]:
    """In what two members differ, and what each has."""
    if first.kind != second.kind:
        yield Aspect.KIND, first.kind, second.kind
    elif first.digest != second.digest or first.size != second.size:
        yield Aspect.CONTENT, _content(first), _content(second)
    if first.mode != second.mode:
        yield Aspect.MODE, f"{first.mode:04o}", f"{second.mode:04o}"
    if first.owner != second.owner:
        yield Aspect.OWNER, first.owner, second.owner
    if first.time != second.time:
        yield Aspect.TIME, moment(first.time), moment(second.time)
    if first.target != second.target:
        yield Aspect.TARGET, first.target, second.target
    if first.attributes != second.attributes:
        yield Aspect.ATTRIBUTES, _attributes(first), _attributes(second)


def _content(item: Member) -> str:
    return f"{item.size} bytes, sha256:{item.digest[:12]}"


def _attributes(item: Member) -> str:
    return " ".join(f"{name}={value!r}" for name, value in sorted(item.attributes.items()))


def moment(seconds: float) -> str:
    """A time for people, in UTC, to the fraction that it has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s"
