"""The gateway's settings."""

import ipaddress
from pathlib import Path

import msgspec

from services.gateway.client_address import networks_of
from shared.provider_settings import ProviderSettings

_SECRET_LENGTH = 32


class GatewaySettings(ProviderSettings, frozen=True, kw_only=True):
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
    max_export_rows: int = 1_000_000
    max_concurrent_batches: int = 20
    max_concurrent_workers: int = 100
    max_concurrent_requests: int = 25
    default_region: str = "US"
    auth: str = "off"
    auth_secret: str = ""
    api_requests_per_hour: int = 1000
    trusted_proxies: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.chunk_size <= 2000:
            raise ValueError("CHUNK_SIZE is a number from 1 to 2000")
        if self.auth not in ("off", "keys"):
            raise ValueError("AUTH is off or keys")
        if self.auth == "keys" or self.auth_secret:
            check_secret(self.auth_secret)
        if self.auth == "off" and not _is_loopback(self.host):
            raise ValueError(
                f"AUTH=off serves this machine only: set HOST to 127.0.0.1, ::1 or localhost, not"
                f" {self.host}; AUTH=keys serves others"
            )
        if self.api_requests_per_hour < 0:
            raise ValueError("API_REQUESTS_PER_HOUR is a whole number; 0 is no limit")
        networks_of(self.trusted_proxies)

    @property
    def blobs(self) -> str:
        """Where the blob store is; by default a folder of `DATA_DIR`."""
        return self.blob_url or (Path(self.data_dir).absolute() / "blobs").as_uri()

    @property
    def named_keys(self) -> list[tuple[str, str]]:
        """None while their file can't be read, for then no analyzer starts either."""
        try:
            return super().named_keys
        except ValueError:
            return []

    @property
    def secrets(self) -> list[str]:
        return [*super().secrets, *([self.auth_secret] if self.auth_secret else [])]


class KeysSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the command that makes keys needs (keys_command.py)."""

    database_url: str
    auth_secret: str = ""

    def __post_init__(self) -> None:
        check_secret(self.auth_secret)


def check_secret(secret: str) -> None:
    """Raises ValueError."""
    if len(secret) < _SECRET_LENGTH:
        raise ValueError(
            f"AUTH_SECRET is at least {_SECRET_LENGTH} characters, the same for all gateways;"
            " `openssl rand -hex 32` makes one"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
