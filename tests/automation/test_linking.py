"""The loaders' rules, one at a time, on files that are only described."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest

from automation.bases import Libc
from automation.loadability import proof as loadability
from automation.loadability.closure import File
from automation.loadability.elf import Elf, Kind, Reference, Relro, Symbol, VersionNeed
from automation.loadability.findings import Code, Weight
from automation.loadability.linking import Linker, Target, Tree
from automation.loadability.resolution import Judge, Judged

SITE = "/environment/lib/python3.11/site-packages"
LOADERS = {Libc.MUSL: "ld-musl-x86_64.so.1", Libc.GLIBC: "ld-linux-x86-64.so.2"}


def library(
    *,
    exports: Iterable[str] = (),
    undefined: Iterable[str] = (),
    kind: Kind = Kind.LIBRARY,
    machine: str = "x86_64",
    **more: Any,
) -> Elf:
    """Symbols are `name` or `name@version`."""

    def split(text: str) -> tuple[str, str | None]:
        name, _, version = text.partition("@")
        return name, version or None

    return Elf(
        machine=machine,
        kind=kind,
        exports=frozenset(Symbol(*split(text)) for text in exports),
        undefined=frozenset(Reference(*split(text)) for text in undefined),
        relro=Relro.FULL,
        **more,
    )


def judge(files: dict[str, Elf], libc: Libc = Libc.MUSL, **target: Any) -> dict[str, Judged]:
    """The files, judged on a target, by path."""
    own, _ = loadability.target_of_wheels(libc, "x86_64", target.pop("python", "3.11"))
    own = dataclasses.replace(own, **target)
    listed = [File(path=path, label=path, elf=elf, package="wheel") for path, elf in files.items()]
    linker = Linker(Tree(files={path: elf for path, elf in files.items() if elf.machine == "x86_64"}), own)
    folders = frozenset(path.rpartition("/")[0] for path in files)
    return {j.file.path: j for j in Judge(listed, lambda _: linker, prefix=SITE, known=folders).judge()}


def codes(judged: Judged, weight: Weight = Weight.FAILURE) -> set[Code]:
    return {finding.code for finding in judged.findings if finding.weight is weight}


def test_a_symbol_comes_from_the_libc_python_or_a_needed_library() -> None:
    found = judge(
        {
            f"{SITE}/a.so": library(
                undefined=["malloc", "PyModule_Create2", "helped"], needed=("libh.so",), runpath=("$ORIGIN/h",)
            ),
            f"{SITE}/h/libh.so": library(exports=["helped"]),
            f"{SITE}/b.so": library(undefined=["nowhere"]),
        }
    )
    assert not found[f"{SITE}/a.so"].findings
    assert found[f"{SITE}/a.so"].loads is True
    assert codes(found[f"{SITE}/b.so"]) == {Code.SYMBOL}
    assert found[f"{SITE}/b.so"].loads is False


@pytest.mark.parametrize(("libc", "inherited"), [(Libc.MUSL, True), (Libc.GLIBC, False)])
def test_runpath_is_inherited_only_in_musl(libc: Libc, inherited: bool) -> None:
    files = {
        f"{SITE}/a.so": library(needed=("libb.so",), runpath=("$ORIGIN/libs",)),
        f"{SITE}/libs/libb.so": library(needed=("libc1.so",)),
        f"{SITE}/libs/libc1.so": library(),
    }
    assert (found := judge(files, libc))[f"{SITE}/a.so"].loads is inherited
    # Where it is not found, it is not said to be missing: the process may have loaded it before.
    assert codes(found[f"{SITE}/libs/libb.so"], Weight.UNKNOWN) == (set() if inherited else {Code.LIBRARY})


@pytest.mark.parametrize("libc", list(Libc))
def test_rpath_is_inherited_in_both(libc: Libc) -> None:
    files = {
        f"{SITE}/a.so": library(needed=("libb.so",), rpath=("$ORIGIN/libs",)),
        f"{SITE}/libs/libb.so": library(needed=("libc1.so",)),
        f"{SITE}/libs/libc1.so": library(),
    }
    found = judge(files, libc)
    assert found[f"{SITE}/a.so"].loads is True
    # By itself it would not load, but nothing loads it by itself.
    assert found[f"{SITE}/libs/libb.so"].loads is False
    assert not any(judged.findings for judged in found.values())


def test_glibc_ignores_rpath_beside_runpath() -> None:
    files = {
        f"{SITE}/a.so": library(needed=("libb.so",), rpath=("$ORIGIN/libs",), runpath=("$ORIGIN/none",)),
        f"{SITE}/libs/libb.so": library(),
    }
    assert judge(files, Libc.GLIBC)[f"{SITE}/a.so"].loads is False


def test_glibc_wants_the_version_and_musl_only_the_name() -> None:
    files = {
        f"{SITE}/a.so": library(undefined=["f@V2"], needed=("libf.so",), runpath=("$ORIGIN",)),
        f"{SITE}/libf.so": library(exports=["f@V1"], versions_defined=frozenset({"V1"})),
    }
    assert codes(judge(files, Libc.GLIBC)[f"{SITE}/a.so"]) == {Code.SYMBOL}
    assert judge(files, Libc.MUSL)[f"{SITE}/a.so"].loads is True


def test_glibc_takes_any_version_where_none_is_asked_or_none_is_defined() -> None:
    hidden = frozenset({Symbol("f", "V1")})
    files = {
        f"{SITE}/a.so": library(undefined=["f"], needed=("libf.so",), runpath=("$ORIGIN",)),
        f"{SITE}/libf.so": library(exports=["f@V1"], hidden=hidden, versions_defined=frozenset({"V1"})),
        f"{SITE}/b.so": library(undefined=["g@V9"], needed=("libg.so",), runpath=("$ORIGIN",)),
        f"{SITE}/libg.so": library(exports=["g"]),
    }
    found = judge(files, Libc.GLIBC)
    assert found[f"{SITE}/a.so"].loads is True
    assert found[f"{SITE}/b.so"].loads is True
    assert judge(files, Libc.MUSL)[f"{SITE}/a.so"].loads is False


def test_a_needed_version_of_glibc() -> None:
    def wants(version: str, *, weak: bool = False) -> Elf:
        return library(needed=("libc.so.6",), versions_needed=frozenset({VersionNeed("libc.so.6", version, weak)}))

    files = {"/a.so": wants("GLIBC_2.38"), "/b.so": wants("GLIBC_2.34"), "/c.so": wants("GLIBC_2.38", weak=True)}
    found = judge({SITE + path: elf for path, elf in files.items()}, Libc.GLIBC)
    assert codes(found[f"{SITE}/a.so"]) == {Code.VERSION}
    assert not found[f"{SITE}/b.so"].findings
    assert not found[f"{SITE}/c.so"].findings
    minimum = found[f"{SITE}/b.so"].minimum
    assert minimum is not None
    assert minimum.version == "2.34"


def test_a_version_of_gccs_runtime_is_not_glibcs() -> None:
    """GCC's runtime for aarch64 defines a version that is named GLIBC_2.0."""
    need = frozenset({VersionNeed("libgcc_s-1.so.1", "GLIBC_2.0", False)})
    found = judge({f"{SITE}/a.so": library(versions_needed=need)})
    assert not found[f"{SITE}/a.so"].findings


