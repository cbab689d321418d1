"""How the fake Gemini behaves now. Everything here can be changed while it runs."""

import msgspec


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """Times are in seconds; `quota` is calls of a key in any `window`."""

    delay: float = 0.0
    quota: int | None = None
    window: float = 60.0
    bad_keys: tuple[str, ...] = ()  # API_KEY_INVALID
    blocked_keys: tuple[str, ...] = ()  # PERMISSION_DENIED
    outage: int = 0  # every call fails with this HTTP status
    complains: str = ""  # every call has an invalid argument, in these words
    proxy: bytes | None = None  # something in between answers so, with status 200
    hang_up: bool = False  # the connection ends without an answer

    finish: str = "STOP"  # why the model stops
    block: str = ""  # why it does not look at the picture
    says: str | None = None  # instead of what it was asked for
    thoughts: int = 0  # tokens that it thinks with
