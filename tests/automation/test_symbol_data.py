"""The symbol data fits itself, and what is known of each library holds in it."""

from __future__ import annotations

import importlib.machinery
import sys
import sysconfig

import pytest

from automation.loadability import elf, symbols
from automation.loadability.symbols import make, tables, wasm
from automation.loadability.symbols.tables import Section, Table

NAMES = ("musl", "glibc", "runtime", "libpython", "stable_abi")
ARCHITECTURES = ("x86_64", "aarch64")


@pytest.mark.parametrize("name", NAMES)
def test_each_file_says_where_it_is_from_and_is_what_would_be_written(name: str) -> None:
    table = symbols.table(name)
    assert table.origins
    text = (symbols.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    title = text.splitlines()[0].removeprefix("# ")
    assert tables.render(title, table) == text
    for section in table.sections:
        assert section.attributes.get("arch", "x86_64") in ARCHITECTURES


def test_no_symbol_is_there_twice() -> None:
    for name, keys in (("musl", ("arch",)), ("libpython", ("arch",)), ("stable_abi", ())):
        seen: set[tuple[str, str]] = set()
        for section in symbols.table(name).sections:
            arches = [section.attributes["arch"]] if "arch" in section.attributes else list(ARCHITECTURES)
            for arch in arches if keys else [""]:
                rows = {(symbol, arch) for symbol in section.names}
                assert not rows & seen
                seen |= rows


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_musl(arch: str) -> None:
    since = symbols.musl_since(arch)
    assert symbols.musl_versions()[0] == "1.2.2"
    assert set(since.values()) <= set(symbols.musl_versions())
    # What its release notes say.
    assert {name: since[name] for name in ("malloc", "open64", "qsort_r", "statx", "posix_getdents")} == {
        "malloc": "1.2.2",
        "open64": "1.2.2",
        "qsort_r": "1.2.3",
        "statx": "1.2.5",
        "posix_getdents": "1.2.6",
    }
    assert "__cxa_thread_atexit_impl" not in since
    assert "statx" not in symbols.musl(arch, "1.2.4").names
    assert symbols.musl(arch, "1.2.5").names < symbols.musl(arch, "1.2.6").names
    assert ("iopl" in since) is (arch == "x86_64")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_glibc(arch: str) -> None:
    old, new = symbols.glibc(arch, "2.36"), symbols.glibc(arch, "2.38")
    first = "GLIBC_2.2.5" if arch == "x86_64" else "GLIBC_2.17"
    assert elf.Symbol("malloc", first) in old["libc.so.6"].exports
    assert elf.Symbol("cos", first) in old["libm.so.6"].exports
    assert "strlcpy" not in old["libc.so.6"].names
    assert elf.Symbol("strlcpy", "GLIBC_2.38") in new["libc.so.6"].exports
    assert "GLIBC_2.38" not in old["libc.so.6"].versions_defined
    assert "GLIBC_ABI_DT_RELR" in old["libc.so.6"].versions_defined
    assert "GLIBC_ABI_DT_RELR" not in symbols.glibc(arch, "2.35")["libc.so.6"].versions_defined
    assert symbols.LOADERS["glibc", arch] in old
    assert not any(symbol.version == "GLIBC_PRIVATE" for library in new.values() for symbol in library.exports)


def test_which_glibc_a_version_came_with() -> None:
    assert symbols.glibc_version_since("GLIBC_2.34") == "2.34"
    assert symbols.glibc_version_since("GLIBC_ABI_DT_RELR") == "2.36"
    assert symbols.glibc_version_since("GLIBCXX_3.4") is None


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_runtime(arch: str) -> None:
    runtime = symbols.runtime(arch)
    assert set(runtime) == {"libcrypt.so.1", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"}
    assert "GLIBCXX_3.4.30" in runtime["libstdc++.so.6"].versions_defined
    assert "libgcc_s.so.1" in runtime["libstdc++.so.6"].needed
    assert "deflate" in runtime["libz.so.1"].names


def test_python() -> None:
    assert symbols.pythons() == ("3.11", "3.12", "3.13", "3.14")
    names = {}
    for version in symbols.pythons():
        library = symbols.python("x86_64", version)
        assert library is not None
        names[version] = library.names
        assert {"PyModule_Create2", "PyType_FromSpec", "Py_None"} - names[version] <= {"Py_None"}
    # By the release notes of each version.
    assert "PyType_FromMetaclass" in names["3.12"] - names["3.11"]
    assert "PyDict_GetItemRef" in names["3.13"] - names["3.12"]
    assert "_PyObject_ClearManagedDict" in names["3.12"] - names["3.13"]
    assert symbols.python("x86_64", "3.10") is None


def test_the_stable_abi_is_kept_by_every_version_that_is_known() -> None:
    """The promise itself; a few names are for other systems, or for builds that trace references."""
    stable = symbols.stable_abi()
    for version in symbols.pythons():
        library = symbols.python("x86_64", version)
        assert library is not None
        promised = {name for name, since in stable.items() if symbols.number(since) <= symbols.number(version)}
        missing = promised - library.names
        assert not {n for n in missing if "Windows" not in n and "Trace" not in n and "RefTotal" not in n}, version


@pytest.mark.skipif(
    f"{sys.version_info.major}.{sys.version_info.minor}" not in symbols.pythons()
    or not importlib.machinery.EXTENSION_SUFFIXES,
    reason="this Python's exports are not in the data",
)
def test_this_python_exports_what_is_said() -> None:
    import ctypes

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    library = symbols.python("x86_64", version)
    assert library is not None
    own = ctypes.pythonapi
    missing = {name for name in symbols.stable_abi() if name in library.names and not hasattr(own, name)}
    assert not missing, sysconfig.get_platform()


def test_the_format() -> None:
    table = Table(
        origins=("a 1", "b 2"),
        sections=(
            Section(attributes={"since": "1", "arch": "x"}, names=frozenset({"b", "a"})),
            Section(attributes={"since": "2"}, names=frozenset()),
        ),
    )
    text = tables.render("title", table)
    assert text.splitlines()[0] == "# title"
    assert "[arch=x since=1]\na b\n" in text
    assert tables.parse(text) == table


@pytest.mark.parametrize(("text", "says"), [("a b\n", "line 1: names before"), ("[x]\n", "line 1: not a section")])
def test_a_file_not_in_the_format(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        tables.parse(text)


LISTING = """
#ifdef PTR64
#define WEAK64 .weak
#else
#define WEAK64 .globl
#endif
.globl everywhere
WEAK64 wide
#if !defined(ARCH_aarch64) && !defined(ARCH_mips)
.weak not_on_arm
#endif
#ifdef ARCH_i386
.globl other
#else
.globl both
#endif
"""


def test_ziglang_lists() -> None:
    assert make.zig_symbols(LISTING, "x86_64") == {"everywhere", "wide", "not_on_arm", "both"}
    assert make.zig_symbols(LISTING, "aarch64") == {"everywhere", "wide", "both"}


def test_rows_that_hold_everywhere_name_no_architecture() -> None:
    rows = [make.Row(name="a", arch=arch, attributes={"since": "1"}) for arch in ARCHITECTURES]
    rows.append(make.Row(name="b", arch="x86_64", attributes={"since": "1"}))
    found = {tuple(sorted(section.attributes.items())): section.names for section in make.sections(rows)}
    assert found == {(("since", "1"),): {"a"}, (("arch", "x86_64"), ("since", "1")): {"b"}}


def test_webassembly_exports() -> None:
    names = b"\x02\x05first\x00\x01\x06second\x03\x80\x01"
    module = b"\0asm\x01\0\0\0" + b"\x01\x01\x00" + b"\x07" + bytes([len(names)]) + names
    assert wasm.exports(module) == {"first", "second"}
    with pytest.raises(ValueError, match="not a WebAssembly"):
        wasm.exports(b"zip")
    with pytest.raises(ValueError, match="no exports"):
        wasm.exports(b"\0asm\x01\0\0\0" + b"\x01\x01\x00")


def test_musl_aliases() -> None:
    content = b"\0" * 8 + b"aio_cancel\0aio_error\0open\0\0more\0"
    assert symbols.musl_aliases(content) == {"aio_cancel64", "aio_error64", "open64", "readdir64_r"}
    assert symbols.musl_aliases(b"nothing of it") == frozenset()
