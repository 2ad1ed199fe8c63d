"""An audit of the real SABnzbd: what it finds is fixed and undone through AutoArr's API, and looked up in the file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from autoarr.app import create_app
from autoarr.settings import Settings
from automation.sabnzbd import Sabnzbd, Sections
from tests.sabnzbd.conftest import Start, with_server
from tests.sabnzbd.downloads import use_server
from tests.sabnzbd.inifile import changed, ini
from tests.sabnzbd.nntp import Server

PATIENCE = 60.0
PASSWORD = "correct horse battery staple"
WRONG: dict[str, str | int] = {
    "fail_hopeless_jobs": 0,
    "safe_postproc": 0,
    "enable_recursive": 0,
    "flat_unpack": 0,
    "deobfuscate_final_filenames": 0,
    "ignore_samples": 1,
    "action_on_unwanted_extensions": 1,
    "history_retention_option": "days-delete",
    "history_retention_number": 3,
    "fulldisk_autoresume": 0,
}
PROGRAMS = "bat, cmd, com, cpl, exe, hta, js, jse, lnk, msi, pif, ps1, reg, scr, vbe, vbs, wsf"
EXPECTED = {
    "sabnzbd.fail-hopeless-jobs": [("fail_hopeless_jobs = 0", "fail_hopeless_jobs = 1")],
    "sabnzbd.safe-postproc": [("safe_postproc = 0", "safe_postproc = 1")],
    "sabnzbd.recursive-unpack": [("enable_recursive = 0", "enable_recursive = 1")],
    "sabnzbd.flat-unpack": [("flat_unpack = 0", "flat_unpack = 1")],
    "sabnzbd.deobfuscate": [("deobfuscate_final_filenames = 0", "deobfuscate_final_filenames = 1")],
    "sabnzbd.ignore-samples": [("ignore_samples = 1", "ignore_samples = 0")],
    "sabnzbd.unwanted-extensions": [("unwanted_extensions = ,", f"unwanted_extensions = {PROGRAMS}")],
    "sabnzbd.unwanted-extensions-action": [
        ("action_on_unwanted_extensions = 1", "action_on_unwanted_extensions = 2"),
    ],
    "sabnzbd.history-retention": [("history_retention_option = days-delete", "history_retention_option = all")],
    "sabnzbd.server-tls": [("port = 119", "port = 563"), ("ssl = 0", "ssl = 1")],
    "sabnzbd.download-free": [('download_free = ""', "download_free = 1G")],
    "sabnzbd.fulldisk-autoresume": [("fulldisk_autoresume = 0", "fulldisk_autoresume = 1")],
}
"""The rules that fire, and the lines of sabnzbd.ini that each fix changes."""


def badly_set(news: Server, **server: str | int) -> Sections:
    """A configuration with something to say about."""
    return {**with_server(news, port=119, **server), "misc": WRONG}


class AutoArr:
    """The application, as an administrator has it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str, status: int = 200, body: Any = None) -> Any:
        """Call the API."""
        answer = await self.client.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def connect(self, sabnzbd: Sabnzbd) -> str:
        """Add it; the service's id."""
        body = {"kind": "sabnzbd", "name": "SABnzbd", "url": sabnzbd.url, "api_key": sabnzbd.api_key}
        return str((await self.ask("POST", "/services", 201, body))["id"])

    async def audit(self) -> dict[str, Any]:
        """Audit everything, and wait for it; the audit."""
        audit = await self.ask("POST", "/audits", 202, {})
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while audit["state"] not in ("finished", "failed"):
            assert asyncio.get_running_loop().time() < deadline, audit
            await asyncio.sleep(0.05)
            audit = await self.ask("GET", f"/audits/{audit['id']}")
        return dict(audit)

    async def findings(self, verdict: str) -> dict[str, dict[str, Any]]:
        """The findings of SABnzbd's own rules, by rule."""
        page = await self.ask("GET", f"/findings?verdict={verdict}&kind=sabnzbd&page_size=100")
        return {one["rule"]: one for one in page["items"] if one["rule"].startswith("sabnzbd.")}

    async def fix(self, finding: dict[str, Any]) -> dict[str, Any]:
        """Preview and apply; the change."""
        path = f"/findings/{finding['id']}"
        plan = await self.ask("POST", f"{path}/preview")
        change = await self.ask("POST", f"{path}/apply", body={"fingerprint": plan["fingerprint"]})
        assert change["state"] == "applied", change
        return dict(change)


