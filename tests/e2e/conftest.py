"""Fixtures of the end-to-end tests: a real browser, AutoArr as users run it, and stand-ins of all that it talks to.

README.md here says how to write a test with them. Tests are synchronous: Playwright's event loop has this thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automation import chromium, containers, engine, frontend, paths
from automation.errors import AutomationError
from tests.e2e import api, browsing, stage
from tests.e2e.browsing import Opener, Scheme, Size
from tests.e2e.contained import Image
from tests.e2e.hosted import Host
from tests.e2e.judging import Axe, Lighthouse
from tests.e2e.lines import Exchange, exchange
from tests.e2e.watching import Watch
from tests.e2e.worlds import KINDS, SQLITE, Place, World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

FAILURES = paths.ROOT / "reports" / "e2e"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("end-to-end tests")
    group.addoption("--image", help="the built image to drive; else `autoarr serve` of this checkout")
    group.addoption("--screenshots", type=Path, metavar="FOLDER", help="where pictures of pages are to be written")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module's WORLDS are the databases on which its tests run."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", getattr(metafunc.module, "WORLDS", (SQLITE,)), indirect=True, scope="module")


# AutoArr and what it talks to.


@pytest.fixture(scope="session")
def _exchange() -> Iterator[Exchange]:
    with exchange() as made:
        yield made


@pytest.fixture(scope="session")
def _place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    image = request.config.getoption("--image")
    if image is None:
        yield Host(tmp_path_factory.mktemp("host"))
        return
    found = engine.ensure()
    with containers.session(found) as running:
        yield Image(found, running, image)


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> str:
    """Which database AutoArr runs on."""
    return str(request.param)


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, _exchange: Exchange, _place: Place, database: str) -> Iterator[World]:
    """A world for the tests of a module, which see what those before them did."""
    settings: Mapping[str, str] = getattr(request.module, "SETTINGS", {})
    try:
        made = World(_exchange, _place.listen)
    except OSError as error:
        pytest.skip(f"the engine runs elsewhere: its network's gateway is no address of this machine ({error})")
    with made.running(_place, database, settings):
        yield made


@pytest.fixture(scope="module")
def admin(world: World) -> Iterator[api.Api]:
    """The API as Ada, the administrator, whom it makes."""
    client = api.Api(world, api.ADMIN)
    client.set_up()
    client.log_in()
    yield client
    client.close()


@pytest.fixture(scope="module")
def requester(world: World, admin: api.Api) -> Iterator[api.Api]:
    """The API as Robin, a requester, whom it makes."""
    admin.add_user(api.REQUESTER)
    client = api.Api(world, api.REQUESTER)
    client.log_in()
    yield client
    client.close()


@pytest.fixture(scope="module")
def services(admin: api.Api) -> dict[str, Any]:
    """All four stand-ins, added and looked at once: the services as the API shows them, by kind."""
    added = {kind: admin.add_service(kind) for kind in KINDS}
    admin.poll()
    return added


@pytest.fixture(scope="module")
def places(world: World, admin: api.Api, services: dict[str, Any], requester: api.Api) -> dict[str, str]:
    """Something to see on every page: where, by what it is; see `stage.fill`."""
    return stage.fill(world, admin, requester)


# The browser.


@pytest.fixture(scope="session")
def _program() -> chromium.Program:
    try:
        return chromium.provision()
    except AutomationError as error:
        pytest.skip(f"no Chromium: {error.what}")


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=browsing.PATIENCE_MS)
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def _browser(_playwright: Playwright, _program: chromium.Program) -> Iterator[Browser]:
    options: dict[str, Any] = browsing.launch_options(_program)
    browser = _playwright.chromium.launch(**options)
    yield browser
    browser.close()


@pytest.fixture
def watch(world: World) -> Watch:
    """What guards the test's pages; see `watching`."""
    return Watch(world.url)


