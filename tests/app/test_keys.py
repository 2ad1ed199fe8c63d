"""The secret keys: made once, kept whole, and never in clear where they encrypt."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autoarr.errors import SettingsError, StartupError
from autoarr.keys import KEY_FILE, KeyRing, UnreadableSecret, load_key_ring, read_key_file, write_key_file
from autoarr.settings import Settings, load_settings

OLD, NEW = "o" * 32, "n" * 40


def test_made_at_the_first_start_and_kept(settings: Settings) -> None:
    first = load_key_ring(settings).signing_keys

    assert load_key_ring(settings).signing_keys == first
    assert (settings.data_dir / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == [KEY_FILE]


def test_several_starts_at_once_agree(data_dir: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read_key_file, [data_dir / KEY_FILE] * 8))

    assert all(keys == found[0] for keys in found)
    assert [path.name for path in data_dir.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("content", ["", "\n\n", "short\n", f"{OLD}\nshort\n"])
def test_a_damaged_file_is_refused_and_left_alone(made_data_dir: Path, content: str) -> None:
    file = made_data_dir / KEY_FILE
    file.write_text(content)

    with pytest.raises(StartupError, match="holds no usable key"):
        read_key_file(file)
    assert file.read_text() == content


def test_a_file_that_cannot_be_written(made_data_dir: Path) -> None:
    (made_data_dir / KEY_FILE).mkdir()

    with pytest.raises(StartupError, match=r"secret\.key can't be used: .*; make the file readable"):
        read_key_file(made_data_dir / KEY_FILE)


def test_written_whole_or_not_at_all(made_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made_data_dir / KEY_FILE
    write_key_file(file, [OLD])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_key_file(file, [NEW, OLD])
    assert file.read_text() == f"{OLD}\n"
    assert [path.name for path in made_data_dir.iterdir()] == [KEY_FILE]


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setenv("AUTOARR_SECRET_KEY", f"{NEW}, {OLD}")
    keys = load_key_ring(load_settings())

    assert keys.signing_keys == KeyRing([NEW, OLD]).signing_keys
    assert not data_dir.exists()


def test_a_short_one_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_SECRET_KEY", f"{NEW},hunter2")

    with pytest.raises(SettingsError, match=r"AUTOARR_SECRET_KEY can't be used: each part needs 32") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_the_first_encrypts_and_all_decrypt() -> None:
    stored = KeyRing([OLD]).encrypt("a secret")
    both = KeyRing([NEW, OLD])

    assert "a secret" not in stored
    assert both.decrypt(stored) == "a secret"
    assert KeyRing([NEW]).decrypt(both.renew(stored)) == "a secret"
    assert next(iter(both.signing_keys)) == next(iter(KeyRing([NEW]).signing_keys))


@pytest.mark.parametrize("stored", ["", "nonsense", "gAAAAA", "\N{SNOWMAN}"])
def test_what_it_cannot_read(stored: str) -> None:
    with pytest.raises(UnreadableSecret, match="not among this process's keys"):
        KeyRing([OLD]).decrypt(stored)
    with pytest.raises(UnreadableSecret):
        KeyRing([OLD]).decrypt(KeyRing([NEW]).encrypt("a secret"))


def test_nothing_is_used_for_two_purposes() -> None:
    keys = KeyRing([OLD])
    (identifier, signing), *_ = keys.signing_keys.items()

    assert OLD.encode() != signing
    assert identifier not in signing.hex()
