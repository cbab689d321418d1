"""What a download is called, safe in a header whatever the batch is called."""

import re
from urllib.parse import quote

# Control characters, and what file systems or headers give a meaning to.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|]+')
_LONGEST_NAME = 100


def filename(name: str, processed: int, total: int) -> str:
    """`NAME-results.csv`; of an unfinished batch `NAME-results-partial-N-of-M.csv`."""
    stem = _UNSAFE.sub("_", name).strip(" ._")[:_LONGEST_NAME] or "batch"
    part = f"-partial-{processed}-of-{total}" if processed < total else ""
    return f"{stem}-results{part}.csv"


def disposition(file: str) -> str:
    """Content-Disposition with an ASCII name for old readers and the whole one (RFC 6266)."""
    plain = file.encode("ascii", "replace").decode().replace("?", "_")
    whole = quote(file.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"
