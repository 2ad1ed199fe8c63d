"""Archives that are broken, or made to do harm: one message each, in bounded time, and nothing written anywhere."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automation import layers, paths
from automation.errors import AutomationError, CheckFailed
from automation.layers import streams
from automation.ownership import owners, wanted
from tests.automation import archives
from tests.automation.archives import Layout, Member, file, folder, hard, layer, link

GIGABYTE = 10**9


@pytest.fixture(autouse=True)
def nothing_written(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test runs in a folder of its own with a cache of its own, and both are empty afterwards."""
    here, cache = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("cache")
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    yield
    assert [*here.rglob("*")] == []
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert paths.cache().is_relative_to(cache)


def refused(path: Path, match: str) -> AutomationError:
    with pytest.raises(CheckFailed, match=match) as caught:
        layers.contents_of_archive(path)
    assert caught.value.where.startswith(str(path))
    return caught.value


CLIMBING: dict[str, list[Member]] = {
    "parent": [file("../evil", b"x")],
    "parent-inside": [file("a/../../evil", b"x")],
    "absolute": [file("/etc/evil", b"x")],
    "absolute-folder": [folder("/etc")],
    "absolute-hard-link": [file("a", b"x"), hard("b", "/etc/passwd")],
    "hard-link-out": [file("a", b"x"), hard("b", "../../etc/passwd")],
    "hard-link-to-nothing": [hard("b", "etc/passwd")],
    "hard-link-to-folder": [folder("d"), hard("b", "d")],
    "through-absolute-link": [link("a", "/etc"), file("a/evil", b"x")],
    "through-parent-link": [link("a", "../.."), file("a/evil", b"x")],
    "through-inner-link": [folder("d"), link("a", "d"), folder("a/e"), file("a/e/evil", b"x")],
    "hard-link-through-link": [link("a", "/etc"), file("x", b"x"), hard("a/evil", "x")],
    "removal-out": [file("../.wh.evil")],
    "root-as-file": [file("./", b"")],
}


@pytest.mark.parametrize("members", CLIMBING.values(), ids=CLIMBING)
def test_paths_stay_inside(tmp_path: Path, members: list[Member]) -> None:
    # tarfile takes a trailing slash for a folder, so the root's type is set behind its back.
    if members[0][0].name == "./":
        members = [archives.special(".", tarfile.SYMTYPE, "/etc")]
    refused(archives.oci(tmp_path / "image.tar", layer(*members)), "climbs out|leads through|no file here|root folder")


def test_a_link_below_and_a_member_through_it_above(tmp_path: Path) -> None:
    path = archives.oci(tmp_path / "image.tar", layer(link("a", "/etc")), layer(file("a/evil", b"x")))
    refused(path, "leads through a link")


@pytest.mark.parametrize(("magic", "name"), [(magic, name) for magic, name in streams.OTHERS.items()])
def test_other_compressions_are_named(tmp_path: Path, magic: bytes, name: str) -> None:
    refused(archives.docker(tmp_path / "image.tar", magic + bytes(600)), f"compressed with {name}")
    (tmp_path / "whole").write_bytes(magic + bytes(600))
    refused(tmp_path / "whole", f"compressed with {name}")


def test_a_layer_that_is_anything(tmp_path: Path) -> None:
    refused(archives.docker(tmp_path / "image.tar", b"anything " * 100), "neither a tar archive")


def test_bombs_are_defused(tmp_path: Path) -> None:
    """A gigabyte in a megabyte; said so before it is read, where a header tells."""
    zeros = io.BytesIO()
    with gzip.GzipFile(fileobj=zeros, mode="wb", mtime=0) as packed:
        header = tarfile.TarInfo("zeros")
        header.size = GIGABYTE
        packed.write(header.tobuf())
        for _ in range(100):
            packed.write(bytes(1 << 20))
    refused(archives.docker(tmp_path / "image.tar", zeros.getvalue()), "beyond reason|unpacks to more")


def test_many_small_members_are_a_bomb_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FREE", 1 << 20)
    monkeypatch.setattr(streams, "RATIO", 20)
    block = file("a")[0].tobuf()
    refused(archives.docker(tmp_path / "image.tar", gzip.compress(block * 10_000, mtime=0)), "unpacks to more")


def test_a_sparse_file_can_not_claim_what_it_does_not_hold(tmp_path: Path) -> None:
    member = tarfile.TarInfo("huge")
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": str(10**15),
        "GNU.sparse.name": "huge",
    }
    content = b"1\n0\n1\n".ljust(512, b"\0") + b"x"
    member.size = len(content)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(content))
    refused(archives.docker(tmp_path / "image.tar", buffer.getvalue()), "beyond reason")


