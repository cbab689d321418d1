"""How the provider's keys are written in a setting or a file, and what may be shown of one."""

import hmac
from functools import lru_cache
from pathlib import Path

_FINGERPRINT_SALT = b"image-analyzer api key"


@lru_cache(maxsize=1_024)  # asked for several times a call, 5 µs each
def fingerprint(secret: str) -> str:
    """12 hex digits."""
    return hmac.digest(_FINGERPRINT_SALT, secret.encode(), "sha256").hex()[:12]


def groups_and_secrets(text: str) -> list[tuple[str, str]]:
    """`key,key` or `group:key,group:key`, by commas or lines, as (group, secret); the group is "" where none
    is named. A line that begins with # is a comment."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    parts = [part.strip().rpartition(":") for line in lines for part in line.split(",")]
    return [(group.strip(), secret.strip()) for group, _, secret in parts if secret.strip()]


def all_keys(inline: str, path: str) -> list[tuple[str, str]]:
    """Those of the setting and, where `path` names one, of the file. ValueError when it can't be read; the
    message holds nothing of what is in it."""
    try:
        # Editors on Windows put a byte order mark first, which would become a part of the first key.
        kept = Path(path).read_text(encoding="utf-8-sig") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"VISION_API_KEYS_FILE can't be read: {type(error).__name__}") from None
    return groups_and_secrets(inline) + groups_and_secrets(kept)
