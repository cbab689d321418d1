"""A batch by the beginning of its id, as people copy it."""

from __future__ import annotations

import re
from itertools import islice

from image_analyzer.client import Client
from image_analyzer.command.exits import UsageError

_WHOLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEGIN = re.compile(r"[0-9a-f-]{1,36}")
# Ten pages: whoever means an older one gives the whole id.
_NEWEST = 1_000


def batch_id_of(client: Client, text: str) -> str:
    """Raises UsageError when no batch begins so, or several do."""
    wanted = text.lower()
    if _WHOLE.fullmatch(wanted):
        return wanted
    if not _BEGIN.fullmatch(wanted):
        raise UsageError(f"{text[:50]!r} is no batch id, nor the beginning of one.")
    newest = islice(client.batches(include_soft_deleted=True), _NEWEST)
    found = [batch for batch in newest if batch.batch_id.startswith(wanted)]
    if not found:
        raise UsageError(f"None of the newest {_NEWEST:,} batches begins with {wanted}.")
    if len(found) > 1:
        names = ", ".join(f"{batch.batch_id[:13]}… ({batch.batch_name[:30]})" for batch in found[:5])
        raise UsageError(f"{len(found)} batches begin with {wanted}: {names}. Give more of the id.")
    return found[0].batch_id


def short(batch_id: str) -> str:
    """Enough to type."""
    return batch_id[:8]