def test_an_archive_compressed_as_a_whole_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FREE", 1 << 20)
    plain = archives.docker(tmp_path / "plain.tar", bytes(8 << 20)).read_bytes()
    (tmp_path / "image.tar.gz").write_bytes(gzip.compress(plain))
    refused(tmp_path / "image.tar.gz", "unpacks to more")


def test_headers_that_would_fill_the_memory(tmp_path: Path) -> None:
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
        header = tarfile.TarInfo("name")
        header.type, header.size = kind, 4 * GIGABYTE
        refused(archives.docker(tmp_path / "image.tar", header.tobuf(tarfile.GNU_FORMAT) + bytes(4096)), "broken")
    chain = b"".join(_long_name() for _ in range(3000))
    refused(archives.docker(tmp_path / "image.tar", chain + bytes(1024)), "broken")


def _long_name() -> bytes:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 4
    return header.tobuf(tarfile.GNU_FORMAT) + b"name".ljust(512, b"\0")


def test_documents_are_bounded(tmp_path: Path) -> None:
    refused(archives.tar(tmp_path / "image.tar", {"index.json": b" " * (9 << 20)}), "too long")
    refused(archives.tar(tmp_path / "image.tar", {"index.json": b"[" * 100_000}), "not JSON")
    refused(archives.tar(tmp_path / "image.tar", {"manifest.json": b"{"}), "not JSON")
    refused(archives.tar(tmp_path / "image.tar", {"manifest.json": b"\xff\xfe"}), "not JSON")
    refused(archives.tar(tmp_path / "image.tar", {"manifest.json": b"5"}), "not a document")


def test_an_index_that_holds_itself_ends(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(layer())
    for _ in range(10):
        layout.nest()
    refused(layout.tar(tmp_path / "image.tar"), "index within an index")


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        [],
        [{}],
        [7],
        [{"Layers": 5}],
        [{"Layers": [{"a": 1}]}],
        [{"Layers": ["../../etc/passwd"]}],
        [{"Layers": ["/etc/passwd"]}],
        [{"Layers": [], "Config": "manifest.json"}],
        [{"Layers": [], "Config": 3}],
        [{"Layers": ["manifest.json"], "Config": "config.json"}],
    ],
    ids=json.dumps,
)
def test_lists_of_images_that_make_no_sense(tmp_path: Path, manifest: object) -> None:
    members = {"manifest.json": json.dumps(manifest).encode(), "config.json": b'{"rootfs": {"diff_ids": []}}'}
    refused(archives.tar(tmp_path / "image.tar", members), ".")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda entry: entry.update(digest="sha256:../../../../etc/passwd"), "not a sha256 digest"),
        (lambda entry: entry.update(digest="md5:0"), "not a sha256 digest"),
        (lambda entry: entry.update(digest=f"sha256:{'0' * 64}"), "missing"),
        (lambda entry: entry.update(digest=None), "'digest'"),
        (lambda entry: entry.pop("digest"), "'digest'"),
        (lambda entry: entry.update(annotations=[]), "'annotations'"),
    ],
)
def test_entries_of_an_index_that_make_no_sense(
    tmp_path: Path, change: Callable[[dict[str, object]], object], match: str
) -> None:
    layout = Layout()
    change(layout.image(layer()))
    refused(layout.tar(tmp_path / "image.tar"), match)
    refused(layout.folder(tmp_path / "image"), match)


def test_blobs_must_be_what_their_names_say(tmp_path: Path) -> None:
    for victim in range(3):  # the layer, the configuration, the manifest
        layout = Layout()
        layout.image(layer(file("a", b"12345")), packed=False)
        name = list(layout.blobs)[victim]
        layout.blobs[name] = layout.blobs[name].replace(b"12345", b"54321") + b" "
        refused(layout.tar(tmp_path / "image.tar"), "does not have the content|bytes where")


