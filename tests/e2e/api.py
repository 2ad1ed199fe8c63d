"""What a test sets up by the API instead of clicking through it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from tests.e2e.worlds import World

ADMIN, REQUESTER = "Ada", "Robin"
PASSWORD = "correct horse battery"
PATIENCE = 60.0
NAMES = {"sonarr": "Sonarr", "radarr": "Radarr", "plex": "Plex", "sabnzbd": "SABnzbd"}
"""What stand-ins are called, where a test calls them nothing else."""


def until(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Ask until the answer is true; the answer."""
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)
    return answer


class Api:
    """A user's client. Paths are below /api/v1, but for those that begin with /auth or /health."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = world
        self._http = httpx2.Client(base_url=world.url, timeout=30, trust_env=False)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def set_up(self) -> None:
        """Make this user the first administrator, if there is none."""
        answer = self._http.post("/auth/setup", json={"name": self.name, "password": PASSWORD})
        assert answer.status_code in (201, 403), answer.text

    def log_in(self) -> None:
        """Log in (anew)."""
        answer = self._http.post("/auth/login", json={"name": self.name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, json: Any = None, status: int | None = None) -> Any:
        """Ask; the parsed answer, or None where it has no body. Failures fail the test.

        Args:
            status: the only status that is right; else any below 400 is.
        """
        where = path if path.startswith(("/auth", "/health")) else f"/api/v1{path}"
        answer = self._http.request(method, where, json=json)
        if answer.status_code == 401 and status != 401:  # its token expired, or its sessions were ended
            self.log_in()
            answer = self._http.request(method, where, json=json)
        right = answer.status_code < 400 if status is None else answer.status_code == status
        assert right, f"{method} {where}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str, **more: Any) -> Any:
        """GET."""
        return self.ask("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        """POST."""
        return self.ask("POST", path, json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> Any:
        """PUT."""
        return self.ask("PUT", path, json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Any:
        """PATCH."""
        return self.ask("PATCH", path, json, **more)

    def delete(self, path: str, **more: Any) -> Any:
        """DELETE."""
        return self.ask("DELETE", path, **more)

    def stream(self, path: str, json: Any) -> str:
        """POST what is answered by a stream; all of it, when it has ended."""
        answer = self._http.post(f"/api/v1{path}", json=json)
        assert answer.status_code == 200, answer.text
        return answer.text

    # For administrators.

    def add_user(self, name: str, role: str = "requester") -> Any:
        """Make a user, with the password of all; the user as it is shown."""
        return self.post("/users", {"name": name, "role": role, "password": PASSWORD})

    def add_service(self, kind: str, name: str | None = None, **fields: Any) -> Any:
        """Add a stand-in as a service; the service as it is shown.

        Args:
            kind: sonarr, radarr, plex or sabnzbd.
            fields: in place of what fits, such as `api_key`.
        """
        key = self._world.fakes[kind].api_key
        body = {"kind": kind, "name": name or NAMES[kind], "url": self._world.address(kind), "api_key": key}
        return self.post("/services", body | fields)

    def set_policy(self, **fields: Any) -> Any:
        """Change fields of the policy; the policy as it is then."""
        return self.put("/policy", self.get("/policy") | fields)

    def poll(self) -> Any:
        """Have all services looked at; the dashboard after it."""
        return self.get("/dashboard?refresh=true")

    def audit(self) -> Any:
        """Run an audit to its end; the audit as it is shown."""
        identifier = self.post("/audits", {})["id"]

        def ended() -> Any:
            audit = self.get(f"/audits/{identifier}")
            return audit if audit["finished_at"] else None

        return until(ended, "the audit ended")

    def end_sessions(self) -> None:
        """End all one's logins, in every browser; this client logs in again when it has to."""
        mine = self.get("/auth/me")["session_id"]
        for session in self.get("/auth/sessions?page_size=100")["items"]:
            if session["id"] != mine:
                self.delete(f"/auth/sessions/{session['id']}")
