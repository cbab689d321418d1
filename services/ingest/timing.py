"""How often ingest looks, and how long it waits before it doubts. In seconds."""

import msgspec


class Timing(msgspec.Struct, frozen=True):
    """Tests shorten these; they are no settings, because no operator could choose them better."""

    # Desired states are read this often: a pause that no event told of binds within it.
    look: float = 1.0
    # Submitted batches that nobody announced are looked for this often.
    adopt: float = 5.0
    # The sweep over open slices.
    sweep: float = 1.0
    # The exporter stores a result within about half a second of its outcome.
    evidence_after: float = 0.5
    # A slice without an outcome may still be complete: its outcome was lost.
    doubt_after: float = 5.0
    # Finished, and its rows did not come; or handed out, and nothing was heard. Both double with each time
    # that a slice was lost, up to `patience`. A release is no loss: pauses must not make it patient.
    missing_after: float = 5.0
    overdue_after: float = 15.0
    patience: float = 300.0
    # A file that the blob store does not find is waited for so long: its volume may not be mounted, or
    # BLOB_URL names another store, and a batch that failed stays so.
    gone_after: float = 300.0
    # Given back although its batch runs: an analyzer read an old state and learns of the new one soon.
    given_back: float = 1.0

    def missing(self, lost: int) -> float:
        return self._backoff(self.missing_after, lost)

    def overdue(self, lost: int) -> float:
        return self._backoff(self.overdue_after, lost)

    def _backoff(self, first: float, lost: int) -> float:
        return min(first * 2.0 ** min(lost, 20), self.patience)
