"""Files that commands write are whole or not there, and a record that is none says how it is made."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from automation import records
from automation.errors import Stale, UsageError

AGAIN = "run `invoke something --record`"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_saved_is_loaded_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "record.json"
    data = {"version": 3, "name": "→ ü", "rows": [1, None, {"a": 0.5}]}
    records.save(path, records.text(data))
    assert records.load(path, 3, AGAIN) == data
    assert names(tmp_path) == ["record.json"]
    assert "written" in capsys.readouterr().err


def test_a_record_is_text_that_people_compare() -> None:
    assert records.text({"b": "→", "a": [1]}) == '{\n  "b": "→",\n  "a": [\n    1\n  ]\n}\n'


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text("what was there before, and longer", encoding="utf-8")
    records.save(path, "ü")
    assert path.read_bytes() == "ü".encode()
    assert names(tmp_path) == ["record.json"]


@pytest.mark.parametrize("target", ["missing/record.json", "folder"])
def test_where_nothing_can_be_written_nothing_is(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="can't be written") as caught:
        records.save(tmp_path / target, "{}")
    assert str(tmp_path / target) in caught.value.what
    assert "a folder that exists" in caught.value.hint
    assert names(tmp_path) == ["folder"]
    assert names(tmp_path / "folder") == []


def test_a_disk_that_fills_up_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.json"
    path.write_text("before", encoding="utf-8")

    def write_bytes(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(UsageError, match="No space left on device"):
        records.save(path, "after, and much longer")
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["record.json"]


@pytest.mark.parametrize("place", ["file/record.json", ".", "n" * 300])
def test_a_place_where_no_file_can_be_is_one_message(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="can't be written"):
        records.save(tmp_path / place, "text")
    assert names(tmp_path) == ["file"]


def test_text_that_is_none_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written"):
        records.save(tmp_path / "record.json", "\ud800")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no record"),
        (b"", "no record"),
        (b"{", "no record"),
        (b"\xff\xfe", "no record"),
        (b"[]", "version None, not 2"),
        (b'"text"', "version None, not 2"),
        (b"{}", "version None, not 2"),
        (b'{"version": 1}', "version 1, not 2"),
        (b'{"version": "2"}', "version '2', not 2"),
    ],
)
def test_what_is_no_record_of_this_version_is_stale(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "record.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Stale, match=said) as caught:
        records.load(path, 2, AGAIN)
    assert (caught.value.where, caught.value.hint) == (str(path), AGAIN)


def test_a_folder_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(Stale, match="no record"):
        records.load(tmp_path, 1, AGAIN)


def test_the_version_is_all_that_is_asked_of_a_record(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"version": 2}), encoding="utf-8")
    assert records.load(tmp_path / "record.json", 2, AGAIN) == {"version": 2}