def test_names_of_glibc_alone_are_musl_for_musl() -> None:
    found = judge({f"{SITE}/a.so": library(needed=("libc.so.6", "libm.so.6"), undefined=["cos"])})
    assert codes(found[f"{SITE}/a.so"], Weight.WARNING) == {Code.LIBC}
    assert found[f"{SITE}/a.so"].loads is True


def test_packed_relocations_need_a_musl_that_applies_them() -> None:
    files = {f"{SITE}/a.so": library(has_relr=True)}
    assert codes(judge(files, libc_version="1.2.3")[f"{SITE}/a.so"]) == {Code.RELOCATION}
    found = judge(files)[f"{SITE}/a.so"]
    assert not found.findings
    assert found.minimum is not None
    assert found.minimum.version == "1.2.4"
    assert not judge(files, Libc.GLIBC)[f"{SITE}/a.so"].findings


def test_what_needs_a_library_that_can_not_be_loaded_can_not_be_loaded() -> None:
    files = {
        f"{SITE}/a.so": library(needed=("libr.so",), runpath=("$ORIGIN",)),
        f"{SITE}/libr.so": library(has_relr=True),
    }
    found = judge(files, libc_version="1.2.3")
    assert found[f"{SITE}/a.so"].loads is False
    assert not codes(found[f"{SITE}/a.so"])


