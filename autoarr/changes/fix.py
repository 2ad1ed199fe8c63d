"""What a write is to change: data, made by an audit's rule and carried out by `autoarr.changes`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Fix(BaseModel):
    """Fields of one object of one service, and the values they are to have.

    `resource` names the object as the service's API does:

    * Sonarr, Radarr: ``config/naming``, ``downloadclient/3``, ``qualitydefinition/7`` (below ``/api/v3``).
    * SABnzbd: ``misc``, ``categories/tv``, ``servers/NAME``, ``sorters/NAME`` (section and, where it has some, name).
    * Plex: ``prefs``.

    `fields` maps a field to its wanted value. A name with a dot leads into an object (``a.b``). In lists
    called ``fields``, as Sonarr and Radarr have them, ``fields.NAME`` is the value of the entry with that name.
    """

    model_config = ConfigDict(frozen=True)

    resource: str = Field(examples=["config/downloadclient"])
    fields: dict[str, Any] = Field(examples=[{"enableCompletedDownloadHandling": True}])
