"""The analyzer's settings."""

from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.keys import ApiKey, grouped
from shared.provider_settings import ProviderSettings

_COUNTS = (
    "requests_per_minute",
    "max_concurrent_workers",
    "max_concurrent_requests",
    "cache_ttl_hours",
    "cache_max_mb",
)
# Calls a minute, and images a minute of each feature, that Google gives to every project.
_GOOGLE = 1_800


class AnalyzerSettings(ProviderSettings, frozen=True, kw_only=True):
    """Counts are of one process; times in seconds."""

    vision_endpoint: str = "vision.googleapis.com:443"
    gemini_endpoint: str = "https://generativelanguage.googleapis.com"
    images_per_minute: int = 0
    quota_window_seconds: float = 60.0
    max_concurrent_workers: int = 100
    max_concurrent_requests: int = 25
    fetch_allow_nets: str = ""
    cache_ttl_hours: int = 720
    cache_max_mb: int = 1_024

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name.upper()} is a whole number from 1")
        if self.images_per_minute < 0:
            raise ValueError("IMAGES_PER_MINUTE is a whole number; 0 is Google's own")
        if self.provider_name == "google" and not self.keys:
            raise ValueError("PROVIDER=google needs keys in VISION_API_KEYS or VISION_API_KEYS_FILE")
        if self.provider_name == "gemini" and not self.keys:
            raise ValueError("PROVIDER=gemini needs keys in GEMINI_API_KEYS")
        parse_allow_nets(self.fetch_allow_nets)

    @property
    def keys(self) -> list[ApiKey]:
        """Of the provider. Raises ValueError when the file of keys can't be read."""
        return grouped(self.named_keys)

    @property
    def images_allowed(self) -> int:
        """0: no limit. Who was given more calls than Google gives to all has another quota of images."""
        return self.images_per_minute or (_GOOGLE if self.requests_per_minute <= _GOOGLE else 0)

    @property
    def secrets(self) -> list[str]:
        return [*super().secrets, *(key.secret for key in self.keys)]
