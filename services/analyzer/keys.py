"""API keys by quota group. Quota belongs to the provider's project, so a group's keys share it."""

import asyncio
from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from shared.keys_text import fingerprint
from shared.logs import hide, log

_REREAD_SECONDS = 5.0


class ApiKey(NamedTuple):
    """`secret` goes into a call's metadata and nowhere else; `fingerprint` is what may be shown."""

    group: str
    secret: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.secret)

    def __repr__(self) -> str:
        return f"ApiKey({self.group}, {self.fingerprint})"


def grouped(pairs: Iterable[tuple[str, str]]) -> list[ApiKey]:
    """Without a group a key is its own."""
    return [ApiKey(group or fingerprint(secret), secret) for group, secret in pairs]


async def reread(ring: "KeyRing", read: Callable[[], list[ApiKey]]) -> None:
    """Takes up what changed in the file of keys, until cancelled. `read` raises ValueError."""
    while True:
        await asyncio.sleep(_REREAD_SECONDS)
        try:
            ring.change(read())
        except ValueError as error:
            log.warning("the keys stay as they are", why=str(error))


class KeyRing:
    """The keys there are, and which of them the operators let be used. What the provider says of them stands
    in Redis, where all analyzers read it (permit.lua, settle.lua)."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._left_out: Container[str] = frozenset()
        self.groups: dict[str, list[str]] = {}
        self.change(keys)

    def change(self, keys: Iterable[ApiKey]) -> None:
        """To these keys. None at all is a file being written."""
        found = {key.fingerprint: key for key in keys}
        if found in ({}, self._keys):
            return
        self._keys = found
        hide(key.secret for key in found.values())
        self._arrange()
        log.info("keys", groups=self.groups)

    def leave_out(self, fingerprints: Container[str]) -> None:
        """Keys that operators paused or retired get no permit from now on."""
        if fingerprints != self._left_out:
            self._left_out = fingerprints
            self._arrange()
            log.info("keys in use", groups=self.groups)

    def find(self, fingerprint: str) -> ApiKey | None:
        """None when it is gone or left out since its permit was given."""
        return None if fingerprint in self._left_out else self._keys.get(fingerprint)

    @property
    def group_of(self) -> dict[str, str]:
        """Of every key, by fingerprint."""
        return {print_: key.group for print_, key in self._keys.items()}

    def _arrange(self) -> None:
        """`groups`: the fingerprints that may be used, by quota group."""
        self.groups = {}
        for print_, key in self._keys.items():
            if print_ not in self._left_out:
                self.groups.setdefault(key.group, []).append(print_)
