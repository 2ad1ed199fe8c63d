from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from automation import binfmt, process
from automation.errors import EngineUnavailable


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A folder that looks like the kernel's table: what is written into `register` can be read there."""
    for name in ("register", "status"):
        (tmp_path / name).write_text("", encoding="ascii")
    return tmp_path


def test_the_entry_is_what_qemu_registers() -> None:
    line = binfmt.entry("ours", Path("/opt/qemu"))
    name, kind, offset, magic, mask, interpreter, flags = line.removeprefix(":").split(":")
    assert (name, kind, offset, interpreter, flags) == ("ours", "M", "", "/opt/qemu", "PF")
    assert len(line) < 1920  # the kernel's limit
    raw_magic = magic.encode("ascii").decode("unicode_escape").encode("latin-1")
    raw_mask = mask.encode("ascii").decode("unicode_escape").encode("latin-1")
    assert len(raw_magic) == len(raw_mask) == 20
    # The first bytes of an ELF file: arm64's machine number is 183; a shared object (3) matches as a program (2) does.
    program = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + (183).to_bytes(2, "little")
    native = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + (62).to_bytes(2, "little")

    def matches(head: bytes) -> bool:
        return all((a & m) == (b & m) for a, b, m in zip(head, raw_magic, raw_mask, strict=True))

    assert matches(program)
    assert not matches(native)


def test_the_smallest_program_is_one_for_arm64(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(binfmt.smallest_program())
    with path.open("rb") as file:
        elf = ELFFile(file)
        assert elf.get_machine_arch() == "AArch64"
        segment = elf.get_segment(0)
        assert segment["p_filesz"] == path.stat().st_size
        assert segment["p_vaddr"] <= elf["e_entry"] < segment["p_vaddr"] + segment["p_filesz"]


@pytest.mark.parametrize("outcome", [0, -4, None])
def test_whether_it_runs_is_tried(outcome: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def run(command: list[str], **options: object) -> process.Result:
        assert Path(command[0]).read_bytes() == binfmt.smallest_program()
        if outcome is None:
            raise OSError(8, "Exec format error")
        return process.Result(command=tuple(command), code=outcome, stdout="", stderr="")

    monkeypatch.setattr(process, "run", run)
    assert binfmt.runs() is (outcome == 0)


def test_an_entry_is_registered_in_one_write_and_replaces_an_earlier_one(table: Path) -> None:
    earlier = table / "ours"
    earlier.write_text("enabled", encoding="ascii")
    (table / "theirs").write_text("enabled", encoding="ascii")
    binfmt.register("ours", Path("/opt/qemu"), table)
    assert (table / "register").read_text(encoding="ascii") == binfmt.entry("ours", Path("/opt/qemu"))
    assert earlier.read_text(encoding="ascii") == "-1"
    assert (table / "theirs").read_text(encoding="ascii") == "enabled"


def test_unregistering_says_whether_there_was_one(table: Path) -> None:
    assert not binfmt.unregister("ours", table)
    (table / "ours-arm64").write_text("enabled", encoding="ascii")
    assert binfmt.unregister("ours", table)
    assert not binfmt.unregister("ours", table / "missing")


def test_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        binfmt.register("ours", Path("/opt/qemu"), tmp_path / "missing")
    assert "tonistiigi/binfmt" in caught.value.hint
    assert "refused" in caught.value.what


def test_a_visible_table_is_not_mounted_again(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", lambda *words, **options: pytest.fail("nothing to mount"))
    assert not binfmt.mount(table)


def test_a_table_that_cannot_be_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = process.Result(command=("mount",), code=32, stdout="", stderr="mount: permission denied")
    monkeypatch.setattr(process, "run", lambda *words, **options: denied)
    with pytest.raises(EngineUnavailable) as caught:
        binfmt.mount(tmp_path)
    assert "binfmt_misc" in caught.value.what
    assert "permission denied" in caught.value.details
    assert "on the host" in caught.value.hint


def test_the_table_is_unmounted_only_when_nobody_else_uses_it(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **options: object) -> process.Result:
        ran.append(command)
        return process.Result(command=tuple(command), code=0, stdout="", stderr="")

    monkeypatch.setattr(process, "run", run)
    binfmt.unmount(table)
    assert ran == [["umount", str(table)]]
    (table / "theirs").write_text("enabled", encoding="ascii")
    binfmt.unmount(table)
    assert len(ran) == 1
    (table / "register").unlink()
    assert binfmt.mount(table)
    assert ran[-1][:3] == ["mount", "-t", "binfmt_misc"]
