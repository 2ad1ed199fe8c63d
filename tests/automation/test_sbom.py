"""The documents of images made by hand: what they say, what they miss, and that they are what their formats want."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, NoReturn

import pytest
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.spdx_element_utils import calculate_package_verification_code

from automation import layers, ownership
from automation.engine import Engine
from automation.errors import CheckFailed, UsageError
from automation.sbom import attestation, bill, cyclonedx, documents, spdx
from automation.sbom.bill import Bill, Part
from automation.sbom.documents import Account, Format
from automation.sbom.gaps import Gap, Lack
from tests.automation import accounted
from tests.automation.accounted import PARTS, part

Make = Callable[..., Account]


@pytest.fixture
def account(tmp_path: Path) -> Make:
    def make(content: Mapping[str, bytes] | None = None, **options: Any) -> Account:
        path = accounted.archive(tmp_path / "image.tar", accounted.files() if content is None else content, **options)
        return documents.of_archive(path)

    return make


def by_ref(found: Bill) -> dict[str, Part]:
    return {one.ref: one for one in found.parts}


def gap(lack: Lack, component: str, *details: str) -> Gap:
    return Gap(lack=lack, component=component, details=details)


# ---- the bill


def test_every_file_belongs_to_one_component_and_nothing_is_missing(account: Make) -> None:
    found = account()
    assert found.gaps == ()
    documents.require(found, strict=True)
    counted = Counter(file.path for one in found.bill.parts for file in one.files)
    counted.update(path for one in found.bill.parts for path, _ in one.links)
    assert set(counted.values()) == {1}
    assert set(counted) == {*accounted.files(), "/usr/local/bin/python3"}
    python = by_ref(found.bill)["interpreter:python@3.11.2"]
    assert python.links == (("/usr/local/bin/python3", "python3.11"),)


def test_what_needs_what_is_judged_for_the_interpreter_inside(account: Make) -> None:
    needs = {ref: one.requires for ref, one in by_ref(account().bill).items()}
    interpreter = "interpreter:python@3.11.2"
    assert needs["application:autoarr@0.1.0"] == (interpreter, "python:one@1.0")
    assert needs["python:one@1.0"] == (interpreter, "python:two@2.0")
    # The extra that `one` asks for is on; `one` is not needed on Linux, and nobody asks for `slow`.
    assert needs["python:two@2.0"] == (interpreter, "python:three@3.0")
    assert needs["python:three@3.0"] == (interpreter,)
    newer = [part(**{**one, "version": "3.12.0"}) if one["kind"] == "interpreter" else one for one in PARTS]
    found = by_ref(account(accounted.files(*newer)).bill)
    assert found["python:one@1.0"].requires == ("interpreter:python@3.12.0",)
    assert found["python:two@2.0"].requires == ("interpreter:python@3.12.0",)


def test_what_went_into_others_is_told_by_the_image(account: Make) -> None:
    found = by_ref(account().bill)
    assert [(one.name, one.licence, one.source) for one in found["ui:autoarr-ui@1.0"].embedded] == [
        ("@scope/odd", "", "pkg:npm/%40scope/odd@1.0.0"),
        ("react", "MIT", "pkg:npm/react@19.3.1"),
    ]
    assert [(one.name, one.version, one.licence) for one in found["python:two@2.0"].embedded] == [
        ("base64", "1", "MIT"),
        ("libgcc", "14", ""),
    ]


def test_the_identity_of_an_image(account: Make) -> None:
    found = account().bill
    assert (found.name, found.version, found.platform) == ("AutoArr", "0.1.0", "linux/amd64")
    assert found.created == "2026-01-02T03:04:05Z"
    assert found.source == f"pkg:oci/autoarr@{found.digest.replace(':', '%3A')}?arch=amd64"
    bare = account(labels={}).bill
    assert (bare.name, bare.version, bare.created) == ("image", "", bill.EPOCH)
    assert bare.serial != found.serial
    assert account(labels={}, created="2030-01-01T00:00:00.123456789Z").bill.created == "2030-01-01T00:00:00Z"


# ---- what is missing


def without(content: dict[str, bytes], *paths: str) -> dict[str, bytes]:
    assert set(paths) <= set(content)
    return {path: text for path, text in content.items() if path not in paths}


def changed(name: str, **facts: str) -> dict[str, bytes]:
    return accounted.files(*({**one, **facts} if one["name"] == name else one for one in PARTS))


OPENSSL = ("/usr/lib/libcrypto.so.3", "/usr/share/licenses/openssl/LICENSE.txt")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({**accounted.files(), "/srv/stray": b"?"}, gap(Lack.OWNER, "unowned", "/srv/stray")),
        (changed("openssl", version=""), gap(Lack.VERSION, "openssl", *OPENSSL)),
        (changed("openssl", licence=""), gap(Lack.LICENCE, "openssl", *OPENSSL)),
        (changed("openssl", licence="OpenSSL-ish"), gap(Lack.LICENCE, "openssl", "OpenSSL-ish")),
        (changed("openssl", source=""), gap(Lack.SOURCE, "openssl", *OPENSSL)),
        (without(accounted.files(), OPENSSL[1]), gap(Lack.TEXT, "openssl", "Apache-2.0")),
        (
            without(accounted.files(), f"{accounted.SITE}/two-2.0.dist-info/licenses/LICENSE"),
            gap(Lack.TEXT, "two", "MIT"),
        ),
        (
            without(accounted.files(), "/opt/ui/licenses.txt.gz"),
            gap(Lack.BUNDLE, "autoarr-ui", "/opt/ui/index.html"),
        ),
    ],
    ids=["owner", "version", "licence", "no such licence", "source", "text", "wheel's text", "bundle"],
)
def test_a_planted_defect_is_found_by_name(account: Make, content: dict[str, bytes], expected: Gap) -> None:
    found = account(content)
    assert found.gaps == (expected,)
    with pytest.raises(CheckFailed, match="1 things are missing") as caught:
        documents.require(found)
    assert expected.component in caught.value.details
    assert str(expected.lack) in caught.value.details
    assert expected.details[0] in caught.value.details
    # It is told in documents that are valid nevertheless.
    for kind in Format:
        documents.render(found.bill, kind)


def test_an_image_on_somebody_elses_base_is_only_told_of_unless_strict(
    account: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    found = account({"/srv/stray": b"?", "/usr/local/bin/python3.11": b"", f"{accounted.LIB}/os.py": b""})
    assert not found.bill.describes_itself
    assert gap(Lack.OWNER, "unowned", "/srv/stray") in found.gaps
    documents.require(found)
    assert "--strict makes that an error" in capfd.readouterr().err
    with pytest.raises(CheckFailed):
        documents.require(found, strict=True)


@pytest.mark.parametrize(
    ("name", "is_text"),
    [
        *((name, True) for name in ("LICENSE", "COPYING.LESSER", "LICENSE-MIT", "BSD-license.txt", "UNLICENSE", "BSD")),
        *((name, False) for name in ("licenses.py", "AUTHORS", "NOTICE.md", "LICENSE.html")),
    ],
)
def test_what_counts_as_a_licence_text(account: Make, name: str, is_text: bool) -> None:
    info = f"{accounted.SITE}/two-2.0.dist-info"
    content = without(accounted.files(), f"{info}/licenses/LICENSE")
    record = content[f"{info}/RECORD"].decode().replace("licenses/LICENSE", f"licenses/{name}")
    found = account({**content, f"{info}/RECORD": record.encode(), f"{info}/licenses/{name}": b"text"})
    assert (found.gaps == ()) is is_text


def test_packages_that_share_a_folder_of_documents(account: Make) -> None:
    status = "".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: 12\n\n" for name in ("gcc-12-base", "libstdc++6")
    )
    info = "/var/lib/dpkg/info"
    content = {
        "/var/lib/dpkg/status": status.encode(),
        f"{info}/gcc-12-base.list": b"/usr/share/doc/gcc-12-base/copyright\n",
        f"{info}/libstdc++6:amd64.list": b"/usr/lib/libstdc++.so.6\n/usr/share/doc/libstdc++6\n",
        "/usr/share/doc/gcc-12-base/copyright": b"Files: *\nLicense: GPL-3+\n",
        "/usr/lib/libstdc++.so.6": b"",
    }
    lacking = {(one.component, one.lack) for one in account(content).gaps}
    assert ("libstdc++6", Lack.TEXT) in lacking
    links = {"/usr/share/doc/libstdc++6": "gcc-12-base"}
    lacking = {(one.component, one.lack) for one in account(content, links=links).gaps}
    assert ("libstdc++6", Lack.TEXT) not in lacking


# ---- the documents


def test_the_documents_are_valid_whole(account: Make) -> None:
    """Not only with a few files of each component, as the command has it validated for images with thousands."""
    found = account({**accounted.files(), "/srv/stray": b"?"}).bill
    assert cyclonedx.problems(json.dumps(cyclonedx.document(found))) == []
    assert spdx.problems(spdx.document(found)) == []


def test_the_validators_see_defects(account: Make) -> None:
    found = account().bill
    data = cyclonedx.document(found)
    data["components"][0]["licenses"] = [{"license": {"id": "no licence"}}]
    assert any("no licence" in problem for problem in cyclonedx.problems(json.dumps(data)))
    other = spdx.document(found)
    other["packages"][1]["licenseDeclared"] = "no-such-licence"
    assert any("no-such-licence" in problem for problem in spdx.problems(other))
    other = spdx.document(found)
    del other["packages"][1]["name"]
    assert spdx.problems(other)
    (first, *rest) = found.parts
    (file, *others) = first.files
    with pytest.raises(ValueError, match="no digests"):
        bill.sample(replace(found, parts=(replace(first, files=(replace(file, sha1=""), *others)), *rest)))
    with pytest.raises(ValueError, match="two components"):
        bill.sample(replace(found, parts=(first, replace(rest[0], files=(file,)), *rest[1:])))


def test_a_document_that_would_not_be_valid_is_not_written(account: Make) -> None:
    found = account().bill
    for kind in Format:
        with pytest.raises(CheckFailed, match=f"the {kind} document is not valid"):
            documents.render(replace(found, digest="sha256:cut"), kind)


def test_cyclonedx(account: Make) -> None:
    found = account().bill
    data = cyclonedx.document(found)
    assert data["specVersion"] == max(version.to_version() for version in type(cyclonedx.SCHEMA))
    assert data["metadata"]["component"]["purl"] == found.source
    assert data["compositions"][0]["aggregate"] == "complete"
    components = {one["bom-ref"]: one for one in data["components"]}
    one = components["python:one@1.0"]
    assert one["purl"] == "pkg:pypi/one@1.0"
    assert one["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    file = next(inner for inner in one["components"] if inner["name"].endswith("/one.py"))
    assert file["hashes"] == [
        {"alg": "SHA-1", "content": "356a192b7913b04c54574d18c28d46e6395428ab"},
        {"alg": "SHA-256", "content": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},
    ]
    needed = {entry["ref"]: entry["dependsOn"] for entry in data["dependencies"]}
    assert needed["python:one@1.0"] == ["interpreter:python@3.11.2", "python:two@2.0"]
    assert "ui:autoarr-ui@1.0/pkg:npm/react@19.3.1" in needed["ui:autoarr-ui@1.0"]
    assert "application:autoarr@0.1.0" in needed[found.source]
    stray = account({**accounted.files(), "/srv/stray": b"?"}).bill
    assert cyclonedx.document(stray)["compositions"][0]["aggregate"] == "incomplete"


def test_spdx(account: Make) -> None:
    data = spdx.document(account().bill)
    assert data["spdxVersion"] == "SPDX-2.3"
    packages = {one["name"]: one for one in data["packages"]}
    files = {one["SPDXID"]: one for one in data["files"]}
    names = [files[one]["fileName"] for one in packages["one"]["hasFiles"]]
    assert f".{accounted.SITE}/one.py" in names
    # Every file has one package.
    assert sorted(one for package in packages.values() for one in package.get("hasFiles", ())) == sorted(files)
    assert packages["tzdata"]["licenseDeclared"] == "LicenseRef-public-domain"
    assert [one["licenseId"] for one in data["hasExtractedLicensingInfos"]] == ["LicenseRef-public-domain"]
    assert packages["python"]["comment"] == "links:\n/usr/local/bin/python3 -> python3.11"
    ids = {name: one["SPDXID"] for name, one in packages.items()}
    relations = {tuple(one.values()) for one in data["relationships"]}
    assert ("SPDXRef-DOCUMENT", "DESCRIBES", ids["AutoArr"]) in relations
    assert (ids["one"], "DEPENDS_ON", ids["two"]) in relations
    assert (ids["autoarr-ui"], "CONTAINS", ids["react"]) in relations


def test_the_digest_over_a_packages_files_is_the_one_that_spdx_defines(account: Make) -> None:
    parser: Any = JsonLikeDictParser  # it has no annotations
    data = spdx.document(account().bill)
    files = {one.spdx_id: one for one in parser().parse(data).files}
    checked = 0
    for package in data["packages"]:
        if "hasFiles" in package:
            code = package["packageVerificationCode"]["packageVerificationCodeValue"]
            theirs = calculate_package_verification_code([files[one] for one in package["hasFiles"]])
            assert theirs.value == code
            checked += 1
    assert checked == 10


def test_the_order_in_which_owners_are_found_does_not_matter(tmp_path: Path) -> None:
    path = accounted.archive(tmp_path / "image.tar", accounted.files())

    def sha1(_: str, stream: IO[bytes]) -> str:
        return hashlib.sha1(stream.read(), usedforsecurity=False).hexdigest()

    view = layers.view(path, sha1, keep=documents.wanted)
    owners = ownership.owners(view.contents)
    assert (
        bill.make(view, dict(reversed(list(owners.items()))))
        == bill.make(view, owners)
        == documents.of_archive(path).bill
    )


def test_the_same_image_gives_the_same_bytes(tmp_path: Path) -> None:
    content = accounted.files()
    texts = set()
    for number, order in enumerate((content, dict(reversed(content.items())))):
        path = accounted.archive(tmp_path / f"{number}.tar", order)
        found = replace(
            documents.of_archive(path).bill, digest="sha256:" + "0" * 64
        )  # the layers differ by their order
        texts.add("".join(documents.render(found, kind) for kind in Format))
    assert len(texts) == 1


# ---- the command


def no_engine() -> NoReturn:
    raise AssertionError("no engine is needed for an archive")


def test_documents_are_written_for_an_archive(tmp_path: Path) -> None:
    path = accounted.archive(tmp_path / "my image.tar", accounted.files())
    output = tmp_path / "new" / "folder"
    made = documents.make(no_engine, oci=str(path), output=output)
    assert sorted(file.name for file in output.iterdir()) == ["my-image.cdx.json", "my-image.spdx.json"]
    before = {file.name: file.read_bytes() for file in output.iterdir()}
    documents.make(no_engine, oci=str(path), output=output)
    assert {file.name: file.read_bytes() for file in output.iterdir()} == before
    data = json.loads(json.dumps(made.as_dict()))
    assert data["gaps"] == []
    assert data["documents"]["spdx"].endswith("my-image.spdx.json")
    openssl = next(one for one in data["components"] if one["name"] == "openssl")
    assert openssl["licence_texts"] == ["/usr/share/licenses/openssl/LICENSE.txt"]
    documents.show(made)


def test_statements_for_the_image_itself(account: Make) -> None:
    one, two = documents.attestations(account().bill)
    assert (one.predicate_type, one.predicate["spdxVersion"]) == (attestation.SPDX, "SPDX-2.3")
    assert (two.predicate_type, two.predicate["bomFormat"]) == (attestation.CYCLONEDX, "CycloneDX")


def test_bad_input_is_one_message_and_nothing_is_written(tmp_path: Path) -> None:
    path = accounted.archive(tmp_path / "image.tar", accounted.files())
    output = tmp_path / "out"

    def make(**options: Any) -> None:
        documents.make(no_engine, **{"output": output, **options})

    with pytest.raises(UsageError, match="two images"):
        make(image="autoarr:latest", oci=str(path))
    with pytest.raises(UsageError, match="can't be read"):
        make(oci=str(tmp_path / "nowhere.tar"))
    with pytest.raises(UsageError, match="no folder"):
        make(oci=str(path), output=path)
    with pytest.raises(UsageError, match="no image for linux/s390x"):
        make(oci=str(path), platform="linux/s390x")
    with pytest.raises(UsageError, match="no format 'xml'"):
        documents.formats("xml")
    assert documents.formats("spdx") == (Format.SPDX,)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(CheckFailed):
        make(oci=str(path))
    assert not output.exists()


def test_an_image_that_the_engine_does_not_have(real_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no image autoarr-test:never-built"):
        documents.make(lambda: real_engine, image="autoarr-test:never-built", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()
