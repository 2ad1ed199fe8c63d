from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from automation import buildx
from automation.errors import CheckFailed, UsageError
from automation.reports import Check, Verdict
from automation.reproducibility import dates, differ, excerpts, outcome, rebuild, snapshot
from automation.reproducibility.facts import Aspect, Difference, LayerFacts, Member, Snapshot
from automation.reproducibility.outcome import Outcome

FILE = Member(kind="file", mode=0o644, owner="0:0", time=100.0, size=3, digest="a" * 64)
TREE = {
    "/one": FILE,
    "/two": replace(FILE, digest="b" * 64),
    "/link": replace(FILE, kind="link", target="one", digest=""),
}


def layer_of(members: Mapping[str, Member], number: int = 1) -> LayerFacts:
    return LayerFacts(digest=f"sha256:packed-{number}", unpacked=f"sha256:{number}", members=members)


def image(number: int = 1, **changes: Any) -> Snapshot:
    """An image like any other of these, with another digest for each number."""
    common = Snapshot(
        name=f"image-{number}",
        digest=f"sha256:image-{number}",
        archive=f"sha256:archive-{number}",
        index={"manifests": [{"digest": f"sha256:image-{number}", "annotations": {"name": "a"}}]},
        manifest={"config": {"digest": f"sha256:config-{number}", "size": 1}, "layers": [{"digest": "x", "size": 2}]},
        config={"config": {"Env": ["A=b"]}, "rootfs": {"diff_ids": [f"sha256:{number}"]}},
        layers=(layer_of(TREE),),
    )
    return replace(common, **changes)


def found(first: Snapshot, second: Snapshot) -> list[tuple[str, str, str]]:
    return [(item.place, item.name, str(item.aspect)) for item in differ.differences(first, second)]


def test_equal_digests_are_equal_images() -> None:
    assert differ.differences(image(), image()) == ()


def test_another_digest_is_never_without_a_difference() -> None:
    assert found(image(1), image(2)) == [("manifest", "", "encoding")]


def test_fields_of_the_configuration_by_path() -> None:
    second = image(
        2, config={"config": {"Env": ["A=c", "B=d"]}, "created": "2001", "rootfs": {"diff_ids": ["sha256:2"]}}
    )
    assert [(item.name, str(item.aspect), item.first, item.second) for item in differ.differences(image(), second)] == [
        ("config.Env[0]", "value", "A=b", "A=c"),
        ("config.Env[1]", "only in one", "", "B=d"),
        ("created", "only in one", "", "2001"),
    ]


def test_fields_are_in_the_order_that_people_count() -> None:
    first = image(config={"history": [{"created": str(number)} for number in range(12)]})
    second = image(2, config={"history": [{"created": f"{number}!"} for number in range(12)]})
    names = [item.name for item in differ.differences(first, second)]
    assert names == [f"history[{number}].created" for number in range(12)]


def test_annotations_of_the_manifest() -> None:
    first, second = image(manifest={"annotations": {"when": "now"}}), image(2, manifest={"annotations": {"when": ""}})
    assert found(first, second) == [("manifest", "annotations.when", "value")]


@pytest.mark.parametrize(
    ("change", "aspect", "first", "second"),
    [
        ({"digest": "c" * 64}, Aspect.CONTENT, "3 bytes, sha256:aaaaaaaaaaaa", "3 bytes, sha256:cccccccccccc"),
        ({"size": 4, "digest": "c" * 64}, Aspect.CONTENT, "3 bytes", "4 bytes"),
        ({"mode": 0o600}, Aspect.MODE, "0644", "0600"),
        ({"owner": "1001:0(root)"}, Aspect.OWNER, "0:0", "1001:0(root)"),
        ({"time": 200.5}, Aspect.TIME, "1970-01-01T00:01:40Z", "1970-01-01T00:03:20.500000Z"),
        ({"kind": "hard link"}, Aspect.KIND, "file", "hard link"),
        ({"attributes": {"SCHILY.xattr.a": "b"}}, Aspect.ATTRIBUTES, "", "SCHILY.xattr.a='b'"),
    ],
)
def test_what_a_member_differs_in(change: dict[str, Any], aspect: Aspect, first: str, second: str) -> None:
    other = {**TREE, "/one": replace(FILE, **change)}
    differences = differ.differences(image(), image(2, layers=(layer_of(other, 2),)))
    assert [(item.place, item.name, item.aspect) for item in differences] == [("layer 1", "/one", aspect)]
    assert differences[0].first.startswith(first)
    assert differences[0].second.startswith(second)


