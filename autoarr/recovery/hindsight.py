"""The answer of a dry run; apart from how it is found, which a start does without."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, Field

from autoarr.policy import Failure, Policy


class DryAction(BaseModel):
    """What would have been done about one download."""

    at: AwareDatetime
    action: str = Field(
        description="A write (search, blocklist, retry, remove, clean, resume), ask, wait, or the end it came to "
        "without AutoArr: recovered, dismissed.",
        examples=["search"],
    )
    proposed: str | None = Field(description="What would have been asked for.")
    reason: str
    download_id: str
    title: str = Field(description="As it came from outside.")
    service: str = Field(description="The Sonarr or Radarr that grabbed it; the SABnzbd where nobody did.")
    failure: Failure
    message: str
    failed_at: AwareDatetime


class DryRun(BaseModel):
    """What would have been done over the last weeks."""

    since: AwareDatetime
    until: AwareDatetime
    policy: Policy
    total: int
    downloads: list[DryAction] = Field(description="The newest failures first; at most 500.")
    actions: dict[str, int] = Field(description="How often each action.", examples=[{"search": 3, "ask": 1}])
    searches_peak: dict[str, int] = Field(
        description="The most searches within an hour, by service; more than the policy's `searches_per_hour` would "
        "have waited for their turn."
    )
    away: dict[str, str] = Field(description="Services that could not be asked, and why: what they know is missing.")
    unknown: list[str] = Field(description="What could not be known.")
