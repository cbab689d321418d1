"""Where the service is, and who asks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from image_analyzer.version import __version__

DEFAULT_URL = "http://localhost:5001"


@dataclass(frozen=True, slots=True)
class Settings:
    url: str
    key: str | None = field(repr=False)

    def headers(self) -> dict[str, str]:
        """Of every request. httpx follows no redirect by itself, so the key goes to this server alone."""
        headers = {"User-Agent": f"image-analyzer-python/{__version__}", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return headers


def settings_of(url: str | None, key: str | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """What is given, else IMAGE_ANALYZER_URL and IMAGE_ANALYZER_KEY. Raises ValueError for bad ones."""
    address = url or environment.get("IMAGE_ANALYZER_URL") or DEFAULT_URL
    try:
        parsed = httpx.URL(address)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"The address of the service is like {DEFAULT_URL}, not {address[:100]!r}.")
    secret = (key or environment.get("IMAGE_ANALYZER_KEY") or "").strip()
    if not (secret.isascii() and secret.isprintable()):
        raise ValueError("The API key has characters that no key has.")
    return Settings(address, secret or None)
