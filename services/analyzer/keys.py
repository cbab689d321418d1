"""API keys by quota group. Quota belongs to the provider's project, so a group's keys share it."""

import asyncio
import hmac
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from shared import metrics
from shared.keys_text import all_keys, groups_and_secrets
from shared.logs import hide, log

_FINGERPRINT_SALT = b"image-analyzer api key"
_QUARANTINE_SECONDS = 300.0
_REREAD_SECONDS = 5.0


@lru_cache(maxsize=1_024)  # asked for several times a call, 5 µs each
def _fingerprint(secret: str) -> str:
    return hmac.digest(_FINGERPRINT_SALT, secret.encode(), "sha256").hex()[:12]


class ApiKey(NamedTuple):
    """`secret` goes into a call's metadata and nowhere else; `fingerprint` is what may be shown."""

    group: str
    secret: str

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.secret)

    def __repr__(self) -> str:
        return f"ApiKey({self.group}, {self.fingerprint})"


def parse(text: str) -> list[ApiKey]:
    """`key,key` or `group:key,group:key`, by commas or lines."""
    return _grouped(groups_and_secrets(text))


def load(keys: str, keys_file: str) -> list[ApiKey]:
    """Raises ValueError when the file can't be read."""
    return _grouped(all_keys(keys, keys_file))


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[ApiKey]:
    """Without a group a key is its own."""
    return [ApiKey(group or ApiKey("", secret).fingerprint, secret) for group, secret in pairs]


async def reread(ring: "KeyRing", read: Callable[[], list[ApiKey]]) -> None:
    """Takes up what changed in the file of keys, until cancelled. `read` raises ValueError."""
    while True:
        await asyncio.sleep(_REREAD_SECONDS)
        try:
            ring.change(read())
        except ValueError as error:
            log.warning("the keys stay as they are", why=str(error))


class KeyRing:
    """Which keys may be used now. A key that the provider called bad is left out for a while; one that
    never answered is in one call at a time, so that a bad one costs one call and not a quota of them."""

    def __init__(self, keys: Iterable[ApiKey], per_window: int) -> None:
        self._groups: dict[str, list[ApiKey]] = {}
        self._per_window = per_window
        self._quarantined: dict[str, float] = {}
        self._proven: set[str] = set()
        self._on_trial: set[str] = set()
        self._turn = count()
        self.change(keys)

    def change(self, keys: Iterable[ApiKey]) -> None:
        """To these keys; what is known of those that stay, stays. None at all is a file being written."""
        groups: dict[str, list[ApiKey]] = {}
        for key in keys:
            groups.setdefault(key.group, []).append(key)
        if groups in ({}, self._groups):
            return
        self._groups = groups
        hide(key.secret for group in groups.values() for key in group)
        log.info("keys", groups={group: [key.fingerprint for key in of] for group, of in groups.items()})

    def open_groups(self) -> list[tuple[str, int]]:
        """Groups with a usable key, each with its calls a window (0: without a limit)."""
        return [(group, self._per_window) for group in self._groups if self._usable(group)]

    def take(self, group: str) -> ApiKey | None:
        """A key for one call, to be followed by one of `answered`, `silent` or `quarantine`."""
        usable = self._usable(group)
        if not usable:
            return None
        key = usable[next(self._turn) % len(usable)]
        if key.secret not in self._proven:
            self._on_trial.add(key.secret)
        return key

    def answered(self, key: ApiKey) -> None:
        """The provider knows the key."""
        if key.secret not in self._proven:
            self._proven.add(key.secret)
            self._on_trial.discard(key.secret)
            self._tell(key, "ok")

    def silent(self, key: ApiKey) -> None:
        """The call said nothing of the key."""
        self._on_trial.discard(key.secret)

    def quarantine(self, key: ApiKey) -> None:
        self._quarantined[key.secret] = time.monotonic() + _QUARANTINE_SECONDS
        self._proven.discard(key.secret)
        self._on_trial.discard(key.secret)
        self._tell(key, "quarantined")

    @staticmethod
    def _tell(key: ApiKey, state: str) -> None:
        for one in ("ok", "quarantined"):
            metrics.KEY_STATE.labels(key.fingerprint, one).set(one == state)

    def _usable(self, group: str) -> list[ApiKey]:
        now = time.monotonic()
        return [
            key
            for key in self._groups.get(group, ())
            if key.secret not in self._on_trial and self._quarantined.get(key.secret, 0.0) <= now
        ]
