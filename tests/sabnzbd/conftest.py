"""The real SABnzbd, one process and folder for each test: it starts in half a second."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from automation import sabnzbd as program
from automation.errors import AutomationError
from automation.sabnzbd import Program, Sabnzbd, Sections
from tests.app.fakes.fixtures import sonarr  # noqa: F401 -- a fixture, known by its name
from tests.sabnzbd import nntp


class Start(Protocol):
    """Start one with a configuration."""

    def __call__(self, sections: Sections | None = None) -> Sabnzbd: ...


STARTED = pytest.StashKey[list[Sabnzbd]]()


@pytest.fixture(scope="session")
def sabnzbd_program() -> Program:
    """The program, provisioned when it is not there yet."""
    try:
        return program.provision()
    except AutomationError as error:
        pytest.skip(f"no SABnzbd: {error.what}")


@pytest.fixture
def news() -> Iterator[nntp.Server]:
    """A news server that has no article."""
    with nntp.serving() as server:
        yield server


def with_server(news: nntp.Server, **options: str | int) -> Sections:
    """A configuration with the news server, as `stub`, and categories as the users of Sonarr and Radarr have them."""
    account: dict[str, str | int] = {"username": news.user, "password": news.password}
    server: dict[str, str | int] = {"host": "127.0.0.1", "port": news.port, "connections": 2, "ssl": 0, "enable": 1}
    return {
        "servers": {"stub": {**server, **account, **options}},
        "categories": {
            "*": {"order": 0, "pp": 3, "script": "None", "dir": "", "newzbin": "", "priority": 0},
            "tv": {"order": 1, "pp": "", "script": "Default", "dir": "tv", "newzbin": "", "priority": -100},
            "movies": {"order": 2, "pp": "", "script": "Default", "dir": "movies", "newzbin": "", "priority": -100},
        },
        "sorters": {
            "Series": {
                "order": 0,
                "min_size": "50M",
                "sort_string": "%sn/%s.n.%ext",
                "sort_cats": "tv, movies",
                "sort_type": "1,",
                "is_active": 1,
            }
        },
    }


@pytest.fixture
def start_sabnzbd(request: pytest.FixtureRequest, sabnzbd_program: Program, tmp_path: Path) -> Iterator[Start]:
    """Start one with a configuration: `start_sabnzbd({"misc": {...}})`; it is stopped after the test."""
    started: list[Sabnzbd] = request.node.stash.setdefault(STARTED, [])
    with ExitStack() as stack:

        def start(sections: Sections | None = None) -> Sabnzbd:
            folder = tmp_path / f"sabnzbd-{len(started)}"
            one = stack.enter_context(program.running(sabnzbd_program, folder, sections))
            started.append(one)
            return one

        yield start


@pytest.fixture
def sabnzbd(start_sabnzbd: Start, news: nntp.Server) -> Sabnzbd:
    """One with a news server that has no article, three categories and a sorter."""
    return start_sabnzbd(with_server(news))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what SABnzbd said last."""
    report = yield
    if report.failed:
        report.sections += [("SABnzbd's log", program.tail(one.log)) for one in item.stash.get(STARTED, [])]
    return report
