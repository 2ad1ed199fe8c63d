"""Proofs of wheels and of the lock, and what is said when asked for nonsense."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from automation import paths
from automation.bases import Libc
from automation.engine import Engine
from automation.errors import CheckFailed, NetworkUnavailable, UsageError
from automation.loadability import closure
from automation.loadability import proof as loadability
from automation.reports import Verdict
from tests.automation.planted import TAGS

SITE = closure.site_packages("3.11")


def wheel(folder: Path, name: str, files: dict[str, bytes], record: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for inner, content in {**files, "x-1.dist-info/RECORD": record.encode()}.items():
            archive.writestr(inner, content)
    return path


def test_a_wheel_that_differs_from_its_record(tmp_path: Path) -> None:
    import markupsafe._speedups as module

    assert module.__file__
    content = Path(module.__file__).read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    tag = TAGS["glibc"].format("x86_64")
    name = "x/_speedups.cpython-311-x86_64-linux-gnu.so"
    wheel(tmp_path, f"x-1-{tag}.whl", {name: content}, f"{name},sha256={digest},{len(content)}\n")
    subject = closure.read_wheels(
        "it", [tmp_path / f"x-1-{tag}.whl"], closure.platform(Libc.GLIBC, "x86_64", "2.36"), "3.11"
    )
    assert [file.problem for file in subject.files] == [""]
    wheel(tmp_path, f"x-1-{tag}.whl", {name: content}, f"{name},sha256={'A' * 43},{len(content)}\n")
    proof = loadability.prove_wheels(tmp_path, Libc.GLIBC, "x86_64")
    [check] = proof.checks()
    assert check.verdict is Verdict.FAILED
    assert "not what the wheel's RECORD says" in check.detail


def test_a_wheel_whose_bytes_are_damaged(tmp_path: Path) -> None:
    path = wheel(tmp_path, "x-1-py3-none-any.whl", {"x/a.so": b"\x7fELF" + bytes(500)})
    damaged = bytearray(path.read_bytes())
    at = damaged.index(b"\x7fELF") + 100
    damaged[at] ^= 0xFF
    path.write_bytes(bytes(damaged))
    [check] = loadability.prove_wheels(tmp_path, Libc.MUSL, "x86_64").checks()
    assert check.verdict is Verdict.FAILED
    assert "can't be unpacked" in check.detail


def test_pure_wheels_and_where_files_of_wheels_go(tmp_path: Path) -> None:
    wheel(tmp_path, "x-1-py3-none-any.whl", {"x/__init__.py": b"", "x/libstub.so": b"GROUP ( libx.so.1 )"})
    proof = loadability.prove_wheels(tmp_path, Libc.MUSL, "aarch64")
    assert [(check.verdict, check.detail) for check in proof.checks()] == [(Verdict.PASSED, "no compiled file")]
    assert proof.minimum_libc == ""
    loadability.require(proof)
    loadability.show(proof)
    assert closure.installed_path("x/a.so", "3.11") == f"{SITE}/x/a.so"
    assert closure.installed_path("x-1.data/platlib/a.so", "3.11") == f"{SITE}/a.so"
    assert closure.installed_path("x-1.data/scripts/tool", "3.11") == "/environment/bin/tool"
    assert closure.installed_path("x-1.data/data/lib/a.so", "3.11") == "/environment/lib/a.so"


def no_engine() -> Engine:
    raise AssertionError("no engine is needed for this")


def test_nonsense_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    wheel(tmp_path / "odd", "not-a-wheel-name.whl", {})
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "x-1-py3-none-any.whl").write_text("no zip")
    questions: tuple[tuple[dict[str, str], str], ...] = (
        ({"wheels": str(tmp_path / "missing")}, "no such folder of wheels"),
        ({"wheels": str(tmp_path / "empty")}, "no wheel in the folder"),
        ({"wheels": str(tmp_path / "odd")}, "not the name of a wheel"),
        ({"wheels": str(tmp_path / "text")}, "not a wheel"),
        ({"libc": "uclibc"}, "no C library 'uclibc'"),
        ({"arch": "riscv64"}, "no architecture 'riscv64'"),
        ({"python": "2.7"}, "Python '2.7' is not known"),
        ({"image": "a:b", "wheels": "c"}, "an image has its own libc"),
    )
    for question, says in questions:
        with pytest.raises(UsageError) as caught:
            loadability.prove(no_engine, **question)
        assert says in caught.value.what
        assert caught.value.hint
        assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match="no architecture"):
        loadability.target_of_wheels(Libc.MUSL, "sparc", "3.11")


def test_the_targets_that_wheels_are_for(tmp_path: Path) -> None:
    names = ("musllinux_1_2_aarch64", "manylinux_2_28_x86_64.manylinux_2_17_x86_64")
    for name in names:
        wheel(tmp_path, f"x-1-cp311-cp311-{name}.whl", {})
    wheels = closure.wheels_in(tmp_path)
    assert closure.platforms_of(wheels) == [(Libc.MUSL, "aarch64"), (Libc.GLIBC, "x86_64")]
    proofs = loadability.prove(no_engine, wheels=str(tmp_path))
    assert [(proof.target.libc, proof.target.arch) for proof in proofs] == closure.platforms_of(wheels)
    assert [len(proof.left_out) for proof in proofs] == [1, 1]
    [only] = loadability.prove(no_engine, wheels=str(tmp_path), libc="glibc")
    assert only.target.libc is Libc.GLIBC
    wheel(tmp_path / "pure", "x-1-py3-none-any.whl", {})
    assert len(loadability.prove(no_engine, wheels=str(tmp_path / "pure"))) == 4


@pytest.mark.parametrize("python", ["3.11", "3.14"])
@pytest.mark.parametrize("arch", loadability.ARCHITECTURES)
@pytest.mark.parametrize("libc", list(Libc))
def test_the_locked_closure_loads(libc: Libc, arch: str, python: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        [proof] = loadability.prove(no_engine, libc=str(libc), arch=arch, python=python)
    except NetworkUnavailable as error:
        pytest.skip(str(error.what))
    assert [check for check in proof.checks() if check.verdict is not Verdict.PASSED] == []
    loadability.require(proof)
    data = json.loads(json.dumps(proof.as_dict()))
    assert (data["libc"], data["arch"], data["python"]) == (str(libc), arch, python)
    # asyncpg, bcrypt, cffi, cryptography, greenlet, httptools, jiter, pydantic-core, rpds-py, SQLAlchemy, uvloop …
    assert data["files"] > 20
    assert data["undefined_symbols"] > 1000
    assert data["minimum_libc"]
    assert data["minimum_because"].split("-")[0] in (paths.ROOT / "poetry.lock").read_text().replace("-", "_")
    loadability.show(proof)
    assert f"needs {libc}" in capsys.readouterr().err


def test_a_lock_whose_wheels_can_not_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(NetworkUnavailable, match="could not be fetched"):
        loadability.prove_closure(Libc.MUSL, "x86_64")
    assert not list((tmp_path / "autoarr" / "wheels").glob("*/*.whl"))


def test_what_has_no_wheel_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = 'lock-version = "2.1"\npython-versions = ">=3.11"\n'
    (tmp_path / "poetry.lock").write_text(
        '[[package]]\nname = "only-source"\nversion = "1.0"\npython-versions = ">=3.8"\noptional = false\n'
        'groups = ["main"]\nfiles = [{file = "only_source-1.0.tar.gz", hash = "sha256:00"}]\n\n'
        f'[metadata]\n{lock}content-hash = "0"\n'
    )
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    proof = loadability.prove_closure(Libc.MUSL, "x86_64")
    [check] = proof.checks()
    assert (check.name, check.verdict) == ("only-source 1.0", Verdict.SKIPPED)
    with pytest.raises(CheckFailed, match="nothing could be checked"):
        loadability.require(proof)
