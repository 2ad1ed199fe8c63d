"""Where the applications are known to differ from their official descriptions; each difference says how it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Description = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What is different for one application.

    Attributes:
        file: the description's.
        prefix: of the paths it describes.
        correct: changes the description.
        statuses: what a status is described as.
        addresses: what a method and path are described as.
        odd_requests: methods and paths whose parameters can't be described.
    """

    file: str
    prefix: str = "/"
    correct: Callable[[Description], None]
    statuses: dict[int, int] = field(default_factory=dict)
    addresses: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    odd_requests: frozenset[tuple[str, str]] = frozenset()

    def described_as(self, method: str, path: str) -> tuple[str, str]:
        """The method and path under which the description has it; a number in the path is as good as any."""
        words = ["{id}" if word.isdigit() else word for word in path.split("/")]
        described, known_as = self.addresses.get((method, "/".join(words)), (method, path))
        return described, known_as.replace("{id}", next((word for word in path.split("/") if word.isdigit()), ""))


def _correct_arr(description: Description) -> None:
    schemas = description["components"]["schemas"]
    # "additionalProperties" is false, but each command has fields of its own, and they are what it is for: they are
    # sent beside the name and come back in the body.
    items = {"type": "array", "items": {"type": "integer"}}
    own = {
        "episodeIds": items,
        "movieIds": items,
        "seriesId": {"type": "integer"},
        "seasonNumber": {"type": "integer"},
        "isNewSeries": {"type": "boolean"},
        "isNewMovie": {"type": "boolean"},
    }
    # What a lookup gives is sent back to add it, read-only or not.
    for schema in schemas.values():
        for described in schema.get("properties", {}).values():
            described.pop("readOnly", None)
    schemas["CommandResource"]["properties"] |= own
    schemas["Command"]["properties"] |= own


def _correct_sonarr(description: Description) -> None:
    _correct_arr(description)
    # Described as the parts of an address; it is one text, as in Radarr.
    description["components"]["schemas"]["HealthResource"]["properties"]["wikiUrl"] = {"type": "string"}


def _correct_plex(description: Description) -> None:
    components = description["components"]
    # Required, it says; servers answer without it.
    components["parameters"]["X-Plex-Client-Identifier"]["required"] = False
    # Described as a boolean; servers give 0, 1 or 2.
    components["schemas"]["LibrarySection"]["properties"]["hidden"] = {"type": "integer"}


_SCAN = "/library/sections/{id}/refresh"
CORRECTIONS = {
    "sonarr": Corrections(
        file="sonarr-v3.openapi.json",
        prefix="/api/",
        correct=_correct_sonarr,
        # Only 200 is described; what is saved gives 202, what is made gives 201.
        statuses={201: 200, 202: 200},
    ),
    "radarr": Corrections(
        file="radarr-v3.openapi.json", prefix="/api/", correct=_correct_arr, statuses={201: 200, 202: 200}
    ),
    "plex": Corrections(
        file="plex.openapi.yaml",
        correct=_correct_plex,
        addresses={
            # The older addresses, which every server still has.
            ("GET", "/library/sections"): ("GET", "/library/sections/all"),
            ("GET", _SCAN): ("POST", _SCAN),
        },
        # Any setting's name is a parameter; described is one parameter that is an object.
        odd_requests=frozenset({("PUT", "/:/prefs")}),
    ),
}
