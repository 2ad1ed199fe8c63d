"""What lies over what, counted: whiteouts, opaque folders, hard links, sparse files, and files in two layers."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from automation import layers
from automation.layers import Contents, EntryKind
from tests.automation import archives
from tests.automation.archives import Member, file, folder, hard, layer, link, special


def read(tmp_path: Path, *stack: list[Member]) -> Contents:
    found = layers.contents_of_archive(archives.oci(tmp_path / "image.tar", *(layer(*members) for members in stack)))
    # Whatever the image, nothing gets lost between what is seen and what is hidden.
    assert found.visible_bytes + found.hidden_bytes == found.size.disk_bytes
    assert found.size.disk_bytes == sum(member.size for members in stack for member, _ in members if member.isreg())
    return found


def files(found: Contents) -> set[str]:
    return {path for path, entry in found.entries.items() if entry.kind is not EntryKind.FOLDER}


def hidden(found: Contents) -> dict[str, int]:
    return {item.path: item.layer for item in found.hidden}


def test_a_file_in_two_layers_is_stored_twice_and_seen_once(tmp_path: Path) -> None:
    found = read(tmp_path, [file("etc/a", b"12345")], [file("etc/a", b"123")])
    assert (found.entries["/etc/a"].size, found.entries["/etc/a"].layer) == (3, 1)
    assert (found.visible_bytes, found.hidden_bytes) == (3, 5)
    assert hidden(found) == {"/etc/a": 0}


def test_whiteouts_remove_what_lies_below(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [file("kept", b"1"), file("gone", b"22"), folder("d"), file("d/a", b"333"), file("d/e/f", b"4444")],
        [file(".wh.gone"), file(".wh.d"), file(".wh.never-there")],
    )
    assert files(found) == {"/kept"}
    assert "/d" not in found.entries
    assert hidden(found) == {"/gone": 0, "/d/a": 0, "/d/e/f": 0}


def test_a_whiteout_concerns_lower_layers_whichever_comes_first(tmp_path: Path) -> None:
    below = [file("d/old", b"1"), file("e/old", b"1"), file("x", b"1")]
    before = [file(".wh.d"), file("d/new", b"22"), file("e/.wh..wh..opq"), file("e/new", b"22"), file(".wh.x")]
    after = [file("d/new", b"22"), file(".wh.d"), file("e/new", b"22"), file("e/.wh..wh..opq"), file(".wh.x")]
    for members in (before, after):
        found = read(tmp_path, below, members)
        assert files(found) == {"/d/new", "/e/new"}
        assert found.hidden_bytes == 3


def test_opaque_folders_hide_all_below_and_stay(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [folder("d"), file("d/a", b"1"), file("d/deep/b", b"22"), link("d/l", "a"), file("other", b"x")],
        [folder("d"), file("d/.wh..wh..opq"), file("d/c", b"333")],
        [file("d/late", b"4")],
    )
    assert files(found) == {"/d/c", "/d/late", "/other"}
    assert "/d/deep" not in found.entries
    assert found.hidden_bytes == 3


def test_a_folder_in_place_of_a_file_and_the_reverse(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [file("a", b"1"), file("b/c/d", b"22"), link("l", "b"), file("m/x", b"1")],
        [file("a/inside", b"3"), file("b", b"44"), folder("l"), file("l/y", b"5"), folder("m"), link("m", "l")],
    )
    assert files(found) == {"/a/inside", "/b", "/l/y", "/m"}
    assert found.entries["/m"].target == "l"
    assert found.hidden_bytes == 4


def test_a_folder_again_keeps_its_contents_and_takes_the_new_mode(tmp_path: Path) -> None:
    again = folder("d")
    again[0].mode = 0o1777
    found = read(tmp_path, [folder("d"), file("d/a", b"1")], [again])
    assert files(found) == {"/d/a"}
    assert found.entries["/d"].mode == 0o1777


def test_hard_links_are_one_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [file("z", b"12345"), hard("a", "z"), hard("./sub/b", "./z"), link("s", "z"), hard("s2", "s")],
        [hard("across", "z")],
    )
    assert {path: entry.same_as for path, entry in found.entries.items() if entry.same_as} == {
        "/a": "/z",
        "/sub/b": "/z",
        "/across": "/z",
        "/s2": "/s",
    }
    assert {found.entries[path].size for path in ("/z", "/a", "/sub/b", "/across")} == {5}
    assert (found.visible_bytes, found.hidden_bytes) == (5, 0)
    assert found.entries["/s2"].target == "z"


def test_a_hard_link_outlives_the_name_it_was_made_of(tmp_path: Path) -> None:
    found = read(tmp_path, [file("z", b"12345"), hard("b", "z"), hard("c", "z")], [file(".wh.z")])
    assert found.entries["/b"].same_as == ""
    assert found.entries["/c"].same_as == "/b"
    assert (found.visible_bytes, found.hidden_bytes) == (5, 0)
    replaced = read(tmp_path, [file("z", b"12345"), hard("b", "z")], [file("z", b"9"), hard("d", "z")])
    assert (replaced.entries["/b"].size, replaced.entries["/d"].same_as) == (5, "/z")
    assert (replaced.visible_bytes, replaced.hidden_bytes) == (6, 0)
    gone = read(tmp_path, [file("z", b"12345"), hard("b", "z")], [file(".wh.z"), file(".wh.b")])
    assert (gone.visible_bytes, gone.hidden_bytes) == (0, 5)


def test_a_name_twice_in_one_layer(tmp_path: Path) -> None:
    found = read(tmp_path, [file("a", b"12345"), file("a", b"1")])
    assert (found.visible_bytes, found.hidden_bytes) == (1, 5)


def test_bytes_under_the_name_of_a_removal_are_hidden_bytes(tmp_path: Path) -> None:
    found = read(tmp_path, [file("a", b"1")], [file(".wh.a", b"why not"), file(".wh..wh.plnk/x", b"note")])
    assert (found.visible_bytes, found.hidden_bytes) == (0, 12)
    assert files(found) == set()


def test_devices_pipes_and_empty_layers_have_no_bytes(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [special("dev/null", tarfile.CHRTYPE), special("dev/sda", tarfile.BLKTYPE), special("pipe", tarfile.FIFOTYPE)],
        [],
        [file("empty")],
    )
    assert {entry.kind for path, entry in found.entries.items() if path not in ("/dev", "/empty")} == {EntryKind.OTHER}
    assert found.size.disk_bytes == 0
    assert len(found.layers) == 3
    (tmp_path / "image.tar").unlink()
    nothing = layers.contents_of_archive(archives.docker(tmp_path / "image.tar", b""))
    assert (nothing.size.disk_bytes, dict(nothing.entries)) == (0, {})


def test_modes_owners_and_digests(tmp_path: Path) -> None:
    found = read(tmp_path, [file("usr/bin/su", b"elf", mode=0o4755, uid=7)])
    entry = found.entries["/usr/bin/su"]
    assert (entry.mode, entry.uid, entry.digest) == (0o4755, 7, hashlib.sha256(b"elf").hexdigest())
    assert found.entries["/usr"].kind is EntryKind.FOLDER


@pytest.mark.parametrize(
    "form",
    [["--format=gnu"], *(["--format=posix", f"--sparse-version={version}"] for version in ("0.0", "0.1", "1.0"))],
)
def test_sparse_files_count_in_full(tmp_path: Path, form: list[str]) -> None:
    """As engines unpack them: with their holes written out."""
    if shutil.which("tar") is None:
        pytest.skip("GNU tar writes the sparse file")
    made = tmp_path / "files"
    made.mkdir()
    with (made / "sparse").open("wb") as sparse:
        sparse.truncate(3_000_000)
        for place in (0, 1_000_000, 2_999_990):
            sparse.seek(place)
            sparse.write(b"some data.")
    (made / "plain").write_bytes(b"plain")
    whole = hashlib.sha256((made / "sparse").read_bytes()).hexdigest()
    packed = tmp_path / "layer.tar"
    subprocess.run(["tar", "--sparse", *form, "-C", made, "-cf", packed, "sparse", "plain"], check=True)
    content = packed.read_bytes()
    assert len(content) < 100_000, "the file was not stored as sparse"
    found = layers.contents_of_archive(archives.oci(tmp_path / "image.tar", content))
    assert found.size.disk_bytes == found.visible_bytes == 3_000_005
    assert (found.entries["/sparse"].size, found.entries["/sparse"].digest) == (3_000_000, whole)


def test_names_beyond_what_a_header_holds(tmp_path: Path) -> None:
    deep = "/".join(["folder"] * 60)
    found = read(tmp_path, [file(f"{deep}/ü", b"1"), link("long", deep)])
    assert found.entries[f"/{deep}/ü"].size == 1
    assert found.entries["/long"].target == deep


def test_files_of_a_look_follow_the_same_rules(tmp_path: Path) -> None:
    path = archives.oci(
        tmp_path / "image.tar",
        layer(file("a", b"old"), file("b", b"b"), link("l", "a")),
        layer(file("a", b"new"), file(".wh.b"), hard("c", "a")),
    )
    found = layers.read_files(path, lambda name, stream: stream.read(2))
    assert found.found == {"/a": b"ne", "/c": b"ne"}
    assert found.links == {"/l": "a"}
