"""Each of the ten component probes is seen to fail, in the shipped image with that component broken on purpose, and to
pass where another one is broken."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from automation import bases, containers, image_store, images, servers
from automation.components import runner
from automation.components.catalogue import COMPONENTS
from automation.engine import Engine
from automation.errors import EngineUnavailable
from automation.reports import Check, Verdict
from automation.resolver import Resolver
from tests.automation.conftest import built

VARIANT = bases.variant("alpine")  # with a shell, to break things, and sources, to break them in

# Python imports this by itself: it runs some code in a module as soon as that is imported.
SITE = """
import importlib.util
import sys

class Break:
    def find_spec(self, name, path=None, target=None):
        if name not in BREAKS:
            return None
        code = BREAKS.pop(name)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        def broken(module):
            load(module)
            exec(code, vars(module))
        spec.loader.exec_module = broken
        return spec

sys.meta_path.insert(0, Break())
"""
# By component: the module to break, the code that breaks it, and the step that notices.
BREAKS = {
    "fastapi": (
        "uvicorn.config",
        "made = Config.__init__\n"
        "Config.__init__ = lambda self, *a, **k: made(self, *a, **{**k, 'timeout_graceful_shutdown': 0})",
        "SIGTERM lets an open request end: the open request was cut off",
    ),
    "sqlalchemy": (
        "asyncpg.transaction",
        "Transaction.rollback = Transaction.commit",
        "transactions: what another session sees",
    ),
    "pydantic": (
        "pydantic.types",
        "AwareDatetime.__get_pydantic_core_schema__ = classmethod(lambda cls, *a: core_schema.datetime_schema())",
        "time zones: a moment without a zone was accepted",
    ),
    "jwt": (
        "jwt.algorithms",
        "HMACAlgorithm.verify = lambda self, *a: True",
        "tampered: HS256 with a changed claim was accepted",
    ),
    "bcrypt": ("bcrypt", "checkpw = lambda password, hashed: True", "72-byte limit: the 72nd byte does not count"),
    "redis": (
        "redis.asyncio.client",
        "listen = PubSub.subscribe\n"
        "async def deaf(self, *channels): await listen(self, 'another')\n"
        "PubSub.subscribe = deaf",
        "pub/sub: probe.event is not heard",
    ),
    "httpx": (
        "httpx2._config",
        "made = create_ssl_context\ndef create_ssl_context(*a, **k): return made(False)",
        "TLS by a private authority: a certificate for another name was accepted",
    ),
    "anthropic": (
        "anthropic._base_client",
        "BaseClient._should_retry = lambda self, response: False",
        "retries on 429 and 529: RateLimitError",
    ),
    "mcp": (
        "mcp.client.client",
        "async def fails(self, *a, **k): raise OSError('planted')\nClient.read_resource = fails",
        "stdio: OSError: planted",
    ),
}
# The interface's files are data, not code.
UNPACKED = (
    "import pathlib, zlib; [(path.with_suffix('').write_bytes(zlib.decompress(path.read_bytes(), 31)), path.unlink()) "
    "for path in pathlib.Path('/opt/ui/assets').glob('*.gz')]"
)
UNPACKED_NOTICED = "compressed assets: the encoding of"
# Two halves: each component is broken in one image and whole in the other.
FIRST, SECOND = ("fastapi", "pydantic", "bcrypt", "httpx", "mcp"), ("sqlalchemy", "jwt", "redis", "anthropic", "ui")


@pytest.fixture(scope="module")
def shipped(real_engine: Engine) -> str:
    """The image that ships, built when it is not there."""
    if image_store.inspect(real_engine, VARIANT.tag) is None:
        images.build(real_engine, VARIANT)
    return VARIANT.tag


def derived(real_engine: Engine, shipped: str, components: tuple[str, ...]) -> AbstractContextManager[str]:
    """The shipped image with some components broken."""
    breaks = {BREAKS[one][0]: BREAKS[one][1] for one in components if one in BREAKS}
    lines = [f"FROM {shipped}", "COPY sitecustomize.py /opt/app/"]
    if "ui" in components:
        lines += ["USER root", f'RUN ["python", "-c", "{UNPACKED}"]', "USER 1001:1001"]
    return built(real_engine, "\n".join(lines) + "\n", {"sitecustomize.py": f"BREAKS = {breaks!r}\n{SITE}".encode()})


@pytest.mark.thorough
@pytest.mark.parametrize("broken", [FIRST, SECOND], ids=["first half", "second half"])
def test_exactly_the_broken_components_fail(
    real_engine: Engine, shipped: str, nothing_left: None, broken: tuple[str, ...]
) -> None:
    with derived(real_engine, shipped, broken) as image:
        found = runner.run(real_engine, Resolver(real_engine), image, VARIANT)
    assert [check.name for check in found] == [component.name for component in COMPONENTS]
    unexpected = {check.name: check.detail for check in found if (check.name in broken) != is_failed(check)}
    assert unexpected == {}
    details = {check.name: check.detail for check in found if check.name in broken}
    noticed = {name: BREAKS[name][2] if name in BREAKS else UNPACKED_NOTICED for name in broken}
    assert {name: detail for name, detail in details.items() if noticed[name] not in detail} == {}
    assert {check.verdict for check in found if check.name not in broken} == {Verdict.PASSED}


def is_failed(check: Check) -> bool:
    return check.verdict is Verdict.FAILED


def test_a_server_that_lost_its_certificate(real_engine: Engine, shipped: str, nothing_left: None) -> None:
    """PostgreSQL without TLS fails what needs it; an application that can't start says so at the interface's check."""
    with containers.session(real_engine) as running:
        beside = servers.start(running, Resolver(real_engine))
        beside.database.exec_run([*servers.PSQL, "--command=ALTER SYSTEM RESET ssl"])
        beside.database.exec_run([*servers.PSQL, "--command=SELECT pg_reload_conf()"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(runner.SETTINGS, "AUTOARR_PORT", "planted")
            database, page = runner.ask(running, beside, shipped, VARIANT, ["sqlalchemy", "ui"])
    assert is_failed(database)
    assert "TLS, sslmode=verify-full: " in database.detail
    assert is_failed(page)
    assert "AUTOARR_PORT" in page.detail


def test_servers_that_do_not_get_ready(
    real_engine: Engine, nothing_left: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "TIMEOUT", 0.5)
    with containers.session(real_engine) as running:
        postgres = Resolver(real_engine).resolve(bases.POSTGRES)
        # Everything is in its place, and no server runs.
        container = running.start(postgres.reference, entrypoint=["sleep", "60"])
        with pytest.raises(EngineUnavailable, match="did not start") as caught:
            servers.wait_for(container, ["pg_isready"])
        assert caught.value.where == "pg_isready"
        with pytest.raises(EngineUnavailable, match="could not be set up"):
            servers.switch_tls_on(container, b"", b"")