@pytest.fixture
async def autoarr(tmp_path: Path) -> AsyncIterator[AutoArr]:
    """The application on SQLite, with its first administrator logged in."""
    (tmp_path / "data").mkdir()
    app = create_app(Settings(data_dir=tmp_path / "data", ui_dir=tmp_path / "ui"))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://autoarr") as client,
    ):
        account = {"name": "ada", "password": PASSWORD}
        (await client.post("/auth/setup", json=account)).raise_for_status()
        answer = (await client.post("/auth/login", json=account)).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield AutoArr(client)


async def test_what_an_audit_finds_is_fixed_and_undone_to_the_byte(
    autoarr: AutoArr, start_sabnzbd: Start, news: Server
) -> None:
    sabnzbd = start_sabnzbd(badly_set(news))
    original = ini(sabnzbd)
    await autoarr.connect(sabnzbd)
    await autoarr.audit()
    found = await autoarr.findings("failed")
    assert set(found) == set(EXPECTED)
    assert ini(sabnzbd) == original

    changes = []
    for rule, lines in EXPECTED.items():
        before = ini(sabnzbd)
        preview = await autoarr.ask("POST", f"/findings/{found[rule]['id']}/preview")
        assert ini(sabnzbd) == before
        assert preview["call"].startswith("POST /api mode=set_config&section=")
        changes.append(await autoarr.fix(found[rule]))
        assert changed(before, ini(sabnzbd)) == lines

    await autoarr.audit()
    assert await autoarr.findings("failed") == {}
    assert set(EXPECTED) <= set(await autoarr.findings("passed"))

    for change in reversed(changes):
        undone = await autoarr.ask("POST", f"/changes/{change['id']}/revert")
        assert undone["state"] == "applied", undone
    assert ini(sabnzbd) == original
    await autoarr.audit()
    assert set(await autoarr.findings("failed")) == set(EXPECTED)


async def test_what_was_changed_in_sabnzbd_meanwhile_is_left_alone(
    autoarr: AutoArr, start_sabnzbd: Start, news: Server
) -> None:
    sabnzbd = start_sabnzbd(badly_set(news))
    await autoarr.connect(sabnzbd)
    await autoarr.audit()
    found = await autoarr.findings("failed")
    path = f"/findings/{found['sabnzbd.history-retention']['id']}"
    plan = await autoarr.ask("POST", f"{path}/preview")
    sabnzbd.ask("set_config", section="misc", keyword="history_retention_option", value="number-delete")
    before = ini(sabnzbd)
    await autoarr.ask("POST", f"{path}/apply", 409, {"fingerprint": plan["fingerprint"]})
    assert ini(sabnzbd) == before

    change = await autoarr.fix(found["sabnzbd.download-free"])
    sabnzbd.ask("set_config", section="misc", keyword="download_free", value="20G")
    before = ini(sabnzbd)
    await autoarr.ask("POST", f"/changes/{change['id']}/revert", 409)
    assert ini(sabnzbd) == before


async def test_one_that_is_away_is_unknown_and_not_written_to(
    autoarr: AutoArr, start_sabnzbd: Start, news: Server
) -> None:
    sabnzbd = start_sabnzbd(badly_set(news))
    service = await autoarr.connect(sabnzbd)
    await autoarr.audit()
    found = await autoarr.findings("failed")
    before = ini(sabnzbd)
    await autoarr.ask("PATCH", f"/services/{service}", body={"api_key": "0" * 32})
    await autoarr.audit()
    assert await autoarr.findings("failed") == await autoarr.findings("passed") == {}
    assert set(EXPECTED) <= set(await autoarr.findings("unknown"))
    await autoarr.ask("POST", f"/findings/{found['sabnzbd.flat-unpack']['id']}/preview", 409)
    assert ini(sabnzbd) == before


async def test_a_server_with_a_quota_keeps_count_of_it(
    autoarr: AutoArr, start_sabnzbd: Start, news: Server, tmp_path: Path
) -> None:
    sabnzbd = start_sabnzbd(with_server(news, quota="5G"))
    await asyncio.to_thread(use_server, sabnzbd, tmp_path)
    original = ini(sabnzbd)
    await autoarr.connect(sabnzbd)
    await autoarr.audit()
    change = await autoarr.fix((await autoarr.findings("failed"))["sabnzbd.server-tls"])
    assert changed(original, ini(sabnzbd)) == [("ssl = 0", "ssl = 1")]
    await autoarr.ask("POST", f"/changes/{change['id']}/revert")
    assert ini(sabnzbd) == original
