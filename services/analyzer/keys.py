"""API keys by quota group. Quota belongs to the provider's project, so a group's keys share it."""

import hmac
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import NamedTuple

from shared import metrics

_FINGERPRINT_SALT = b"image-analyzer api key"
_QUARANTINE_SECONDS = 300.0


class ApiKey(NamedTuple):
    """`secret` goes into a call's metadata and nowhere else; `fingerprint` is what may be shown."""

    group: str
    secret: str

    @property
    def fingerprint(self) -> str:
        return hmac.digest(_FINGERPRINT_SALT, self.secret.encode(), "sha256").hex()[:12]

    def __repr__(self) -> str:
        return f"ApiKey({self.group}, {self.fingerprint})"


def parse(text: str) -> list[ApiKey]:
    """`key,key` or `group:key,group:key`, by commas or lines; without a group a key is its own."""
    entries = [entry.strip() for entry in text.replace("\n", ",").split(",") if entry.strip()]
    pairs = [entry.rpartition(":") for entry in entries]
    return [ApiKey(group or ApiKey("", secret).fingerprint, secret) for group, _, secret in pairs]


def load(keys: str, keys_file: str) -> list[ApiKey]:
    return parse(keys + "," + (Path(keys_file).read_text() if keys_file else ""))


class KeyRing:
    """Which keys may be used now. A key that the provider called bad is left out for a while."""

    def __init__(self, keys: Iterable[ApiKey], per_window: int) -> None:
        self._groups: dict[str, list[ApiKey]] = {}
        for key in keys:
            self._groups.setdefault(key.group, []).append(key)
            metrics.KEY_STATE.labels(key.fingerprint, "ok").set(1)
        self._per_window = per_window
        self._quarantined: dict[str, float] = {}
        self._turn = count()

    def open_groups(self) -> list[tuple[str, int]]:
        """Groups with a usable key, each with its calls a window (0: without a limit)."""
        return [(group, self._per_window) for group in self._groups if self._usable(group)]

    def key_of(self, group: str) -> ApiKey:
        usable = self._usable(group)
        return usable[next(self._turn) % len(usable)]

    def quarantine(self, key: ApiKey) -> None:
        self._quarantined[key.secret] = time.monotonic() + _QUARANTINE_SECONDS
        metrics.KEY_STATE.labels(key.fingerprint, "ok").set(0)
        metrics.KEY_STATE.labels(key.fingerprint, "quarantined").set(1)

    def _usable(self, group: str) -> list[ApiKey]:
        now = time.monotonic()
        return [key for key in self._groups[group] if self._quarantined.get(key.secret, 0.0) <= now]
