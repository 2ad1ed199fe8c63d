"""From a new AutoArr to an audit with one fix applied and undone again, over the API alone.

    docker run -d --name autoarr -p 8088:8088 -v autoarr-data:/data autoarr:latest
    AUTOARR_PASSWORD=… SERVICE_API_KEY=… python3 docs/first_audit.py http://localhost:8088 \\
        --kind sabnzbd --service-url http://sabnzbd:8080

Needs Python 3.11 or newer and nothing else. The address of the service is as AutoArr reaches it. Exit code 0 when
everything went as it should, 1 with one sentence when not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

PATIENCE = 60.0
"""Seconds for a start, and for an audit."""


class Failed(Exception):
    """Something was not as it should be."""


class AutoArr:
    """Its API at one address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.token = ""

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request; the answer's JSON, or None where it has no body."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)  # noqa: S310 -- the user's own
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- likewise
                text = answer.read()
        except urllib.error.HTTPError as error:
            problem = json.loads(error.read() or b"{}")
            raise Failed(f"{method} {path}: {error.code}: {problem.get('detail') or problem.get('title')}") from None
        except OSError as error:
            raise Failed(f"{method} {path}: no answer: {error}") from None
        return json.loads(text) if text else None

    def wait_until_ready(self) -> None:
        """Wait for a start to be over."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("GET", "/health/ready")
                return
            except Failed:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def log_in(self, name: str, password: str) -> None:
        """Make the first administrator where there is none yet, and log in."""
        if not self.ask("GET", "/auth/setup")["done"]:
            self.ask("POST", "/auth/setup", {"name": name, "password": password})
            say(f"made the administrator {name}")
        self.token = self.ask("POST", "/auth/login", {"name": name, "password": password})["access_token"]


def say(text: str) -> None:
    """One line of what happens."""
    sys.stdout.write(f"{text}\n")


def connect(autoarr: AutoArr, kind: str, url: str, api_key: str) -> str:
    """Connect a service, or take the one that is connected already; its id."""
    for service in autoarr.ask("GET", f"/api/v1/services?kind={kind}")["items"]:
        if service["url"] == url.rstrip("/"):
            identifier = service["id"]
            break
    else:
        made = {"kind": kind, "name": f"My {kind}", "url": url, "api_key": api_key}
        identifier = autoarr.ask("POST", "/api/v1/services", made)["id"]
    test = autoarr.ask("POST", f"/api/v1/services/{identifier}/test")
    if not test["ok"]:
        raise Failed(f"{kind} at {url}: {test['detail']}; {test['advice']}")
    say(f"connected {test['application']} {test['version']}")
    return str(identifier)


def audit(autoarr: AutoArr) -> None:
    """Have everything audited, and wait for the end."""
    started = autoarr.ask("POST", "/api/v1/audits", {})
    end = time.monotonic() + PATIENCE
    while True:
        now = autoarr.ask("GET", f"/api/v1/audits/{started['id']}")
        if now["state"] in ("finished", "failed"):
            break
        if time.monotonic() > end:
            raise Failed("the audit does not end")
        time.sleep(0.2)
    if now["state"] == "failed":
        raise Failed(f"the audit failed: {now['error']}")
    if now["score"] is None:
        raise Failed("the audit found out nothing")
    say(f"audited: score {now['score']:.0f}; {now['passed']} passed, {now['failed']} failed, {now['unknown']} unknown")


def fix_and_undo(autoarr: AutoArr, service: str) -> None:
    """Apply the first fix there is for a service, see that it holds, and undo it."""
    found = autoarr.ask("GET", f"/api/v1/findings?verdict=failed&service_id={service}&page_size=200")["items"]
    for finding in found:
        say(f"  {finding['severity']:8} {finding['title']} ({finding['source']})")
    fixable = next((finding for finding in found if finding["fix"]), None)
    if fixable is None:
        say("nothing to fix")
        return
    plan = autoarr.ask("POST", f"/api/v1/findings/{fixable['id']}/preview")
    say(f"to fix: {fixable['title']}")
    for field in plan["fields"]:
        say(f"  {field['field']}: {json.dumps(field['before'])} -> {json.dumps(field['after'])}")
    change = autoarr.ask("POST", f"/api/v1/findings/{fixable['id']}/apply", {"fingerprint": plan["fingerprint"]})
    if change["state"] != "applied":
        raise Failed(f"the change is {change['state']}: {change['error']}")
    say("applied and verified")
    undone = autoarr.ask("POST", f"/api/v1/changes/{change['id']}/revert", {})
    if undone["state"] != "applied":
        raise Failed(f"undoing it is {undone['state']}: {undone['error']}")
    again = autoarr.ask("POST", f"/api/v1/findings/{fixable['id']}/preview")
    if again["fields"] != plan["fields"]:
        raise Failed("it is not as it was before")
    say("undone and verified")


def main() -> int:
    """Go through it once."""
    parser = argparse.ArgumentParser(description="A first audit, over the API alone.")
    parser.add_argument("address", help="AutoArr's own, such as http://localhost:8088")
    parser.add_argument("--name", default="admin", help="the administrator's name (%(default)s)")
    parser.add_argument("--kind", choices=["sonarr", "radarr", "sabnzbd", "plex"], default="sabnzbd")
    parser.add_argument("--service-url", required=True, help="the service's address, as AutoArr reaches it")
    given = parser.parse_args()
    secrets = [os.environ.get(name, "") for name in ("AUTOARR_PASSWORD", "SERVICE_API_KEY")]
    if not all(secrets):
        parser.error("set AUTOARR_PASSWORD and SERVICE_API_KEY in the environment")
    autoarr = AutoArr(given.address)
    try:
        autoarr.wait_until_ready()
        autoarr.log_in(given.name, secrets[0])
        service = connect(autoarr, given.kind, given.service_url, secrets[1])
        audit(autoarr)
        fix_and_undo(autoarr, service)
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
