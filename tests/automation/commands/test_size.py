"""`invoke size` agrees with the engine and with a plain count of tar, on images that this project did not slim."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation import image_store, layers
from automation.bases import POSTGRES, REDIS
from automation.engine import Engine
from automation.resolver import Resolver
from automation.size import reading
from automation.size.facts import Ledger
from tests.automation import archives
from tests.automation.archives import file, folder, hard, layer, link, special
from tests.automation.conftest import Checkout, built

# What the engine puts into every container itself, in place of what the image may have there.
ENGINES_OWN = ("/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab", "/dev/console")
BLOCK = 4096
DOCKERFILE = """
FROM {base}
USER 0
RUN mkdir -p /t/deep/er /t/gone && cd /t && echo one > a && ln a b && cp /bin/ls deep/er/ls && echo 1 > gone/x \\
    && truncate -s 5M sparse && echo data | dd of=sparse bs=1 seek=3000000 conv=notrunc && ln -s a link
RUN cd /t && rm a && ln b c && rm -rf gone && rm -rf deep && mkdir deep && echo new > deep/new && chmod 4755 b
RUN rm -f /t/c && mv /t/sparse /t/moved && mkfifo /t/pipe
"""


def plain_count(archive: Path) -> list[int]:
    """For each layer of an archive, the sizes of its files as GNU tar lists them."""
    with tarfile.open(archive) as outer:
        manifest = json.load(outer.extractfile("manifest.json"))[0]  # type: ignore[arg-type]  # it is a file
        counts = []
        for name in manifest["Layers"]:
            blob = outer.extractfile(name)
            assert blob is not None
            content = blob.read()
            # An engine's layers are compressed or not, as it keeps them.
            words = ["tar", "-tvzf", "-"] if content.startswith(b"\x1f\x8b") else ["tar", "-tvf", "-"]
            listed = subprocess.run(words, input=content, capture_output=True, check=True).stdout.decode()
            sizes = [re.split(r"\s+", line)[2] for line in listed.splitlines() if line.startswith("-")]
            counts.append(sum(map(int, sizes)))
    return counts


def in_container(engine: Engine, reference: str, tmp_path: Path) -> dict[str, tuple[str, int]]:
    """What a container of the image has, by path, as the engine exports it: the kind of entry and its bytes."""
    name = engine.docker("create", reference, "none").stdout.strip()
    try:
        engine.docker("export", "--output", str(tmp_path / "container.tar"), name)
    finally:
        engine.docker("rm", name)
    with tarfile.open(tmp_path / "container.tar") as archive:
        return {
            f"/{member.name.strip('/')}": (member.type.decode(), member.size if member.isreg() else 0)
            for member in archive
        }


def agrees(engine: Engine, reference: str, tmp_path: Path) -> Ledger:
    """The ledger of an image, after it was held against everything else that counts bytes."""
    with layers.saved(engine, reference) as archive:
        counted = plain_count(archive)
        contents = layers.contents_of_archive(archive)
        found = reading.of_archive(archive)
    assert [layer.disk_bytes for layer in found.layers] == counted
    assert found.disk_bytes == sum(counted)
    assert sum(owner.disk_bytes for owner in found.owners) + found.hidden_bytes == found.disk_bytes

    exported = in_container(engine, reference, tmp_path)
    ours = {path: entry for path, entry in contents.entries.items() if path not in ENGINES_OWN}
    theirs = {path: facts for path, facts in exported.items() if path not in ENGINES_OWN}
    made = {path for path in set(theirs) - set(ours) if path.split("/")[1] in ("dev", "etc", "proc", "sys", "")}
    assert set(theirs) - made == set(ours)  # besides, the engine has made places to mount to
    assert sum(entry.stored_bytes for entry in ours.values()) == sum(size for _, size in theirs.values())

    said = json.loads(engine.docker("image", "inspect", reference, echo=False).stdout)[0]["Size"]
    if engine.has_containerd_store:
        # It counts each mention of a layer, the two documents, and the builder's index where there is one.
        mentioned = sum(layer.pull_bytes for layer in found.layers)
        assert 0 <= said - (mentioned + found.config_bytes + found.manifest_bytes) < 2000
    else:
        assert said == found.disk_bytes
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("base", [REDIS, POSTGRES], ids=lambda base: base.name)
def test_it_agrees_on_foreign_images(real_engine: Engine, tmp_path: Path, base: object) -> None:
    reference = Resolver(real_engine).resolve(base).reference  # type: ignore[arg-type]  # parametrize has no types
    found = agrees(real_engine, reference, tmp_path)
    assert found.disk_bytes > 10_000_000
    assert {owner.name for owner in found.owners} & {"libc6", "musl"}


@pytest.fixture(scope="module")
def twisted(real_engine: Engine) -> Iterator[str]:
    """An image with links, removals and holes, made by the builder itself."""
    base = Resolver(real_engine).resolve(REDIS).reference
    with built(real_engine, DOCKERFILE.format(base=base)) as name:
        yield name


def test_it_agrees_on_removals_links_and_holes(real_engine: Engine, tmp_path: Path, twisted: str) -> None:
    found = agrees(real_engine, twisted, tmp_path)
    # The sparse file is in two layers; what the later ones removed is hidden.
    assert found.hidden_bytes > 5 << 20
    paths = {item.path for item in found.hidden}
    assert {"/t/sparse", "/t/deep/er/ls", "/t/gone/x"} <= paths


def test_it_agrees_on_an_archive_made_by_hand(real_engine: Engine, tmp_path: Path) -> None:
    below = layer(
        folder("d"),
        file("d/old", b"old" * 1000),
        file("d/deep/older", b"older" * 1000),
        file("kept", b"k" * 700),
        hard("kept-too", "kept"),
        file("replaced", b"r" * 5000),
        file("gone", b"g" * 900),
        link("l", "kept"),
    )
    above = layer(
        folder("d"),
        file("d/.wh..wh..opq"),
        file("d/new", b"new"),
        file(".wh.gone"),
        file("replaced", b"r"),
        special("pipe", tarfile.FIFOTYPE),
        folder("l"),
        file("l/in", b"1"),
    )
    name = "autoarr-test/hand-made:1"
    layout = archives.Layout()
    layout.image(below, above, layer(), name=name, platform=real_engine.platform)
    assert image_store.load(real_engine, layout.tar(tmp_path / "image.tar")) is None
    try:
        found = agrees(real_engine, name, tmp_path)
    finally:
        image_store.remove(real_engine, name)
    assert (found.disk_bytes, found.hidden_bytes) == (14_605, 13_900)


def test_the_command(real_engine: Engine, checkout: Checkout, tmp_path: Path, twisted: str) -> None:
    saved = tmp_path / "saved.tar"
    image_store.save(real_engine, twisted, saved)
    result = checkout.invoke("size", "--image", twisted, "--json", "--svg", str(tmp_path / "size.svg"))
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert data["disk_bytes"] == data["visible_bytes"] + data["hidden_bytes"]
    assert data["disk_bytes"] == sum(owner["disk_bytes"] for owner in data["owners"]) + data["hidden_bytes"]
    (tmp_path / "report.json").write_text(result.stdout)
    assert (tmp_path / "size.svg").read_text().startswith("<svg")
    # The same from an archive, and against the report that was saved: nothing differs, nothing is to be pulled.
    again = checkout.invoke("size", "--oci", str(saved), "--against", str(tmp_path / "report.json"), "--json")
    assert again.returncode == 0, again.stderr
    against = json.loads(again.stdout)["against"]
    assert (against["disk_delta"], against["update_bytes"], against["changes"]) == (0, 0, [])
    base = Resolver(real_engine).resolve(REDIS).reference
    grown = checkout.invoke("size", "--image", twisted, "--against", base, "--json")
    assert json.loads(grown.stdout)["against"]["update_layers"] == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--image", "autoarr-test/none:here"], 2, "the engine has no image autoarr-test/none:here"),
        (["--oci", "/nowhere.tar"], 2, "/nowhere.tar"),
        (["--oci", "README.md"], 1, "not an image"),
    ],
)
def test_what_is_not_there(real_engine: Engine, checkout: Checkout, words: list[str], code: int, said: str) -> None:
    result = checkout.invoke("size", *words)
    assert (result.returncode, result.stdout) == (code, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
