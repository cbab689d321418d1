"""Every event on the wire: JSON bodies, CloudEvents 1.0 headers in Kafka's binary mode.

Fields may be added with a default; none is removed or changes its meaning within a version.
Readers ignore fields they do not know. tests/contract/golden holds one body of each, for good.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

PREFIX = "enterprise.image-analyzer."


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`at` is when it happened, UTC. `TYPE` is the CloudEvents type with its version."""

    TYPE: ClassVar[str]
    batch_id: UUID
    at: datetime

    @property
    def subject(self) -> str:
        return str(self.batch_id)

    @property
    def event_id(self) -> str:
        """The same on every redelivery."""
        raise NotImplementedError


class BatchEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A change of a batch's life. Consumers keep the highest `version` of a batch (rule 11)."""

    version: int
    run: int = 1

    @property
    def event_id(self) -> str:
        return f"{self.batch_id}/{self.TYPE.rsplit('.', 2)[-2]}/{self.run}/{self.version}"


class BatchSubmitted(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.submitted.v1"
    name: str
    total_urls: int
    chunk_size: int
    held: bool = False


class BatchStarted(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.started.v1"


class BatchPaused(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.paused.v1"


class BatchResumed(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Also sent when a batch that was held is started."""

    TYPE: ClassVar[str] = PREFIX + "batch.resumed.v1"


class BatchEnded(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The counts are those at the end: `total_urls` = `successful` + `failed` unless cancelled.

    An end outranks every other event of its run but BatchDeleted, also one of a higher `version`: a pause
    that is committed at the same moment may follow it."""

    total_urls: int
    successful: int
    failed: int
    reason: str | None = None


class BatchCompleted(BatchEnded, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.completed.v1"


class BatchFailed(BatchEnded, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.failed.v1"


class BatchCancelled(BatchEnded, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.cancelled.v1"


class BatchDeleted(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "batch.deleted.v1"


def _dispatch_id(slice_id: UUID, run: int, dispatch: int) -> str:
    return f"{slice_id}/{dispatch}" if run == 1 else f"{slice_id}/{run}/{dispatch}"


class SliceRow(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True, gc=False):
    """One row of the upload. `extra` are its further cells, in the order of the slice's `columns`.
    `unreadable` says why the row could not be read from the file."""

    row_no: int
    url: str
    extra: tuple[str, ...] = ()
    unreadable: str | None = None
    attempt: int = 1


class SliceDispatched(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The work: rows of one chunk, consecutive ones in run 1. `dispatch` counts how often the run handed
    it out; `first_row` is where the slice begins, whichever rows it tries (0 in old events: the first).
    `fresh_since`: older answers of the cache do not count, but for those that this batch paid for."""

    TYPE: ClassVar[str] = PREFIX + "slice.dispatched.v1"
    slice_id: UUID
    chunk_id: UUID
    chunk_no: int
    dispatch: int
    version: int
    region: str
    rows: tuple[SliceRow, ...]
    columns: tuple[str, ...] = ()
    weight: int = 1
    run: int = 1
    first_row: int = 0
    fresh_since: datetime | None = None

    @property
    def event_id(self) -> str:
        return _dispatch_id(self.slice_id, self.run, self.dispatch)


class SliceOutcome(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A hint that frees window space; the rows in Postgres are the evidence (rule 1)."""

    slice_id: UUID
    first_row: int
    dispatch: int
    worker: str
    run: int = 1

    @property
    def event_id(self) -> str:
        return f"{_dispatch_id(self.slice_id, self.run, self.dispatch)}/{self.TYPE.rsplit('.', 2)[-2]}"


class SliceFinished(SliceOutcome, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    TYPE: ClassVar[str] = PREFIX + "slice.finished.v1"


class SliceReleased(SliceOutcome, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Given back unfinished, because its batch does not run (rule 4)."""

    TYPE: ClassVar[str] = PREFIX + "slice.released.v1"


class ImageAnalyzed(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The result of one row and attempt. `analysis_result` is a JSON object; `api_key_used` a fingerprint.
    `cost`: micro-dollars that were paid for this row's picture, 0 where another row paid or nobody; `units`:
    what the provider counts for it (docs/cost.md).

    `error_class` is an ErrorClass's value: a class that is added later is no poison to an older reader."""

    TYPE: ClassVar[str] = PREFIX + "image.analyzed.v1"
    result_id: UUID
    chunk_id: UUID
    chunk_no: int
    row_no: int
    url: str
    success: bool
    attempt: int = 1
    run: int = 1
    store_image: bool | None = None
    text_content: str | None = None
    store_name: str | None = None
    business_contact: str | None = None
    image_description: str | None = None
    error_class: str | None = None
    error_message: str | None = None
    analysis_result: msgspec.Raw = msgspec.Raw(b"null")
    processing_time_seconds: float = 0.0
    api_key_used: str | None = None
    cache_hit: bool = False
    gemini_model_used: str | None = None
    cost: int = 0
    units: int = 0
    extra: dict[str, str] = {}
    worker: str = ""

    @property
    def subject(self) -> str:
        return f"{self.batch_id}/{self.row_no}"

    @property
    def event_id(self) -> str:
        return f"{self.result_id}/{self.attempt}"


BATCH_EVENTS: tuple[type[BatchEvent], ...] = (
    BatchSubmitted,
    BatchStarted,
    BatchPaused,
    BatchResumed,
    BatchCancelled,
    BatchCompleted,
    BatchFailed,
    BatchDeleted,
)
OUTCOME_EVENTS: tuple[type[SliceOutcome], ...] = (SliceFinished, SliceReleased)
ALL_EVENTS: tuple[type[Event], ...] = (*BATCH_EVENTS, SliceDispatched, *OUTCOME_EVENTS, ImageAnalyzed)
