"""The kernel's table of interpreters for foreign programs (binfmt_misc): find, register and remove entries of ours.

The table is the machine's, not a process's. An entry of ours carries our name, is made only for the private engine, and
goes with it. The format is Documentation/admin-guide/binfmt-misc.rst in Linux's sources.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from automation import process, scratch
from automation.errors import EngineUnavailable

TABLE = Path("/proc/sys/fs/binfmt_misc")
# The first bytes of a program for a machine, and which bits of them count: ELF, 64 bits, little endian, executable or
# shared object, any ABI, and the machine's number. QEMU's scripts/qemu-binfmt-conf.sh has the same.
AARCH64 = (
    r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00",
    r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
)
# P: hand over the name a program was started by. F: open the interpreter now, so that it works in any container.
FLAGS = "PF"
BY_HAND = "register it on the host instead: `docker run --privileged --rm tonistiigi/binfmt --install arm64`"


def smallest_program() -> bytes:
    """An arm64 program that does nothing but end with exit code 0."""
    base, header, segment = 0x400000, 64, 56
    # mov x8, #93 (exit); mov x0, #0; svc #0
    code = struct.pack("<3I", 0xD2800BA8, 0xD2800000, 0xD4000001)
    size = header + segment + len(code)
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    elf = struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, base + header + segment, header, 0, 0, header, segment, 1, 0, 0, 0)
    loaded = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    return ident + elf + loaded + code


def runs() -> bool:
    """Whether this machine runs arm64 programs now."""
    with scratch.folder() as folder:
        program = folder / "arm64"
        program.write_bytes(smallest_program())
        program.chmod(0o700)
        try:
            return process.run([str(program)], check=False, echo=False, timeout=30).code == 0
        except OSError:  # the kernel's "exec format error"
            return False


def entry(name: str, interpreter: Path) -> str:
    """The line that registers an interpreter for arm64 programs."""
    magic, mask = AARCH64
    return f":{name}:M::{magic}:{mask}:{interpreter}:{FLAGS}"


def entries(prefix: str, table: Path = TABLE) -> Iterator[Path]:
    """The entries whose names begin so."""
    return table.glob(f"{prefix}*")


def mount(table: Path = TABLE) -> bool:
    """Make the table visible where it is not; whether that was needed.

    Raises:
        EngineUnavailable: the kernel has no such table, or this process may not mount it.
    """
    if (table / "register").exists():
        return False
    result = process.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(table)], check=False)
    if result.code != 0:
        raise EngineUnavailable(
            "the kernel's table of interpreters (binfmt_misc) can't be mounted here, so nothing can be emulated",
            where=str(table),
            hint=BY_HAND,
            details=result.output,
        )
    return True


def unmount(table: Path = TABLE) -> None:
    """Undo :func:`mount`, unless somebody else has entries in the table by now: they would go with it."""
    if {path.name for path in table.glob("*")} == {"register", "status"}:
        process.run(["umount", str(table)], check=False, echo=False)


def register(name: str, interpreter: Path, table: Path = TABLE) -> None:
    """Have the kernel run arm64 programs with `interpreter`; an entry of that name is replaced.

    Raises:
        EngineUnavailable: this process may not change the table.
    """
    try:
        unregister(name, table)
        # The table takes an entry in one write, and none of it when something is wrong.
        with (table / "register").open("wb", buffering=0) as file:
            file.write(entry(name, interpreter).encode("ascii"))
    except OSError as error:
        raise EngineUnavailable(
            f"the kernel refused to register an interpreter: {error.strerror}", where=str(table), hint=BY_HAND
        ) from None


def unregister(prefix: str, table: Path = TABLE) -> bool:
    """Remove the entries whose names begin so; whether there were any. Programs that run now go on."""
    ours = list(entries(prefix, table))
    for path in ours:
        path.write_text("-1", encoding="ascii")
    return bool(ours)
