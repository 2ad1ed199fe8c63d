from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from automation import network, process


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies and indexes would decide the tests' results."""
    registries = ("npm_config_registry", "pnpm_config_registry")
    for name in (*network.PROXIES, *map(str.lower, network.PROXIES), *registries, *map(str.upper, registries)):
        monkeypatch.delenv(name, raising=False)


def pip_says(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def run(command: list[str], **options: object) -> process.Result:
        assert command[1:] == ["-m", "pip", "config", "list"]
        return process.Result(command=tuple(command), code=0, stdout=text, stderr="")

    monkeypatch.setattr(process, "run", run)


def test_only_addresses_go_into_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(
        monkeypatch,
        "global.index-url='https://user:secret@index.example/simple'\n"
        "global.extra-index-url='file:///opt/wheels\\nhttps://more.example/simple'\n"
        "global.find-links='/opt/wheels'\n",
    )
    monkeypatch.setenv("npm_config_registry", "https://npm.example/")
    assert network.index_settings() == {
        "PIP_INDEX_URL": "https://user:secret@index.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://more.example/simple",
        "npm_config_registry": "https://npm.example/",
        "pnpm_config_registry": "https://npm.example/",
    }


@pytest.mark.parametrize(
    ("given", "npm", "pnpm"),
    [
        ({"NPM_CONFIG_REGISTRY": "https://one/"}, "https://one/", "https://one/"),
        ({"pnpm_config_registry": "https://two/"}, "https://two/", "https://two/"),
        (
            {"npm_config_registry": "https://one/", "PNPM_CONFIG_REGISTRY": "https://two/"},
            "https://one/",
            "https://two/",
        ),
    ],
)
def test_npm_and_pnpm_ask_the_registry_that_one_of_them_is_set_to(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], npm: str, pnpm: str
) -> None:
    assert network.npm_settings() == {}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert network.npm_settings() == {"npm_config_registry": npm, "pnpm_config_registry": pnpm}


def test_settings_become_a_shell_file_and_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, "global.index-url='https://index.example/simple?a=b&c=$HOME'\n")
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    flags = network.build_flags(tmp_path)
    assert flags == [
        *("--secret", f"id=ca,src={bundle}"),
        *("--secret", f"id=network,src={tmp_path}/network.sh"),
        *("--build-arg", "HTTPS_PROXY"),
        *("--build-arg", "no_proxy"),
    ]
    assert "secret@" not in " ".join(flags)
    monkeypatch.undo()
    said = subprocess.run(
        ["sh", "-c", f'. {tmp_path}/network.sh; printf \'%s %s\' "$PIP_INDEX_URL" "$PIP_CERT"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"https://index.example/simple?a=b&c=$HOME {network.CA_TARGET}"


def test_without_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, "")
    monkeypatch.setattr(network, "ca_bundle", lambda: None)
    assert network.build_flags(tmp_path) == ["--secret", f"id=network,src={tmp_path}/network.sh"]


def test_the_bundle_named_in_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert network.ca_bundle() != bundle
    bundle.write_text("certificates")
    assert network.ca_bundle() == bundle


def test_the_index_is_pips(monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says(monkeypatch, "global.index-url='https://index.example/simple'\n")
    assert network.simple_index() == "https://index.example/simple"
    pip_says(monkeypatch, "")
    assert network.simple_index().endswith("/simple")