def test_a_layer_that_its_configuration_does_not_mean(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(layer(file("a")), rootfs={"type": "layers", "diff_ids": [archives.digest(b"other")]})
    refused(layout.tar(tmp_path / "image.tar"), "does not have the content")
    layout = Layout()
    layout.image(layer(file("a")), rootfs={"type": "layers", "diff_ids": []}, history="none")
    assert len(layers.contents_of_archive(layout.tar(tmp_path / "image.tar")).layers) == 1
    layout = Layout()
    layout.image(layer(file("a")), rootfs={"type": "layers", "diff_ids": ["a", "b"]})
    refused(layout.tar(tmp_path / "image.tar"), "1 layers, and a configuration for 2")


def test_missing_and_doubled_files(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(layer(file("a")))
    members = layout.members
    for name in layout.blobs:
        rest = {key: value for key, value in members.items() if key != name}
        refused(archives.tar(tmp_path / "image.tar", rest), "is missing")
    with tarfile.open(tmp_path / "image.tar", "a") as archive:
        for name, content in members.items():
            archive.addfile(file(name, content)[0], io.BytesIO(content))
    refused(tmp_path / "image.tar", "twice")


def test_links_in_the_archive_itself(tmp_path: Path) -> None:
    for target in ("/etc/passwd", "../../etc/passwd", "loop"):
        path = tmp_path / "image.tar"
        with tarfile.open(path, "w") as archive:
            content = json.dumps([{"Layers": ["loop"]}]).encode()
            archive.addfile(file("manifest.json", content)[0], io.BytesIO(content))
            archive.addfile(link("loop", target)[0])
        refused(path, "missing|not a plain file")


def test_links_out_of_a_folder(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(layer(file("a", b"1")))
    outside = layout.folder(tmp_path / "outside")
    for name in ("index.json", "blobs"):
        inside = layout.folder(tmp_path / f"image-{name}")
        if name == "blobs":
            (inside / name).rename(tmp_path / "moved")
        else:
            (inside / name).unlink()
        (inside / name).symlink_to(outside / name)
        refused(inside, "leads out of the folder")


def sound(path: Path) -> bytes:
    """An archive with everything in it that a reader goes through."""
    layout = Layout()
    below = layer(
        folder("usr"),
        file("usr/lib/python3/site-packages/p-1.dist-info/METADATA", b"Name: p\nVersion: 1\n"),
        file("usr/lib/python3/site-packages/p-1.dist-info/RECORD", b"p.py,,\n"),
        file("var/lib/dpkg/status", b"Package: a\nStatus: install ok installed\nVersion: 1\n\n"),
        file("a" * 120, b"long name"),
        link("l", "a" * 150),
        hard("h", "a" * 120),
    )
    layout.attestation(layout.image(below, layer(file(".wh.l"), file("usr/.wh..wh..opq")), name="fuzz:1"))
    layout.nest()
    return layout.tar(path).read_bytes()


def examine(path: Path) -> None:
    owners(layers.contents_of_archive(path, keep=wanted))


def test_cut_off_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    whole = sound(path)
    end = len(whole.rstrip(b"\0"))
    for length in [*range(0, 2000, 13), *range(0, end, 397)]:
        path.write_bytes(whole[:length])
        with pytest.raises(AutomationError):
            examine(path)
    path.write_bytes(whole)
    examine(path)


def broken_somewhere(whole: bytes, chance: random.Random) -> bytes:
    changed = bytearray(whole)
    for _ in range(chance.choice((1, 1, 3, 30))):
        place = chance.randrange(len(changed))
        changed[place] = chance.randrange(256)
    if chance.random() < 0.2:
        place = chance.randrange(len(changed))
        del changed[place : place + chance.choice((1, 512, 700))]
    return bytes(changed)


def test_with_bytes_changed_anywhere(tmp_path: Path) -> None:
    """Whatever happens to an archive, it is read or refused, and nothing else happens."""
    path = tmp_path / "image.tar"
    whole = sound(path)
    chance = random.Random(20240229)  # noqa: S311 - the same damage every time
    outcomes = {True: 0, False: 0}
    for _ in range(600):
        path.write_bytes(broken_somewhere(whole, chance))
        try:
            examine(path)
            outcomes[True] += 1
        except AutomationError:
            outcomes[False] += 1
    assert outcomes[False] > 100


def test_layers_without_digests_with_bytes_changed_anywhere(tmp_path: Path) -> None:
    """Nothing guards these: every header is read as it is."""
    chance = random.Random(20240229)  # noqa: S311 - the same damage every time
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in (
            folder("usr"),
            file("usr/share/autoarr/inventory.json", b'{"version": 1, "components": []}'),
            file("ü" * 80, b"content"),
            hard("h", "ü" * 80),
            link("l", "x" * 200),
        ):
            archive.addfile(member, io.BytesIO(content))
    sparse = tarfile.TarInfo("sparse")
    sparse.pax_headers = {"GNU.sparse.map": "0,1,9,1", "GNU.sparse.size": "10", "GNU.sparse.name": "sparse"}
    sparse.size = 2
    more = io.BytesIO()
    with tarfile.open(fileobj=more, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(sparse, io.BytesIO(b"ab"))
    whole = buffer.getvalue().rstrip(b"\0")
    whole = whole + bytes(-len(whole) % 512) + more.getvalue()[:2048]
    path = tmp_path / "image.tar"
    examine(archives.docker(path, whole))
    outcomes = {True: 0, False: 0}
    for _ in range(1500):
        archives.docker(path, broken_somewhere(whole, chance))
        try:
            examine(path)
            outcomes[True] += 1
        except AutomationError:
            outcomes[False] += 1
    assert min(outcomes.values()) > 50
