"""What the exporter reads from the environment."""

from shared.settings import CommonSettings


class ExporterSettings(CommonSettings, frozen=True, kw_only=True):
    """Its port serves exports, too: each of this many rows at most. Those in the background, without a limit,
    go to the blob store."""

    blob_url: str
    max_export_rows: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_export_rows < 1:
            raise ValueError("MAX_EXPORT_ROWS is a number from 1")