def test_where_a_link_points() -> None:
    other = {**TREE, "/link": replace(TREE["/link"], target="two")}
    assert found(image(), image(2, layers=(layer_of(other, 2),))) == [("layer 1", "/link", "link target")]


def test_files_that_only_one_has() -> None:
    other = {name: member for name, member in TREE.items() if name != "/two"} | {"/three": FILE}
    assert found(image(), image(2, layers=(layer_of(other, 2),))) == [
        ("layer 1", "/three", "only in one"),
        ("layer 1", "/two", "only in one"),
    ]


def test_the_order_of_a_tar() -> None:
    other = dict(reversed(TREE.items()))
    (difference,) = differ.differences(image(), image(2, layers=(layer_of(other, 2),)))
    assert (difference.aspect, difference.first, difference.second) == (Aspect.ORDER, "/one", "/link")


def test_layers_as_a_whole() -> None:
    same = layer_of(TREE)
    packed = replace(same, digest="sha256:packed otherwise")
    assert found(image(), image(2, layers=(packed,))) == [("layer 1", "", "compression")]
    assert found(image(), image(2, layers=(layer_of(TREE, 2),))) == [("layer 1", "", "encoding")]
    assert found(image(), image(2, layers=(same, layer_of({}, 2)))) == [("layer 2", "", "only in one")]


def test_archives_around_the_same_image() -> None:
    first = image()
    named = {"manifests": [{"digest": first.digest, "annotations": {"name": "b"}}]}
    second = replace(first, archive="sha256:other", index=named)
    assert differ.archive_differences(first, first) == ()
    assert [item.name for item in differ.archive_differences(first, second)] == ["manifests[0].annotations.name"]
    reordered = replace(first, archive="sha256:other")
    assert [item.aspect for item in differ.archive_differences(first, reordered)] == [Aspect.ENCODING]


def test_a_time_that_no_calendar_has() -> None:
    assert differ.moment(1e20) == "1e+20 s"


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        (b"a\nb\n", b"a\nc\n", "line 2: 'b' and 'c'"),
        (b"a\n", b"a\nb\n", "line 2: the end and 'b'"),
        (b"a\n", b"a", "line ends differ"),
        (b"\0abc", b"\0abd", "byte 3: 63 and 64"),
        (b"\0ab", b"\0abd", "byte 3: the end and 64"),
        (b"\xff", b"a", "byte 0: ff and 61"),
        (b"x" * 100 + b"1", b"x" * 100 + b"2", f"line 1: '{'x' * 80}…' and '{'x' * 80}…'"),
    ],
)
def test_where_contents_part(first: bytes, second: bytes, text: str) -> None:
    assert excerpts.describe(first, second) == text


# Archives, made by hand.


