"""The analyzer's settings."""

from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.keys import ApiKey, load, parse
from shared.cache_keys import GEMINI_MODEL, VERSIONS, check_model, space_of
from shared.price import Price, PricedSettings

_COUNTS = (
    "requests_per_minute",
    "max_concurrent_workers",
    "max_concurrent_requests",
    "cache_ttl_hours",
    "cache_max_mb",
)
# Calls a minute, and images a minute of each feature, that Google gives to every project.
_GOOGLE = 1_800


class AnalyzerSettings(PricedSettings, frozen=True, kw_only=True):
    """Counts are of one process; times in seconds."""

    provider: str = ""
    vision_api_keys: str = ""
    vision_api_keys_file: str = ""
    vision_endpoint: str = "vision.googleapis.com:443"
    gemini_api_keys: str = ""
    gemini_model: str = GEMINI_MODEL
    gemini_endpoint: str = "https://generativelanguage.googleapis.com"
    requests_per_minute: int = 55
    images_per_minute: int = 0
    quota_window_seconds: float = 60.0
    max_concurrent_workers: int = 100
    max_concurrent_requests: int = 25
    fetch_allow_nets: str = ""
    cache_ttl_hours: int = 720
    cache_max_mb: int = 1_024

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.provider not in ("", *VERSIONS):
            raise ValueError(f"PROVIDER is {', '.join(VERSIONS)}")
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name.upper()} is a whole number from 1")
        if self.images_per_minute < 0:
            raise ValueError("IMAGES_PER_MINUTE is a whole number; 0 is Google's own")
        if self.provider_name == "google" and not self.keys:
            raise ValueError("PROVIDER=google needs keys in VISION_API_KEYS or VISION_API_KEYS_FILE")
        if self.provider_name == "gemini" and not self.keys:
            raise ValueError("PROVIDER=gemini needs keys in GEMINI_API_KEYS")
        check_model(self.gemini_model)
        parse_allow_nets(self.fetch_allow_nets)

    @property
    def keys(self) -> list[ApiKey]:
        """Of the provider. Raises ValueError when the file of keys can't be read."""
        return parse(self.gemini_api_keys) if self.provider == "gemini" else self._vision_keys

    @property
    def _vision_keys(self) -> list[ApiKey]:
        return load(self.vision_api_keys, self.vision_api_keys_file)

    @property
    def images_allowed(self) -> int:
        """0: no limit. Who was given more calls than Google gives to all has another quota of images."""
        return self.images_per_minute or (_GOOGLE if self.requests_per_minute <= _GOOGLE else 0)

    @property
    def provider_name(self) -> str:
        """Unset: google if there are keys of it, else local."""
        return self.provider or ("google" if self._vision_keys else "local")

    @property
    def cache_space(self) -> str:
        return space_of(self.provider_name, self.gemini_model)

    @property
    def price(self) -> Price:
        return self.price_of(self.provider_name)

    @property
    def secrets(self) -> list[str]:
        keys = (*self._vision_keys, *parse(self.gemini_api_keys))
        return [*super().secrets, *(key.secret for key in keys)]
