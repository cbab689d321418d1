"""The gateway's settings."""

import ipaddress
from pathlib import Path

from shared.settings import CommonSettings


class GatewaySettings(CommonSettings, frozen=True, kw_only=True):
    """The `max_concurrent_*` budgets and the provider's keys are other services': here they are shown
    and counted (`GET /api/v1/health`)."""

    host: str = "127.0.0.1"
    port: int = 5001
    data_dir: str = ".data"
    blob_url: str = ""
    exporter_url: str = ""
    sample_dir: str = ""
    chunk_size: int = 2000
    max_upload_mb: int = 200
    max_concurrent_batches: int = 20
    max_concurrent_workers: int = 100
    max_concurrent_requests: int = 25
    default_region: str = "US"
    vision_api_keys: str = ""
    vision_api_keys_file: str = ""
    auth: str = "off"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.chunk_size <= 2000:
            raise ValueError("CHUNK_SIZE is a number from 1 to 2000")
        if self.auth == "keys":
            raise ValueError(
                "AUTH=keys is not part of this version yet: set AUTH=off and HOST to a loopback address"
            )
        if self.auth != "off":
            raise ValueError("AUTH is off or keys")
        if not _is_loopback(self.host):
            raise ValueError(
                f"AUTH=off serves this machine only: set HOST to 127.0.0.1, ::1 or localhost, not {self.host}"
            )

    @property
    def blobs(self) -> str:
        """Where the blob store is; by default a folder of `DATA_DIR`."""
        return self.blob_url or (Path(self.data_dir).absolute() / "blobs").as_uri()

    @property
    def secrets(self) -> list[str]:
        keys = [part.rpartition(":")[2] for part in self.vision_api_keys.split(",")]
        return [*super().secrets, *(key.strip() for key in keys if key.strip())]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