def member(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(members: Sequence[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def archive_of(path: Path, *layers: bytes, config: Mapping[str, Any] | None = None, name: str = "x:y") -> Path:
    """An OCI archive of these layers, packed."""
    blobs: dict[str, bytes] = {}

    def blob(content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    about = {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": diff_ids}, **(config or {})}
    manifest = {
        "config": blob(json.dumps(about).encode()),
        "layers": [blob(gzip.compress(layer, mtime=0)) for layer in layers],
    }
    described = blob(json.dumps(manifest).encode())
    index = {"manifests": [{**described, "annotations": {"org.opencontainers.image.ref.name": name}}]}
    path.write_bytes(
        tar([member(name, content) for name, content in {**blobs, "index.json": json.dumps(index).encode()}.items()])
    )
    return path


BASE = tar([member("etc", type=tarfile.DIRTYPE, mode=0o755), member("etc/name", b"base")])


def test_an_archive_down_to_the_bits(tmp_path: Path) -> None:
    special = tar(
        [
            member("./a", b"abc", mode=0o4755, uid=1, gid=2, uname="one", mtime=1.5),
            member("b", type=tarfile.SYMTYPE, linkname="a"),
            member("c", type=tarfile.LNKTYPE, linkname="a"),
            member("d", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
            member("e", b"x", pax_headers={"SCHILY.xattr.user.k": "v"}),
        ]
    )
    read = snapshot.read(archive_of(tmp_path / "x.tar", BASE, special))
    assert [list(layer.members) for layer in read.layers] == [["/etc", "/etc/name"], ["/a", "/b", "/c", "/d", "/e"]]
    members = read.layers[1].members
    assert members["/a"] == Member(
        kind="file",
        mode=0o4755,
        owner="1(one):2",
        time=1.5,
        size=3,
        digest=hashlib.sha256(b"abc").hexdigest(),
    )
    assert (members["/b"].kind, members["/b"].target) == ("link", "a")
    assert (members["/c"].kind, members["/c"].target) == ("hard link", "a")
    assert members["/d"].attributes == {"device": "1:3"}
    assert members["/e"].attributes == {"SCHILY.xattr.user.k": "v"}
    assert re.fullmatch("sha256:[0-9a-f]{64}", read.archive)


def test_comparing_archives_names_the_file_and_the_place(tmp_path: Path) -> None:
    first = archive_of(tmp_path / "1.tar", BASE, tar([member("stamp", b"built at\n10:01\n"), member("same", b"s")]))
    second = archive_of(tmp_path / "2.tar", BASE, tar([member("stamp", b"built at\n10:02\n"), member("same", b"s")]))
    compared = outcome.compare(first, second)
    assert not compared.same
    (difference,) = compared.differences
    assert (difference.place, difference.name, difference.aspect) == ("layer 2", "/stamp", Aspect.CONTENT)
    assert difference.detail == "line 2: '10:01' and '10:02'"
    with pytest.raises(CheckFailed, match="differ in 1 thing") as caught:
        outcome.require(compared)
    assert "layer 2 /stamp (content) line 2: '10:01' and '10:02'" in caught.value.details
    data = json.loads(json.dumps(compared.as_dict()))
    assert data["same"] is False
    assert data["differences"][0]["name"] == "/stamp"


def test_the_same_image_in_the_same_and_in_another_archive(tmp_path: Path) -> None:
    first = archive_of(tmp_path / "1.tar", BASE)
    again = archive_of(tmp_path / "2.tar", BASE)
    other = archive_of(tmp_path / "3.tar", BASE, name="another")
    compared = outcome.compare(first, again)
    assert (compared.same, compared.same_archive, compared.differences, compared.around) == (True, True, (), ())
    outcome.require(compared)
    compared = outcome.compare(first, other)
    assert (compared.same, compared.same_archive) == (True, False)
    assert [item.name for item in compared.around] == ["manifests[0].annotations.org.opencontainers.image.ref.name"]
    outcome.require(compared)


def test_layers_that_both_have_are_not_read(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "1.tar", BASE)
    assert snapshot.read(path, known=snapshot.layer_digests(path)).layers[0].members == {}


def test_an_archive_without_a_manifest_is_told_by_its_configuration(tmp_path: Path) -> None:
    def saved(name: str, layer: bytes) -> Path:
        config = {"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}
        listing = [{"Config": "c.json", "Layers": ["l/layer.tar"], "RepoTags": None}]
        path = tmp_path / name
        path.write_bytes(
            tar(
                [
                    member("manifest.json", json.dumps(listing).encode()),
                    member("c.json", json.dumps(config).encode()),
                    member("l/layer.tar", layer),
                ]
            )
        )
        return path

    first, second = saved("1.tar", BASE), saved("2.tar", tar([member("etc/name", b"else")]))
    assert outcome.compare(first, saved("3.tar", BASE)).same
    assert [(item.name, item.aspect) for item in outcome.compare(first, second).differences] == [
        ("/etc", Aspect.ONLY_IN_ONE),
        ("/etc/name", Aspect.CONTENT),
    ]


def test_what_can_not_be_read_is_one_message(tmp_path: Path) -> None:
    good = archive_of(tmp_path / "1.tar", BASE)
    with pytest.raises(UsageError):
        outcome.compare(good, tmp_path / "missing.tar")
    broken = tmp_path / "2.tar"
    broken.write_bytes(good.read_bytes()[:700])
    with pytest.raises(CheckFailed):
        outcome.compare(good, broken)


def test_a_table_of_differences(capsys: pytest.CaptureFixture[str]) -> None:
    many = tuple(
        Difference(place="layer 1", name=f"/{number}", aspect=Aspect.TIME, first="a", second="b")
        for number in range(50)
    )
    shown = Outcome(
        names=("here", "there"),
        digests=("sha256:1", "sha256:2"),
        archives=("", ""),
        differences=many,
        around=(),
        checks=(Check(area="x", name="asked", verdict=Verdict.SKIPPED, detail="why"),),
    )
    outcome.show(shown)
    text = capsys.readouterr().err
    assert "differences: 50" in text
    assert "and 10 more" in text
    assert "skipped" in text
    assert shown.same_archive is None


def test_a_failed_check_of_equal_images_fails() -> None:
    same = Outcome(
        names=("here", "there"),
        digests=("sha256:1", "sha256:1"),
        archives=("", ""),
        differences=(),
        around=(),
        checks=(Check(area="x", name="no date", verdict=Verdict.FAILED, detail="/stamp: 2001"),),
    )
    with pytest.raises(CheckFailed, match="no date") as caught:
        outcome.require(same)
    assert "/stamp" in caught.value.details


# Days.

DAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    "text",
    ["2026-03-04", "20260304", "2026/03/04", "Mar  4 2026", "Mar 4 2026", "04 Mar 2026", "4 Mar 2026", "Mar 04, 2026"],
)
def test_a_day_as_programs_write_it(text: str) -> None:
    assert dates.pattern([DAY]).search(f"built {text}T10".encode()) is not None


@pytest.mark.parametrize("text", ["2026-03-05", "120260304", "202603041", "2025-03-04", "Mar 14 2026"])
def test_what_is_not_that_day(text: str) -> None:
    assert dates.pattern([DAY]).search(text.encode()) is None


def test_days_of_a_build_that_passes_midnight() -> None:
    midnight = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    assert {date(2026, 3, 3), DAY} <= dates.days(midnight - 60, midnight + 60)


def test_days_in_an_image(tmp_path: Path) -> None:
    path = archive_of(
        tmp_path / "x.tar",
        tar(
            [
                member("stamp", b"\0binary of Mar  4 2026 here"),
                member("2026-03-04.log", b""),
                member("late", b"", mtime=200),
                member("early", b"2026-03-03", mtime=100),
            ]
        ),
        config={"created": "2026-03-04T05:06:07Z"},
    )
    sought = dates.pattern([DAY])
    assert [item.place for item in dates.in_documents(snapshot.read(path), sought)] == ["config"]
    places = {item.place: item.text for item in dates.in_files(path, sought, newest=150)}
    assert list(places) == ["/stamp", "/2026-03-04.log", "/late"]
    assert "Mar  4 2026" in places["/stamp"]
    assert places["/late"] == "changed 1970-01-01T00:03:20+00:00, after the commit"
    assert dates.in_files(path, sought, known=snapshot.layer_digests(path)) == []


# Building without cache.


def progress(*lines: str) -> buildx.Progress:
    followed = buildx.Progress()
    for line in lines:
        followed.line(line)
    return followed


def test_a_step_from_the_cache_is_no_independent_build() -> None:
    base, run = "#1 [a 1/2] FROM docker.io/library/x", "#2 [a 2/2] RUN make"
    rebuild.require_made(progress(base, "#1 CACHED", run, "#2 DONE 1.0s", "#3 [b 1/1] WORKDIR /x", "#3 CACHED"))
    with pytest.raises(CheckFailed, match="used it") as caught:
        rebuild.require_made(progress(base, "#1 CACHED", run, "#2 CACHED"))
    assert caught.value.details == "[a 2/2] RUN make"
    with pytest.raises(CheckFailed, match="used it"):
        rebuild.require_made(progress(base, "#1 CACHED"))
