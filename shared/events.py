"""Every event on the wire: JSON bodies, CloudEvents 1.0 headers in Kafka's binary mode.

Fields may be added with a default; none is removed or changes its meaning within a version.
Readers ignore fields they do not know. tests/contract/golden holds one body of each, for good.

Docstrings and descriptions of the public ones are what their schemas say to subscribers (docs/events.md).
"""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

PREFIX = "enterprise.image-analyzer."


def schema_id(kind: str) -> str:
    """What names the JSON Schema of a public event of this type: a name, nothing to fetch."""
    return f"urn:image-analyzer:schema:{kind.removeprefix(PREFIX)}"


def _says(description: str) -> Meta:
    """For the schema alone: what is decoded and how stays as it is."""
    return Meta(description=description)


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`at` is when it happened, UTC. `TYPE` is the CloudEvents type with its version."""

    TYPE: ClassVar[str]
    batch_id: UUID
    at: Annotated[
        datetime, Meta(description="When it happened, UTC", extra_json_schema={"format": "date-time"})
    ]

    @property
    def subject(self) -> str:
        return str(self.batch_id)

    @property
    def event_id(self) -> str:
        """The same on every redelivery."""
        raise NotImplementedError


class BatchEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A change of a batch's life. Consumers keep the highest `version` of a batch (rule 11)."""

    version: Annotated[int, _says("Grows with every change of what is wanted of the batch")]
    run: Annotated[int, _says("Counts the passes over the batch: a retry of failed rows is one more")] = 1

    @property
    def event_id(self) -> str:
        return f"{self.batch_id}/{self.TYPE.rsplit('.', 2)[-2]}/{self.run}/{self.version}"


class BatchSubmitted(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A file was accepted: its rows will have results."""

    TYPE: ClassVar[str] = PREFIX + "batch.submitted.v1"
    name: str
    total_urls: Annotated[int, _says("Its rows; each will have one result")]
    chunk_size: Annotated[int, _says("Rows of a chunk")]
    held: Annotated[bool, _says("It waits for somebody to start it")] = False


class BatchStarted(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The first rows of the batch were handed out."""

    TYPE: ClassVar[str] = PREFIX + "batch.started.v1"


class BatchPaused(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """No new calls for the batch; the results of calls that were sent still come."""

    TYPE: ClassVar[str] = PREFIX + "batch.paused.v1"


class BatchResumed(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The batch goes on. Also sent when a batch that was held is started, and, with the next `run`, when
    failed rows are tried again."""

    TYPE: ClassVar[str] = PREFIX + "batch.resumed.v1"


class BatchEnded(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The end of a run. An end outranks every other event of its run but BatchDeleted, also one of a higher
    `version`: a pause that is committed at the same moment may follow it."""

    total_urls: Annotated[int, _says("The rows of the batch")]
    successful: Annotated[int, _says("Rows whose result, of their highest attempt, is a success")]
    failed: Annotated[int, _says("Rows whose result, of their highest attempt, is a failure")]
    reason: Annotated[str | None, _says("A sentence, where there is something to say")] = None
    attempts: Annotated[
        int | None,
        _says(
            "The sum of the highest attempts of the rows that have a result: whose results sum up to it"
            " has read them all"
        ),
    ] = None


class BatchCompleted(BatchEnded, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Every row has its result, and at least one succeeded: `total_urls` = `successful` + `failed`."""

    TYPE: ClassVar[str] = PREFIX + "batch.completed.v1"


class BatchFailed(BatchEnded, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """No row succeeded, or the batch could not go on: then rows may lack a result. `reason` says which."""

    TYPE: ClassVar[str] = PREFIX + "batch.failed.v1"


class BatchCancelled(BatchEnded, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A user ended the batch. The counts are of that moment: results of calls that were sent still come."""

    TYPE: ClassVar[str] = PREFIX + "batch.cancelled.v1"


class BatchDeleted(BatchEvent, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The batch and its results are gone: the last of its events that counts, whatever comes after it."""

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
    """The result of one row and attempt. Of several results of a row that of the highest attempt counts, of
    several of the same attempt the first."""

    TYPE: ClassVar[str] = PREFIX + "image.analyzed.v1"
    result_id: Annotated[
        UUID, _says("Of the row, in all attempts: the batch's, with row_no as its last 32 bits")
    ]
    chunk_id: Annotated[UUID, _says("Of the chunk that has the row; the record's key, too")]
    chunk_no: Annotated[int, _says("Counts the chunks of the batch from 1")]
    row_no: Annotated[int, _says("Counts the data rows of the upload from 1")]
    url: Annotated[str, _says("The row's address, as it was uploaded")]
    success: bool
    attempt: Annotated[int, _says("Counts the tries of the row that users asked for, from 1")] = 1
    run: Annotated[int, _says("The run of the batch that the attempt belongs to")] = 1
    store_image: Annotated[bool | None, _says("Whether the picture shows a shop")] = None
    text_content: Annotated[str | None, _says("The text in the picture")] = None
    store_name: str | None = None
    business_contact: Annotated[str | None, _says("The best contact in the picture")] = None
    image_description: str | None = None
    # A str: an ErrorClass that is added later is no poison to an older reader.
    error_class: Annotated[str | None, _says("Why the row failed, in a word; words may be added")] = None
    error_message: Annotated[str | None, _says("Why the row failed, in a sentence")] = None
    analysis_result: Annotated[
        msgspec.Raw,
        Meta(
            description="All that was found, with its evidence (docs/interpretation.md)",
            extra_json_schema={"type": ["object", "null"]},
        ),
    ] = msgspec.Raw(b"null")
    processing_time_seconds: float = 0.0
    api_key_used: Annotated[str | None, _says("A fingerprint of the provider's key, never the key")] = None
    cache_hit: Annotated[bool, _says("The answer was there already: nothing was called for this row")] = False
    gemini_model_used: Annotated[str | None, _says("Null unless the provider is gemini")] = None
    cost: Annotated[
        int, _says("Micro-dollars paid for this row's picture; 0 where another row paid, or nobody")
    ] = 0
    units: Annotated[int, _says("What the provider counts for this row's picture (docs/cost.md)")] = 0
    extra: Annotated[dict[str, str], _says("The upload's own columns, by their names in exports")] = {}
    worker: Annotated[str, _says("The process that made it")] = ""

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
PUBLIC_EVENTS: tuple[type[Event], ...] = (*BATCH_EVENTS, ImageAnalyzed)
OUTCOME_EVENTS: tuple[type[SliceOutcome], ...] = (SliceFinished, SliceReleased)
ALL_EVENTS: tuple[type[Event], ...] = (*BATCH_EVENTS, SliceDispatched, *OUTCOME_EVENTS, ImageAnalyzed)
