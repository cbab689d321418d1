"""How the fake Vision behaves now. Everything here can be changed while it runs."""

from typing import Literal

import msgspec


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Times are in seconds. `quota` and `image_quota` are counted per project in any `window`."""

    delay: float = 0.0
    jitter: float = 0.0  # a call takes delay ± jitter, evenly spread

    quota: int | None = None  # calls; None: no limit
    image_quota: int | None = None  # images
    window: float = 60.0
    count_refused: bool = False  # a refused call takes quota too
    retry_info: bool = False  # a refusal says when to come again
    projects: dict[str, str] = {}  # key -> project; a key not named is a project of its own

    keys: tuple[str, ...] | None = None  # the valid keys; None: every key but the bad ones
    bad_keys: tuple[str, ...] = ()  # API_KEY_INVALID
    blocked_keys: tuple[str, ...] = ()  # PERMISSION_DENIED

    outage: bool = False  # every call fails
    fail_next: int = 0  # so many calls fail from now on
    fail_rate: float = 0.0  # this share of the calls fails
    fail_code: Literal["UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"] = "UNAVAILABLE"
    hang: bool = False  # no call is ever answered
    hang_next: int = 0  # so many calls from now on are never answered

    bad_images: tuple[str, ...] = ()  # sha256 (hex) of contents that always fail
    max_request_bytes: int = 10 * 1024**2

    def project_of(self, key: str) -> str:
        return self.projects.get(key, key)


def change(behaviour: Behaviour, body: bytes) -> Behaviour:
    """The behaviour with the fields of a JSON object changed; raises msgspec.MsgspecError for wrong ones."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    merged = {**msgspec.to_builtins(behaviour), **{k: msgspec.json.decode(v) for k, v in fields.items()}}
    return msgspec.convert(merged, Behaviour)
