"""AutoArr: an orchestrator above Sonarr, Radarr, SABnzbd and Plex."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str


def __getattr__(name: str) -> str:
    """Give ``__version__``, read from the installed distribution's metadata on first use.

    On first use, because reading metadata costs more than the whole health check. In a checkout that is not
    installed there is no metadata, and the version says exactly that.
    """
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    try:
        version = metadata.version("autoarr")
    except metadata.PackageNotFoundError:
        version = "0.0.0+not.installed"
    globals()["__version__"] = version
    return version
