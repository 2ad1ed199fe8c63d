from __future__ import annotations

from pathlib import Path

import pytest

from automation import apt, process
from automation.errors import NetworkUnavailable

DEBIAN = 'ID=debian\nVERSION_CODENAME=bookworm\nNAME="Debian GNU/Linux"\n'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (DEBIAN, apt.Distribution(id="debian", codename="bookworm")),
        ('ID="ubuntu"\nVERSION_CODENAME="noble"\n', apt.Distribution(id="ubuntu", codename="noble")),
        ("ID=alpine\n", None),
        ("ID=debian\n", None),
    ],
)
def test_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, expected: apt.Distribution | None
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    file = tmp_path / "os-release"
    file.write_text(content)
    assert apt.distribution(file) == expected


def test_distribution_without_a_file(tmp_path: Path) -> None:
    assert apt.distribution(tmp_path / "none") is None


def test_sources_of_a_mirror() -> None:
    mirror = apt.Mirror(archive="http://a.example/debian", security="http://s.example/security")
    assert mirror.sources("bookworm") == (
        "deb http://a.example/debian bookworm main\n"
        "deb http://a.example/debian bookworm-updates main\n"
        "deb http://s.example/security bookworm-security main\n"
    )
    assert mirror.sources("bookworm-backports", components=("main", "contrib")) == (
        "deb http://a.example/debian bookworm-backports main contrib\n"
    )
    alone = apt.Mirror(archive="http://a.example/debian", security=None)
    assert alone.sources("trixie", source_packages=True).count("deb-src ") == 2


def test_mirror_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOARR_DEBIAN_MIRROR", "http://a.example/debian/")
    assert apt.mirror() == apt.Mirror(archive="http://a.example/debian", security=None)


LISTING = """\
Vendor|stable|http://vendor.example/apt
Debian|bookworm-backports|http://b.example/debian
Debian|oldstable|http://a.example/debian/
Debian|oldstable-security|http://s.example/debian-security/
"""


def listing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make apt's own answer this text."""

    def run(command: list[str], **options: object) -> process.Result:
        assert command[:2] == ["apt-get", "indextargets"]
        return process.Result(command=tuple(command), code=0, stdout=text, stderr="")

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


def test_mirror_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOARR_DEBIAN_MIRROR", raising=False)
    listing(monkeypatch, LISTING)
    assert apt.mirror() == apt.Mirror(archive="http://a.example/debian", security="http://s.example/debian-security")


def test_no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOARR_DEBIAN_MIRROR", raising=False)
    listing(monkeypatch, "Vendor|stable|http://vendor.example/apt\n")
    with pytest.raises(NetworkUnavailable, match="no Debian archive"):
        apt.mirror()


def test_ubuntu_uses_its_own_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "distribution", lambda: apt.Distribution(id="ubuntu", codename="noble"))
    listing(monkeypatch, "http://u.example/ubuntu noble main\nhttp://u.example/ubuntu noble main\n")
    # The fake answers any indextargets question.
    assert apt.host_sources(["noble"]) == "deb http://u.example/ubuntu noble main\n"


def test_no_suite_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "distribution", lambda: None)
    with pytest.raises(NetworkUnavailable, match="neither Debian nor Ubuntu"):
        apt.host_suite()


def test_an_archive_that_does_not_answer(tmp_path: Path) -> None:
    if apt.distribution() is None:
        pytest.skip("no apt on this machine")
    unreachable = apt.PrivateApt(tmp_path, "deb http://127.0.0.1:9/debian bookworm main\n")
    with pytest.raises(NetworkUnavailable) as caught:
        unreachable.update()
    assert "AUTOARR_DEBIAN_MIRROR" in caught.value.hint
