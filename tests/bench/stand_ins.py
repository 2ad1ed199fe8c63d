"""Twenty services in one process, with 50,000 movies and 200,000 missing episodes: `python -m tests.bench.stand_ins`.

Prints their addresses as one JSON line. Then each word of its input is answered by one: `counts` says what was asked
and sent since the last time, `hang` has the first service never answer again, `mend` ends that.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Any

from tests.app.fakes import Fake, FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve

MOVIES, EPISODES = 50_000, 200_000
ARRS, OTHERS = 6, 4
"""Sonarrs, and as many Radarrs; SABnzbds, and as many Plexes."""
QUEUED = 50
"""Downloads in each queue."""


class Counted:
    """A stand-in that counts what it is asked, and makes each answer once: its own time is not to be measured."""

    def __init__(self, kind: str, fake: Fake[Any]) -> None:
        self.kind = kind
        self.fake = fake
        self.url = ""
        self.url_base = fake.url_base
        self.requests = self.sent = 0
        self.hangs = False
        self._answers: dict[tuple[str, str, bytes], list[Any]] = {}
        # Nothing is kept to be held against a description.
        fake.validated = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        key = (scope["method"], scope["path"], scope["query_string"])
        self.requests += 1
        if self.hangs or key not in self._answers:
            made: list[Any] = []

            async def keep(message: Any) -> None:
                made.append(message)

            self.fake.requests.clear()
            await self.fake(scope, receive, keep)
            if not made:  # it hung until the client left
                return
            self._answers[key] = made
        for message in self._answers[key]:
            self.sent += len(message.get("body", b""))
            await send(message)

    def hang(self, hangs: bool) -> None:
        """Never answer again, or answer."""
        self.hangs = hangs
        self.fake.mend()
        if hangs:
            self.fake.fail("", "hang")


def split(total: int, parts: int) -> list[int]:
    """About equal parts, with the given sum."""
    return [total // parts + (number < total % parts) for number in range(parts)]


def make() -> list[Counted]:
    """All of them; the Sonarr that can hang is the first."""
    return [
        *(
            Counted("sonarr", FakeSonarr(episodes_missing=episodes, queued=QUEUED))
            for episodes in split(EPISODES, ARRS)
        ),
        *(Counted("radarr", FakeRadarr(movies=movies, queued=QUEUED)) for movies in split(MOVIES, ARRS)),
        *(Counted("sabnzbd", FakeSabnzbd(queued=QUEUED)) for _ in range(OTHERS)),
        *(Counted("plex", FakePlex()) for _ in range(OTHERS)),
    ]


def main() -> None:
    """Serve them until the input ends."""
    made = make()
    with ExitStack() as stack:
        for one in made:
            stack.enter_context(serve(one))
        _say([{"kind": one.kind, "url": one.url, "api_key": one.fake.api_key} for one in made])
        for line in sys.stdin:
            word = line.strip()
            if word in ("hang", "mend"):
                made[0].hang(word == "hang")
            _say({"requests": sum(one.requests for one in made), "bytes": sum(one.sent for one in made)})
            if word == "counts":
                for one in made:
                    one.requests = one.sent = 0


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