def test_relocations_that_musl_does_not_know() -> None:
    files = {f"{SITE}/a.so": library(relocation_types=frozenset({8, 37}))}
    assert codes(judge(files)[f"{SITE}/a.so"]) == {Code.RELOCATION}
    assert not judge(files, Libc.GLIBC)[f"{SITE}/a.so"].findings


def test_storage_that_musl_gives_only_at_the_start() -> None:
    files = {
        f"{SITE}/a.so": library(initial_exec=frozenset({""})),
        f"{SITE}/tool": library(initial_exec=frozenset({""}), kind=Kind.EXECUTABLE),
    }
    found = judge(files)
    assert codes(found[f"{SITE}/a.so"]) == {Code.TLS}
    assert not codes(found[f"{SITE}/tool"])
    found = judge(files, Libc.GLIBC)
    assert not codes(found[f"{SITE}/a.so"])
    assert codes(found[f"{SITE}/a.so"], Weight.WARNING) == {Code.TLS}


def test_an_executable_stack() -> None:
    files = {f"{SITE}/a.so": library(executable_stack=True)}
    assert codes(judge(files, Libc.GLIBC)[f"{SITE}/a.so"], Weight.WARNING) == {Code.HARDENING}
    assert not codes(judge(files, Libc.GLIBC)[f"{SITE}/a.so"])
    assert codes(judge(files, Libc.GLIBC, libc_version="2.41")[f"{SITE}/a.so"]) == {Code.LOADER}


def test_protections_that_are_missing_are_warnings() -> None:
    bare = dataclasses.replace(library(needed=("libc.so.6",), text_relocations=True), relro=Relro.NONE)
    found = judge({f"{SITE}/a.so": bare}, Libc.GLIBC)[f"{SITE}/a.so"]
    assert [finding.detail for finding in found.findings] == ["has text relocations", "has no RELRO"]


def test_a_plug_in_whose_symbols_are_in_the_same_wheel_is_not_known_to_load() -> None:
    files = {
        f"{SITE}/host.so": library(exports=["host_function"]),
        f"{SITE}/plugin.so": library(undefined=["host_function"]),
    }
    found = judge(files)[f"{SITE}/plugin.so"]
    assert codes(found, Weight.UNKNOWN) == {Code.SYMBOL}
    assert not codes(found)


def test_a_library_where_the_loader_does_not_look() -> None:
    files = {f"{SITE}/a.so": library(needed=("libx.so",)), f"{SITE}/libs/libx.so": library()}
    assert codes(judge(files, Libc.GLIBC)[f"{SITE}/a.so"], Weight.UNKNOWN) == {Code.LIBRARY}
    # musl knows a library that was loaded by its path only by that path.
    assert codes(judge(files)[f"{SITE}/a.so"]) == {Code.LIBRARY}


def test_a_module_for_another_python() -> None:
    files = {
        f"{SITE}/a.cpython-310-x86_64-linux-musl.so": library(undefined=["_Py_OfThreeTen"]),
        f"{SITE}/b.cpython-311-x86_64-linux-musl.so": library(undefined=["_Py_OfThreeTen"]),
    }
    found = list(judge(files).values())
    assert codes(found[0], Weight.UNKNOWN) == {Code.SYMBOL}
    assert codes(found[1]) == {Code.SYMBOL}