@pytest.fixture
def open_page(_browser: Browser, world: World, watch: Watch) -> Iterator[Opener]:
    """Open pages: `open_page("phone", "dark", user="Ada")`; that user has to exist."""
    opener = Opener(_browser, world, watch)
    yield opener
    opener.close()


@pytest.fixture(params=tuple(browsing.SIZES))
def size(request: pytest.FixtureRequest) -> Size:
    """Each size of a page, for `page` and `admin_page`."""
    return request.param  # type: ignore[no-any-return]  # pytest's is Any


@pytest.fixture
def scheme() -> Scheme:
    """The colour scheme; a test gets both by `@pytest.mark.parametrize("scheme", ["light", "dark"])`."""
    return "light"


@pytest.fixture
def page(open_page: Opener, size: Size, scheme: Scheme) -> Page:
    """A page of each size; nobody is logged in."""
    return open_page(size, scheme)


@pytest.fixture
def desk(open_page: Opener, scheme: Scheme) -> Page:
    """A wide page; nobody is logged in."""
    return open_page("desk", scheme)


@pytest.fixture
def phone(open_page: Opener, scheme: Scheme) -> Page:
    """A narrow page; nobody is logged in."""
    return open_page("phone", scheme)


@pytest.fixture
def admin_page(admin: api.Api, open_page: Opener, size: Size, scheme: Scheme) -> Page:
    """A page of each size; Ada is logged in."""
    return open_page(size, scheme, admin.name)


@pytest.fixture
def admin_desk(admin: api.Api, open_page: Opener, scheme: Scheme) -> Page:
    """A wide page; Ada is logged in."""
    return open_page("desk", scheme, admin.name)


@pytest.fixture
def admin_phone(admin: api.Api, open_page: Opener, scheme: Scheme) -> Page:
    """A narrow page; Ada is logged in."""
    return open_page("phone", scheme, admin.name)


@pytest.fixture
def expire(world: World) -> Callable[[str], None]:
    """End all logins of a user, as an administrator or another device may: `expire("Ada")`."""

    def end(user: str) -> None:
        client = api.Api(world, user)
        client.log_in()
        client.end_sessions()
        client.close()

    return end


# Judges and pictures.


@pytest.fixture(scope="session")
def _judges() -> None:
    try:
        frontend.install(paths.E2E)
    except AutomationError as error:
        pytest.skip(f"no axe-core and no Lighthouse: {error.what}")


@pytest.fixture(scope="session")
def axe(_judges: None) -> Axe:
    """Have axe-core judge a page as it is now: `axe(page)`."""
    return Axe()


@pytest.fixture
def lighthouse(
    _judges: None, _playwright: Playwright, _program: chromium.Program, world: World, tmp_path: Path
) -> Lighthouse:
    """Have Lighthouse judge an address: `lighthouse("/", user="Ada").scores`; it takes about 15 s."""
    return Lighthouse(_playwright, _program, world, tmp_path)


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Take a picture where `--screenshots` wants it: `shoot(page, "services")`."""
    folder: Path | None = request.config.getoption("--screenshots")
    return lambda page, name: browsing.shoot(page, folder, name)


# What is asked of every test, and what is shown of one that failed.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """After a test its pages are asked whether there was something to complain about."""
    result = yield
    watch = getattr(item, "funcargs", {}).get("watch")
    if isinstance(watch, Watch):
        complaints = watch.complaints()
        assert not complaints, "\n".join(complaints)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what AutoArr said last, what was complained about, and pictures of its pages."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.failed and report.when == "call" and isinstance(world := given.get("world"), World):
        report.sections.append(("AutoArr's log", world.log()))
        if isinstance(watch := given.get("watch"), Watch):
            report.sections.append(("complaints", "\n".join(watch.complaints())))
            for number, page in enumerate(watch.pages()):
                name = f"{item.nodeid.rpartition('/')[2].replace('::', '-')}-{number}"
                browsing.shoot(page, FAILURES, name)
                report.sections.append((f"page {number}", f"{page.url}: {FAILURES / name}.png"))
    return report
