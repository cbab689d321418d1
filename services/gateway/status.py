"""The status that clients see: one pure function of desired state, start and end."""

from enum import StrEnum

from shared.desired import State


class Status(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    PROCESSING = "processing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """True unless it can't go on; the pollers of clients stop when it is false."""
        return self not in _ENDED


class PauseReason(StrEnum):
    """Why the system paused a batch; what a user paused has none."""

    MAX_COST = "max_cost"


class ChunkStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    RETRYING = "retrying"


_ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


def status_of(desired: State, started: bool, ended: str | None) -> Status:
    """`ended` is the kind of the run's terminal row: once there, nothing else counts.

    sql/batches_page.sql says the same for its filter; a test holds the two together.
    """
    if ended is not None:
        return Status(ended)
    match desired:
        case State.CANCELLED | State.DELETED:
            return Status.CANCELLED
        case State.PAUSED:
            return Status.PAUSED
        case State.HELD if not started:
            return Status.PENDING
        case _:
            return Status.PROCESSING if started else Status.QUEUED


def chunk_status_of(
    batch: Status, rows: int, processed: int, successful: int, cut: bool, retrying: bool
) -> ChunkStatus:
    """`cut`: at least one slice of the chunk was handed out; `retrying`: some of its rows are tried again. A
    chunk of an ended batch that is not whole will not go on, so it is pending again."""
    if retrying and batch.is_active:
        return ChunkStatus.RETRYING
    if processed >= rows:
        return ChunkStatus.COMPLETED if successful else ChunkStatus.FAILED
    if not batch.is_active or not (cut or processed):
        return ChunkStatus.PENDING
    return ChunkStatus.PROCESSING
