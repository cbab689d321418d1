"""What ingest is told by its environment."""

from shared.settings import CommonSettings


class IngestSettings(CommonSettings, frozen=True, kw_only=True):
    """`max_concurrent_batches` is the whole system's; a forced start ignores it."""

    blob_url: str
    max_concurrent_batches: int = 20
