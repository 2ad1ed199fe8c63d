"""What several services say of one download, joined by its id into what was seen of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from autoarr.recovery.asking import ArrWord, Away, SabnzbdWord
from autoarr.recovery.classify import ENGLISH, UNEXPLAINED, Classified, classify
from autoarr.recovery.history import BY_HAND, Events, media_of
from autoarr.recovery.rows import Told, read_rows
from autoarr.recovery.seen import Media, Seen
from autoarr.recovery.troubles import find_full_disk, find_server_trouble, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from autoarr.recovery.seen import Party
    from autoarr.upstream.models import QueueRecord, SabHistorySlot

HELD = ("DUPLICATE", "ENCRYPTED", "UNWANTED")
"""Labels of what SABnzbd paused by itself, for a person to look at."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the services that answered say.

    Attributes:
        all_sabnzbds, all_arrs: whether every one of them answered, with all that it has. Else, that none tells of a
            download says nothing.
    """

    sabnzbds: Sequence[SabnzbdWord]
    arrs: Sequence[ArrWord]
    all_sabnzbds: bool
    all_arrs: bool

    @staticmethod
    def of(answers: Sequence[SabnzbdWord | ArrWord | Away]) -> Words:
        """Sort what came back from all of them."""
        sabnzbds = [answer for answer in answers if isinstance(answer, SabnzbdWord)]
        arrs = [answer for answer in answers if isinstance(answer, ArrWord)]
        away = {answer.party.kind == "sabnzbd" for answer in answers if isinstance(answer, Away)}
        return Words(
            sabnzbds=sabnzbds,
            arrs=arrs,
            all_sabnzbds=True not in away and all(word.complete for word in sabnzbds),
            all_arrs=False not in away and all(word.complete for word in arrs),
        )


@dataclass(kw_only=True)
class _Traces:
    """Where a download is found."""

    client: SabnzbdWord | None = None
    rows: dict[Party, list[QueueRecord]] = field(default_factory=dict)


class Joining:
    """The words of one look, by downloads.

    Args:
        followed: what was seen before and has not come to its end. Of these it is told what happened since, also
            where nobody shows them any more.
        unasked: downloads of which it was not found out who grabbed them.
    """

    def __init__(
        self, words: Words, followed: Iterable[Seen], now: datetime, unasked: frozenset[str] = frozenset()
    ) -> None:
        self._words = words
        self.unasked = unasked
        self._now = now
        self._known = {seen.download_id: seen for seen in followed}
        self._events = {word.party: Events(word.events) for word in words.arrs}
        self._traces: dict[str, _Traces] = {}
        for client in words.sabnzbds:
            for download in (*(slot.nzo_id for slot in client.ended), *(slot.nzo_id for slot in client.slots)):
                self._trace(download).client = client
        for arr in words.arrs:
            for row in arr.rows:
                if row.download_id and row.protocol != "torrent":
                    self._trace(row.download_id).rows.setdefault(arr.party, []).append(row)

    @property
    def complete(self) -> bool:
        """Whether those that answered were read to the end."""
        words: list[SabnzbdWord | ArrWord] = [*self._words.sabnzbds, *self._words.arrs]
        return all(word.complete for word in words)

    def unowned(self) -> list[str]:
        """The downloads that failed, and that nobody in this look owns: grabbed before it begins, or by nobody."""
        failed = (download for download, _ in self._failed() if download not in self._known)
        return [download for download in failed if self._owner(download) is None]

    def look(self) -> list[Seen]:
        """Give each failed or stuck download once."""
        told: dict[str, Told] = {}
        # The words of the SABnzbd that downloaded it are the best evidence, then the queue's, then the history's.
        for download, one in (*self._failed(), *self._waiting(), *self._blocked(), *self._noted()):
            told.setdefault(download, one)
        seen = {download: self._see(download, one) for download, one in told.items()}
        seen |= {download: self._see_again(one) for download, one in self._known.items() if download not in told}
        return [one for one in seen.values() if one]

    # What each source tells.

    def _failed(self) -> Iterator[tuple[str, Told]]:
        """What SABnzbd says has failed."""
        for client in self._words.sabnzbds:
            for slot in client.ended:
                if slot.status == "Failed":
                    yield slot.nzo_id, _read_failure(client, slot, self._now)

    def _waiting(self) -> Iterator[tuple[str, Told]]:
        """What SABnzbd doesn't go on with by itself."""
        waiting = frozenset(key for key, one in self._known.items() if (one.stage, one.failure) == ("stuck", "local"))
        for client in self._words.sabnzbds:
            language = client.troubles.language
            for slot in client.slots:
                for label in slot.labels if slot.status == "Paused" else ():
                    cause = classify("sabnzbd", label, language)
                    if label in HELD or language != "en":
                        since = moment(slot.time_added, self._now)
                        yield (
                            slot.nzo_id,
                            Told(stage="stuck", title=slot.filename, message=label, cause=cause, since=since),
                        )
            if found := find_full_disk(client, waiting):
                slot, warning = found
                yield (
                    slot.nzo_id,
                    Told(
                        stage="stuck",
                        title=slot.filename,
                        message=warning.text,
                        cause=classify("sabnzbd", warning.text, language),
                        since=moment(warning.time, self._now),
                    ),
                )

    def _blocked(self) -> Iterator[tuple[str, Told]]:
        """What Sonarr and Radarr say of their queues."""
        for download, traces in self._traces.items():
            owner = self._owner(download)
            rows = traces.rows.get(owner, []) if owner else []
            if owner and (told := read_rows(owner.kind, rows, self._language(download))):
                since = self._completed(download) if told.stage == "import_blocked" else None
                yield download, replace(told, since=since)

    def _noted(self) -> Iterator[tuple[str, Told]]:
        """What they have noted as failed in their histories, and perhaps removed from everywhere else."""
        for party, events in self._events.items():
            for download, event in events.failures().items():
                message = str(event.data.get("message") or "")
                # Then somebody decided so, and nothing failed.
                if message == BY_HAND and download not in self._known:
                    continue
                cause = classify(party.kind, message)
                if cause.failure == "unclassified":
                    cause = classify("sabnzbd", message, self._language(download))
                title = event.source_title or ""
                yield download, Told(stage="failed", title=title, message=message, cause=cause, since=event.date)

    # Putting it together.

    def _see(self, download: str, told: Told) -> Seen | None:
        owner, known = self._owner(download), self._known.get(download)
        if self._is_unknown(owner) or (owner is None and download in self.unasked):
            return None
        traces = self._traces.get(download, _Traces())
        rows = traces.rows.get(owner, []) if owner else []
        if told.stage == "failed" and owner and told.cause.failure != "local":
            row = read_rows(owner.kind, rows, self._language(download))
            if row and row.stage == "not_grabbed":
                told = replace(told, stage="not_grabbed", cause=row.cause)
        if known and known.stage == told.stage and known.failure == "local" != told.cause.failure:
            # Its cause has been: that a news server works again, say, doesn't change what made it fail.
            told = replace(told, cause=Classified(failure="local", reason=known.reason))
        slot = self._slot(download)
        seen = Seen(
            owner=owner,
            client=traces.client.party if traces.client else known.client if known else None,
            download_id=download,
            title=told.title,
            failure=told.cause.failure,
            message=told.message,
            reason=told.cause.reason,
            stage=told.stage,
            occurred_at=known.occurred_at if known and known.stage == told.stage else told.since or self._now,
            media=known.media if known else Media(),
            retryable=bool(slot and slot.retry),
        )
        return self._complete(seen)

    def _see_again(self, known: Seen) -> Seen | None:
        """What became of one that nobody tells of as failed or waiting any more."""
        if self._is_unknown(known.owner) or (known.owner is None and not self._words.all_sabnzbds):
            return None
        traces = self._traces.get(known.download_id)
        return self._complete(replace(known, retryable=False, goes_on=traces is not None))

    def _complete(self, seen: Seen) -> Seen:
        """Add what its owner's queue and history say of it, and whether SABnzbd still has it."""
        traces = self._traces.get(seen.download_id, _Traces())
        there = True if traces.client else False if self._words.all_sabnzbds else None
        if seen.owner is None:
            return replace(seen, still_in_client=there, queue_ids=())
        rows, events = traces.rows.get(seen.owner, []), self._events[seen.owner]
        now = media_of(rows, events.of(seen.download_id))
        media = replace(now, season=now.season if now.season is not None else seen.media.season)
        media = media if media.items else seen.media
        return replace(
            seen,
            media=media,
            queue_ids=tuple(sorted({row.id for row in rows})),
            still_in_client=there,
            native=events.native(seen.download_id, media, seen.occurred_at),
        )

    # Looking up.

    def _trace(self, download: str) -> _Traces:
        return self._traces.setdefault(download, _Traces())

    def _owner(self, download: str) -> Party | None:
        """Who grabbed it; else, who shows it as something of theirs; else, who shows it at all."""
        if grabbed := next((party for party, events in self._events.items() if events.of(download)), None):
            return grabbed
        rows = self._traces.get(download, _Traces()).rows
        theirs = next(
            (party for party, mine in rows.items() if any(row.series_id or row.movie_id for row in mine)), None
        )
        known = self._known.get(download)
        return theirs or (known.owner if known else None) or next(iter(rows), None)

    def _is_unknown(self, owner: Party | None) -> bool:
        """Whether it can't be told who owns a download, or what they say of it."""
        return not self._words.all_arrs if owner is None else owner not in self._events

    def _slot(self, download: str) -> SabHistorySlot | None:
        client = self._traces.get(download, _Traces()).client
        return next((slot for slot in client.ended if slot.nzo_id == download), None) if client else None

    def _completed(self, download: str) -> datetime | None:
        slot = self._slot(download)
        return moment(slot.completed, self._now) if slot else None

    def _language(self, download: str) -> str:
        """That of the SABnzbd that has it; where none has, any that is not English."""
        client = self._traces.get(download, _Traces()).client
        clients = [client] if client else self._words.sabnzbds
        return next((one.troubles.language for one in clients if one.troubles.language != ENGLISH), ENGLISH)


def _read_failure(client: SabnzbdWord, slot: SabHistorySlot, now: datetime) -> Told:
    """Give the reason of a failure; where SABnzbd has none, what it noted while it processed the download."""
    language = client.troubles.language
    texts = [slot.fail_message] if slot.fail_message else [text for stage in slot.stage_log for text in stage.actions]
    causes = [(text, classify("sabnzbd", text, language)) for text in reversed(texts)]
    told = next(((text, cause) for text, cause in causes if cause.failure != "unclassified"), None)
    message, cause = told or next(iter(causes), ("", UNEXPLAINED))
    if cause.failure == "missing" and (trouble := find_server_trouble(client, slot)):
        reason = f"A news server could not be used, so nothing is known of the release: {trouble}"
        cause = Classified(failure="local", reason=reason)
    since = moment(slot.completed, now)
    return Told(stage="failed", title=slot.name, message=message, cause=cause, since=since)
