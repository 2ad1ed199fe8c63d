from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from automation.errors import CheckFailed
from automation.release import provenance
from automation.sbom import attestation
from automation.sbom.attestation import Attestation
from tests.automation.oci import archive

PROXY = "http://anna:secret@proxy.example:3128"
KIND = "https://slsa.dev/provenance/v0.2"


def stated(proxy: str = PROXY) -> dict[str, Any]:
    """What BuildKit states with mode=max, shortened: the proxy is in four places."""
    return {
        "invocation": {
            "parameters": {
                "args": {"build-arg:HTTPS_PROXY": proxy, "build-arg:https_proxy": proxy, "build-arg:A": "b"},
                "secrets": [{"id": "network", "optional": True}],
            }
        },
        "buildConfig": {
            "llbDefinition": [
                {
                    "op": {
                        "exec": {
                            "meta": {
                                "args": ["/bin/sh", "-c", "true"],
                                "env": ["PATH=/bin", f"http_proxy={proxy}"],
                                "proxy_env": {"https_proxy": proxy},
                            }
                        }
                    }
                }
            ]
        },
        "metadata": {
            "https://mobyproject.org/buildkit@v1#metadata": {
                "vcs": {"revision": "abc", "source": "https://r.example/team/autoarr.git"}
            }
        },
    }


def test_proxies_go_and_everything_else_stays() -> None:
    cleaned = provenance.clean(stated())
    assert "proxy" not in json.dumps(cleaned).lower()
    assert cleaned["invocation"]["parameters"] == {
        "args": {"build-arg:A": "b"},
        "secrets": [{"id": "network", "optional": True}],
    }
    assert cleaned["buildConfig"]["llbDefinition"][0]["op"]["exec"]["meta"] == {
        "args": ["/bin/sh", "-c", "true"],
        "env": ["PATH=/bin"],
    }
    assert cleaned["metadata"] == stated()["metadata"]
    assert provenance.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("https://r.example/a.git", True),
        ("git@r.example:team/a.git", True),
        ("ssh://r.example/a", True),
        ("/home/anna/a.git", False),
        ("../a", False),
    ],
)
def test_a_remote_that_is_a_folder_of_this_machine_goes(source: str, kept: bool) -> None:
    assert ("source" in provenance.clean({"vcs": {"source": source}})["vcs"]) is kept


@pytest.mark.parametrize("key", sorted(provenance.METADATA))
def test_layers_that_are_not_the_published_ones_go(key: str) -> None:
    data = {key: {"layers": {"step1:0": [[{"digest": "sha256:1"}]]}, "source": {"infos": []}}}
    assert provenance.clean(data) == {key: {"source": {"infos": []}}}
    assert provenance.clean({"layers": 1}) == {"layers": 1}


SETTINGS = {
    "PIP_INDEX_URL": "https://anna:secret@index.example/simple",
    "PIP_EXTRA_INDEX_URL": "https://other.example/simple http://third.example:81/simple",
}


@pytest.mark.parametrize(
    "text",
    [
        "pip install -i https://anna:secret@index.example/simple x",
        "curl index.example",
        "anna:secret",
        "third.example:81",
        "http://proxy.example:3128",
    ],
)
def test_what_is_left_of_this_network_is_refused(text: str) -> None:
    secrets = provenance.sensitive({"HTTPS_PROXY": PROXY, "PATH": "/bin"}, SETTINGS)
    leaking = Attestation(predicate_type=KIND, predicate={"op": {"exec": {"args": ["sh", "-c", text]}}})
    with pytest.raises(CheckFailed, match="nothing was pushed") as caught:
        provenance.require(leaking, secrets)
    assert text not in str(caught.value)
    assert "INDEX_URL" in caught.value.what or "HTTPS_PROXY" in caught.value.what


def test_words_that_mean_nothing_alone_are_no_leak() -> None:
    secrets = provenance.sensitive({"http_proxy": "http://proxy/", "no_proxy": "localhost"}, {})
    assert set(secrets) == {"http://proxy/"}
    provenance.require(Attestation(predicate_type=KIND, predicate={"a": "a proxy on localhost"}), secrets)


def test_an_archives_provenance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    digest = archive(tmp_path / "bare.tar", "linux/amd64")
    with pytest.raises(CheckFailed, match="stated nothing"):
        provenance.publishable(tmp_path / "bare.tar", digest)
    carried = [Attestation(predicate_type=KIND, predicate=stated())]
    attestation.attach(tmp_path / "bare.tar", tmp_path / "stated.tar", {digest: carried})
    found = provenance.publishable(tmp_path / "stated.tar", digest)
    assert found.predicate_type == KIND
    assert found.predicate == provenance.clean(stated())


def test_who_built_it_is_said_where_it_can_be_looked_up() -> None:
    assert provenance.flags({}) == ["--provenance=mode=max"]
    job = {
        "GITHUB_SERVER_URL": "https://ci.example",
        "GITHUB_REPOSITORY": "team/autoarr",
        "GITHUB_RUN_ID": "7",
    }
    assert provenance.flags(job) == ["--provenance=mode=max,builder-id=https://ci.example/team/autoarr/actions/runs/7"]
