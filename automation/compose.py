"""`docker compose`: whether the engine's client has it, and giving it to the private engine's where it came later."""

from __future__ import annotations

from automation import apt, console, locks, scratch
from automation.engine import Engine
from automation.errors import AutomationError, EngineUnavailable
from automation.private_engine import ENGINE_SUITES, PrivateEngine

PACKAGE = "docker-compose"
INSTALL_HINT = "install its plugin: docker-compose-plugin in Docker's own packages, docker-compose in Debian's"


def works(engine: Engine) -> bool:
    """Whether the engine's client has compose."""
    return engine.docker("compose", "version", check=False, echo=False, timeout=20).code == 0


def ensure(engine: Engine) -> None:
    """Make sure that it has. A private engine provisioned before compose was part of it gets it while it runs.

    Raises:
        EngineUnavailable: the user's own client has no compose, or the private engine's can't run it.
        NetworkUnavailable, DiskFull: the package can't be had.
    """
    if works(engine):
        return
    if engine.kind != "private":
        raise EngineUnavailable("the container engine's client has no compose", hint=INSTALL_HINT)
    private = PrivateEngine.default()
    with locks.exclusive(private.folder.with_suffix(".lock"), "docker compose is being added to the engine"):
        if not works(engine):
            add(private)
    if not works(engine):
        raise EngineUnavailable("docker compose is there and does not run", where=str(private.plugins))


def add(private: PrivateEngine) -> None:
    """Put compose beside the private engine's other programs; the engine itself is not touched.

    Raises:
        EngineUnavailable: this is neither Debian nor Ubuntu.
        NetworkUnavailable, DiskFull: as they say.
    """
    host = apt.distribution()
    if host is None:
        raise EngineUnavailable("only Debian and Ubuntu can provision docker compose", hint=INSTALL_HINT)
    suite = ENGINE_SUITES.get(host.codename, host.codename)
    plugin = private.plugins / "docker-compose"
    with console.step("adding docker compose to the private engine (once; 13 MB)"), scratch.folder() as work:
        debian = apt.PrivateApt(work / "apt", apt.host_sources([suite]))
        debian.update()
        apt.unpack(debian.download([f"{PACKAGE}/{suite}"]), work / "root")
        plugin.parent.mkdir(parents=True, exist_ok=True)
        # Both are in the cache folder: the plugin is whole from its first moment.
        next((work / "root").glob("**/cli-plugins/docker-compose")).replace(plugin)
    private.link_plugins()


def offer(engine: Engine) -> None:
    """The same for a command that works without it: what keeps it away is a warning."""
    try:
        ensure(engine)
    except AutomationError as error:
        console.warning(f"no docker compose: {error.what}")
