"""The analyzer's settings."""

from shared.settings import CommonSettings


class AnalyzerSettings(CommonSettings, frozen=True, kw_only=True):
    """Counts are of one process; times in seconds."""

    provider: str = ""
    vision_api_keys: str = ""
    vision_api_keys_file: str = ""
    vision_endpoint: str = "vision.googleapis.com:443"
    requests_per_minute: int = 55
    quota_window_seconds: float = 60.0
    max_concurrent_workers: int = 100
    max_concurrent_requests: int = 25
    fetch_allow_nets: str = ""
    cache_ttl_hours: int = 720

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.provider not in ("", "google", "local"):
            raise ValueError("PROVIDER is google or local")
        if self.provider_name == "google" and not self.has_keys:
            raise ValueError("PROVIDER=google needs VISION_API_KEYS or VISION_API_KEYS_FILE")

    @property
    def has_keys(self) -> bool:
        return bool(self.vision_api_keys or self.vision_api_keys_file)

    @property
    def provider_name(self) -> str:
        """Unset: google if there are keys, else local."""
        return self.provider or ("google" if self.has_keys else "local")

    @property
    def secrets(self) -> list[str]:
        keys = [entry.rpartition(":")[2].strip() for entry in self.vision_api_keys.split(",")]
        return [*super().secrets, *filter(None, keys)]