def test_a_python_that_nothing_is_known_of() -> None:
    found = judge({f"{SITE}/a.so": library(undefined=["PyModule_Create2", "malloc"])}, python="3.10")
    [finding] = found[f"{SITE}/a.so"].findings
    assert (finding.weight, finding.detail) == (
        Weight.UNKNOWN,
        "needs PyModule_Create2; it is not known what Python 3.10 exports",
    )


def test_beyond_the_stable_abi() -> None:
    found = judge({f"{SITE}/a.abi3.so": library(undefined=["_PyUnicode_FastCopyCharacters", "Py_Initialize"])})
    assert codes(found[f"{SITE}/a.abi3.so"], Weight.WARNING) == {Code.STABLE_ABI}


def test_a_set_of_files_for_several_machines() -> None:
    files = {
        f"{SITE}/attach_linux_x86.so": library(machine="386"),
        f"{SITE}/attach_linux_amd64.so": library(),
        f"{SITE}/native.so": library(machine="386"),
        f"{SITE}/module_x86.so": library(machine="386", exports=["PyInit_module_x86"]),
    }
    found = judge(files)
    assert codes(found[f"{SITE}/attach_linux_x86.so"], Weight.UNKNOWN) == {Code.MACHINE}
    assert codes(found[f"{SITE}/native.so"]) == {Code.MACHINE}
    assert codes(found[f"{SITE}/module_x86.so"]) == {Code.MACHINE}


@pytest.mark.parametrize("libc", list(Libc))
def test_a_program(libc: Libc) -> None:
    other = next(name for kind, name in LOADERS.items() if kind is not libc)
    files = {
        "/environment/bin/good": library(kind=Kind.EXECUTABLE, interpreter=f"/lib/{LOADERS[libc]}"),
        "/environment/bin/bad": library(kind=Kind.EXECUTABLE, interpreter=f"/lib64/{other}"),
        "/environment/bin/static": library(kind=Kind.EXECUTABLE),
        "/environment/bin/part.o": library(kind=Kind.OBJECT),
    }
    found = judge(files, libc)
    assert {path: codes(judged) for path, judged in found.items()} == {
        "/environment/bin/good": set(),
        "/environment/bin/bad": {Code.LOADER},
        "/environment/bin/static": set(),
        "/environment/bin/part.o": set(),
    }
    # Python's symbols are not there for a program of its own.
    program = library(kind=Kind.EXECUTABLE, undefined=["PyModule_Create2"])
    assert codes(judge({"/environment/bin/p": program}, libc)["/environment/bin/p"]) == {Code.SYMBOL}


def test_what_a_debugger_brings() -> None:
    thread_db = library(soname="libthread_db.so.1", undefined=["ps_getpid"])
    found = judge({"/lib/libthread_db.so.1": thread_db}, Libc.GLIBC)["/lib/libthread_db.so.1"]
    assert codes(found, Weight.UNKNOWN) == {Code.SYMBOL}


def test_an_optional_module_of_pythons_own() -> None:
    path = "/usr/local/lib/python3.11/lib-dynload/_tkinter.cpython-311-x86_64-linux-gnu.so"
    found = judge({path: library(needed=("libtk8.6.so",), undefined=["Tk_Init"])}, Libc.GLIBC)[path]
    assert codes(found, Weight.UNKNOWN) == {Code.LIBRARY}
    assert found.loads is False


def test_links_and_the_cache_lead_to_libraries() -> None:
    inner = library(exports=["f"])
    tree = Tree(
        files={
            "/usr/lib/libf.so.1.2": inner,
            "/opt/x/libg.so": library(),
            "/app/a.so": library(needed=("libf.so.1", "libg.so")),
        },
        links={"/lib": "usr/lib", "/usr/lib/libf.so.1": "libf.so.1.2", "/loop": "/loop"},
        cache={"libg.so": "/opt/x/libg.so"},
        folders=("/lib",),
    )
    target = Target(libc=Libc.GLIBC, arch="x86_64", libc_version="2.36")
    group = Linker(tree, target).group("/app/a.so")
    assert [member.path for member in group.members] == ["/app/a.so", "/lib/libf.so.1", "/opt/x/libg.so"]
    assert not group.missing
    assert tree.find("/loop/x") is None
