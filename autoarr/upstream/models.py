"""What services answer, as far as AutoArr reads it; other fields are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

Listed = Annotated[list[T], BeforeValidator(lambda value: [] if value is None else value)]
"""A list that is null where it is empty."""


class ArrModel(BaseModel):
    """What Sonarr and Radarr answer, in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, defer_build=True)


class SystemStatus(ArrModel):
    """`system/status`."""

    app_name: str
    version: str
    instance_name: str | None = None
    url_base: str | None = None
    branch: str | None = None
    os_name: str | None = None
    is_docker: bool | None = None
    authentication: str | None = None


class HealthIssue(ArrModel):
    """One of `health`: what Sonarr or Radarr itself finds wrong."""

    source: str
    type: str
    """ok, notice, warning or error."""
    message: str
    wiki_url: str | None = None


class DiskSpace(ArrModel):
    """One of `diskspace`, in bytes."""

    path: str
    label: str | None = None
    free_space: int
    total_space: int


class RootFolder(ArrModel):
    """One of `rootfolder`."""

    id: int | None = None
    path: str
    accessible: bool | None = None
    free_space: int | None = None


class StatusMessage(ArrModel):
    """Why something in the queue doesn't go on."""

    title: str | None = None
    messages: Listed[str] = []


class QueueRecord(ArrModel):
    """One row of `queue`: an episode or a movie. A season pack is many rows with one `download_id`."""

    id: int
    download_id: str | None = None
    """SABnzbd's `nzo_id`; none where nothing was sent to a download client."""
    title: str | None = None
    status: str | None = None
    tracked_download_status: str | None = None
    tracked_download_state: str | None = None
    status_messages: Listed[StatusMessage] = []
    error_message: str | None = None
    protocol: str | None = None
    download_client: str | None = None
    indexer: str | None = None
    output_path: str | None = None
    size: float | None = None
    """Bytes."""
    sizeleft: float | None = None
    timeleft: str | None = None
    estimated_completion_time: datetime | None = None
    added: datetime | None = None
    series_id: int | None = None
    season_number: int | None = None
    episode_id: int | None = None
    movie_id: int | None = None


class HistoryRecord(ArrModel):
    """One event of `history`."""

    id: int
    event_type: str
    date: datetime
    download_id: str | None = None
    source_title: str | None = None
    data: dict[str, Any] = {}
    series_id: int | None = None
    episode_id: int | None = None
    movie_id: int | None = None


class CommandState(ArrModel):
    """A command that was given, and how far it is."""

    id: int
    name: str
    status: str
    """queued, started, completed, failed, aborted, cancelled or orphaned."""
    result: str | None = None
    message: str | None = None
    body: dict[str, Any] = {}
    """What it was given with."""


@dataclass(frozen=True)
class ArrPage(Generic[M]):
    """A page of a list; `total` counts all pages."""

    page: int
    total: int
    records: list[M]


class SabModel(BaseModel):
    """What SABnzbd answers: numbers are often texts, and truth is 0, 1 or true."""

    model_config = ConfigDict(defer_build=True, coerce_numbers_to_str=True)


class SabSlot(SabModel):
    """One download in the queue."""

    nzo_id: str
    filename: str
    status: str
    cat: str | None = None
    priority: str | None = None
    mb: float | None = None
    mbleft: float | None = None
    percentage: float | None = None
    timeleft: str | None = None
    labels: Listed[str] = []
    """Why it waits: DUPLICATE, ENCRYPTED, UNWANTED and others, in its language."""
    time_added: int | None = None
    """Seconds since the epoch."""


class SabQueue(SabModel):
    """`queue`: its state, and one page of downloads."""

    version: str | None = None
    paused: bool
    status: str | None = None
    total: int = Field(validation_alias="noofslots_total")
    kbpersec: float | None = None
    mb: float | None = None
    mbleft: float | None = None
    timeleft: str | None = None
    diskspace1: float | None = None
    """GiB free where it downloads to."""
    diskspacetotal1: float | None = None
    diskspace2: float | None = None
    """GiB free where it puts what is complete."""
    diskspacetotal2: float | None = None
    slots: list[SabSlot]


class SabStage(SabModel):
    """What it did in one stage of a download's processing."""

    name: str
    actions: Listed[str] = []


class SabHistorySlot(SabModel):
    """One download that ended."""

    nzo_id: str
    name: str
    status: str
    category: str | None = None
    fail_message: str | None = None
    storage: str | None = None
    bytes: int | None = None
    completed: int | None = None
    """Seconds since the epoch."""
    time_added: int | None = None
    stage_log: Listed[SabStage] = []
    retry: bool = False
    """Whether it still has what it takes to try again."""


class SabHistory(SabModel):
    """One page of `history`."""

    total: int = Field(validation_alias="noofslots")
    slots: list[SabHistorySlot]


class SabWarning(SabModel):
    """One of `warnings`."""

    type: str
    text: str
    time: int | None = None


class PlexModel(BaseModel):
    """What Plex answers."""

    model_config = ConfigDict(defer_build=True, coerce_numbers_to_str=True, populate_by_name=True)


class PlexIdentity(PlexModel):
    """`/identity`, which needs no key."""

    machine_identifier: str = Field(alias="machineIdentifier")
    version: str
    claimed: bool | None = None


class PlexLocation(PlexModel):
    """A folder of a library."""

    id: str | None = None
    path: str


class PlexSection(PlexModel):
    """A library."""

    key: str
    """Its id."""
    title: str
    type: str
    locations: list[PlexLocation] = Field(default=[], alias="Location")

    @property
    def paths(self) -> list[str]:
        """Its folders."""
        return [location.path for location in self.locations]


class PlexSetting(PlexModel):
    """One of its settings."""

    id: str
    value: Any


class PlexItem(PlexModel):
    """A film, a series, a season or an episode."""

    rating_key: str | None = Field(default=None, alias="ratingKey")
    title: str
    type: str
    year: int | None = None
    parent_title: str | None = Field(default=None, alias="parentTitle")
    parent_index: int | None = Field(default=None, alias="parentIndex")
    """Of an episode, its season."""
    grandparent_title: str | None = Field(default=None, alias="grandparentTitle")


class PlexSession(PlexItem):
    """What somebody watches; moments in milliseconds."""

    user: str | None = Field(default=None, validation_alias=AliasPath("User", "title"))
    player: str | None = Field(default=None, validation_alias=AliasPath("Player", "title"))
    state: str | None = Field(default=None, validation_alias=AliasPath("Player", "state"))
    view_offset: int | None = Field(default=None, alias="viewOffset")
    duration: int | None = None
    decision: str | None = Field(default=None, validation_alias=AliasPath("TranscodeSession", "videoDecision"))
    """Whether it is transcoded; none where it is played as it is."""
